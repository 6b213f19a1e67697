import { expect, test } from 'vitest';
import { dataOf } from '../kit/results.ts';
import { newSdkPerson } from './sdk-people.ts';

test('exports every section page by page', async () => {
  const { noctra, id } = await newSdkPerson();
  const post = dataOf(await noctra.posts.create({ caption: 'By the sea' }));
  const sections = new Map<string, unknown[]>();
  for await (const { section, items } of noctra.profiles.export())
    sections.set(section, [...(sections.get(section) ?? []), ...items]);
  expect(sections.get('account')).toMatchObject([{ id }]);
  expect(sections.get('posts')).toMatchObject([{ id: post.id, caption: 'By the sea' }]);
  expect(sections.get('mutes')).toEqual([]);
});

test('throws what refuses an export', async () => {
  const { noctra } = await newSdkPerson();
  dataOf(await noctra.auth.signOut());
  await expect(noctra.profiles.export()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'not_signed_in',
  });
});
