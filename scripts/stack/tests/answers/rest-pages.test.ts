import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf, newName, raw, service, target } from './asking.ts';

/** Five rows with the values 1 to 5. */
const batch = newName('page');
beforeAll(async () => {
  dataOf(
    await service
      .from('readings')
      .insert([1, 2, 3, 4, 5].map((value) => ({ batch, value })))
      .select(),
  );
});

type Count = 'exact' | 'planned' | 'estimated';
const readings = (options: { count?: Count; head?: boolean } = {}) =>
  service.from('readings').select('value', options).eq('batch', batch).order('value');
const values = (rows: { value: number }[] | null) => rows?.map(({ value }) => value);

describe('pages', () => {
  test('answers a range with the count of all rows', async () => {
    const { data, count, error, status } = await readings({ count: 'exact' }).range(1, 2);
    expect([values(data), count, error]).toEqual([[2, 3], 5, null]);
    expect(status).toBe(206);
  });

  test('answers as many rows as the limit', async () => {
    expect(values(dataOf(await readings().limit(2)))).toEqual([1, 2]);
    expect(values(dataOf(await readings().limit(0)))).toEqual([]);
  });

  test('answers fewer rows at the end', async () => {
    const { data, count, error } = await readings({ count: 'exact' }).range(3, 9);
    expect([values(data), count, error]).toEqual([[4, 5], 5, null]);
  });

  test('refuses a counted page after the end, and answers an uncounted one empty', async () => {
    const counted = await readings({ count: 'exact' }).range(100, 110);
    expect([counted.error?.code, counted.status]).toEqual(['PGRST103', 416]);
    const uncounted = await readings().range(100, 110);
    expect([uncounted.data, uncounted.error]).toEqual([[], null]);
  });

  test('orders by several columns', async () => {
    const rows = dataOf(
      await service.from('readings').select('value').eq('batch', batch).order('value', { ascending: false }),
    );
    expect(values(rows)).toEqual([5, 4, 3, 2, 1]);
  });

  test('orders nulls first or last', async () => {
    const nulls = newName('nulls');
    const rows = [{ value: null }, { value: 1 }].map((row) => ({ ...row, batch: nulls }));
    dataOf(await service.from('readings').insert(rows).select());
    const ordered = async (nullsFirst: boolean) =>
      values(
        dataOf(
          await service.from('readings').select('value').eq('batch', nulls).order('value', { nullsFirst }),
        ),
      );
    expect(await ordered(true)).toEqual([null, 1]);
    expect(await ordered(false)).toEqual([1, null]);
  });

  test('answers the range in Content-Range', async () => {
    const path = `/rest/v1/readings?select=value&batch=eq.${batch}&order=value`;
    const counted = await raw(path, {
      key: target.secretKey,
      headers: { range: '0-1', 'range-unit': 'items', prefer: 'count=exact' },
    });
    expect([counted.status, counted.headers.get('content-range')]).toEqual([206, '0-1/5']);
    const whole = await raw(path, { key: target.secretKey });
    expect([whole.status, whole.headers.get('content-range')]).toEqual([200, '0-4/*']);
  });
});

describe('counts', () => {
  test('counts without rows with head', async () => {
    const { data, count, error } = await readings({ count: 'exact', head: true });
    expect([data, count, error]).toEqual([null, 5, null]);
  });

  test.each<Count>(['planned', 'estimated'])('answers a count that is %s', async (kind) => {
    const { count, error } = await service.from('readings').select('id', { count: kind }).limit(1);
    expect(error).toBeNull();
    expect(count).toBeGreaterThan(0);
  });
});

describe('max_rows', () => {
  test('answers at most 1000 rows, and counts all', async () => {
    const { data, count, error } = await service.from('readings').select('id', { count: 'exact' });
    expect([data?.length, error]).toEqual([1000, null]);
    expect(count).toBeGreaterThanOrEqual(1500);
  });

  test('allows no limit above max_rows', async () => {
    expect(dataOf(await service.from('readings').select('id').limit(5000))).toHaveLength(1000);
  });

  test('limits the rows of functions', async () => {
    expect(dataOf(await service.rpc('count_up', { up_to: 3000 }))).toHaveLength(1000);
  });
});
