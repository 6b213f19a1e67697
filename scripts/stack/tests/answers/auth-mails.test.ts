import { describe, expect, test } from 'vitest';
import { newEmail, newName, openClient, password, signUp, target } from './asking.ts';
import { codeIn, linkIn, mailsTo, mailTo } from './mails.ts';

const redirectTo = 'http://127.0.0.1:3000/reset';

/** Follows a link, and answers the address that it leads to. */
async function follow(link: URL): Promise<{ status: number; to: URL; fragment: URLSearchParams }> {
  const response = await fetch(link, { redirect: 'manual' });
  const to = new URL(response.headers.get('location') ?? '');
  return { status: response.status, to, fragment: new URLSearchParams(to.hash.slice(1)) };
}

describe('password recovery', () => {
  test('sends one mail with a link to the API that leads back to the app', async () => {
    const { email } = await signUp();
    const { error } = await openClient().auth.resetPasswordForEmail(email, { redirectTo });
    expect(error).toBeNull();
    const link = linkIn(await mailTo(email));
    expect(await mailsTo(email)).toHaveLength(1);
    expect(link.href.startsWith(`${target.url}/auth/v1/verify?`)).toBe(true);
    expect(link.searchParams.get('redirect_to')).toBe(redirectTo);
  });

  test('signs the user in by the link and leads to the app, once', async () => {
    const { email, id } = await signUp();
    await openClient().auth.resetPasswordForEmail(email, { redirectTo });
    const link = linkIn(await mailTo(email));
    const { status, to, fragment } = await follow(link);
    expect(status).toBe(303);
    expect(to.href.startsWith(`${redirectTo}#`)).toBe(true);
    expect(fragment.get('type')).toBe('recovery');
    const { data } = await openClient().auth.getUser(fragment.get('access_token') ?? '');
    expect(data.user?.id).toBe(id);
    expect((await follow(link)).fragment.get('error_code')).toBe('otp_expired');
  });

  test('accepts the code of six digits, after which a new password can be set', async () => {
    const { email } = await signUp();
    await openClient().auth.resetPasswordForEmail(email);
    const token = codeIn(await mailTo(email));
    const client = openClient();
    const { error } = await client.auth.verifyOtp({ email, token, type: 'recovery' });
    expect(error).toBeNull();
    expect((await client.auth.updateUser({ password: 'found it again' })).error).toBeNull();
    const next = await openClient().auth.signInWithPassword({ email, password: 'found it again' });
    expect(next.error).toBeNull();
  });

  test('gives the same answer for an unknown address, and sends nothing', async () => {
    const email = newEmail();
    expect((await openClient().auth.resetPasswordForEmail(email)).error).toBeNull();
    // A later mail to another user has arrived, so this one would have arrived too.
    const { email: known } = await signUp();
    await openClient().auth.resetPasswordForEmail(known);
    await mailTo(known);
    expect(await mailsTo(email)).toEqual([]);
  });

  test('sends no second mail within a minute', async () => {
    const { email } = await signUp();
    await openClient().auth.resetPasswordForEmail(email);
    const { error } = await openClient().auth.resetPasswordForEmail(email);
    expect(error).toMatchObject({ status: 429, code: 'over_email_send_rate_limit' });
  });

  test('replaces a redirect address that the project does not allow', async () => {
    const { email } = await signUp();
    await openClient().auth.resetPasswordForEmail(email, { redirectTo: 'https://evil.example.net/' });
    const link = linkIn(await mailTo(email));
    link.searchParams.set('redirect_to', 'https://evil.example.net/');
    expect((await follow(link)).to.origin).toBe('http://127.0.0.1:3000');
  });
});

describe('signing in by mail', () => {
  test('accepts the code of the mail', async () => {
    const { email, id } = await signUp();
    expect((await openClient().auth.signInWithOtp({ email })).error).toBeNull();
    const token = codeIn(await mailTo(email));
    const { data, error } = await openClient().auth.verifyOtp({ email, token, type: 'email' });
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
  });

  test('creates an account for a new address', async () => {
    const email = newEmail();
    const { error } = await openClient().auth.signInWithOtp({
      email,
      options: { data: { handle: newName() } },
    });
    expect(error).toBeNull();
    const token = codeIn(await mailTo(email));
    const { data } = await openClient().auth.verifyOtp({ email, token, type: 'email' });
    expect(data.user?.email).toBe(email);
  });

  test('creates no account when the app does not want one', async () => {
    const { error } = await openClient().auth.signInWithOtp({
      email: newEmail(),
      options: { shouldCreateUser: false },
    });
    expect(error).toMatchObject({ status: 422, code: 'otp_disabled' });
  });

  test('refuses a code that was not sent', async () => {
    const { email } = await signUp();
    await openClient().auth.signInWithOtp({ email });
    const code = codeIn(await mailTo(email));
    const token = code === '000000' ? '000001' : '000000';
    const { error } = await openClient().auth.verifyOtp({ email, token, type: 'email' });
    expect(error).toMatchObject({ status: 403, code: 'otp_expired' });
  });

  // The flow of apps that render on a server: the link brings a code, which only the client that asked can exchange.
  test('leads back with a code that only the client of a PKCE flow can exchange', async () => {
    const { createClient } = await import('@supabase/supabase-js');
    const kept = new Map<string, string>();
    const storage = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
      removeItem: (name: string) => void kept.delete(name),
    };
    const client = createClient(target.url, target.publishableKey, {
      auth: { flowType: 'pkce', storage, autoRefreshToken: false, detectSessionInUrl: false },
    });
    const { email, id } = await signUp();
    await client.auth.signInWithOtp({ email, options: { emailRedirectTo: redirectTo } });
    const { to } = await follow(linkIn(await mailTo(email)));
    const code = to.searchParams.get('code') ?? '';
    expect(code).not.toBe('');
    expect(to.hash).not.toContain('access_token');
    const { data, error } = await client.auth.exchangeCodeForSession(code);
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
  });
});

describe('other mails', () => {
  test('sends a code for a change that needs reauthentication', async () => {
    const { client, email } = await signUp();
    expect((await client.auth.reauthenticate()).error).toBeNull();
    const nonce = codeIn(await mailTo(email));
    expect((await client.auth.updateUser({ password: 'proven anew', nonce })).error).toBeNull();
    const { error } = await openClient().auth.signInWithPassword({ email, password });
    expect(error?.code).toBe('invalid_credentials');
  });

  test('sends no confirmation again to a confirmed user', async () => {
    const { email } = await signUp();
    const { error } = await openClient().auth.resend({ type: 'signup', email });
    expect(error).toBeNull();
    expect(await mailsTo(email)).toEqual([]);
  });
});
