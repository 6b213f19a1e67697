import { randomBytes, randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { importJWK, SignJWT } from 'jose';
import type { Row, Sql } from 'postgres';
import { headerOf } from '../configured-keys.ts';
import { StackError } from '../errors.ts';
import type { Keys } from '../keys.ts';
import type { Project } from '../project.ts';
import { audit } from './audit.ts';
import { AuthError, invalid } from './auth-error.ts';
import { parseDuration } from './durations.ts';
import type { Hooks } from './hooks.ts';
import { userJson } from './user-json.ts';
import type { Db, User } from './user-rows.ts';
import { findUser, isBanned, updateUser } from './users.ts';

type AuthConfig = Project['config']['auth'];

/** A row of `auth.sessions`: one device that is signed in. */
export interface Session extends Row {
  id: string;
  user_id: string;
  aal: string | null;
  not_after: Date | null;
  refreshed_at: Date | null;
  created_at: Date;
}

interface RefreshToken extends Row {
  id: string;
  token: string;
  user_id: string;
  session_id: string | null;
  revoked: boolean;
  parent: string | null;
  updated_at: Date;
}

/** What a client gets when it signs in. */
export interface SessionAnswer {
  access_token: string;
  token_type: 'bearer';
  expires_in: number;
  expires_at: number;
  refresh_token: string;
  user: Awaited<ReturnType<typeof userJson>>;
}

/** How a session began, by the names of the `amr` claim. */
export type SignInMethod =
  | 'password'
  | 'otp'
  | 'anonymous'
  | 'magiclink'
  | 'recovery'
  | 'invite'
  | 'email/signup'
  | 'email_change';

/** The device of a session. */
export interface Device {
  userAgent: string | null;
  address: string | null;
}

/** Sessions and their tokens. */
export interface Sessions {
  /** Signs a user in. */
  start(db: Db, user: User, method: SignInMethod, device: Device): Promise<SessionAnswer>;
  /** Exchanges a refresh token for new tokens. */
  refresh(token: string): Promise<SessionAnswer>;
  /** Ends sessions of a user: all, one (`local`), or all but that one (`others`). */
  end(db: Db, userId: string, scope: 'global' | 'local' | 'others', sessionId: string | null): Promise<void>;
}

/** What sessions need. */
export interface SessionSettings {
  database: Sql;
  keys: Keys;
  config: AuthConfig;
  hooks: Hooks;
  /** The `iss` claim: the address of Auth. */
  issuer: string;
}

const refreshTokenAlphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const refreshTokenLength = 12;

/** Makes the sessions of one project. */
export function createSessions({ database, keys, config, hooks, issuer }: SessionSettings): Sessions {
  const signingKey = importJWK(keys.signingKey);
  const timebox = durationOf('timebox', config.sessions?.timebox);
  const inactivity = durationOf('inactivity_timeout', config.sessions?.inactivity_timeout);
  const reuseInterval = config.refresh_token_reuse_interval * 1000;

  /** `method` is for the project's hook: how the session begins, or `token_refresh`. */
  async function answer(
    db: Db,
    user: User,
    sessionId: string,
    refreshToken: string,
    method: SignInMethod | 'token_refresh',
  ): Promise<SessionAnswer> {
    const methods = await db`
      select authentication_method as method, extract(epoch from created_at)::int as timestamp
      from auth.mfa_amr_claims where session_id = ${sessionId} order by created_at desc
    `;
    const issuedAt = Math.floor(Date.now() / 1000);
    const expiresAt = issuedAt + config.jwt_expiry;
    const claims = {
      iss: issuer,
      sub: user.id,
      aud: user.aud ?? '',
      iat: issuedAt,
      exp: expiresAt,
      email: user.email ?? '',
      phone: user.phone ?? '',
      app_metadata: user.raw_app_meta_data ?? {},
      user_metadata: user.raw_user_meta_data ?? {},
      role: user.role ?? '',
      aal: 'aal1',
      amr: methods.map(({ method, timestamp }) => ({ method, timestamp })),
      session_id: sessionId,
      is_anonymous: user.is_anonymous,
    };
    const accessToken = await new SignJWT(await hooks.customAccessToken(db, user.id, claims, method))
      .setProtectedHeader(headerOf(keys.signingKey))
      .sign(await signingKey);
    return {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: config.jwt_expiry,
      expires_at: expiresAt,
      refresh_token: refreshToken,
      user: await userJson(db, user),
    };
  }

  async function addRefreshToken(db: Db, session: { id: string; user_id: string }, parent: string | null) {
    const token = newRefreshToken();
    await db`
      insert into auth.refresh_tokens (token, user_id, session_id, parent, revoked, created_at, updated_at)
      values (${token}, ${session.user_id}, ${session.id}, ${parent}, false, clock_timestamp(), clock_timestamp())
    `;
    return token;
  }

  async function start(db: Db, user: User, method: SignInMethod, device: Device): Promise<SessionAnswer> {
    const session = { id: randomUUID(), user_id: user.id };
    const ip = device.address && isIP(device.address) ? device.address : null;
    await db`
      insert into auth.sessions (id, user_id, aal, user_agent, ip, created_at, updated_at)
      values (${session.id}, ${user.id}, 'aal1', ${device.userAgent}, ${ip}, now(), now())
    `;
    await db`
      insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
      values (${randomUUID()}, ${session.id}, ${method}, now(), now())
    `;
    const token = await addRefreshToken(db, session, null);
    const signedIn = await updateUser(db, user.id, { last_sign_in_at: new Date() });
    return answer(db, signedIn, session.id, token, method);
  }

  async function refresh(presented: string): Promise<SessionAnswer> {
    if (!presented) throw invalid('Refresh token is not valid');
    const result = await database.begin(async (db): Promise<SessionAnswer | AuthError> => {
      const [found] = await db<RefreshToken[]>`select * from auth.refresh_tokens where token = ${presented}`;
      if (!found) return tokenError('refresh_token_not_found', 'Refresh Token Not Found');
      const user = await findUser(db, found.user_id);
      if (!user) return tokenError('refresh_token_not_found', 'Refresh Token Not Found');
      if (isBanned(user)) return tokenError('user_banned', 'User Banned');
      // Other refreshes of this session wait here, and then see the new state of the token.
      const [session] = await db<Session[]>`
        select id, user_id, aal, not_after, created_at, refreshed_at at time zone 'utc' as refreshed_at
        from auth.sessions where id = ${found.session_id} for update
      `;
      if (!session) return tokenError('session_not_found', 'No Valid Session Found');
      const expired = expiry(session);
      if (expired) return expired;

      const tokens = await db<RefreshToken[]>`
        select * from auth.refresh_tokens where session_id = ${session.id} order by created_at
      `;
      const token = tokens.find((other) => other.id === found.id) ?? found;
      const active = tokens.findLast((other) => !other.revoked);
      let next: string | undefined;
      if (token.revoked) {
        // The client may not have received the answer to its last refresh: it gets the same token again.
        if (active?.parent === token.token) next = active.token;
        else if (Date.now() > token.updated_at.getTime() + reuseInterval) {
          // A reused old token means that it was copied: all tokens of the session are revoked. As on Supabase, the newest
          // one can still be reused for the interval (`RevokeTokenFamily` in internal/models/refresh_token.go).
          if (config.enable_refresh_token_rotation)
            await db`
              update auth.refresh_tokens set revoked = true, updated_at = clock_timestamp()
              where session_id = ${session.id} and not revoked
            `;
          return tokenError('refresh_token_already_used', 'Already Used');
        }
      }
      if (!next) {
        await db`
          update auth.refresh_tokens set revoked = true, updated_at = clock_timestamp() where id = ${token.id}
        `;
        next = await addRefreshToken(db, session, token.token);
        await audit(db, 'token_revoked', user);
      }
      await db`
        update auth.sessions set refreshed_at = now() at time zone 'utc', updated_at = now() where id = ${session.id}
      `;
      await audit(db, 'token_refreshed', user);
      return answer(db, user, session.id, next, 'token_refresh');
    });
    // Thrown outside the transaction, so that a refusal does not undo the revocation.
    if (result instanceof AuthError) throw result;
    return result;
  }

  function expiry(session: Session): AuthError | null {
    const now = Date.now();
    const lastUsed = (session.refreshed_at ?? session.created_at).getTime();
    const end = session.not_after?.getTime() ?? Number.POSITIVE_INFINITY;
    if (now > end || (timebox !== null && now > session.created_at.getTime() + timebox))
      return tokenError('session_expired', 'Session Expired');
    if (inactivity !== null && now > lastUsed + inactivity)
      return tokenError('session_expired', 'Session Expired (Inactivity)');
    return null;
  }

  return {
    start,
    refresh,
    async end(db, userId, scope, sessionId) {
      // Refresh tokens are deleted with their session.
      if (scope === 'local') await db`delete from auth.sessions where id = ${sessionId}`;
      else if (scope === 'others')
        await db`delete from auth.sessions where user_id = ${userId} and id is distinct from ${sessionId}`;
      else await db`delete from auth.sessions where user_id = ${userId}`;
    },
  };
}

function tokenError(code: string, why: string): AuthError {
  return new AuthError(400, code, `Invalid Refresh Token: ${why}`);
}

function newRefreshToken(): string {
  return [...randomBytes(refreshTokenLength)].map((byte) => refreshTokenAlphabet[byte & 31]).join('');
}

function durationOf(name: string, value: string | undefined): number | null {
  if (value === undefined || value === '' || value === '0s') return null;
  const duration = parseDuration(value);
  if (duration !== null) return duration;
  throw new StackError(
    `${name} = "${value}" is not a duration.`,
    'Write it like 24h or 30m in supabase/config.toml, under [auth.sessions].',
  );
}
