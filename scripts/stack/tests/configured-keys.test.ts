import { createHmac } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { keysOf } from '../src/configured-keys.ts';
import { readProject } from '../src/project.ts';
import { makeStateFolder } from '../src/state.ts';
import { startProject, writeProject } from './written-project.ts';

/** The secret and the anon key that every CLI project had by default: many apps have the key in their `.env`. */
const secret = 'super-secret-jwt-token-with-at-least-32-characters-long';
const anonKey =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzdXBhYmFzZS1kZW1vIiwicm9sZSI6ImFub24iLCJleHAiOjE5ODM4MTI5OTZ9.CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0';

async function privateKey(alg: 'ES256' | 'RS256', kid: string, uses: string[]): Promise<JWK> {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(pair.privateKey)), alg, kid, key_ops: uses, ext: true };
}

function keysFor(files: Record<string, string>) {
  const project = readProject(writeProject(files));
  makeStateFolder(project.state);
  return keysOf(project);
}

const withFile = (content: unknown) => ({
  'config.toml': '[auth]\nsigning_keys_path = "./signing_keys.json"\n',
  'signing_keys.json': JSON.stringify(content),
});

it('makes the keys of the CLI from a secret, byte for byte', async () => {
  const keys = await keysFor({ 'config.toml': `[auth]\njwt_secret = "${secret}"\n` });
  expect(keys.anonKey).toBe(anonKey);
  expect(keys.jwtSecret).toBe(secret);
});

it('takes keys that config.toml gives, and its own where a variable is not set', async () => {
  const keys = await keysFor({
    'config.toml':
      '[auth]\nanon_key = "env(ANON)"\nsecret_key = "env(NO_SUCH)"\njwt_secret = "env(NO_SUCH)"\n',
    '.env': 'ANON=given',
  });
  expect(keys.anonKey).toBe('given');
  expect(keys.secretKey).toMatch(/^sb_secret_/);
  expect(keys.jwtSecret).not.toContain('NO_SUCH');
});

it('refuses a secret of fewer than 16 characters', async () => {
  await expect(keysFor({ 'config.toml': '[auth]\njwt_secret = "short"\n' })).rejects.toThrow('too short');
});

it('refuses signing keys that cannot sign, with the file', async () => {
  await expect(keysFor({ 'config.toml': withFile([])['config.toml'] })).rejects.toThrow(
    /signing_keys\.json.*ENOENT/,
  );
  await expect(keysFor(withFile([{ kty: 'oct', k: 'AAAA' }]))).rejects.toThrow('cannot be used');
  const [first, second] = [
    await privateKey('ES256', 'a', ['sign']),
    await privateKey('ES256', 'b', ['sign']),
  ];
  await expect(keysFor(withFile([{ ...first, x: 'AAAA' }]))).rejects.toThrow('cannot be used');
  await expect(keysFor(withFile([first, second]))).rejects.toThrow('2 keys');
  await expect(keysFor(withFile([{ ...first, key_ops: ['verify'] }]))).rejects.toThrow('0 keys');
});

it('keeps its own signing key where the file is an empty list', async () => {
  const keys = await keysFor(withFile([]));
  expect(keys.signingKey.d).toBeTypeOf('string');
});

describe('a project with a secret and signing keys', () => {
  let [url, publishableKey] = ['', ''];
  let [current, former]: JWK[] = [];

  beforeAll(async () => {
    current = await privateKey('RS256', 'current', ['sign', 'verify']);
    former = await privateKey('ES256', 'former', ['verify']);
    const { stack } = await startProject(
      writeProject({
        'config.toml': `[auth]\njwt_secret = "${secret}"\nsigning_keys_path = "./signing_keys.json"\n`,
        'signing_keys.json': JSON.stringify([current, former]),
        'migrations/1_notes.sql': `
          create table public.notes (id int primary key);
          insert into public.notes values (1);
          alter table public.notes enable row level security;
          create policy service_only on public.notes for select to authenticated using (true);
        `,
      }),
    );
    ({ url } = stack.run);
    ({ publishableKey } = stack.keys);
  });

  const sign = async (key: JWK, claims: Record<string, unknown>) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: key.alg ?? '', kid: key.kid ?? '' })
      .setExpirationTime('1h')
      .sign(await importJWK({ ...key, key_ops: ['sign'] }));

  const rows = async (key: string, token = key) => {
    const response = await fetch(`${url}/rest/v1/notes`, {
      headers: { apikey: key, authorization: `Bearer ${token}` },
    });
    return response.status === 200 ? ((await response.json()) as unknown[]).length : response.status;
  };

  it('signs access tokens with the key that signs, and publishes all of them without their private parts', async () => {
    const { keys } = (await (await fetch(`${url}/auth/v1/.well-known/jwks.json`)).json()) as { keys: JWK[] };
    expect(keys.map(({ kid }) => kid)).toEqual(['current', 'former']);
    for (const key of keys) {
      expect(key).toMatchObject({ use: 'sig', key_ops: ['verify'] });
      for (const part of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(key).not.toHaveProperty(part);
    }
    const client = createClient(url, publishableKey, { auth: { persistSession: false } });
    const { data } = await client.auth.signUp({ email: 'ada@example.com', password: 'Correct-horse-8' });
    const token = data.session?.access_token ?? '';
    const { protectedHeader } = await jwtVerify(token, await importJWK(keys[0] as JWK));
    expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: 'current' });
    expect(await rows(publishableKey, token)).toBe(1);
  });

  it('serves keys and tokens that an app signs with any of them', async () => {
    expect(await rows(anonKey)).toBe(0);
    for (const key of [current, former] as JWK[]) {
      expect(await rows(await sign(key, { role: 'service_role' }))).toBe(1);
      expect(
        await rows(publishableKey, await sign(key, { role: 'authenticated', sub: crypto.randomUUID() })),
      ).toBe(1);
    }
    const forged = await privateKey('RS256', 'current', []);
    expect(await rows(await sign(forged, { role: 'service_role' }))).toBe(401);
    // The public key as a secret.
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const head = `${part({ alg: 'HS256', kid: 'current' })}.${part({ role: 'service_role' })}`;
    const confused = createHmac('sha256', current?.n ?? '')
      .update(head)
      .digest('base64url');
    expect(await rows(`${head}.${confused}`)).toBe(401);
  });
});
