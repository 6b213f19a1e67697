import { type ProblemCode, statusOf } from './errors.ts';

/** The body of every error answer: RFC 9457 with a stable `code` and, for bad input, the messages of each field. */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: Record<string, string[]>;
}

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

/** Optional parts of a problem. */
interface ProblemExtras {
  /** Messages by field. */
  errors?: Record<string, string[]>;
  /** Response headers, such as `Allow` and `Retry-After`. */
  headers?: Record<string, string>;
  /** The underlying error: for the log, never for the client. */
  cause?: unknown;
}

/** A problem for the client: thrown anywhere below a handler, answered in app.ts. */
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

/** A problem with one of the listed codes. */
export function problem(code: ProblemCode, detail: string, extras?: ProblemExtras): ProblemError {
  return new ProblemError(statusOf(code), code, detail, extras);
}

/** A problem with one field of the input. */
export function fieldProblem(code: ProblemCode, field: string, detail: string): ProblemError {
  return problem(code, detail, { errors: { [field]: [detail] } });
}

function defaultHeaders(status: number): Record<string, string> {
  if (status === 401) return { 'www-authenticate': 'Bearer' };
  // Auth counts in windows of minutes. A part that is only busy may answer soon.
  if (status === 429) return { 'retry-after': '60' };
  if (status === 503) return { 'retry-after': '5' };
  return {};
}

/** The seconds to wait, which supabase-js reports in the message only. */
export function retryAfter(message: string): Record<string, string> {
  const seconds = /(?:in|after) (\d+) seconds/.exec(message)?.[1];
  return seconds ? { 'retry-after': seconds } : {};
}

/** The parts of a Storage error that tell errors apart; which are there differs between Storage's versions. */
interface StorageFailure {
  message: string;
  status?: number | undefined;
  statusCode?: string | undefined;
}

/** Whether Storage refused an upload because the object is there already. */
export function isAlreadyStored(error: StorageFailure): boolean {
  return error.statusCode === '409' || error.status === 409 || /already exists/i.test(error.message);
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

/** A defect of the server. Its details are not for the client. */
export function internal(cause: unknown): ProblemError {
  return problem('internal_error', 'The server has a defect. The log has the details.', { cause });
}

/** A part that this function needs does not answer. */
export function unavailable(cause: unknown): ProblemError {
  return problem('service_unavailable', 'A part of the server does not answer. Try again in a moment.', {
    cause,
  });
}
