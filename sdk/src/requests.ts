import { type Context, requireCaller } from './context.ts';
import { fromAnswer, type NoctraError } from './errors.ts';
import { type Retry, withRetries } from './retries.ts';
import { exchange } from './transport.ts';

/** One request to a service of the project. */
export interface ServiceRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the service. */
  path: string;
  /** Files and forms are sent as they are, other objects as JSON. */
  body?: object | undefined;
  headers?: Record<string, string>;
  /** When it is made again; see {@link withRetries}. */
  retry?: Retry;
  signal?: AbortSignal | undefined;
  /** Leaves the session out: one that has run out must not stand in the way. */
  as?: 'nobody' | undefined;
  /** What is thrown where one row is asked for, and there is none. */
  missing?: NoctraError | undefined;
  /** Hears how many bytes of a file have left. */
  onSent?: ((bytes: number) => void) | undefined;
}

/** A request to the edge function; what it answers, or its error, thrown. */
export function callApi<T>(context: Context, request: ServiceRequest): Promise<T> {
  return call(context, 'functions/v1/api/', request);
}

/** A request to Storage; what it answers, or its error, thrown. */
export function callStorage<T>(context: Context, request: ServiceRequest): Promise<T> {
  return call(context, 'storage/v1/object/', request);
}

/**
 * A read of the Data API, which a replica may serve; what it answers, or its error, thrown.
 *
 * @param path A table, or `rpc/` with a function that is read-only.
 * @param query What PostgREST takes in the address.
 * @param missing Makes it a read of one row, and is thrown where there is none.
 */
export function readData<T>(
  context: Context,
  path: string,
  query: Record<string, string>,
  signal: AbortSignal | undefined,
  missing?: NoctraError,
): Promise<T> {
  return call(context, 'rest/v1/', {
    method: 'GET',
    path: `${path}?${new URLSearchParams(query)}`,
    headers: { accept: `application/${missing ? 'vnd.pgrst.object+' : ''}json` },
    signal,
    missing,
  });
}

function call<T>(
  context: Context,
  service: string,
  { method, path, body, headers, retry, signal, as, missing, onSent }: ServiceRequest,
): Promise<T> {
  // Of a form only `fetch` knows the boundary that its type carries.
  const isRaw = body instanceof FormData || body instanceof Blob;
  return withRetries({ retry, signal }, async (retries) => {
    const message = {
      method,
      headers: {
        ...context.options.global?.headers,
        apikey: context.key,
        // Asked for each time: the token may have been renewed.
        ...(!as && { authorization: `Bearer ${(await requireCaller(context)).access_token}` }),
        ...(body && !isRaw && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: isRaw ? body : JSON.stringify(body),
      signal: signal ?? null,
    };
    const answer = await exchange(context, `${context.url}/${service}${path}`, message, onSent);
    // What a repeated removal does not find, the try whose answer was lost has removed.
    const isGone = method === 'DELETE' && answer.status === 404 && retries > 0;
    if (answer.status < 400 || isGone) return answer.body as T;
    // PostgREST's status for another number of rows than one.
    throw (answer.status === 406 && missing) || fromAnswer(answer);
  });
}
