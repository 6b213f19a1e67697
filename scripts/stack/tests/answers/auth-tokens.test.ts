import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { openClient, type Person, raw, signToken, signUp, target } from './asking.ts';

let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

const keySet = `${target.url}/auth/v1/.well-known/jwks.json`;

describe('an access token', () => {
  test('names the user and how they signed in', async () => {
    const { data, error } = await ann.client.auth.getClaims();
    expect(error).toBeNull();
    expect(data?.claims).toMatchObject({
      sub: ann.id,
      email: ann.email,
      aud: 'authenticated',
      role: 'authenticated',
      aal: 'aal1',
      iss: expect.stringContaining('/auth/v1'),
      session_id: expect.any(String),
      is_anonymous: false,
      amr: [{ method: 'password', timestamp: expect.any(Number) }],
      user_metadata: { handle: ann.handle },
      app_metadata: { provider: 'email' },
    });
  });

  test('names a key that is published without an API key', async () => {
    const response = await fetch(keySet);
    expect(response.status).toBe(200);
    const { keys } = (await response.json()) as { keys: { kid: string; d?: string }[] };
    expect(keys.map(({ kid }) => kid)).toContain(decodeProtectedHeader(ann.token).kid);
    expect(keys.filter(({ d }) => d !== undefined)).toEqual([]);
  });

  // As @supabase/server and other backends do.
  test('can be verified with the published keys alone', async () => {
    const { payload } = await jwtVerify(ann.token, createRemoteJWKSet(new URL(keySet)), {
      audience: 'authenticated',
    });
    expect(payload.sub).toBe(ann.id);
    const mine = await raw('/rest/v1/articles?select=id', { token: ann.token });
    expect(mine.status).toBe(200);
  });

  test('tells Auth which user it belongs to', async () => {
    const { data, error } = await ann.client.auth.getUser();
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ id: ann.id, user_metadata: { handle: ann.handle } });
    const elsewhere = await openClient().auth.getUser(ann.token);
    expect(elsewhere.data.user?.id).toBe(ann.id);
  });

  test('is refused without an API key', async () => {
    const response = await raw('/auth/v1/user', { key: null, token: ann.token });
    expect(response.status).toBe(401);
  });
});

describe('an invalid token', () => {
  test('answers bad_jwt to a malformed token', async () => {
    const { error } = await openClient().auth.getUser('a.b.c');
    expect(error).toMatchObject({ status: 403, code: 'bad_jwt' });
  });

  test('answers bad_jwt to an expired token, and says that it is expired', async () => {
    const expired = await signToken({ sub: ann.id, role: 'authenticated', aud: 'authenticated', exp: 1_000 });
    const { error } = await openClient().auth.getUser(expired);
    expect(error).toMatchObject({
      status: 403,
      code: 'bad_jwt',
      message: expect.stringContaining('expired'),
    });
  });

  test('answers bad_jwt to a token signed with another secret', async () => {
    const forged = await signToken(
      { sub: ann.id, role: 'authenticated', aud: 'authenticated', exp: 4e9 },
      'a secret that is not the one of this project',
    );
    const { error } = await openClient().auth.getUser(forged);
    expect(error).toMatchObject({ status: 403, code: 'bad_jwt' });
  });
});
