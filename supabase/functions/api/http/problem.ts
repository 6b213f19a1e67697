import { type AuthError, isAuthSessionMissingError, type PostgrestError } from '@supabase/supabase-js';

/** The body of every error answer: RFC 9457, with a stable `code` and, for bad input, what is wrong with which field. */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: Record<string, string[]>;
}

/** The codes that this function gives by itself, with their status. The database's codes come with their own. */
export const problemStatus = {
  malformed_json: 400,
  malformed_multipart: 400,
  body_incomplete: 400,
  invalid_encoding: 400,
  invalid_character: 400,
  invalid_cursor: 400,
  not_signed_in: 401,
  token_invalid: 401,
  invalid_credentials: 401,
  refresh_token_invalid: 401,
  forbidden: 403,
  not_owner: 403,
  email_not_confirmed: 403,
  user_banned: 403,
  signup_disabled: 403,
  route_not_found: 404,
  post_not_found: 404,
  profile_not_found: 404,
  method_not_allowed: 405,
  already_exists: 409,
  email_taken: 409,
  username_taken: 409,
  request_too_large: 413,
  media_too_large: 413,
  content_type_unsupported: 415,
  media_type_unsupported: 415,
  media_type_mismatch: 415,
  validation_failed: 422,
  alt_text_invalid: 422,
  anonymous_invalid: 422,
  bio_invalid: 422,
  caption_invalid: 422,
  code_invalid: 422,
  content_type_invalid: 422,
  cover_pic_invalid: 422,
  date_of_birth_invalid: 422,
  email_invalid: 422,
  filename_invalid: 422,
  idempotency_key_invalid: 422,
  is_public_invalid: 422,
  limit_invalid: 422,
  media_invalid: 422,
  media_not_found: 422,
  media_too_many: 422,
  mention_invalid: 422,
  mention_unknown: 422,
  new_password_invalid: 422,
  original_post_invalid: 422,
  password_invalid: 422,
  password_unchanged: 422,
  password_weak: 422,
  picture_not_found: 422,
  playlist_invalid: 422,
  profile_pic_invalid: 422,
  public_profile_invalid: 422,
  redirect_to_invalid: 422,
  remove_media_invalid: 422,
  size_invalid: 422,
  tag_invalid: 422,
  token_hash_invalid: 422,
  username_invalid: 422,
  rate_limited: 429,
  internal_error: 500,
  service_unavailable: 503,
} as const;

/** A code that this function gives by itself. */
export type ProblemCode = keyof typeof problemStatus;

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** What may accompany a problem. */
export interface ProblemExtras {
  /** What is wrong, by field. */
  errors?: Record<string, string[]>;
  /** Response headers, such as `Allow` and `Retry-After`. */
  headers?: Record<string, string>;
  /** What went wrong underneath: for the log, never for the client. */
  cause?: unknown;
}

/** A problem on its way to the client: thrown anywhere below a handler, answered in one place. */
export class ProblemError extends Error {
  /** The body of the answer. */
  readonly problem: Problem;
  /** The headers of the answer. */
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, detail: string, extras: ProblemExtras = {}) {
    super(detail, { cause: extras.cause });
    this.name = 'ProblemError';
    this.problem = {
      // RFC 9457: with `about:blank` the title is the status phrase, and `code` tells the problems apart.
      type: 'about:blank',
      title: titles[status] ?? 'Error',
      status,
      detail,
      code,
      ...(extras.errors ? { errors: extras.errors } : {}),
    };
    this.headers = { ...defaultHeaders(status), ...extras.headers };
  }
}

/** A problem with one of this function's own codes. */
export function problem(code: ProblemCode, detail: string, extras?: ProblemExtras): ProblemError {
  return new ProblemError(problemStatus[code], code, detail, extras);
}

/** A problem with one field of the input. */
export function fieldProblem(code: ProblemCode, field: string, detail: string): ProblemError {
  return problem(code, detail, { errors: { [field]: [detail] } });
}

