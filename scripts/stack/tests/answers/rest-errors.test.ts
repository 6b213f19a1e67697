import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf, newName, openDatabase, type Person, raw, service, signUp, target } from './asking.ts';

const sql = openDatabase();
let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

describe('unknown names', () => {
  test('answers 404 for an unknown table', async () => {
    const { error, status } = await ann.client.from('nothing').select();
    expect(status).toBe(404);
    expect(error).toMatchObject({
      code: 'PGRST205',
      message: "Could not find the table 'public.nothing' in the schema cache",
      hint: null,
    });
  });

  test('names the closest table in the hint', async () => {
    const { error } = await ann.client.from('article').select();
    expect(error?.hint).toBe("Perhaps you meant the table 'public.articles'");
  });

  test('refuses to select an unknown column', async () => {
    const { error, status } = await ann.client.from('articles').select('nothing');
    expect(status).toBe(400);
    expect(error).toMatchObject({ code: '42703', message: 'column articles.nothing does not exist' });
  });

  test('refuses to write an unknown column', async () => {
    const { error, status } = await ann.client.from('articles').insert({ title: 'x', nothing: 1 });
    expect(status).toBe(400);
    expect(error).toMatchObject({
      code: 'PGRST204',
      message: "Could not find the 'nothing' column of 'articles' in the schema cache",
    });
  });

  test('refuses to filter or order by an unknown column', async () => {
    const filtered = await ann.client.from('articles').select('id').eq('nothing', 1);
    expect([filtered.error?.code, filtered.status]).toEqual(['42703', 400]);
    const ordered = await ann.client.from('articles').select('id').order('nothing');
    expect([ordered.error?.code, ordered.status]).toEqual(['42703', 400]);
  });
});

describe('rows that the database refuses', () => {
  test.each<[string, number, string, () => Record<string, unknown>]>([
    ['a key that refers to nothing', 409, '23503', () => ({ code: newName(), parent_id: -1 })],
    ['a value that a check refuses', 400, '23514', () => ({ code: newName(), quantity: 0 })],
    ['nothing where something must be', 400, '23502', () => ({ quantity: 1 })],
    ['text where a number must be', 400, '22P02', () => ({ code: newName(), quantity: 'many' })],
    ['a number that is too large', 400, '22003', () => ({ code: newName(), quantity: 2 ** 40 })],
    ['a zero byte', 400, '22P05', () => ({ code: `a\u0000b` })],
  ])('refuses %s: %i %s', async (_name, expected, code, row) => {
    const { error, status } = await service.from('stock').insert(row());
    expect([error?.code, status]).toEqual([code, expected]);
  });

  test('explains a violated constraint', async () => {
    const code = newName();
    dataOf(await service.from('stock').insert({ code }).select());
    const twice = await service.from('stock').insert({ code });
    expect([twice.error?.code, twice.status]).toEqual(['23505', 409]);
    expect(twice.error).toMatchObject({
      message: expect.stringContaining('duplicate key value'),
      details: `Key (code)=(${code}) already exists.`,
      hint: null,
    });
    const orphan = await service.from('stock').insert({ code: newName(), parent_id: -1 });
    expect(orphan.error?.details).toContain('is not present in table "stock"');
  });

  test('inserts no row of a request with a row that is refused', async () => {
    const codes = [newName(), newName()];
    const rows = [{ code: codes[0] }, { code: codes[1], quantity: 0 }];
    const { error } = await service.from('stock').insert(rows);
    expect(error?.code).toBe('23514');
    expect(await sql`select id from public.stock where code in ${sql(codes)}`).toHaveLength(0);
  });
});

describe('malformed requests', () => {
  const send = (path: string, init: Parameters<typeof raw>[1] = {}) =>
    raw(`/rest/v1/${path}`, { token: ann.token, ...init });

  test.each([
    ['no JSON', '{bad'],
    ['nothing', ''],
    ['half a text', '[{"title": "x'],
  ])('refuses a body of %s', async (_name, body) => {
    const response = await send('articles', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'PGRST102' });
  });

  test('refuses an unknown operator', async () => {
    const response = await send('articles?id=foo.1');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'PGRST100' });
  });

  test.each([
    ['an open parenthesis in its select', 'articles?select=id,comments(body'],
    ['an order that there is not', 'articles?select=id&order=id.sideways'],
    ['an open or', 'articles?select=id&or=(id.eq.1'],
  ])('refuses %s', async (_name, path) => {
    const response = await send(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'PGRST100' });
  });

  test('refuses SQL as the name of a column', async () => {
    const name = encodeURIComponent('"id";drop table public.articles;--');
    const response = await send(`articles?select=id&${name}=eq.1`);
    expect(response.status).toBe(400);
    expect(await sql`select to_regclass('public.articles')::text as name`).toEqual([{ name: 'articles' }]);
  });

  test('refuses an unknown method', async () => {
    const response = await send('articles', { method: 'PROPFIND', key: target.publishableKey });
    expect(response.status).toBe(405);
  });

  test('refuses an unknown content type', async () => {
    const response = await send('articles', {
      method: 'POST',
      headers: { 'content-type': 'application/xml' },
      body: '<title>x</title>',
    });
    expect([400, 415]).toContain(response.status);
  });
});
