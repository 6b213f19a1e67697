import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { actAs, openDatabase } from '../../kit/database.ts';
import { newPeople, type Person, secretClient } from '../../kit/people.ts';
import { createPost } from '../../kit/posts.ts';
import { dataOf } from '../../kit/results.ts';
import { graphFaults } from '../graph-faults.ts';
import { atOnce, retried, shuffled } from './at-once.ts';
import { as, sideBySide } from './side-by-side.ts';

const sql = openDatabase({ max: 55 });

/** Runs a call of the Data API in a transaction. */
const call = (name: string, person: Person) => (tx: postgres.ISql) =>
  tx`select public.${tx(name)}(${person.id}::text)`;

/** What two users can do to each other, and to their own profile, in the transaction of `tx`. */
function writes(
  ann: Person,
  bob: Person,
  post: string,
): Record<string, (tx: postgres.ReservedSql) => Promise<unknown>> {
  return {
    'ann follows bob': as(ann, call('follow_user', bob)),
    'ann unfollows bob': as(ann, call('unfollow_user', bob)),
    'ann blocks bob': as(ann, call('block_user', bob)),
    'ann unblocks bob': as(ann, call('unblock_user', bob)),
    'ann mentions bob': as(ann, (tx) => tx`select public.create_post(${`@${bob.username}`})`),
    'ann likes the post of bob': as(ann, (tx) => tx`select public.like_post(${post})`),
    'ann comments on the post of bob': as(
      ann,
      (tx) => tx`select public.create_comment(${post}, ${`Hello @${bob.username}`})`,
    ),
    'bob follows ann': as(bob, call('follow_user', ann)),
    'bob blocks ann': as(bob, call('block_user', ann)),
    'bob accepts ann': as(bob, call('accept_follow_request', ann)),
    'bob removes ann': as(bob, call('remove_follower', ann)),
    'bob mutes ann': as(bob, call('mute_user', ann)),
    'bob lists ann': as(
      bob,
      (tx) => tx`select public.create_post('Listed', mentions => array[${ann.id}::text])`,
    ),
    'bob opens the profile': as(
      bob,
      (tx) => tx`update public.profiles set is_public = true where id = ${bob.id}`,
    ),
    'bob closes the profile': as(
      bob,
      (tx) => tx`update public.profiles set is_public = false where id = ${bob.id}`,
    ),
  };
}

/** What must not be there, of these users. */
const wrong = (people: Person[]) => graphFaults(sql, people);

for (const start of ['nothing', 'a private profile', 'a request', 'a follow', 'a block'] as const)
  test.concurrent(`from ${start}, any two writes of two users at once leave nothing beside a block, no request to a public profile and right counts`, {
    timeout: 180_000,
  }, async () => {
    const [ann, bob] = (await newPeople(2)) as [Person, Person];
    const { id: post } = await createPost(bob, { caption: 'The post' });
    const all = Object.entries(writes(ann, bob, post));
    const isPublic = start !== 'a private profile' && start !== 'a request';
    for (const [firstName, first] of all) {
      for (const [secondName, second] of all) {
        await sql.begin(async (tx) => {
          await tx`delete from public.follows where follower_id in (${ann.id}, ${bob.id})`;
          await tx`delete from public.blocks where blocker_id in (${ann.id}, ${bob.id})`;
          await tx`delete from public.mutes where muter_id in (${ann.id}, ${bob.id})`;
          await tx`delete from public.post_likes where profile_id = ${ann.id}`;
          await tx`delete from private.rate_counters where subject in (${ann.id}, ${bob.id})`;
          await tx`update public.profiles set is_public = ${isPublic} where id = ${bob.id}`;
          if (start === 'a request' || start === 'a follow')
            await tx`insert into public.follows (follower_id, followee_id) values (${ann.id}, ${bob.id})`;
          if (start === 'a block')
            await tx`insert into public.blocks (blocker_id, blocked_id) values (${ann.id}, ${bob.id})`;
        });
        await sideBySide(sql, first, second);
        expect(await wrong([ann, bob]), `${firstName}, then ${secondName}`).toEqual([]);
      }
    }
  });

test('two users who follow each other at once both do', async () => {
  for (let round = 0; round < 10; round++) {
    const [ann, bob] = (await newPeople(2)) as [Person, Person];
    const states = await atOnce(4, async (place) => {
      const [from, to] = place % 2 ? [ann, bob] : [bob, ann];
      return dataOf(await from.client.rpc('follow_user', { person: to.id }));
    });
    expect(states).toEqual(['accepted', 'accepted', 'accepted', 'accepted']);
    expect(await wrong([ann, bob])).toEqual([]);
    const profile = dataOf(await ann.client.rpc('get_profile', { person: bob.id }));
    expect(profile).toMatchObject({
      following: true,
      followed_by: true,
      follower_count: 1,
      following_count: 1,
    });
  }
});

