import type { Session, SupabaseClient } from '@supabase/supabase-js';
import type { NoctraOptions } from './client.ts';
import type { Database } from './database.types.ts';
import { dataOf, refusal } from './errors.ts';

/** A supabase-js client that knows Noctra's tables and functions. */
export type NoctraSupabaseClient = SupabaseClient<Database>;

/** Sends a request, as `fetch` does. */
export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** What every part of the SDK works with. */
export interface Context {
  supabase: NoctraSupabaseClient;
  /** The project's URL, without a slash at its end. */
  url: string;
  /** The publishable key. */
  key: string;
  options: NoctraOptions;
  /** What all requests take: the app's own, where it has given one, and the way to a replica. */
  fetch: Send;
}

/** Who is signed in, as the access token says. */
export interface Caller {
  access_token: string;
  id: string;
}

/**
 * The signed-in person, without a request as long as the session is fresh. The claims are read from the
 * token: `session.user` is absent where the app keeps users in a storage of their own. They are not
 * verified, and need not be: the server verifies the same token with every request.
 */
export async function requireCaller({ supabase }: Context): Promise<Caller> {
  const { session } = dataOf<{ session: Session | null }>(await supabase.auth.getSession());
  if (!session) throw refusal('not_signed_in', 401, 'Nobody is signed in.');
  const { access_token } = session;
  // What else the claims say may be more than ASCII, and is not looked at.
  const [, payload = ''] = access_token.split('.');
  return { access_token, id: JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))).sub };
}
