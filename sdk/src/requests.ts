import { type Context, requireCaller } from './context.ts';
import { fromProblem, fromStorage, type NoctraError, networkError } from './errors.ts';
import { type Retry, withRetries } from './retries.ts';

/** An answer of the server, read to its end. */
export interface Answer {
  status: number;
  /** What the body says as JSON; null where it is something else. */
  body: unknown;
  /** Seconds that the server wants to be left alone for. */
  retry_after: number | undefined;
}

/** One request to a service of the project. */
export interface ServiceRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the service. */
  path: string;
  /** An object is sent as JSON. */
  body?: object | undefined;
  headers?: Record<string, string>;
  /** When it is made again; see {@link withRetries}. */
  retry?: Retry;
  signal?: AbortSignal | undefined;
}

/** A request to the edge function; what it answers, or the problem that it names, thrown. */
export function callApi<T>(context: Context, request: ServiceRequest, as?: 'nobody'): Promise<T> {
  return call(context, 'functions/v1/api', request, fromProblem, as);
}

/** A request to Storage; what it answers, or its error, thrown. */
export function callStorage<T>(context: Context, request: ServiceRequest): Promise<T> {
  return call(context, 'storage/v1/object', request, fromStorage);
}

function call<T>(
  context: Context,
  service: string,
  { method, path, body, headers, retry, signal }: ServiceRequest,
  toError: (answer: Answer) => NoctraError,
  as?: 'nobody',
): Promise<T> {
  const isForm = body instanceof FormData;
  return withRetries({ retry, signal }, async (retries) => {
    const answer = await fetchAnswer(context, `${context.url}/${service}/${path}`, {
      method,
      headers: {
        ...(as === 'nobody' ? keyHeaders(context) : await callerHeaders(context)),
        // A form's type carries a boundary that only `fetch` knows.
        ...(body && !isForm && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined || isForm ? (body ?? null) : JSON.stringify(body),
      signal: signal ?? null,
    });
    // What a repeated removal does not find, the try whose answer was lost has removed.
    const isGone = method === 'DELETE' && answer.status === 404 && retries > 0;
    if (answer.status < 400 || isGone) return answer.body as T;
    throw toError(answer);
  });
}

/** What every request carries. */
function keyHeaders(context: Context): Record<string, string> {
  return { ...context.headers, apikey: context.key };
}

/** What every request of a signed-in person carries. The token is asked for each time: it may have been renewed. */
export async function callerHeaders(context: Context): Promise<Record<string, string>> {
  const { access_token } = await requireCaller(context);
  return { ...keyHeaders(context), authorization: `Bearer ${access_token}` };
}

/** Asks, and reads the answer to its end: a connection that is cut while the answer arrives is no answer either. */
export async function fetchAnswer(context: Context, url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await context.fetch(url, init);
    return answerOf(response.status, await response.text(), response.headers.get('retry-after'));
  } catch (cause) {
    throw networkError(cause);
  }
}

/** Puts an answer together from its parts. */
export function answerOf(status: number, text: string, retryAfter: string | null): Answer {
  return {
    status,
    body: parseJson(text),
    retry_after: retryAfter ? Number.parseInt(retryAfter, 10) : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