test('50 followers of one user from 50 connections count exactly 50, also while the profile opens', {
  timeout: 60_000,
}, async () => {
  const [star, ...fans] = (await newPeople(51)) as [Person, ...Person[]];
  const countOf = async () => dataOf(await star.client.rpc('get_profile', { person: 'me' })).follower_count;
  const all = (name: string) =>
    Promise.all(
      fans.map((fan) =>
        sql.begin(async (tx) => {
          await actAs(tx, fan);
          await call(name, star)(tx);
        }),
      ),
    );
  await all('follow_user');
  expect(await countOf()).toBe(50);
  await all('unfollow_user');
  expect(await countOf()).toBe(0);
  await sql`update public.profiles set is_public = false where id = ${star.id}`;
  await Promise.all([
    all('follow_user'),
    sql.begin(async (tx) => {
      await actAs(tx, star);
      await tx`update public.profiles set is_public = true where id = ${star.id}`;
    }),
  ]);
  expect(await countOf()).toBe(50);
  expect(await wrong([star, ...fans])).toEqual([]);
});

test('a user edits the profile within a second while 16 others follow without a pause', {
  timeout: 60_000,
}, async () => {
  const [star, ...fans] = (await newPeople(17)) as [Person, ...Person[]];
  let isOver = false;
  const follows = fans.map(async (fan) => {
    while (!isOver)
      await sql
        .begin(async (tx) => {
          await actAs(tx, fan);
          await call('follow_user', star)(tx);
          await tx`select pg_sleep(0.02)`;
          // Not counted for the rate.
          throw new Error('rolled back');
        })
        .catch((error: Error) => expect(error.message).toBe('rolled back'));
  });
  try {
    for (let edit = 0; edit < 5; edit++)
      await sql.begin(async (tx) => {
        await actAs(tx, star);
        await tx`set local lock_timeout = '1s'`;
        await tx`update public.profiles set bio = ${`Edit ${edit}`} where id = ${star.id}`;
      });
  } finally {
    isOver = true;
    await Promise.all(follows);
  }
});

test('many writes of a few users over HTTP fail with no deadlock, and leave what is right', {
  timeout: 60_000,
}, async () => {
  const people = await newPeople(5);
  const names = [
    'follow_user',
    'follow_user',
    'unfollow_user',
    'block_user',
    'unblock_user',
    'remove_follower',
    'accept_follow_request',
    'mute_user',
  ] as const;
  await sql`update public.profiles set is_public = false where id = ${(people[0] as Person).id}`;
  await atOnce(300, async (place) => {
    const [from, to] = shuffled(people) as [Person, Person];
    if (place % 25 === 0) {
      const is_public = place % 50 === 0;
      const { error } = await from.client.from('profiles').update({ is_public }).eq('id', from.id);
      expect(error).toBeNull();
      return;
    }
    const caption = `@${to.username}`;
    const { error, status } = await (place % 10 === 5
      ? from.client.rpc('create_post', { caption })
      : from.client.rpc(names[place % names.length] as (typeof names)[number], { person: to.id }));
    // Refused by a block, or nothing to accept.
    if (error) expect([403, 404], JSON.stringify(error)).toContain(status);
  });
  expect(await wrong(people)).toEqual([]);
});

test('deleting an account that others follow, block and ask at once keeps every count right', {
  timeout: 60_000,
}, async () => {
  const [leaving, ...others] = (await newPeople(7)) as [Person, ...Person[]];
  for (const other of others) dataOf(await leaving.client.rpc('follow_user', { person: other.id }));
  const work = atOnce(60, (place) => {
    const { client } = others[place % others.length] as Person;
    const name = (['follow_user', 'unfollow_user', 'block_user', 'unblock_user', 'mute_user'] as const)[
      place % 5
    ];
    return retried(async () => await client.rpc(name as 'follow_user', { person: leaving.id }));
  });
  const { error } = await retried(async () =>
    Math.random() < 0.5
      ? await leaving.client.rpc('delete_account')
      : await secretClient().auth.admin.deleteUser(leaving.id),
  );
  expect(error).toBeNull();
  for (const { status, error } of await work)
    if (error) expect([403, 404], JSON.stringify(error)).toContain(status);
  expect(await wrong(others)).toEqual([]);
  expect(await sql`select from private.counters where subject_id = ${leaving.id}`).toEqual([]);
});
