import { randomInt } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { newName, openDatabase, service } from './asking.ts';

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
