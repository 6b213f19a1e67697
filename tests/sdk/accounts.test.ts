import { AuthRetryableFetchError } from '@supabase/supabase-js';
import { describe, expect, test, vi } from 'vitest';
import { createNoctra, isNoctraError, NoctraError } from '../../sdk/src/index.ts';
import { hasMailbox, mailTo } from '../kit/mails.ts';
import { password, secretClient } from '../kit/people.ts';
import { dataOf } from '../kit/results.ts';
import { settings } from '../kit/settings.ts';
import { everyCall } from './every-call.ts';
import { newSdkPerson, nowhere, openNoctra, recordingFetch } from './sdk-people.ts';

describe('auth.register', () => {
  test('makes an account and signs in', async () => {
    const noctra = openNoctra();
    const username = `sdk_${crypto.randomUUID().slice(0, 8)}`;
    const email = `${username}@example.com`;
    const registered = await noctra.auth.register({
      username,
      email,
      password,
      date_of_birth: '1990-05-17',
    });
    expect(registered.data?.confirmation_required).toBe(false);
    const id = registered.data?.session?.user.id;
    const { data: me, error } = await noctra.profiles.me();
    expect(error).toBeNull();
    expect(me).toMatchObject({
      id,
      username,
      email,
      bio: '',
      role: 'user',
      is_vip: false,
      publicProfile: true,
      anonymous: false,
      date_of_birth: '1990-05-17',
      profile_pic: `${settings.url}/functions/v1/api/assets/default-avatar.svg`,
    });
    expect(me?.age).toBeGreaterThanOrEqual(36);
  });

  test('answers username_taken for a name that differs only in case', async () => {
    const { username } = await newSdkPerson();
    const { data, error } = await openNoctra().auth.register({
      username: username.toUpperCase(),
      email: `other_${username}@example.com`,
      password,
    });
    expect(data).toBeNull();
    expect(error).toMatchObject({ code: 'username_taken', status: 409, field: 'username' });
  });

  test('names the field that is malformed', async () => {
    const noctra = openNoctra();
    const { error } = await noctra.auth.register({
      username: 'a b',
      email: 'a@example.com',
      password: 'long enough',
    });
    expect(error?.status).toBe(422);
    expect(Object.keys(error?.fields ?? {})).toEqual(['username']);
    expect((await noctra.auth.session()).data?.session).toBeNull();
  });
});

describe('auth.signIn', () => {
  test('accepts the user name in any case', async () => {
    const { id, username, password } = await newSdkPerson();
    const { requests, fetch } = recordingFetch();
    const noctra = openNoctra({ global: { fetch } });
    const { data } = await noctra.auth.signIn({ username: username.toUpperCase(), password });
    expect(data?.session.user.id).toBe(id);
    expect(requests).toEqual(['POST /functions/v1/api/auth/token/', 'GET /auth/v1/user']);
  });

  test('accepts the e-mail address, with one request', async () => {
    const { id, email, password } = await newSdkPerson();
    const { requests, fetch } = recordingFetch();
    const { data } = await openNoctra({ global: { fetch } }).auth.signIn({ username: email, password });
    expect(data?.session.user.id).toBe(id);
    expect(requests).toEqual(['POST /auth/v1/token']);
  });

  test('has one error for a wrong password and an unknown user, by name and by address', async () => {
    const { username, email } = await newSdkPerson();
    for (const name of [username, email, 'nobody_at_all', 'nobody_at_all@example.com']) {
      const { data, error } = await openNoctra().auth.signIn({
        username: name,
        password: 'not the password',
      });
      expect(data).toBeNull();
      expect(error, name).toMatchObject({ code: 'invalid_credentials', status: 401 });
    }
  });
});

test('auth.signIn answers a banned user as it answers a wrong password, by name and by address', async () => {
  const { id, username, email, password } = await newSdkPerson();
  const { error: failed } = await secretClient().auth.admin.updateUserById(id, { ban_duration: '1h' });
  expect(failed).toBeNull();
  for (const name of [username, email])
    for (const attempt of [password, 'not the password']) {
      const { error } = await openNoctra().auth.signIn({ username: name, password: attempt });
      expect(error, name).toMatchObject({ code: 'invalid_credentials', status: 401 });
    }
});

test('auth.refresh tells a banned user that the account is closed', async () => {
  const { id, noctra } = await newSdkPerson();
  await secretClient().auth.admin.updateUserById(id, { ban_duration: '1h' });
  expect((await noctra.auth.refresh()).error).toMatchObject({ code: 'user_banned', status: 403 });
});

