import { expect, test } from 'vitest';
import { call } from '../../kit/api.ts';
import { openDatabase } from '../../kit/database.ts';
import { newPeople, newUsername, nobody, type Person, secretClient } from '../../kit/people.ts';
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

test('of 100 registrations of one name at once, in mixed case, one wins and 99 get a 409', async () => {
  const name = newUsername();
  const answers = await atOnce(100, (place) =>
    call('/auth/register/', {
      json: {
        username: inMixedCase(name, place),
        email: `${name}_${place}@example.com`,
        password: 'correct horse battery',
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

test('of 30 sign-ups with one name past the function one wins, and the others are told so', async () => {
  const name = newUsername();
  const answers = await atOnce(30, (place) =>
    nobody().auth.signUp({
      email: `${name}_${place}@example.com`,
      password: 'correct horse battery',
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

test('a name that was reserved by a sign-up that failed is free for the same person at once', async () => {
  const name = newUsername();
  const email = `${name}@example.com`;
  const ask = (email: string) =>
    sql`select public.before_user_created(${sql.json({ user: { email, user_metadata: { username: name } } })}) as answer`;
  expect(await ask(email)).toEqual([{ answer: {} }]);
  expect((await ask(`other_${email}`))[0]?.answer).toMatchObject({ error: { http_code: 409 } });
  const password = 'correct horse battery';
  const { error } = await nobody().auth.signUp({ email, password, options: { data: { username: name } } });
  expect(error).toBeNull();
});

test('of 40 people who change their name to the same one at once, one gets it', async () => {
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

test('two people who want each other’s name keep a name each, and neither waits for the other', async () => {
  const [ada, ben] = (await newPeople(2)) as [Person, Person];
  // It takes chance for two to meet half way: in the database, and often.
  const insist = (me: Person, wanted: Person) =>
    sql.unsafe(`
      do $$
      begin
        for attempt in 1..1000 loop
          begin
            update public.profiles set username = '${wanted.username}' where id = '${me.id}';
          exception when unique_violation then
          end;
        end loop;
      end
      $$
    `);
  await Promise.all([insist(ada, ben), insist(ben, ada)]);
  const { data } = await secretClient().from('profiles').select('id, username').in('id', [ada.id, ben.id]);
  for (const { id, username } of [ada, ben]) expect(data).toContainEqual({ id, username });
  const answer = await ada.client.from('profiles').update({ username: ben.username }).eq('id', ada.id);
  expect({ status: answer.status, code: answer.error?.code }).toEqual({ status: 409, code: '23505' });
});

test('whoever changes his name while many mention it is mentioned by those who came first, and nothing fails', async () => {
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
