import { decodeJwt, importJWK, SignJWT } from 'jose';
import type { Sql } from 'postgres';
import type { Keys } from '../keys.ts';
import { authError } from './errors.ts';

/** What signing needs. */
export interface SessionOptions {
  keys: Keys;
  /** As `supabase_auth_admin`. */
  database: Sql;
  /** The `iss` claim: the address of Auth. */
  issuer: string;
}

interface SessionBody {
  access_token?: unknown;
  user?: {
    id?: string;
    phone?: string;
    app_metadata?: object;
    user_metadata?: object;
    is_anonymous?: boolean;
  };
}

/** Answers of these paths carry a session. */
const givesSession = /^\/(token|signup|verify)$/;

/**
 * Turns the tokens that Lite gives out into those of a hosted project: signed with ES256 and a `kid` of the published
 * JWKS, so that whoever checks tokens by themselves can, with the claims that Supabase Auth puts in. Banned users get
 * no session.
 */
export function createSessions({ keys, database, issuer }: SessionOptions): {
  sign(path: string, response: Response): Promise<Response>;
} {
  const signingKey = importJWK(keys.signingKey, 'ES256');

  async function resign(token: string, user: NonNullable<SessionBody['user']>): Promise<string> {
    const inner = decodeJwt(token);
    const claims = {
      ...inner,
      iss: issuer,
      phone: user.phone ?? '',
      app_metadata: user.app_metadata ?? {},
      user_metadata: user.user_metadata ?? {},
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: inner.iat }],
      is_anonymous: user.is_anonymous ?? false,
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: keys.signingKey.kid ?? '', typ: 'JWT' })
      .sign(await signingKey);
  }

  async function isBanned(user: string, token: string): Promise<boolean> {
    const [row] = await database`select banned_until > now() as banned from auth.users where id = ${user}`;
    if (!row?.banned) return false;
    await database`delete from auth.sessions where id = ${String(decodeJwt(token).session_id)}`;
    return true;
  }

  return {
    async sign(path, response) {
      const location = response.headers.get('location');
      if (location?.includes('#access_token=')) return signRedirect(response, location);
      if (!response.ok || !givesSession.test(path)) return response;
      const body = (await response.json()) as SessionBody;
      if (typeof body.access_token === 'string' && body.user?.id) {
        if (await isBanned(body.user.id, body.access_token))
          return authError(400, 'user_banned', 'User is banned');
        body.access_token = await resign(body.access_token, body.user);
      }
      return Response.json(body, { status: response.status });
    },
  };

  /** Links in mails lead to the app with the session behind the `#`. */
  async function signRedirect(response: Response, location: string): Promise<Response> {
    const [target, fragment] = location.split('#');
    const values = new URLSearchParams(fragment);
    const token = values.get('access_token') ?? '';
    const [user] = await database`
      select raw_app_meta_data as app_metadata, raw_user_meta_data as user_metadata
      from auth.users
      where id = ${decodeJwt(token).sub ?? ''}
    `;
    values.set('access_token', await resign(token, user ?? {}));
    const headers = new Headers(response.headers);
    headers.set('location', `${target}#${values}`);
    return new Response(null, { status: response.status, headers });
  }
}
