import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { dataOf } from '../kit/results.ts';
import { newSdkPerson } from './sdk-people.ts';

// Who finds what is tested in supabase/tests and tests/api.

test('searches posts, tags and people', async () => {
  const [ann, ben] = await Promise.all([newSdkPerson(), newSdkPerson()]);
  const word = `w${randomUUID().replaceAll('-', '').slice(0, 20)}`;
  const post = dataOf(await ben.noctra.posts.create({ caption: `${word} by the sea #${word}` }));
  const { search } = ann.noctra;
  expect(dataOf(await search.posts(`sea ${word}`))).toEqual([dataOf(await ann.noctra.posts.get(post.id))]);
  expect(dataOf(await search.tags(`#${word}`))).toEqual([{ tag: word, post_count: 1, people_count: 1 }]);
  for (const people of [
    dataOf(await search.people(ben.username)),
    dataOf(await search.suggest(`@${ben.username}`)),
  ]) {
    expect(people[0]?.id).toBe(ben.id);
    expect(people[0]?.profile_pic_url).toMatch(/^https?:/);
    expect(people[0]).not.toHaveProperty('cursor');
  }
  for (const trend of dataOf(await search.trends({ limit: 3 })))
    expect(trend.people_count).toBeGreaterThan(1);
});

test('reads further pages in a loop', async () => {
  const ann = await newSdkPerson();
  const word = `w${randomUUID().replaceAll('-', '').slice(0, 20)}`;
  for (const place of [1, 2, 3]) await ann.noctra.posts.create({ caption: `${word} ${place}` });
  const captions = [];
  for await (const { caption } of ann.noctra.search.posts(word, { limit: 1 })) captions.push(caption);
  expect(captions).toEqual([`${word} 3`, `${word} 2`, `${word} 1`]);
});

test('refuses an empty search', async () => {
  const { noctra } = await newSdkPerson();
  for (const { error } of [
    await noctra.search.posts(' '),
    await noctra.search.people(''),
    await noctra.search.suggest(''),
  ])
    expect(error).toMatchObject({ code: 'query_invalid', status: 422 });
});
