import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, describe, expect, test } from 'vitest';
import { createHttpHook } from '../../src/auth/http-hook.ts';
import { newEmail, password, serve, wideLimits } from './serving.ts';

const secrets = [
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  'BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB=',
];
const configured = secrets.map((secret) => `v1,whsec_${secret}`).join('|');

interface Event {
  user_id?: string;
  valid?: boolean;
  claims?: { sub: string };
  user?: { user_metadata: { wish?: string } };
}

/** What the server answers to the wishes of new users, with its headers. `-` cuts the connection. */
const answers: Record<string, [status: number, body: string, headers?: Record<string, string>][]> = {
  'no account': [[200, '{"error": {"http_code": 422, "message": "no account for you"}}']],
  nothing: [[204, '']],
  'sent again': [
    [0, '-'],
    [503, '', { 'retry-after': '1' }],
    [200, '{}'],
  ],
  'never there': [[0, '-']],
  silent: [[0, '']],
  busy: [[429, '']],
  'always busy': [[503, '', { 'retry-after': '1' }]],
  malformed: [[200, '{']],
  'no JSON': [[200, '{}', { 'content-type': 'text/plain' }]],
  large: [[200, `"${'x'.repeat(200 * 1024)}"`]],
  strict: [[400, '']],
  closed: [[401, '']],
  broken: [[418, '']],
};

let received: string[] = [];
let attempts: boolean[] = [];

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  const headers = request.headers as Record<string, string>;
  try {
    for (const secret of secrets) new Webhook(secret).verify(body, headers);
  } catch {
    return response.writeHead(403).end();
  }
  const event = JSON.parse(body) as Event;
  received.push(request.url ?? '');
  const answer = (status: number, text: string, more: Record<string, string> = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(text);
  if (request.url === '/token')
    return answer(200, JSON.stringify({ claims: { ...event.claims, added: event.user_id } }));
  if (request.url === '/attempt') {
    attempts.push(event.valid === true);
    return answer(200, `{"decision": "${event.valid ? 'continue' : 'reject'}", "message": "locked out"}`);
  }
  const wish = answers[event.user?.user_metadata.wish ?? ''] ?? [[200, '{}']];
  const [status, text, more] = wish[Math.min(received.length, wish.length) - 1] ?? [200, '{}'];
  if (text === '-') return request.socket.destroy();
  if (status) answer(status, text, more);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const hook = (name: string, path: string) => `
[auth.hook.${name}]
enabled = true
uri = "http://host.docker.internal:${port}${path}"
secrets = "${configured}"
`;

const stack = serve(
  hook('before_user_created', '/user') +
    hook('custom_access_token', '/token') +
    hook('password_verification_attempt', '/attempt') +
    wideLimits,
);

test('a hook over HTTP gets signed events, whose answers have the effects of those of database functions', async () => {
  const client = stack.client();
  const email = newEmail();
  const { data } = await client.auth.signUp({ email, password });
  expect((await client.auth.getClaims()).data?.claims).toMatchObject({ added: data.user?.id });
  attempts = [];
  expect((await client.auth.signInWithPassword({ email, password })).error).toBeNull();
  const wrong = await client.auth.signInWithPassword({ email, password: 'wrong' });
  expect(wrong.error).toMatchObject({ status: 400, message: 'locked out' });
  expect(attempts).toEqual([true, false]);
  const options = { data: { wish: 'no account' } };
  const refused = await stack.client().auth.signUp({ email: newEmail(), password, options });
  expect(refused.error).toMatchObject({ status: 422, message: 'no account for you' });
});

describe('a hook over HTTP', () => {
  const ask = (wish: string, timeoutMs = 60_000) => {
    received = [];
    const url = `http://127.0.0.1:${port}/user`;
    const call = createHttpHook('before_user_created', url, configured, { timeoutMs, pauseMs: 10 });
    return call({ user: { user_metadata: { wish } } });
  };

  test('is asked again when it cannot be reached, and when it says so', async () => {
    expect(await ask('sent again')).toEqual({});
    expect(received).toHaveLength(3);
  });

  test('may answer with nothing', async () => {
    expect(await ask('nothing')).toBeUndefined();
  });

  test('has an end to its time', async () => {
    await expect(ask('silent', 100)).rejects.toMatchObject({
      status: 422,
      code: 'hook_timeout',
      message: 'Failed to reach hook within maximum time of 0.100000 seconds',
    });
  });

  const busy = 'Service currently unavailable due to hook';
  test.each([
    ['never there', 3, 422, 'hook_timeout_after_retry', 'Failed to reach hook after maximum retries'],
    ['busy', 1, 500, 'unexpected_failure', busy],
    ['always busy', 3, 500, 'unexpected_failure', busy],
    ['malformed', 1, 500, 'unexpected_failure', 'Error unmarshaling JSON output.'],
    [
      'no JSON',
      1,
      400,
      'hook_payload_invalid_content_type',
      'Invalid JSON response. Received content-type: text/plain',
    ],
    ['large', 1, 422, 'hook_payload_over_size_limit', 'Payload size exceeded size limit of 204800 bytes'],
    ['strict', 1, 500, 'unexpected_failure', 'Invalid payload sent to hook'],
    ['closed', 1, 500, 'unexpected_failure', 'Hook requires authorization token'],
    ['broken', 1, 500, 'unexpected_failure', 'Unexpected status code returned from hook: 418'],
  ])(
    'that is %s is asked %d times, and the client gets %d %s',
    async (wish, tries, status, code, message) => {
      await expect(ask(wish)).rejects.toMatchObject({ status, code, message });
      expect(received).toHaveLength(tries);
    },
  );
});

test.each([
  ['http://example.com/hook', configured, 'unencrypted'],
  ['https://example.com/hook', '', 'no secret'],
  ['https://example.com/hook', `${configured}|v1,whsec_short`, 'no secret'],
])('a hook at %s with the secrets %j ends the start', (uri, given, why) => {
  expect(() => createHttpHook('custom_access_token', uri, given)).toThrow(why);
});
