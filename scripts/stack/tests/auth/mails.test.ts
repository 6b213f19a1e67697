import { describe, expect, test } from 'vitest';
import type { Mail } from '../../src/mailbox.ts';
import {
  codeFile,
  codeIn,
  codeTemplates,
  follow,
  linkIn,
  newEmail,
  newest,
  password,
  serve,
  wideLimits,
} from './serving.ts';

const stack = serve(
  `
[auth]
site_url = "https://app.example.com"
additional_redirect_urls = ["https://*.example.org/**", "myapp://callback"]

[auth.email]
enable_confirmations = true
max_frequency = "0s"
otp_length = 8

[auth.email.template.confirmation]
subject = "Welcome, {{ .Data.name }}"
content_path = "./supabase/templates/welcome.html"
${codeTemplates('recovery', 'magic_link', 'email_change', 'invite')}
${wideLimits}`,
  {
    ...codeFile,
    'templates/welcome.html': `<p title="{{ .Data.name }}">Hello {{ .Data.name }}{{ if .Data.admin }}, admin{{ else }}, friend{{ end }}</p>
<a href="{{ .ConfirmationURL }}">go</a> <a href="{{ .SiteURL }}/in?hash={{ .TokenHash }}&to={{ .RedirectTo }}">in</a>
<a href="{{ .Data.page }}">page</a> {{ .Token }} {{ .Email }}`,
  },
);

/** Signs up and confirms the address. */
async function confirmed() {
  const client = stack.client();
  const email = newEmail();
  await client.auth.signUp({ email, password });
  const token = codeIn(newest(await stack.mailsTo(email)));
  const { data, error } = await client.auth.verifyOtp({ email, token, type: 'signup' });
  if (error || !data.user) throw error;
  return { client, email, id: data.user.id };
}

/** Makes all codes sent to a user more than an hour old. */
async function letExpire(email: string) {
  await stack.database`
    update auth.users
    set confirmation_sent_at = confirmation_sent_at - interval '61 minutes',
      recovery_sent_at = recovery_sent_at - interval '61 minutes'
    where email = ${email}
  `;
}

describe('a sign-up that must be confirmed', () => {
  test('gives no session before its link is followed, even for the right password', async () => {
    const email = newEmail();
    const { data, error } = await stack.client().auth.signUp({ email, password });
    expect(error).toBeNull();
    expect(data.session).toBeNull();
    expect(data.user).toMatchObject({ email, confirmation_sent_at: expect.any(String) });
    const early = await stack.client().auth.signInWithPassword({ email, password });
    expect(early.error).toMatchObject({ status: 400, code: 'email_not_confirmed' });
    const { status, page, fragment } = await follow(linkIn(newest(await stack.mailsTo(email))));
    expect([status, page, fragment.get('type')]).toEqual([303, 'https://app.example.com/', 'signup']);
    const { data: found } = await stack.client().auth.getUser(fragment.get('access_token') ?? '');
    expect(found.user).toMatchObject({ email, email_confirmed_at: expect.any(String) });
    expect((await stack.client().auth.signInWithPassword({ email, password })).error).toBeNull();
  });

  test('accepts its code once when several requests send it at the same time', async () => {
    const email = newEmail();
    await stack.client().auth.signUp({ email, password });
    const token = codeIn(newest(await stack.mailsTo(email)));
    expect(token).toMatch(/^\d{8}$/);
    const all = await Promise.all(
      Array.from({ length: 8 }, () => stack.client().auth.verifyOtp({ email, token, type: 'signup' })),
    );
    const codes = all.map(({ error }) => error?.code ?? 'in').sort();
    expect(codes).toEqual(['in', ...Array(7).fill('otp_expired')]);
  });

  test('creates one user from two simultaneous sign-ups', async () => {
    const email = newEmail();
    const both = await Promise.all([1, 2].map(() => stack.client().auth.signUp({ email, password })));
    expect(both.filter(({ error }) => !error)).not.toHaveLength(0);
    for (const { error } of both) if (error) expect(error.status).toBe(422);
    const [row] = await stack.database`select count(*)::int as users from auth.users where email = ${email}`;
    expect(row).toEqual({ users: 1 });
  });

  test('gives the same answer for an address that is taken, and sends nothing', async () => {
    const { email, id } = await confirmed();
    const sent = (await stack.mailsTo(email)).length;
    const again = await stack.client().auth.signUp({ email, password: 'Another-horse-9-battery' });
    expect(again.error).toBeNull();
    expect(again.data.user).toMatchObject({ email, identities: [], role: '' });
    expect(again.data.user?.id).not.toBe(id);
    expect(await stack.mailsTo(email)).toHaveLength(sent);
    expect((await stack.client().auth.signInWithPassword({ email, password })).error).toBeNull();
  });

  test('accepts only the newest code, until it expires', async () => {
    const email = newEmail();
    await stack.client().auth.signUp({ email, password });
    const first = codeIn(newest(await stack.mailsTo(email)));
    expect((await stack.client().auth.resend({ type: 'signup', email })).error).toBeNull();
    const mails = await stack.mailsTo(email);
    expect(mails).toHaveLength(2);
    const old = await stack.client().auth.verifyOtp({ email, token: first, type: 'signup' });
    expect(old.error).toMatchObject({ status: 403, code: 'otp_expired' });
    await letExpire(email);
    const late = await stack.client().auth.verifyOtp({ email, token: codeIn(newest(mails)), type: 'signup' });
    expect(late.error).toMatchObject({ status: 403, code: 'otp_expired' });
    const { fragment } = await follow(linkIn(newest(mails)));
    expect(fragment.get('error')).toBe('access_denied');
    expect(fragment.get('error_code')).toBe('otp_expired');
  });

  test('gives the same answer when a mail for an unknown address is asked for again', async () => {
    const { error } = await stack.client().auth.resend({ type: 'signup', email: newEmail() });
    expect(error).toBeNull();
  });
});

