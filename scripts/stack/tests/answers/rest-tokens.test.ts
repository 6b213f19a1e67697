import { beforeAll, describe, expect, test } from 'vitest';
import { type Person, raw, signToken, signUp } from './asking.ts';

let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

const farAway = 4_000_000_000;
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const ask = (init: Parameters<typeof raw>[1]) => raw('/rest/v1/articles?select=id&limit=1', init);

describe('API keys', () => {
  test('refuses a request without a key', async () => {
    expect((await ask({ key: null })).status).toBe(401);
    expect((await ask({ key: '' })).status).toBe(401);
  });

  test('refuses an unknown key', async () => {
    expect((await ask({ key: 'sb_publishable_not_this_one' })).status).toBe(401);
    expect((await ask({ key: 'sb_secret_not_this_one' })).status).toBe(401);
  });

  test('accepts an older key, which is a token', async () => {
    const key = await signToken({ role: 'service_role', exp: farAway });
    const response = await raw('/rest/v1/stock?select=id&limit=1', { key, token: key });
    expect(response.status).toBe(200);
  });

  test('refuses an older key with a wrong signature', async () => {
    const key = await signToken(
      { role: 'service_role', exp: farAway },
      'a secret of somebody else, long enough',
    );
    expect((await raw('/rest/v1/stock?select=id&limit=1', { key, token: key })).status).toBe(401);
  });
});

describe('tokens', () => {
  test('refuses a malformed token with PGRST301', async () => {
    const response = await ask({ token: 'aaa.bbb.ccc' });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'PGRST301' });
  });

  test('refuses an expired token with PGRST303', async () => {
    const token = await signToken({ sub: ann.id, role: 'authenticated', exp: 1_000 });
    const response = await ask({ token });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'PGRST303', message: 'JWT expired' });
  });

  test('refuses a token that is signed with another secret', async () => {
    const claims = { sub: ann.id, role: 'service_role', exp: farAway };
    const token = await signToken(claims, 'x'.repeat(40));
    expect((await ask({ token })).status).toBe(401);
  });

  test('refuses a token without a signature', async () => {
    const claims = encode({ sub: ann.id, role: 'service_role' });
    for (const alg of ['none', 'None', 'HS256']) {
      for (const signature of ['x', '']) {
        const token = `${encode({ alg, typ: 'JWT' })}.${claims}.${signature}`;
        expect((await ask({ token })).status).toBe(401);
      }
    }
  });

  test('refuses a token whose claims were changed', async () => {
    const [header, claims = '', signature] = ann.token.split('.');
    const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), role: 'service_role' };
    expect((await ask({ token: [header, encode(changed), signature].join('.') })).status).toBe(401);
  });

  test.each(['postgres', 'supabase_admin', 'authenticator', 'nobody'])(
    'refuses a token for the role %s',
    async (role) => {
      const token = await signToken({ sub: ann.id, role, exp: farAway });
      const response = await raw('/rest/v1/rpc/request_context', {
        method: 'POST',
        token,
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
    },
  );
});
