import type { ApiRequest } from './api-request.ts';
import { explainPlan } from './explain-plan.ts';
import type { Condition } from './filters.ts';
import { chooseFormat, type Format } from './media-types.ts';
import { type Payload, readPayload } from './payload.ts';
import { emptyPlan, planRead } from './plan.ts';
import type { Preferences } from './preferences.ts';
import { parseQuery, type Query } from './query.ts';
import { contentRange } from './ranges.ts';
import { readSql } from './read-sql.ts';
import { refuse } from './refusals.ts';
import { appliedHeader, contentHeaders, requireAffected, requireSingle, toResponse } from './responses.ts';
import type { Table } from './schema.ts';
import { createSqlBuilder, identifier, type Place, qualified, type SqlBuilder } from './sql.ts';
import { type Outcome, readOutcome, statementSql } from './statement.ts';
import { type Context, transact } from './transaction.ts';
import {
  deleteSql,
  insertSql,
  locationSql,
  requireConditions,
  returningSql,
  updateSql,
} from './write-sql.ts';

/** Serves POST, PUT, PATCH and DELETE on a table or view. */
export async function writeTable(context: Context, request: ApiRequest, table: Table): Promise<Response> {
  const { preferences, method } = request;
  const query = parseQuery(request.search, false);
  const wantsRows = preferences.return === 'representation';
  const format = chooseFormat(request.headers.get('accept'), [], context.cache.settings.plans);
  // Conditions and limits of the table itself are for the change, the others for the answer.
  const embedded = {
    ...query,
    conditions: query.conditions.filter(({ path }) => path.length > 0),
    ranges: query.ranges.filter(({ path }) => path.length > 0),
  };
  const plan = planRead(context.cache, { schema: table.schema, name: table.name, table }, embedded, null);
  const builder = createSqlBuilder();
  const location = method === 'POST' && preferences.return === 'headers-only' ? locationSql(table) : null;
  const returning = wantsRows
    ? returningSql(table, plan, [])
    : location
      ? returningSql(table, emptyPlan(table), table.primaryKey)
      : '1';
  const changed = changeSql(builder, request, table, query, returning);
  const ref = identifier(table.name);
  const place: Place = {
    ref,
    table,
    from: `_changed as ${ref}`,
    row: `row(${ref}.*)::${qualified(table)}`,
  };
  const rows = wantsRows ? readSql(builder, plan, place) : 'select * from _changed';
  const text = statementSql(
    { withs: [`_changed as (${changed})`], rows, location },
    { format, wanted: wantsRows },
  );
  const transaction = { readOnly: false, statement: { text, values: builder.values } };
  if (format.explain !== undefined) return explainPlan(context, request, transaction, format);
  return transact(context, request, transaction, ({ rows }) => {
    const outcome = readOutcome(rows);
    requireSingle(format, outcome.rows);
    if (method === 'PATCH' || method === 'DELETE') requireAffected(preferences, outcome.rows);
    if (method === 'PUT' && outcome.rows !== 1) refuseOtherKey();
    return writeResponse(request, table, query, format, outcome);
  });
}

/** The statement that makes the change. */
function changeSql(
  builder: SqlBuilder,
  { method, headers, body, preferences }: ApiRequest,
  table: Table,
  query: Query,
  returning: string,
): string {
  const conditions = query.conditions.filter(({ path }) => path.length === 0).map(({ value }) => value);
  if (method === 'DELETE') {
    requireConditions(conditions, 'DELETE');
    return deleteSql(builder, table, conditions, returning);
  }
  const missingDefault = preferences.missing === 'default';
  const payload = readPayload(body, headers.get('content-type'), query.columns);
  if (method === 'PATCH') {
    requireConditions(conditions, 'UPDATE');
    return updateSql(builder, table, payload, missingDefault, conditions, returning);
  }
  const isPut = method === 'PUT';
  if (isPut) requirePut(table, query, payload);
  const resolution = isPut ? 'merge-duplicates' : preferences.resolution;
  return insertSql(builder, {
    table,
    payload,
    missingDefault,
    conflict: resolution ? { columns: query.onConflict ?? table.primaryKey, resolution } : null,
    conditions: isPut ? conditions : [],
    returning,
  });
}

/** PUT makes or replaces the one row whose primary key the filters name. */
function requirePut({ primaryKey }: Table, query: Query, payload: Payload): void {
  if (query.ranges.length > 0)
    refuse(400, 'PGRST114', 'limit/offset querystring parameters are not allowed for PUT');
  const named = query.conditions.map(({ path, value }) => (path.length === 0 ? equalColumn(value) : null));
  const isKey =
    primaryKey.length > 0 &&
    named.length === primaryKey.length &&
    primaryKey.every((name) => named.includes(name));
  if (!isKey)
    refuse(405, 'PGRST105', "Filters must include all and only primary key columns with 'eq' operators");
  if (payload.count !== 1) refuseOtherKey();
}

/** The column of a condition `eq`, null for other conditions. */
function equalColumn(condition: Condition): string | null {
  if (condition.kind !== 'filter') return null;
  const { field, negated, operation } = condition;
  const isEqual = operation.kind === 'compare' && operation.operator === '=' && operation.quantifier === null;
  return isEqual && !negated && field.path.length === 0 ? field.name : null;
}

function refuseOtherKey(): never {
  refuse(400, 'PGRST115', 'Payload values do not match URL in primary key column(s)');
}

function writeResponse(
  request: ApiRequest,
  table: Table,
  query: Query,
  format: Format,
  outcome: Outcome,
): Response {
  const { preferences, method } = request;
  const wantsRows = preferences.return === 'representation';
  const count = BigInt(outcome.rows);
  const total = preferences.count === 'exact' || preferences.count === 'estimated' ? count : null;
  const isNew = outcome.rows > outcome.updated;
  const honoured: (keyof Preferences)[] = ['return', 'count', 'handling', 'timezone'];
  const headers: [string, string | null][] = [];
  let status = wantsRows ? 200 : 204;
  if (method === 'POST') {
    status = preferences.resolution === 'merge-duplicates' && !isNew ? 200 : 201;
    honoured.push('missing');
    if (table.primaryKey.length > 0 || query.onConflict !== null) honoured.push('resolution');
    const path = `/${encodeURIComponent(table.name)}`;
    headers.push(['location', outcome.location === null ? null : `${path}?${outcome.location}`]);
  } else if (method === 'PUT') {
    if (wantsRows && isNew) status = 201;
  } else {
    honoured.push('maxAffected');
    if (method === 'PATCH') honoured.push('missing');
  }
  if (method !== 'PUT')
    headers.push([
      'content-range',
      method === 'PATCH' ? contentRange(0n, count, total) : `*/${total ?? '*'}`,
    ]);
  headers.push(appliedHeader(request, ...honoured));
  if (wantsRows) headers.push(...contentHeaders(request, format));
  return toResponse({ status, headers, body: wantsRows ? outcome.body : null }, outcome);
}
