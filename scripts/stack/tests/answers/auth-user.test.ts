import { describe, expect, test } from 'vitest';
import { newEmail, openClient, openDatabase, password, signInAgain, signUp } from './asking.ts';
import { linkIn, mailTo } from './mails.ts';

const sql = openDatabase();

describe('metadata', () => {
  test('is merged into what there is', async () => {
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

  test('loses what becomes null', async () => {
    const { client } = await signUp({ team: 'red' });
    const { data } = await client.auth.updateUser({ data: { team: null } });
    expect(data.user?.user_metadata).not.toHaveProperty('team');
  });
});

describe('a new password', () => {
  test('is in force at once', async () => {
    const { client, email } = await signUp();
    const { error } = await client.auth.updateUser({ password: 'battery staple horse' });
    expect(error).toBeNull();
    const next = await openClient().auth.signInWithPassword({ email, password: 'battery staple horse' });
    expect(next.error).toBeNull();
    const old = await openClient().auth.signInWithPassword({ email, password });
    expect(old.error?.code).toBe('invalid_credentials');
  });

  test('is refused if it is the one that there is', async () => {
    const { client } = await signUp();
    const { error } = await client.auth.updateUser({ password });
    expect(error).toMatchObject({ status: 422, code: 'same_password' });
  });

  test('is refused if it is weak', async () => {
    const { client } = await signUp();
    const { error } = await client.auth.updateUser({ password: 'abc' });
    expect(error).toMatchObject({ status: 422, code: 'weak_password', reasons: ['length'] });
  });
});

describe('a new address', () => {
  test('is refused if somebody has it', async () => {
    const [ann, bob] = await Promise.all([signUp(), signUp()]);
    const { error } = await ann.client.auth.updateUser({ email: bob.email });
    expect(error).toMatchObject({ status: 422, code: 'email_exists' });
  });

  // Not at once, also where sign-ups need no confirmation: only anonymous users are spared it.
  // Source: UserUpdate in internal/api/user.go of supabase/auth.
  test('waits until the link in its mailbox is followed', async () => {
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
