import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  anonymous,
  dataOf,
  newEmail,
  newName,
  openClient,
  openDatabase,
  type Person,
  password,
  service,
  signUp,
} from './asking.ts';
import { linkIn, mailTo } from './mails.ts';

const sql = openDatabase();
const { admin } = service.auth;
let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

describe('the admin API of Auth', () => {
  test('creates users who can sign in', async () => {
    const email = newEmail();
    const id = randomUUID();
    const created = await admin.createUser({
      id,
      email,
      password,
      email_confirm: true,
      user_metadata: { handle: newName() },
      app_metadata: { role: 'editor' },
    });
    const { user } = dataOf(created);
    expect(user).toMatchObject({ id, email, app_metadata: { role: 'editor', provider: 'email' } });
    const { data, error } = await openClient().auth.signInWithPassword({ email, password });
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
  });

  test('creates users who must confirm their address before they sign in', async () => {
    const email = newEmail();
    dataOf(await admin.createUser({ email, password, user_metadata: { handle: newName() } }));
    const { error } = await openClient().auth.signInWithPassword({ email, password });
    expect(error).toMatchObject({ status: 400, code: 'email_not_confirmed' });
  });

  test('refuses to create a user with an address that is taken', async () => {
    const { error } = await admin.createUser({ email: ann.email.toUpperCase(), password });
    expect(error).toMatchObject({ status: 422, code: 'email_exists' });
  });

  test('knows no factors of a user who does not exist', async () => {
    expect(dataOf(await admin.mfa.listFactors({ userId: ann.id }))).toEqual({ factors: [] });
    const { error } = await admin.mfa.listFactors({ userId: randomUUID() });
    expect(error).toMatchObject({ status: 404, code: 'user_not_found' });
    const ofAnn = await admin.mfa.deleteFactor({ userId: ann.id, id: randomUUID() });
    expect(ofAnn.error).toMatchObject({ status: 404, code: 'mfa_factor_not_found' });
    const ofNobody = await admin.mfa.deleteFactor({ userId: randomUUID(), id: randomUUID() });
    expect(ofNobody.error).toMatchObject({ status: 404, code: 'user_not_found' });
  });

  test('lists users page by page', async () => {
    const { data, error } = await admin.listUsers({ page: 1, perPage: 1 });
    expect(error).toBeNull();
    expect(data.users).toHaveLength(1);
    expect(data).toMatchObject({ aud: 'authenticated', total: expect.any(Number) });
    const second = await admin.listUsers({ page: 2, perPage: 1 });
    expect(second.data.users[0]?.id).not.toBe(data.users[0]?.id);
  });

  test('lists the newest user first', async () => {
    const newest = await signUp();
    const ids = dataOf(await admin.listUsers({ page: 1, perPage: 1000 })).users.map(({ id }) => id);
    expect(ids).toContain(newest.id);
    expect(ids.indexOf(newest.id)).toBeLessThan(ids.indexOf(ann.id));
  });

  test('reads a user by id', async () => {
    const { user } = dataOf(await admin.getUserById(ann.id));
    expect(user).toMatchObject({ id: ann.id, email: ann.email });
  });

  test('answers 404 for an unknown user', async () => {
    const { error } = await admin.getUserById(randomUUID());
    expect(error).toMatchObject({ status: 404, code: 'user_not_found' });
  });

  test('changes the metadata, password and address of a user', async () => {
    const { id, email: old } = await signUp();
    const email = newEmail();
    const changes = { app_metadata: { role: 'moderator' }, password: 'given by an admin', email };
    const { user } = dataOf(await admin.updateUserById(id, { ...changes, email_confirm: true }));
    expect(user).toMatchObject({ email, app_metadata: { role: 'moderator', provider: 'email' } });
    const auth = openClient().auth;
    expect((await auth.signInWithPassword({ email, password: 'given by an admin' })).error).toBeNull();
    expect((await auth.signInWithPassword({ email: old, password })).error?.code).toBe('invalid_credentials');
  });

  test('bans a user and lifts the ban', async () => {
    const { id, email } = await signUp();
    dataOf(await admin.updateUserById(id, { ban_duration: '24h' }));
    const banned = await openClient().auth.signInWithPassword({ email, password });
    expect(banned.error).toMatchObject({ status: 400, code: 'user_banned' });
    dataOf(await admin.updateUserById(id, { ban_duration: 'none' }));
    expect((await openClient().auth.signInWithPassword({ email, password })).error).toBeNull();
  });

  test('deletes a user and all rows that depend on it', async () => {
    const { id, token } = await signUp();
    expect((await admin.deleteUser(id)).error).toBeNull();
    const { error } = await openClient().auth.getUser(token);
    expect(error).toMatchObject({ status: 403, code: 'user_not_found' });
    expect(await sql`select id from auth.users where id = ${id}`).toHaveLength(0);
    expect(await sql`select id from public.people where id = ${id}`).toHaveLength(0);
  });

  test('signs a user out by their access token', async () => {
    const { token } = await signUp();
    expect((await admin.signOut(token)).error).toBeNull();
    const { error } = await openClient().auth.getUser(token);
    expect(error?.name).toBe('AuthSessionMissingError');
  });

  test('invites a user by mail', async () => {
    const email = newEmail();
    const { data, error } = await admin.inviteUserByEmail(email, { data: { handle: newName() } });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email, invited_at: expect.any(String) });
    const mail = await mailTo(email);
    expect(linkIn(mail).searchParams.get('type')).toBe('invite');
    // Default templates hold no code: internal/mailer/templatemailer/templatemailer.go of supabase/auth.
    expect(mail.subject).toBe("You've been invited");
    expect(mail.text).not.toMatch(/(?<!\S)\d{6}(?!\S)/);
  });
});

