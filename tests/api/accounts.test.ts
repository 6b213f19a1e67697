import { describe, expect, test } from 'vitest';
import { call, formOf } from '../kit/api.ts';
import { newPerson, newUsername, secretClient } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';

const session = { token: expect.any(String), refresh_token: expect.any(String), expires_in: 3600 };

describe('registration', () => {
  test('registration signs in and keeps the user name as it was written', async () => {
    const username = `Kai_${newUsername()}`.slice(0, 30);
    const account = {
      username,
      email: `${username}@example.com`,
      password: 'longenough',
      date_of_birth: '2004-02-29',
    };
    const answer = await call('/auth/register/', { json: account });
    expect(answer).toMatchObject({
      status: 201,
      json: { ...session, username, user_id: expect.any(String) },
    });
    const profile = await call('/userprofiles/me/', { token: answer.json.token });
    expect(profile.json).toMatchObject({ id: answer.json.user_id, username, date_of_birth: '2004-02-29' });
  });

  test('registration works at the older path', async () => {
    const username = newUsername();
    const json = { username, email: `${username}@example.com`, password: 'longenough', date_of_birth: null };
    expect(await call('/register', { json })).toMatchObject({ status: 201, json: { username } });
  });

  test('registration refuses a taken name in upper or lower case', async () => {
    const { username } = await newPerson();
    const json = {
      username: username.toUpperCase(),
      email: `${newUsername()}@example.com`,
      password: 'longenough',
    };
    expect(await call('/auth/register/', { json })).toMatchObject({
      status: 409,
      json: { code: 'username_taken', errors: { username: [expect.any(String)] } },
    });
  });

  test('registration refuses a reserved name', async () => {
    const json = { username: 'Support', email: `${newUsername()}@example.com`, password: 'longenough' };
    expect(await call('/auth/register/', { json })).toMatchObject({
      status: 422,
      json: { code: 'username_reserved', errors: { username: [expect.any(String)] } },
    });
  });

  test('registration refuses a name that another user has just given up', async () => {
    const { id, client, username } = await newPerson();
    const { error } = await client.from('profiles').update({ username: newUsername() }).eq('id', id);
    expect(error).toBeNull();
    const json = { username, email: `${newUsername()}@example.com`, password: 'longenough' };
    expect(await call('/auth/register/', { json })).toMatchObject({
      status: 409,
      json: { code: 'username_taken', errors: { username: [expect.any(String)] } },
    });
  });

  test('registration refuses a taken e-mail address', async () => {
    const { email } = await newPerson();
    const json = { username: newUsername(), email, password: 'longenough' };
    expect(await call('/auth/register/', { json })).toMatchObject({
      status: 409,
      json: { code: 'email_taken' },
    });
  });

  test.each<[what: string, field: string, value: unknown]>([
    ['a short name', 'username', 'ab'],
    ['a long name', 'username', 'a'.repeat(31)],
    ['a name with a space', 'username', 'a b c'],
    ['a name with letters outside ASCII', 'username', 'käthe'],
    ['a name with a line break at its end', 'username', 'kai\n'],
    ['a name that is a number', 'username', 12345],
    ['a text that is no address', 'email', 'nobody'],
    ['a very long address', 'email', `${'a'.repeat(250)}@example.com`],
    ['a short password', 'password', '1234567'],
    ['a password that is too long to hash', 'password', 'ä'.repeat(37)],
    ['a text that is no date', 'date_of_birth', 'yesterday'],
    ['a day that does not exist', 'date_of_birth', '2001-02-29'],
    ['a birth in the future', 'date_of_birth', '2999-01-01'],
    ['a birth before 1900', 'date_of_birth', '1899-12-31'],
  ])('registration refuses %s', async (_, field, value) => {
    const account = {
      username: newUsername(),
      email: `${newUsername()}@example.com`,
      password: 'longenough',
    };
    const answer = await call('/auth/register/', { json: { ...account, [field]: value } });
    expect(answer).toMatchObject({ status: 422, json: { code: `${field}_invalid` } });
    expect(Object.keys(answer.json.errors)).toEqual([field]);
  });

  test('registration without fields names each missing field', async () => {
    const answer = await call('/auth/register/', { json: {} });
    expect(answer).toMatchObject({ status: 422, json: { code: 'username_invalid' } });
    expect(Object.keys(answer.json.errors)).toEqual(['username', 'email', 'password']);
  });
});

