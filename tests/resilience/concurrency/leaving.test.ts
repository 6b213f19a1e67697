import { expect, test } from 'vitest';
import { openDatabase } from '../../kit/database.ts';
import { newPeople, newUsername, type Person, secretClient } from '../../kit/people.ts';
import { dataOf } from '../../kit/results.ts';
import { eventually } from '../../kit/waiting.ts';
import { atOnce, shuffled } from './at-once.ts';

const sql = openDatabase({ max: 2 });

test('a person whose account goes while others mention and list him leaves no mention and fails no post', async () => {
  for (let round = 0; round < 3; round++) {
    const [leaving, ...authors] = (await newPeople(6)) as [Person, ...Person[]];
    const { id: edited } = dataOf(
      await (authors[0] as Person).client.rpc('create_post', { caption: 'Before', mentions: [leaving.id] }),
    );
    const work = atOnce(60, async (place) => {
      const { client } = authors[place % authors.length] as Person;
      if (place % 4 === 0)
        return (authors[0] as Person).client.rpc('update_post', {
          post_id: edited,
          caption: `Edit ${place} @${leaving.username}`,
          mentions: place % 8 === 0 ? [] : [leaving.id],
        });
      if (place % 4 === 1)
        return client.rpc('create_post', { caption: 'Listed', mentions: [leaving.username] });
      if (place % 4 === 2) return client.from('posts').insert({ caption: `@${leaving.username}` });
      return client.rpc('create_post', { caption: `@${leaving.username}` });
    });
    expect((await leave(leaving, round % 2 === 0)).error).toBeNull();
    // Listed by name or id, somebody who is gone is an error; in a caption he is a word.
    for (const { status, error } of await work)
      if (error) expect({ status, hint: error.hint }).toEqual({ status: 422, hint: 'mention_unknown' });
    expect(await sql`select post_id from public.post_mentions where profile_id = ${leaving.id}`).toHaveLength(
      0,
    );
  }
});

/** Deletes a person's account: as the person, or as an administrator does. */
async function leave({ id, client }: Person, byHimself = true): Promise<{ error: unknown }> {
  return byHimself ? await client.rpc('delete_account') : await secretClient().auth.admin.deleteUser(id);
}

test('a post that is deleted while it is passed on and edited takes nothing along, and is an error to nobody else', async () => {
  const [author, ...readers] = (await newPeople(5)) as [Person, ...Person[]];
  for (let round = 0; round < 5; round++) {
    const { id } = dataOf(await author.client.rpc('create_post', { caption: `#r${round}` }));
    const reposts = atOnce(24, async (place) => {
      const { client } = readers[place % readers.length] as Person;
      const repost =
        place % 2 === 0
          ? await client.rpc('create_post', { caption: 'Look', original_post: id })
          : await client.from('posts').insert({ caption: 'Look', original_post_id: id }).select().single();
      if (repost.error) {
        expect({ status: repost.status, hint: repost.error.hint }).toEqual({
          status: 422,
          hint: 'original_post_not_found',
        });
        return [];
      }
      dataOf(await client.rpc('update_post', { post_id: repost.data.id, caption: `Look again ${place}` }));
      return [repost.data.id];
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

test('people who have passed on, mentioned and edited each other’s posts all leave at once', async () => {
  const people = await newPeople(8);
  const posts = await atOnce(people.length, async (place) => {
    const { client } = people[place] as Person;
    const caption = shuffled(people)
      .map(({ username }) => `@${username}`)
      .join(' ');
    return dataOf(await client.rpc('create_post', { caption })).id;
  });
  const reposts = await atOnce(people.length * 4, async (place) => {
    const { client } = people[place % people.length] as Person;
    const original_post = posts[(place + 1 + (place >> 3)) % posts.length] as string;
    return dataOf(await client.rpc('create_post', { caption: 'Look', original_post })).id;
  });
  const leavings = atOnce(people.length, (place) => leave(people[place] as Person, place % 2 === 0));
  const edits = atOnce(reposts.length, async (place) => {
    const { client, username } = people[place % people.length] as Person;
    const caption = `@${username} @${(people[(place + 3) % people.length] as Person).username} #${newUsername()}`;
    const { status, error } = await client.rpc('update_post', { post_id: reposts[place] as string, caption });
    // Whoever is gone cannot edit: his token outlives him.
    if (error) expect([401, 404]).toContain(status);
  });
  for (const { error } of await leavings) expect(error).toBeNull();
  await edits;
  expect(await sql`select id from public.posts where id = any (${[...posts, ...reposts]})`).toHaveLength(0);
});

test('an account that goes while it publishes leaves nothing', async () => {
  const [leaving] = (await newPeople(1)) as [Person];
  const posts = atOnce(40, (place) =>
    leaving.client.rpc('create_post', { caption: `Post ${place} #leaving` }),
  );
  expect((await leave(leaving)).error).toBeNull();
  for (const { status, error } of await posts)
    if (error) expect({ status, hint: error.hint }).toEqual({ status: 401, hint: 'not_signed_in' });
  expect(await sql`select id from public.posts where owner_id = ${leaving.id}`).toHaveLength(0);
});

/** Begins what waits for a deletion that is not committed yet, then commits it; gives what came of it. */
async function duringDeletion<T>(deletion: string, id: string, begin: () => PromiseLike<T>): Promise<T> {
  const session = await sql.reserve();
  try {
    await session`begin`;
    await session.unsafe(deletion, [id]);
    const [row] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`;
    const begun = Promise.resolve(begin());
    await eventually(async () =>
      expect(
        await sql`select from pg_stat_activity where ${row?.pid ?? 0}::integer = any (pg_blocking_pids(pid))`,
      ).toHaveLength(1),
    );
    await session`commit`;
    return await begun;
  } finally {
    await session`rollback`;
    session.release();
  }
}

test('what is said of somebody or something that is just being deleted is said of nobody and nothing', async () => {
  const [author, listed, named] = (await newPeople(3)) as [Person, Person, Person];
  const { id: original } = dataOf(await author.client.rpc('create_post', { caption: 'Original' }));
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
  expect(await sql`select profile_id from public.post_mentions where post_id = ${id}`).toHaveLength(0);
  const ofOriginal = await duringDeletion('delete from public.posts where id = $1', original, () =>
    author.client.rpc('create_post', { caption: 'Look', original_post: original }),
  );
  expect({ status: ofOriginal.status, hint: ofOriginal.error?.hint }).toEqual({
    status: 422,
    hint: 'original_post_not_found',
  });
  const byHimself = await duringDeletion(deleteUser, author.id, () =>
    author.client.rpc('create_post', { caption: 'Mine' }),
  );
  expect({ status: byHimself.status, hint: byHimself.error?.hint }).toEqual({
    status: 401,
    hint: 'not_signed_in',
  });
});
