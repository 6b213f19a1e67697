import { createClient } from '@supabase/supabase-js';
import type { Config } from '../config.ts';
import type { Database } from '../database.types.ts';
import type { NoctraClient } from './context.ts';

// No client keeps a session: one process serves many users.
const stateless = { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } as const;

/** A client that acts as the user of the token: row-level security decides what it may do. */
export function callerClient(config: Config, token: string): NoctraClient {
  return createClient<Database>(config.url, config.publishableKey, { accessToken: async () => token });
}

/** A client without a user: it may do nothing but ask Auth. */
export function anonymousClient(config: Config): NoctraClient {
  return createClient<Database>(config.url, config.publishableKey, { auth: stateless });
}

/**
 * A client with the secret key, which row-level security does not apply to: only for questions before a user is signed
 * in, and for sign-in itself. Auth limits attempts by IP address, and without the header all would come from this
 * function's. It accepts the header only with the secret key (setting `security_sb_forwarded_for_enabled`).
 */
export function secretClient(config: Config, clientAddress: string | null): NoctraClient {
  const headers: Record<string, string> = clientAddress ? { 'Sb-Forwarded-For': clientAddress } : {};
  return createClient<Database>(config.url, config.secretKey, { auth: stateless, global: { headers } });
}

/**
 * The IP address of the client. On hosted projects Cloudflare overwrites its own header; elsewhere clients can send that
 * header themselves. A project's own gateway adds the address that it sees to the end of X-Forwarded-For: the addresses
 * before it are the client's claim.
 */
export function clientAddress(config: Config, headers: Headers): string | null {
  const isHosted = config.url.startsWith('https:');
  const address = isHosted
    ? (headers.get('cf-connecting-ip') ?? headers.get('x-forwarded-for')?.split(',', 1)[0])
    : headers.get('x-forwarded-for')?.split(',').at(-1);
  return address && isAddress(address.trim()) ? address.trim() : null;
}

/** Whether a text is an IP address that Postgres can read. A URL parser checks it as a host. */
function isAddress(text: string): boolean {
  if (/^\d+(\.\d+){3}$/.test(text)) return URL.canParse(`http://${text}`);
  return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
}
