import { createClient, type Session, type SupabaseClient } from '@supabase/supabase-js';
import postgres from 'postgres';
import { afterAll, describe, expect, test } from 'vitest';
import { target as stack } from './answers/asking.ts';

/** Someone with an account of their own, signed in with a client of their own. */
interface Person {
  client: SupabaseClient;
  id: string;
  email: string;
  password: string;
  session: Session;
}

const options = { auth: { persistSession: false, autoRefreshToken: false } };
const openClient = () => createClient(stack.url, stack.publishableKey, options);
const admin = createClient(stack.url, stack.secretKey, options).auth.admin;
const database = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
afterAll(() => database.end());

const password = 'correct horse battery';
const newEmail = () => `auth-${crypto.randomUUID()}@example.com`;

async function signUp(metadata: Record<string, unknown> = {}): Promise<Person> {
  const client = openClient();
  const email = newEmail();
  const { data, error } = await client.auth.signUp({ email, password, options: { data: metadata } });
  if (error) throw error;
  if (!data.session) throw new Error('The project under test confirms e-mail addresses: it should not.');
  return { client, id: data.session.user.id, email, password, session: data.session };
}

/** Signs the person in once more, as on another device. */
async function signInAgain({ email, password: secret }: { email: string; password: string }) {
  const client = openClient();
  const { data, error } = await client.auth.signInWithPassword({ email, password: secret });
  if (error) throw error;
  return { client, session: data.session };
}

const refresh = (session: Session) =>
  openClient().auth.refreshSession({ refresh_token: session.refresh_token });

