import type { Sql } from 'postgres';
import type { Caller } from '../caller.ts';
import type { Project } from '../project.ts';
import { AuthError } from './auth-error.ts';
import { readBody } from './body.ts';
import type { Hooks } from './hooks.ts';
import type { Limited, Limits } from './limits.ts';
import type { Mails } from './mails.ts';
import type { Passwords } from './passwords.ts';
import type { Redirects } from './redirects.ts';
import type { Device, Session, Sessions } from './sessions.ts';
import type { User } from './user-rows.ts';
import { findUser, isBanned, isUuid } from './users.ts';

/** What the endpoints share. */
export interface Context {
  config: Project['config']['auth'];
  /** As `supabase_auth_admin`. */
  database: Sql;
  /** The address of Auth. */
  url: string;
  hooks: Hooks;
  limits: Limits;
  mails: Mails;
  passwords: Passwords;
  redirects: Redirects;
  sessions: Sessions;
}

/** One request. */
export interface Call {
  request: Request;
  url: URL;
  caller: Caller;
  /** The client's address, for rate limits. */
  address: string | null;
}

/** Answers one request, or throws an AuthError. */
export type Endpoint = (auth: Context, call: Call) => Promise<Response>;

/** Whether addresses count as confirmed without a mail. */
export function autoConfirms({ config }: Context): boolean {
  return !config.email.enable_confirmations;
}

/** Counts the request, then reads its body. */
export async function countAndRead({ limits }: Context, call: Call, limited: Limited) {
  limits.count(limited, call.url.pathname, call.address);
  return readBody(call.request);
}

/** Where a session begins. */
export function deviceOf({ request, address }: Call): Device {
  return { userAgent: request.headers.get('user-agent'), address };
}

/** The user and the session of the request's token; a token made by the project itself may have no session. */
export async function signedIn(
  { database }: Context,
  { caller, request }: Call,
): Promise<{ user: User; session: Session | null }> {
  const { sub, session_id: sessionId } = caller.claims;
  if (!request.headers.has('authorization'))
    throw new AuthError(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
  if (!sub) throw new AuthError(403, 'bad_jwt', 'invalid claim: missing sub claim');
  if (!isUuid(sub)) throw new AuthError(400, 'bad_jwt', 'invalid claim: sub claim must be a UUID');
  const user = await findUser(database, sub);
  if (!user) throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
  const session = sessionId ? await findSession(database, sessionId, sub) : null;
  // Since 2.195: `requireAuthentication` in internal/api/auth.go of supabase/auth.
  if (isBanned(user)) throw new AuthError(403, 'user_banned', 'User is banned');
  return { user, session };
}

async function findSession(database: Sql, id: unknown, userId: string): Promise<Session> {
  const [session] = isUuid(id)
    ? await database<Session[]>`select * from auth.sessions where id = ${id} and user_id = ${userId}`
    : [];
  if (session) return session;
  throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
}

/** Refuses a request without the secret key. */
export function requireAdmin({ caller }: Call): void {
  if (caller.role !== 'service_role') throw new AuthError(403, 'not_admin', 'User not allowed');
}
