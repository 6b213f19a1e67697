import { randomInt, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf, raw, service, target } from './asking.ts';
import { type Writing, write } from './writing.ts';

const newId = () => randomInt(2 ** 47);
const identifier = randomUUID();
/** For each column the value that is written, and the value that is read where it differs. */
const kinds: Record<string, { written: unknown; read?: unknown }> = {
  scaled: { written: '12345678901234.5', read: 12345678901234.5 },
  exact: { written: '1e3', read: 1000 },
  small: { written: 5 },
  document: { written: { a: [1, { b: null }], s: 'é"\\' } },
  written: { written: { x: 1 } },
  words: { written: ['a', 'b,c', 'd"e', 'null', null] },
  numbers: { written: [1, 2] },
  bytes: { written: '\\xdeadbeef' },
  day: { written: '2026-02-03' },
  moment: { written: '2026-02-03T04:05:06.789' },
  instant: {
    written: '2026-02-03T04:05:06.789012+02:00',
    read: '2026-02-03T02:05:06.789012+00:00',
  },
  clock: { written: '04:05:06' },
  clock_zone: { written: '04:05:06+02' },
  span: { written: '1 day 02:03:04' },
  stage: { written: 'review' },
  stages: { written: ['draft', 'published'] },
  identifier: { written: identifier },
  double: { written: 1.5e300 },
  single: { written: 0.1 },
  flag: { written: true },
  address: { written: '10.0.0.1' },
  folded: { written: 'MiXed' },
  bounds: { written: '[1,5)' },
  words_unicode: { written: '日本語 🎉 שלום' },
  lexemes: { written: "'cat':1", read: "'cat':1" },
};

const id = newId();
let row: Record<string, unknown> = {};
beforeAll(async () => {
  const written = Object.entries(kinds).map(([column, kind]) => [column, kind.written]);
  const values = { id, large: '9007199254740993', ...Object.fromEntries(written) };
  const inserted = await service.from('every_type').insert(values).select().single();
  expect([inserted.error, inserted.status]).toEqual([null, 201]);
  row = dataOf(await service.from('every_type').select().eq('id', id).single());
});

describe('column types', () => {
  test.each(Object.entries(kinds))('returns the value of the column %s', (column, { written, read }) => {
    expect(row[column]).toEqual(read ?? written);
  });

  test.each(Object.keys(kinds))('stores null in the column %s', async (column) => {
    const empty = dataOf(
      await service
        .from('every_type')
        .upsert({ id: id + 1, [column]: null })
        .select(column)
        .single(),
    );
    expect(empty).toEqual({ [column]: null });
  });
});

describe('numbers', () => {
  // Parsing is up to the app: the text of the answer has every digit.
  test('keeps all digits of a number', async () => {
    const response = await raw(`/rest/v1/every_type?id=eq.${id}&select=large,scaled`, {
      key: target.secretKey,
    });
    expect(await response.text()).toBe('[{"large":9007199254740993,"scaled":12345678901234.500000}]');
  });
});

describe('jsonb columns', () => {
  test.each([['text'], [[1, '2']], [5], [null], [true], [false], [{}], ['']])(
    'stores %j as jsonb',
    async (value) => {
      const saved = dataOf(
        await service.from('every_type').upsert({ id: newId(), document: value }).select('document').single(),
      );
      expect(saved).toEqual({ document: value });
    },
  );

  test('selects a value by its path', async () => {
    const { data, error } = await service
      .from('every_type')
      .select('none:document->a->1->b, inner:document->a->0, text:document->>s')
      .eq('id', id)
      .single();
    expect([data, error]).toEqual([{ none: null, inner: 1, text: 'é"\\' }, null]);
  });

  test('filters and orders by a path', async () => {
    const rows = dataOf(
      await service
        .from('every_type')
        .select('id')
        .eq('id', id)
        .eq('document->>s', 'é"\\')
        .order('document->a'),
    );
    expect(rows).toEqual([{ id }]);
  });
});

describe('filters by type', () => {
  const select = () => service.from('every_type').select('id').eq('id', id);
  test.each([
    ['a list that contains', () => select().contains('words', ['a'])],
    ['a list that contains a comma', () => select().contains('words', '{"b,c"}')],
    ['a list that is contained', () => select().containedBy('numbers', [1, 2, 3])],
    ['a list that overlaps', () => select().overlaps('numbers', [2, 9])],
    ['an object that contains', () => select().contains('document', { s: 'é"\\' })],
    ['a range that contains', () => select().contains('bounds', '[2,3]')],
    ['a range above', () => select().rangeGt('bounds', '[-5,0)')],
    ['a range not below', () => select().rangeGte('bounds', '[0,3)')],
    ['a range below', () => select().rangeLt('bounds', '[9,12)')],
    ['a range not above', () => select().rangeLte('bounds', '[2,9)')],
    ['a range beside', () => select().rangeAdjacent('bounds', '[5,9)')],
    ['a range that overlaps', () => select().overlaps('bounds', '[4,9)')],
    ['a moment', () => select().eq('instant', '2026-02-03T02:05:06.789012Z')],
    ['a number beyond what JavaScript counts', () => select().eq('large', '9007199254740993')],
  ])('finds the row by %s', async (_name, query) => {
    expect(dataOf(await query())).toEqual([{ id }]);
  });

  test.each([
    ['a list', () => select().contains('words', ['z'])],
    ['a range', () => select().rangeGt('bounds', '[2,3)')],
    ['a number beyond what JavaScript counts', () => select().eq('large', '9007199254740992')],
  ])('does not find the row by %s', async (_name, query) => {
    expect(dataOf(await query())).toEqual([]);
  });
});

describe('times', () => {
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$/;
  let world: Writing;
  beforeAll(async () => {
    world = await write();
  });

  test('answers times as ISO 8601, also in embeds', async () => {
    const article = dataOf(
      await world.ann.client
        .from('articles')
        .select('created_at, comments(created_at)')
        .eq('id', world.first)
        .single(),
    );
    expect(article.created_at).toMatch(instant);
    expect(article.comments[0]?.created_at).toMatch(instant);
  });

  // Keyset pages need this: no digit may be lost.
  test('finds a row by the time in its answer', async () => {
    const { created_at } = dataOf(
      await world.ann.client.from('articles').select('created_at').eq('id', world.first).single(),
    );
    const rows = dataOf(
      await world.ann.client
        .from('articles')
        .select('id')
        .eq('id', world.first)
        .lte('created_at', created_at)
        .gte('created_at', created_at),
    );
    expect(rows).toEqual([{ id: world.first }]);
  });
});