/** Sends what supabase-js never would. */
async function send(method: string, path: string, body: BodyInit, key = stack.publishableKey) {
  const headers = { apikey: key, 'content-type': 'application/json' };
  const response = await fetch(`${stack.url}/auth/v1${path}`, { method, headers, body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('signing up', () => {
  test('signs in, with an address in lower case and the metadata as given', async () => {
    const client = openClient();
    const email = newEmail();
    const { data, error } = await client.auth.signUp({
      email: email.toUpperCase(),
      password,
      options: { data: { city: 'Kyiv' } },
    });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email, role: 'authenticated', is_anonymous: false });
    expect(data.user?.user_metadata).toMatchObject({ city: 'Kyiv' });
    expect(data.user?.app_metadata).toMatchObject({ provider: 'email', providers: ['email'] });
    expect(data.user?.identities).toHaveLength(1);
    expect(data.session?.token_type).toBe('bearer');
  });

  test('gives a token that the published keys verify and that says who it is', async () => {
    const { client, id, email } = await signUp({ city: 'Lviv' });
    const { data, error } = await client.auth.getClaims();
    expect(error).toBeNull();
    expect(data?.claims).toMatchObject({
      sub: id,
      email,
      aud: 'authenticated',
      role: 'authenticated',
      aal: 'aal1',
      amr: [{ method: 'password' }],
      user_metadata: { city: 'Lviv' },
    });
  });

  test('answers user_already_exists for an address that is taken, in any case', async () => {
    const { email } = await signUp();
    const { error } = await openClient().auth.signUp({ email: email.toUpperCase(), password });
    expect(error).toMatchObject({ status: 422, code: 'user_already_exists' });
  });

  test('makes one user of sign-ups that come at the same time', async () => {
    const email = newEmail();
    const all = await Promise.all([1, 2, 3].map(() => openClient().auth.signUp({ email, password })));
    expect(all.filter(({ error }) => error === null)).toHaveLength(1);
    const [row] = await database`select count(*)::int as users from auth.users where email = ${email}`;
    expect(row).toEqual({ users: 1 });
  });

  test('names what is wrong with a weak password', async () => {
    const { error } = await openClient().auth.signUp({ email: newEmail(), password: 'short' });
    expect(error).toMatchObject({ name: 'AuthWeakPasswordError', status: 422, reasons: ['length'] });
  });

  test('refuses a password that bcrypt would cut off', async () => {
    const { error } = await openClient().auth.signUp({ email: newEmail(), password: 'x'.repeat(73) });
    expect(error).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  test('refuses what is no address', async () => {
    const { error } = await openClient().auth.signUp({ email: 'not an address', password });
    expect(error).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  test.each([
    ['no JSON', '{"email":'],
    ['nothing', ''],
    ['a list', '[]'],
    ['a number for an address', '{"email": 1, "password": "correct horse battery"}'],
    ['text for metadata', '{"email": "a@example.com", "password": "correct horse battery", "data": "x"}'],
  ])('answers bad_json to %s', async (_name, body) => {
    expect(await send('POST', '/signup', body)).toMatchObject({
      status: 400,
      body: { error_code: 'bad_json' },
    });
  });
});

describe('signing in', () => {
  test('works with the address in any case', async () => {
    const { id, email } = await signUp();
    const { session } = await signInAgain({ email: email.toUpperCase(), password });
    expect(session.user).toMatchObject({ id, last_sign_in_at: expect.any(String) });
  });

  test('says the same of a wrong password and of an unknown address', async () => {
    const { email } = await signUp();
    const wrong = await openClient().auth.signInWithPassword({ email, password: 'wrong' });
    const unknown = await openClient().auth.signInWithPassword({ email: newEmail(), password });
    expect(wrong.error).toMatchObject({ status: 400, code: 'invalid_credentials' });
    expect(unknown.error).toMatchObject({
      message: wrong.error?.message,
      status: 400,
      code: 'invalid_credentials',
    });
  });

  test('takes a hash that SQL wrote with pgcrypto', async () => {
    const { id, email } = await signUp();
    await database`
      update auth.users set encrypted_password = extensions.crypt('written in SQL', extensions.gen_salt('bf'))
      where id = ${id}
    `;
    const { session } = await signInAgain({ email, password: 'written in SQL' });
    expect(session.user.id).toBe(id);
  });

  test('refuses a code that nobody was sent', async () => {
    const { email } = await signUp();
    const { error } = await openClient().auth.verifyOtp({ email, token: '000000', type: 'email' });
    expect(error).toMatchObject({ status: 403, code: 'otp_expired' });
  });

  test('by mail makes no account where none is wanted', async () => {
    const { error } = await openClient().auth.signInWithOtp({
      email: newEmail(),
      options: { shouldCreateUser: false },
    });
    expect(error).toMatchObject({ status: 422, code: 'otp_disabled' });
  });
});

describe('a session', () => {
  test('goes on with a new refresh token each time', async () => {
    const { id, session } = await signUp();
    const { data, error } = await refresh(session);
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
    expect(data.session?.refresh_token).not.toBe(session.refresh_token);
  });

  test('gives the token that is in force to whoever asks again with the one before', async () => {
    const { session } = await signUp();
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(session)));
    expect(answers.map(({ error }) => error)).toEqual([null, null, null, null, null]);
    expect(new Set(answers.map(({ data }) => data.session?.refresh_token)).size).toBe(1);
  });

  test('ends when an old refresh token turns up after its time', async () => {
    const { session, id } = await signUp();
    const second = await refresh(session);
    const third = await refresh(second.data.session as Session);
    await database`
      update auth.refresh_tokens set updated_at = updated_at - interval '1 hour' where user_id = ${id}
    `;
    expect((await refresh(session)).error).toMatchObject({ status: 400, code: 'refresh_token_already_used' });
    expect((await refresh(third.data.session as Session)).error).toMatchObject({ status: 400 });
  });

  test('answers refresh_token_not_found to a token that it never gave', async () => {
    const { error } = await openClient().auth.refreshSession({ refresh_token: 'abcdefghijkl' });
    expect(error).toMatchObject({ status: 400, code: 'refresh_token_not_found' });
  });

  test('answers bad_jwt to a token that is none', async () => {
    const { error } = await openClient().auth.getUser('a.b.c');
    expect(error).toMatchObject({ status: 403, code: 'bad_jwt' });
  });

  test('ends here with a local sign-out, and goes on elsewhere', async () => {
    const person = await signUp();
    const other = await signInAgain(person);
    expect((await person.client.auth.signOut({ scope: 'local' })).error).toBeNull();
    const { error } = await openClient().auth.getUser(person.session.access_token);
    expect(error?.name).toBe('AuthSessionMissingError');
    expect((await refresh(person.session)).error?.code).toBe('refresh_token_not_found');
    expect((await other.client.auth.getUser()).error).toBeNull();
  });

  test('ends elsewhere when the others are signed out', async () => {
    const person = await signUp();
    const other = await signInAgain(person);
    await person.client.auth.signOut({ scope: 'others' });
    expect((await other.client.auth.getUser()).error?.name).toBe('AuthSessionMissingError');
    expect((await person.client.auth.getUser()).error).toBeNull();
  });

  test('ends everywhere with a global sign-out', async () => {
    const person = await signUp();
    const other = await signInAgain(person);
    await person.client.auth.signOut({ scope: 'global' });
    expect((await refresh(other.session)).error?.code).toBe('refresh_token_not_found');
  });
});

describe('changing oneself', () => {
  test('merges metadata, and removes what becomes null', async () => {
    const { client } = await signUp({ city: 'Odesa', team: 'red' });
    const { data } = await client.auth.updateUser({ data: { city: null, team: 'blue', level: 3 } });
    expect(data.user?.user_metadata).toMatchObject({ team: 'blue', level: 3 });
    expect(data.user?.user_metadata).not.toHaveProperty('city');
  });

  test('keeps what two changes at once say', async () => {
    const { client } = await signUp();
    await Promise.all([1, 2, 3, 4].map((n) => client.auth.updateUser({ data: { [`n${n}`]: n } })));
    const { data } = await client.auth.getUser();
    expect(data.user?.user_metadata).toMatchObject({ n1: 1, n2: 2, n3: 3, n4: 4 });
  });

  test('sets a new password, and signs the other devices out', async () => {
    const person = await signUp();
    const other = await signInAgain(person);
    const { error } = await person.client.auth.updateUser({ password: 'battery staple horse' });
    expect(error).toBeNull();
    expect((await refresh(other.session)).error?.code).toBe('refresh_token_not_found');
    expect((await person.client.auth.getUser()).error).toBeNull();
    await expect(signInAgain({ ...person, password: 'battery staple horse' })).resolves.toBeDefined();
  });

  test('refuses the password that it is already', async () => {
    const { client } = await signUp();
    const { error } = await client.auth.updateUser({ password });
    expect(error).toMatchObject({ status: 422, code: 'same_password' });
  });

  test('waits with a new address until its mailbox agrees', async () => {
    const { client, email } = await signUp();
    const wanted = newEmail();
    const { data, error } = await client.auth.updateUser({ email: wanted });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email, new_email: wanted });
  });

  test('refuses an address that is taken', async () => {
    const { email } = await signUp();
    const { client } = await signUp();
    const { error } = await client.auth.updateUser({ email });
    expect(error).toMatchObject({ status: 422, code: 'email_exists' });
  });

  test('does not reach what only admins may change', async () => {
    const { session } = await signUp();
    const response = await fetch(`${stack.url}/auth/v1/user`, {
      method: 'PUT',
      headers: {
        apikey: stack.publishableKey,
        authorization: `Bearer ${session.access_token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ app_metadata: { role: 'admin' } }),
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error_code: 'not_admin' });
  });
});

describe('a link', () => {
  test('leads to the app with a session, once', async () => {
    const { id, email } = await signUp();
    const { data, error } = await admin.generateLink({ type: 'recovery', email });
    expect(error).toBeNull();
    const follow = () => fetch(data.properties?.action_link ?? '', { redirect: 'manual' });
    const first = await follow();
    expect(first.status).toBe(303);
    const fragment = new URLSearchParams(new URL(first.headers.get('location') ?? '').hash.slice(1));
    expect(fragment.get('type')).toBe('recovery');
    const { data: found } = await openClient().auth.getUser(fragment.get('access_token') ?? '');
    expect(found.user?.id).toBe(id);
    const second = new URL((await follow()).headers.get('location') ?? '');
    expect(new URLSearchParams(second.hash.slice(1)).get('error_code')).toBe('otp_expired');
  });

  test('leads nowhere that the project does not allow', async () => {
    const { email } = await signUp();
    const { data } = await admin.generateLink({
      type: 'recovery',
      email,
      options: { redirectTo: 'https://evil.example.net/steal' },
    });
    expect(data.properties?.redirect_to).not.toContain('evil.example.net');
    const link = new URL(data.properties?.action_link ?? '');
    link.searchParams.set('redirect_to', 'https://evil.example.net/steal');
    const response = await fetch(link, { redirect: 'manual' });
    expect(response.headers.get('location')).not.toContain('evil.example.net');
  });

  test('can be replaced by its hash or by its code', async () => {
    const { id, email } = await signUp();
    const first = await admin.generateLink({ type: 'magiclink', email });
    const byHash = await openClient().auth.verifyOtp({
      token_hash: first.data.properties?.hashed_token ?? '',
      type: 'email',
    });
    expect(byHash.data.user?.id).toBe(id);
    const second = await admin.generateLink({ type: 'magiclink', email });
    const token = second.data.properties?.email_otp ?? '';
    const byCode = await openClient().auth.verifyOtp({ email, token, type: 'email' });
    expect(byCode.data.user?.id).toBe(id);
    const again = await openClient().auth.verifyOtp({ email, token, type: 'email' });
    expect(again.error).toMatchObject({ status: 403, code: 'otp_expired' });
  });

  test('signs somebody new up', async () => {
    const email = newEmail();
    const { data } = await admin.generateLink({ type: 'magiclink', email });
    expect(data.properties?.verification_type).toBe('signup');
    const { data: verified, error } = await openClient().auth.verifyOtp({
      token_hash: data.properties?.hashed_token ?? '',
      type: 'signup',
    });
    expect(error).toBeNull();
    expect(verified.user).toMatchObject({ email, email_confirmed_at: expect.any(String) });
  });

  test('is not made for a password that nobody has', async () => {
    const { error } = await admin.generateLink({ type: 'recovery', email: newEmail() });
    expect(error).toMatchObject({ status: 404, code: 'user_not_found' });
  });
});

describe('an admin', () => {
  test('makes users who can sign in at once', async () => {
    const email = newEmail();
    const id = crypto.randomUUID();
    const { data, error } = await admin.createUser({
      id,
      email,
      password,
      email_confirm: true,
      user_metadata: { city: 'Dnipro' },
      app_metadata: { plan: 'paid' },
    });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ id, email, app_metadata: { plan: 'paid', provider: 'email' } });
    const { session } = await signInAgain({ email, password });
    expect(session.user.user_metadata).toMatchObject({ city: 'Dnipro' });
  });

  test('makes users whose address is still to be confirmed', async () => {
    const email = newEmail();
    await admin.createUser({ email, password });
    const { error } = await openClient().auth.signInWithPassword({ email, password });
    expect(error).toMatchObject({ status: 400, code: 'email_not_confirmed' });
  });

  test('is told that an address is taken', async () => {
    const { email } = await signUp();
    const { error } = await admin.createUser({ email: email.toUpperCase() });
    expect(error).toMatchObject({ status: 422, code: 'email_exists' });
  });

  test('reads users page by page, the newest first', async () => {
    const older = await signUp();
    const newer = await signUp();
    const first = await admin.listUsers({ page: 1, perPage: 1000 });
    const ids = first.data.users.map(({ id }) => id);
    expect(ids.indexOf(newer.id)).toBeGreaterThanOrEqual(0);
    expect(ids.indexOf(newer.id)).toBeLessThan(ids.indexOf(older.id));
    const page = await admin.listUsers({ page: 1, perPage: 1 });
    expect(page.data.users).toHaveLength(1);
    expect(page.data).toMatchObject({ nextPage: 2, aud: 'authenticated' });
  });

  test('changes address, password and metadata without a mail', async () => {
    const { id } = await signUp();
    const email = newEmail();
    const { data, error } = await admin.updateUserById(id, {
      email,
      email_confirm: true,
      password: 'battery staple horse',
      app_metadata: { plan: 'paid' },
    });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email, app_metadata: { plan: 'paid', provider: 'email' } });
    const { session } = await signInAgain({ email, password: 'battery staple horse' });
    expect(session.user.id).toBe(id);
  });

  test('bans: neither password nor refresh token let in', async () => {
    const person = await signUp();
    await admin.updateUserById(person.id, { ban_duration: '24h' });
    const { error } = await openClient().auth.signInWithPassword(person);
    expect(error).toMatchObject({ status: 400, code: 'user_banned' });
    expect((await refresh(person.session)).error).toMatchObject({ status: 400, code: 'user_banned' });
    await admin.updateUserById(person.id, { ban_duration: 'none' });
    await expect(signInAgain(person)).resolves.toBeDefined();
  });

  test('signs a user out', async () => {
    const { session } = await signUp();
    expect((await admin.signOut(session.access_token, 'global')).error).toBeNull();
    expect((await refresh(session)).error?.code).toBe('refresh_token_not_found');
  });

  test('deletes a user, whose token then belongs to nobody', async () => {
    const { id, session } = await signUp();
    expect((await admin.deleteUser(id)).error).toBeNull();
    const { error } = await openClient().auth.getUser(session.access_token);
    expect(error).toMatchObject({ status: 403, code: 'user_not_found' });
    expect((await admin.getUserById(id)).error).toMatchObject({ status: 404, code: 'user_not_found' });
  });

  test('is nobody without the secret key', async () => {
    const { client, id } = await signUp();
    const attempts = [
      await client.auth.admin.listUsers(),
      await client.auth.admin.getUserById(id),
      await client.auth.admin.createUser({ email: newEmail() }),
      await client.auth.admin.updateUserById(id, { app_metadata: { role: 'admin' } }),
      await client.auth.admin.generateLink({ type: 'magiclink', email: newEmail() }),
      await client.auth.admin.inviteUserByEmail(newEmail()),
    ];
    for (const { error } of attempts) expect(error?.status).toBe(403);
  });

  test('is told what is wrong with a body', async () => {
    const wrong = await send('POST', '/admin/users', '{"email": 1}', stack.secretKey);
    expect(wrong).toMatchObject({ status: 400, body: { error_code: 'bad_json' } });
    const none = await send('POST', '/admin/users', '{}', stack.secretKey);
    expect(none).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
  });
});

describe('what Auth says of itself', () => {
  const read = async (path: string, headers: Record<string, string> = { apikey: stack.publishableKey }) =>
    (await fetch(`${stack.url}/auth/v1${path}`, { headers })).json() as Promise<Record<string, unknown>>;

  test('is who it is, and which ways of signing in there are', async () => {
    expect(await read('/health')).toMatchObject({ name: 'GoTrue' });
    expect(await read('/settings')).toMatchObject({ external: { email: true }, mailer_autoconfirm: true });
  });

  test('is where its keys are, to anybody', async () => {
    const { jwks_uri: uri } = await read('/.well-known/openid-configuration', {});
    expect(uri).toMatch(/\/auth\/v1\/\.well-known\/jwks\.json$/);
    expect(await read('/.well-known/jwks.json', {})).toMatchObject({ keys: expect.any(Array) });
  });
});
