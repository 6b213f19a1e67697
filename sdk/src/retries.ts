import { type NoctraError, toNoctraError } from './errors.ts';

/** Tries after the first one. */
const mostRetries = 2;

/** Half of it to all of it is waited before the first retry, three times as much before the second. */
const backoffMs = 600;

/** Told to wait for longer than somebody looks at a spinner, a call fails instead: the app knows what to say. */
const longestWaitMs = 30_000;

/**
 * When a call is made again: `always` where the server does once what it is asked twice, `refused` where it was
 * turned away before anything was done, or `never`.
 */
export type Retry = 'always' | 'refused' | 'never';

/** Runs a call, and again where the failure may pass and a repetition does no harm. It is told how often it failed. */
export async function withRetries<T>(
  { retry = 'always', signal }: { retry?: Retry | undefined; signal?: AbortSignal | undefined },
  call: (retries: number) => Promise<T>,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await call(retries);
    } catch (cause) {
      const error = toNoctraError(cause);
      const wait = retries < mostRetries && retry !== 'never' ? waitFor(error, retry, retries) : null;
      if (wait === null || signal?.aborted) throw error;
      await delay(wait, signal);
    }
  }
}

/** Milliseconds until a retry makes sense, or null where it does not. */
function waitFor({ status, code, retry_after }: NoctraError, retry: Retry, retries: number): number | null {
  // How long it takes until a request is let through again only the server knows.
  const mayPass =
    status === 429
      ? retry_after !== undefined
      : retry === 'always' && (code === 'network_error' || [502, 503, 504].includes(status));
  const wait =
    retry_after === undefined
      ? // By chance: clients that a fault has thrown out together must not come back together.
        backoffMs * 3 ** retries * (0.5 + Math.random() / 2)
      : retry_after * 1000;
  return mayPass && wait <= longestWaitMs ? wait : null;
}

function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
