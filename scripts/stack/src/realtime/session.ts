import { errors, type JWTPayload } from 'jose';
import { createTokenOf, createVerify } from '../caller.ts';
import type { Keys } from '../keys.ts';

/** The claims that every token must have, and the others. */
export type Claims = JWTPayload & { role: string; exp: number };

/** A token's claims, or why it is refused: in the answer to a handshake, with a code in the answer to a join. */
export type Confirmed =
  | { claims: Claims; refusal?: undefined }
  | { claims: null; refusal: { code: string; message: string; handshake: string } };

/** Checks a token. */
export type Confirm = (token: string) => Promise<Confirmed>;

/** What a socket needs to know of the project's keys. */
export interface Sessions {
  confirm: Confirm;
  /** The token that stands for an API key; any other text is taken for a token itself. */
  tokenOf(key: string): string;
}

export function createSessions(keys: Keys): Sessions {
  const verify = createVerify(keys);
  return {
    tokenOf: createTokenOf(keys),
    async confirm(token) {
      try {
        const claims = await verify(token);
        if (typeof claims.role !== 'string' || claims.exp === undefined) return refused(missingClaims);
        return { claims: { ...claims, role: claims.role, exp: claims.exp } };
      } catch (error) {
        return refused(reasonOf(error));
      }
    },
  };
}

const missingClaims = ['InvalidJWTToken', 'Fields `role` and `exp` are required in JWT'] as const;

function refused([code, message, handshake = message]: readonly [string, string, string?]): Confirmed {
  return { claims: null, refusal: { code, message, handshake } };
}

/** The words of the real service for an error of jose. */
function reasonOf(error: unknown): readonly [string, string, string?] {
  if (error instanceof errors.JWTExpired) {
    const ago = Math.floor(Date.now() / 1000) - (error.payload.exp ?? 0);
    return ['InvalidJWTToken', `Token has expired ${ago} seconds ago`, 'Token has expired'];
  }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return ['JwtSignatureError', 'Failed to validate JWT signature'];
  if (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported
  )
    return ['JwtSignerError', 'Failed to generate JWT signer, check your JWT secret or JWKS configuration'];
  return ['MalformedJWT', 'The token provided is not a valid JWT'];
}
