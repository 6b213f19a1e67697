import type { ApiRequest } from './api-request.ts';
import { type Arguments, callPlace } from './call-sql.ts';
import { explainPlan } from './explain-plan.ts';
import { findRoutine, hasNoFields, isScalar, ownMediaTypes, takesBody } from './find-routine.ts';
import { chooseFormat } from './media-types.ts';
import { decodeBody, mediaTypeOf, readForm, readPayload } from './payload.ts';
import { planRead, type ReadPlan } from './plan.ts';
import type { Preferences } from './preferences.ts';
import { parseQuery, type Query } from './query.ts';
import { applyRangeHeader, contentRange, rangeStatus } from './ranges.ts';
import { countedSql, readSql } from './read-sql.ts';
import { refuse } from './refusals.ts';
import { appliedHeader, contentHeaders, requireAffected, requireSingle, toResponse } from './responses.ts';
import type { Routine, Table } from './schema.ts';
import { everything } from './select.ts';
import { createSqlBuilder, type Place, qualified, type SqlBuilder } from './sql.ts';
import { readOutcome, scalarColumn, statementSql } from './statement.ts';
import { type Context, transact } from './transaction.ts';

/** Serves `/rpc/<function>`. */
export async function serveFunction(context: Context, request: ApiRequest, name: string): Promise<Response> {
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST' && method !== 'OPTIONS') {
    refuse(405, 'PGRST101', `Cannot use the ${method} method on RPC`);
  }
  const query = parseQuery(request.search, method !== 'POST');
  const { routine, args } = chooseRoutine(context, request, query, name);
  if (method === 'OPTIONS') {
    return new Response(null, {
      headers: { allow: routine.volatility === 'v' ? 'OPTIONS,POST' : 'OPTIONS,GET,HEAD,POST' },
    });
  }
  return call(context, request, query, routine, args);
}

/** Finds the function that the arguments fit. */
function chooseRoutine(
  { cache }: Context,
  { schema, method, headers, body }: ApiRequest,
  query: Query,
  name: string,
): { routine: Routine; args: Arguments } {
  const bodyType = method === 'POST' ? mediaTypeOf(headers.get('content-type')) : null;
  const find = (keys: string[]) => findRoutine(cache, { schema, name, keys: new Set(keys), bodyType });
  if (bodyType === null || bodyType === 'application/x-www-form-urlencoded') {
    const values = bodyType === null ? query.args : readForm(decodeBody(body));
    return { routine: find(values.map(([key]) => key)), args: { kind: 'texts', values } };
  }
  if (hasNoFields(bodyType)) {
    const isBytes = bodyType === 'application/octet-stream';
    const value = isBytes ? `\\x${Buffer.from(body).toString('hex')}` : decodeBody(body);
    return { routine: find([]), args: { kind: 'body', value } };
  }
  // Without a body there are no arguments.
  const given = body.length > 0 ? body : new TextEncoder().encode('{}');
  const payload = readPayload(given, headers.get('content-type'), query.columns);
  const routine = find(payload.keys);
  if (takesBody(routine)) return { routine, args: { kind: 'body', value: decodeBody(given) } };
  return { routine, args: { kind: 'fields', payload } };
}

async function call(
  context: Context,
  request: ApiRequest,
  query: Query,
  routine: Routine,
  args: Arguments,
): Promise<Response> {
  const { preferences, method, headers } = request;
  const { returnsSet, returnTable } = routine;
  if (preferences.handling === 'strict' && preferences.maxAffected !== null && !returnsSet) {
    const what = 'when max-affected preference is used with handling=strict';
    refuse(400, 'PGRST128', `Function must return SETOF or TABLE ${what}`);
  }
  const isVoid = routine.returnType === 'void';
  const format = chooseFormat(headers.get('accept'), ownMediaTypes(routine), context.cache.settings.plans);
  const table = (returnTable && context.cache.tables.get(returnTable.schema)?.get(returnTable.name)) ?? null;
  const plan = planResult(context, request, query, routine, table);
  const builder = createSqlBuilder();
  const { withs, place } = resultPlace(builder, preferences, routine, args, table);
  const rows = readSql(builder, plan, place);
  const counted = isCounted(preferences) ? countedSql(builder, plan, place) : null;
  const text = statementSql(
    { withs, rows, counted },
    {
      format,
      wanted: method !== 'HEAD' && !isVoid,
      isScalar: isScalar(routine),
      isSingle: !returnsSet && format.shape === 'array',
    },
  );
  const transaction = {
    readOnly: method !== 'POST' || routine.volatility !== 'v',
    statement: { text, values: builder.values },
    settings: routine.settings ?? [],
  };
  if (format.explain !== undefined) return explainPlan(context, request, transaction, format);
  return transact(context, request, transaction, ({ rows }) => {
    const outcome = readOutcome(rows);
    requireAffected(preferences, outcome.rows);
    if (!isVoid) requireSingle(format, outcome.rows);
    const count = BigInt(outcome.rows);
    const status = rangeStatus(plan.offset, count, outcome.total);
    const answered: [string, string | null][] = [
      ['content-range', contentRange(plan.offset, count, outcome.total)],
      appliedHeader(request, 'count', 'handling', 'timezone', 'maxAffected'),
    ];
    if (isVoid) return toResponse({ status: 204, headers: answered, body: null }, outcome);
    answered.push(...contentHeaders(request, format));
    const body = format.shape === 'raw' ? rawBody(routine, outcome.body) : outcome.body;
    return toResponse({ status, headers: answered, body: method === 'HEAD' ? null : body }, outcome);
  });
}

/** The plan of what is read of a function's result. */
function planResult(
  { cache }: Context,
  { schema, method, headers }: ApiRequest,
  query: Query,
  routine: Routine,
  table: Table | null,
): ReadPlan {
  const root = { schema, name: table?.name ?? routine.name, table };
  const select = isScalar(routine)
    ? [{ ...everything, field: { name: scalarColumn, path: [] } }]
    : query.select;
  const plan = planRead(cache, root, { ...query, select }, cache.settings.maxRows);
  if (method !== 'POST') applyRangeHeader(plan, headers.get('range'));
  return plan;
}

/** Where the result is read from. Counting reads it a second time: it is kept, so that the function runs once. */
function resultPlace(
  builder: SqlBuilder,
  preferences: Preferences,
  routine: Routine,
  args: Arguments,
  table: Table | null,
): { withs: string[]; place: Place } {
  const place = callPlace(routine, args, table, builder);
  if (!isCounted(preferences)) return { withs: [], place };
  const { ref } = place;
  return {
    withs: [`_called as (select ${ref}.* from ${place.from})`],
    place: {
      ...place,
      from: `_called as ${ref}`,
      row: table ? `row(${ref}.*)::${qualified(table)}` : place.row,
    },
  };
}

/** PostgREST counts the rows of a function, and never guesses. */
function isCounted({ count }: Preferences): boolean {
  return count === 'exact' || count === 'estimated';
}

/** The bytes of a value: PostgreSQL writes those of bytea in hexadecimal. */
function rawBody({ returnBase }: Routine, text: string): string | Uint8Array {
  return returnBase === 'bytea' ? Buffer.from(text.slice('\\x'.length), 'hex') : text;
}
