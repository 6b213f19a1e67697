import type { SupabaseClient } from '@supabase/supabase-js';
import type { Context } from 'hono';
import type { Database } from '../database.types.ts';

/** A supabase-js client of Noctra's database. */
export type NoctraClient = SupabaseClient<Database>;

/** The user of a request, and the client that acts as that user. */
export interface Caller {
  id: string;
  token: string;
  client: NoctraClient;
}

/** The values that the middleware passes to the handlers. */
export interface AppEnv {
  Variables: { caller: Caller };
}

/** The request context of every handler. */
export type AppContext = Context<AppEnv>;
