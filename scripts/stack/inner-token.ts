import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Caller } from './caller.ts';

/** The secret between the gateway and Lite: it lives as long as the process, and no token signed with it leaves it. */
export const innerSecret = randomBytes(32).toString('base64url');
const secret = new TextEncoder().encode(innerSecret);

const issued = new WeakMap<object, Promise<string>>();

/**
 * The caller's claims as a token that Lite reads: Lite knows HS256 alone, while the project's tokens are ES256.
 * Kept for as long as the claims are.
 */
export function innerToken(caller: Caller): Promise<string> {
  let token = issued.get(caller.claims);
  if (!token) {
    token = new SignJWT({ ...caller.claims, role: caller.role })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(secret);
    issued.set(caller.claims, token);
  }
  return token;
}

/** The request's headers as Lite wants them: the caller as an inner token beside a key of Lite's own. */
export async function innerHeaders(request: Request, caller: Caller): Promise<Headers> {
  const headers = new Headers(request.headers);
  headers.set('apikey', caller.role === 'service_role' ? innerSecretKey : innerPublishableKey);
  if (caller.role === 'authenticated') headers.set('authorization', `Bearer ${await innerToken(caller)}`);
  else headers.delete('authorization');
  return headers;
}

/** Lite's own keys, known inside this process only. */
export const innerPublishableKey = `sb_publishable_${randomBytes(16).toString('base64url')}`;
export const innerSecretKey = `sb_secret_${randomBytes(16).toString('base64url')}`;
