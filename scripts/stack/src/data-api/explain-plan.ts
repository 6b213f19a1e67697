import type { ApiRequest } from './api-request.ts';
import type { Format } from './media-types.ts';
import { contentHeaders } from './responses.ts';
import { type Context, type Transaction, transact } from './transaction.ts';

/** Answers with the plan of a request's statement: https://docs.postgrest.org/en/stable/references/observability.html. */
export function explainPlan(
  context: Context,
  request: ApiRequest,
  { explain: _, statement, ...transaction }: Transaction,
  format: Format,
): Promise<Response> {
  const explained = { ...statement, text: `${format.explain} ${statement.text}` };
  return transact(context, request, { ...transaction, statement: explained }, ({ rows }) => {
    const headers = contentHeaders(request, format).filter(([, value]) => value !== null);
    return new Response(rows.map(([line]) => `${line}\n`).join(''), {
      headers: headers as [string, string][],
    });
  });
}