function defaultHeaders(status: number): Record<string, string> {
  if (status === 401) return { 'www-authenticate': 'Bearer' };
  // Auth counts in windows of minutes; what is merely busy is worth another try soon.
  if (status === 429) return { 'retry-after': '60' };
  if (status === 503) return { 'retry-after': '5' };
  return {};
}

/** Constraints that a request can run into, by name: their code and the field they guard. */
const constraints: Record<string, [code: ProblemCode, field: string, detail: string]> = {
  profiles_username_key: ['username_taken', 'username', 'This user name is taken.'],
};

/** What answers a Postgres error that carries no code of Noctra's own, by SQLSTATE or PostgREST code. */
const databaseErrors: Record<string, [code: ProblemCode, detail: string]> = {
  '21000': ['validation_failed', 'A value in the request is not acceptable.'],
  '22001': ['validation_failed', 'A value in the request is too long.'],
  '22007': ['validation_failed', 'A date in the request is not a date.'],
  '22008': ['validation_failed', 'A date in the request is not a date.'],
  '22021': ['invalid_encoding', 'The text of the request is not valid UTF-8.'],
  '22P02': ['validation_failed', 'A value in the request is not of the expected form.'],
  '22P05': ['invalid_character', 'The text of the request holds a character that cannot be stored.'],
  '23502': ['validation_failed', 'A required value is missing.'],
  '23503': ['validation_failed', 'The request names something that does not exist.'],
  '23505': ['already_exists', 'It exists already.'],
  '23514': ['validation_failed', 'A value in the request breaks a rule.'],
  '42501': ['forbidden', 'You may not do this.'],
  PGRST116: ['post_not_found', 'There is nothing here that you may see.'],
  PGRST301: ['token_invalid', 'The token is not valid or has expired.'],
  PGRST302: ['not_signed_in', 'Sign in first.'],
  PGRST303: ['token_invalid', 'The token is not valid or has expired.'],
};

/** Columns that requests know by another name. */
const fieldNames: Record<string, string> = { avatar_path: 'profile_pic', cover_path: 'cover_pic' };

/** How long to wait, which supabase-js passes on in the sentence only. */
function retryAfter(message: string): Record<string, string> {
  const seconds = /(?:in|after) (\d+) seconds/.exec(message)?.[1];
  return seconds ? { 'retry-after': seconds } : {};
}

/** Turns an error of the Data API into a problem. */
export function databaseProblem(error: PostgrestError): ProblemError {
  const raised = /^PT([45]\d\d)$/.exec(error.code);
  if (raised) {
    const field = error.details && (fieldNames[error.details] ?? error.details);
    return new ProblemError(Number(raised[1]), error.hint || 'validation_failed', error.message, {
      ...(field ? { errors: { [field]: [error.message] } } : {}),
      headers: retryAfter(error.message),
    });
  }
  const guarded = constraints[/constraint "([^"]+)"/.exec(error.message)?.[1] ?? ''];
  if (guarded) return fieldProblem(...guarded);
  const known = databaseErrors[error.code];
  if (known) return problem(...known, { cause: error });
  // Out of connections, shutting down, cancelled, deadlocked, read-only while its disk is full, or not reached at all:
  // another try may succeed.
  if (!error.code || /^(08|40|53|55|57)...$|^25006$|^PGRST00\d$/.test(error.code)) return unavailable(error);
  return internal(error);
}

/** Messages of Noctra's sign-up hook begin with the code, since Auth passes on nothing else. */
const hookMessage = /^(?<code>username_invalid|username_taken|date_of_birth_invalid): (?<detail>.+)$/s;

