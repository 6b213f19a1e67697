import type { FunctionInvokeOptions, PostgrestError, Session } from '@supabase/supabase-js';
import type { NoctraSupabaseClient } from './client.ts';
import type { Database } from './database.types.ts';
import { fromAnswer, type NoctraError, refusal, toNoctraError, unanswered } from './errors.ts';
import type { Listen } from './live.ts';
import { type Repeatable, unavailable, withRetries } from './retries.ts';

/**
 * The result of every call: `data` or `error`. Nothing is thrown.
 *
 * @example
 * const { data, error } = await noctra.posts.get(id);
 * if (error) return showError(error.code);
 * render(data); // not null from here on
 */
export type Result<T> = { data: T; error: null } | { data: null; error: NoctraError };

/** The options of every call. */
export interface CallOptions {
  /** Stops the call, also while it waits for another try. The error is then `aborted`. */
  signal?: AbortSignal | undefined;
}

/** The shared state of all parts of the SDK. */
export interface Context {
  supabase: NoctraSupabaseClient;
  /** For reads that a replica may serve. */
  reader: NoctraSupabaseClient;
  /** Listens to a topic of Realtime. */
  listen: Listen;
  /** Called when a write has ended, whether or not an answer came. */
  onWrite(): void;
  /** The project's URL, without a slash at its end. */
  url: string;
  key: string;
  /** The `fetch` and the headers that the client was opened with. */
  global: { fetch?: typeof fetch; headers?: Record<string, string> };
}

/** Runs a public call. The SDK throws errors; here they become the `error` of a result. */
export async function attempt<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<Result<T>> {
  try {
    signal?.throwIfAborted();
    return { data: await work(), error: null };
  } catch (cause) {
    const error = signal?.aborted ? unanswered('aborted', signal.reason) : toNoctraError(cause);
    return { data: null, error };
  }
}

/**
 * As `attempt`, for calls that need a session. supabase-js sends a request without a token where it cannot renew an
 * expired session; here the call fails with the reason.
 */
export function attemptAsCaller<T>(
  context: Context,
  signal: AbortSignal | undefined,
  work: (userId: string) => Promise<T>,
): Promise<Result<T>> {
  return attempt(async () => work((await requireCaller(context)).id), signal);
}

/**
 * The signed-in user, without a request while the session is fresh. The id is read from the token, since `session.user`
 * is absent where the app stores users separately. The server verifies the token.
 */
export async function requireCaller({ supabase }: Context): Promise<{ id: string; token: string }> {
  const { session } = dataOf<{ session: Session | null }>(await supabase.auth.getSession());
  if (!session) throw notSignedIn();
  const { access_token: token } = session;
  const [, claims = ''] = token.split('.');
  return { id: JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).sub, token };
}

/** The error where a call needs a session. */
export const notSignedIn = () => refusal('not_signed_in', 401, 'No user is signed in.');

/** The data of a result of supabase-js; its error is thrown. */
export function dataOf<T>({ data, error }: { data: T; error: unknown }): T {
  if (error) throw error;
  return data;
}

/** A query of supabase-js. It is sent each time it is awaited. */
export interface Query extends PromiseLike<{ data: unknown; error: PostgrestError | null; status: number }> {
  abortSignal(signal: AbortSignal): Query;
}

/** The answer of a query. */
async function answerOf<T>(
  query: Query,
  signal: AbortSignal | undefined,
  malformed: NoctraError | undefined,
): Promise<T> {
  const { data, error, status } = await (signal ? query.abortSignal(signal) : query);
  if (!error) return data as T;
  if (error.code === '22P02') {
    if (malformed && error.message.includes('uuid')) throw malformed;
    const [, field] = /enum \S*report_(reason|state):/.exec(error.message) ?? [];
    if (field) throw refusal(`report_${field as 'reason' | 'state'}_invalid`, 422, error.message, field);
  }
  // A deadlock, which has undone the request.
  if (error.code === '40P01') throw refusal('service_unavailable', 503, error.message);
  throw status ? fromAnswer({ status, body: error }) : unanswered('network_error', error.message);
}

/**
 * Reads through the Data API. supabase-js itself tries again without an answer, after 503 and after 520.
 *
 * @param malformed The error for text that is no UUID.
 */
export function read<T>(query: Query, signal: AbortSignal | undefined, malformed?: NoctraError): Promise<T> {
  return withRetries({ repeatOn: [502, 504], signal }, () => answerOf<T>(query, signal, malformed));
}

/** Writes through the Data API. The write must have the same effect twice as once. */
export function write<T>(
  { onWrite }: Context,
  query: Query,
  signal: AbortSignal | undefined,
  malformed?: NoctraError,
  isRemoval = false,
): Promise<T> {
  return withRetries({ repeatOn: unavailable, signal }, (retries) =>
    answerOf<T>(query, signal, malformed)
      .finally(onWrite)
      .catch((cause: NoctraError) => {
        if (isRemoval && isRemoved(cause.status, retries)) return null as T;
        throw cause;
      }),
  );
}

/** A call that does something to one thing, and makes its answer of that of the query. */
export const action =
  <Answer, Data>(
    context: Context,
    query: (id: string) => Query,
    toData: (answer: Answer) => Data,
    malformed?: () => NoctraError,
  ) =>
  (id: string, { signal }: CallOptions = {}): Promise<Result<Data>> =>
    attemptAsCaller(context, signal, async () =>
      toData(await write<Answer>(context, query(id), signal, malformed?.())),
    );

/** A repeated removal finds nothing if the first one succeeded and its answer was lost. */
const isRemoved = (status: number | undefined, retries: number) => status === 404 && retries > 0;

/** The arguments of a function of the database. Those that are undefined are not sent. */
export type Arguments<Name extends keyof Functions> = Functions[Name]['Args'];
type Functions = Database['public']['Functions'];

/** A request to the edge function. */
export interface ApiRequest extends CallOptions {
  method?: 'POST' | 'PATCH' | 'DELETE';
  body?: object;
  headers?: Record<string, string>;
  repeatOn?: Repeatable;
}

/** Calls the edge function. */
export function callApi<T>(
  { supabase, onWrite }: Context,
  path: string,
  { repeatOn = unavailable, signal, ...request }: ApiRequest,
): Promise<T> {
  return withRetries({ repeatOn, signal }, async (retries) => {
    const options = { ...request, signal } as FunctionInvokeOptions;
    const { data, error, response } = await supabase.functions
      .invoke(`api/${path}`, options)
      .finally(onWrite);
    if (!error || (request.method === 'DELETE' && isRemoved(response?.status, retries)))
      return (data || null) as T;
    throw response ? await fromResponse(response) : unanswered('network_error', error.context ?? error);
  });
}

/** The error of an answer of `fetch`. */
export async function fromResponse(response: Response): Promise<NoctraError> {
  const retryAfter = response.headers.get('retry-after');
  return fromAnswer({
    status: response.status,
    body: await response.json().catch(() => null),
    retry_after: retryAfter ? Number(retryAfter) : undefined,
  });
}
