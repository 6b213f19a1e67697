import { describe, expect, test } from 'vitest';
import { newEmail, password, serve } from './serving.ts';

const stack = serve(`
[auth]
enable_anonymous_sign_ins = true

[auth.rate_limit]
sign_in_sign_ups = 3
token_verifications = 2
token_refresh = 2
anonymous_users = 2
email_sent = 2

[auth.email]
max_frequency = "0s"

[auth.email.smtp]
enabled = true
host = "127.0.0.1"
port = 2525
user = "nobody"
pass = "nothing"
admin_email = "nobody@example.com"
`);

/** Sends as a server that names the client's address, so that each test has its own limits. */
function clientAt(address: string) {
  const headers = () => ({ apikey: stack.secretKey, 'sb-forwarded-for': address });
  return (path: string, body: object) => stack.send('POST', path, JSON.stringify(body), headers());
}

const refused = { status: 429, body: { error_code: 'over_request_rate_limit' } };

describe('the rate limits of one client', () => {
  test.each([
    ['sign-ins', '/token?grant_type=password', { email: 'nobody@example.com', password }, 3, '10.0.0.1'],
    ['mails', '/recover', { email: 'nobody@example.com' }, 3, '10.0.0.2'],
    ['codes', '/verify', { type: 'email', email: 'nobody@example.com', token: '000000' }, 2, '10.0.0.3'],
    ['refreshes', '/token?grant_type=refresh_token', { refresh_token: 'none' }, 2, '10.0.0.4'],
    ['anonymous sign-ins', '/signup', {}, 2, '10.0.0.5'],
  ])('limits %s as config.toml says, for each client', async (_name, path, body, most, address) => {
    const send = clientAt(address);
    for (let asked = 0; asked < most; asked += 1) expect((await send(path, body)).status).not.toBe(429);
    expect(await send(path, body)).toMatchObject(refused);
    expect((await clientAt(`${address}0`)(path, body)).status).not.toBe(429);
  });

  test('ignores a forwarded address that comes with the publishable key', async () => {
    const body = JSON.stringify({ email: newEmail(), password: 'short' });
    const statuses: number[] = [];
    for (const address of ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.4'])
      statuses.push((await stack.send('POST', '/signup', body, { 'sb-forwarded-for': address })).status);
    expect(statuses).toEqual([422, 422, 422, 429]);
  });
});

test('counts all mails that leave together', async () => {
  const address = '10.2.0.1';
  const emails = [newEmail(), newEmail(), newEmail()];
  for (const email of emails) await stack.admin.createUser({ email, email_confirm: true });
  const answers = [];
  for (const email of emails) answers.push(await clientAt(address)('/recover', { email }));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(answers[2]?.body).toMatchObject({
    error_code: 'over_email_send_rate_limit',
    msg: 'email rate limit exceeded',
  });
});
