import { createClient, type SupabaseClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import { createAuth } from './auth.ts';
import type { Context } from './calls.ts';
import { createComments } from './comments.ts';
import type { Database } from './database.types.ts';
import { createFeed } from './feed.ts';
import { createListen } from './live.ts';
import { createMedia } from './media.ts';
import { createNotifications } from './notifications.ts';
import { createPeople } from './people.ts';
import { createPosts } from './posts.ts';
import { createProfiles } from './profiles.ts';
import { bare, openReader, type ReplicaOptions } from './replica.ts';
import { createReports } from './reports.ts';
import { createSearch } from './search.ts';

/** A supabase-js client that knows Noctra's tables and functions. */
export type NoctraSupabaseClient = SupabaseClient<Database>;

/** The options of supabase-js's `createClient`, or an existing client; and where to read. */
export interface NoctraOptions
  extends Omit<SupabaseClientOptions<'public'>, 'accessToken' | 'db'>,
    ReplicaOptions {
  /** A supabase-js client to use instead of a new one: with its session, its `fetch` and its headers. */
  supabase?: NoctraSupabaseClient;
}

export type Noctra = ReturnType<typeof createNoctra>;

/**
 * Opens Noctra.
 *
 * @param url The project's URL.
 * @param key Its publishable key. Never the secret key.
 *
 * @example
 * const noctra = createNoctra('http://127.0.0.1:54321', 'sb_publishable_…');
 *
 * @example With the app's own client
 * const noctra = createNoctra(url, key, { supabase });
 *
 * @example With a read replica
 * const noctra = createNoctra(url, key, { read_url: 'https://abcdefgh-all.supabase.co' });
 */
export function createNoctra(url: string, key: string, options: NoctraOptions = {}) {
  const { supabase = createClient<Database>(url, key, options) } = options;
  // biome-ignore lint/complexity/useLiteralKeys: the brackets reach a protected property; there is no public one.
  const { global = {} } = supabase['settings'] ?? {};
  const opened = { supabase, global, url: bare(url), key };
  const context: Context = { ...opened, ...openReader(opened, options), listen: createListen(supabase) };
  return {
    /** The supabase-js client, typed for Noctra's tables and functions: for everything that the SDK does not wrap. */
    supabase,
    auth: createAuth(context),
    posts: createPosts(context),
    feed: createFeed(context),
    comments: createComments(context),
    profiles: createProfiles(context),
    people: createPeople(context),
    notifications: createNotifications(context),
    search: createSearch(context),
    reports: createReports(context),
    media: createMedia(context),
  };
}
