import fs from 'node:fs';
import path from 'node:path';
import { importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';
import { errorMessage, StackError } from './errors.ts';
import { type Keys, loadKeys } from './keys.ts';
import type { Project } from './project.ts';

/** What keys depend on. */
type KeySource = Pick<Project, 'state' | 'supabase' | 'config'>;

/** The keys of a project: those that `[auth]` of its config.toml gives, and for the others those in its state folder. */
export async function keysOf(project: KeySource): Promise<Keys> {
  const kept = await loadKeys(project.state);
  const { auth } = project.config;
  const secret = given(auth.jwt_secret);
  if (secret !== undefined && secret.length < 16) {
    throw new StackError(
      'auth.jwt_secret in config.toml is too short.',
      'Give it at least 16 characters, as the Supabase CLI asks for.',
    );
  }
  const signingKeys = await readSigningKeys(project);
  const [first] = signingKeys;
  const legacyKey = async (role: 'anon' | 'service_role', keptKey: string) => {
    if (first) return signedKey(role, withoutUses(first));
    return secret === undefined ? keptKey : secretKey(role, secret);
  };
  return {
    ...kept,
    publishableKey: given(auth.publishable_key) ?? kept.publishableKey,
    secretKey: given(auth.secret_key) ?? kept.secretKey,
    jwtSecret: secret ?? kept.jwtSecret,
    anonKey: given(auth.anon_key) ?? (await legacyKey('anon', kept.anonKey)),
    serviceRoleKey: given(auth.service_role_key) ?? (await legacyKey('service_role', kept.serviceRoleKey)),
    ...(first ? rolesOf(signingKeys) : {}),
  };
}

/** A setting's text; none where a variable is not set. */
function given(text: string | undefined): string | undefined {
  return text === '' || (text && /^env\(\w+\)$/.test(text)) ? undefined : text;
}

/** The key that the Supabase CLI makes from a secret, byte for byte: apps have it in their `.env`. */
function secretKey(role: string, secret: string): Promise<string> {
  return new SignJWT({ iss: 'supabase-demo', role, exp: 1983812996 })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
}

/** The key that the Supabase CLI makes where there are signing keys. */
async function signedKey(role: string, key: JWK): Promise<string> {
  return new SignJWT({ iss: 'supabase-demo', role })
    .setProtectedHeader(headerOf(key))
    .setExpirationTime('10 years')
    .sign(await importJWK(key));
}

/** The header of tokens that a key signs. */
export function headerOf({ alg = 'ES256', kid }: JWK) {
  return { alg, ...(kid ? { kid } : {}), typ: 'JWT' };
}

const signingKeysFile = z.array(
  z.looseObject({
    kty: z.enum(['EC', 'RSA']),
    alg: z.enum(['ES256', 'RS256']),
    kid: z.string().exactOptional(),
    d: z.string(),
    key_ops: z.array(z.string()).default([]),
  }),
);

/** The private keys in the file that `auth.signing_keys_path` names. */
async function readSigningKeys({ supabase, config }: KeySource): Promise<JWK[]> {
  const name = given(config.auth.signing_keys_path);
  if (name === undefined) return [];
  const file = path.resolve(supabase, name);
  try {
    const keys = signingKeysFile.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
    // Fails here where a part of a key is missing.
    for (const key of keys) await importJWK(withoutUses(key));
    return keys;
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
    throw new StackError(
      `${file}, which auth.signing_keys_path names, cannot be used: ${why.replace(/\s+/g, ' ')}.`,
      'Make it with `npx supabase gen signing-key`: a list of private keys, ES256 or RS256.',
      { cause: error },
    );
  }
}

/** As in Supabase Auth, the only key whose `key_ops` has `sign` signs; all verify. */
function rolesOf(keys: JWK[]): Pick<Keys, 'signingKey' | 'otherKeys'> {
  const [signingKey, ...more] = keys.filter(({ key_ops: uses }) => uses?.includes('sign'));
  if (!signingKey || more.length > 0) {
    throw new StackError(
      `${signingKey ? more.length + 1 : 0} keys of auth.signing_keys_path have "sign" in key_ops.`,
      'Leave it in the key that signs new tokens, and take it from the others.',
    );
  }
  const otherKeys = keys.filter((key) => key !== signingKey);
  return { signingKey: withoutUses(signingKey), otherKeys: otherKeys.map(withoutUses) };
}

/** Web Crypto refuses a private key that may also verify. */
function withoutUses({ key_ops: _uses, ext: _extractable, ...key }: JWK): JWK {
  return key;
}
