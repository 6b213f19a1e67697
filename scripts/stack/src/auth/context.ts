import type { Sql } from 'postgres';
import type { Caller } from '../caller.ts';
import type { Project } from '../project.ts';
import { readBody } from './body.ts';
import { AuthError } from './errors.ts';
import type { Hooks } from './hooks.ts';
import type { Limited, Limits } from './limits.ts';
import type { Mails } from './mails.ts';
import type { Passwords } from './passwords.ts';
import type { Redirects } from './redirects.ts';
import type { Device, Session, Sessions } from './sessions.ts';
import { findUser, isUuid, type User } from './users.ts';

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
  /** Whose request it is, for counting. */
  address: string | null;
}

/** Answers one request, or throws an AuthError. */
export type Endpoint = (auth: Context, call: Call) => Promise<Response>;

/** Whether addresses count as confirmed without a mail. */
export function confirmsAtOnce({ config }: Context): boolean {
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

/** The user whose token came with the request, and the session it belongs to; tokens of older stacks name none. */
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
  if (!sessionId) return { user, session: null };
  const [session] = isUuid(sessionId)
    ? await database<Session[]>`select * from auth.sessions where id = ${sessionId} and user_id = ${sub}`
    : [];
  if (!session)
    throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
  return { user, session };
}

/** Lets in who has the secret key, and nobody else. */
export function requireAdmin({ caller }: Call): void {
  if (caller.role !== 'service_role') throw new AuthError(403, 'not_admin', 'User not allowed');
}
