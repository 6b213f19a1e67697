import type { AuthError } from '@supabase/supabase-js';
import type { Answer } from './transport.ts';

/**
 * The codes of errors: those of the HTTP API, and three that only a client can know. The type stays open,
 * because Supabase Auth has codes of its own, which are passed on unchanged.
 *
 * | code | status | when |
 * |---|---|---|
 * | `network_error` | 0 | no answer: offline, DNS, CORS, connection cut |
 * | `aborted` | 0 | the `signal` that was given has fired |
 * | `unexpected_error` | 0 | a defect, of the SDK or around it; see `cause` |
 * | `not_signed_in`, `token_invalid` | 401 | there is no session, or it has ended |
 * | `invalid_credentials` | 401 | unknown user or wrong password |
 * | `email_not_confirmed` | 403 | the address waits for its confirmation |
 * | `user_banned` | 403 | the account is closed |
 * | `signup_disabled` | 403 | registration is closed |
 * | `not_owner` | 403 | you may see it, and it is not yours |
 * | `forbidden` | 403 | you may not do this |
 * | `post_not_found`, `profile_not_found` | 404 | it is not there, or not visible to you |
 * | `not_found` | 404 | what answers is not Noctra: look at the URL, or at the migrations |
 * | `already_exists` | 409 | it is there already |
 * | `last_admin` | 409 | somebody has to be admin: appoint another one first |
 * | `invalid_cursor` | 400 | it is not the `next_cursor` of a page |
 * | `limit_invalid` | 422 | a page of that size is not given |
 * | `validation_failed` | 400, 422 | malformed in another way |
 * | `rate_limited` | 429 | too many requests: wait for `retry_after` seconds |
 * | `internal_error` | 500 | the server failed |
 * | `service_unavailable` | other 5xx | a part of it does not answer, or has no room; try again |
 * | `caption_invalid` | 422 | empty, only white space, or too long |
 * | `tags_too_many`, `tag_invalid` | 422 | over the limit, those of the caption included; empty or too long |
 * | `mentions_too_many`, `mention_unknown` | 422 | over the limit, those of the caption included; nobody's name or id |
 * | `media_too_many`, `media_not_found` | 422 | over the limit; no such upload of yours, or file of the post |
 * | `alt_text_invalid` | 422 | too long |
 * | `media_too_large` | 413 | a file is over the limit |
 * | `media_type_unsupported` | 415 | a file's type is not accepted |
 * | `media_type_mismatch` | 415 | a file's bytes are not what it says |
 * | `media_already_used` | 409 | the object belongs to a post already |
 * | `original_post_not_found` | 422 | not there, or not visible to you |
 * | `idempotency_key_invalid` | 422 | not 1 to 255 printable characters |
 * | `idempotency_key_reused` | 422 | used before for another post, or for one that is gone |
 * | `username_taken`, `email_taken` | 409 | somebody has it, in any case |
 * | `username_invalid`, `email_invalid`, `password_invalid`, `new_password_invalid`, `date_of_birth_invalid`, `bio_invalid`, `playlist_invalid` | 422 | against the rules |
 * | `password_weak` | 422 | known from a leak, or too easy |
 * | `password_unchanged` | 422 | it is the old one |
 * | `code_invalid` | 422 | the code or link of the mail is wrong, used, or too old |
 */
export type NoctraErrorCode =
  | 'network_error'
  | 'aborted'
  | 'unexpected_error'
  | 'not_signed_in'
  | 'token_invalid'
  | 'invalid_credentials'
  | 'email_not_confirmed'
  | 'user_banned'
  | 'signup_disabled'
  | 'not_owner'
  | 'forbidden'
  | 'post_not_found'
  | 'profile_not_found'
  | 'not_found'
  | 'already_exists'
  | 'last_admin'
  | 'invalid_cursor'
  | 'limit_invalid'
  | 'validation_failed'
  | 'rate_limited'
  | 'internal_error'
  | 'service_unavailable'
  | 'caption_invalid'
  | 'tags_too_many'
  | 'tag_invalid'
  | 'mentions_too_many'
  | 'mention_unknown'
  | 'media_too_many'
  | 'media_not_found'
  | 'alt_text_invalid'
  | 'media_too_large'
  | 'media_type_unsupported'
  | 'media_type_mismatch'
  | 'media_already_used'
  | 'original_post_not_found'
  | 'idempotency_key_invalid'
  | 'idempotency_key_reused'
  | 'username_taken'
  | 'email_taken'
  | 'username_invalid'
  | 'email_invalid'
  | 'password_invalid'
  | 'new_password_invalid'
  | 'date_of_birth_invalid'
  | 'bio_invalid'
  | 'playlist_invalid'
  | 'password_weak'
  | 'password_unchanged'
  | 'code_invalid'
  | (string & {});

/** What a {@link NoctraError} is made of. */
export interface NoctraErrorDetails {
  code: NoctraErrorCode;
  /** For a person who reads a log. Its wording may change. */
  message: string;
  /** The HTTP status, or 0 when no answer came. */
  status: number;
  /** The first field that the error is about. */
  field?: string | undefined;
  /** Every field that the error is about, with its messages. */
  fields?: Record<string, string[]> | undefined;
  /** Seconds after which the server wants to be asked again. */
  retry_after?: number | undefined;
  /** What caused it: the error of supabase-js, the body of the answer, or the exception of `fetch`. */
  cause?: unknown;
}

