import { expect, test } from 'vitest';
import { dataOf, raw, service, signToken, target } from './asking.ts';

const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

test('runs each of a thousand concurrent requests as its own user', async () => {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const tokens = await Promise.all(
    Array.from({ length: 50 }, (_, user) =>
      signToken({ role: 'authenticated', aud: 'authenticated', sub: id(user), exp }),
    ),
  );
  const ask = async (number: number) => {
    const user = number % 53;
    // Some are anonymous, some use the secret key, some fail in the database: no identity may remain afterwards.
    if (user === 50) return expectContext({}, { role: 'anon', uid: null });
    if (user === 51) return expectContext({ key: target.secretKey }, { role: 'service_role', uid: null });
    if (user === 52) {
      const refused = await raw('/rest/v1/articles?nothing=eq.1', { token: tokens[number % 50] ?? '' });
      return expect(refused.status).toBe(400);
    }
    return expectContext(
      { token: tokens[user] ?? '' },
      { role: 'authenticated', uid: id(user), jwt: { sub: id(user) } },
    );
  };
  await Promise.all(Array.from({ length: 1000 }, (_, number) => ask(number)));
});

async function expectContext(who: { key?: string; token?: string }, context: object): Promise<void> {
  const mark = crypto.randomUUID();
  const response = await raw('/rest/v1/rpc/request_context', {
    ...who,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mark': mark },
    body: '{}',
  });
  const seen = (await response.json()) as { headers: string };
  expect(seen).toMatchObject(context);
  expect(JSON.parse(seen.headers)).toMatchObject({ 'x-mark': mark });
}

test('refuses an expired token, and runs the next request as its own caller', async () => {
  const token = await signToken({
    role: 'authenticated',
    sub: id(1),
    exp: Math.floor(Date.now() / 1000) - 60,
  });
  const response = await raw('/rest/v1/articles', { token });
  expect([response.status, await response.json()]).toMatchObject([401, { code: 'PGRST303' }]);
  expect(dataOf(await service.rpc('request_context'))).toMatchObject({ role: 'service_role', uid: null });
});
