import type { AuthError } from '@supabase/supabase-js';
import type { ErrorCode, ErrorStatuses } from './error-codes.ts';

/** Noctra's codes (`docs/errors.md`). The type is open: Supabase Auth has codes of its own, which pass unchanged. */
export type NoctraErrorCode = ErrorCode | (string & {});

/** The properties of a {@link NoctraError}. */
export type NoctraErrorDetails = Pick<NoctraError, 'code' | 'message' | 'status'> &
  Partial<Pick<NoctraError, 'field' | 'fields' | 'retry_after' | 'cause'>>;

/**
 * The only kind of error that the SDK returns.
 *
 * @example
 * const { error } = await noctra.posts.create({ caption: '' });
 * if (error?.code === 'caption_invalid') showHint(error.field); // 'caption'
 */
export class NoctraError extends Error {
  override readonly name = 'NoctraError';
  /** Stable: branch on it, not on the message. */
  declare readonly code: NoctraErrorCode;
  /** The HTTP status, or 0 without an answer. */
  declare readonly status: number;
  /** The first field that is at fault. */
  declare readonly field: string | undefined;
  /** Every field that is at fault, with its messages. */
  declare readonly fields: Record<string, string[]> | undefined;
  /** Seconds after which the server accepts another try, where it says so. */
  declare readonly retry_after: number | undefined;

  constructor({ message, cause, field, fields, ...details }: NoctraErrorDetails) {
    super(message, { cause });
    Object.assign(this, details, {
      field: field ?? (fields && Object.keys(fields)[0]),
      fields: fields ?? (field && { [field]: [message] }),
    });
  }
}

/**
 * Tells whether a caught value is an error of the SDK. It compares names, so that it also works across two copies of
 * the package.
 *
 * @example
 * if (isNoctraError(error) && error.code === 'network_error') retryLater();
 */
export function isNoctraError(value: unknown): value is NoctraError {
  return value instanceof Error && value.name === 'NoctraError';
}

/** The code of an answer that has none. */
function codeOf(status: number): ErrorCode {
  const codes: Record<number, ErrorCode> = {
    401: 'not_signed_in',
    403: 'forbidden',
    404: 'not_found',
    409: 'already_exists',
    413: 'media_too_large',
    415: 'media_type_unsupported',
    429: 'rate_limited',
    500: 'internal_error',
  };
  return codes[status] ?? (status > 500 ? 'service_unavailable' : 'validation_failed');
}

/** An answer that is an error. */
interface Failure {
  status: number;
  body: unknown;
  retry_after?: number | undefined;
}

type Texts = Partial<
  Record<'code' | 'hint' | 'details' | 'title' | 'detail' | 'message' | 'statusCode', string>
>;

/**
 * The error of an answer. The edge function answers a problem document (RFC 9457). The Data API answers Noctra's rules
 * as SQLSTATE `PTnnn`, with the code in `hint` and the field in `details`. Storage often answers a plain 400 and has
 * the status in `statusCode`.
 */
export function fromAnswer({ status: answered, body, retry_after }: Failure): NoctraError {
  const failure: Texts & { errors?: Record<string, string[]> } = body ?? {};
  const { code, hint, details, title } = failure;
  const isRule = code?.startsWith('PT');
  // No function of the Data API has all of these arguments.
  if (code === 'PGRST202') return refusal('field_unknown', 422, failure.message ?? code);
  const status = code === 'InvalidJWT' ? 401 : Number(failure.statusCode) || answered;
  const message = failure.detail ?? title ?? failure.message ?? `HTTP ${answered}`;
  // supabase-js does not pass on the header Retry-After of the Data API.
  const [, seconds] = (status === 429 && / in (\d+) seconds/.exec(message)) || [];
  return new NoctraError({
    code: (isRule ? hint : title && code) || codeOf(status),
    message,
    status,
    field: isRule ? details : undefined,
    fields: failure.errors,
    retry_after: retry_after ?? (seconds ? Number(seconds) : undefined),
    cause: body,
  });
}

/** Where Auth answers 400, and the edge function has a better status for the same code. */
const authStatus: Record<string, number> = {
  invalid_credentials: 401,
  email_not_confirmed: 403,
  user_banned: 403,
};

function fromAuth(cause: AuthError): NoctraError {
  const { code = '', message } = cause;
  const isSessionLost = cause.name === 'AuthSessionMissingError' || /^(refresh_token|session)_/.test(code);
  const status = isSessionLost ? 401 : (authStatus[code] ?? cause.status ?? 0);
  if (!status) return unanswered('network_error', cause);
  const hasOwnCode = code && !isSessionLost && status !== 429;
  return new NoctraError({ code: hasOwnCode ? code : codeOf(status), message, status, cause });
}

/** An error that the SDK raises itself, as the server would. The compiler compares the status with that of the code. */
export function refusal<Code extends ErrorCode>(
  code: Code,
  status: ErrorStatuses[Code],
  message: string,
  field?: string,
): NoctraError {
  return new NoctraError({ code, message, status, field });
}

/** An error without an answer. */
export function unanswered(code: ErrorCode, cause: unknown): NoctraError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new NoctraError({ code, message, status: 0, cause });
}

/** Makes a NoctraError of any thrown value. supabase-js's errors are known by their marks, to import none of its code. */
export function toNoctraError(cause: unknown): NoctraError {
  if (isNoctraError(cause)) return cause;
  const marks = (cause ?? {}) as { __isAuthError?: boolean; __isStorageError?: boolean; status?: number };
  if (marks.__isAuthError) return fromAuth(cause as AuthError);
  if (!marks.__isStorageError) return unanswered('unexpected_error', cause);
  return marks.status
    ? fromAnswer({ status: marks.status, body: cause })
    : unanswered('network_error', cause);
}
