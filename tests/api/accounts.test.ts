import { describe, expect, test } from 'vitest';
import { call, formOf } from '../kit/api.ts';
import { newPerson, newUsername, secretClient } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';

const session = { token: expect.any(String), refresh_token: expect.any(String), expires_in: 3600 };

describe('registering', () => {
  test('signs in at once and keeps the name as it was written', async () => {
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

  test('works at the older path as well', async () => {
    const username = newUsername();
    const json = { username, email: `${username}@example.com`, password: 'longenough', date_of_birth: null };
    expect(await call('/register', { json })).toMatchObject({ status: 201, json: { username } });
  });

  test('with a taken name is refused, however it is written', async () => {
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

  test('with a taken e-mail address is refused', async () => {
    const { email } = await newPerson();
    const json = { username: newUsername(), email, password: 'longenough' };
    expect(await call('/auth/register/', { json })).toMatchObject({
      status: 409,
      json: { code: 'email_taken' },
    });
  });

  test('ten times at once with one name makes one account, and nine clear answers', async () => {
    const username = newUsername();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        call('/auth/register/', {
          json: { username, email: `${index}_${username}@example.com`, password: 'longenough' },
        }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...new Array(9).fill(409)]);
  });

  test.each<[what: string, field: string, value: unknown]>([
    ['a short name', 'username', 'ab'],
    ['a long name', 'username', 'a'.repeat(31)],
    ['a name with a space', 'username', 'a b c'],
    ['a name with letters outside ASCII', 'username', 'käthe'],
    ['a name with a line break at its end', 'username', 'kai\n'],
    ['a name that is a number', 'username', 12345],
    ['no address', 'email', 'nobody'],
    ['a very long address', 'email', `${'a'.repeat(250)}@example.com`],
    ['a short password', 'password', '1234567'],
    ['a password that is too long to hash', 'password', 'ä'.repeat(37)],
    ['no date', 'date_of_birth', 'yesterday'],
    ['a day that never was', 'date_of_birth', '2001-02-29'],
    ['a birth in the future', 'date_of_birth', '2999-01-01'],
    ['a birth before 1900', 'date_of_birth', '1899-12-31'],
  ])('with %s is refused', async (_, field, value) => {
    const account = {
      username: newUsername(),
      email: `${newUsername()}@example.com`,
      password: 'longenough',
    };
    const answer = await call('/auth/register/', { json: { ...account, [field]: value } });
    expect(answer).toMatchObject({ status: 422, json: { code: `${field}_invalid` } });
    expect(Object.keys(answer.json.errors)).toEqual([field]);
  });

  test('with nothing names every field at fault', async () => {
    const answer = await call('/auth/register/', { json: {} });
    expect(answer).toMatchObject({ status: 422, json: { code: 'username_invalid' } });
    expect(Object.keys(answer.json.errors)).toEqual(['username', 'email', 'password']);
  });
});

describe('signing in', () => {
  test('by user name in any case, or by e-mail address', async () => {
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
  ])('works as %s, as registration and renewal do', async (_, bodyOf) => {
    const username = newUsername();
    const account = { username, email: `${username}@example.com`, password: 'longenough', date_of_birth: '' };
    const registered = await call('/auth/register/', bodyOf(account));
    expect(registered).toMatchObject({ status: 201, json: { ...session, username } });
    const signedIn = await call('/auth/token/', bodyOf({ username, password: account.password }));
    expect(signedIn).toMatchObject({ status: 200, json: { ...session, username } });
    const { refresh_token } = signedIn.json;
    expect(await call('/auth/token/refresh/', bodyOf({ refresh_token }))).toMatchObject({ status: 200 });
  });

  test('tells a banned user no more than a stranger, by name and by address', async () => {
    const { id, username, email, password } = await newPerson();
    await secretClient().auth.admin.updateUserById(id, { ban_duration: '24h' });
    const unknown = await call('/auth/token/', { json: { username: newUsername(), password } });
    for (const name of [username, email])
      for (const attempt of [password, 'wrong password']) {
        const answer = await call('/auth/token/', { json: { username: name, password: attempt } });
        expect(answer).toMatchObject({ status: 401, json: unknown.json });
      }
  });

  test('is refused alike for an unknown name, an unknown address and a wrong password', async () => {
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
  ])('with %s is refused', async (_, json, code) => {
    expect(await call('/auth/token/', { json })).toMatchObject({ status: 422, json: { code } });
  });

  test('the answer carries the present name, not the one of the registration', async () => {
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
  test('can be renewed', async () => {
    const { refreshToken, username, id } = await newPerson();
    const answer = await call('/auth/token/refresh/', { json: { refresh_token: refreshToken } });
    expect(answer).toMatchObject({ status: 200, json: { ...session, username, user_id: id } });
    expect(await call('/userprofiles/me/', { token: answer.json.token })).toMatchObject({ status: 200 });
  });

  test.each([
    ['nonsense', 'nonsense'],
    ['a control character', 'a\u0001b'],
    ['a very long text', 'x'.repeat(5000)],
  ])('is not renewed by %s', async (_, refreshToken) => {
    expect(await call('/auth/token/refresh/', { json: { refresh_token: refreshToken } })).toMatchObject({
      status: 401,
      json: { code: 'refresh_token_invalid' },
    });
  });

  test('is over after signing out, and signing out again is no error', async () => {
    const { token, refreshToken } = await newPerson();
    expect((await call('/auth/logout/', { method: 'POST', token })).status).toBe(204);
    expect(await call('/auth/token/refresh/', { json: { refresh_token: refreshToken } })).toMatchObject({
      status: 401,
      json: { code: 'refresh_token_invalid' },
    });
    expect((await call('/logout/', { method: 'POST', token })).status).toBe(204);
  });

  test('on another device goes on after signing out on one', async () => {
    const { username, password, token } = await newPerson();
    const other = await call('/auth/token/', { json: { username, password } });
    await call('/auth/logout/', { method: 'POST', token });
    const renewed = await call('/auth/token/refresh/', { json: { refresh_token: other.json.refresh_token } });
    expect(renewed.status).toBe(200);
  });

  test('is taken from the older kind of header as well', async () => {
    const { token, username } = await newPerson();
    for (const authorization of [`Token ${token}`, `token ${token}`, `bearer ${token}`]) {
      expect(await call('/userprofiles/me/', { headers: { authorization } })).toMatchObject({
        status: 200,
        json: { username },
      });
    }
  });
});
