import type { ApiRequest } from './api-request.ts';
import { planCounting, totalOf } from './counting.ts';
import { explainPlan } from './explain-plan.ts';
import { chooseFormat } from './media-types.ts';
import { planRead } from './plan.ts';
import { parseQuery } from './query.ts';
import { applyRangeHeader, contentRange, rangeStatus } from './ranges.ts';
import { readSql, tablePlace } from './read-sql.ts';
import { appliedHeader, contentHeaders, requireSingle, toResponse } from './responses.ts';
import type { Table } from './schema.ts';
import { createSqlBuilder } from './sql.ts';
import { readOutcome, statementSql } from './statement.ts';
import { type Context, transact } from './transaction.ts';

/** Clients bound the size of all headers together: a longer `Content-Location` is left out. */
const longestContentLocation = 2000;

/** Serves GET and HEAD on a table or view. */
export async function readTable(context: Context, request: ApiRequest, table: Table): Promise<Response> {
  const { cache } = context;
  const { maxRows } = cache.settings;
  const { method, headers, preferences } = request;
  const query = parseQuery(request.search, false);
  const plan = planRead(cache, { schema: table.schema, name: table.name, table }, query, maxRows);
  if (method === 'GET') applyRangeHeader(plan, headers.get('range'));
  const format = chooseFormat(headers.get('accept'), [], cache.settings.plans);
  const place = tablePlace(table);
  const builder = createSqlBuilder();
  const rows = readSql(builder, plan, place);
  const { counted, explain } = planCounting(builder, preferences.count, plan, place, maxRows);
  const text = statementSql({ withs: [], rows, counted }, { format, wanted: method === 'GET' });
  const location = `/${encodeURIComponent(table.name)}${query.canonical ? `?${query.canonical}` : ''}`;
  const statement = { text, values: builder.values };
  const transaction = { readOnly: true, explain, statement };
  if (format.explain !== undefined) return explainPlan(context, request, transaction, format);
  return transact(context, request, transaction, ({ rows, explained }) => {
    const outcome = readOutcome(rows);
    requireSingle(format, outcome.rows);
    const count = BigInt(outcome.rows);
    const total = totalOf(preferences.count, outcome, explained, maxRows);
    return toResponse(
      {
        status: rangeStatus(plan.offset, count, total),
        headers: [
          ['content-range', contentRange(plan.offset, count, total)],
          ['content-location', location.length <= longestContentLocation ? location : null],
          ...contentHeaders(request, format),
          appliedHeader(request, 'count', 'handling', 'timezone'),
        ],
        body: method === 'GET' ? outcome.body : null,
      },
      outcome,
    );
  });
}
