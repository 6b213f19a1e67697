import { createClient } from '@supabase/supabase-js';
import type { Config } from '../config.ts';
import type { Database } from '../database.types.ts';
import type { NoctraClient } from './context.ts';

// No client keeps a session of its own: functions serve many people from one process.
const stateless = { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } as const;

/** A client that acts as the person whom the token names: row-level security decides what it may do. */
export function callerClient(config: Config, token: string): NoctraClient {
  return createClient<Database>(config.url, config.publishableKey, { accessToken: async () => token });
}

/** A client without a person: it may do nothing but ask Auth. */
export function anonymousClient(config: Config): NoctraClient {
  return createClient<Database>(config.url, config.publishableKey, { auth: stateless });
}

/**
 * A client with the secret key, past row-level security: only for what must be known before anyone is signed in, and
 * for sign-in itself. Auth limits attempts by address, and all of ours would come from this function's; it believes
 * the forwarded address only from the holder of the secret key (setting `security_sb_forwarded_for_enabled`).
 */
export function secretClient(config: Config, clientAddress: string | null): NoctraClient {
  const headers: Record<string, string> = clientAddress ? { 'Sb-Forwarded-For': clientAddress } : {};
  return createClient<Database>(config.url, config.secretKey, { auth: stateless, global: { headers } });
}

/**
 * The address of who made the request. Cloudflare, in front of hosted projects, overwrites its own header; elsewhere
 * anybody can send that one. A project's own gateway adds the address that it sees to the end of X-Forwarded-For: what
 * stands before it is what the client said.
 */
export function clientAddress(config: Config, headers: Headers): string | null {
  const isHosted = config.url.startsWith('https:');
  const address = isHosted
    ? (headers.get('cf-connecting-ip') ?? headers.get('x-forwarded-for')?.split(',', 1)[0])
    : headers.get('x-forwarded-for')?.split(',').at(-1);
  return address && isAddress(address.trim()) ? address.trim() : null;
}

/** Whether a text is an IP address, for Postgres to read: a URL with one for a host tells. */
function isAddress(text: string): boolean {
  if (/^\d+(\.\d+){3}$/.test(text)) return URL.canParse(`http://${text}`);
  return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
}
