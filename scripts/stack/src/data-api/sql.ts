import type { Filter, Operation, OrderTerm, SearchOperator } from './filters.ts';
import type { Field } from './reader.ts';
import { refuse } from './refusals.ts';
import type { Table } from './schema.ts';

/** A statement that is being written. */
export interface SqlBuilder {
  /** Text of clients reaches the database as these, never as SQL. */
  readonly values: (string | null)[];
  /** Adds a value and returns its placeholder. PostgreSQL infers its type from the place. */
  add(value: string | null): string;
  /** Returns a name that nothing else in the statement has. */
  alias(): string;
}

/** Starts a statement. */
export function createSqlBuilder(): SqlBuilder {
  const values: (string | null)[] = [];
  let aliases = 0;
  return { values, add: (value) => `$${values.push(value)}`, alias: () => `_e${++aliases}` };
}

/** Quotes a name. NUL would end the statement in the protocol: it is refused. */
export function identifier(name: string): string {
  return `"${withoutNul(name).replaceAll('"', '""')}"`;
}

/** Quotes a name with its schema. */
export function qualified({ schema, name }: { schema: string; name: string }): string {
  return `${identifier(schema)}.${identifier(name)}`;
}

/** Quotes a text that must be part of the statement. */
export function literal(text: string): string {
  const quoted = `'${withoutNul(text).replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

function withoutNul(text: string): string {
  if (text.includes('\0')) refuse(400, '22021', 'invalid byte sequence for encoding "UTF8": 0x00');
  return text;
}

/** An item of `from`. */
export interface Place {
  /** The quoted name or alias that qualifies its columns. */
  ref: string;
  /** Null for a function that returns no table's rows. */
  table: Table | null;
  /** Its SQL in `from`, with its alias. */
  from: string;
  /** The whole row as a value of the table's type, for functions that take one. */
  row: string;
}

/** A column, or a value in its JSON. Other types are converted to JSON for a path. */
export function fieldSql({ ref, table }: Pick<Place, 'ref' | 'table'>, { name, path }: Field): string {
  const column = name === '*' ? `${ref}.*` : `${ref}.${identifier(name)}`;
  if (path.length === 0) return column;
  const type = table?.columns.get(name)?.baseType;
  const steps = path.map(({ arrow, key, isIndex }) => `${arrow}${isIndex ? indexSql(key) : literal(key)}`);
  return `${type === 'json' || type === 'jsonb' ? column : `to_jsonb(${column})`}${steps.join('')}`;
}

/** A number that is too large for an index becomes a key, which no array has. */
function indexSql(digits: string): string {
  return Math.abs(Number(digits)) < 2 ** 31 ? `(${Number(digits)})` : literal(digits);
}

/** A condition on a column. */
export function filterSql(
  place: Pick<Place, 'ref' | 'table'>,
  { field, negated, operation }: Filter,
  builder: SqlBuilder,
): string {
  const sql = operationSql(place, field, operation, builder);
  return negated ? `not (${sql})` : sql;
}

function operationSql(
  place: Pick<Place, 'ref' | 'table'>,
  field: Field,
  operation: Operation,
  builder: SqlBuilder,
): string {
  const column = fieldSql(place, field);
  switch (operation.kind) {
    case 'is':
      return `${column} is ${operation.value}`;
    case 'in': {
      const isEmpty = operation.values.length === 1 && operation.values[0] === '';
      return `${column} = any (${builder.add(isEmpty ? '{}' : arrayLiteral(operation.values))})`;
    }
    case 'search': {
      const language = operation.language === null ? '' : `${builder.add(operation.language)}::regconfig, `;
      return `${vectorSql(place, field, column, language)} @@ ${searchFunctions[operation.operator]}(${language}${builder.add(operation.value)})`;
    }
    case 'compare': {
      const value = builder.add(operation.value);
      return `${column} ${operation.operator} ${operation.quantifier ? `${operation.quantifier} (${value})` : value}`;
    }
  }
}

const searchFunctions: Record<SearchOperator, string> = {
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
};

/** Converts text and JSON to a tsvector. */
function vectorSql(
  { table }: Pick<Place, 'table'>,
  { name, path }: Field,
  column: string,
  language: string,
): string {
  const type = table?.columns.get(name)?.baseType;
  const isVector = type === undefined || (type === 'tsvector' && path.length === 0);
  return isVector ? column : `to_tsvector(${language}${column})`;
}

/** The text form of an array in PostgreSQL. */
export function arrayLiteral(elements: readonly string[]): string {
  return `{${elements.map((element) => `"${element.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
}

/** A term of `order by`; `column` is SQL. */
export function orderSql(column: string, { direction, nulls }: OrderTerm): string {
  return `${column}${direction ? ` ${direction}` : ''}${nulls ? ` nulls ${nulls}` : ''}`;
}
