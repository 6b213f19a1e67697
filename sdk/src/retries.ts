import { type NoctraError, toNoctraError } from './errors.ts';

/** Statuses after which a call is repeated, besides a 429 with a time. 0 stands for no answer, null for no repetition. */
export type Repeatable = readonly number[] | null;

/** For calls that have the same effect twice as once. */
export const unavailable: readonly number[] = [0, 502, 503, 504];

const maxRetries = 2;

/** Before the first retry the SDK waits half of it to all of it, before the second three times as long. */
const backoffMs = 600;

/** If the server names a longer time, the call fails and the app decides. */
const maxWaitMs = 30_000;

/** Makes a call, and makes it again where that may help and does no harm. The call learns how often it has failed. */
export async function withRetries<T>(
  { repeatOn, signal }: { repeatOn: Repeatable; signal?: AbortSignal | undefined },
  call: (retries: number) => Promise<T>,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      signal?.throwIfAborted();
      return await untilAborted(call(retries), signal);
    } catch (cause) {
      const error = toNoctraError(cause);
      const wait = retries < maxRetries && !signal?.aborted ? waitFor(error, repeatOn, retries) : null;
      if (wait === null) throw error;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const waited = new Promise((resolve) => {
        timer = setTimeout(resolve, wait);
      });
      await untilAborted(waited, signal).finally(() => clearTimeout(timer));
    }
  }
}

/** Milliseconds until a retry makes sense, or null. */
function waitFor(
  { status, code, retry_after }: NoctraError,
  repeatOn: Repeatable,
  retries: number,
): number | null {
  const mayPass = status === 429 ? retry_after !== undefined : repeatOn?.includes(status);
  if (!repeatOn || !mayPass || code === 'unexpected_error') return null;
  // Random, so that the clients that one fault has disconnected do not return together.
  const backoff = backoffMs * 3 ** retries * (0.5 + Math.random() / 2);
  const wait = retry_after === undefined ? backoff : retry_after * 1000;
  return wait <= maxWaitMs ? wait : null;
}

/** The outcome of a promise, or the reason of an abort if that comes first. Not all of supabase-js takes a signal. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
