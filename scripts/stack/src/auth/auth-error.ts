import postgres from 'postgres';
import { errorCode, isDatabaseAway, isDiskFull } from '../errors.ts';
import { report } from '../service-log.ts';

/** An error that Auth answers. Thrown by any part of it; `index.ts` sends it. */
export class AuthError extends Error {
  readonly status: number;
  /** The stable code, one of those in Supabase's documentation. */
  readonly code: string;
  /** Further fields of the answer. */
  readonly details: object;

  constructor(status: number, code: string, message: string, details: object = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AuthError';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** A request that Auth cannot accept. */
export function invalid(message: string, status = 400): AuthError {
  return new AuthError(status, 'validation_failed', message);
}

/** A failure that the client did not cause, or a write that a trigger of the project refused. */
export function unexpected(message: string, cause?: unknown): AuthError {
  return new AuthError(500, 'unexpected_failure', message, {}, { cause });
}

/** Does the database work of an endpoint; a database error is answered with the message that Supabase uses there. */
export async function orFail<T>(message: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AuthError) throw error;
    if (!unavailable(error)) report('auth', `${message}:`, error);
    throw unexpected(message, error);
  }
}

/**
 * The answer while the database is away or read-only because of a full disk; null for other errors. auth-js repeats a
 * request after 503; after 500 it gives the session up.
 */
export function unavailable(error: unknown): AuthError | null {
  const cause = error instanceof AuthError ? error.cause : error;
  if (!isDatabaseAway(cause) && !isDiskFull(cause) && errorCode(cause) !== '25006') return null;
  const message = 'The service is not available for now. Try again in a moment.';
  return new AuthError(503, 'unexpected_failure', message, {}, { cause });
}

/** Names the form of errors that a client understands; supabase-js sends it. */
const versionHeader = 'x-supabase-api-version';
const secondForm = '2024-01-01';

/**
 * The error as JSON, in one of two forms. Clients that ask for API version 2024-01-01 or a later one get
 * `{code, message}`; all others get `{code, error_code, msg}`, where `code` repeats the status, or what a trigger of the
 * project raised (`HandleResponseError` in https://github.com/supabase/auth/blob/master/internal/api/errors.go).
 */
export function errorResponse(error: AuthError, request: Request): Response {
  const { status, code, message, details } = error;
  const headers = { 'x-sb-error-code': code };
  const asked = request.headers.get(versionHeader) ?? '';
  if (/^\d{4}-\d\d-\d\d$/.test(asked) && asked >= secondForm) {
    return Response.json(
      { code, message, ...details },
      { status, headers: { ...headers, [versionHeader]: secondForm } },
    );
  }
  const raised = raisedByProject(error.cause);
  if (raised) return Response.json(raised.body, { status: raised.status, headers });
  return Response.json({ code: status, error_code: code, msg: message, ...details }, { status, headers });
}

/** SQLSTATEs that the first form shows: a `raise exception`, and the violations of constraints. */
const shownStates = new Set(['P0001', '23000', '23001', '23502', '23503', '23505', '23514', '23P01']);

/** An error of a project's trigger or constraint; a SQLSTATE `PTnnn` chooses the status, as with the Data API. */
function raisedByProject(cause: unknown): { status: number; body: object } | null {
  if (!(cause instanceof postgres.PostgresError)) return null;
  const chosen = Number(/^PT([2-5]\d\d)$/.exec(cause.code)?.[1]);
  if (!chosen && !shownStates.has(cause.code)) return null;
  const { code, message, hint, detail } = cause;
  return {
    status: chosen || 500,
    body: { code, message, ...(hint ? { hint } : {}), ...(detail ? { detail } : {}) },
  };
}

/** The answer to an invalid or expired token, which the gateway finds before Auth is asked. */
export function tokenRefusal(reason: 'bad_token' | 'expired_token', request: Request): Response {
  const detail =
    reason === 'expired_token'
      ? 'token has invalid claims: token is expired'
      : 'token is malformed or has a wrong signature';
  const message = `invalid JWT: unable to parse or verify signature, ${detail}`;
  return errorResponse(new AuthError(403, 'bad_jwt', message), request);
}