describe('the PKCE flow', () => {
  test('gives a code that only the client that began can exchange, once', async () => {
    const { email, id } = await confirmed();
    const client = stack.client('pkce');
    await client.auth.signInWithOtp({ email });
    const { page, query, fragment } = await follow(linkIn(newest(await stack.mailsTo(email))));
    expect(page).toBe('https://app.example.com/');
    expect(fragment.get('access_token')).toBeNull();
    const code = query.get('code') ?? '';
    const stranger = await stack.send(
      'POST',
      '/token?grant_type=pkce',
      JSON.stringify({ auth_code: code, code_verifier: 'x'.repeat(56) }),
    );
    expect(stranger).toMatchObject({ status: 400, body: { error_code: 'bad_code_verifier' } });
    const { data, error } = await client.auth.exchangeCodeForSession(code);
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
    const again = await stack.send(
      'POST',
      '/token?grant_type=pkce',
      JSON.stringify({ auth_code: code, code_verifier: 'x'.repeat(56) }),
    );
    expect(again).toMatchObject({ status: 404, body: { error_code: 'flow_state_not_found' } });
  });

  test('ends after five minutes', async () => {
    const { email, id } = await confirmed();
    const client = stack.client('pkce');
    await client.auth.resetPasswordForEmail(email);
    const { query } = await follow(linkIn(newest(await stack.mailsTo(email))));
    await stack.database`
      update auth.flow_state set auth_code_issued_at = auth_code_issued_at - interval '6 minutes' where user_id = ${id}
    `;
    const { error } = await client.auth.exchangeCodeForSession(query.get('code') ?? '');
    expect(error).toMatchObject({ status: 422, code: 'flow_state_expired' });
  });

  test('accepts a plain challenge, and says what is wrong with an invalid one', async () => {
    const { email } = await confirmed();
    const verifier = 'v'.repeat(43);
    const recover = (code_challenge: string, code_challenge_method: string) =>
      stack.send('POST', '/recover', JSON.stringify({ email, code_challenge, code_challenge_method }));
    expect((await recover(verifier, 'plain')).status).toBe(200);
    const { query } = await follow(linkIn(newest(await stack.mailsTo(email))));
    const exchanged = await stack.send(
      'POST',
      '/token?grant_type=pkce',
      JSON.stringify({ auth_code: query.get('code'), code_verifier: verifier }),
    );
    expect(exchanged).toMatchObject({ status: 200, body: { token_type: 'bearer' } });
    expect((await recover('short', 's256')).body).toMatchObject({ error_code: 'validation_failed' });
    expect((await recover(verifier, 'md5')).body).toMatchObject({ error_code: 'validation_failed' });
    expect((await recover(verifier, '')).body).toMatchObject({ error_code: 'validation_failed' });
  });

  test('shows an expired link in the query too, where apps of this flow look', async () => {
    const { email } = await confirmed();
    await stack.client('pkce').auth.signInWithOtp({ email });
    await letExpire(email);
    const { query } = await follow(linkIn(newest(await stack.mailsTo(email))));
    expect(query.get('error_code')).toBe('otp_expired');
  });
});

