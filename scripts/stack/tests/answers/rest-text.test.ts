import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf, openDatabase, type Person, raw, service, signUp } from './asking.ts';

const sql = openDatabase();
let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

describe('text', () => {
  test.each([
    ["'; drop table public.articles; --"],
    ['<script>alert(1)</script>&amp;'],
    ['שלום עולם \u202egnp.exe'],
    ['👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301'],
    ['a "quoted", (bracketed) \\ back\\slash {brace} %25 *'],
    ['line\nbreak\ttab\r\n\u2028'],
    ['null'],
    ['   '],
    ['eq.1'],
  ])('stores, returns and finds the text %j', async (title) => {
    const articles = () => ann.client.from('articles');
    const saved = dataOf(await articles().insert({ title }).select('id, title').single());
    expect(saved.title).toBe(title);
    const found = dataOf(await articles().select('id').eq('title', title).eq('author_id', ann.id));
    expect(found).toEqual([{ id: saved.id }]);
    // Quoted as docs.postgrest.org, references/api/url_grammar, says: `in` of supabase-js leaves quotes inside as they are.
    const quoted = `"${title.replace(/["\\]/g, '\\$&')}"`;
    const among = dataOf(
      await articles().select('id').filter('title', 'in', `(${quoted},"x")`).eq('author_id', ann.id),
    );
    expect(among).toEqual([{ id: saved.id }]);
    expect(dataOf(await service.rpc('greet', { name: title }))).toBe(`Hello, ${title}`);
    expect(await sql`select title from public.articles where id = ${saved.id}`).toEqual([{ title }]);
  });

  test('refuses text that a check finds too long', async () => {
    const { error, status } = await ann.client.from('articles').insert({ title: 'x'.repeat(501) });
    expect([error?.code, status]).toEqual(['23514', 400]);
  });

  test.each<[string, Uint8Array<ArrayBuffer>]>([
    ['that is not UTF-8', new Uint8Array([...Buffer.from('{"title": "'), 0xff, 0xfe, ...Buffer.from('"}')])],
    ['with half of a surrogate pair', new Uint8Array(Buffer.from('{"title": "\\ud800"}'))],
    ['with a zero byte', new Uint8Array(Buffer.from('{"title": "\\u0000"}'))],
  ])('refuses text %s', async (_name, body) => {
    const response = await raw('/rest/v1/articles', {
      method: 'POST',
      token: ann.token,
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });
});

describe('concurrent writes', () => {
  test('inserts one row of several with the same key', async () => {
    const code = crypto.randomUUID();
    const inserts = await Promise.all([1, 2, 3, 4].map(() => service.from('stock').insert({ code })));
    const codes = inserts.map(({ error }) => error?.code ?? 'done').sort();
    expect(codes).toEqual(['23505', '23505', '23505', 'done']);
  });

  test('upserts one row several times', async () => {
    const code = crypto.randomUUID();
    const writes = [1, 2, 3, 4].map((quantity) =>
      service.from('stock').upsert({ code, quantity }, { onConflict: 'code' }),
    );
    for (const { error } of await Promise.all(writes)) expect(error).toBeNull();
    expect(await sql`select id from public.stock where code = ${code}`).toHaveLength(1);
  });
});
