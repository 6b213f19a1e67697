import { describe, expect, test } from 'vitest';
import { newEmail, password, serve, wideLimits } from './serving.ts';

const stack = serve(`
[auth]
enable_anonymous_sign_ins = true
${wideLimits}`);

async function comeAnonymously() {
  const client = stack.client();
  const { data, error } = await client.auth.signInAnonymously({ options: { data: { theme: 'dark' } } });
  if (error || !data.user) throw error;
  return { client, id: data.user.id };
}

describe('an anonymous user', () => {
  test('is signed in, and the token says that the user is anonymous', async () => {
    const { client, id } = await comeAnonymously();
    const { data } = await client.auth.getClaims();
    expect(data?.claims).toMatchObject({
      sub: id,
      is_anonymous: true,
      role: 'authenticated',
      amr: [{ method: 'anonymous' }],
      user_metadata: { theme: 'dark' },
    });
    expect((await client.from('notes').insert({ body: 'mine' })).error).toBeNull();
  });

  test('becomes a permanent user with address and password, and keeps the id', async () => {
    const { client, id } = await comeAnonymously();
    await client.from('notes').insert({ body: 'kept' });
    const early = await client.auth.updateUser({ password });
    expect(early.error).toMatchObject({ status: 422, code: 'validation_failed' });
    const email = newEmail();
    const { data, error } = await client.auth.updateUser({ email, password });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ id, email, is_anonymous: false, app_metadata: { provider: 'email' } });
    const later = stack.client();
    expect((await later.auth.signInWithPassword({ email, password })).error).toBeNull();
    expect((await later.from('notes').select('body')).data).toEqual([{ body: 'kept' }]);
  });

  test('cannot take an address that is taken, even when two ask at once', async () => {
    const [one, two] = await Promise.all([comeAnonymously(), comeAnonymously()]);
    const email = newEmail();
    const both = await Promise.all([one, two].map(({ client }) => client.auth.updateUser({ email })));
    expect(both.map(({ error }) => error?.code ?? 'changed').sort()).toEqual(['changed', 'email_exists']);
  });

  test('cannot enrol a second factor', async () => {
    const { client } = await comeAnonymously();
    expect((await client.auth.mfa.enroll({ factorType: 'totp' })).error).toMatchObject({ status: 403 });
  });
});

describe('features that the stack does not serve', () => {
  async function signedIn() {
    const client = stack.client();
    await client.auth.signUp({ email: newEmail(), password });
    return client;
  }

  test('answers as Supabase does where a feature is off', async () => {
    const client = await signedIn();
    expect((await client.auth.mfa.enroll({ factorType: 'totp' })).error).toMatchObject({
      status: 422,
      code: 'mfa_totp_enroll_not_enabled',
    });
    expect((await client.auth.linkIdentity({ provider: 'github' })).error).toMatchObject({
      status: 404,
      code: 'manual_linking_disabled',
    });
    expect((await client.auth.signInWithSSO({ domain: 'example.com' })).error).toMatchObject({
      status: 404,
      code: 'saml_provider_disabled',
    });
    expect((await client.auth.signInWithIdToken({ provider: 'google', token: 'x' })).error).toMatchObject({
      status: 400,
      code: 'provider_disabled',
    });
    expect((await client.auth.signInWithOtp({ phone: '+380441234567' })).error).toMatchObject({
      status: 400,
      code: 'phone_provider_disabled',
    });
    expect((await client.auth.mfa.listFactors()).data).toMatchObject({ all: [], totp: [] });
  });

  test('refuses other providers where the browser is sent', async () => {
    const { data } = await stack.client().auth.signInWithOAuth({ provider: 'github' });
    const answer = await fetch(data.url ?? '');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error_code: 'validation_failed',
      msg: 'Unsupported provider: provider is not enabled',
    });
  });

  test('refuses unknown methods and paths', async () => {
    expect((await stack.send('GET', '/nothing')).status).toBe(404);
    expect((await stack.send('GET', '/constructor')).status).toBe(404);
    expect((await stack.send('DELETE', '/signup')).status).toBe(405);
  });
});
