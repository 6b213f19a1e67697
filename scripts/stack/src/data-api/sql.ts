import type { Filter, Operation, OrderTerm, SearchOperator } from './filters.ts';
import type { Field } from './reader.ts';
import { refuse } from './refusals.ts';
import type { Table } from './schema.ts';

/** The values of a statement: what a client sent goes to the database as these, never as SQL. */
export interface Values {
  readonly all: (string | null)[];
  /** Adds one and gives its placeholder. PostgreSQL takes its type from where it stands. */
  add(value: string | null): string;
}

/** Starts the values of a statement. */
export function createValues(): Values {
  const all: (string | null)[] = [];
  return { all, add: (value) => `$${all.push(value)}` };
}

/** A name in SQL, whatever stands in it. The protocol ends a statement at NUL, so that is refused. */
export function identifier(name: string): string {
  return `"${withoutNul(name).replaceAll('"', '""')}"`;
}

/** A name with its schema in SQL. */
export function qualified({ schema, name }: { schema: string; name: string }): string {
  return `${identifier(schema)}.${identifier(name)}`;
}

/** A text in SQL, for what must be part of the statement. */
export function literal(text: string): string {
  const quoted = `'${withoutNul(text).replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

function withoutNul(text: string): string {
  if (text.includes('\0')) refuse(400, '22021', 'invalid byte sequence for encoding "UTF8": 0x00');
  return text;
}

/** What rows are taken from. */
export interface Place {
  /** How the columns are called in the statement: the table's name or alias, quoted. */
  ref: string;
  /** What is known of it. Null for a function's result that is no table's. */
  table: Table | null;
  /** What is in `from`, with its alias. */
  from: string;
  /** The whole row as a value of the table's type, for functions that take one. */
  row: string;
}

/** A column, or what its path leads to within it. What is no JSON is made to be for the path. */
export function fieldSql({ ref, table }: Pick<Place, 'ref' | 'table'>, { name, path }: Field): string {
  const column = name === '*' ? `${ref}.*` : `${ref}.${identifier(name)}`;
  if (path.length === 0) return column;
  const type = table?.columns.get(name)?.baseType;
  const steps = path.map(({ arrow, key, isIndex }) => `${arrow}${isIndex ? indexSql(key) : literal(key)}`);
  return `${type === 'json' || type === 'jsonb' ? column : `to_jsonb(${column})`}${steps.join('')}`;
}

/** What is too big for a position is a key that no array has. */
function indexSql(digits: string): string {
  return Math.abs(Number(digits)) < 2 ** 31 ? `(${Number(digits)})` : literal(digits);
}

/** A condition on a column. */
export function filterSql(
  place: Pick<Place, 'ref' | 'table'>,
  { field, negated, operation }: Filter,
  values: Values,
): string {
  const sql = operationSql(place, field, operation, values);
  return negated ? `not (${sql})` : sql;
}

function operationSql(
  place: Pick<Place, 'ref' | 'table'>,
  field: Field,
  operation: Operation,
  values: Values,
): string {
  const column = fieldSql(place, field);
  switch (operation.kind) {
    case 'is':
      return `${column} is ${operation.value}`;
    case 'in': {
      const isEmpty = operation.values.length === 1 && operation.values[0] === '';
      return `${column} = any (${values.add(isEmpty ? '{}' : arrayLiteral(operation.values))})`;
    }
    case 'search': {
      const language = operation.language === null ? '' : `${values.add(operation.language)}::regconfig, `;
      return `${vectorSql(place, field, column, language)} @@ ${searchFunctions[operation.operator]}(${language}${values.add(operation.value)})`;
    }
    case 'compare': {
      const value = values.add(operation.value);
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

/** Text and JSON are searched as well as tsvector. */
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

/** An array's text form, as PostgreSQL reads it. */
export function arrayLiteral(elements: readonly string[]): string {
  return `{${elements.map((element) => `"${element.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
}

/** A term of `order by` for a column that is named in SQL already. */
export function orderSql(column: string, { direction, nulls }: OrderTerm): string {
  return `${column}${direction ? ` ${direction}` : ''}${nulls ? ` nulls ${nulls}` : ''}`;
}
