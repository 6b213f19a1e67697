import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { actAs, openDatabase } from '../../kit/database.ts';
import { newPeople, type Person } from '../../kit/people.ts';
import { createPost } from '../../kit/posts.ts';
import { dataOf } from '../../kit/results.ts';
import { graphFaults } from '../graph-faults.ts';
import { atOnce, retried, shuffled } from './at-once.ts';
import { as, sideBySide, type Write } from './side-by-side.ts';

const sql = openDatabase({ max: 55 });

/** Runs a write of a user in a transaction of its own. */
const commit = (person: Person, work: (tx: postgres.TransactionSql) => Promise<unknown>) =>
  sql.begin(async (tx) => {
    await actAs(tx, person);
    await work(tx);
  });

const like = (postId: string) => (tx: postgres.ISql) => tx`select public.like_post(${postId})`;
const unlike = (postId: string) => (tx: postgres.ISql) => tx`select public.unlike_post(${postId})`;

/** What must not be there, of these users. */
const wrong = (people: Person[]) => graphFaults(sql, people);

test('50 likes of one post at once are one notification of 50 users, and 50 unlikes at once are none', {
  timeout: 60_000,
}, async () => {
  const [star, ...fans] = (await newPeople(51)) as [Person, ...Person[]];
  const { id } = await createPost(star);
  await Promise.all(fans.map((fan) => commit(fan, like(id))));
  const listed = dataOf(await star.client.rpc('list_notifications'));
  expect(listed).toMatchObject([{ kind: 'like', actor_count: 50, post: id, is_read: false }]);
  expect(listed[0]?.actors).toHaveLength(3);
  expect(dataOf(await star.client.rpc('count_unread_notifications'))).toBe(1);
  expect(await wrong([star])).toEqual([]);
  await Promise.all(fans.map((fan) => commit(fan, unlike(id))));
  expect(dataOf(await star.client.rpc('list_notifications'))).toEqual([]);
  expect(await sql`select from public.notifications where recipient_id = ${star.id}`).toEqual([]);
});

test('a like does not wait for another like of the same post that is not committed', async () => {
  const [star, ...fans] = (await newPeople(4)) as [Person, ...Person[]];
  const { id } = await createPost(star);
  await commit(fans[0] as Person, like(id));
  const first = await sql.reserve();
  try {
    await first`begin`;
    await as(fans[1] as Person, like(id))(first);
    await commit(fans[2] as Person, async (tx) => {
      await tx`set local lock_timeout = '2s'`;
      await like(id)(tx);
    });
    await first`commit`;
  } finally {
    await first`rollback`;
    first.release();
  }
  expect(dataOf(await star.client.rpc('list_notifications'))).toMatchObject([{ actor_count: 3 }]);
  expect(await wrong([star])).toEqual([]);
});

