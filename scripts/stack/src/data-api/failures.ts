import { errorCode } from '../errors.ts';

/** An error that PostgreSQL itself reported. */
export interface PostgresFailure extends Error {
  /** The SQLSTATE, five characters. */
  code: string;
  severity: string;
  detail?: string;
  hint?: string;
}

/** Tells errors of the database from those of the way to it and of this program. */
export function isPostgresError(error: unknown): error is PostgresFailure {
  return error instanceof Error && 'severity' in error && typeof errorCode(error) === 'string';
}

/** Errors of the way to the database: it does not run, ended, or was reached no longer. */
export function isConnectionError(error: unknown): boolean {
  const code = errorCode(error);
  return (
    !isPostgresError(error) &&
    typeof code === 'string' &&
    /^(CONNECTION_|CONNECT_|ECONN|EPIPE|ETIMEDOUT|EHOST|ENOTFOUND|ENOENT)/.test(code)
  );
}

/**
 * Errors that a statement prepared before a schema change can raise, though the same text parsed anew would run: types
 * and objects that it was bound to are others now.
 */
export function mayBeStale(error: unknown): boolean {
  return (
    isPostgresError(error) && /^(0A000|25P02|26000|22P02|22007|22003|42(?!501).*|XX000)$/.test(error.code)
  );
}
