import type { LiteConnection } from '../lite.ts';

/** Codes that Lite maps as PostgREST does: they pass as they are. */
const mappedByLite = /^(PGRST|PT...|42501|42P01|23505|23503|25006|42...|22...|21...|23502|55...)$/;

/** PostgREST's table of HTTP statuses by SQLSTATE (https://docs.postgrest.org/en/stable/references/errors.html). */
function statusOf(code: string): number {
  if (code === 'P0001') return 400;
  if (/^(08|53)/.test(code)) return code === '53400' ? 500 : 503;
  if (/^(0L|0P|28)/.test(code)) return 403;
  if (/^(09|25|2D|38|39|3B|40|54|55|57|58|F0|HV|P0|XX)/.test(code)) return 500;
  return 400;
}

interface DatabaseError {
  code?: unknown;
  severity?: unknown;
  message?: unknown;
  detail?: unknown;
  hint?: unknown;
}

/**
 * Lite answers codes that it does not know with a bare 500. It does know PostgREST's own way to set any status, an
 * error `PGRST` with the answer in its message and detail, so the others are put into that form.
 */
export function raiseAsPostgrest(connection: LiteConnection): void {
  const normalize = connection.normalizeDbError.bind(connection);
  connection.normalizeDbError = (raised) => {
    const normalized = normalize(raised);
    const error = normalized as DatabaseError | null;
    const code = error?.code;
    if (
      typeof code !== 'string' ||
      !/^[0-9A-Z]{5}$/.test(code) ||
      !error?.severity ||
      mappedByLite.test(code)
    )
      return normalized;
    const answer = { code, message: error.message, details: error.detail ?? null, hint: error.hint ?? null };
    return Object.assign(new Error(JSON.stringify(answer)), {
      code: 'PGRST',
      detail: JSON.stringify({ status: statusOf(code), headers: {} }),
    });
  };
}
