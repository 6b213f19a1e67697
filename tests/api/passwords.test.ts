import { describe, expect, test } from 'vitest';
import { call } from '../kit/api.ts';
import { hasMailbox, mailTo } from '../kit/mails.ts';
import { newPerson, newUsername, type Person, secretClient } from '../kit/people.ts';

const signIn = (person: Person, password = person.password) =>
  call('/auth/token/', { json: { username: person.username, password } });
const change = (person: Person, json: unknown) => call('/auth/password/', { token: person.token, json });
const renew = (refresh_token: string) => call('/auth/token/refresh/', { json: { refresh_token } });

/** Asks for a mail, and reads the code and the token of the link from it. */
async function resetMail({ email }: Person) {
  await call('/auth/password/reset/', { json: { email } });
  const { code, link } = await mailTo(email);
  return { code, token_hash: link.searchParams.get('token') };
}
const confirm = (json: unknown) => call('/auth/password/reset/confirm/', { json });

describe('changing the password', () => {
  test('after a change of the password only the new one signs in', async () => {
    const person = await newPerson();
    const new_password = 'a new password';
    expect((await change(person, { password: person.password, new_password })).status).toBe(204);
    expect((await signIn(person)).status).toBe(401);
    expect((await signIn(person, new_password)).status).toBe(200);
  });

  test('a change of the password keeps this session and ends the others', async () => {
    const person = await newPerson();
    const other = await signIn(person);
    await change(person, { password: person.password, new_password: 'a new password' });
    expect((await renew(person.refreshToken)).status).toBe(200);
    expect((await renew(other.json.refresh_token)).status).toBe(401);
  });

  test('a change with a wrong present password is refused', async () => {
    const person = await newPerson();
    const answer = await change(person, { password: 'wrong password', new_password: 'a new password' });
    expect(answer).toMatchObject({ status: 401, json: { code: 'invalid_credentials' } });
    expect((await signIn(person)).status).toBe(200);
  });

  test('a banned user is told so, as the token belongs to them', async () => {
    const person = await newPerson();
    await secretClient().auth.admin.updateUserById(person.id, { ban_duration: '1h' });
    const answer = await change(person, { password: person.password, new_password: 'a new password' });
    expect(answer).toMatchObject({ status: 403, json: { code: 'user_banned' } });
  });

  test.each([
    ['too short', { new_password: 'short' }, 'new_password_invalid', 'new_password'],
    ['too long to hash', { new_password: 'ä'.repeat(37) }, 'new_password_invalid', 'new_password'],
    ['missing', { new_password: undefined }, 'new_password_invalid', 'new_password'],
    ['given without the old one', { password: undefined }, 'password_invalid', 'password'],
  ])('a change to a password that is %s is refused', async (_, fields, code, field) => {
    const person = await newPerson();
    const answer = await change(person, {
      password: person.password,
      new_password: 'a new password',
      ...fields,
    });
    expect(answer).toMatchObject({ status: 422, json: { code, errors: { [field]: [expect.any(String)] } } });
    expect((await signIn(person)).status).toBe(200);
  });

  test('a change to the same password is refused', async () => {
    const person = await newPerson();
    const answer = await change(person, { password: person.password, new_password: person.password });
    expect(answer).toMatchObject({ status: 422, json: { code: 'password_unchanged' } });
  });
});

