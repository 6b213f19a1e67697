import { appliedHeader, contentHeaders, requireSingle, toResponse } from './answers.ts';
import { type Context, sessionOf } from './context.ts';
import { planCounting, totalOf } from './counting.ts';
import { chooseFormat, type Format } from './media-types.ts';
import { planRead } from './plan.ts';
import { parseQuery } from './query.ts';
import { applyRangeHeader, contentRange, rangeStatus } from './ranges.ts';
import { readSql, startWriting, tablePlace } from './reads.ts';
import type { ApiRequest } from './request.ts';
import type { SchemaCache, Table } from './schema-cache.ts';
import { type Query as Sent, transact } from './session.ts';
import { createValues } from './sql.ts';
import { readOutcome, statementSql } from './statement.ts';

/** What HTTP clients take as a header at most, with room for the others. */
const longestContentLocation = 2000;

/** A read as far as it depends on nothing but the request's text and the schema. */
interface PreparedRead {
  format: Format;
  offset: bigint;
  /** `Content-Location`, null if it is too long. */
  location: string | null;
  statement: Sent;
  explain: Sent | null;
}

/** Apps ask the same things again and again: how many reads are kept, and how long a query string may be for it. */
const mostPrepared = 500;
const longestPrepared = 4000;

/** Forgotten with the schema that they were made for. */
const preparedReads = new WeakMap<SchemaCache, Map<string, PreparedRead>>();

function prepareRead(context: Context, request: ApiRequest, table: Table): PreparedRead {
  const { search, method, headers, preferences } = request;
  const parts = [
    table.oid,
    context.maxRows,
    method,
    headers.get('accept'),
    headers.get('range'),
    preferences.count,
    search,
  ];
  const key = parts.join('\n');
  const known = preparedReads.get(context.cache) ?? new Map<string, PreparedRead>();
  preparedReads.set(context.cache, known);
  const found = known.get(key);
  if (found) return found;
  const prepared = planReading(context, request, table);
  if (known.size >= mostPrepared) known.clear();
  if (search.length <= longestPrepared) known.set(key, prepared);
  return prepared;
}

function planReading({ cache, maxRows }: Context, request: ApiRequest, table: Table): PreparedRead {
  const { method, headers, preferences } = request;
  const query = parseQuery(request.search, false);
  const plan = planRead(cache, { schema: table.schema, name: table.name, table }, query, maxRows);
  if (method === 'GET') applyRangeHeader(plan, headers.get('range'));
  const format = chooseFormat(headers.get('accept'));
  const writing = startWriting(createValues());
  const rows = readSql(writing, plan, tablePlace(table));
  const { counted, explain } = planCounting(
    writing,
    preferences.count,
    plan,
    () => tablePlace(table),
    maxRows,
  );
  const text = statementSql({ withs: [], rows, counted }, { format, wanted: method === 'GET' });
  const location = `/${encodeURIComponent(table.name)}${query.canonical ? `?${query.canonical}` : ''}`;
  return {
    format,
    offset: plan.offset,
    location: location.length <= longestContentLocation ? location : null,
    statement: { text, values: writing.values.all },
    explain,
  };
}

/** Serves GET and HEAD on a table or view. */
export async function readTable(context: Context, request: ApiRequest, table: Table): Promise<Response> {
  const { cache, lanes, maxRows } = context;
  const { preferences, method } = request;
  const { format, offset, location, statement, explain } = prepareRead(context, request, table);
  const transaction = {
    session: sessionOf(context, request),
    readOnly: true,
    isPlainRead: true,
    explain,
    statement,
  };
  return transact(lanes, cache, transaction, ({ rows, explained }) => {
    const outcome = readOutcome(rows);
    requireSingle(format, outcome.rows);
    const total = totalOf(preferences.count, outcome, explained, maxRows);
    const status = rangeStatus(offset, BigInt(outcome.rows), total);
    const headers: [string, string | null][] = [
      ['content-range', contentRange(offset, BigInt(outcome.rows), total)],
      ['content-location', location],
      ...contentHeaders(request, format),
      appliedHeader(request, 'count', 'handling', 'timezone'),
    ];
    return toResponse({ status, headers, body: method === 'GET' ? outcome.body : null }, outcome);
  });
}
