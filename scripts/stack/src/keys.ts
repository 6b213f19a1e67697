import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { commandName } from './command-name.ts';
import { errorCode, errorMessage, StackError } from './errors.ts';

/** The database roles that log in, each with a password of its own. */
export const loginRoles = [
  'supabase_admin',
  'postgres',
  'authenticator',
  'supabase_auth_admin',
  'supabase_storage_admin',
] as const;

/** A role that logs in to the database. */
export type LoginRole = (typeof loginRoles)[number];

/** All secrets of a project's stack. Made at the first start, readable by the owner of the folder only. */
export interface Keys {
  /** For clients: requests with it run as `anon`, or as the user whose token comes along. */
  publishableKey: string;
  /** For servers: requests with it run as `service_role`, past row-level security. */
  secretKey: string;
  /** The older form of the publishable key: a JWT with role `anon`. */
  anonKey: string;
  /** The older form of the secret key: a JWT with role `service_role`. */
  serviceRoleKey: string;
  /** Signs the older keys and tokens (HS256). */
  jwtSecret: string;
  /** Signs URLs of Storage and nothing else: neither kind of token can pass for the other. */
  storageSecret: string;
  /** Signs access tokens (ES256 or RS256), private part included; its `kid` is in the published JWKS. */
  signingKey: JWK;
  /** Keys that signed before, or will later: their tokens are valid as well. */
  otherKeys?: JWK[];
  passwords: Record<LoginRole, string>;
}

const tenYearsInSeconds = 10 * 365 * 24 * 3600;

/** The keys in a state folder; made and stored there when there are none. Settings of the project may replace some: `keysOf`. */
export async function loadKeys(state: string): Promise<Keys> {
  const file = path.join(state, 'keys.json');
  if (fs.existsSync(file)) return readKeys(file);
  const keys = await makeKeys();
  // Written beside and renamed: an interrupted start leaves no half of a file.
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
  return keys;
}

function readKeys(file: string): Keys {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Keys;
  } catch (error) {
    const why =
      errorCode(error) === 'EACCES' ? 'is for its owner alone' : `is broken (${errorMessage(error)})`;
    throw new StackError(
      `${file} ${why}.`,
      `Run the command as the owner; if the file is broken, put a copy back or begin afresh by ${commandName('reset')}.`,
      { cause: error },
    );
  }
}

async function makeKeys(): Promise<Keys> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const jwtSecret = random(32);
  return {
    publishableKey: `sb_publishable_${random(24)}`,
    secretKey: `sb_secret_${random(24)}`,
    anonKey: await legacyKey('anon', jwtSecret),
    serviceRoleKey: await legacyKey('service_role', jwtSecret),
    jwtSecret,
    storageSecret: random(32),
    signingKey: { ...jwk, alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(jwk) },
    passwords: Object.fromEntries(loginRoles.map((role) => [role, random(18)])) as Record<LoginRole, string>,
  };
}

function random(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

async function legacyKey(role: 'anon' | 'service_role', secret: string): Promise<string> {
  return new SignJWT({ iss: 'supabase', role })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + tenYearsInSeconds)
    .sign(new TextEncoder().encode(secret));
}
