import { describe, expect, test } from 'vitest';
import { createApp } from '../../supabase/functions/api/app.ts';
import { call, callAs, config, publish } from '../kit/api.ts';
import { openDatabase } from '../kit/database.ts';
import { newPerson, newUsername, type Person } from '../kit/people.ts';

const sql = openDatabase({ max: 1 });

/** Records that a user has reached the limit of an action. */
async function useUp(action: string, subject: string): Promise<void> {
  await sql`
    insert into private.rate_counters (action, subject, started_at, count)
    values (${action}, ${subject}, now() - interval '10 seconds', 2000000)
    on conflict (action, subject) do update set started_at = excluded.started_at, count = excluded.count
  `;
}

/** The function in this process, where a test can say from which address it calls. */
const app = createApp(config);
const from = (address: string, path: string, json: unknown) =>
  app.request(`/api${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
    body: JSON.stringify(json),
  });

const signIn = (username: string, password: string) => call('/auth/token/', { json: { username, password } });
const wrongly = (username: string, times: number) =>
  Promise.all(Array.from({ length: times }, () => signIn(username, 'wrong password')));

describe('failed sign-ins', () => {
  test('after ten failed sign-ins, also at the same time, the right password is refused for a time', async () => {
    const { username, email, password } = await newPerson();
    const statuses = (await wrongly(username, 12)).map(({ status }) => status).sort();
    expect(statuses).toEqual([...new Array(10).fill(401), 429, 429]);
    for (const name of [username, username.toUpperCase()]) {
      const answer = await signIn(name, password);
      expect(answer.json).toMatchObject({ code: 'rate_limited' });
      const seconds = Number(answer.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(800);
      expect(seconds).toBeLessThanOrEqual(900);
    }
    // Counted separately, so that a user who knows only the public name cannot block or learn the e-mail address.
    expect((await signIn(email, password)).status).toBe(200);
  });

  test('failed sign-ins of one account do not count for others', async () => {
    const [kai, mia] = await Promise.all([newPerson(), newPerson()]);
    await wrongly(kai.username, 11);
    expect((await signIn(mia.username, mia.password)).status).toBe(200);
  });

  test('failed sign-ins of an unknown name are limited as well', async () => {
    const statuses = (await wrongly(newUsername(), 11)).map(({ status }) => status).sort();
    expect(statuses).toEqual([...new Array(10).fill(401), 429]);
  });

  test('successful sign-ins are not limited', async () => {
    const { username, password } = await newPerson();
    for (let time = 0; time < 12; time++) expect((await signIn(username, password)).status).toBe(200);
  });

  test('failed sign-ins count for a change of the password', async () => {
    const { username, password, token } = await newPerson();
    await wrongly(username, 10);
    const json = { password, new_password: 'a new password' };
    expect((await call('/auth/password/', { token, json })).status).toBe(429);
  });

  test('sign-ins from one address are limited', async () => {
    const { username, password } = await newPerson();
    await useUp('sign_in_address', '198.51.100.7');
    const answer = await from('198.51.100.7', '/auth/token/', { username, password });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(800);
    expect((await from('198.51.100.8', '/auth/token/', { username, password })).status).toBe(200);
  });
});

test('registrations from one address are limited', async () => {
  await useUp('register_address', '198.51.100.9');
  const username = newUsername();
  const json = { username, email: `${username}@example.com`, password: 'longenough' };
  const answer = await from('198.51.100.9', '/auth/register/', json);
  expect(answer.status).toBe(429);
  expect(await answer.json()).toMatchObject({ code: 'rate_limited' });
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(3000);
  expect((await from('198.51.100.10', '/auth/register/', json)).status).toBe(201);
});

describe('publishing', () => {
  const usedUp = async (action: string): Promise<Person> => {
    const person = await newPerson();
    await useUp(action, person.id);
    return person;
  };

  test('publishing too often is a 429 with Retry-After', async () => {
    const person = await usedUp('create_post');
    const answer = await call('/posts/', { token: person.token, json: { caption: 'One more' } });
    expect(answer).toMatchObject({ status: 429, json: { code: 'rate_limited', title: 'Too Many Requests' } });
    // 10 seconds of an hour are over.
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(3570);
    expect(seconds).toBeLessThanOrEqual(3590);
    expect(answer.json.detail).toContain(`${seconds} seconds`);
    expect((await call('/posts/?owner=me', { token: person.token })).json).toEqual([]);
  });

  test('edits do not count as publishing', async () => {
    const person = await usedUp('update_post');
    const { id } = await publish(person);
    const answer = await call(`/posts/${id}/`, {
      method: 'PATCH',
      token: person.token,
      json: { caption: 'x' },
    });
    expect(answer).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

test.each<[action: string, method: string, path: (post: string, user: string) => string, json?: object]>([
  ['follow', 'PUT', (_, user) => `/userprofiles/${user}/follow/`],
  ['follow', 'PUT', (_, user) => `/userprofiles/${user}/block/`],
  ['follow', 'PUT', (_, user) => `/userprofiles/${user}/mute/`],
  ['react', 'PUT', (post) => `/posts/${post}/like/`],
  ['react', 'PUT', (post) => `/posts/${post}/save/`],
  ['comment', 'POST', (post) => `/posts/${post}/comments/`, { text: 'One more' }],
  ['report', 'POST', () => '/reports/', { user: '{user}', reason: 'spam' }],
])(
  'too many writes that count as %s are a 429 with Retry-After: %s %s',
  async (action, method, path, json) => {
    const [person, other] = await Promise.all([newPerson(), newPerson()]);
    const { id } = await publish(other);
    await useUp(action, person.id);
    const body = json && JSON.parse(JSON.stringify(json).replace('{user}', other.id));
    const answer = await callAs(person, method, path(id, other.id), body);
    expect(answer).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  },
);
