import { expect, test } from 'vitest';
import { openDatabase } from '../../kit/database.ts';
import { newPeople, newUsername, type Person, secretClient } from '../../kit/people.ts';
import { createPost } from '../../kit/posts.ts';
import { dataOf } from '../../kit/results.ts';
import { eventually } from '../../kit/waiting.ts';
import { atOnce, retried, shuffled } from './at-once.ts';

const sql = openDatabase({ max: 2 });

test('deleting an account that others are mentioning leaves no mention and fails no post', async () => {
  for (let round = 0; round < 2; round++) {
    const [leaving, ...authors] = (await newPeople(6)) as [Person, ...Person[]];
    const { id: edited } = await createPost(authors[0] as Person, {
      caption: 'Before',
      mentions: [leaving.id],
    });
    const request = async (place: number) => {
      const { client, id: owner_id } = authors[place % authors.length] as Person;
      const caption = `@${leaving.username}`;
      if (place % 4 === 0) {
        const mentions = place % 8 === 0 ? [] : [leaving.id];
        return (authors[0] as Person).client.rpc('update_post', { post_id: edited, caption, mentions });
      }
      if (place % 4 === 1) return client.rpc('create_post', { caption: 'Listed', mentions: [leaving.id] });
      if (place % 4 === 2) return secretClient().from('posts').insert({ owner_id, caption });
      return client.rpc('create_post', { caption });
    };
    const work = atOnce(24, (place) => retried(() => request(place)));
    expect((await leave(leaving, round % 2 === 0)).error).toBeNull();
    // A deleted user in a list is an error; in a caption the name is a word.
    for (const { status, error } of await work)
      if (error) expect({ status, hint: error.hint }).toEqual({ status: 422, hint: 'mention_unknown' });
    expect(await sql`select post_id from public.post_mentions where profile_id = ${leaving.id}`).toHaveLength(
      0,
    );
  }
});

/** Deletes an account, as its user or as an administrator. */
function leave({ id, client }: Person, asUser = true): Promise<{ error: unknown }> {
  return retried(async () =>
    asUser ? await client.rpc('delete_account') : await secretClient().auth.admin.deleteUser(id),
  );
}

test('deleting a post that others are reposting deletes no repost and fails no request', async () => {
  const [author, ...readers] = (await newPeople(5)) as [Person, ...Person[]];
  for (let round = 0; round < 5; round++) {
    const { id } = await createPost(author, { caption: `#r${round}` });
    const reposts = atOnce(24, async (place) => {
      const { client } = readers[place % readers.length] as Person;
      const repost = await client.rpc('create_post', { caption: 'Look', original_post: id });
      if (repost.error) {
        expect({ status: repost.status, hint: repost.error.hint }).toEqual({
          status: 422,
          hint: 'original_post_not_found',
        });
        return [];
      }
      const post_id = repost.data.id as string;
      dataOf(await client.rpc('update_post', { post_id, caption: `Look again ${place}` }));
      return [post_id];
    });
    const edits = atOnce(6, async (place) => {
      const { status, error } = await author.client.rpc('update_post', {
        post_id: id,
        caption: `#r${round} ${place}`,
      });
      if (error) expect({ status, hint: error.hint }).toEqual({ status: 404, hint: 'post_not_found' });
    });
    const { error } = await author.client.from('posts').delete().eq('id', id);
    expect(error).toBeNull();
    await edits;
    const kept = (await reposts).flat();
    const rows = await sql`select original_post_id from public.posts where id = any (${kept})`;
    expect(rows).toHaveLength(kept.length);
    for (const row of rows) expect(row.original_post_id).toBeNull();
  }
});

test('users who have reposted and mentioned each other’s posts can all leave at once', async () => {
  const people = await newPeople(4);
  const posts = await atOnce(people.length, async (place) => {
    const caption = shuffled(people)
      .map(({ username }) => `@${username}`)
      .join(' ');
    return (await createPost(people[place] as Person, { caption })).id;
  });
  const reposts = await atOnce(people.length * 3, async (place) => {
    const original_post = posts[(place + 1 + (place >> 2)) % posts.length] as string;
    const person = people[place % people.length] as Person;
    return (await createPost(person, { caption: 'Look', original_post })).id;
  });
  const leavings = atOnce(people.length, (place) => leave(people[place] as Person, place % 2 === 0));
  const edits = atOnce(reposts.length, async (place) => {
    const { client, username } = people[place % people.length] as Person;
    const caption = `@${username} @${(people[(place + 3) % people.length] as Person).username} #${newUsername()}`;
    const post_id = reposts[place] as string;
    const { status, error } = await retried(() => client.rpc('update_post', { post_id, caption }));
    // The token of a deleted user is valid until it expires.
    if (error) expect([401, 404]).toContain(status);
  });
  for (const { error } of await leavings) expect(error).toBeNull();
  await edits;
  expect(await sql`select id from public.posts where id = any (${[...posts, ...reposts]})`).toHaveLength(0);
});

