import { type NoctraError, toNoctraError, unanswered } from './errors.ts';

/**
 * What every call answers: either `data`, or `error`. Nothing is thrown.
 *
 * @example
 * ```ts
 * const { data, error } = await noctra.posts.get(id);
 * if (error) return showError(error.code);
 * render(data); // not null from here on
 * ```
 */
export type Result<T> = { data: T; error: null } | { data: null; error: NoctraError };

/** What every call takes. */
export interface CallOptions {
  /** Stops the call, also while it waits for another try. Its error is then `aborted`. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs one public call. Inside the SDK errors are thrown; this is the one place where they become the
 * `error` of a result.
 */
export async function attempt<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<Result<T>> {
  try {
    signal?.throwIfAborted();
    return { data: await call(), error: null };
  } catch (cause) {
    const error = signal?.aborted ? unanswered('aborted', signal.reason) : toNoctraError(cause);
    return { data: null, error };
  }
}
