import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { actAs, openDatabase } from '../../kit/database.ts';
import { newPeople, newUsername, type Person } from '../../kit/people.ts';
import { createPost } from '../../kit/posts.ts';
import { dataOf } from '../../kit/results.ts';
import { atOnce } from './at-once.ts';
import { as, sideBySide, type Write } from './side-by-side.ts';

const sql = openDatabase({ max: 50 });

interface User {
  id: string;
  username: string;
}

/** Users who cannot sign in: the database acts as them. */
async function newUsers(count: number): Promise<User[]> {
  const users = Array.from({ length: count }, () => ({ id: randomUUID(), username: newUsername() }));
  await sql`
    insert into auth.users (id, email, raw_user_meta_data)
    select id, username || '@example.com', jsonb_build_object('username', username)
    from jsonb_to_recordset(${sql.json(users as unknown as postgres.JSONValue)}) as users (id uuid, username text)`;
  return users;
}

const call = (name: string, id: string) => (tx: postgres.ISql) => tx`select public.${tx(name)}(${id})`;

const leave = (tx: postgres.ISql) => tx`select public.delete_account()`;

const comment =
  (post: string, text: string, parent: string | null = null) =>
  (tx: postgres.ISql) =>
    tx`select public.create_comment(${post}, ${text}, ${parent})`;

/** Runs a write in a transaction of its own. Returns the code with which Noctra refused it; a deadlock is thrown. */
async function run(write: Write): Promise<string | null> {
  try {
    await sql.begin((tx) => write(tx as unknown as postgres.ReservedSql));
    return null;
  } catch (error) {
    const { code, hint } = error as { code?: string; hint?: string };
    if (!/^PT\d{3}$/.test(String(code))) throw error;
    return String(hint);
  }
}

interface Cast {
  owner: User;
  ann: User;
  bob: User;
  cleo: User;
  mia: User;
  post: string;
  /** Ann's comment, and Bob's reply to it. */
  thread: string;
  reply: string;
}

/** A post that Ann and Bob like, with a thread of two comments that Cleo likes. */
async function newCast(isTombstone: boolean): Promise<Cast> {
  const [owner, ann, bob, cleo, mia] = (await newUsers(5)) as [User, User, User, User, User];
  const [post, thread, reply] = [randomUUID(), randomUUID(), randomUUID()];
  await sql.begin(async (tx) => {
    await tx`update public.profiles set role = 'moderator' where id = ${mia.id}`;
    await tx`insert into public.posts (id, owner_id, caption) values (${post}, ${owner.id}, 'A post')`;
    await tx`
      insert into public.comments (id, post_id, parent_id, owner_id, text)
      values (${thread}, ${post}, null, ${ann.id}, 'A comment'), (${reply}, ${post}, ${thread}, ${bob.id}, ${`@${ann.username}`})`;
    await tx`insert into public.post_likes (profile_id, post_id) values (${ann.id}, ${post}), (${bob.id}, ${post})`;
    await tx`insert into public.post_saves (profile_id, post_id) values (${cleo.id}, ${post})`;
    await tx`insert into public.comment_likes (profile_id, comment_id) values (${cleo.id}, ${thread}), (${cleo.id}, ${reply})`;
    if (isTombstone) await tx`update public.comments set owner_id = null where id = ${thread}`;
  });
  return { owner, ann, bob, cleo, mia, post, thread, reply };
}

const writes: Record<string, (cast: Cast) => Write> = {
  'Ann unlikes the post': ({ ann, post }) => as(ann, call('unlike_post', post)),
  'Cleo likes the post': ({ cleo, post }) => as(cleo, call('like_post', post)),
  'Bob saves the post': ({ bob, post }) => as(bob, call('save_post', post)),
  'Cleo unsaves the post': ({ cleo, post }) => as(cleo, call('unsave_post', post)),
  'Bob likes the comment': ({ bob, thread }) => as(bob, call('like_comment', thread)),
  'Cleo unlikes the reply': ({ cleo, reply }) => as(cleo, call('unlike_comment', reply)),
  'Cleo answers the comment': ({ cleo, post, thread }) => as(cleo, comment(post, 'An answer', thread)),
  'Cleo answers the reply, with a mention': ({ cleo, bob, post, reply }) =>
    as(cleo, comment(post, `@${bob.username}`, reply)),
  'Cleo comments, with a mention': ({ cleo, ann, post }) => as(cleo, comment(post, `@${ann.username}`)),
  'Ann edits the comment': ({ ann, thread }) =>
    as(ann, (tx) => tx`select public.update_comment(${thread}, 'Another text')`),
  'Ann deletes the comment': ({ ann, thread }) => as(ann, call('delete_comment', thread)),
  'Bob deletes the reply': ({ bob, reply }) => as(bob, call('delete_comment', reply)),
  'the owner deletes the reply': ({ owner, reply }) => as(owner, call('delete_comment', reply)),
  'a moderator hides the reply': ({ mia, reply }) => as(mia, call('hide_comment', reply)),
  'the owner deletes the post': ({ owner, post }) =>
    as(owner, (tx) => tx`delete from public.posts where id = ${post}`),
  'Ann leaves': ({ ann }) => as(ann, leave),
  'Bob leaves': ({ bob }) => as(bob, leave),
  'Cleo leaves': ({ cleo }) => as(cleo, leave),
  'the owner leaves': ({ owner }) => as(owner, leave),
};

