import { expect, test } from 'vitest';
import { dataOf, newName, openDatabase, service } from './asking.ts';

const sql = openDatabase();

test('serves a table, a column and a function soon after they are made', async () => {
  const name = newName('made');
  await sql.unsafe(`create table public.${name} (id integer primary key, body text)`);
  try {
    await sql.unsafe(`alter table public.${name} enable row level security`);
    await sql.unsafe(`grant select, insert on public.${name} to service_role`);
    await sql`notify pgrst, 'reload schema'`;
    await expect.poll(async () => (await service.from(name).select()).error).toBeNull();

    await sql.unsafe(`alter table public.${name} add column added text`);
    await sql`notify pgrst, 'reload schema'`;
    let id = 0;
    const insert = () => service.from(name).insert({ id: ++id, added: 'here' }).select('added').single();
    await expect.poll(async () => (await insert()).data).toEqual({ added: 'here' });

    await sql.unsafe(`create function public.${name}_count() returns bigint language sql stable
      as $$ select count(*) from public.${name} $$`);
    await sql`notify pgrst, 'reload schema'`;
    await expect.poll(async () => (await service.rpc(`${name}_count`)).error).toBeNull();
    expect(dataOf(await service.rpc(`${name}_count`))).toBeGreaterThan(0);
  } finally {
    await sql.unsafe(`drop function if exists public.${name}_count()`);
    await sql.unsafe(`drop table public.${name}`);
  }
  await expect.poll(async () => (await service.from(name).select()).error?.code).toBe('PGRST205');
});
