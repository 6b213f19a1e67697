import { randomInt } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { newName, openDatabase, schemaIsKnown, service } from './asking.ts';

const sql = openDatabase();

describe('bulk inserts', () => {
  const batch = newName('bulk');
  const first = randomInt(2 ** 40);
  afterEach(async () => {
    await sql`delete from public.readings where batch = ${batch}`;
    await sql`delete from public.every_type where id between ${first} and ${first + 20_000}`;
  });

  test.each([5_000, 10_000])('inserts %i rows in one request', async (size) => {
    const rows = Array.from({ length: size }, (_, value) => ({ batch, value }));
    const { error, status } = await service.from('readings').insert(rows);
    expect([error, status]).toEqual([null, 201]);
    const [counted] = await sql`select count(*)::int as rows from public.readings where batch = ${batch}`;
    expect(counted).toEqual({ rows: size });
  });

  // More values than one statement may have parameters (65,535).
  test('inserts 20,000 rows of five columns in one request', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => ({
      id: first + index,
      small: 1,
      flag: true,
      words_unicode: `row ${index}`,
      exact: index,
    }));
    const { error, status } = await service.from('every_type').insert(rows);
    expect([error, status]).toEqual([null, 201]);
    const [counted] = await sql`
      select count(*)::int as rows from public.every_type where id between ${first} and ${first + 20_000}
    `;
    expect(counted).toEqual({ rows: 20_000 });
  });
});

// PostgREST fills in the defaults before it lays the row's own values over them.
test('a row takes the next number of a sequence, also if it brings its own', async () => {
  const name = newName('numbered');
  await sql.unsafe(`
    create table public.${name} (id serial primary key, note text default 'none');
    grant all on public.${name} to service_role;
    grant all on sequence public.${name}_id_seq to service_role;
  `);
  await schemaIsKnown(sql);
  try {
    const rows = [{ id: 100, note: null }, { note: 'second' }, { id: 7 }];
    const { data } = await service.from(name).insert(rows, { defaultToNull: false }).select();
    expect(data).toEqual([
      { id: 100, note: null },
      { id: 2, note: 'second' },
      { id: 7, note: 'none' },
    ]);
  } finally {
    await sql.unsafe(`drop table public.${name}`);
  }
});