describe('a session', () => {
  test('is restored from the storage of supabase-js', async () => {
    const stored = new Map<string, string>();
    const storage = {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => void stored.set(name, value),
      removeItem: (name: string) => void stored.delete(name),
    };
    const auth = { storage, persistSession: true, autoRefreshToken: false };
    const { id } = await newSdkPerson({ auth });

    const reopened = openNoctra({ auth });
    expect((await reopened.auth.session()).data?.session?.user.id).toBe(id);
    expect((await reopened.profiles.me()).data?.id).toBe(id);
  });

  test('ends on this device alone with signOut', async () => {
    const { noctra, id, username, password } = await newSdkPerson();
    const elsewhere = openNoctra();
    await elsewhere.auth.signIn({ username, password });

    expect(await noctra.auth.signOut()).toEqual({ data: { session: null }, error: null });
    expect((await noctra.profiles.me()).error).toMatchObject({ code: 'not_signed_in', status: 401 });
    expect((await elsewhere.supabase.auth.refreshSession()).data.user?.id).toBe(id);
  });
});

describe('auth.onChange', () => {
  test('tells of a sign-in, a renewed token and a sign-out, until it is unsubscribed', async () => {
    const { username } = await newSdkPerson();
    const noctra = openNoctra();
    const events: string[] = [];
    const { unsubscribe } = noctra.auth.onChange(({ event, session }) =>
      events.push(`${event} ${session !== null}`),
    );
    await vi.waitFor(() => expect(events).toEqual(['INITIAL_SESSION false']));
    dataOf(await noctra.auth.signIn({ username, password }));
    dataOf(await noctra.auth.refresh());
    dataOf(await noctra.auth.signOut());
    expect(events.slice(1)).toEqual(['SIGNED_IN true', 'TOKEN_REFRESHED true', 'SIGNED_OUT false']);
    unsubscribe();
    dataOf(await noctra.auth.signIn({ username, password }));
    expect(events).toHaveLength(4);
  });

  test('lets its handler make calls, and wait for them', async () => {
    const { username } = await newSdkPerson();
    const noctra = openNoctra();
    const names: (string | undefined)[] = [];
    noctra.auth.onChange(async ({ event }) => {
      if (event === 'SIGNED_IN') names.push((await noctra.profiles.me()).data?.username);
    });
    dataOf(await noctra.auth.signIn({ username, password }));
    await vi.waitFor(() => expect(names).toEqual([username]));
  });
});

describe('auth.refresh', () => {
  test('renews the session', async () => {
    const { noctra, id } = await newSdkPerson();
    const before = dataOf(await noctra.auth.session()).session;
    const { session } = dataOf(await noctra.auth.refresh());
    expect(session.user.id).toBe(id);
    expect(session.refresh_token).not.toBe(before?.refresh_token);
    expect(dataOf(await noctra.profiles.me()).id).toBe(id);
  });
});

describe('auth.changePassword', () => {
  test('needs the present password, and the new one signs in', async () => {
    const { noctra, username, password } = await newSdkPerson();
    const new_password = 'battery staple correct';
    const refused = await noctra.auth.changePassword({ password: 'not the password', new_password });
    expect(refused.error).toMatchObject({ code: 'invalid_credentials', status: 401 });
    expect(await noctra.auth.changePassword({ password, new_password })).toEqual({ data: null, error: null });
    // The session stays.
    expect(dataOf(await noctra.profiles.me()).username).toBe(username);
    const elsewhere = openNoctra();
    expect((await elsewhere.auth.signIn({ username, password })).error?.code).toBe('invalid_credentials');
    expect((await elsewhere.auth.signIn({ username, password: new_password })).error).toBeNull();
  });

  test('refuses a new password that breaks a rule', async () => {
    const { noctra, password } = await newSdkPerson();
    const { error } = await noctra.auth.changePassword({ password, new_password: 'short' });
    expect(error).toMatchObject({ status: 422, field: 'new_password' });
  });
});