describe('a link made with the secret key', () => {
  test('signs in the user who follows the link, and sends no mail', async () => {
    const { properties } = dataOf(await admin.generateLink({ type: 'recovery', email: ann.email }));
    expect(properties).toMatchObject({
      verification_type: 'recovery',
      email_otp: expect.stringMatching(/^\d{6}$/),
      hashed_token: expect.any(String),
    });
    const response = await fetch(properties?.action_link ?? '', { redirect: 'manual' });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toContain('access_token=');
  });

  test('ignores a redirect address that the project does not allow', async () => {
    const options = { redirectTo: 'https://evil.example.net/steal' };
    const answer = await admin.generateLink({ type: 'recovery', email: ann.email, options });
    expect(dataOf(answer).properties?.redirect_to).not.toContain('evil.example.net');
  });

  test('creates a user when the address is new', async () => {
    const [email, data] = [newEmail(), { handle: newName() }];
    const link = dataOf(await admin.generateLink({ type: 'magiclink', email, options: { data } }));
    expect(link.properties?.verification_type).toBe('signup');
    const token_hash = link.properties?.hashed_token ?? '';
    const { user } = dataOf(await openClient().auth.verifyOtp({ token_hash, type: 'signup' }));
    expect(user).toMatchObject({ email, email_confirmed_at: expect.any(String) });
  });

  test('refuses a recovery link for an unknown user', async () => {
    const { error } = await admin.generateLink({ type: 'recovery', email: newEmail() });
    expect(error).toMatchObject({ status: 404, code: 'user_not_found' });
  });

  test('accepts the code of a link, once', async () => {
    const { email, id } = await signUp();
    const { properties } = dataOf(await admin.generateLink({ type: 'magiclink', email }));
    const code = { email, token: properties?.email_otp ?? '', type: 'email' } as const;
    expect(dataOf(await openClient().auth.verifyOtp(code)).user?.id).toBe(id);
    const again = await openClient().auth.verifyOtp(code);
    expect(again.error).toMatchObject({ status: 403, code: 'otp_expired' });
  });

  test('accepts the hash of a link in place of the link', async () => {
    const { email, id } = await signUp();
    const { properties } = dataOf(await admin.generateLink({ type: 'magiclink', email }));
    const { data, error } = await openClient().auth.verifyOtp({
      token_hash: properties?.hashed_token ?? '',
      type: 'magiclink',
    });
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
  });
});

describe('requests without the secret key', () => {
  test('refuses the admin API to anonymous and signed-in users', async () => {
    const { error } = await anonymous.auth.admin.listUsers();
    expect([401, 403]).toContain(error?.status);
    const { admin: mine } = ann.client.auth;
    const attempts = [
      await mine.listUsers(),
      await mine.getUserById(ann.id),
      await mine.createUser({ email: newEmail() }),
      await mine.updateUserById(ann.id, { app_metadata: { role: 'admin' } }),
      await mine.generateLink({ type: 'magiclink', email: newEmail() }),
      await mine.inviteUserByEmail(newEmail()),
    ];
    expect(attempts.map((attempt) => attempt.error?.status)).toEqual(attempts.map(() => 403));
  });
});
