import { createHash } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, errors, type JWK, type JWTPayload, jwtVerify } from 'jose';
import type { Keys } from './keys.ts';

/** The database roles that a request may run as. */
export type ApiRole = 'anon' | 'authenticated' | 'service_role';

/** Who makes a request: the role it runs as, and the claims that policies see. */
export interface Caller {
  role: ApiRole;
  claims: JWTPayload;
}

/** The caller by a request's `apikey` and `Authorization`, or why there is none. */
export type Identified =
  | { caller: Caller; reason?: undefined }
  | { caller: null; reason: 'no_key' | 'bad_key' | 'expired_token' | 'bad_token' };

const roles: ReadonlySet<unknown> = new Set<ApiRole>(['anon', 'authenticated', 'service_role']);

/** The public halves of the keys that sign, as `/auth/v1/.well-known/jwks.json` publishes them. */
export function publicKeys({ signingKey, otherKeys = [] }: Keys): { keys: JWK[] } {
  return { keys: [signingKey, ...otherKeys].map(publicHalf) };
}

function publicHalf(key: JWK): JWK {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...publicKey } = key;
  return { ...publicKey, use: 'sig', key_ops: ['verify'] };
}

/**
 * Makes the function that verifies a token: one signed with a key of the project (ES256, RS256) or its secret (HS256). It
 * answers with the claims, and rejects with an error of jose for any other token.
 */
export function createVerify(keys: Keys): (token: string) => Promise<JWTPayload> {
  const jwks = createLocalJWKSet(publicKeys(keys));
  const secret = new TextEncoder().encode(keys.jwtSecret);
  // Verifying costs more than a small request. Entries go when they expire, or all together when the map is full.
  const verified = new Map<string, JWTPayload>();
  const mostVerified = 5000;

  return async (token) => {
    const known = verified.get(token);
    if (known && (known.exp === undefined || known.exp * 1000 > Date.now())) return known;
    const { alg } = decodeProtectedHeader(token);
    const { payload } =
      alg === 'HS256'
        ? await jwtVerify(token, secret, { algorithms: ['HS256'] })
        : await jwtVerify(token, jwks, { algorithms: ['ES256', 'RS256'] });
    if (verified.size >= mostVerified) verified.clear();
    verified.set(token, payload);
    return payload;
  };
}

/** Makes the function that finds the token for an API key: the older key of the same role. Other text is answered as it is. */
export function createTokenOf(keys: Keys): (key: string) => string {
  const tokens = new Map([
    [digest(keys.publishableKey), keys.anonKey],
    [digest(keys.secretKey), keys.serviceRoleKey],
  ]);
  return (key) => tokens.get(digest(key)) ?? key;
}

/** Finds the caller of a request. With `tokenAlone` a token is enough without a key: Storage requires no key. */
export type Identify = (request: Request, options?: { tokenAlone: boolean }) => Promise<Identified>;

/** Makes the function that finds the caller of a request, by the keys of one project. */
export function createIdentify(keys: Keys): Identify {
  const verify = createVerify(keys);

  // Looked up by digest: the time that takes reveals nothing about a key.
  const roleByDigest = new Map<string, ApiRole>([
    [digest(keys.publishableKey), 'anon'],
    [digest(keys.anonKey), 'anon'],
    [digest(keys.secretKey), 'service_role'],
    [digest(keys.serviceRoleKey), 'service_role'],
  ]);
  const keyRole = (key: string) => roleByDigest.get(digest(key));

  return async (request, { tokenAlone } = { tokenAlone: false }) => {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    const key = request.headers.get('apikey') ?? new URL(request.url).searchParams.get('apikey') ?? '';
    if (!key && !(tokenAlone && token)) return { caller: null, reason: 'no_key' };
    let role: ApiRole | undefined = key ? keyRole(key) : 'anon';
    // Projects that sign their own older keys send a JWT with the role; only one signed with the project's secret counts.
    if (!role && key.startsWith('ey')) {
      const claimed = await verify(key).catch(() => null);
      if (claimed && (claimed.role === 'anon' || claimed.role === 'service_role') && !claimed.sub)
        role = claimed.role;
    }
    if (!role) return { caller: null, reason: 'bad_key' };
    // Without a signed-in user supabase-js sends the key itself as the token.
    if (!token) return byKey(role);
    const tokenRole = keyRole(token);
    if (tokenRole) return byKey(tokenRole);
    try {
      const claims = await verify(token);
      // No other role than these three: the Data API would switch to any role that a token names.
      if (!isApiRole(claims.role)) return { caller: null, reason: 'bad_token' };
      return { caller: { role: claims.role, claims } };
    } catch (error) {
      return { caller: null, reason: error instanceof errors.JWTExpired ? 'expired_token' : 'bad_token' };
    }
  };
}

/** A caller who shows a key and no token of a user. */
function byKey(role: ApiRole): Identified {
  return { caller: { role, claims: { role } } };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** Whether a role is one that a request may run as. */
export function isApiRole(role: unknown): role is ApiRole {
  return roles.has(role);
}
