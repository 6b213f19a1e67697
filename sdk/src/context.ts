import type { PostgrestSingleResponse, SupabaseClient } from '@supabase/supabase-js';
import type { Database } from './database.types.ts';
import { fromPostgrest, NoctraError } from './errors.ts';

/** A supabase-js client that knows Noctra's tables and functions. */
export type NoctraSupabaseClient = SupabaseClient<Database>;

/** What every part of the SDK works with. */
export interface Context {
  supabase: NoctraSupabaseClient;
  /** The project's URL, without a slash at its end. */
  url: string;
  /** The publishable key. */
  key: string;
  /** What the app wants every request to carry. */
  headers: Record<string, string>;
  fetch: typeof fetch;
  /** Whether `fetch` is the app's: then no request may go past it. */
  hasOwnFetch: boolean;
}

/** Who is signed in, as the access token says. */
export interface Caller {
  access_token: string;
  id: string;
  email: string | null;
}

/**
 * The signed-in person, without a request as long as the session is fresh. The claims are read from the
 * token: `session.user` is absent where the app keeps users in a storage of their own. They are not
 * verified, and need not be: the server verifies the same token with every request.
 */
export async function requireCaller({ supabase }: Context): Promise<Caller> {
  const { data, error } = await supabase.auth.getSession();
  if (error) throw error;
  if (!data.session)
    throw new NoctraError({ code: 'not_signed_in', message: 'Nobody is signed in.', status: 401 });
  const { access_token } = data.session;
  const { sub, email } = readClaims(access_token);
  return { access_token, id: sub, email: email || null };
}

function readClaims(token: string): { sub: string; email?: string } {
  const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The data of an answer of the Data API; its error is thrown. */
export function unwrap<T>({ data, error, status }: PostgrestSingleResponse<T>): T {
  if (error) throw fromPostgrest(error, status);
  return data;
}
