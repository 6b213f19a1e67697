import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { connect, type Serving, serveRealtime } from './serving.ts';

let serving: Serving;

beforeAll(async () => {
  // A token expires when its test says so.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  serving = await serveRealtime();
});

afterEach(() => {
  Object.assign(serving.may, { read: () => true, write: () => true });
});

afterAll(async () => {
  vi.useRealTimers();
  await serving.stop();
});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

it('refuses forged, expired and incomplete tokens, at the handshake and at a join', async () => {
  const claims = { role: 'service_role', exp: inSeconds(60) };
  const head = `${part({ alg: 'HS256' })}.${part(claims)}`;
  const { d: _private, ...publicKey } = serving.keys.signingKey;
  const tokens = {
    'not a token': ['MalformedJWT', 'not a valid JWT'],
    [`${part({ alg: 'none' })}.${part(claims)}.`]: ['JwtSignerError', 'Failed to generate JWT signer'],
    [`${head}.AAAA`]: ['JwtSignatureError', 'Failed to validate JWT signature'],
    // The public key as a secret.
    [`${head}.${createHmac('sha256', JSON.stringify(publicKey)).update(head).digest('base64url')}`]: [
      'JwtSignatureError',
      'Failed to validate JWT signature',
    ],
    [await serving.sign({ role: 'anon', exp: inSeconds(-5) })]: ['InvalidJWTToken', 'Token has expired'],
    [await serving.sign({ role: 'anon' })]: ['InvalidJWTToken', 'Fields `role` and `exp` are required'],
    [await serving.sign({ exp: inSeconds(60) })]: ['InvalidJWTToken', 'Fields `role` and `exp` are required'],
  };
  const client = await connect(serving);
  for (const [token, [code, message]] of Object.entries(tokens)) {
    await expect(connect(serving, token), token).rejects.toThrow(`401 {"error":"`);
    await expect(connect(serving, token), token).rejects.toThrow(message);
    const { status, response } = await client.join('realtime:room', {}, { access_token: token });
    expect([status, response], token).toEqual(['error', { reason: expect.stringContaining(`${code}: `) }]);
    expect(response, token).toEqual({ reason: expect.stringContaining(message ?? '') });
  }
  await expect(connect(serving, '')).rejects.toThrow('401 {"error":"API key is missing"}');
  client.ws.terminate();
});

it('shuts a channel down when its token expires, with the reason', async () => {
  const client = await connect(serving);
  await client.join(
    'realtime:room',
    {},
    { access_token: await serving.sign({ role: 'anon', exp: inSeconds(60) }) },
  );
  vi.advanceTimersByTime(60_000);
  expect((await client.hear('system'))[4]).toMatchObject({
    status: 'error',
    message: expect.stringMatching(/^Token has expired \d seconds ago$/),
  });
  await client.hear('phx_close');
  client.ws.terminate();
});

it('asks the policies again for a new token, and shuts the channel down where it may not be read any more', async () => {
  serving.may.read = ({ topic, claims }) => topic === `person:${claims.sub}`;
  const token = (sub: string, seconds: number) =>
    serving.sign({ role: 'authenticated', sub, exp: inSeconds(seconds) });
  const client = await connect(serving);
  const config = { private: true };
  expect(await client.join('realtime:person:ann', config, { access_token: await token('bob', 60) })).toEqual({
    status: 'error',
    response: {
      reason: 'Unauthorized: You do not have permissions to read from this Channel topic: person:ann',
    },
  });
  await client.join('realtime:person:ann', config, { access_token: await token('ann', 60) });
  // The policies answer when the token before has expired.
  const answer = Promise.withResolvers<boolean>();
  const asked = vi.fn(() => answer.promise);
  serving.may.read = asked;
  client.say('realtime:person:ann', 'access_token', { access_token: await token('ann', 120) });
  client.say('phoenix', 'heartbeat');
  await expect.poll(() => asked.mock.calls.length).toBe(1);
  vi.advanceTimersByTime(60_000);
  answer.resolve(true);
  await expect.poll(() => client.heard).not.toEqual([]);
  expect(client.heard.splice(0).map(([, , , event]) => event)).toEqual(['phx_reply']);
  serving.may.read = ({ topic, claims }) => topic === `person:${claims.sub}`;
  client.say('realtime:person:ann', 'access_token', { access_token: await token('bob', 60) });
  expect((await client.hear('system'))[4].message).toBe(
    'You do not have permissions to read from this Channel topic: person:ann',
  );
  await client.hear('phx_close');
  client.ws.terminate();
});
