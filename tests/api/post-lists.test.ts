import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Answer, call, nextPage, publish } from '../kit/api.ts';
import { newPerson, type Person } from '../kit/people.ts';

const ids = (answer: Answer) => answer.json.map(({ id }: { id: string }) => id);
const read = (path: string, person: Person) => call(path, { token: person.token });

async function publishMany(person: Person, count: number, fields = {}): Promise<string[]> {
  const published: string[] = [];
  for (let number = 1; number <= count; number++) {
    published.unshift((await publish(person, { caption: `Post ${number}`, ...fields })).id);
  }
  return published;
}

describe('all posts', () => {
  test('a list of posts is an array, newest first', async () => {
    const person = await newPerson();
    const published = await publishMany(person, 3);
    const answer = await read('/posts/?limit=100', person);
    expect(answer.status).toBe(200);
    expect(ids(answer).filter((id: string) => published.includes(id))).toEqual(published);
  });

  test('a page holds 20 posts', async () => {
    const person = await newPerson();
    const published = await publishMany(person, 21);
    const answer = await read('/posts/?owner=me', person);
    expect(ids(answer)).toEqual(published.slice(0, 20));
    const last = await read(nextPage(answer) ?? '', person);
    expect(ids(last)).toEqual(published.slice(20));
    expect(nextPage(last)).toBeNull();
  });

  test('a list leaves out posts that are not visible', async () => {
    const [kai, mia] = await Promise.all([newPerson(), newPerson()]);
    const hidden = await publish(kai, { is_public: false });
    const shown = await publish(kai);
    expect(ids(await read(`/posts/?owner=${kai.id}`, kai))).toEqual([shown.id, hidden.id]);
    expect(ids(await read(`/posts/?owner=${kai.id}`, mia))).toEqual([shown.id]);
  });
});

describe('pages', () => {
  test('pages do not shift while posts are added and deleted', async () => {
    const person = await newPerson();
    const published = await publishMany(person, 6);
    const first = await read('/posts/?owner=me&limit=2', person);
    await publish(person);
    await call(`/posts/${published[1]}/`, { method: 'DELETE', token: person.token });
    const second = await read(nextPage(first) ?? '', person);
    await publish(person);
    const third = await read(nextPage(second) ?? '', person);
    expect([first, second, third].map(ids)).toEqual([
      published.slice(0, 2),
      published.slice(2, 4),
      published.slice(4),
    ]);
    expect(nextPage(third)).toBeNull();
  });

  test('a page links to the next with the filters and the limit', async () => {
    const person = await newPerson();
    await publishMany(person, 2);
    const next = new URL(nextPage(await read(`/posts/?owner=${person.username}&limit=1`, person)) ?? '');
    expect(next.pathname).toBe('/functions/v1/api/posts/');
    expect([...next.searchParams.keys()]).toEqual(['owner', 'limit', 'cursor']);
    expect(next.searchParams.get('limit')).toBe('1');
  });

  test.each([
    ['page=2', 'page', 'cursor'],
    ['isPublic=false', 'isPublic', 'Known: '],
    ['per_page=5', 'per_page', 'limit'],
  ])('a list refuses the unknown parameter in ?%s', async (query, name, hint) => {
    const person = await newPerson();
    expect(await read(`/posts/?${query}`, person)).toMatchObject({
      status: 422,
      json: { code: 'field_unknown', errors: { [name]: [expect.stringContaining(hint)] } },
    });
  });

  test('a list refuses a parameter that is given twice', async () => {
    const person = await newPerson();
    expect(await read('/posts/?limit=1&limit=2', person)).toMatchObject({
      status: 422,
      json: { code: 'validation_failed', errors: { limit: ['Give limit once.'] } },
    });
  });

  test.each([
    ['owner', 404, 'profile_not_found'],
    ['mentions', 404, 'profile_not_found'],
    ['tag', 422, 'tag_invalid'],
  ])('a list refuses an empty %s', async (name, status, code) => {
    const person = await newPerson();
    expect(await read(`/posts/?${name}=`, person)).toMatchObject({ status, json: { code } });
  });

  test('a page may hold 100 posts', async () => {
    const person = await newPerson();
    expect((await read('/posts/?limit=100&owner=me', person)).status).toBe(200);
  });

  test.each(['0', '101', '-1', '1.5', 'many', '1e1', '0x10', '+5', ' 5', '05', '', ' '])(
    'a list refuses the limit "%s"',
    async (limit) => {
      const person = await newPerson();
      expect(await read(`/posts/?limit=${encodeURIComponent(limit)}`, person)).toMatchObject({
        status: 422,
        json: { code: 'limit_invalid', errors: { limit: [expect.any(String)] } },
      });
    },
  );

  test.each(['tag=%ff', 'owner=%c3', 'limit=5&tag=%ed%a0%80', 'tag=%C0%80'])(
    'a list refuses the query "%s", which is not UTF-8',
    async (query) => {
      const person = await newPerson();
      expect(await read(`/posts/?${query}`, person)).toMatchObject({
        status: 400,
        json: { code: 'invalid_encoding' },
      });
    },
  );

  test('a list takes a percent sign that encodes nothing', async () => {
    const person = await newPerson();
    expect(await read('/posts/?tag=50%', person)).toMatchObject({ status: 200, json: [] });
  });

  test.each(['', 'x', randomUUID(), 'A'.repeat(23), 'A'.repeat(5000), "' or 1=1", '%00', '%ff'])(
    'a list refuses the cursor "%s"',
    async (cursor) => {
      const person = await newPerson();
      expect(await read(`/posts/?cursor=${cursor}`, person)).toMatchObject({ status: 400 });
    },
  );
});

