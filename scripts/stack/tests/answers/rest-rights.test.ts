import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, newName, openDatabase, schemaIsKnown, service } from './asking.ts';
import { type Writing, write } from './writing.ts';

const sql = openDatabase();
let world: Writing;
beforeAll(async () => {
  world = await write();
});

describe('policies', () => {
  test('refuses to insert a row for another user', async () => {
    const row = { title: 'x', author_id: world.ann.id };
    const { error, status } = await world.bob.client.from('articles').insert(row);
    expect(status).toBe(403);
    expect(error).toMatchObject({
      code: '42501',
      message: 'new row violates row-level security policy for table "articles"',
    });
  });

  test('answers 401 to an anonymous insert', async () => {
    const { error, status } = await anonymous
      .from('articles')
      .insert({ title: 'x', author_id: world.ann.id });
    expect([error?.code, status]).toEqual(['42501', 401]);
  });

  test('updates and deletes no rows of others', async () => {
    const articles = () => world.bob.client.from('articles');
    const updated = await articles().update({ title: 'taken over' }).eq('id', world.first).select();
    expect([updated.data, updated.error]).toEqual([[], null]);
    const deleted = await articles().delete().eq('id', world.first).select();
    expect([deleted.data, deleted.error]).toEqual([[], null]);
    expect(await sql`select title from public.articles where id = ${world.first}`).toEqual([
      { title: 'Hello' },
    ]);
  });

  test('refuses to give a row to another user', async () => {
    const { error, status } = await world.ann.client
      .from('articles')
      .update({ author_id: world.bob.id })
      .eq('id', world.first);
    expect([error?.code, status]).toEqual(['42501', 403]);
  });

  test('shows no rows without a policy', async () => {
    const { data, error } = await world.ann.client.from('sealed').select();
    expect([data, error]).toEqual([[], null]);
  });

  test('applies no policy to the secret key', async () => {
    const rows = dataOf(await service.from('articles').select('id').eq('author_id', world.ann.id));
    expect(rows).toHaveLength(3);
  });

  test('applies policies to embedded rows', async () => {
    dataOf(
      await world.ann.client.from('articles').update({ is_public: false }).eq('id', world.third).select(),
    );
    const people = (client: typeof anonymous) =>
      client.from('people').select('articles!articles_author_id_fkey(id)').eq('id', world.ann.id).single();
    expect(dataOf(await people(world.ann.client)).articles).toHaveLength(3);
    expect(dataOf(await people(world.bob.client)).articles).toHaveLength(2);
  });
});

describe('grants', () => {
  test('answers an empty list where a grant exists and no row is visible', async () => {
    const { data, error, status } = await anonymous.from('articles').select('id');
    expect([data, error, status]).toEqual([[], null, 200]);
  });

  test('refuses a table without a grant', async () => {
    const { error, status } = await world.ann.client.from('stock').select();
    expect([error?.code, status]).toEqual(['42501', 403]);
    const nobody = await anonymous.from('stock').select();
    expect([nobody.error?.code, nobody.status]).toEqual(['42501', 401]);
  });

  test.each(['private_note', '*'])('refuses to select %s without a grant on all columns', async (columns) => {
    const { error, status } = await world.ann.client.from('people').select(columns).limit(1);
    expect([error?.code, status]).toEqual(['42501', 403]);
  });

  test('refuses to update a column without a grant', async () => {
    const { error, status } = await world.ann.client
      .from('people')
      .update({ private_note: 'x' })
      .eq('id', world.ann.id);
    expect([error?.code, status]).toEqual(['42501', 403]);
  });

  test('refuses Auth\u2019s tables to everybody', async () => {
    const [rights] = await sql`
      select has_table_privilege('anon', 'auth.users', 'select') as anon,
        has_table_privilege('authenticated', 'auth.users', 'select') as authenticated
    `;
    expect(rights).toEqual({ anon: false, authenticated: false });
  });
});

describe('schemas', () => {
  test.each(['private', 'auth', 'pg_catalog'])(
    'refuses the schema %s, which is not exposed',
    async (schema) => {
      const { error, status } = await service.schema(schema).from('hidden').select();
      expect([error?.code, status]).toEqual(['PGRST106', 406]);
    },
  );

  test('serves tables and functions of a second schema', async () => {
    const label = newName('crate');
    const crates = () => service.schema('warehouse').from('crates');
    const made = dataOf(await crates().insert({ label }).select('label').single());
    expect(made).toEqual({ label });
    expect(dataOf(await crates().select('label').eq('label', label))).toEqual([{ label }]);
    expect(dataOf(await service.schema('warehouse').rpc('crate_count'))).toBeGreaterThanOrEqual(1);
    expect((await service.from('crates').select()).error?.code).toBe('PGRST205');
  });
});

describe('a missing right', () => {
  // supautils, "Enhanced hints".
  test('is named in the hint, with the statement that grants it', async () => {
    const name = newName('closed');
    await sql.unsafe(`
      create table public.${name} (id integer primary key);
      revoke all on public.${name} from anon, authenticated;
    `);
    await schemaIsKnown(sql);
    try {
      const hintOf = async (asked: PromiseLike<{ error: { hint: string } | null }>) =>
        (await asked).error?.hint;
      const start = 'Grant the required privileges to the current role with: GRANT';
      const closed = anonymous.from(name);
      expect(await hintOf(closed.select())).toBe(`${start} SELECT ON public.${name} TO anon;`);
      expect(await hintOf(closed.insert({ id: 1 }))).toBe(`${start} INSERT ON public.${name} TO anon;`);
      expect(await hintOf(closed.delete().eq('id', 1))).toBe(
        `${start} SELECT, DELETE ON public.${name} TO anon;`,
      );
    } finally {
      await sql.unsafe(`drop table public.${name}`);
    }
  });
});