/** Whatever must not be there, on any of these posts. */
const wrong = (posts: string[]) => sql`
  with things as (
    select posts.id, posts.id as post_id from public.posts where id = any (${posts})
    union all
    select comments.id, comments.post_id from public.comments where post_id = any (${posts})
  )
  select 'a wrong count: ' || counted || ' ' || counters.value || ' instead of ' || recounted.value as what
  from things
  cross join lateral (
    select 'post_likes'::private.counted as counted, (select count(*) from public.post_likes where post_id = things.id) as value
    union all
    select 'post_comments', (
      select count(*) from public.comments where post_id = things.id and owner_id is not null and hidden_at is null
    )
    union all
    select 'comment_likes', (select count(*) from public.comment_likes where comment_id = things.id)
    union all
    select 'comment_replies', (
      select count(*) from public.comments where parent_id = things.id and owner_id is not null and hidden_at is null
    )
  ) as recounted
  cross join lateral (select private.count_of(things.id, recounted.counted) as value) as counters
  where recounted.value <> counters.value
  union all
  select 'a tombstone without replies'
  from public.comments
  where post_id = any (${posts}) and owner_id is null
    and not exists (select from public.comments as reply where reply.parent_id = comments.id)
  union all
  select 'a reply below a reply'
  from public.comments join public.comments as parent on parent.id = comments.parent_id
  where comments.post_id = any (${posts}) and parent.parent_id is not null
  union all
  select 'a like of a deleted comment'
  from public.comment_likes join public.comments on comments.id = comment_id
  where post_id = any (${posts}) and owner_id is null
  union all
  select 'a mention in a deleted comment'
  from public.comment_mentions join public.comments on comments.id = comment_id
  where post_id = any (${posts}) and owner_id is null`;

/** The counts of what is gone. */
const orphans = (ids: string[]) => sql`
  select counted from private.counters
  where subject_id = any (${ids})
    and not exists (select from public.posts where id = subject_id)
    and not exists (select from public.comments where id = subject_id)`;

test.each([false, true])(
  'any two writes side by side leave right counts and whole threads (below a tombstone: %s)',
  async (isTombstone) => {
    const failures: string[] = [];
    for (const [first, one] of Object.entries(writes))
      for (const [second, two] of Object.entries(writes)) {
        const cast = await newCast(isTombstone);
        const pair = `${first}, ${second}`;
        await sideBySide(sql, one(cast), two(cast)).catch((error) => failures.push(`${pair}: ${error}`));
        for (const { what } of await wrong([cast.post])) failures.push(`${pair}: ${what}`);
        for (const { counted } of await orphans([cast.post, cast.thread, cast.reply]))
          failures.push(`${pair}: ${counted} of what is gone`);
      }
    expect(failures).toEqual([]);
  },
  300_000,
);

test.each<[string, (cast: Cast, user: User) => Write]>([
  ['a like of a post', ({ post }, user) => as(user, call('like_post', post))],
  ['a like of a comment', ({ thread }, user) => as(user, call('like_comment', thread))],
  ['a comment', ({ post }, user) => as(user, comment(post, 'Another comment'))],
  ['an answer', ({ post, thread }, user) => as(user, comment(post, 'Another answer', thread))],
])('%s does not wait for another one', async (_, write) => {
  const cast = await newCast(false);
  const users = await newUsers(3);
  const open = await Promise.all(users.map(() => sql.reserve()));
  try {
    // None of them is committed before the last one is done.
    for (const [place, tx] of open.entries()) {
      await tx`begin`;
      await tx`set local lock_timeout = '2s'`;
      await write(cast, users[place] as User)(tx);
    }
    for (const tx of open) await tx`commit`;
  } finally {
    for (const tx of open) {
      await tx`rollback`;
      tx.release();
    }
  }
  expect(await wrong([cast.post])).toEqual([]);
});