describe.skipIf(!hasMailbox)('a forgotten password', () => {
  test('a request for a mail answers alike with and without an account', async () => {
    const { email } = await newPerson();
    for (const address of [email, email, `${newUsername()}@example.com`]) {
      expect(await call('/auth/password/reset/', { json: { email: address } })).toMatchObject({
        status: 202,
        json: '',
      });
    }
  });

  test.each([
    ['a text that is no address', { email: 'nobody' }, 'email_invalid'],
    ['a redirect that is no URL', { email: 'a@example.com', redirect_to: 'here' }, 'redirect_to_invalid'],
  ])('a request for a mail refuses %s', async (_, json, code) => {
    expect(await call('/auth/password/reset/', { json })).toMatchObject({ status: 422, json: { code } });
  });

  test('the code of the mail sets a new password once and signs in', async () => {
    const person = await newPerson();
    const { code } = await resetMail(person);
    const json = { email: person.email, code, new_password: 'a new password' };
    const answer = await confirm(json);
    expect(answer).toMatchObject({ status: 200, json: { username: person.username, user_id: person.id } });
    expect((await call('/userprofiles/me/', { token: answer.json.token })).json.id).toBe(person.id);
    expect((await signIn(person, 'a new password')).status).toBe(200);
    expect((await signIn(person)).status).toBe(401);
    expect((await renew(person.refreshToken)).status).toBe(401);
    expect(await confirm(json)).toMatchObject({ status: 422, json: { code: 'code_invalid' } });
  });

  test('the link of the mail sets a new password', async () => {
    const person = await newPerson();
    const { token_hash } = await resetMail(person);
    expect((await confirm({ token_hash, new_password: 'a new password' })).status).toBe(200);
    expect((await signIn(person, 'a new password')).status).toBe(200);
  });

  test('the code of the mail may set the old password again', async () => {
    const person = await newPerson();
    const { code } = await resetMail(person);
    expect((await confirm({ email: person.email, code, new_password: person.password })).status).toBe(200);
    expect((await signIn(person)).status).toBe(200);
  });

  test('a wrong code answers alike with and without an account, and for a closed one', async () => {
    const [person, banned] = await Promise.all([newPerson(), newPerson()]);
    await secretClient().auth.admin.updateUserById(banned.id, { ban_duration: '1h' });
    const { code } = await resetMail(person);
    const wrong = code === '000000' ? '000001' : '000000';
    const new_password = 'a new password';
    const answers = await Promise.all([
      confirm({ email: person.email, code: wrong, new_password }),
      confirm({ email: `${newUsername()}@example.com`, code, new_password }),
      confirm({ email: banned.email, code, new_password }),
    ]);
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 422,
        json: { code: 'code_invalid', errors: { code: [expect.any(String)] } },
      });
      expect(answer.json).toEqual(answers[0]?.json);
    }
    expect(await confirm({ token_hash: 'nonsense', new_password })).toMatchObject({
      status: 422,
      json: { code: 'code_invalid', errors: { token_hash: [expect.any(String)] } },
    });
    expect((await signIn(person)).status).toBe(200);
  });

  test('a code is not used up by a new password that is refused', async () => {
    const person = await newPerson();
    const { code } = await resetMail(person);
    const short = await confirm({ email: person.email, code, new_password: 'short' });
    expect(short).toMatchObject({ status: 422, json: { code: 'new_password_invalid' } });
    expect((await confirm({ email: person.email, code, new_password: 'a new password' })).status).toBe(200);
  });

  test('after ten wrong codes the right one is refused for a time', async () => {
    const person = await newPerson();
    const { code } = await resetMail(person);
    const new_password = 'a new password';
    for (let guess = 0; guess < 10; guess++) {
      const wrong = String((Number(code) + 1 + guess) % 1_000_000).padStart(6, '0');
      expect((await confirm({ email: person.email, code: wrong, new_password })).status).toBe(422);
    }
    const answer = await confirm({ email: person.email, code, new_password });
    expect(answer).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(600);
  });

  test.each([
    [{ code: '123456', new_password: 'a new password' }, 'email_invalid'],
    [{ email: 'a@example.com', new_password: 'a new password' }, 'code_invalid'],
    [{ email: 'a@example.com', code: 'abcdef', new_password: 'a new password' }, 'code_invalid'],
    [{ email: 'a@example.com', code: '123456' }, 'new_password_invalid'],
    [{ token_hash: '', new_password: 'a new password' }, 'token_hash_invalid'],
  ])('a confirmation refuses %j', async (json, code) => {
    expect(await confirm(json)).toMatchObject({ status: 422, json: { code } });
  });
});
