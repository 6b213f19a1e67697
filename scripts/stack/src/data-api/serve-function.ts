import type { ApiRequest } from './api-request.ts';
import { type Arguments, callPlace } from './call-sql.ts';
import { planCounting, totalOf } from './counting.ts';
import { findRoutine, isScalar, ownMediaTypes, takesWholeBody } from './find-routine.ts';
import { chooseFormat } from './media-types.ts';
import { decodeBody, mediaTypeOf, readForm, readPayload } from './payload.ts';
import { planRead, type ReadPlan } from './plan.ts';
import { parseQuery, type Query } from './query.ts';
import { applyRangeHeader, contentRange, rangeStatus } from './ranges.ts';
import { readSql, startWriting, type Writing } from './read-sql.ts';
import { refuse } from './refusals.ts';
import { appliedHeader, contentHeaders, requireAffected, requireSingle, toResponse } from './responses.ts';
import type { Routine } from './schema.ts';
import { createValues, identifier, type Place } from './sql.ts';
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
  request: ApiRequest,
  query: Query,
  name: string,
): { routine: Routine; args: Arguments } {
  const { schema, method, headers, body } = request;
  const find = (keys: Iterable<string>, bodyType: string | null) =>
    findRoutine(cache, { schema, name, keys: new Set(keys), bodyType });
  if (method !== 'POST') {
    return {
      routine: find(
        query.args.map(([key]) => key),
        null,
      ),
      args: { kind: 'texts', values: query.args },
    };
  }
  const bodyType = mediaTypeOf(headers.get('content-type'));
  if (bodyType === 'application/x-www-form-urlencoded') {
    const values = readForm(decodeBody(body));
    return {
      routine: find(
        values.map(([key]) => key),
        bodyType,
      ),
      args: { kind: 'texts', values },
    };
  }
  if (bodyType === 'text/plain' || bodyType === 'text/xml' || bodyType === 'application/octet-stream') {
    const value =
      bodyType === 'application/octet-stream' ? `\\x${Buffer.from(body).toString('hex')}` : decodeBody(body);
    return { routine: find([], bodyType), args: { kind: 'body', value } };
  }
  // No body is no arguments.
  const given = body.length > 0 ? body : new TextEncoder().encode('{}');
  const payload = readPayload(given, headers.get('content-type'), query.columns);
  const routine = find(payload.keys, bodyType);
  if (takesWholeBody(routine, bodyType)) return { routine, args: { kind: 'body', value: decodeBody(given) } };
  return { routine, args: { kind: 'fields', payload } };
}

async function call(
  context: Context,
  request: ApiRequest,
  query: Query,
  routine: Routine,
  args: Arguments,
): Promise<Response> {
  const { cache, maxRows } = context;
  const { preferences, method } = request;
  const { returnTable } = routine;
  const table = (returnTable && cache.tables.get(returnTable.schema)?.get(returnTable.name)) ?? null;
  const scalar = isScalar(routine);
  const isVoid = routine.returnType === 'void';
  if (preferences.handling === 'strict' && preferences.maxAffected !== null && !routine.returnsSet) {
    refuse(
      400,
      'PGRST128',
      'Function must return SETOF or TABLE when max-affected preference is used with handling=strict',
    );
  }
  const format = chooseFormat(request.headers.get('accept'), ownMediaTypes(routine));
  const root = { schema: request.schema, name: table?.name ?? routine.name, table };
  const plan = planRead(cache, root, scalar ? { ...query, select: null } : query, maxRows);
  if (scalar)
    plan.items = [
      { kind: 'field', field: { name: scalarColumn, path: [] }, aggregate: null, cast: null, alias: null },
    ];
  if (method !== 'POST') applyRangeHeader(plan, request.headers.get('range'));
  const readOnly = method !== 'POST' || routine.volatility !== 'v';
  const writing = startWriting(createValues());
  const called = callOnce(writing, plan);
  const { counted, explain } = planCounting(writing, preferences.count, plan, called.again, maxRows);
  const rows = readSql(writing, plan, called.place);
  const text = statementSql(
    { withs: called.withs, rows, counted },
    {
      format,
      wanted: method !== 'HEAD' && !isVoid,
      isScalar: scalar,
      isSingle: !routine.returnsSet && format.shape === 'array',
    },
  );
  const transaction = {
    readOnly,
    explain,
    statement: { text, values: writing.values.all },
    settings: routine.settings ?? [],
  };
  return transact(context, request, transaction, ({ rows, explained }) => {
    const outcome = readOutcome(rows);
    requireAffected(preferences, outcome.rows);
    if (!isVoid) requireSingle(format, outcome.rows);
    const total = totalOf(preferences.count, outcome, explained, maxRows);
    const status = rangeStatus(plan.offset, BigInt(outcome.rows), total);
    const headers: [string, string | null][] = [
      ['content-range', contentRange(plan.offset, BigInt(outcome.rows), total)],
      appliedHeader(request, 'count', 'handling', 'timezone', 'maxAffected'),
    ];
    if (isVoid) return toResponse({ status: 204, headers, body: null }, outcome);
    headers.push(...contentHeaders(request, format));
    const body = format.shape === 'raw' ? rawBody(routine, outcome.body) : outcome.body;
    return toResponse({ status, headers, body: method === 'HEAD' ? null : body }, outcome);
  });

  /** Counting needs the rows a second time. A function that may change something runs once: its rows are kept. */
  function callOnce(
    writing: Writing,
    { table: from }: ReadPlan,
  ): { withs: string[]; place: Place; again: (writing: Writing) => Place } {
    const again = ({ values }: Writing) => callPlace(routine, args, from, values);
    const place = again(writing);
    if (routine.volatility !== 'v' || preferences.count === null) return { withs: [], place, again };
    const ref = identifier(routine.name);
    const kept = { ...place, from: `_called as ${ref}` };
    return { withs: [`_called as (select ${ref}.* from ${place.from})`], place: kept, again: () => kept };
  }
}

/** The bytes of a value: PostgreSQL writes those of bytea in hexadecimal. */
function rawBody({ returnBase }: Routine, text: string): string | Uint8Array {
  return returnBase === 'bytea' ? Buffer.from(text.slice('\\x'.length), 'hex') : text;
}
