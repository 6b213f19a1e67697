import type { Sql } from 'postgres';
import { filterSql } from './filter-sql.ts';
import type { RowChange, Values } from './pgoutput.ts';
import { type Column, createParameters, type Table } from './table-columns.ts';
import type { Wanted } from './wanted.ts';

/** A row of more bytes is sent without its longer values. */
const mostRowBytes = 1024 * 1024;
const mostValueBytes = 64;

/** A changed row as JSON, and those who want it by their filters. */
export interface Row<T> {
  /** Each known value as JSON, by the column's name. */
  now: Map<string, string>;
  before: Map<string, string>;
  passing: T[];
  isTooLarge: boolean;
}

/** PostgreSQL makes the JSON of the values and compares them with the filters, in one statement. */
export async function readRow<T extends { wanted: Wanted }>(
  sql: Sql,
  change: RowChange,
  table: Table,
  interested: T[],
): Promise<Row<T>> {
  const { parameters, parameter } = createParameters();
  const expressions = (values: Values | null) => {
    const named = new Map<string, string>();
    for (const { name, cast } of table.columns) {
      const value = cell(change, values, name);
      if (value !== undefined) named.set(name, `${parameter(value)}::${cast}`);
    }
    return named;
  };
  const before = expressions(change.old);
  const now = change.new ? expressions(change.new) : new Map<string, string>();
  // A value that was not changed and is stored apart is only in the old row, if at all.
  for (const [name, value] of change.new ? before : []) if (!now.has(name)) now.set(name, value);
  const compared = change.action === 'DELETE' ? before : now;
  const casts = new Map(table.columns.map(({ name, cast }) => [name, cast]));
  const passes = ({ wanted }: T) => {
    const conditions = wanted.filters.map((filter) => {
      const value = compared.get(filter.column);
      return value ? filterSql(filter, value, casts.get(filter.column) ?? '', parameter) : 'false';
    });
    return conditions.join(' and ') || 'true';
  };
  const json = (named: Map<string, string>) =>
    [...named].map(([name, value]) => jsonSql(value, casts.get(name)));
  const array = (items: string[], type: string) => `array[${items}]::${type}[]`;
  const select = (conditions: string[]) =>
    `select ${array(json(now), 'text')} as now, ${array(json(before), 'text')} as before, ${array(conditions, 'bool')} as passes`;
  const [row] = await sql.unsafe<{ now: string[]; before: string[]; passes: boolean[] }[]>(
    select(interested.map(passes)),
    parameters,
  );
  const byName = (named: Map<string, string>, values: string[] = []) =>
    new Map([...named.keys()].map((name, at) => [name, values[at] ?? '']));
  const all = [...(change.new ?? []), ...(change.old ?? [])];
  return {
    now: byName(now, row?.now),
    before: byName(before, row?.before),
    passing: interested.filter((_, at) => row?.passes[at]),
    isTooLarge: all.reduce((bytes, value) => bytes + Buffer.byteLength(value ?? ''), 0) > mostRowBytes,
  };
}

/** A value as text of JSON. Bytes are digits without a prefix, as the real service has them. */
function jsonSql(value: string, cast: string | undefined): string {
  return `coalesce(to_jsonb(${cast === 'bytea' ? `encode(${value}, 'hex')` : value})::text, 'null')`;
}

function cell({ relation }: RowChange, values: Values | null, name: string): string | null | undefined {
  const at = relation.columns.findIndex((column) => column.name === name);
  return at < 0 ? undefined : values?.[at];
}

/** The primary key of the row as it is now. */
export function keyValues(change: RowChange, { columns }: Table): { column: Column; value: string | null }[] {
  return columns
    .filter(({ isKey }) => isKey)
    .map((column) => ({ column, value: cell(change, change.new, column.name) ?? null }));
}

/** Why a role cannot be told about rows of a table, or null. */
export function keyError({ columns }: Table, role: string): string | null {
  const key = columns.filter(({ isKey }) => isKey);
  if (key.length === 0) return 'Error 400: Bad Request, no primary key';
  return key.every(({ readers }) => readers.includes(role)) ? null : 'Error 401: Unauthorized';
}

export function failed({ action, relation: { schema, table } }: RowChange, error: string): string {
  const record = action === 'UPDATE' ? { record: {}, old_record: {} } : { record: {} };
  return JSON.stringify({
    schema,
    table,
    type: action,
    commit_timestamp: null,
    columns: [],
    errors: [error],
    ...record,
  });
}

/** A change as clients get it, with the columns that the role may select and the client wants. */
export function describe(
  { action, relation: { schema, table }, committedAt }: RowChange,
  { columns, isSecured }: Table,
  { now, before, isTooLarge }: Pick<Row<unknown>, 'now' | 'before' | 'isTooLarge'>,
  role: string,
  wanted: string[] | null,
): string {
  const shown = columns.filter(
    ({ name, isKey, readers }) => readers.includes(role) && (!wanted || isKey || wanted.includes(name)),
  );
  const record = (values: Map<string, string>, only: (column: Column) => boolean = () => true) => {
    const fields = shown.filter(only).flatMap(({ name }) => {
      const value = values.get(name);
      if (value === undefined || (isTooLarge && Buffer.byteLength(value) > mostValueBytes)) return [];
      return `${JSON.stringify(name)}:${value}`;
    });
    return `{${fields}}`;
  };
  const head = JSON.stringify({
    schema,
    table,
    type: action,
    commit_timestamp: committedAt.toISOString(),
    columns: shown.map(({ name, type }) => ({ name, type })),
    errors: isTooLarge ? ['Error 413: Payload Too Large'] : null,
  });
  // Whether a row that is gone was visible cannot be known: of a secured table only its key is shown.
  const old = action === 'DELETE' && isSecured ? record(before, ({ isKey }) => isKey) : record(before);
  const parts = [
    ...(action === 'DELETE' ? [] : [`"record":${record(now)}`]),
    ...(action === 'INSERT' ? [] : [`"old_record":${old}`]),
  ];
  return `${head.slice(0, -1)},${parts}}`;
}
