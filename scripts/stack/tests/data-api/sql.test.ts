import { describe, expect, test } from 'vitest';
import { RefusedError } from '../../src/data-api/refusals.ts';
import { arrayLiteral, createSqlBuilder, filterSql, identifier, literal } from '../../src/data-api/sql.ts';

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
