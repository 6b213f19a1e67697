import { afterEach, expect, test } from 'vitest';
import { dataOf, newName, openDatabase, schemaIsKnown, service } from './asking.ts';

const sql = openDatabase();
const made: string[] = [];

/** Changes the schema, and waits until the Data API knows. */
async function change(statements: string): Promise<void> {
  await sql.unsafe(statements);
  await schemaIsKnown(sql);
}

/** Makes a table for the secret key; it is dropped after the test. */
async function makeTable(columns: string): Promise<string> {
  const name = newName('changing');
  made.push(name);
  await change(`
    create table public.${name} (${columns});
    alter table public.${name} enable row level security;
    grant select, insert, update, delete on public.${name} to service_role;
  `);
  return name;
}

afterEach(async () => {
  for (const name of made.splice(0)) await sql.unsafe(`drop table if exists public.${name} cascade`);
});

test('serves tables, columns, keys and functions that are made while it runs', async () => {
  for (let round = 0; round < 3; round++) {
    const name = await makeTable('id integer primary key, body text');
    expect((await service.from(name).insert({ id: 1, body: 'a' })).status).toBe(201);

    await change(`alter table public.${name} add column added text default 'd'`);
    expect(dataOf(await service.from(name).insert({ id: 2, added: 'x' }).select())).toEqual([
      { id: 2, body: null, added: 'x' },
    ]);

    const child = await makeTable(`id integer primary key, parent integer references public.${name} (id)`);
    expect(dataOf(await service.from(child).select(`id, parent:${name}(body)`))).toEqual([]);

    await change(`create function public.${name}_sum(a integer, b integer) returns integer language sql immutable
      as $$ select a + b $$`);
    expect(dataOf(await service.rpc(`${name}_sum`, { a: 1, b: 2 }))).toBe(3);
    await sql.unsafe(`drop function public.${name}_sum(integer, integer)`);
  }
});

test('answers a request that was sent often before, after its columns change their types', async () => {
  const name = await makeTable('id integer primary key, value integer, body text');
  const ask = async () => {
    // Many at once, so that they run on every connection to the database.
    const requests = Array.from({ length: 64 }, (_, index) =>
      service
        .from(name)
        .select('id, value')
        .eq('value', 7)
        .eq('id', 1 + (index % 2)),
    );
    const answers = await Promise.all(requests);
    return answers.flatMap((answer) => dataOf(answer));
  };
  const insert = (id: number) => service.from(name).insert({ id, value: 7 });
  for (const id of [1, 11, 12, 13]) expect((await insert(id)).status).toBe(201);
  for (let round = 0; round < 3; round++) expect(await ask()).toHaveLength(32);

  await change(`alter table public.${name} alter column value type text`);
  expect((await insert(21)).status).toBe(201);
  const answers = await ask();
  expect(answers).toHaveLength(32);
  expect(answers[0]).toEqual({ id: 1, value: '7' });

  await change(`alter table public.${name} alter column value type bigint using value::bigint`);
  expect((await insert(22)).status).toBe(201);
  expect((await ask())[0]).toEqual({ id: 1, value: 7 });

  await change(`drop table public.${name}; create table public.${name} (value numeric, id bigint primary key);
    grant select, insert on public.${name} to service_role; insert into public.${name} values (7, 1)`);
  expect(await ask()).toHaveLength(32);
});

test('serves every request after a function has deallocated all prepared statements', async () => {
  const name = await makeTable('id integer primary key, body text');
  await service.from(name).insert({ id: 1, body: 'a' });
  await change(`create function public.${name}_forget() returns void language plpgsql as $$
    begin
      execute 'deallocate all';
    end $$`);
  const many = <T>(ask: () => PromiseLike<T>) => Promise.all(Array.from({ length: 48 }, ask));
  try {
    for (let round = 0; round < 3; round++) {
      const reads = await many(() => service.from(name).select('body').eq('id', 1));
      expect(reads.map((answer) => dataOf(answer))).toEqual(Array(48).fill([{ body: 'a' }]));
      const writes = await many(() => service.from(name).update({ body: 'a' }).eq('id', 1).select('id'));
      expect(writes.map((answer) => dataOf(answer))).toEqual(Array(48).fill([{ id: 1 }]));
      for (const { error } of await many(() => service.rpc(`${name}_forget`))) expect(error).toBeNull();
    }
  } finally {
    await sql.unsafe(`drop function public.${name}_forget()`);
  }
});

test('answers 404 for a table that was dropped', async () => {
  const name = await makeTable('id integer primary key');
  expect((await service.from(name).select()).error).toBeNull();
  await change(`drop table public.${name}`);
  const { error, status } = await service.from(name).select();
  expect([status, error?.code]).toEqual([404, expect.stringMatching(/^(PGRST205|42P01)$/)]);
});
