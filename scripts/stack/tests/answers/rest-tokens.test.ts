import { beforeAll, describe, expect, test } from 'vitest';
import { type Person, raw, signToken, signUp } from './asking.ts';

let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

const farAway = 4_000_000_000;
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const ask = (init: Parameters<typeof raw>[1]) => raw('/rest/v1/articles?select=id&limit=1', init);

describe('a key', () => {
  test('is needed', async () => {
    expect((await ask({ key: null })).status).toBe(401);
    expect((await ask({ key: '' })).status).toBe(401);
  });

  test('must be one of the project\u2019s', async () => {
    expect((await ask({ key: 'sb_publishable_not_this_one' })).status).toBe(401);
    expect((await ask({ key: 'sb_secret_not_this_one' })).status).toBe(401);
  });

  test('may be a token of the older kind', async () => {
    const key = await signToken({ role: 'service_role', exp: farAway });
    const response = await raw('/rest/v1/stock?select=id&limit=1', { key, token: key });
    expect(response.status).toBe(200);
  });

  test('may not be a token of the older kind that somebody else signed', async () => {
    const key = await signToken(
      { role: 'service_role', exp: farAway },
      'a secret of somebody else, long enough',
    );
    expect((await raw('/rest/v1/stock?select=id&limit=1', { key, token: key })).status).toBe(401);
  });
});

describe('a token', () => {
  test('that is garbage is PGRST301', async () => {
    const response = await ask({ token: 'aaa.bbb.ccc' });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'PGRST301' });
  });

  test('that is expired is PGRST303', async () => {
    const token = await signToken({ sub: ann.id, role: 'authenticated', exp: 1_000 });
    const response = await ask({ token });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'PGRST303', message: 'JWT expired' });
  });

  test('of another secret is refused', async () => {
    const claims = { sub: ann.id, role: 'service_role', exp: farAway };
    const token = await signToken(claims, 'x'.repeat(40));
    expect((await ask({ token })).status).toBe(401);
  });

  test('without a signature is refused', async () => {
    const claims = encode({ sub: ann.id, role: 'service_role' });
    for (const alg of ['none', 'None', 'HS256']) {
      for (const signature of ['x', '']) {
        const token = `${encode({ alg, typ: 'JWT' })}.${claims}.${signature}`;
        expect((await ask({ token })).status).toBe(401);
      }
    }
  });

  test('that somebody changed is refused', async () => {
    const [header, claims = '', signature] = ann.token.split('.');
    const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), role: 'service_role' };
    expect((await ask({ token: [header, encode(changed), signature].join('.') })).status).toBe(401);
  });

  test.each(['postgres', 'supabase_admin', 'authenticator', 'nobody'])(
    'cannot make a request run as %s',
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