test('200 likes of one post over 50 connections are all counted', async () => {
  const [owner, ...users] = (await newUsers(201)) as [User, ...User[]];
  const [{ id: post }] = (await sql`
    insert into public.posts (owner_id, caption) values (${owner.id}, 'Popular') returning id`) as [
    { id: string },
  ];
  const counts = await atOnce(users.length, (place) =>
    sql.begin(async (tx) => {
      await actAs(tx as unknown as postgres.Sql, users[place] as unknown as Person);
      const [row] = await tx<{ like_post: number }[]>`select public.like_post(${post})`;
      return row?.like_post as number;
    }),
  );
  // Whoever comes last sees all of them.
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...counts)).toBeLessThanOrEqual(200);
  expect(await sql`select private.count_of(${post}, 'post_likes') as likes`).toEqual([{ likes: 200 }]);
  expect(await wrong([post])).toEqual([]);
  // Half of them take it back, all at once.
  await atOnce(100, (place) => run(as(users[place * 2] as User, call('unlike_post', post))));
  expect(await sql`select private.count_of(${post}, 'post_likes') as likes`).toEqual([{ likes: 100 }]);
  expect(await wrong([post])).toEqual([]);
});

test('a like and its end, of one user at once, are counted as what is left of them', async () => {
  const [owner, user] = (await newUsers(2)) as [User, User];
  const [{ id: post }] = (await sql`
    insert into public.posts (owner_id, caption) values (${owner.id}, 'A post') returning id`) as [
    { id: string },
  ];
  await atOnce(60, (place) => run(as(user, call(place % 2 ? 'like_post' : 'unlike_post', post))));
  expect(await wrong([post])).toEqual([]);
});

test('20 requests at once with one idempotency key make one comment and get the same answer', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const { id } = await createPost(author);
  const request = { post_id: id, text: 'Once', idempotency_key: newUsername() };
  const answers = await atOnce(20, async () => dataOf(await author.client.rpc('create_comment', request)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(await sql`select id from public.comments where post_id = ${id}`).toHaveLength(1);
  expect(await wrong([id])).toEqual([]);
});

test('posts, comments and accounts that are deleted amid likes and comments of others lose no count and end no request', async () => {
  for (let round = 0; round < 3; round++) {
    const users = await newUsers(24);
    const owners = users.slice(0, 4);
    const posts = owners.map(() => randomUUID());
    for (const [place, owner] of owners.entries())
      await sql`insert into public.posts (id, owner_id, caption) values (${posts[place] as string}, ${owner.id}, 'A post')`;
    const any = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T;
    const anyComment = async (post: string) => {
      const found = await sql<{ id: string }[]>`
        select id from public.comments where post_id = ${post} order by random() limit 1`;
      return found[0]?.id ?? randomUUID();
    };
    const request = async (): Promise<Write> => {
      const [user, post] = [any(users), any(posts)];
      const choice = Math.random();
      if (choice < 0.35) return as(user, call('like_post', post));
      if (choice < 0.5) return as(user, call('unlike_post', post));
      if (choice < 0.65) return as(user, comment(post, `@${any(users).username}`));
      if (choice < 0.8) return as(user, comment(post, 'An answer', await anyComment(post)));
      if (choice < 0.9) return as(user, call('like_comment', await anyComment(post)));
      return as(user, call('delete_comment', await anyComment(post)));
    };
    const refusals = new Set<string | null>();
    await Promise.all([
      atOnce(400, async (place) => {
        // In the middle of it, a post and three accounts go: of an owner, and of others.
        if (place === 150)
          return run(
            as(owners[0] as User, (tx) => tx`delete from public.posts where id = ${posts[0] as string}`),
          );
        if (place === 200) return run(as(owners[1] as User, leave));
        if (place === 250) return run(as(users[10] as User, leave));
        if (place === 300) return run(as(users[11] as User, leave));
        refusals.add(await run(await request()));
        return null;
      }),
    ]);
    for (const refusal of refusals)
      expect([
        null,
        'post_not_found',
        'comment_not_found',
        'parent_not_found',
        'not_comment_owner',
        'not_signed_in',
      ]).toContain(refusal);
    expect(await wrong(posts)).toEqual([]);
    expect(await orphans(posts)).toEqual([]);
    expect(await sql`select id from public.posts where id = any (${posts})`).toHaveLength(2);
  }
}, 60_000);