const authErrors: Record<string, [code: ProblemCode, detail: string]> = {
  bad_jwt: ['token_invalid', 'The token is not valid or has expired.'],
  email_address_invalid: ['email_invalid', 'This e-mail address cannot be used.'],
  email_address_not_authorized: ['email_invalid', 'This e-mail address cannot be used.'],
  email_exists: ['email_taken', 'An account with this e-mail address exists already.'],
  email_not_confirmed: ['email_not_confirmed', 'Confirm the e-mail address first: the link was sent to it.'],
  email_provider_disabled: ['signup_disabled', 'Registration is closed.'],
  invalid_credentials: ['invalid_credentials', 'The user name or the password is wrong.'],
  over_email_send_rate_limit: ['rate_limited', 'Too many attempts. Try again later.'],
  over_request_rate_limit: ['rate_limited', 'Too many attempts. Try again later.'],
  reauthentication_needed: ['forbidden', 'Sign in again before you change the password.'],
  refresh_token_already_used: ['refresh_token_invalid', 'The refresh token is not valid any more.'],
  refresh_token_not_found: ['refresh_token_invalid', 'The refresh token is not valid any more.'],
  same_password: ['password_unchanged', 'The new password is the old one.'],
  session_expired: ['refresh_token_invalid', 'The session has ended.'],
  session_not_found: ['refresh_token_invalid', 'The session has ended.'],
  signup_disabled: ['signup_disabled', 'Registration is closed.'],
  user_already_exists: ['email_taken', 'An account with this e-mail address exists already.'],
  user_banned: ['user_banned', 'This account is closed.'],
  user_not_found: ['token_invalid', 'The user of this token does not exist any more.'],
  validation_failed: ['validation_failed', 'Auth refused a value in the request.'],
  weak_password: ['password_weak', 'This password is too easy to guess or is known from a leak.'],
};

/** Turns an error of Auth into a problem; `passwordField` is how the request calls the password that Auth refuses. */
export function authProblem(error: AuthError, passwordField = 'password'): ProblemError {
  const refusal = hookMessage.exec(error.message)?.groups;
  if (refusal?.code && refusal.detail) {
    const field = refusal.code.replace(/_(invalid|taken)$/, '');
    return fieldProblem(refusal.code as ProblemCode, field, refusal.detail);
  }
  const known = authErrors[authCode(error)];
  if (!known) return !error.status || error.status >= 500 ? unavailable(error) : internal(error);
  const [code, detail] = known;
  if (code.startsWith('password_')) return fieldProblem(code, passwordField, detail);
  if (code.startsWith('email_') && code !== 'email_not_confirmed') return fieldProblem(code, 'email', detail);
  return problem(code, detail, { cause: error, headers: retryAfter(error.message) });
}

function authCode(error: AuthError): string {
  if (error.status === 429) return 'over_request_rate_limit';
  // auth-js makes an error of its own of this one, and drops the code.
  return isAuthSessionMissingError(error) ? 'session_not_found' : (error.code ?? '');
}

/** The parts of a Storage error that tell errors apart; which are there differs between Storage's versions. */
export interface StorageFailure {
  message: string;
  status?: number | undefined;
  statusCode?: string | undefined;
}

/** Whether Storage refused an upload because the object is there already. */
export function isAlreadyStored(error: StorageFailure): boolean {
  return error.statusCode === '409' || error.status === 409 || /already exists/i.test(error.message);
}

/** Whether Storage knows no such object. */
export function isMissing(error: StorageFailure): boolean {
  return error.statusCode === '404' || error.status === 404;
}

/** Turns an error of Storage about an uploaded file into a problem. */
export function storageProblem(error: StorageFailure, field = 'media'): ProblemError {
  const status = Number(error.statusCode) || error.status || 0;
  if (status === 413) return fieldProblem('media_too_large', field, 'The file is too large.');
  if (status === 415)
    return fieldProblem('media_type_unsupported', field, 'Files of this type are not accepted.');
  if (status === 401) return problem('token_invalid', 'The token is not valid or has expired.');
  if (status === 403) return problem('forbidden', 'You may not store this file.', { cause: error });
  if (status === 429) return problem('rate_limited', 'Too many requests. Try again later.');
  if (status >= 400 && status < 500) return internal(error);
  return unavailable(error);
}

/** A fault of ours: the client learns no more than that. */
export function internal(cause: unknown): ProblemError {
  return problem('internal_error', 'Something went wrong on our side.', { cause });
}

/** A part that this function needs did not answer. */
export function unavailable(cause: unknown): ProblemError {
  return problem('service_unavailable', 'A part of Noctra is not answering. Try again in a moment.', {
    cause,
  });
}
