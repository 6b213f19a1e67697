import { describe, expect, test } from 'vitest';
import { chooseFormat } from '../../src/data-api/media-types.ts';
import { readPayload } from '../../src/data-api/payload.ts';
import { appliedPreferences, parsePreferences } from '../../src/data-api/preferences.ts';
import { contentRange } from '../../src/data-api/ranges.ts';
import { RefusedError, refusalOf } from '../../src/data-api/refusals.ts';
import { arrayLiteral, createSqlBuilder, filterSql, identifier, literal } from '../../src/data-api/sql.ts';
import { originsOf } from '../../src/data-api/view-origins.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const failure = (fields: object) => Object.assign(new Error('m'), { severity: 'ERROR' }, fields);

describe('SQL', () => {
  test('quotes names and texts', () => {
    expect(identifier('a"; drop table x; --')).toBe('"a""; drop table x; --"');
    expect(literal("it's")).toBe("'it''s'");
    expect(literal("\\'")).toBe(" E'\\\\'''");
    expect(arrayLiteral(['a"b', '\\', 'x,y', ''])).toBe('{"a\\"b","\\\\","x,y",""}');
  });

  test('refuses NUL in names and texts', () => {
    expect(() => identifier('a\0b')).toThrow(RefusedError);
    expect(() => literal('a\0b')).toThrow(RefusedError);
  });

  test('passes the value of a filter as a parameter', () => {
    const builder = createSqlBuilder();
    const operation = { kind: 'compare', operator: '=', quantifier: null, value: "' or true --" } as const;
    const filter = { kind: 'filter', field: { name: 'a', path: [] }, negated: true, operation } as const;
    expect(
      filterSql({ ref: '"t"', table: null }, { ...filter, field: { name: 'a', path: [] } }, builder),
    ).toBe('not ("t"."a" = $1)');
    expect(builder.values).toEqual(["' or true --"]);
  });
});

describe('errors of the database', () => {
  test.each([
    ['42501', false, 401],
    ['42501', true, 403],
    ['23505', true, 409],
    ['23514', true, 400],
    ['25006', true, 405],
    ['42883', true, 404],
    ['57014', true, 500],
    ['57P01', true, 503],
    ['54001', true, 500],
    ['P0001', true, 400],
    ['P0002', true, 500],
    ['PT418', true, 418],
    ['PT999', true, 500],
    ['AB123', true, 400],
  ])('answers %s, signed in: %s, with %i', (code, authenticated, status) => {
    expect(refusalOf(failure({ code }), authenticated)).toMatchObject({ status, code });
  });

  test('answers with the whole answer that an error contains, or 500 if it is malformed', () => {
    const message = JSON.stringify({ code: 'X1', message: 'Pay', hint: 'h' });
    const detail = JSON.stringify({ status: 402, headers: { 'X-A': 'b' } });
    expect(refusalOf(failure({ code: 'PGRST', message, detail }), true)).toMatchObject({
      status: 402,
      code: 'X1',
      hint: 'h',
      headers: { 'X-A': 'b' },
    });
    for (const broken of [{ message: 'x', detail }, { message }, { message, detail: '{"status":"x"}' }]) {
      expect(refusalOf(failure({ code: 'PGRST', ...broken }), true)).toMatchObject({
        status: 500,
        code: 'PGRST121',
      });
    }
  });

  test('throws errors of this program again', () => {
    expect(() => refusalOf(new TypeError('ours'), true)).toThrow('ours');
  });
});

describe('bodies', () => {
  test('keeps the text of JSON', () => {
    const text = '{"id": 9007199254740993, "n": 1.10}';
    expect(readPayload(bytes(text), null, null)).toEqual({ rows: `[${text}]`, count: 1, keys: ['id', 'n'] });
  });

  test('refuses rows with different fields, unless the columns are named', () => {
    const rows = bytes('[{"a":1},{"b":2}]');
    expect(() => readPayload(rows, null, null)).toThrow('All object keys must match');
    expect(readPayload(rows, null, ['a', 'b'])).toMatchObject({ count: 2, keys: ['a', 'b'] });
  });

  test('parses quotes, line breaks and NULL in CSV', () => {
    const csv = bytes('a,b\r\n"x, ""y""\nz",NULL\r\n,2\n');
    expect(JSON.parse(readPayload(csv, 'text/csv', null).rows)).toEqual([
      { a: 'x, "y"\nz', b: null },
      { a: '', b: '2' },
    ]);
    expect(() => readPayload(bytes('a,b\n1'), 'text/csv', null)).toThrow('same number of fields');
  });

  test.each([
    ['nothing', new Uint8Array(), null],
    ['half a value', bytes('{"a":'), null],
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), null],
    ['a type that nothing reads', bytes('<a/>'), 'text/xml'],
  ])('refuses a body of %s', (_, body, type) => {
    expect(() => readPayload(body, type, null)).toThrow(RefusedError);
  });
});

describe('preferences', () => {
  test('takes the first preference of each kind', () => {
    const preferences = parsePreferences('return=minimal,  count=exact ,return=representation, foo');
    expect(preferences).toMatchObject({ return: 'minimal', count: 'exact', resolution: null });
    expect(appliedPreferences(preferences, ['count', 'return'])).toBe('return=minimal, count=exact');
  });

  test('refuses unknown preferences with strict handling', () => {
    expect(() => parsePreferences('handling=strict, timezone=Mars/Base, foo=1')).toThrow(RefusedError);
    expect(parsePreferences('handling=strict, timezone=Europe/Paris, max-affected=3')).toMatchObject({
      timezone: 'Europe/Paris',
      maxAffected: 3,
    });
  });
});

test('chooses the format with the best quality', () => {
  expect(chooseFormat('text/html, text/csv;q=0.5, application/json;q=0.4')).toMatchObject({ shape: 'csv' });
  expect(chooseFormat('application/vnd.pgrst.object+json;nulls=stripped')).toMatchObject({
    shape: 'object',
    stripNulls: true,
  });
  expect(chooseFormat('application/octet-stream', ['application/octet-stream'])).toMatchObject({
    shape: 'raw',
  });
  for (const none of ['text/html', 'application/json;q=0', 'constructor', 'application/vnd.pgrst.plan+json'])
    expect(() => chooseFormat(none)).toThrow(RefusedError);
});

test('formats Content-Range', () => {
  expect(contentRange(5n, 3n, 20n)).toBe('5-7/20');
  expect(contentRange(5n, 0n, null)).toBe('*/*');
  expect(contentRange(0n, 0n, 0n)).toBe('*/0');
});

test('traces the columns of a view to their table, through another view and not into subqueries', () => {
  const entry = (position: number, table: number, column: number, junk = false) =>
    `{TARGETENTRY :expr {VAR :varno 1} :resno ${position} :resname x :ressortgroupref 0 :resorigtbl ${table} :resorigcol ${column} :resjunk ${junk}}`;
  const inner = `({QUERY :rtable ({RANGETBLENTRY :subquery {QUERY :targetList (${entry(1, 99, 9)})}}) :targetList (${entry(1, 10, 4)} ${entry(2, 0, 0)})})`;
  const outer = `({QUERY :targetList (${entry(1, 20, 1)} ${entry(2, 20, 2)} ${entry(3, 10, 1)} ${entry(4, 10, 2, true)})})`;
  const origins = originsOf([
    { oid: 20, rule: inner },
    { oid: 30, rule: outer },
    { oid: 10, rule: null },
  ]);
  expect(origins.get(30)).toEqual(
    new Map([
      [1, { table: 10, column: 4 }],
      [3, { table: 10, column: 1 }],
    ]),
  );
});
