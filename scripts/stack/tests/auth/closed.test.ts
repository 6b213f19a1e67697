import { describe, expect, test } from 'vitest';
import { codeFile, codeIn, codeTemplates, newEmail, newest, password, serve, wideLimits } from './serving.ts';

const stack = serve(
  `
[auth]
enable_signup = false

[auth.email]
otp_expiry = 60
max_frequency = "0s"
${codeTemplates('magic_link')}
${wideLimits}`,
  codeFile,
);

/** A user created by an admin. */
async function made() {
  const email = newEmail();
  const { data, error } = await stack.admin.createUser({ email, password, email_confirm: true });
  if (error) throw error;
  return { email, id: data.user.id };
}

describe('a project without sign-ups', () => {
  test('refuses sign-ups, and lets users in whom an admin created', async () => {
    const closed = { status: 422, code: 'signup_disabled' };
    const client = stack.client();
    expect((await client.auth.signUp({ email: newEmail(), password })).error).toMatchObject(closed);
    expect((await client.auth.signInWithOtp({ email: newEmail() })).error).toMatchObject(closed);
    expect((await client.auth.signInAnonymously()).error).toMatchObject({
      status: 422,
      code: 'anonymous_provider_disabled',
    });
    const { email } = await made();
    expect((await client.auth.signInWithPassword({ email, password })).error).toBeNull();
    expect((await stack.send('GET', '/settings')).body).toMatchObject({
      disable_signup: true,
      external: { email: true, anonymous_users: false },
    });
  });

  test('sends links to its users, valid as long as config.toml says', async () => {
    const { email } = await made();
    await stack.client().auth.signInWithOtp({ email });
    expect(await stack.mailsTo(email)).toHaveLength(1);
    await stack.database`
      update auth.users set recovery_sent_at = recovery_sent_at - interval '61 seconds' where email = ${email}
    `;
    const link = await stack.admin.generateLink({ type: 'magiclink', email });
    const hash = link.data.properties?.hashed_token ?? '';
    expect((await stack.client().auth.verifyOtp({ token_hash: hash, type: 'magiclink' })).error).toBeNull();
    await stack.client().auth.signInWithOtp({ email });
    await stack.database`
      update auth.users set recovery_sent_at = recovery_sent_at - interval '61 seconds' where email = ${email}
    `;
    const token = codeIn(newest(await stack.mailsTo(email)));
    const late = await stack.client().auth.verifyOtp({ email, token, type: 'email' });
    expect(late.error).toMatchObject({ status: 403, code: 'otp_expired' });
  });
});

describe('links made by an admin', () => {
  test('invite and sign up a new user', async () => {
    for (const type of ['invite', 'signup'] as const) {
      const email = newEmail();
      const { data, error } = await stack.admin.generateLink({ type, email, password });
      expect(error).toBeNull();
      const verified = await stack
        .client()
        .auth.verifyOtp({ token_hash: data.properties?.hashed_token ?? '', type });
      expect(verified.data.user).toMatchObject({ email, email_confirmed_at: expect.any(String) });
      const again = await stack.admin.generateLink({ type, email, password });
      expect(again.error).toMatchObject({ status: 422, code: 'email_exists' });
    }
  });

  test('change an address when both links are followed', async () => {
    const { email, id } = await made();
    const wanted = newEmail();
    const current = await stack.admin.generateLink({ type: 'email_change_current', email, newEmail: wanted });
    const next = await stack.admin.generateLink({ type: 'email_change_new', email, newEmail: wanted });
    for (const { data, error } of [current, next]) {
      expect(error).toBeNull();
      await fetch(data.properties?.action_link ?? '', { redirect: 'manual' });
    }
    expect((await stack.admin.getUserById(id)).data.user?.email).toBe(wanted);
  });
});

describe('soft deletion', () => {
  test('keeps the row without personal data, and frees the address', async () => {
    const { email, id } = await made();
    const client = stack.client();
    await client.auth.signInWithPassword({ email, password });
    expect((await stack.admin.deleteUser(id, true)).error).toBeNull();
    expect((await client.auth.refreshSession()).error).not.toBeNull();
    const [row] = await stack.database`
      select email, encrypted_password, raw_user_meta_data, deleted_at is not null as deleted
      from auth.users where id = ${id}
    `;
    expect(row).toMatchObject({ encrypted_password: null, raw_user_meta_data: {}, deleted: true });
    expect(row?.email).not.toBe(email);
    expect((await stack.admin.createUser({ email })).error).toBeNull();
  });
});

describe('the list of users', () => {
  test('comes in pages with the total, and can be filtered by a part of the address', async () => {
    const people = [await made(), await made(), await made()];
    const answer = await stack.send('GET', '/admin/users?page=1&per_page=2', null, {
      apikey: stack.secretKey,
    });
    expect(answer.body.users).toHaveLength(2);
    expect(Number(answer.headers.get('x-total-count'))).toBeGreaterThanOrEqual(3);
    expect(answer.headers.get('link')).toMatch(
      /<\/admin\/users\?page=2&per_page=2>; rel="next", .*rel="last"/,
    );
    const found = await stack.send('GET', `/admin/users?filter=${people[0]?.email.slice(5, 30)}`, null, {
      apikey: stack.secretKey,
    });
    expect(found.body.users).toMatchObject([{ id: people[0]?.id }]);
  });
});
