import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serveFunctions } from './serving.ts';

let serving: Serving;

beforeAll(async () => {
  serving = await serveFunctions();
});

afterAll(() => serving.stop());

function call(headers: Record<string, string>, method = 'GET'): Promise<Response> {
  return fetch(`${serving.url}/functions/v1/secret`, { method, headers });
}

async function refusal(headers: Record<string, string>): Promise<string> {
  const answer = await call(headers);
  const body = (await answer.json()) as { code: string; message: string; msg: string };
  expect(answer.status).toBe(401);
  expect(answer.headers.get('sb-error-code')).toBe(body.code);
  expect(body.msg).toBe(body.message);
  return body.code;
}

function token(expires: string, secret = serving.keys.jwtSecret): Promise<string> {
  return new SignJWT({ role: 'authenticated', sub: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret));
}

describe('a function that requires a token', () => {
  it('accepts a token that the project signed', async () => {
    const answer = await call({ authorization: `Bearer ${await token('1h')}` });
    expect([answer.status, await answer.text()]).toEqual([200, 'let in']);
  });

  it('accepts the project’s keys as supabase-js sends them', async () => {
    const { publishableKey, secretKey, anonKey } = serving.keys;
    for (const key of [publishableKey, secretKey])
      expect((await call({ apikey: key, authorization: `Bearer ${key}` })).status).toBe(200);
    expect((await call({ apikey: publishableKey })).status).toBe(200);
    expect((await call({ authorization: `Bearer ${anonKey}` })).status).toBe(200);
  });

  it('accepts a preflight, which has no token', async () => {
    expect((await call({}, 'OPTIONS')).status).toBe(200);
  });

  it('refuses every other request with its reason', async () => {
    expect(await refusal({})).toBe('UNAUTHORIZED_NO_AUTH_HEADER');
    expect(await refusal({ authorization: 'Bearer nonsense' })).toBe('UNAUTHORIZED_INVALID_JWT_FORMAT');
    expect(await refusal({ authorization: 'Basic YTpi' })).toBe('UNAUTHORIZED_INVALID_JWT_FORMAT');
    expect(await refusal({ apikey: 'sb_publishable_somebody-elses' })).toBe(
      'UNAUTHORIZED_INVALID_JWT_FORMAT',
    );
    expect(await refusal({ authorization: `Bearer ${await token('1h', 'another secret')}` })).toBe(
      'UNAUTHORIZED_JWT',
    );
    expect(await refusal({ authorization: `Bearer ${await token('-1m')}` })).toBe('UNAUTHORIZED_JWT');
    const none = `${btoa('{"alg":"none"}')}.${btoa('{"role":"service_role"}')}.`.replaceAll('=', '');
    expect(await refusal({ authorization: `Bearer ${none}` })).toBe(
      'UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM',
    );
  });
});
