import { App } from '@supabase/lite';
import postgres from 'postgres';
import { type Caller, publicKeys } from '../caller.ts';
import { innerHeaders, innerPublishableKey, innerSecret, innerSecretKey } from '../inner-token.ts';
import type { Keys } from '../keys.ts';
import { keepGrants, liteConnection } from '../lite.ts';
import type { Mail } from '../mailbox.ts';
import type { Project } from '../project.ts';
import { authError } from './errors.ts';
import { createHook } from './hook.ts';
import { createSessions } from './sessions.ts';

/** What Auth needs. */
export interface AuthOptions {
  /** The database, as the role `supabase_auth_admin`, which owns the schema auth and nothing else. */
  url: string;
  /** The gateway's origin: the issuer of tokens, and the host of links in mails. */
  origin: string;
  keys: Keys;
  config: Project['config']['auth'];
  send(mail: Mail): Promise<void>;
}

/** Auth (`/auth/v1`): Supabase Lite's, with mends that make it answer as Supabase Auth does. */
export interface Auth {
  fetch(request: Request, caller: Caller, address: string | null): Promise<Response>;
  /** Endpoints that need no key: the public keys and the links in mails. */
  isPublic(path: string): boolean;
  close(): Promise<void>;
}

const prefix = '/auth/v1';
const publicPaths = new Set([
  '/verify',
  '/callback',
  '/authorize',
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
]);

/** Starts Auth. */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { config, keys, origin } = options;
  const connection = liteConnection(options.url, 4);
  keepGrants(connection);
  const database = postgres(options.url, { max: 4, onnotice: () => {} });
  const app = new App({
    connection,
    auth: {
      enabled: true,
      jwt_secret: innerSecret,
      publishable_key: innerPublishableKey,
      secret_key: innerSecretKey,
      jwt_expiry: config.jwt_expiry,
      enable_refresh_token_rotation: config.enable_refresh_token_rotation,
      refresh_token_reuse_interval: config.refresh_token_reuse_interval,
      enable_signup: config.enable_signup,
      minimum_password_length: config.minimum_password_length,
      password_requirements: config.password_requirements,
      site_url: config.site_url,
      additional_redirect_urls: [...config.additional_redirect_urls],
      email: {
        enable_signup: config.email.enable_signup,
        enable_confirmations: config.email.enable_confirmations,
        double_confirm_changes: config.email.double_confirm_changes,
        otp_length: config.email.otp_length,
        otp_expiry: config.email.otp_expiry,
      },
    },
    options: { server: { admin: false }, drivers: { email: { send: options.send } } },
  } as never);
  await app.init();
  const sessions = createSessions({ keys, database, issuer: `${origin}${prefix}` });
  const hook = createHook(config.hook.before_user_created, database);
  const serve = (request: Request) => app.fetch(request, { peerAddress: null });

  return {
    isPublic: (path) => publicPaths.has(path.slice(prefix.length)),

    async fetch(request, caller, address) {
      const path = new URL(request.url).pathname.slice(prefix.length);
      if (path === '/.well-known/jwks.json') {
        return Response.json(publicKeys(keys), { headers: { 'cache-control': 'public, max-age=600' } });
      }
      const headers = await innerHeaders(request, caller);
      let body: BodyInit | null = request.body;
      if (path === '/signup' && request.method === 'POST') {
        body = await request.text();
        const refused = await hook(body, address);
        if (refused) return refused;
      }
      const inner = new Request(request.url, {
        method: request.method,
        headers,
        body,
        ...(body ? { duplex: 'half' } : {}),
      });
      const response = await serve(inner);
      if (response.status === 500) return databaseFailure(path);
      return sessions.sign(path, response);
    },

    async close() {
      await Promise.all([connection.close(), database.end({ timeout: 5 })]);
    },
  };
}

/** Supabase Auth says which of its writes the database refused, for example a trigger on `auth.users`. */
function databaseFailure(path: string): Response {
  const doing = path === '/user' ? 'Error updating user' : 'Database error saving new user';
  return authError(500, 'unexpected_failure', doing);
}