describe('sign-in', () => {
  test('sign-in takes a user name in any case or an e-mail address', async () => {
    const { username, email, password, id } = await newPerson();
    for (const name of [username, username.toUpperCase(), email]) {
      const answer = await call('/auth/token/', { json: { username: name, password } });
      expect(answer).toMatchObject({ status: 200, json: { ...session, username, user_id: id } });
    }
    expect((await call('/token/', { json: { username, password } })).status).toBe(200);
  });

  test.each([
    ['a urlencoded form', (fields: Record<string, string>) => ({ body: new URLSearchParams(fields) })],
    ['a multipart form', (fields: Record<string, string>) => ({ form: formOf(fields) })],
  ])('registration, sign-in and renewal take %s', async (_, bodyOf) => {
    const username = newUsername();
    const account = { username, email: `${username}@example.com`, password: 'longenough', date_of_birth: '' };
    const registered = await call('/auth/register/', bodyOf(account));
    expect(registered).toMatchObject({ status: 201, json: { ...session, username } });
    const signedIn = await call('/auth/token/', bodyOf({ username, password: account.password }));
    expect(signedIn).toMatchObject({ status: 200, json: { ...session, username } });
    const { refresh_token } = signedIn.json;
    expect(await call('/auth/token/refresh/', bodyOf({ refresh_token }))).toMatchObject({ status: 200 });
  });

  test('sign-in answers for a banned user as for an unknown one, by name and by address', async () => {
    const { id, username, email, password } = await newPerson();
    await secretClient().auth.admin.updateUserById(id, { ban_duration: '24h' });
    const unknown = await call('/auth/token/', { json: { username: newUsername(), password } });
    for (const name of [username, email])
      for (const attempt of [password, 'wrong password']) {
        const answer = await call('/auth/token/', { json: { username: name, password: attempt } });
        expect(answer).toMatchObject({ status: 401, json: unknown.json });
      }
  });

  test('sign-in by an unknown name fails whatever accounts with invented addresses exist', async () => {
    const username = newUsername();
    const { auth } = secretClient();
    const { data, error } = await auth.admin.createUser({
      email: 'nobody@noctra.invalid',
      password: 'longenough',
      email_confirm: true,
      user_metadata: { username },
    });
    expect(error).toBeNull();
    const json = { username: newUsername(), password: 'longenough' };
    expect(await call('/auth/token/', { json })).toMatchObject({ status: 401 });
    await auth.admin.deleteUser(data.user?.id ?? '');
  });

  test('sign-in answers alike for an unknown name, an unknown address and a wrong password', async () => {
    const { username, email } = await newPerson();
    const attempts = [
      newUsername(),
      `${newUsername()}@example.com`,
      'no name at all',
      '',
      username,
      email,
    ].map(async (name) => {
      const began = performance.now();
      const answer = await call('/auth/token/', { json: { username: name, password: 'wrong password' } });
      return { answer, took: performance.now() - began };
    });
    const outcomes = await Promise.all(attempts);
    for (const { answer, took } of outcomes) {
      expect(answer).toMatchObject({ status: 401, json: { code: 'invalid_credentials' } });
      expect(answer.json).toEqual(outcomes[0]?.answer.json);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      // Sooner than this no refusal comes: the time to hash a password does not show.
      expect(took).toBeGreaterThan(490);
    }
  });

  test.each([
    ['no password', { username: 'kai' }, 'password_invalid'],
    ['a password that is no text', { username: 'kai', password: ['x'] }, 'password_invalid'],
    ['no name', { password: 'longenough' }, 'username_invalid'],
  ])('sign-in refuses a body with %s', async (_, json, code) => {
    expect(await call('/auth/token/', { json })).toMatchObject({ status: 422, json: { code } });
  });

  test('sign-in answers with the present user name, not that of the registration', async () => {
    const person = await newPerson();
    const renamed = newUsername();
    const update = await fetch(`${settings.url}/rest/v1/profiles?id=eq.${person.id}`, {
      method: 'PATCH',
      headers: {
        apikey: settings.publishableKey,
        authorization: `Bearer ${person.token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ username: renamed }),
    });
    expect(update.ok).toBe(true);
    const answer = await call('/auth/token/', { json: { username: renamed, password: person.password } });
    expect(answer).toMatchObject({ status: 200, json: { username: renamed } });
  });
});

describe('a session', () => {
  test('a session can be renewed', async () => {
    const { refreshToken, username, id } = await newPerson();
    const answer = await call('/auth/token/refresh/', { json: { refresh_token: refreshToken } });
    expect(answer).toMatchObject({ status: 200, json: { ...session, username, user_id: id } });
    expect(await call('/userprofiles/me/', { token: answer.json.token })).toMatchObject({ status: 200 });
  });

  test.each([
    ['nonsense', 'nonsense'],
    ['a control character', 'a\u0001b'],
    ['a very long text', 'x'.repeat(5000)],
  ])('a session is not renewed by %s', async (_, refreshToken) => {
    expect(await call('/auth/token/refresh/', { json: { refresh_token: refreshToken } })).toMatchObject({
      status: 401,
      json: { code: 'refresh_token_invalid' },
    });
  });

  test('signing out ends the session, and may be repeated', async () => {
    const { token, refreshToken } = await newPerson();
    expect((await call('/auth/logout/', { method: 'POST', token })).status).toBe(204);
    expect(await call('/auth/token/refresh/', { json: { refresh_token: refreshToken } })).toMatchObject({
      status: 401,
      json: { code: 'refresh_token_invalid' },
    });
    expect((await call('/logout/', { method: 'POST', token })).status).toBe(204);
  });

  test('signing out keeps the sessions on other devices', async () => {
    const { username, password, token } = await newPerson();
    const other = await call('/auth/token/', { json: { username, password } });
    await call('/auth/logout/', { method: 'POST', token });
    const renewed = await call('/auth/token/refresh/', { json: { refresh_token: other.json.refresh_token } });
    expect(renewed.status).toBe(200);
  });

  test('the token is also read from the older kind of header', async () => {
    const { token, username } = await newPerson();
    for (const authorization of [`Token ${token}`, `token ${token}`, `bearer ${token}`]) {
      expect(await call('/userprofiles/me/', { headers: { authorization } })).toMatchObject({
        status: 200,
        json: { username },
      });
    }
  });
});
