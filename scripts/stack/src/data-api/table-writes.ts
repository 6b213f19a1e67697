import { appliedHeader, contentHeaders, requireAffected, requireSingle, toResponse } from './answers.ts';
import { type Context, sessionOf } from './context.ts';
import { refuse } from './errors.ts';
import { chooseFormat, type Format } from './media-types.ts';
import { type Payload, readPayload } from './payload.ts';
import { planRead, type ReadPlan } from './plan.ts';
import { parseQuery, type Query } from './query.ts';
import { contentRange } from './ranges.ts';
import { readSql, startWriting } from './reads.ts';
import type { ApiRequest } from './request.ts';
import type { Table } from './schema-cache.ts';
import { transact } from './session.ts';
import { createValues, identifier, type Place, qualified } from './sql.ts';
import { type Outcome, readOutcome, statementSql } from './statement.ts';
import { deleteSql, insertSql, locationSql, requireConditions, returningSql, updateSql } from './writes.ts';

/** Serves POST, PUT, PATCH and DELETE on a table or view. */
export async function writeTable(context: Context, request: ApiRequest, table: Table): Promise<Response> {
  const { cache, lanes } = context;
  const { preferences, method } = request;
  const query = parseQuery(request.search, false);
  const wantsRows = preferences.return === 'representation';
  const format = chooseFormat(request.headers.get('accept'));
  const own = query.conditions.filter(({ path }) => path.length === 0).map(({ value }) => value);
  const others = query.conditions.filter(({ path }) => path.length > 0);
  // What is written bounds the answer; limits were for reading.
  const ranges = query.ranges.filter(({ path }) => path.length > 0);
  const plan = planRead(
    cache,
    { schema: table.schema, name: table.name, table },
    { ...query, conditions: others, ranges },
    null,
  );
  const writing = startWriting(createValues());
  const isInsert = method === 'POST' || method === 'PUT';
  const location = method === 'POST' && preferences.return === 'headers-only' ? locationSql(table) : null;
  const returning = wantsRows
    ? returningSql(table, plan, [])
    : location
      ? returningSql(table, emptyPlan(table), table.primaryKey)
      : '1';
  const change = changeSql();
  const source: Place = {
    ref: identifier(table.name),
    table,
    from: `_changed as ${identifier(table.name)}`,
    row: `row(${identifier(table.name)}.*)::${qualified(table)}`,
  };
  const rows = wantsRows ? readSql(writing, plan, source) : 'select * from _changed';
  const text = statementSql(
    { withs: [`_changed as (${change})`], rows, location },
    { format, wanted: wantsRows },
  );
  const transaction = {
    session: sessionOf(context, request),
    readOnly: false,
    isPlainRead: false,
    explain: null,
    statement: { text, values: writing.values.all },
  };
  return transact(lanes, cache, transaction, ({ rows: answer }) => {
    const outcome = readOutcome(answer);
    requireSingle(format, outcome.rows);
    if (!isInsert) requireAffected(preferences, outcome.rows);
    if (method === 'PUT' && outcome.rows !== 1) {
      refuse(400, 'PGRST115', 'Payload values do not match URL in primary key column(s)');
    }
    return writeResponse(request, table, query, format, outcome);
  });

  function changeSql(): string {
    if (method === 'DELETE') {
      requireConditions(own, 'DELETE');
      return deleteSql(writing, table, own, returning);
    }
    const missingDefault = preferences.missing === 'default';
    const payload = readPayload(request.body, request.headers.get('content-type'), query.columns);
    if (method === 'PATCH') {
      requireConditions(own, 'UPDATE');
      return updateSql(writing, table, payload, missingDefault, own, returning);
    }
    if (method === 'PUT') requirePut(table, query, payload);
    const resolution = method === 'PUT' ? 'merge-duplicates' : preferences.resolution;
    const columns = query.onConflict ?? table.primaryKey;
    const conflict = resolution ? { columns, resolution } : null;
    const conditions = method === 'PUT' ? own : [];
    return insertSql(writing, { table, payload, missingDefault, conflict, conditions, returning });
  }
}

const emptyPlan = (table: Table): ReadPlan => ({
  table,
  items: [],
  conditions: [],
  order: [],
  limit: null,
  offset: 0n,
});

/** PUT makes or replaces the one row whose primary key the filters name. */
function requirePut({ primaryKey }: Table, query: Query, payload: Payload): void {
  if (query.ranges.length > 0)
    refuse(400, 'PGRST114', 'limit/offset querystring parameters are not allowed for PUT');
  const named = query.conditions.map(({ path, value }) => {
    const isEquality =
      value.kind === 'filter' &&
      !value.negated &&
      value.operation.kind === 'compare' &&
      value.operation.operator === '=' &&
      value.operation.quantifier === null;
    return isEquality && path.length === 0 && value.field.path.length === 0 ? value.field.name : null;
  });
  const isKey =
    primaryKey.length > 0 &&
    named.length === primaryKey.length &&
    primaryKey.every((name) => named.includes(name));
  if (!isKey)
    refuse(405, 'PGRST105', "Filters must include all and only primary key columns with 'eq' operators");
  if (payload.count !== 1)
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
  const content = wantsRows ? contentHeaders(request, format) : [];
  const body = wantsRows ? outcome.body : null;
  if (method === 'POST') {
    const canUpsert = table.primaryKey.length > 0 || query.onConflict !== null;
    const honoured = [
      'missing',
      'return',
      'count',
      'handling',
      'timezone',
      ...(canUpsert ? ['resolution' as const] : []),
    ] as const;
    const headers: [string, string | null][] = [
      [
        'location',
        outcome.location === null ? null : `/${encodeURIComponent(table.name)}?${outcome.location}`,
      ],
      ['content-range', `*/${total ?? '*'}`],
      appliedHeader(request, ...honoured),
      ...content,
    ];
    const status = preferences.resolution === 'merge-duplicates' && !isNew ? 200 : 201;
    return toResponse({ status, headers, body }, outcome);
  }
  if (method === 'PUT') {
    const status = !wantsRows ? 204 : isNew ? 201 : 200;
    return toResponse(
      {
        status,
        headers: [appliedHeader(request, 'return', 'count', 'handling', 'timezone'), ...content],
        body,
      },
      outcome,
    );
  }
  const range = method === 'PATCH' ? contentRange(0n, count, total) : `*/${total ?? '*'}`;
  const applied = appliedHeader(
    request,
    'return',
    'count',
    'handling',
    'timezone',
    'maxAffected',
    ...(method === 'PATCH' ? (['missing'] as const) : []),
  );
  return toResponse(
    { status: wantsRows ? 200 : 204, headers: [['content-range', range], applied, ...content], body },
    outcome,
  );
}
