import { describe, expect, test } from 'vitest';
import { parseQuery } from '../../src/data-api/query.ts';
import { RefusedError } from '../../src/data-api/refusals.ts';

const parse = (parameters: Record<string, string>, forFunction = false) =>
  parseQuery(`?${new URLSearchParams(parameters)}`, forFunction);

/** What a query is refused with. */
function refusal(search: string) {
  try {
    parseQuery(search, false);
  } catch (error) {
    if (error instanceof RefusedError) return error.refusal;
    throw error;
  }
  throw new Error(`${search} was taken`);
}

describe('select', () => {
  test('parses columns with alias, path into JSON and cast', () => {
    const { select } = parse({
      select: 'title:name,data->tags->-1->>"a b"::text,"odd ""name"'.replace('""', '\\"'),
    });
    expect(select).toMatchObject([
      { field: { name: 'name', path: [] }, alias: 'title', cast: null },
      {
        field: {
          name: 'data',
          path: [
            { arrow: '->', key: 'tags', isIndex: false },
            { arrow: '->', key: '-1', isIndex: true },
            { arrow: '->>', key: 'a b', isIndex: false },
          ],
        },
        cast: 'text',
      },
      { field: { name: 'odd "name' } },
    ]);
  });

  test('parses nested tables with alias, hint and kind of join', () => {
    const { select } = parse({ select: 'id,a:b!c!inner(d,...e!left(*)),f()' });
    expect(select?.slice(1)).toMatchObject([
      {
        kind: 'relation',
        name: 'b',
        alias: 'a',
        hint: 'c',
        join: 'inner',
        items: [
          { field: { name: 'd' } },
          { name: 'e', spread: true, join: 'left', items: [{ field: { name: '*' } }] },
        ],
      },
      { kind: 'relation', name: 'f', items: [] },
    ]);
  });

  test('distinguishes a table named count from the aggregate count()', () => {
    expect(parse({ select: 'count(id),count(),size.sum()' }).select).toMatchObject([
      { kind: 'relation', name: 'count' },
      { kind: 'field', aggregate: 'count' },
      { kind: 'field', field: { name: 'size' }, aggregate: 'sum' },
    ]);
  });
});

describe('conditions', () => {
  test('parses operators with not, any and all', () => {
    const { conditions } = parse({
      a: 'not.eq.1',
      b: 'like(any).{x*,y*}',
      c: 'wfts(english).cat',
      d: 'is.NOT_NULL',
    });
    expect(conditions.map(({ value }) => value)).toMatchObject([
      { negated: true, operation: { operator: '=', value: '1' } },
      { negated: false, operation: { operator: 'like', quantifier: 'any', value: '{x%,y%}' } },
      { operation: { kind: 'search', operator: 'wfts', language: 'english', value: 'cat' } },
      { operation: { kind: 'is', value: 'not null' } },
    ]);
  });

  test('keeps commas, quotes and brackets of quoted values', () => {
    const { conditions } = parse({ a: 'in.("x,y","a\\"b",c d,")")' });
    expect(conditions[0]?.value).toMatchObject({ operation: { values: ['x,y', 'a"b', 'c d', ')'] } });
  });

  test('parses and, or and not, on a table and on embedded tables', () => {
    const { conditions } = parse({
      or: '(a.eq.1,not.and(b.in.(1,2),c.cs.{1,2}))',
      'rel.not.or': '(d.eq."x,y",e.is.null)',
    });
    expect(conditions).toMatchObject([
      {
        path: [],
        value: {
          operator: 'or',
          negated: false,
          terms: [
            { field: { name: 'a' } },
            {
              operator: 'and',
              negated: true,
              terms: [{ operation: { values: ['1', '2'] } }, { operation: { value: '{1,2}' } }],
            },
          ],
        },
      },
      {
        path: ['rel'],
        value: { operator: 'or', negated: true, terms: [{ operation: { value: 'x,y' } }, {}] },
      },
    ]);
  });

  test('distinguishes filters from arguments by their operator', () => {
    const { args, conditions } = parse({ a: 'plain', b: 'eq.1', c: 'equal.1', d: 'in.x' }, true);
    expect(args).toEqual([
      ['a', 'plain'],
      ['c', 'equal.1'],
      ['d', 'in.x'],
    ]);
    expect(conditions).toHaveLength(1);
  });
});

test('parses order by columns, paths into JSON and columns of embedded tables', () => {
  expect(parse({ order: 'a.desc.nullslast,b->>c,rel(d).asc' }).orders[0]?.value).toMatchObject([
    { relation: null, field: { name: 'a' }, direction: 'desc', nulls: 'last' },
    { field: { name: 'b', path: [{ key: 'c' }] }, direction: null },
    { relation: 'rel', field: { name: 'd' }, direction: 'asc' },
  ]);
});

test('ignores limits that are no numbers, and takes the last of several', () => {
  expect(parseQuery('?limit=x&a.limit=1&a.limit=2&a.offset=-3', false).ranges).toEqual([
    { path: ['a'], value: { limit: 2n, offset: 0n } },
  ]);
  expect(refusal('?limit=-1')).toMatchObject({ status: 416, code: 'PGRST103' });
});

describe('malformed queries', () => {
  test.each([
    ['?a=foo.1', 'failed to parse filter (foo.1)', 1],
    ['?a=eq', 'failed to parse filter (eq)', 3],
    ['?select=id,', 'failed to parse select parameter (id,)', 4],
    ['?select=id,a(b', 'failed to parse select parameter (id,a(b)', 7],
    ['?or=(id.eq.1', 'failed to parse logic tree ((id.eq.1)', 11],
    ['?order=id.foo', 'failed to parse order (id.foo)', 4],
  ])('refuses %s, with the position', (search, what, column) => {
    expect(refusal(search)).toMatchObject({
      status: 400,
      code: 'PGRST100',
      message: expect.stringContaining(`"${what}" (line 1, column `),
    });
    const place = Number(/column (\d+)/.exec(refusal(search).message)?.[1]);
    expect(Math.abs(place - column)).toBeLessThanOrEqual(1);
  });

  test('refuses deep nesting and bytes that are not UTF-8', () => {
    const deep = (open: string, close: string) => open.repeat(5_000) + close.repeat(5_000);
    expect(refusal(`?select=${deep('a(', ')')}`)).toMatchObject({ status: 400, code: 'PGRST100' });
    expect(refusal(`?or=${deep('(and', ')')}`)).toMatchObject({ status: 400, code: 'PGRST100' });
    expect(refusal(`?select=a${'->b'.repeat(5_000)}`)).toMatchObject({ status: 400, code: 'PGRST100' });
    expect(refusal('?a=eq.%ff')).toMatchObject({ status: 400, code: 'PGRST100' });
    expect(refusal('?a=eq.%')).toMatchObject({ status: 400, code: 'PGRST100' });
  });
});
