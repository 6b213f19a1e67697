import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readProject } from 'embedded-supabase';
import { describe, expect, test } from 'vitest';
import { call } from '../kit/api.ts';
import { hasMailbox, mailTo } from '../kit/mails.ts';
import { newPerson, newUsername, nobody } from '../kit/people.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the mail templates', () => {
  const { template } = readProject(root).config.auth.email;
  const templates = Object.entries(template);

  test('exist for every mail with a link or a code', () => {
    expect(Object.keys(template).sort()).toEqual(
      ['confirmation', 'email_change', 'invite', 'magic_link', 'reauthentication', 'recovery'].sort(),
    );
    const files = fs.readdirSync(path.join(root, 'supabase/templates')).sort();
    expect(templates.map(([, { content_path }]) => path.basename(content_path)).sort()).toEqual(files);
  });

  test.each(templates)(
    '%s has a subject, a code, and a link where it may have one',
    (kind, { subject, content_path }) => {
      expect(subject).toMatch(/\w/);
      const html = fs.readFileSync(path.join(root, content_path), 'utf8');
      expect(html).toContain('{{ .Token }}');
      if (kind !== 'reauthentication') expect(html).toContain('<a href="{{ .ConfirmationURL }}"');
    },
  );
});

describe.skipIf(!hasMailbox)('a mail in the mailbox', () => {
  test('about a forgotten password has a link that signs in, and a code', async () => {
    const { email } = await newPerson();
    await call('/auth/password/reset/', { json: { email } });
    const mail = await mailTo(email);
    expect(mail).toMatchObject({ subject: 'Set a new password', code: expect.stringMatching(/^\d{6}$/) });
    expect(mail.html).toContain(email);
    const { headers } = await fetch(mail.link, { redirect: 'manual' });
    expect(headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:3000\/?#access_token=.*type=recovery/);

    // What the page at site_url does with the session in the fragment.
    const fragment = new URLSearchParams(new URL(headers.get('location') ?? '').hash.slice(1));
    const client = nobody();
    await client.auth.setSession({
      access_token: fragment.get('access_token') ?? '',
      refresh_token: fragment.get('refresh_token') ?? '',
    });
    const password = 'a new password';
    expect((await client.auth.updateUser({ password })).error).toBeNull();
    expect((await nobody().auth.signInWithPassword({ email, password })).error).toBeNull();
  });

  test('about a new e-mail address has a code that confirms the change', async () => {
    const { token, refreshToken } = await newPerson();
    const client = nobody();
    await client.auth.setSession({ access_token: token, refresh_token: refreshToken });
    const email = `${newUsername()}@example.com`;
    expect((await client.auth.updateUser({ email })).error).toBeNull();
    const { code, html } = await mailTo(email);
    expect(html).toContain(email);
    const { error } = await nobody().auth.verifyOtp({ type: 'email_change', email, token: code });
    expect(error).toBeNull();
  });

  test('to sign in without a password has a code that signs in', async () => {
    const { email, id } = await newPerson();
    const client = nobody();
    expect(
      (await client.auth.signInWithOtp({ email, options: { shouldCreateUser: false } })).error,
    ).toBeNull();
    const { code, subject } = await mailTo(email);
    expect(subject).toBe('Sign in to Noctra');
    const { data } = await client.auth.verifyOtp({ type: 'email', email, token: code });
    expect(data.user?.id).toBe(id);
  });
});
