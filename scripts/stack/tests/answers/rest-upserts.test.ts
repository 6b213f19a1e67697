import { beforeEach, describe, expect, test } from 'vitest';
import { dataOf, newName, openDatabase, raw, service, signUp, target } from './asking.ts';

const sql = openDatabase();
const stock = () => service.from('stock');
let taken = '';
beforeEach(async () => {
  taken = newName('taken');
  dataOf(await stock().insert({ code: taken, note: 'old', quantity: 1 }).select());
});

describe('upserts', () => {
  test('updates existing rows and inserts the others', async () => {
    const fresh = newName('fresh');
    const { data, error, status } = await stock()
      .upsert(
        [
          { code: taken, note: 'new' },
          { code: fresh, note: 'new' },
        ],
        { onConflict: 'code' },
      )
      .select('code, note, quantity');
    // PostgREST answers 200 where at least one row was there: docs.postgrest.org, references/api/tables_views, Upsert.
    expect([error, [200, 201].includes(status)]).toEqual([null, true]);
    expect(data).toEqual(
      expect.arrayContaining([
        { code: taken, note: 'new', quantity: 1 },
        { code: fresh, note: 'new', quantity: null },
      ]),
    );
    expect(data).toHaveLength(2);
  });

  test('answers only inserted rows with ignoreDuplicates', async () => {
    const fresh = newName('fresh');
    const { data, error } = await stock()
      .upsert(
        [
          { code: taken, note: 'new' },
          { code: fresh, note: 'new' },
        ],
        { onConflict: 'code', ignoreDuplicates: true },
      )
      .select('code, note');
    expect([data, error]).toEqual([[{ code: fresh, note: 'new' }], null]);
    expect(await sql`select note from public.stock where code = ${taken}`).toEqual([{ note: 'old' }]);
  });

  test('resolves conflicts on the primary key by default', async () => {
    const [row] = await sql`
      insert into public.readings (batch, value) values (${newName()}, 1) returning id, batch
    `;
    const { data, error } = await service
      .from('readings')
      .upsert({ id: row?.id, batch: row?.batch, value: 2 })
      .select('value')
      .single();
    expect([data, error]).toEqual([{ value: 2 }, null]);
    expect(await sql`select value from public.readings where batch = ${row?.batch}`).toEqual([{ value: 2 }]);
  });

  test('resolves conflicts on a primary key of two columns', async () => {
    const ann = await signUp();
    const article = dataOf(await ann.client.from('articles').insert({ title: 'x' }).select('id').single());
    const star = { article_id: article.id, person_id: ann.id };
    for (const _time of ['first', 'second']) {
      const { error } = await ann.client.from('stars').upsert(star, { ignoreDuplicates: true });
      expect(error).toBeNull();
    }
    expect(await sql`select 1 from public.stars where article_id = ${article.id}`).toHaveLength(1);
  });

  test('uses column defaults for missing keys with defaultToNull: false', async () => {
    const fresh = newName('fresh');
    const { data, error } = await stock()
      .upsert([{ code: taken, note: 'new' }, { code: fresh }], { onConflict: 'code', defaultToNull: false })
      .select('code, note');
    expect(error).toBeNull();
    expect(data).toEqual(
      expect.arrayContaining([
        { code: taken, note: 'new' },
        { code: fresh, note: 'no note' },
      ]),
    );
  });

  test('refuses to resolve conflicts on a column without a unique constraint', async () => {
    const { error, status } = await stock().upsert({ code: newName(), note: 'x' }, { onConflict: 'note' });
    expect([error?.code, status]).toEqual(['42P10', 400]);
  });
});

// docs.postgrest.org, references/api/tables_views, "Bulk Insert" and "On Conflict": the headers of supabase-js are optional.
describe('plain HTTP', () => {
  const insert = (query: string, body: string, headers: Record<string, string> = {}) =>
    raw(`/rest/v1/stock${query}`, { method: 'POST', key: target.secretKey, headers, body });

  test('inserts rows from CSV', async () => {
    const code = newName();
    const response = await insert('?select=code,note', `code,note\n${code},"with, comma"\n`, {
      'content-type': 'text/csv',
      prefer: 'return=representation',
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual([{ code, note: 'with, comma' }]);
  });

  test('writes the one row that the filter of a PUT names', async () => {
    const id = (await sql`select id from public.readings where batch = 'first' limit 1`)[0]?.id as number;
    const response = await raw(`/rest/v1/readings?id=eq.${id}`, {
      method: 'PUT',
      key: target.secretKey,
      headers: { 'content-type': 'application/json', prefer: 'return=representation' },
      body: JSON.stringify({ id, batch: 'first', value: 7 }),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([{ id, batch: 'first', value: 7 }]);
  });

  test('answers the location of a new row with return=headers-only', async () => {
    const response = await insert('', JSON.stringify({ code: newName() }), {
      'content-type': 'application/json',
      prefer: 'return=headers-only',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toMatch(/^\/stock\?id=eq\.\d+$/);
  });
});
