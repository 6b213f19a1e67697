import { describe, expect, test } from 'vitest';
import { newEmail, openClient, openDatabase, password, raw, signInAgain, signUp } from './asking.ts';
import { linkIn, mailTo } from './mails.ts';

const sql = openDatabase();

describe('changing the metadata of a user', () => {
  test('merges new metadata into the existing metadata', async () => {
    const { client, id, handle } = await signUp();
    const { data, error } = await client.auth.updateUser({ data: { nickname: 'Annie' } });
    expect(error).toBeNull();
    expect(data.user?.user_metadata).toMatchObject({ nickname: 'Annie', handle });
    const [row] = await sql`
      select raw_user_meta_data ->> 'nickname' as nickname, raw_user_meta_data ->> 'handle' as handle
      from auth.users where id = ${id}
    `;
    expect(row).toEqual({ nickname: 'Annie', handle });
  });

  test('removes metadata that is set to null', async () => {
    const { client } = await signUp({ team: 'red' });
    const { data } = await client.auth.updateUser({ data: { team: null } });
    expect(data.user?.user_metadata).not.toHaveProperty('team');
  });
});

test('refuses a change of app_metadata by its user', async () => {
  const { token } = await signUp();
  const response = await raw('/auth/v1/user', {
    method: 'PUT',
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ app_metadata: { role: 'admin' } }),
  });
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error_code: 'not_admin' });
});

// Since Auth 2.195: `requireAuthentication` in internal/api/auth.go of supabase/auth.
test('refuses every request of a banned user whose token is still valid', async () => {
  const { client, id, session } = await signUp();
  await sql`update auth.users set banned_until = now() + interval '1 day' where id = ${id}`;
  const banned = { status: 403, code: 'user_banned' };
  expect((await client.auth.getUser()).error).toMatchObject(banned);
  for (const change of [{ password: 'battery staple horse' }, { email: newEmail() }, { data: { a: 1 } }])
    expect((await client.auth.updateUser(change)).error).toMatchObject(banned);
  const refreshed = await openClient().auth.refreshSession({ refresh_token: session.refresh_token });
  expect(refreshed.error).toMatchObject({ status: 400, code: 'user_banned' });
});

describe('changing a password', () => {
  test('accepts the new password at once, and the old one no longer', async () => {
    const { client, email } = await signUp();
    const { error } = await client.auth.updateUser({ password: 'battery staple horse' });
    expect(error).toBeNull();
    const next = await openClient().auth.signInWithPassword({ email, password: 'battery staple horse' });
    expect(next.error).toBeNull();
    const old = await openClient().auth.signInWithPassword({ email, password });
    expect(old.error?.code).toBe('invalid_credentials');
  });

  test('ends the sessions of other devices after a new password', async () => {
    const person = await signUp();
    const other = await signInAgain(person);
    expect((await person.client.auth.updateUser({ password: 'battery staple horse' })).error).toBeNull();
    expect((await other.client.auth.refreshSession()).error?.code).toBe('refresh_token_not_found');
    expect((await person.client.auth.getUser()).error).toBeNull();
  });

  test('refuses a new password that is the old one', async () => {
    const { client } = await signUp();
    const { error } = await client.auth.updateUser({ password });
    expect(error).toMatchObject({ status: 422, code: 'same_password' });
  });

  test('refuses a weak new password', async () => {
    const { client } = await signUp();
    const { error } = await client.auth.updateUser({ password: 'abc' });
    expect(error).toMatchObject({ status: 422, code: 'weak_password', reasons: ['length'] });
  });
});

describe('changing an address', () => {
  test('refuses an address of another user', async () => {
    const [ann, bob] = await Promise.all([signUp(), signUp()]);
    const { error } = await ann.client.auth.updateUser({ email: bob.email });
    expect(error).toMatchObject({ status: 422, code: 'email_exists' });
  });

  // Also where sign-ups need no confirmation; only anonymous users get an address at once.
  // Source: UserUpdate in internal/api/user.go of supabase/auth.
  test('changes the address when the link in the mail to it is followed', async () => {
    const person = await signUp();
    const email = newEmail();
    const { data, error } = await person.client.auth.updateUser({ email });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email: person.email, new_email: email });

    const link = linkIn(await mailTo(email));
    expect(link.searchParams.get('type')).toBe('email_change');
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(303);
    const { session } = await signInAgain({ email });
    expect(session.user.id).toBe(person.id);
    expect(session.user.new_email).toBeUndefined();
  });
});
