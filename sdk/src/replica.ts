import { createClient } from '@supabase/supabase-js';
import type { Context } from './calls.ts';
import type { Database } from './database.types.ts';

/** Reads from a replica: options of `createNoctra`. */
export interface ReplicaOptions {
  /**
   * The URL of a read replica, or of the load balancer before several. All lists, `posts.get`, `comments.get`,
   * `profiles.get`, `notifications.unreadCount` and `notifications.settings` ask there first. If the replica does not
   * answer, they ask the primary. All other requests go to the primary, those of `noctra.supabase` included.
   */
  read_url?: string | undefined;
  /**
   * For how many seconds reads go to the primary after a write of this client, and after the replica did not answer.
   * Choose more than the replica lags. Default: 5.
   */
  primary_after_write?: number | undefined;
}

/** A client for reads, and what to call after each write. */
export function openReader(
  { supabase, url, key, global }: Omit<Context, 'reader' | 'onWrite' | 'listen'>,
  { read_url, primary_after_write = 5 }: ReplicaOptions,
): Pick<Context, 'reader' | 'onWrite'> {
  if (!read_url) return { reader: supabase, onWrite: () => {} };
  let primaryUntil = 0;
  const onWrite = () => {
    primaryUntil = performance.now() + primary_after_write * 1000;
  };

  /** Asks the replica and the primary, the more promising of them first. */
  const fetchEither: typeof fetch = async (input, init) => {
    const path = String(input).slice(url.length);
    const isPrimaryFirst = performance.now() < primaryUntil;
    const ask = (isPrimary: boolean) =>
      (global.fetch ?? fetch)((isPrimary ? url : bare(read_url)) + path, init);
    const first = await ask(isPrimaryFirst).catch(() => null);
    const isServed = first && first.status < 500;
    // The primary decides about errors: what is asked for may not have reached the replica yet.
    if (isServed && (isPrimaryFirst || first.ok)) return first;
    init?.signal?.throwIfAborted();
    // The server that does not answer is asked second for a while.
    if (isPrimaryFirst) primaryUntil = 0;
    else if (!isServed) onWrite();
    return ask(!isPrimaryFirst);
  };

  const reader = createClient<Database>(url, key, {
    accessToken: async () => (await supabase.auth.getSession()).data.session?.access_token ?? null,
    global: { ...global, fetch: fetchEither },
  });
  return { reader, onWrite };
}

/** A URL without slashes at its end. */
export function bare(url: string): string {
  return url.replace(/\/+$/, '');
}
