import type { Filter } from './wanted.ts';

const symbols: Record<string, string> = {
  eq: '=',
  neq: '!=',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  in: '= any',
  like: 'like',
  ilike: 'ilike',
  match: '~',
  imatch: '~*',
};

const keywords = new Set(['null', 'true', 'false', 'unknown']);

/** A filter as an expression; `value` is the column's value as an expression, and `cast` its type. A null is false. */
export function filterSql(
  { operator, value: wanted, negated }: Filter,
  value: string,
  cast: string,
  parameter: (text: string) => string,
): string {
  if (operator === 'is') {
    if (!keywords.has(wanted))
      throw new Error('invalid value for is filter: must be null, true, false, or unknown');
    return `${value} is ${negated ? 'not ' : ''}${wanted}`;
  }
  const other = `${parameter(wanted)}::${cast}${operator === 'in' ? '[]' : ''}`;
  if (operator === 'isdistinct') return `${value} is ${negated ? 'not ' : ''}distinct from ${other}`;
  return `coalesce(${negated ? 'not ' : ''}(${value} ${symbols[operator]} (${other})), false)`;
}
