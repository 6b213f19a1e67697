import { beforeAll, describe, expect, test } from 'vitest';
import {
  dataOf,
  newEmail,
  openClient,
  openDatabase,
  type Person,
  password,
  raw,
  service,
  signUp,
} from './asking.ts';

const sql = openDatabase();
let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

// All of these are off in config.toml. Codes: supabase.com/docs/guides/auth/debugging/error-codes.
describe('a way of signing in that the project does not offer', () => {
  test('refuses a social provider', async () => {
    const response = await raw('/auth/v1/authorize?provider=github', { key: null, redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error_code: 'validation_failed',
      msg: 'Unsupported provider: provider is not enabled',
    });
  });

  test('refuses a phone number', async () => {
    const { error } = await openClient().auth.signInWithOtp({ phone: '+15555550100' });
    expect(error).toMatchObject({ status: 400, code: 'phone_provider_disabled' });
  });

  test.each([
    ['+1 555 555 0100', 403, 'otp_expired'],
    ['0155', 400, 'validation_failed'],
    ['phone', 400, 'validation_failed'],
  ])('refuses a code for the phone number %s', async (phone, status, code) => {
    const { error } = await openClient().auth.verifyOtp({ phone, token: '123456', type: 'sms' });
    expect(error).toMatchObject({ status, code });
  });

  test('refuses to link another identity', async () => {
    const { error } = await ann.client.auth.linkIdentity({
      provider: 'github',
      options: { skipBrowserRedirect: true },
    });
    expect(error).toMatchObject({ status: 404, code: 'manual_linking_disabled' });
  });

  test('refuses to enrol a second factor', async () => {
    const { error } = await ann.client.auth.mfa.enroll({ factorType: 'totp' });
    expect(error).toMatchObject({ status: 422, code: 'mfa_totp_enroll_not_enabled' });
    expect(dataOf(await ann.client.auth.mfa.listFactors())).toMatchObject({ all: [], totp: [] });
    expect(dataOf(await ann.client.auth.mfa.getAuthenticatorAssuranceLevel())).toMatchObject({
      currentLevel: 'aal1',
      nextLevel: 'aal1',
    });
  });
});

describe('simultaneous sign-ups', () => {
  test('creates one user from simultaneous sign-ups with one address', async () => {
    const email = newEmail();
    const all = await Promise.all([1, 2, 3].map(() => openClient().auth.signUp({ email, password })));
    expect(all.filter(({ error }) => error === null)).toHaveLength(1);
    expect(await sql`select id from auth.users where email = ${email}`).toHaveLength(1);
  });
});

describe('soft deletion', () => {
  test('keeps a row without the address of a softly deleted user, who cannot sign in', async () => {
    const { id, email } = await signUp();
    expect((await service.auth.admin.deleteUser(id, true)).error).toBeNull();
    const [row] = await sql`
      select email <> ${email} as renamed, deleted_at is not null as deleted from auth.users where id = ${id}
    `;
    expect(row).toEqual({ renamed: true, deleted: true });
    const { error } = await openClient().auth.signInWithPassword({ email, password });
    expect(error?.code).toBe('invalid_credentials');
  });
});
