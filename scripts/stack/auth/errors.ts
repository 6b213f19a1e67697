/** An answer of Auth other than what was asked for. Thrown by any part of it; `index.ts` sends it. */
export class AuthError extends Error {
  readonly status: number;
  /** The stable code, one of those in Supabase's documentation. */
  readonly code: string;
  /** Further fields of the answer. */
  readonly details: object;

  constructor(status: number, code: string, message: string, details: object = {}) {
    super(message);
    this.name = 'AuthError';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** A request that says something Auth cannot accept. */
export function invalid(message: string, status = 400): AuthError {
  return new AuthError(status, 'validation_failed', message);
}

/** Something failed that the client has no part in, or a trigger of the project refused a write. */
export function unexpected(message: string): AuthError {
  return new AuthError(500, 'unexpected_failure', message);
}

/** Does the database work of an endpoint; what the database refuses is answered with the sentence that Supabase uses there. */
export async function orFail<T>(message: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AuthError) throw error;
    console.error(`${message}:`, error);
    throw unexpected(message);
  }
}

/**
 * The error as JSON: `code` repeats the status, `error_code` is the stable one. Supabase has a second form for clients
 * that ask for API version 2024-01-01, which needs a response header that browsers only show where it is exposed;
 * supabase-js reads both.
 */
export function errorResponse({ status, code, message, details }: AuthError): Response {
  return Response.json(
    { code: status, error_code: code, msg: message, ...details },
    { status, headers: { 'x-sb-error-code': code } },
  );
}