describe('signing in by mail', () => {
  test('creates an account for a new address', async () => {
    const email = newEmail();
    const client = stack.client();
    expect((await client.auth.signInWithOtp({ email, options: { data: { name: 'New' } } })).error).toBeNull();
    const token = codeIn(newest(await stack.mailsTo(email)));
    const { data, error } = await client.auth.verifyOtp({ email, token, type: 'email' });
    expect(error).toBeNull();
    expect(data.user?.user_metadata).toMatchObject({ name: 'New' });
  });

  test.each(['email', 'magiclink'] as const)('accepts a code of type %s, and its hash', async (type) => {
    const { email, id } = await confirmed();
    await stack.client().auth.signInWithOtp({ email });
    const token = codeIn(newest(await stack.mailsTo(email)));
    expect((await stack.client().auth.verifyOtp({ email, token, type })).data.user?.id).toBe(id);
    await stack.client().auth.signInWithOtp({ email });
    const link = new URL(linkIn(newest(await stack.mailsTo(email))));
    const { data } = await stack
      .client()
      .auth.verifyOtp({ token_hash: link.searchParams.get('token') ?? '', type });
    expect(data.user?.id).toBe(id);
  });

  test('refuses a code that was sent for another purpose', async () => {
    const { email } = await confirmed();
    await stack.client().auth.signInWithOtp({ email });
    const token = codeIn(newest(await stack.mailsTo(email)));
    const { error } = await stack.client().auth.verifyOtp({ email, token, type: 'signup' });
    expect(error).toMatchObject({ status: 403, code: 'otp_expired' });
  });
});

describe('the address that a link leads to', () => {
  test.each([
    ['a page of the site', 'https://app.example.com/a?b=c', 'https://app.example.com/a'],
    ['an address that a pattern allows', 'https://deep.example.org/a/b', 'https://deep.example.org/a/b'],
    ['an app', 'myapp://callback', 'myapp://callback'],
    ['the site instead of another site', 'https://evil.example.net/', 'https://app.example.com/'],
    ['the site instead of a similar name', 'https://app.example.com.evil.net/', 'https://app.example.com/'],
    ['the site instead of a host with more dots', 'https://a.b.example.org/x', 'https://app.example.com/'],
    [
      'the site instead of a host behind a user name',
      'https://app.example.com@evil.net/',
      'https://app.example.com/',
    ],
    ['the site instead of a script', 'javascript:alert(1)', 'https://app.example.com/'],
  ])('leads a link to %s', async (_name, redirectTo, expected) => {
    const { email } = await confirmed();
    await stack.client().auth.resetPasswordForEmail(email, { redirectTo });
    const { location } = await follow(linkIn(newest(await stack.mailsTo(email))));
    expect(location.split(/[?#]/)[0]?.replace(/\/$/, '')).toBe(expected.replace(/\/$/, ''));
  });
});

describe('changing an address', () => {
  test('waits until both mailboxes agree', async () => {
    const { client, email, id } = await confirmed();
    const wanted = newEmail();
    expect((await client.auth.updateUser({ email: wanted })).data.user).toMatchObject({
      email,
      new_email: wanted,
    });
    const first = await follow(linkIn(newest(await stack.mailsTo(wanted))));
    expect(first.fragment.get('message')).toMatch(/^Confirmation link accepted/);
    expect((await client.auth.getUser()).data.user?.email).toBe(email);
    const token = codeIn(newest(await stack.mailsTo(email)));
    const { data, error } = await client.auth.verifyOtp({ email, token, type: 'email_change' });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ id, email: wanted });
    expect(data.user?.identities?.[0]?.identity_data).toMatchObject({ email: wanted, email_verified: true });
  });

  test('is refused when another user took the address meanwhile', async () => {
    const { client, email } = await confirmed();
    const wanted = newEmail();
    await client.auth.updateUser({ email: wanted });
    await stack.admin.createUser({ email: wanted, email_confirm: true });
    await follow(linkIn(newest(await stack.mailsTo(wanted))));
    const token = codeIn(newest(await stack.mailsTo(email)));
    const { error } = await client.auth.verifyOtp({ email, token, type: 'email_change' });
    expect(error).toMatchObject({ status: 422, code: 'email_exists' });
    expect((await client.auth.getUser()).data.user?.email).toBe(email);
  });
});

describe('an invitation', () => {
  test('signs in the user who accepts it, to choose a password', async () => {
    const email = newEmail();
    const { data, error } = await stack.admin.inviteUserByEmail(email, { data: { team: 'red' } });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email, invited_at: expect.any(String) });
    const client = stack.client();
    const token = codeIn(newest(await stack.mailsTo(email)));
    const accepted = await client.auth.verifyOtp({ email, token, type: 'invite' });
    expect(accepted.data.user?.user_metadata).toMatchObject({ team: 'red' });
    expect((await client.auth.updateUser({ password })).error).toBeNull();
    expect((await stack.client().auth.signInWithPassword({ email, password })).error).toBeNull();
    const again = await stack.admin.inviteUserByEmail(email);
    expect(again.error).toMatchObject({ status: 422, code: 'email_exists' });
  });

  test('answers two simultaneous invitations of one address without a server error', async () => {
    const email = newEmail();
    const both = await Promise.all([1, 2].map(() => stack.admin.inviteUserByEmail(email)));
    for (const { error } of both) expect([undefined, 422]).toContain(error?.status);
    const links = await Promise.all(
      [1, 2].map(() => stack.admin.generateLink({ type: 'magiclink', email: `two-${email}` })),
    );
    for (const { error } of links) expect([undefined, 422]).toContain(error?.status);
  });
});

