import { expect, test } from 'vitest';
import { openDatabase } from '../../kit/database.ts';
import { newPeople, newUsername, type Person } from '../../kit/people.ts';
import { dataOf } from '../../kit/results.ts';
import { atOnce, shuffled } from './at-once.ts';

const sql = openDatabase({ max: 2 });

/** A prefix of tags that no other test uses. */
const newPrefix = () => `t${newUsername().slice(2, 10)}`;

/** What the database has of a post's tags and mentions. */
async function referencesOf(postId: string): Promise<{ tags: string[]; mentions: string[] }> {
  const [row] = await sql<{ tags: string[]; mentions: string[] }[]>`
    select
      array(select name from public.post_tags join public.tags on tags.id = tag_id where post_id = ${postId} order by name)
        as tags,
      array(
        select username::text from public.post_mentions join public.profiles on profiles.id = profile_id
        where post_id = ${postId} order by username::text
      ) as mentions
  `;
  return row as { tags: string[]; mentions: string[] };
}

test('200 posts at once with the same new tags and people, in any order, all keep all of them', async () => {
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
    // Both ways of publishing, each of which waits for things in an order of its own.
    const answer =
      place % 2 === 0
        ? await author.client.rpc('create_post', {
            caption,
            tags: listed,
            mentions: named.slice(2).map(({ id }) => id),
          })
        : await author.client.from('posts').insert({ caption }).select().single();
    const { id } = dataOf(answer);
    return place % 2 === 0
      ? { id, tags: used, mentions: named.map(({ username }) => username) }
      : { id, tags: inCaption, mentions: named.slice(0, 3).map(({ username }) => username) };
  });
  for (const { id, tags, mentions } of posts)
    expect(await referencesOf(id)).toEqual({ tags: [...tags].sort(), mentions: [...mentions].sort() });
  const counted = await sql`
    select name, count(post_id)::integer as posts
    from public.tags left join public.post_tags on tag_id = tags.id
    where name = any (${tags}) group by name
  `;
  const wanted = tags.map((name) => ({
    name,
    posts: posts.filter((post) => post.tags.includes(name)).length,
  }));
  expect(counted.map((row) => ({ ...row })).sort(byName)).toEqual(wanted.sort(byName));
});

const byName = (one: { name?: string }, other: { name?: string }) =>
  String(one.name).localeCompare(String(other.name));

test('edits of one post at once leave it as one of them has it, whole', async () => {
  const [author, ...others] = (await newPeople(4)) as [Person, ...Person[]];
  const prefix = newPrefix();
  const { id } = dataOf(
    await author.client.rpc('create_post', { caption: 'Before', tags: [`${prefix}_before`] }),
  );
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

test('edits past update_post, at once with it, leave the tags that the caption says', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const prefix = newPrefix();
  const { id } = dataOf(await author.client.rpc('create_post', { caption: 'Before' }));
  await atOnce(40, async (place) => {
    const caption = `#${prefix}_${place} #${prefix}_${(place * 7) % 40}`;
    dataOf(
      place % 2 === 0
        ? await author.client.rpc('update_post', { post_id: id, caption })
        : await author.client.from('posts').update({ caption }).eq('id', id).select().single(),
    );
  });
  const { caption } = dataOf(await author.client.from('posts').select('caption').eq('id', id).single());
  expect((await referencesOf(id)).tags).toEqual([...new Set(caption.replaceAll('#', '').split(' '))].sort());
});

test('one idempotency key on 50 connections makes one post and 50 equal answers', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const request = { caption: 'Once', tags: [newPrefix()], idempotency_key: newUsername() };
  const answers = await atOnce(50, async () => dataOf(await author.client.rpc('create_post', request)));
  expect(new Set(answers.map((post) => JSON.stringify(post))).size).toBe(1);
  expect(await sql`select id from public.posts where owner_id = ${author.id}`).toHaveLength(1);
});

test('one idempotency key with different requests at once makes one of them, and refuses the others', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const idempotency_key = newUsername();
  const answers = await atOnce(20, (place) =>
    author.client.rpc('create_post', { caption: `Request ${place}`, idempotency_key }),
  );
  expect(answers.filter(({ error }) => !error)).toHaveLength(1);
  for (const { status, error } of answers.filter(({ error }) => error))
    expect({ status, hint: error?.hint }).toEqual({ status: 422, hint: 'idempotency_key_reused' });
});

test('of 150 posts at once exactly as many are published as the limit allows', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const answers = await atOnce(150, async (place) => {
    const caption = `Post ${place}`;
    const { status, error } =
      place % 2 === 0
        ? await author.client.rpc('create_post', { caption })
        : await author.client.from('posts').insert({ caption });
    return { status, error };
  });
  const [{ max_count }] =
    (await sql`select max_count from public.rate_limits where action = 'create_post'`) as [
      { max_count: number },
    ];
  expect(max_count).toBeLessThan(150);
  expect(answers.filter(({ error }) => !error)).toHaveLength(max_count);
  for (const { status, error } of answers.filter(({ error }) => error))
    expect({ status, hint: error?.hint }).toEqual({ status: 429, hint: 'rate_limited' });
  const published = await sql`select id from public.posts where owner_id = ${author.id}`;
  expect(published).toHaveLength(max_count);
});
