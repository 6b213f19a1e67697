import { createClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import { type Auth, createAuth } from './auth.ts';
import type { NoctraSupabaseClient } from './context.ts';
import type { Database } from './database.types.ts';
import { createMedia, type Media } from './media.ts';
import { createPosts, type Posts } from './posts.ts';
import { createProfiles, type Profiles } from './profiles.ts';
import { type ReplicaOptions, withReplica } from './replica.ts';

/** The options of supabase-js's `createClient`, or a client that there is already; and where to read. */
export interface NoctraOptions
  extends Omit<SupabaseClientOptions<'public'>, 'accessToken' | 'db'>,
    ReplicaOptions {
  /** A supabase-js client to use, in place of a new one: its session and its settings are then Noctra's too. */
  supabase?: NoctraSupabaseClient;
}

/** Noctra, as an app sees it. */
export interface Noctra {
  /** The supabase-js client below, typed for Noctra's tables and functions: for all that the SDK does not wrap. */
  readonly supabase: NoctraSupabaseClient;
  readonly auth: Auth;
  readonly posts: Posts;
  readonly profiles: Profiles;
  readonly media: Media;
}

/**
 * Opens Noctra.
 *
 * @param url The project's URL.
 * @param key Its publishable key. Never the secret one.
 *
 * @example
 * ```ts
 * const noctra = createNoctra('http://127.0.0.1:54321', 'sb_publishable_…');
 * ```
 *
 * @example With a client that the app has already
 * ```ts
 * const noctra = createNoctra(url, key, { supabase });
 * ```
 *
 * @example With a replica that serves reads
 * ```ts
 * const noctra = createNoctra(url, key, { read_url: 'https://abcdefgh-all.supabase.co' });
 * ```
 */
export function createNoctra(url: string, key: string, options: NoctraOptions = {}): Noctra {
  const { supabase = createClient<Database>(url, key, options), read_url } = options;
  // Looked up at each call, and called as a plain function: browsers refuse `fetch` as a method of another object.
  const send = options.global?.fetch ?? ((address: string, init: RequestInit) => fetch(address, init));
  const bare = (address: string) => address.replace(/\/+$/, '');
  const context = {
    supabase,
    url: bare(url),
    key,
    options,
    fetch: read_url ? withReplica(bare(url), bare(read_url), send, options) : send,
  };
  return {
    supabase,
    auth: createAuth(context),
    posts: createPosts(context),
    profiles: createProfiles(context),
    media: createMedia(context),
  };
}
