import { createClient } from '@supabase/supabase-js';
import { describe, expect, test } from 'vitest';
import { createNoctra, isNoctraError, NoctraError } from '../../sdk/src/index.ts';
import { settings } from '../settings.ts';
import { openNoctra, recordingFetch, registerPerson } from './people.ts';

describe('auth.register', () => {
  test('makes an account and signs in', async () => {
    const { noctra, id, username, email } = await registerPerson();
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
      profile_pic: null,
    });
    expect(me?.age).toBeGreaterThanOrEqual(36);
  });

  test('answers username_taken for a name that differs only in case', async () => {
    const { username } = await registerPerson();
    const { data, error } = await openNoctra().auth.register({
      username: username.toUpperCase(),
      email: `other_${username}@example.com`,
      password: 'correct horse battery',
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
  test('takes the user name, in any case', async () => {
    const { id, username, password } = await registerPerson();
    const { requests, fetch } = recordingFetch();
    const noctra = openNoctra({ global: { fetch } });
    const { data } = await noctra.auth.signIn({ username: username.toUpperCase(), password });
    expect(data?.session.user.id).toBe(id);
    expect(requests).toEqual(['POST /functions/v1/api/auth/token/', 'GET /auth/v1/user']);
  });

  test('takes the e-mail address, in one request', async () => {
    const { id, email, password } = await registerPerson();
    const { requests, fetch } = recordingFetch();
    const { data } = await openNoctra({ global: { fetch } }).auth.signIn({ username: email, password });
    expect(data?.session.user.id).toBe(id);
    expect(requests).toEqual(['POST /auth/v1/token']);
  });

  test('gives one answer for a wrong password and an unknown person, by name and by address', async () => {
    const { username, email } = await registerPerson();
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

describe('a session', () => {
  test('that supabase-js restores is used', async () => {
    const stored = new Map<string, string>();
    const storage = {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => void stored.set(name, value),
      removeItem: (name: string) => void stored.delete(name),
    };
    const auth = { storage, persistSession: true, autoRefreshToken: false };
    const { id } = await registerPerson({ auth });

    const reopened = openNoctra({ auth });
    expect((await reopened.auth.session()).data?.session?.user.id).toBe(id);
    expect((await reopened.profiles.me()).data?.id).toBe(id);
  });

  test('of a supabase-js client that the app has already is used', async () => {
    const { id, email, password } = await registerPerson();
    const supabase = createClient(settings.url, settings.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    await supabase.auth.signInWithPassword({ email, password });

    const noctra = createNoctra(settings.url, settings.publishableKey, { supabase });
    expect(noctra.supabase).toBe(supabase);
    expect((await noctra.profiles.me()).data?.id).toBe(id);
  });

  test('ends with signOut on this device only', async () => {
    const { noctra, id, username, password } = await registerPerson();
    const elsewhere = openNoctra();
    await elsewhere.auth.signIn({ username, password });

    expect(await noctra.auth.signOut()).toEqual({ data: { session: null }, error: null });
    expect((await noctra.profiles.me()).error).toMatchObject({ code: 'not_signed_in', status: 401 });
    expect((await elsewhere.supabase.auth.refreshSession()).data.user?.id).toBe(id);
  });
});

describe('without a session', () => {
  test('every call that needs one answers not_signed_in', async () => {
    const { posts, profiles } = openNoctra();
    const id = '01890000-0000-7000-8000-000000000000';
    for (const call of [
      profiles.me(),
      posts.page(),
      posts.get(id),
      posts.remove(id),
      posts.create({ caption: 'Hello' }),
      posts.create({ caption: 'Hello', media: [new File(['x'], 'x.png', { type: 'image/png' })] }),
    ]) {
      expect((await call).error).toMatchObject({ code: 'not_signed_in', status: 401 });
    }
  });
});

describe('an error', () => {
  test('is network_error when no answer comes', async () => {
    const { noctra } = await registerPerson();
    const offline = createNoctra(settings.url, settings.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
      global: { fetch: () => Promise.reject(new TypeError('fetch failed')) },
    });
    const signIn = { password: 'correct horse battery' };
    expect((await offline.auth.signIn({ ...signIn, username: 'ann' })).error?.code).toBe('network_error');
    expect((await offline.auth.signIn({ ...signIn, username: 'ann@example.com' })).error?.code).toBe(
      'network_error',
    );
    expect((await noctra.auth.session()).error).toBeNull();
  });

  test('is told from other exceptions by isNoctraError', () => {
    expect(isNoctraError(new NoctraError({ code: 'not_found', message: 'Gone.', status: 404 }))).toBe(true);
    expect(isNoctraError(new TypeError('fetch failed'))).toBe(false);
    expect(isNoctraError({ name: 'NoctraError', code: 'not_found', status: 404 })).toBe(false);
  });
});