/**
 * The one kind of error that the SDK returns. Branch on `code`, never on `message`.
 *
 * @example
 * ```ts
 * const { error } = await noctra.posts.create({ caption: '' });
 * if (error?.code === 'caption_invalid') showHint(error.field); // 'caption'
 * ```
 */
export class NoctraError extends Error {
  override readonly name = 'NoctraError';
  /** Stable; see {@link NoctraErrorCode}. */
  declare readonly code: NoctraErrorCode;
  /** The HTTP status, or 0 when no answer came. */
  declare readonly status: number;
  /** The first field that the error is about. */
  declare readonly field: string | undefined;
  /** Every field that the error is about, with its messages. */
  declare readonly fields: Record<string, string[]> | undefined;
  /** Seconds after which the server wants to be asked again, where it says so. */
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
 * Whether a value is an error of the SDK. It looks at the name and not at the class, so that it also
 * holds where two copies of the package are loaded.
 *
 * @example
 * ```ts
 * try {
 *   await publish();
 * } catch (error) {
 *   if (isNoctraError(error) && error.code === 'network_error') retryLater();
 *   else throw error;
 * }
 * ```
 */
export function isNoctraError(value: unknown): value is NoctraError {
  return value instanceof Error && value.name === 'NoctraError';
}

/** The codes of answers that say nothing better than their status. */
const statusCodes: Record<number, NoctraErrorCode> = {
  0: 'network_error',
  401: 'not_signed_in',
  403: 'forbidden',
  404: 'not_found',
  409: 'already_exists',
  413: 'media_too_large',
  415: 'media_type_unsupported',
  429: 'rate_limited',
  500: 'internal_error',
};

function codeOfStatus(status: number): NoctraErrorCode {
  return statusCodes[status] ?? (status > 500 ? 'service_unavailable' : 'validation_failed');
}

/** What the bodies of errors say. */
interface Failure extends Partial<Record<'code' | 'message' | 'statusCode' | 'detail' | 'title', string>> {
  hint?: string;
  details?: string;
  errors?: Record<string, string[]>;
}

/**
 * The error of an answer. The HTTP API says it in a problem document (RFC 9457), which has a title. The Data API
 * answers rules of Noctra's as SQLSTATE `PTnnn`, with the code in `hint` and the field in `details`. The status of
 * Storage is often a plain 400, and the true one stands in `statusCode`.
 */
export function fromAnswer({ status: answered, body, retry_after }: Answer): NoctraError {
  const failure: Failure = body ?? {};
  const { code, title } = failure;
  const isRule = code?.startsWith('PT');
  const status = code === 'InvalidJWT' ? 401 : Number(failure.statusCode) || answered;
  return new NoctraError({
    code: (isRule ? failure.hint : title && code) ?? codeOfStatus(status),
    message: failure.detail ?? title ?? failure.message ?? `HTTP ${answered}`,
    status,
    field: isRule ? failure.details : undefined,
    fields: failure.errors,
    retry_after,
    cause: body,
  });
}

/** Where Auth says 400, and the HTTP API has a better status for the same code. */
const authStatus: Record<string, number> = { invalid_credentials: 401, email_not_confirmed: 403 };

/** An error of Supabase Auth: its own codes are stable, so they pass unchanged. */
function fromAuth(cause: AuthError): NoctraError {
  const { code = '', message } = cause;
  const isSessionLost = cause.name === 'AuthSessionMissingError' || /^(refresh_token|session)_/.test(code);
  const status = isSessionLost ? 401 : (authStatus[code] ?? cause.status);
  const isOwn = code && !isSessionLost && status !== 429;
  return new NoctraError({
    code: isOwn ? code : status === undefined ? 'unexpected_error' : codeOfStatus(status),
    message,
    status: status ?? 0,
    cause,
  });
}

/** Whether the server is out of reach, or fails: it may have done what was asked. */
export function isUnavailable({ status }: NoctraError): boolean {
  return status === 0 || status >= 500;
}

/** What the SDK itself refuses, as the server would. */
export function refusal(code: NoctraErrorCode, status: number, message: string, field?: string): NoctraError {
  return new NoctraError({ code, message, status, field });
}

/** The data of a result of supabase-js; its error is thrown. */
export function dataOf<Data>({ data, error }: { data: Data; error: unknown }): Data {
  if (error) throw error;
  return data;
}

/** No answer came. */
export function unanswered(code: NoctraErrorCode, cause: unknown): NoctraError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new NoctraError({ code, message, status: 0, cause });
}

/** Makes a NoctraError of whatever was thrown. */
export function toNoctraError(cause: unknown): NoctraError {
  if (isNoctraError(cause)) return cause;
  // By its mark, as supabase-js itself does: its classes would be a dependency at run time.
  const isOfAuth = (cause as { __isAuthError?: boolean } | null)?.__isAuthError;
  return isOfAuth ? fromAuth(cause as AuthError) : unanswered('unexpected_error', cause);
}
