import { describe, expect, test } from 'vitest';
import { newEmail, password, serve, wideLimits } from './serving.ts';

const stack = serve(`
[auth]
enable_anonymous_sign_ins = true
[auth.email]
max_frequency = "0s"
${wideLimits}`);

const endpoints = [
  ['POST', '/signup'],
  ['POST', '/token?grant_type=password'],
  ['POST', '/token?grant_type=refresh_token'],
  ['POST', '/token?grant_type=pkce'],
  ['POST', '/token?grant_type=id_token'],
  ['POST', '/otp'],
  ['POST', '/magiclink'],
  ['POST', '/recover'],
  ['POST', '/resend'],
  ['POST', '/verify'],
  ['PUT', '/user'],
  ['POST', '/factors'],
] as const;

const adminEndpoints = [
  ['POST', '/invite'],
  ['POST', '/admin/users'],
  ['POST', '/admin/generate_link'],
] as const;

/** Every field that any endpoint reads, with one value. */
const everywhere = (value: unknown) =>
  JSON.stringify(
    Object.fromEntries(
      [
        'email password data phone token token_hash type refresh_token auth_code code_verifier nonce create_user',
        'code_challenge code_challenge_method redirect_to id role aud ban_duration user_metadata app_metadata',
        'email_confirm password_hash new_email channel id_token provider factor_type',
      ]
        .join(' ')
        .split(' ')
        .map((name) => [name, value]),
    ),
  );

const bodies: [name: string, body: string | Uint8Array<ArrayBuffer>][] = [
  ['nothing', ''],
  ['half an object', '{"email": "a'],
  ['a list', '[1]'],
  ['a text', '"x"'],
  ['null', 'null'],
  ['numbers', everywhere(1)],
  ['lists', everywhere([])],
  ['objects', everywhere({ a: 1 })],
  ['true', everywhere(true)],
  ['nulls', everywhere(null)],
  ['empty texts', everywhere('')],
  ['U+0000', everywhere('a\0b')],
  ['half a surrogate pair', everywhere('a\ud800b').replaceAll('\ud800', '\\ud800')],
  ['SQL', everywhere("' or 1=1; drop table auth.users; --")],
  ['HTML', everywhere('<script>alert(1)</script>')],
  ['right-to-left text and emoji', everywhere('\u202eשלום 👩‍👩‍👧')],
  ['long texts', everywhere('x'.repeat(10_000))],
  [
    'deep lists',
    `{"email": "deep@example.com", "password": "${password}", "data": {"a": ${'['.repeat(5000)}${']'.repeat(5000)}}}`,
  ],
  ['bytes that are not UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
];

describe.each(bodies)('a body of %s', (_name, body) => {
  test('causes no server error at any endpoint', async () => {
    const { data } = await stack.client().auth.signUp({ email: newEmail(), password });
    const user = { authorization: `Bearer ${data.session?.access_token}` };
    const admin = { apikey: stack.secretKey };
    const asked = [
      ...endpoints.map((endpoint) => [...endpoint, endpoint[1] === '/user' ? user : {}] as const),
      ...adminEndpoints.map((endpoint) => [...endpoint, admin] as const),
      ['PUT', `/admin/users/${data.user?.id}`, admin] as const,
      ['DELETE', `/admin/users/${data.user?.id}`, admin] as const,
    ];
    const failed: string[] = [];
    for (const [method, path, headers] of asked) {
      const { status } = await stack.send(method, path, body, headers);
      if (status >= 500) failed.push(`${method} ${path}: ${status}`);
    }
    expect(failed).toEqual([]);
  });
});

test('refuses a body that is too large', async () => {
  const data = { email: newEmail(), password, data: { text: 'x'.repeat(2 * 1024 * 1024) } };
  expect((await stack.send('POST', '/signup', JSON.stringify(data))).status).toBe(413);
});

test('refuses query values that the database cannot store', async () => {
  for (const path of ['/verify?token=%00&type=signup', '/admin/users?filter=%00', '/admin/users/%00'])
    expect((await stack.send('GET', path, null, { apikey: stack.secretKey })).status).toBeLessThan(500);
});

test.each([
  ['page=0&per_page=0', 400],
  ['page=x', 400],
  ['page=-1', 400],
  ['page=999999999&per_page=999999999', 200],
  ["filter=%25' or 1=1", 200],
])('answers the list of users with %s by %i', async (query, status) => {
  const answer = await stack.send('GET', `/admin/users?${query}`, null, { apikey: stack.secretKey });
  expect(answer.status).toBe(status);
});

test('returns metadata exactly as it was sent', async () => {
  const data = { text: '\u202eשלום 👩‍👩‍👧 <b>"\'\\ %_', list: [1.5, null, { deep: [] }], 'a.b': true };
  const { data: made } = await stack.client().auth.signUp({ email: newEmail(), password, options: { data } });
  expect(made.user?.user_metadata).toMatchObject(data);
});

// Supabase may lose one of two changes: README.md.
test('keeps all changes of metadata that come at once', async () => {
  const client = stack.client();
  await client.auth.signUp({ email: newEmail(), password });
  await Promise.all([1, 2, 3, 4].map((n) => client.auth.updateUser({ data: { [`n${n}`]: n } })));
  const { data } = await client.auth.getUser();
  expect(data.user?.user_metadata).toMatchObject({ n1: 1, n2: 2, n3: 3, n4: 4 });
});

test('names what is wrong with the body of a new user', async () => {
  const create = (body: string) => stack.send('POST', '/admin/users', body, { apikey: stack.secretKey });
  expect((await create('{"email": 1}')).body).toMatchObject({ error_code: 'bad_json' });
  expect((await create('{}')).body).toMatchObject({ error_code: 'validation_failed' });
});
