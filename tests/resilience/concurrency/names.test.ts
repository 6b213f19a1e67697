import { expect, test } from 'vitest';
import { call } from '../../kit/api.ts';
import { openDatabase } from '../../kit/database.ts';
import { newPeople, newUsername, nobody, type Person, password, secretClient } from '../../kit/people.ts';
import { atOnce } from './at-once.ts';

const sql = openDatabase({ max: 2 });

/** The name with its letters in upper and lower case by the bits of a number. */
function inMixedCase(name: string, bits: number): string {
  return [...name]
    .map((letter, place) => ((bits >> (place % 7)) & 1 ? letter.toUpperCase() : letter))
    .join('');
}

const holdersOf = (name: string) =>
  sql`select username::text from public.profiles where lower(username::text) = ${name}`;

test('one of 100 registrations of one name at once succeeds, in whatever case, and 99 answer 409', async () => {
  const name = newUsername();
  const answers = await atOnce(100, (place) =>
    call('/auth/register/', {
      json: {
        username: inMixedCase(name, place),
        email: `${name}_${place}@example.com`,
        password,
      },
    }),
  );
  const winners = answers.filter(({ status }) => status === 201);
  expect(winners).toHaveLength(1);
  for (const { status, json } of answers.filter((answer) => answer !== winners[0]))
    expect({ status, code: json.code, fields: Object.keys(json.errors ?? {}) }).toEqual({
      status: 409,
      code: 'username_taken',
      fields: ['username'],
    });
  expect(await holdersOf(name)).toEqual([{ username: winners[0]?.json.username }]);
});

test('one of 30 sign-ups with one name at Auth succeeds, and the others say that it is taken', async () => {
  const name = newUsername();
  const answers = await atOnce(30, (place) =>
    nobody().auth.signUp({
      email: `${name}_${place}@example.com`,
      password,
      options: { data: { username: inMixedCase(name, place) } },
    }),
  );
  expect(answers.filter(({ error }) => !error)).toHaveLength(1);
  for (const { error } of answers.filter(({ error }) => error)) {
    expect(error?.status).toBe(409);
    expect(error?.message).toMatch(/^username_taken: /);
  }
  expect(await holdersOf(name)).toHaveLength(1);
  const users = await sql`select id from auth.users where email like ${`${name.replace('_', '\\_')}\\_%`}`;
  expect(users).toHaveLength(1);
});

test('a name that a failed sign-up has reserved is free for the same e-mail address at once', async () => {
  const name = newUsername();
  const email = `${name}@example.com`;
  const ask = (email: string) =>
    sql`select public.before_user_created(${sql.json({ user: { email, user_metadata: { username: name } } })}) as answer`;
  expect(await ask(email)).toEqual([{ answer: {} }]);
  expect((await ask(`other_${email}`))[0]?.answer).toMatchObject({ error: { http_code: 409 } });
  const { error } = await nobody().auth.signUp({ email, password, options: { data: { username: name } } });
  expect(error).toBeNull();
});

test('one of 40 users who change their name to the same one at once gets it', async () => {
  const people = await newPeople(40);
  const name = newUsername();
  const answers = await atOnce(people.length, (place) => {
    const { client, id } = people[place] as Person;
    return client
      .from('profiles')
      .update({ username: inMixedCase(name, place) })
      .eq('id', id)
      .select();
  });
  expect(answers.filter(({ error }) => !error)).toHaveLength(1);
  for (const { status, error } of answers.filter(({ error }) => error))
    expect({ status, code: error?.code }).toEqual({ status: 409, code: '23505' });
  expect(await holdersOf(name)).toHaveLength(1);
});

test('two users who take each other’s name at once both keep their own', async () => {
  const [ada, ben] = (await newPeople(2)) as [Person, Person];
  for (let round = 0; round < 5; round++) {
    const answers = await atOnce(2, (place) => {
      const [me, other] = place === 0 ? [ada, ben] : [ben, ada];
      return me.client.from('profiles').update({ username: other.username }).eq('id', me.id);
    });
    // Where both wait for each other, PostgreSQL ends one of them.
    for (const { error } of answers) expect(['23505', '40P01']).toContain(error?.code);
  }
  const { data } = await secretClient().from('profiles').select('id, username').in('id', [ada.id, ben.id]);
  for (const { id, username } of [ada, ben]) expect(data).toContainEqual({ id, username });
});

test('a user who changes their name while others mention it is mentioned by earlier posts, and no request fails', async () => {
  const [famous, ...authors] = (await newPeople(6)) as [Person, ...Person[]];
  const posts = atOnce(60, async (place) => {
    const { client } = authors[place % authors.length] as Person;
    const { data, error } = await client.rpc('create_post', { caption: `@${famous.username}` });
    expect(error).toBeNull();
    return data?.id;
  });
  const { error } = await famous.client
    .from('profiles')
    .update({ username: newUsername() })
    .eq('id', famous.id);
  expect(error).toBeNull();
  const published = await posts;
  const mentions = await sql`select post_id from public.post_mentions where profile_id = ${famous.id}`;
  for (const { post_id } of mentions) expect(published).toContain(post_id);
});