test('users who follow, like, mention and answer each other are all deleted at once, in every way, without a deadlock', async () => {
  for (let round = 0; round < 2; round++) {
    // Five, so that each is deleted in two different ways at once.
    const people = await newPeople(5);
    const posts = await atOnce(people.length, async (place) => {
      const mentions = shuffled(people).map(({ id }) => id);
      return (await createPost(people[place] as Person, { caption: 'Mine', mentions })).id;
    });
    // Each in an order of its own, in which a deletion then finds the rows.
    for (const { id, client } of shuffled(people)) {
      for (const person of shuffled(people))
        if (person.id !== id) dataOf(await client.rpc('follow_user', { person: person.id }));
      for (const post_id of shuffled(posts)) {
        dataOf(await client.rpc('like_post', { post_id }));
        dataOf(await client.rpc('create_comment', { post_id, text: 'Seen' }));
      }
    }
    const deletions = atOnce(2 * people.length, async (place) => {
      const { id, client } = people[place % people.length] as Person;
      if (place % 3 === 0) {
        const { status, error } = await client.rpc('delete_account');
        // It was deleted in the other way a moment ago.
        return status === 401 ? null : error;
      }
      if (place % 3 === 1) {
        const { error } = await secretClient().auth.admin.deleteUser(id);
        return error?.status === 404 ? null : error;
      }
      return await sql`delete from auth.users where id = ${id}`.then(
        () => null,
        (error) => error,
      );
    });
    for (const error of await deletions) expect(error).toBeNull();
    expect(
      await sql`select from public.profiles where id = any (${people.map(({ id }) => id)})`,
    ).toHaveLength(0);
  }
});

test('an account that is deleted while it publishes leaves no posts', async () => {
  const [leaving] = (await newPeople(1)) as [Person];
  const posts = atOnce(40, (place) =>
    leaving.client.rpc('create_post', { caption: `Post ${place} #leaving` }),
  );
  expect((await leave(leaving)).error).toBeNull();
  for (const { status, error } of await posts)
    if (error) expect({ status, hint: error.hint }).toEqual({ status: 401, hint: 'not_signed_in' });
  expect(await sql`select id from public.posts where owner_id = ${leaving.id}`).toHaveLength(0);
});

/** Starts a request that waits for a deletion, then commits the deletion; resolves with the answer. */
async function duringDeletion<T>(deletion: string, id: string, begin: () => PromiseLike<T>): Promise<T> {
  const session = await sql.reserve();
  try {
    await session`begin`;
    await session.unsafe(deletion, [id]);
    const [row] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`;
    const begun = Promise.resolve(begin());
    // Deletions of other tests wait as well, for the advisory lock.
    await eventually(async () =>
      expect(
        await sql`
          select from pg_stat_activity
          where ${row?.pid ?? 0}::integer = any (pg_blocking_pids(pid)) and wait_event <> 'advisory'`,
      ).toHaveLength(1),
    );
    await session`commit`;
    return await begun;
  } finally {
    await session`rollback`;
    session.release();
  }
}

test('a request that waits for a deletion answers as if the row had never been there', async () => {
  const [author, listed, named, reporter] = (await newPeople(4)) as [Person, Person, Person, Person];
  const { id: original } = await createPost(author, { caption: 'Original' });
  const deleteUser = 'delete from auth.users where id = $1';
  const ofListed = await duringDeletion(deleteUser, listed.id, () =>
    author.client.rpc('create_post', { caption: 'Listed', mentions: [listed.id] }),
  );
  expect({ status: ofListed.status, hint: ofListed.error?.hint }).toEqual({
    status: 422,
    hint: 'mention_unknown',
  });
  const { id } = dataOf(
    await duringDeletion(deleteUser, named.id, () =>
      author.client.rpc('create_post', { caption: `@${named.username}` }),
    ),
  );
  expect(await sql`select profile_id from public.post_mentions where post_id = ${id as string}`).toHaveLength(
    0,
  );
  const ofOriginal = await duringDeletion('delete from public.posts where id = $1', original, () =>
    author.client.rpc('create_post', { caption: 'Look', original_post: original }),
  );
  expect({ status: ofOriginal.status, hint: ofOriginal.error?.hint }).toEqual({
    status: 422,
    hint: 'original_post_not_found',
  });
  const reported = (await createPost(author, { caption: 'Reported' })).id;
  const ofReported = await duringDeletion('delete from public.posts where id = $1', reported, () =>
    reporter.client.rpc('create_report', { reason: 'spam', post_id: reported }),
  );
  expect({ status: ofReported.status, hint: ofReported.error?.hint }).toEqual({
    status: 404,
    hint: 'post_not_found',
  });
  const byHimself = await duringDeletion(deleteUser, author.id, () =>
    author.client.rpc('create_post', { caption: 'Mine' }),
  );
  expect({ status: byHimself.status, hint: byHimself.error?.hint }).toEqual({
    status: 401,
    hint: 'not_signed_in',
  });
});
