import type { IncomingHttpHeaders } from 'node:http';
import { decodeProtectedHeader } from 'jose';
import { createVerify } from '../caller.ts';
import type { Keys } from '../keys.ts';
import { type Answer, unauthorized } from './platform-answers.ts';

/** Why a request may not reach a function that requires a token, or null when it may. */
export type Authorize = (headers: IncomingHttpHeaders) => Promise<Answer | null>;

/**
 * The check of `verify_jwt`, by the rules of the CLI's `functions serve`: any token that the project signed, in
 * `Authorization: Bearer`; without one, the API key in `apikey` stands for the token of its role.
 */
export function createAuthorize(keys: Keys): Authorize {
  const verify = createVerify(keys);
  const tokens = new Map([
    [keys.publishableKey, keys.anonKey],
    [keys.secretKey, keys.serviceRoleKey],
  ]);
  return async (headers) => {
    const key = typeof headers.apikey === 'string' ? headers.apikey : '';
    if (!headers.authorization && !key)
      return unauthorized('UNAUTHORIZED_NO_AUTH_HEADER', 'Missing authorization header');
    const shown = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
    // Keys of the new kind are no tokens: a client that sends one as a token is identified by `apikey`.
    const token = shown && !shown.startsWith('sb_') ? shown : (tokens.get(key) ?? key);
    let algorithm: string | undefined;
    try {
      algorithm = decodeProtectedHeader(token).alg;
    } catch {}
    if (!algorithm) return unauthorized('UNAUTHORIZED_INVALID_JWT_FORMAT', 'Invalid JWT format');
    if (!['HS256', 'ES256', 'RS256'].includes(algorithm)) {
      return unauthorized(
        'UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM',
        `Unsupported JWT algorithm ${algorithm}`,
      );
    }
    try {
      await verify(token);
      return null;
    } catch {
      return unauthorized(
        algorithm === 'HS256' ? 'UNAUTHORIZED_JWT' : 'UNAUTHORIZED_ASYMMETRIC_JWT',
        'Invalid JWT',
      );
    }
  };
}