describe("a person's posts", () => {
  test('the posts of a user are found by id, by user name in any case, and by me, at both paths', async () => {
    const [kai, mia] = await Promise.all([newPerson(), newPerson()]);
    const published = await publishMany(kai, 2);
    await publish(mia);
    for (const user of [kai.id, kai.username, kai.username.toUpperCase()]) {
      expect(ids(await read(`/posts/user/${user}/`, mia))).toEqual(published);
      expect(ids(await read(`/posts/?owner=${user}`, mia))).toEqual(published);
    }
    expect(ids(await read('/posts/user/me', kai))).toEqual(published);
  });

  test('the list of a user without posts is empty', async () => {
    const [kai, mia] = await Promise.all([newPerson(), newPerson()]);
    expect(await read(`/posts/user/${kai.id}/`, mia)).toMatchObject({ status: 200, json: [] });
  });

  test.each([randomUUID(), 'no_such_user_here', 'a', 'not a name', '%00', '%ff', 'a%2Fb'])(
    'the posts of the unknown user %s are a 404',
    async (user) => {
      const person = await newPerson();
      expect(await read(`/posts/user/${user}/`, person)).toMatchObject({
        status: 404,
        json: { code: 'profile_not_found' },
      });
    },
  );
});

describe('filters', () => {
  test('a list is filtered by tag in any case, with or without #', async () => {
    const person = await newPerson();
    const tag = `tag_${randomUUID().slice(0, 8)}`;
    const published = await publishMany(person, 3, { tags: [tag] });
    await publish(person, { tags: ['another'] });
    const fullWidth = tag.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
    for (const written of [tag, tag.toUpperCase(), `%23${tag}`, encodeURIComponent(`\u200b${fullWidth}`)]) {
      expect(ids(await read(`/posts/?tag=${written}`, person))).toEqual(published);
    }
    const page = await read(`/posts/?tag=${tag}&limit=2`, person);
    expect(ids(page)).toEqual(published.slice(0, 2));
    expect(ids(await read(nextPage(page) ?? '', person))).toEqual(published.slice(2));
    expect(await read(`/posts/?tag=${'%23'.repeat(300)}${tag}`, person)).toMatchObject({
      status: 422,
      json: { code: 'tag_invalid' },
    });
    expect(await read('/posts/?tag=nobody_has_used_this_tag', person)).toMatchObject({
      status: 200,
      json: [],
    });
  });

  test('a list is filtered by mention', async () => {
    const [kai, mia] = await Promise.all([newPerson(), newPerson()]);
    const published = await publishMany(kai, 2, { caption: `Hello @${mia.username}` });
    await publish(kai);
    for (const path of [`/posts/?mentions=${mia.id}`, `/posts/?mentions=${mia.username}`]) {
      expect(ids(await read(path, kai))).toEqual(published);
    }
    expect(ids(await read('/posts/?mentions=me', mia))).toEqual(published);
    expect((await read('/posts/?mentions=nobody_of_this_name', mia)).status).toBe(404);
  });

  test('filters of a list combine', async () => {
    const [kai, mia] = await Promise.all([newPerson(), newPerson()]);
    const tag = `tag_${randomUUID().slice(0, 8)}`;
    const both = { tags: [tag], mentions: [mia.id] };
    const wanted = await publish(kai, both);
    await Promise.all([
      publish(mia, both),
      publish(kai, { tags: [tag] }),
      publish(kai, { mentions: [mia.id] }),
      publish(kai, { ...both, is_public: false }),
    ]);
    const found = await read(`/posts/?owner=${kai.id}&tag=${tag}&mentions=${mia.id}`, mia);
    expect(ids(found)).toEqual([wanted.id]);
  });
});