describe('auth.one_time_tokens', () => {
  test('holds the hash of a code while the code is valid', async () => {
    const { email, id } = await confirmed();
    const tokens = () => stack.database`
      select token_type, token_hash, relates_to from auth.one_time_tokens where user_id = ${id}
    `;
    expect(await tokens()).toHaveLength(0);
    await stack.client().auth.signInWithOtp({ email });
    const link = new URL(linkIn(newest(await stack.mailsTo(email))));
    expect([...(await tokens())]).toEqual([
      { token_type: 'recovery_token', token_hash: link.searchParams.get('token'), relates_to: email },
    ]);
    await follow(link.href);
    expect(await tokens()).toHaveLength(0);
  });
});

describe('a template of the project', () => {
  test('is filled in safely with any metadata of the user', async () => {
    const email = newEmail();
    const name = '<img src=x onerror=alert(1)>" onclick="x';
    await stack.client().auth.signUp({
      email,
      password,
      options: {
        data: { name, page: 'javascript:alert(1)' },
        emailRedirectTo: 'https://deep.example.org/a?b=c&d=e',
      },
    });
    const mail = newest(await stack.mailsTo(email));
    const { subject, html } = mail;
    expect(subject).toBe(`Welcome, ${name}`);
    expect(html).not.toContain('<img');
    expect(html).not.toContain('" onclick');
    expect(html).not.toContain('javascript:');
    expect(html).toContain(', friend</p>');
    expect(html).toContain(`&to=${encodeURIComponent('https://deep.example.org/a?b=c&d=e')}"`);
    expect(html).toContain(codeIn(mail));
  });
});

describe('the mailbox', () => {
  test('shows mails on pages that run no script', async () => {
    const email = newEmail();
    await stack.client().auth.signUp({ email, password, options: { data: { name: '<script>x</script>' } } });
    const page = await fetch(stack.mailboxUrl);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await page.text();
    expect(text).toContain(email);
    expect(text).not.toContain('<script');
    const address = /src="(\/messages\/[\w-]+\.html)"/.exec(text)?.[1] ?? '';
    const mail = await fetch(stack.mailboxUrl + address);
    expect(mail.headers.get('content-security-policy')).toMatch(
      /^sandbox allow-popups allow-popups-to-escape-sandbox;/,
    );
    expect(await mail.text()).toContain('Hello');
  });

  test('shows the newest mail first, with its link to click and its code to copy', async () => {
    const [older, newer] = [newEmail(), newEmail()];
    for (const email of [older, newer]) await stack.client().auth.signUp({ email, password });
    const page = await (await fetch(stack.mailboxUrl)).text();
    expect(page.indexOf(newer)).toBeLessThan(page.indexOf(older));
    const mails = (await (await fetch(`${stack.mailboxUrl}/messages.json`)).json()) as Mail[];
    expect(mails.slice(0, 2).map(({ to }) => to)).toEqual([newer, older]);
    const [mail] = mails;
    expect(mail?.html).toContain(mail?.code);
    expect(mail?.link).toMatch(/\/auth\/v1\/verify\?token=/);
    expect(page).toContain(`href="${mail?.link?.replaceAll('&', '&#38;')}"`);
    expect(page).toContain(`>${mail?.code}<`);
  });

  test('refuses pages of another origin', async () => {
    const response = await fetch(`${stack.mailboxUrl}/messages.json`, {
      headers: { origin: 'https://evil.example.net' },
    });
    expect(response.status).toBe(403);
  });
});

test('a mail whose code cannot be stored is not sent', async () => {
  const { email } = await confirmed();
  const before = (await stack.mailsTo(email)).length;
  await stack.database.unsafe(`
    create function public.refuse_codes() returns trigger language plpgsql as
      $$begin raise exception 'no code is stored'; end$$;
    create constraint trigger refuse_codes after update on auth.users deferrable initially deferred
      for each row when (new.email = '${email}') execute function public.refuse_codes();
  `);
  try {
    const { error } = await stack.client().auth.resetPasswordForEmail(email);
    expect(error?.status).toBe(500);
    expect(await stack.mailsTo(email)).toHaveLength(before);
  } finally {
    await stack.database`drop function public.refuse_codes() cascade`;
  }
});
