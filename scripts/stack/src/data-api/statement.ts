import type { Format } from './media-types.ts';
import { refuse } from './refusals.ts';
import type { Row } from './transaction.ts';

/** The result of a request's statement, which is one row whatever was asked. */
export interface Outcome {
  /** The number of rows without limit and offset, if it was asked for. */
  total: bigint | null;
  /** The number of rows in the body. */
  rows: number;
  body: string;
  /** `response.headers` and `response.status` as the statement set them, else null. */
  headers: string | null;
  status: string | null;
  /** `Location` of a row that was made: its key as a query. */
  location: string | null;
  /** The number of rows that an upsert updated. */
  updated: number;
}

/** The parts of a statement. */
export interface StatementParts {
  /** Queries that the others use, each `name as (query)`. */
  withs: string[];
  /** The query whose rows are the answer. */
  rows: string;
  /** A query with one row for each that counts. */
  counted?: string | null;
  /** An expression for `Location`, over the rows. */
  location?: string | null;
}

/** The name of the single column of a function that returns values. */
export const scalarColumn = 'pgrst_scalar';

/** The body that the rows become. */
export interface BodyWish {
  format: Format;
  wanted: boolean;
  /** For functions: whether the rows are single values, and whether there is only one row. */
  isScalar?: boolean;
  isSingle?: boolean;
}

/** An answer is made in memory, here and in PostgreSQL: larger ones are refused. */
const maxBodyMiB = 50;

/** The SQL of a statement. PostgreSQL itself makes the body; one that is too large becomes null. */
export function statementSql({ withs, rows, counted, location }: StatementParts, wish: BodyWish): string {
  const needsRows = wish.wanted && wish.format.shape === 'csv';
  const all = [...withs, ...(needsRows ? [`_rows as (${rows})`] : [])];
  const columns = [
    `${counted ? `(select count(*) from (${counted}) as _c)::text` : 'null::text'} as total`,
    'count(*)::text as rows',
    `${bodySql(wish)} as body`,
    "nullif(current_setting('response.headers', true), '') as headers",
    "nullif(current_setting('response.status', true), '') as status",
    `${location ?? 'null::text'} as location`,
    `nullif(current_setting('${updatedSetting}', true), '') as updated`,
  ];
  const from = needsRows ? 'select * from _rows' : rows;
  const outcome = `select ${columns.join(', ')} from (${from}) as _t`;
  const body = `case when octet_length(body) <= ${maxBodyMiB} * 1024 * 1024 then body end`;
  return `${all.length > 0 ? `with ${all.join(', ')} ` : ''}select total, rows, ${body}, headers, status, location, updated from (${outcome}) as _o`;
}

/** The setting in which an upsert counts the rows that it updates. */
export const updatedSetting = 'data_api.updated';

function bodySql({ format: { shape, stripNulls }, wanted, isScalar, isSingle }: BodyWish): string {
  if (!wanted) return "''";
  if (shape === 'raw') return `coalesce(string_agg(_t.${scalarColumn}::text, ''), '')`;
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
  const [total, count, body, headers = null, status = null, location = null, updated] = rows[0] ?? [];
  if (body === null || body === undefined) {
    refuse(400, '54000', `The answer is larger than ${maxBodyMiB} MiB`, {
      hint: 'Ask for fewer rows or columns.',
    });
  }
  return {
    total: total ? BigInt(total) : null,
    rows: Number(count),
    body,
    headers,
    status,
    location,
    updated: Number(updated ?? 0),
  };
}