test('any two writes at once leave no notification that is wrong', { timeout: 180_000 }, async () => {
  const [ann, bob, cleo] = (await newPeople(3)) as [Person, Person, Person];
  const people = [ann, bob, cleo];
  // The writes read them when they run.
  const ids = { post: '', private: '', comment: '' };
  const writes: Record<string, Write> = {
    'bob likes': as(bob, (tx) => like(ids.post)(tx)),
    'cleo unlikes': as(cleo, (tx) => unlike(ids.post)(tx)),
    'bob comments': as(bob, (tx) => tx`select public.create_comment(${ids.post}, ${`@${ann.username}`})`),
    'bob edits the comment': as(
      bob,
      (tx) => tx`select public.update_comment(${ids.comment}, 'Nobody is mentioned')`,
    ),
    'bob publishes the post': as(
      bob,
      (tx) => tx`select public.update_post(${ids.private}, is_public => true)`,
    ),
    'bob deletes the comment': as(bob, (tx) => tx`select public.delete_comment(${ids.comment})`),
    'ann likes the comment': as(ann, (tx) => tx`select public.like_comment(${ids.comment})`),
    'ann answers': as(
      ann,
      (tx) => tx`select public.create_comment(${ids.post}, 'Answer', parent_id => ${ids.comment})`,
    ),
    'bob mentions ann': as(bob, (tx) => tx`select public.create_post(${`@${ann.username}`})`),
    'bob reposts': as(bob, (tx) => tx`select public.create_post('Look', original_post => ${ids.post})`),
    'cleo withdraws the request': as(cleo, (tx) => tx`select public.unfollow_user(${ann.id}::text)`),
    'ann accepts the request': as(ann, (tx) => tx`select public.accept_follow_request(${cleo.id}::text)`),
    'ann blocks cleo': as(ann, (tx) => tx`select public.block_user(${cleo.id}::text)`),
    'ann blocks bob': as(ann, (tx) => tx`select public.block_user(${bob.id}::text)`),
    'bob blocks ann': as(bob, (tx) => tx`select public.block_user(${ann.id}::text)`),
    'ann mutes bob': as(ann, (tx) => tx`select public.mute_user(${bob.id}::text)`),
    'ann deletes the post': as(ann, (tx) => tx`delete from public.posts where id = ${ids.post}`),
    'ann opens the profile': as(
      ann,
      (tx) => tx`update public.profiles set is_public = true where id = ${ann.id}`,
    ),
    'ann marks as read': as(
      ann,
      (tx) => tx`select public.mark_notifications_read('ffffffff-ffff-ffff-ffff-ffffffffffff')`,
    ),
  };
  const reset = async () => {
    await sql.begin(async (tx) => {
      const all = people.map(({ id }) => id);
      await tx`delete from public.posts where owner_id = any (${all})`;
      await tx`delete from public.follows where follower_id = any (${all})`;
      await tx`delete from public.blocks where blocker_id = any (${all})`;
      await tx`delete from public.mutes where muter_id = any (${all})`;
      await tx`delete from private.rate_counters where subject = any (${all})`;
      await tx`update public.profiles set is_public = true where id = ${ann.id}`;
    });
    await commit(ann, async (tx) => {
      const [post] = await tx`select id from public.create_post('A post')`;
      ids.post = post?.id;
    });
    await commit(cleo, like(ids.post));
    await sql`update public.profiles set is_public = false where id = ${ann.id}`;
    await sql`insert into public.follows (follower_id, followee_id, state) values (${bob.id}, ${ann.id}, 'accepted')`;
    await commit(cleo, (tx) => tx`select public.follow_user(${ann.id}::text)`);
    await commit(bob, async (tx) => {
      const [comment] = await tx`select id from public.create_comment(${ids.post}, ${`To @${ann.username}`})`;
      ids.comment = comment?.id;
      const [post] =
        await tx`select id from public.create_post(${`To @${ann.username}`}, is_public => false)`;
      ids.private = post?.id;
    });
  };
  for (const [firstName, first] of shuffled(Object.entries(writes))) {
    for (const [secondName, second] of shuffled(Object.entries(writes))) {
      await reset();
      const what = `${firstName}, then ${secondName}`;
      await sideBySide(sql, first, second).catch((error) => {
        throw new Error(what, { cause: error });
      });
      expect(await wrong(people), what).toEqual([]);
    }
  }
});

test('likes, unlikes, comments, blocks, mutes and deleted posts of a few users at once fail with no deadlock, and leave no notification that is wrong', {
  timeout: 120_000,
}, async () => {
  const people = await newPeople(8);
  const posts = await Promise.all(people.map(async (person) => (await createPost(person)).id));
  await atOnce(400, async (place) => {
    const [from, to] = shuffled(people) as [Person, Person];
    const at = people.indexOf(to);
    const post_id = posts[at] as string;
    const { error, status } = await (async () => {
      if (place % 40 === 0) {
        const answer = await to.client.from('posts').delete().eq('id', post_id);
        posts[at] = (await createPost(to)).id;
        return answer;
      }
      if (place % 20 === 1) return await from.client.rpc('block_user', { person: to.id });
      if (place % 20 === 2) return await from.client.rpc('unblock_user', { person: to.id });
      if (place % 20 === 3) return await from.client.rpc('mute_user', { person: to.id });
      if (place % 20 === 4) return await from.client.rpc('unmute_user', { person: to.id });
      if (place % 5 === 0)
        return await from.client.rpc('create_comment', { post_id, text: `@${to.username} ${place}` });
      if (place % 5 === 1)
        return await from.client.rpc('mark_notifications_read', {
          up_to: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
        });
      return await from.client.rpc(place % 3 ? 'like_post' : 'unlike_post', { post_id });
    })();
    // The post is gone, or beyond a block.
    if (error) expect(status, JSON.stringify(error)).toBe(404);
  });
  expect(await wrong(people)).toEqual([]);
});

