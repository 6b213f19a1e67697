import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, newName, openDatabase, service } from './asking.ts';
import { type Writing, write } from './writing.ts';

const sql = openDatabase();
let world: Writing;
beforeAll(async () => {
  world = await write();
});

describe('a policy', () => {
  test('refuses a row in the name of somebody else', async () => {
    const row = { title: 'x', author_id: world.ann.id };
    const { error, status } = await world.bob.client.from('articles').insert(row);
    expect(status).toBe(403);
    expect(error).toMatchObject({
      code: '42501',
      message: 'new row violates row-level security policy for table "articles"',
    });
  });

  test('refuses nobody with 401', async () => {
    const { error, status } = await anonymous
      .from('articles')
      .insert({ title: 'x', author_id: world.ann.id });
    expect([error?.code, status]).toEqual(['42501', 401]);
  });

  test('hides the rows of others from an update and a delete', async () => {
    const articles = () => world.bob.client.from('articles');
    const updated = await articles().update({ title: 'taken over' }).eq('id', world.first).select();
    expect([updated.data, updated.error]).toEqual([[], null]);
    const deleted = await articles().delete().eq('id', world.first).select();
    expect([deleted.data, deleted.error]).toEqual([[], null]);
    expect(await sql`select title from public.articles where id = ${world.first}`).toEqual([
      { title: 'Hello' },
    ]);
  });

  test('refuses to give a row of one\u2019s own away', async () => {
    const { error, status } = await world.ann.client
      .from('articles')
      .update({ author_id: world.bob.id })
      .eq('id', world.first);
    expect([error?.code, status]).toEqual(['42501', 403]);
  });

  test('that does not exist shows nothing', async () => {
    const { data, error } = await world.ann.client.from('sealed').select();
    expect([data, error]).toEqual([[], null]);
  });

  test('does not hold for the secret key', async () => {
    const rows = dataOf(await service.from('articles').select('id').eq('author_id', world.ann.id));
    expect(rows).toHaveLength(3);
  });

  test('holds for the rows inside an embed', async () => {
    dataOf(
      await world.ann.client.from('articles').update({ is_public: false }).eq('id', world.third).select(),
    );
    const people = (client: typeof anonymous) =>
      client.from('people').select('articles!articles_author_id_fkey(id)').eq('id', world.ann.id).single();
    expect(dataOf(await people(world.ann.client)).articles).toHaveLength(3);
    expect(dataOf(await people(world.bob.client)).articles).toHaveLength(2);
  });
});

describe('a grant', () => {
  test('without rows that may be seen answers an empty list', async () => {
    const { data, error, status } = await anonymous.from('articles').select('id');
    expect([data, error, status]).toEqual([[], null, 200]);
  });

  test('that is missing refuses a whole table', async () => {
    const { error, status } = await world.ann.client.from('stock').select();
    expect([error?.code, status]).toEqual(['42501', 403]);
    const nobody = await anonymous.from('stock').select();
    expect([nobody.error?.code, nobody.status]).toEqual(['42501', 401]);
  });

  test.each(['private_note', '*'])('that is missing for a column refuses a select of %s', async (columns) => {
    const { error, status } = await world.ann.client.from('people').select(columns).limit(1);
    expect([error?.code, status]).toEqual(['42501', 403]);
  });

  test('that is missing for a column refuses an update of it', async () => {
    const { error, status } = await world.ann.client
      .from('people')
      .update({ private_note: 'x' })
      .eq('id', world.ann.id);
    expect([error?.code, status]).toEqual(['42501', 403]);
  });

  test('of Auth\u2019s tables has nobody', async () => {
    const [rights] = await sql`
      select has_table_privilege('anon', 'auth.users', 'select') as anon,
        has_table_privilege('authenticated', 'auth.users', 'select') as authenticated
    `;
    expect(rights).toEqual({ anon: false, authenticated: false });
  });
});

describe('a schema', () => {
  test.each(['private', 'auth', 'pg_catalog'])('that is not exposed, %s, is refused', async (schema) => {
    const { error, status } = await service.schema(schema).from('hidden').select();
    expect([error?.code, status]).toEqual(['PGRST106', 406]);
  });

  test('beside public has its own tables and functions', async () => {
    const label = newName('crate');
    const crates = () => service.schema('warehouse').from('crates');
    const made = dataOf(await crates().insert({ label }).select('label').single());
    expect(made).toEqual({ label });
    expect(dataOf(await crates().select('label').eq('label', label))).toEqual([{ label }]);
    expect(dataOf(await service.schema('warehouse').rpc('crate_count'))).toBeGreaterThanOrEqual(1);
    expect((await service.from('crates').select()).error?.code).toBe('PGRST205');
  });
});
