/** An error that PostgreSQL itself reported. */
interface PostgresError extends Error {
  /** The SQLSTATE, five characters. */
  code: string;
  severity: string;
  detail?: string;
  hint?: string;
}

/** The answer to a request that is refused: PostgREST's four fields, and the HTTP status. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
  /** Mostly a sentence; for an ambiguous embedding the list of candidates. */
  details?: unknown;
  hint?: string | null;
  headers?: Record<string, string>;
}

/** Thrown anywhere below the entry to answer with a refusal; the transaction is rolled back. */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** Whether PostgreSQL itself reported an error, in contrast to the connection or this program. */
export function isPostgresError(error: unknown): error is PostgresError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';
}

/** Refuses the request. The codes are PostgREST's: https://docs.postgrest.org/en/stable/references/errors.html. */
export function refuse(
  status: number,
  code: string,
  message: string,
  more: Pick<Refusal, 'details' | 'hint' | 'headers'> = {},
): never {
  throw new RefusedError({ status, code, message, ...more });
}

/** The answer that carries a refusal. */
export function refusalResponse({ status, code, message, details, hint, headers }: Refusal): Response {
  const body = JSON.stringify({ code, message, details: details ?? null, hint: hint ?? null });
  return new Response(body, {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'proxy-status': `PostgREST; error=${code}`,
      ...headers,
    },
  });
}

/**
 * PostgREST's answer to an error of the database. Without the rights for it, a caller who is not signed in gets 401,
 * others 403. Errors of this program are thrown again.
 */
export function refusalOf(error: unknown, authenticated: boolean): Refusal {
  if (error instanceof RefusedError) return error.refusal;
  if (!isPostgresError(error)) throw error;
  if (error.code === 'PGRST') return raisedRefusal(error);
  const status = statusOf(error.code, error.message, authenticated);
  return {
    status,
    code: error.code,
    message: error.message,
    details: error.detail ?? null,
    hint: error.hint ?? null,
    ...(status === 401 && { headers: { 'www-authenticate': 'Bearer' } }),
  };
}

/** PostgREST's statuses by SQLSTATE: the whole code first, then its class; 400 for all others. */
const statuses: Record<string, number> = {
  '08': 503,
  '09': 500,
  '0L': 403,
  '0P': 403,
  '21000': 500,
  '23503': 409,
  '23505': 409,
  '25006': 405,
  '25': 500,
  '28': 403,
  '2D': 500,
  '38': 500,
  '39': 500,
  '3B': 500,
  '40': 500,
  '42883': 404,
  '42P01': 404,
  '42P17': 500,
  '53400': 500,
  '53': 503,
  '54': 500,
  '55': 500,
  '57P01': 503,
  // The server restarts after a crash, or is not ready yet: PostgREST sees no connection.
  '57P02': 503,
  '57P03': 503,
  '57': 500,
  '58': 500,
  F0: 500,
  HV: 500,
  P0001: 400,
  P0: 500,
  XX: 500,
};

function statusOf(code: string, message: string, authenticated: boolean): number {
  if (code === '42501') return authenticated ? 403 : 401;
  if (code === '21000' && message.endsWith('requires a WHERE clause')) return 400;
  if (code === '22023' && /^role .* does not exist$/.test(message)) return 401;
  if (code.startsWith('PT')) return raisedStatus(Number(code.slice(2)));
  return statuses[code] ?? statuses[code.slice(0, 2)] ?? 400;
}

/** A status that a function raised; 500 where it is no status. */
function raisedStatus(status: number): number {
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : 500;
}

/** `raise sqlstate 'PGRST'`: message and detail are JSON and contain the whole answer. */
function raisedRefusal(error: PostgresError): Refusal {
  const message = parseObject(error.message);
  if (!message || typeof message.code !== 'string' || typeof message.message !== 'string') {
    return badRaise(
      `Invalid JSON value for MESSAGE: '${error.message}'`,
      "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.",
    );
  }
  const detail = error.detail === undefined ? undefined : parseObject(error.detail);
  const headers = detail?.headers;
  if (!detail || !Number.isInteger(detail.status) || typeof headers !== 'object' || headers === null) {
    return badRaise(
      error.detail === undefined
        ? 'DETAIL is missing in the RAISE statement'
        : `Invalid JSON value for DETAIL: '${error.detail}'`,
      "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.",
    );
  }
  return {
    status: raisedStatus(Number(detail.status)),
    code: message.code,
    message: message.message,
    details: message.details ?? null,
    hint: typeof message.hint === 'string' ? message.hint : null,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  };
}

function badRaise(details: string, hint: string): Refusal {
  const message = 'Could not parse JSON in the "RAISE SQLSTATE \'PGRST\'" error';
  return { status: 500, code: 'PGRST121', message, details, hint };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
