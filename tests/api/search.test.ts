import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { block, callAs, follow, publish, readIds, readList } from '../kit/api.ts';
import { newPeople, newPerson, type Person } from '../kit/people.ts';

/** A word that no other test uses. */
const newWord = () => `w${randomUUID().replaceAll('-', '').slice(0, 20)}`;

test('searches posts page by page, newest first', async () => {
  const [ann, kai] = (await newPeople(2)) as [Person, Person];
  const word = newWord();
  const posts = [];
  for (const caption of [`${word} one`, `Two ${word}`, `three, ${word.toUpperCase()}!`])
    posts.unshift((await publish(kai, { caption })).id);
  expect(await readIds(ann, `/search/posts/?q=${word}`)).toEqual(posts);
  const page = await callAs(ann, 'GET', `/search/posts/?q=${word}&limit=2`);
  expect(page.json).toHaveLength(2);
  const link = page.headers.get('link') ?? '';
  expect(link).toContain(`q=${word}`);
  const cursor = new URL(/<(.+)>/.exec(link)?.[1] ?? '').searchParams.get('cursor');
  expect(await readIds(ann, `/search/posts/?q=${word}&limit=2&cursor=${cursor}`)).toEqual(posts.slice(2));
});

test('finds no post that the reader may not see', async () => {
  const [ann, kai] = (await newPeople(2)) as [Person, Person];
  const word = newWord();
  await publish(kai, { caption: `${word} #${word}`, is_public: false });
  for (const path of [`/search/posts/?q=${word}`, `/search/tags/?q=${word}`])
    expect((await callAs(ann, 'GET', path)).json).toEqual([]);
  const shown = await publish(kai, { caption: `${word} #${word}` });
  expect(await readIds(ann, `/search/posts/?q=${word}`)).toEqual([shown.id]);
  expect((await callAs(ann, 'GET', `/search/tags/?q=%23${word}`)).json).toEqual([
    { tag: word, post_count: 1, people_count: 1 },
  ]);
  await block(ann, kai);
  expect(await readIds(ann, `/search/posts/?q=${word}`)).toEqual([]);
  expect((await callAs(ann, 'GET', `/search/people/?q=${kai.username}`)).json).not.toContainEqual(
    expect.objectContaining({ id: kai.id }),
  );
});

test('searches users by name and bio, and suggests those whom the reader follows first', async () => {
  const [ann, kai, mia] = (await newPeople(3)) as [Person, Person, Person];
  const word = newWord();
  await callAs(kai, 'PATCH', '/userprofiles/me/', { bio: `A ${word} painter` });
  expect(await readIds(ann, `/search/people/?q=${word}%20painter`)).toEqual([kai.id]);
  const [found] = await readList(ann, `/search/people/?q=@${mia.username}`);
  expect(found).toMatchObject({ id: mia.id, username: mia.username, following: false });
  await follow(ann, mia);
  const start = mia.username.slice(0, 2);
  const [first] = await readList(ann, `/search/suggestions/?q=${start}&limit=3`);
  expect(first).toMatchObject({ id: mia.id, following: true });
});

test('lists trends', async () => {
  const { status, json } = await callAs(await newPerson(), 'GET', '/tags/trending/?limit=5');
  expect(status).toBe(200);
  for (const trend of json) expect(trend.people_count).toBeGreaterThan(1);
});

test.each(['/search/people/', '/search/posts/', '/search/tags/', '/search/suggestions/'])(
  'refuses a search that is empty, too long or missing at %s',
  async (path) => {
    const ann = await newPerson();
    for (const query of ['?q=', '?q=%20', `?q=${'x'.repeat(101)}`, ''])
      expect(await callAs(ann, 'GET', `${path}${query}`)).toMatchObject({
        status: 422,
        json: { code: 'query_invalid', errors: { q: [expect.any(String)] } },
      });
    const padded = `%20${'x'.repeat(100)}%0A`;
    for (const odd of [
      padded,
      '%27%3B--',
      '%25_%5C',
      '%F0%9F%98%80',
      '%E2%80%AE',
      '<b>',
      '((((',
      'a%20OR%20b',
    ])
      expect((await callAs(ann, 'GET', `${path}?q=${odd}`)).status).toBe(200);
  },
);
