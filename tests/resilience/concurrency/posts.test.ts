import { expect, test } from 'vitest';
import { openDatabase } from '../../kit/database.ts';
import { newPeople, newUsername, type Person, secretClient } from '../../kit/people.ts';
import { createPost } from '../../kit/posts.ts';
import { dataOf } from '../../kit/results.ts';
import { atOnce, shuffled } from './at-once.ts';

const sql = openDatabase({ max: 2 });

/** A prefix of tags that no other test uses. */
const newPrefix = () => `t${newUsername().slice(2, 10)}`;

/** What the database has of a post's tags and mentions. */
async function referencesOf(postId: string): Promise<{ tags: string[]; mentions: string[] }> {
  const [row] = await sql<{ tags: string[]; mentions: string[] }[]>`
    select
      array(select tag from public.post_tags where post_id = ${postId} order by tag)
        as tags,
      array(
        select username::text from public.post_mentions join public.profiles on profiles.id = profile_id
        where post_id = ${postId} order by username::text
      ) as mentions
  `;
  return row as { tags: string[]; mentions: string[] };
}

test('200 posts at once with the same tags and users, in any order, all have all of them', async () => {
  const people = await newPeople(10);
  const prefix = newPrefix();
  const tags = Array.from({ length: 12 }, (_, place) => `${prefix}_${place}`);
  const posts = await atOnce(200, async (place) => {
    const author = people[place % people.length] as Person;
    const used = shuffled(tags).slice(0, 6);
    const named = shuffled(people).slice(0, 4);
    const [inCaption, listed] = [used.slice(0, 4), used.slice(3)];
    const caption = shuffled([
      ...inCaption.map((tag) => `#${tag}`),
      ...named.slice(0, 3).map(({ username }) => `@${username}`),
    ]).join(' ');
    const { id } = await createPost(author, {
      caption,
      tags: listed,
      mentions: named.slice(2).map(({ id }) => id),
    });
    return { id, tags: used, mentions: named.map(({ username }) => username) };
  });
  for (const { id, tags, mentions } of posts)
    expect(await referencesOf(id)).toEqual({ tags: [...tags].sort(), mentions: [...mentions].sort() });
});

test('a post after several edits at once is what one of them wrote, as a whole', async () => {
  const [author, ...others] = (await newPeople(4)) as [Person, ...Person[]];
  const prefix = newPrefix();
  const { id } = await createPost(author, { caption: 'Before', tags: [`${prefix}_before`] });
  const edits = Array.from({ length: 30 }, (_, place) => {
    const [mentioned, listed] = shuffled(others) as [Person, Person];
    return {
      caption: `Edit ${place} #${prefix}_c${place} @${mentioned.username}`,
      tags: [`${prefix}_l${place}`, `${prefix}_l${(place + 1) % 30}`],
      mentions: [listed.username],
      wanted: {
        tags: [`${prefix}_c${place}`, `${prefix}_l${place}`, `${prefix}_l${(place + 1) % 30}`].sort(),
        mentions: [mentioned.username, listed.username].sort(),
      },
    };
  });
  await atOnce(edits.length, async (place) => {
    const { caption, tags, mentions } = edits[place] as (typeof edits)[number];
    dataOf(await author.client.rpc('update_post', { post_id: id, caption, tags, mentions }));
  });
  const { caption } = dataOf(await author.client.from('posts').select('caption').eq('id', id).single());
  expect(await referencesOf(id)).toEqual(edits.find((edit) => edit.caption === caption)?.wanted);
});

test('edits by RPC and in the dashboard at once leave the tags of the caption', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const prefix = newPrefix();
  const { id } = await createPost(author, { caption: 'Before' });
  await atOnce(40, async (place) => {
    const caption = `#${prefix}_${place} #${prefix}_${(place * 7) % 40}`;
    const { error } =
      place % 2 === 0
        ? await author.client.rpc('update_post', { post_id: id, caption })
        : await secretClient().from('posts').update({ caption }).eq('id', id);
    expect(error).toBeNull();
  });
  const { caption } = dataOf(await author.client.from('posts').select('caption').eq('id', id).single());
  expect((await referencesOf(id)).tags).toEqual([...new Set(caption.replaceAll('#', '').split(' '))].sort());
});

test('50 requests at once with one idempotency key make one post and get the same answer', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const request = { caption: 'Once', tags: [newPrefix()], idempotency_key: newUsername() };
  const answers = await atOnce(50, async () => dataOf(await author.client.rpc('create_post', request)));
  expect(new Set(answers.map((post) => JSON.stringify(post))).size).toBe(1);
  expect(await sql`select id from public.posts where owner_id = ${author.id}`).toHaveLength(1);
});

test('one of several different requests at once with one idempotency key is done, and the others are refused', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const idempotency_key = newUsername();
  const answers = await atOnce(20, (place) =>
    author.client.rpc('create_post', { caption: `Request ${place}`, idempotency_key }),
  );
  expect(answers.filter(({ error }) => !error)).toHaveLength(1);
  for (const { status, error } of answers.filter(({ error }) => error))
    expect({ status, hint: error?.hint }).toEqual({ status: 422, hint: 'idempotency_key_reused' });
});

test('exactly as many of 50 posts at once are published as the rate limit allows', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const publish = (place: number) => author.client.rpc('create_post', { caption: `Post ${place}` });
  await publish(0).throwOnError();
  await sql`
    update private.rate_counters set count = rate_limits.max_count - 30 from public.rate_limits
    where rate_counters.action = 'create_post' and subject = ${author.id} and rate_limits.action = 'create_post'`;
  const answers = await atOnce(50, async (place) => {
    const { status, error } = await publish(place);
    return { status, error };
  });
  expect(answers.filter(({ error }) => !error)).toHaveLength(30);
  for (const { status, error } of answers.filter(({ error }) => error))
    expect({ status, hint: error?.hint }).toEqual({ status: 429, hint: 'rate_limited' });
  const published = await sql`select id from public.posts where owner_id = ${author.id}`;
  expect(published).toHaveLength(31);
});