describe.skipIf(!hasMailbox)('a forgotten password', () => {
  /** Asks for a mail, and reads the code and the token of the link from it. */
  async function resetMail(email: string) {
    expect((await openNoctra().auth.requestPasswordReset({ email })).error).toBeNull();
    const { code, link } = await mailTo(email);
    return { code, token_hash: link.searchParams.get('token') ?? '' };
  }

  test('is reset with the code of the mail, which signs in', async () => {
    const { id, email, username } = await newSdkPerson();
    const noctra = openNoctra();
    const { code } = await resetMail(email);
    const new_password = 'battery staple correct';
    const wrong = code === '000000' ? '111111' : '000000';
    const refused = await noctra.auth.confirmPasswordReset({ email, code: wrong, new_password });
    expect(refused.error).toMatchObject({ code: 'code_invalid', status: 422 });
    const { session } = dataOf(await noctra.auth.confirmPasswordReset({ email, code, new_password }));
    expect(session.user.id).toBe(id);
    expect(dataOf(await noctra.profiles.me()).id).toBe(id);
    expect((await openNoctra().auth.signIn({ username, password: new_password })).error).toBeNull();
  });

  test('is reset with the link of the mail', async () => {
    const { id, email } = await newSdkPerson();
    const { token_hash } = await resetMail(email);
    const reset = { token_hash, new_password: 'battery staple correct' };
    expect(dataOf(await openNoctra().auth.confirmPasswordReset(reset)).session.user.id).toBe(id);
    expect((await openNoctra().auth.confirmPasswordReset(reset)).error?.code).toBe('code_invalid');
  });

  test('has one answer for a known and an unknown address', async () => {
    const { email } = await newSdkPerson();
    for (const address of [email, 'nobody_at_all@example.com']) {
      expect(await openNoctra().auth.requestPasswordReset({ email: address })).toEqual({
        data: null,
        error: null,
      });
    }
  });
});

describe('auth.deleteAccount', () => {
  test('deletes posts, profile and session', async () => {
    const [ann, ben] = [await newSdkPerson(), await newSdkPerson()];
    const post = dataOf(await ann.noctra.posts.create({ caption: 'Soon gone' }));
    expect(await ann.noctra.auth.deleteAccount()).toEqual({ data: null, error: null });
    expect(dataOf(await ann.noctra.auth.session()).session).toBeNull();
    expect((await ben.noctra.posts.get(post.id)).error?.code).toBe('post_not_found');
    expect((await ben.noctra.profiles.get(ann.id)).error?.code).toBe('profile_not_found');
    const { username, password } = ann;
    expect((await openNoctra().auth.signIn({ username, password })).error?.code).toBe('invalid_credentials');
  });
});

describe('without a session', () => {
  const needNone = [
    'session',
    'register',
    'requestPasswordReset',
    'confirmPasswordReset',
    'signIn',
    'signOut',
  ];

  test('every call that needs one answers not_signed_in, without a request', async () => {
    const me = { username: 'nobody_at_all', password };
    const about = {
      post: nowhere,
      comment: nowhere,
      file: `${nowhere}/${nowhere}.png`,
      somebody: 'somebody',
      me,
    };
    const { requests, fetch } = recordingFetch();
    for (const [name, call] of Object.entries(everyCall(openNoctra({ global: { fetch } }), about))) {
      if (needNone.includes(name.replace('auth.', ''))) continue;
      expect((await call()).error, name).toMatchObject({ code: 'not_signed_in', status: 401 });
    }
    expect(requests).toEqual([]);
  });
});

describe('an error', () => {
  test('is network_error without an answer', async () => {
    const { noctra } = await newSdkPerson();
    const offline = createNoctra(settings.url, settings.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
      global: { fetch: () => Promise.reject(new TypeError('fetch failed')) },
    });
    const signIn = { password };
    expect((await offline.auth.signIn({ ...signIn, username: 'ann' })).error?.code).toBe('network_error');
    expect((await offline.auth.signIn({ ...signIn, username: 'ann@example.com' })).error?.code).toBe(
      'network_error',
    );
    expect((await noctra.auth.session()).error).toBeNull();
  });

  test('is network_error when an expired session cannot be renewed', async () => {
    const { requests, fetch } = recordingFetch();
    const noctra = openNoctra({ global: { fetch } });
    const error = new AuthRetryableFetchError('fetch failed', 0);
    vi.spyOn(noctra.supabase.auth, 'getSession').mockResolvedValue({ data: { session: null }, error });
    expect((await noctra.posts.list()).error).toMatchObject({ code: 'network_error', status: 0 });
    expect(requests).toEqual([]);
  });

  test('is recognised by isNoctraError', () => {
    expect(isNoctraError(new NoctraError({ code: 'not_found', message: 'Gone.', status: 404 }))).toBe(true);
    expect(isNoctraError(new TypeError('fetch failed'))).toBe(false);
    expect(isNoctraError({ name: 'NoctraError', code: 'not_found', status: 404 })).toBe(false);
  });
});
