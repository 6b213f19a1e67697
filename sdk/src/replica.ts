import type { Send } from './context.ts';

/** Reads from a replica: options of `createNoctra`. */
export interface ReplicaOptions {
  /**
   * The URL of a read replica, or of the load balancer before several. `posts.page`, `posts.all`, `posts.get` and
   * `profiles.get` ask there; what it does not give, for whatever reason, is asked of the primary. Where the primary
   * does not answer, they go on without it. All else goes to the project's URL, `noctra.supabase` included.
   */
  read_url?: string | undefined;
  /**
   * Seconds for which reads go to the primary after a write by `noctra.posts`, `profiles` or `auth`, or when the replica
   * has not answered: more than a change takes to reach the replica. Default: 5.
   */
  primary_after_write?: number | undefined;
}

/**
 * A {@link Send} that sends reads of the Data API where they are served best, and all else on as it is.
 *
 * @param url The primary's URL, without a slash at its end.
 * @param read_url The replica's.
 */
export function withReplica(
  url: string,
  read_url: string,
  send: Send,
  { primary_after_write = 5 }: ReplicaOptions,
): Send {
  let primaryUntil = 0;
  const preferPrimary = () => {
    primaryUntil = performance.now() + primary_after_write * 1000;
  };
  return async (address, init) => {
    const path = address.slice(url.length);
    if (!path.startsWith('/rest/')) {
      // Noted when it has ended, also without an answer: it may be done all the same. Storage has no rows to read.
      const isWrite = init.method !== 'GET' && !path.startsWith('/storage/');
      return send(address, init).finally(isWrite ? preferPrimary : undefined);
    }
    const isPrimaryFirst = performance.now() < primaryUntil;
    const ask = (isPrimary: boolean) => send((isPrimary ? url : read_url) + path, init);
    const first = await ask(isPrimaryFirst).catch(() => null);
    const isServed = first && first.status < 500;
    // A replica's refusal is not the last word: what is asked for may not have come there yet.
    if (isServed && (isPrimaryFirst || first.ok)) return first;
    init.signal?.throwIfAborted();
    // Who does not answer is asked second for a while.
    if (isPrimaryFirst) primaryUntil = 0;
    else if (!isServed) preferPrimary();
    return ask(!isPrimaryFirst);
  };
}