test('an account that is deleted beside any write to it ends no request, and leaves no notification', {
  timeout: 60_000,
}, async () => {
  const [bob] = (await newPeople(1)) as [Person];
  const writes = {
    'likes the post': (post: string) => (tx: postgres.ISql) => like(post)(tx),
    comments: (post: string) => (tx: postgres.ISql) => tx`select public.create_comment(${post}, 'Comment')`,
    answers: (post: string, comment: string) => (tx: postgres.ISql) =>
      tx`select public.create_comment(${post}, 'Answer', parent_id => ${comment})`,
    'likes the comment': (_: string, comment: string) => (tx: postgres.ISql) =>
      tx`select public.like_comment(${comment})`,
    reposts: (post: string) => (tx: postgres.ISql) =>
      tx`select public.create_post('Look', original_post => ${post})`,
  };
  for (const [name, write] of Object.entries(writes)) {
    for (const isFirst of [true, false]) {
      const [ann] = (await newPeople(1)) as [Person];
      const { id: post } = await createPost(ann);
      const { id } = dataOf(await ann.client.rpc('create_comment', { post_id: post, text: 'First' }));
      const both = [
        as(bob, write(post, id as string)),
        as(ann, (tx) => tx`select public.delete_account()`),
      ] as const;
      const [one, two] = isFirst ? both : ([both[1], both[0]] as const);
      await sideBySide(sql, one, two).catch((error) => {
        throw new Error(`${name}, ${isFirst ? 'then' : 'after'} the deletion`, { cause: error });
      });
      expect(
        await sql`select from public.notifications where recipient_id = ${ann.id}`,
        `${name}, ${isFirst}`,
      ).toEqual([]);
    }
  }
});

test('an account that is deleted while others like, answer and block it leaves no notification', {
  timeout: 120_000,
}, async () => {
  for (let round = 0; round < 3; round++) {
    const [leaving, ...others] = (await newPeople(7)) as [Person, ...Person[]];
    const { id: post_id } = await createPost(leaving);
    const own = await Promise.all(others.map(async (other) => (await createPost(other)).id));
    for (const id of own) dataOf(await leaving.client.rpc('like_post', { post_id: id }));
    const { id: parent_id } = dataOf(
      await leaving.client.rpc('create_comment', { post_id: own[0] as string, text: 'First' }),
    );
    const work = atOnce(72, (place) => {
      const { client } = others[place % others.length] as Person;
      return retried(async () => {
        switch (place % 6) {
          case 0:
            return await client.rpc('like_post', { post_id });
          case 1:
            return await client.rpc('unlike_post', { post_id });
          case 2:
            return await client.rpc('create_comment', { post_id, text: `@${leaving.username}` });
          case 3:
            return await client.rpc('create_comment', {
              post_id: own[0] as string,
              text: 'Answer',
              parent_id: parent_id as string,
            });
          case 4:
            return await client.rpc('like_post', { post_id: own[place % own.length] as string });
          default:
            return await client.rpc('like_comment', { comment_id: parent_id as string });
        }
      });
    });
    expect((await retried(async () => await leaving.client.rpc('delete_account'))).error).toBeNull();
    for (const { error, status } of await work)
      if (error) expect([404, 422], JSON.stringify(error)).toContain(status);
    expect(await wrong(others)).toEqual([]);
    expect(
      await sql`
        select from public.notifications where recipient_id = ${leaving.id}
        union all
        select from public.notification_actors where actor_id = ${leaving.id}`,
    ).toEqual([]);
  }
});

test('marking as read beside new notifications leaves unread whatever is newer than the mark', {
  timeout: 60_000,
}, async () => {
  const [reader, ...fans] = (await newPeople(9)) as [Person, ...Person[]];
  const posts = await Promise.all(Array.from({ length: 5 }, async () => (await createPost(reader)).id));
  const list = async (unread = false) =>
    dataOf(await reader.client.rpc('list_notifications', { unread, page_limit: 100 }));
  let ended = false;
  let mark = '';
  const reading = (async () => {
    while (!ended) {
      const [newest] = await list();
      if (!newest) continue;
      // Also an older mark, sent late: it moves nothing back.
      const marks = await Promise.all(
        [newest.id, mark || newest.id].map((up_to) =>
          reader.client.rpc('mark_notifications_read', { up_to: up_to as string }),
        ),
      );
      for (const { error } of marks) expect(error).toBeNull();
      mark = newest.id as string;
    }
  })();
  await Promise.all(
    fans.map(async ({ client }) => {
      for (const post_id of posts) dataOf(await client.rpc('like_post', { post_id }));
    }),
  );
  ended = true;
  await reading;
  const all = await list();
  expect(all.map(({ actor_count }) => actor_count)).toEqual(posts.map(() => fans.length));
  for (const { id, is_read } of all) expect(is_read).toBe((id as string) <= mark);
  expect((await list(true)).map(({ id }) => id)).toEqual(
    all.filter(({ id }) => (id as string) > mark).map(({ id }) => id),
  );
  const [last] = all;
  expect(dataOf(await reader.client.rpc('mark_notifications_read', { up_to: last?.id as string }))).toBe(0);
  dataOf(await (fans[0] as Person).client.rpc('unlike_post', { post_id: posts[0] as string }));
  dataOf(await (fans[0] as Person).client.rpc('like_post', { post_id: posts[0] as string }));
  expect(dataOf(await reader.client.rpc('count_unread_notifications'))).toBe(1);
  expect(await wrong([reader])).toEqual([]);
});
