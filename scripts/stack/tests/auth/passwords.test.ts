import { describe, expect, test } from 'vitest';
import { codeFile, codeIn, codeTemplates, newEmail, newest, password, serve, wideLimits } from './serving.ts';

const stack = serve(
  `
[auth]
minimum_password_length = 10
password_requirements = "lower_upper_letters_digits_symbols"

[auth.email]
double_confirm_changes = false
secure_password_change = true
max_frequency = "1m"

[auth.email.notification.password_changed]
enabled = true

[auth.email.notification.email_changed]
enabled = true
subject = "{{ .OldEmail }} is {{ .Email }} now"

[auth.sessions]
timebox = "24h"
inactivity_timeout = "8h"
${codeTemplates('email_change')}
${wideLimits}`,
  codeFile,
);

const other = 'Another-horse-9-battery';

async function signUp() {
  const client = stack.client();
  const email = newEmail();
  const { data, error } = await client.auth.signUp({ email, password });
  if (error || !data.session) throw error;
  return { client, email, id: data.session.user.id, session: data.session };
}

describe('changing a password', () => {
  test.each([
    ['short', 'Aa1!', ['length']],
    ['without a digit', 'Correct-horse', ['characters']],
    ['without a capital letter', 'correct-horse-8', ['characters']],
    ['without a symbol', 'CorrectHorse88', ['characters']],
    ['without any of these', 'aaa', ['length', 'characters']],
  ])('refuses a password that is %s', async (_name, weak, reasons) => {
    const signedUp = await stack.client().auth.signUp({ email: newEmail(), password: weak });
    expect(signedUp.error).toMatchObject({ status: 422, code: 'weak_password', reasons });
    const { client } = await signUp();
    const changed = await client.auth.updateUser({ password: weak });
    expect(changed.error).toMatchObject({ status: 422, code: 'weak_password', reasons });
  });

  test('needs no code within a day of the sign-in', async () => {
    const { client, email } = await signUp();
    expect((await client.auth.updateUser({ password: other })).error).toBeNull();
    expect(newest(await stack.mailsTo(email)).subject).toBe('Your password was changed');
  });

  test('needs the code of a mail after a day, once', async () => {
    const { client, email, id } = await signUp();
    await stack.database`
      update auth.sessions set created_at = created_at - interval '25 hours' where user_id = ${id}
    `;
    const without = await client.auth.updateUser({ password: other });
    expect(without.error).toMatchObject({ status: 400, code: 'reauthentication_needed' });
    expect((await client.auth.reauthenticate()).error).toBeNull();
    const nonce = codeIn(newest(await stack.mailsTo(email)));
    const wrong = nonce === '000000' ? '111111' : '000000';
    const guessed = await client.auth.updateUser({ password: other, nonce: wrong });
    expect(guessed.error).toMatchObject({ status: 422, code: 'reauthentication_not_valid' });
    const both = await Promise.all(
      [other, 'Third-horse-7-battery'].map((wanted) => client.auth.updateUser({ password: wanted, nonce })),
    );
    expect(both.map(({ error }) => error?.code ?? 'changed').sort()).toEqual([
      'changed',
      'reauthentication_not_valid',
    ]);
    const signIn = (secret: string) => stack.client().auth.signInWithPassword({ email, password: secret });
    expect((await signIn(both[0]?.error ? 'Third-horse-7-battery' : other)).error).toBeNull();
    const again = await client.auth.updateUser({ password, nonce });
    expect(again.error).toMatchObject({ status: 422, code: 'reauthentication_not_valid' });
  });
});

describe('a second mail of one kind', () => {
  test('is refused before max_frequency has passed, and says how long', async () => {
    const { email } = await signUp();
    expect((await stack.client().auth.resetPasswordForEmail(email)).error).toBeNull();
    const { error } = await stack.client().auth.resetPasswordForEmail(email);
    expect(error).toMatchObject({
      status: 429,
      code: 'over_email_send_rate_limit',
      message: expect.stringMatching(
        /^For security purposes, you can only request this after (60|[1-5]?\d) seconds\.$/,
      ),
    });
    expect(await stack.mailsTo(email)).toHaveLength(1);
  });
});

describe('changing an address', () => {
  test('needs the new mailbox alone where config.toml says so', async () => {
    const { client, email, id } = await signUp();
    const wanted = newEmail();
    await client.auth.updateUser({ email: wanted });
    expect(await stack.mailsTo(email)).toHaveLength(0);
    const token = codeIn(newest(await stack.mailsTo(wanted)));
    const { data, error } = await client.auth.verifyOtp({ email: wanted, token, type: 'email_change' });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ id, email: wanted });
    expect(newest(await stack.mailsTo(email)).subject).toBe(`${email} is ${wanted} now`);
  });
});

describe('a session with a time limit', () => {
  test.each([
    ['timebox', "created_at = created_at - interval '25 hours', refreshed_at = now() at time zone 'utc'"],
    ['inactivity_timeout', "created_at = created_at - interval '9 hours'"],
  ])('ends by %s', async (_name, change) => {
    const { id, session } = await signUp();
    await stack.database.unsafe(`update auth.sessions set ${change} where user_id = '${id}'`);
    const { error } = await stack.client().auth.refreshSession({ refresh_token: session.refresh_token });
    expect(error).toMatchObject({ status: 400, code: 'session_expired' });
  });

  test('continues within both limits', async () => {
    const { id, session } = await signUp();
    await stack.database`
      update auth.sessions set created_at = created_at - interval '23 hours',
        refreshed_at = now() at time zone 'utc' - interval '7 hours'
      where user_id = ${id}
    `;
    const { error } = await stack.client().auth.refreshSession({ refresh_token: session.refresh_token });
    expect(error).toBeNull();
  });

  test('can be continued by another client with its tokens', async () => {
    const { id, session } = await signUp();
    const client = stack.client();
    expect((await client.auth.setSession(session)).data.user?.id).toBe(id);
    expect((await client.auth.getUserIdentities()).data?.identities).toMatchObject([{ provider: 'email' }]);
  });
});
