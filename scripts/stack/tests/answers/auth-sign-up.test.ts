import { describe, expect, test } from 'vitest';
import { anonymous, newEmail, newName, openClient, openDatabase, password, raw, signUp } from './asking.ts';

const sql = openDatabase();
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$/;

describe('signing up', () => {
  test('answers with a session and the user', async () => {
    const email = newEmail();
    const { data, error } = await openClient().auth.signUp({
      email: email.toUpperCase(),
      password,
      options: { data: { handle: newName(), level: 1 } },
    });
    expect(error).toBeNull();
    expect(data.session).toMatchObject({ token_type: 'bearer', expires_in: 3600 });
    expect(data.user).toMatchObject({
      email,
      role: 'authenticated',
      aud: 'authenticated',
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: { level: 1 },
      created_at: expect.stringMatching(instant),
    });
    expect(data.user?.identities).toHaveLength(1);
  });

  test('stores metadata and identity as JSON objects', async () => {
    const { id, email, handle } = await signUp();
    const [user] = await sql`
      select raw_user_meta_data ->> 'handle' as handle, jsonb_typeof(raw_app_meta_data) as app_metadata
      from auth.users where id = ${id}
    `;
    expect(user).toEqual({ handle, app_metadata: 'object' });
    const [identity] = await sql`
      select email, jsonb_typeof(identity_data) as kind from auth.identities where user_id = ${id}
    `;
    expect(identity).toEqual({ email, kind: 'object' });
  });

  test('stores the password as a bcrypt hash', async () => {
    const { id } = await signUp();
    const [user] = await sql`select encrypted_password from auth.users where id = ${id}`;
    expect(user?.encrypted_password).toMatch(/^\$2[ab]\$/);
  });

  test('refuses an address that is taken', async () => {
    const { email } = await signUp();
    const { data, error } = await openClient().auth.signUp({ email, password });
    expect(data.user).toBeNull();
    expect(error).toMatchObject({
      status: 422,
      code: 'user_already_exists',
      message: 'User already registered',
    });
  });

  test('refuses a weak password with the reasons', async () => {
    const { error } = await openClient().auth.signUp({ email: newEmail(), password: 'short' });
    expect(error).toMatchObject({
      name: 'AuthWeakPasswordError',
      status: 422,
      code: 'weak_password',
      message: expect.stringContaining('Password should be at least 8 characters'),
      reasons: ['length'],
    });
  });

  test('refuses an invalid address', async () => {
    const { error } = await openClient().auth.signUp({ email: 'not-an-email', password });
    expect(error).toMatchObject({
      status: 400,
      code: 'validation_failed',
      message: expect.stringContaining('Unable to validate email address'),
    });
  });

  test('refuses a sign-up without a password', async () => {
    const { error } = await openClient().auth.signUp({ email: newEmail(), password: '' });
    expect(error).toMatchObject({
      status: 400,
      code: 'validation_failed',
      message: 'Signup requires a valid password',
    });
  });

  test('refuses a password longer than bcrypt reads', async () => {
    const { error } = await openClient().auth.signUp({ email: newEmail(), password: 'x'.repeat(80) });
    expect(error).toMatchObject({
      status: 400,
      code: 'validation_failed',
      message: expect.stringContaining('72'),
    });
  });

  test('refuses a body that is not JSON', async () => {
    const response = await raw('/auth/v1/signup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email"',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error_code: 'bad_json' });
  });
});

describe('a trigger that fails the sign-up', () => {
  test('answers with a database error, and stores no user', async () => {
    const { handle } = await signUp();
    const email = newEmail();
    const refused = await openClient().auth.signUp({
      email,
      password,
      options: { data: { handle: handle.toUpperCase() } },
    });
    expect(refused.error).toMatchObject({
      status: 500,
      message: 'Database error saving new user',
    });
    expect(await sql`select id from auth.users where email = ${email}`).toHaveLength(0);

    const free = await openClient().auth.signUp({
      email,
      password,
      options: { data: { handle: newName() } },
    });
    expect(free.error).toBeNull();
    expect(free.data.session).not.toBeNull();
  });

  // Clients that do not name the version of the API, as supabase-js does, get the error of the database:
  // HandleResponseError in internal/api/errors.go of supabase/auth.
  test.each<[string, Record<string, string>, Record<string, string>]>([
    [
      'with a message of Auth to clients that name an API version',
      { 'x-supabase-api-version': '2024-01-01' },
      { code: 'unexpected_failure', message: 'Database error saving new user' },
    ],
    [
      'with the database error to older clients',
      {},
      { code: '23505', message: 'duplicate key value violates unique constraint "people_handle_key"' },
    ],
  ])('answers %s', async (_name, headers, expected) => {
    const { handle } = await signUp();
    const response = await raw('/auth/v1/signup', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ email: newEmail(), password, data: { handle } }),
    });
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject(expected);
  });
});

describe('requests without an account', () => {
  test('refuses an anonymous sign-in where it is off', async () => {
    const { error } = await openClient().auth.signInAnonymously();
    expect(error).toMatchObject({ status: 422, code: 'anonymous_provider_disabled' });
  });

  test('has neither session nor user before a sign-in', async () => {
    expect((await anonymous.auth.getSession()).data.session).toBeNull();
    const { data, error } = await anonymous.auth.getUser();
    expect(data.user).toBeNull();
    expect(error?.name).toBe('AuthSessionMissingError');
  });

  test('tells anybody which service answers', async () => {
    expect(await (await raw('/auth/v1/health')).json()).toMatchObject({ name: 'GoTrue' });
    const response = await raw('/auth/v1/.well-known/openid-configuration', { key: null });
    expect(await response.json()).toMatchObject({
      jwks_uri: expect.stringMatching(/\/auth\/v1\/\.well-known\/jwks\.json$/),
    });
  });

  test('tells anybody which ways of signing in the project offers', async () => {
    const response = await raw('/auth/v1/settings');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      disable_signup: false,
      mailer_autoconfirm: true,
      external: { email: true, phone: false, anonymous_users: false },
    });
  });
});
