import type { Row } from './lanes.ts';
import type { Format } from './media-types.ts';

/** What one statement gives: a single row of these columns, whatever was asked. */
export interface Outcome {
  /** How many rows there are without limit and offset, if that was asked for. */
  total: bigint | null;
  /** How many rows the body holds. */
  rows: number;
  body: Uint8Array;
  /** What the statement set as `response.headers` and `response.status`, null if nothing. */
  headers: string | null;
  status: string | null;
  /** `Location` of a row that was made: its key as a query. */
  location: string | null;
  /** How many rows an upsert found already there. */
  updated: number;
  /** The role that the statement ran as. */
  role: string;
}

/** The parts of a statement. */
export interface Statement {
  /** Queries that others use, each `name as (query)`. */
  withs: string[];
  /** The query whose rows are the answer. */
  rows: string;
  /** A query with one row for each that counts. */
  counted?: string | null;
  /** An expression for `Location`, over the rows. */
  location?: string | null;
}

/** The name of the one column that a function without rows gives. */
export const scalarColumn = 'pgrst_scalar';

/** What the rows become: none if no body is wanted. */
export interface BodyWish {
  format: Format;
  wanted: boolean;
  /** For functions: whether the rows are values, and whether there is but one. */
  isScalar?: boolean;
  isSingle?: boolean;
}

/** The SQL of a statement. PostgreSQL itself makes the body. */
export function statementSql({ withs, rows, counted, location }: Statement, wish: BodyWish): string {
  const body = bodySql(wish);
  const needsRows = wish.wanted && wish.format.shape === 'csv';
  const all = [...withs, ...(needsRows ? [`_rows as (${rows})`] : [])];
  const columns = [
    counted ? `(select count(*) from (${counted}) as _c)::text` : 'null::text',
    'count(*)::text',
    body,
    "nullif(current_setting('response.headers', true), '')",
    "nullif(current_setting('response.status', true), '')",
    location ?? 'null::text',
    `nullif(current_setting('${updatedSetting}', true), '')`,
    "current_setting('role')",
  ];
  const from = needsRows ? 'select * from _rows' : rows;
  return `${all.length > 0 ? `with ${all.join(', ')} ` : ''}select ${columns.join(', ')} from (${from}) as _t`;
}

/** The setting in which an upsert counts the rows that were already there. */
export const updatedSetting = 'data_api.updated';

function bodySql({ format: { shape, stripNulls }, wanted, isScalar, isSingle }: BodyWish): string {
  if (!wanted) return "''";
  if (shape === 'raw') return `string_agg(_t.${scalarColumn}::text, '')`;
  if (shape === 'csv') {
    const header =
      "(select string_agg(_k.key, ',') from (select json_object_keys(row_to_json(_h)) as key from (select * from _rows limit 1) as _h) as _k)";
    return `coalesce(${header}, '') || E'\\n' || coalesce(string_agg(substring(_t::text, 2, length(_t::text) - 2), E'\\n'), '')`;
  }
  const row = isScalar ? `_t.${scalarColumn}` : stripNulls ? 'json_strip_nulls(row_to_json(_t))' : '_t';
  return shape === 'object' || isSingle
    ? `coalesce((json_agg(${row})->0)::text, 'null')`
    : `coalesce(json_agg(${row})::text, '[]')`;
}

/** Reads the row that a statement gave. */
export function readOutcome(rows: readonly Row[]): Outcome {
  const [total, count, body, headers, status, location, updated, role] = rows[0] ?? [];
  const text = (value: Buffer | null | undefined) => value?.toString('utf8') ?? null;
  return {
    total: total ? BigInt(total.toString('latin1')) : null,
    rows: Number(text(count)),
    body: body ?? new Uint8Array(),
    headers: text(headers),
    status: text(status),
    location: text(location),
    updated: Number(text(updated) ?? 0),
    role: text(role) ?? '',
  };
}
