import type postgres from 'postgres';

/** Numbers of the people whom the benchmark asks about; see the functions of data.sql that make their ids. */
export const readers = { first: 5001, last: 5100 };

/** The last people, who publish least, are followed by nobody, unless a function below says so. */
export const unfollowed = 100;

/** Saved posts of each reader, and people whom each reader blocks and mutes. */
const saves = 1000;
const blocks = 20;

const ofReaders = (sql: postgres.Sql) =>
  sql`generate_series(${readers.first}::integer, ${readers.last}::integer) as reader`;

/** Inserts whom the people of one batch follow: half of them popular people, half of them anybody. */
export async function makeFollows(sql: postgres.Sql, first: number, last: number, people: number) {
  await sql`
    insert into public.follows (follower_id, followee_id, state)
    select bench.person(number), bench.person(followee), 'accepted'
    from generate_series(${first}::integer, ${last}::integer) as number
    cross join lateral (
      select distinct case number % 2
        when 0 then 1 + floor(bench.chance(number, 1000 + place) * ${people - unfollowed}::integer)::integer
        else bench.skewed(number, 1000 + place, ${people - unfollowed}::integer)
      end as followee
      from generate_series(1, bench.pareto(number, 15, 11, 10000)) as place
    ) as followed
    where followee <> number
  `;
}

/** Inserts the likes and comments of the posts in the temporary table `batch`. Every third comment is a reply. */
export async function makeReactions(sql: postgres.Sql, people: number) {
  // A step that shares no divisor with the number of people meets nobody twice.
  const person = (salt: number) =>
    sql`bench.person(1 + ((abs(hashint8extended(number, ${salt}) % 1000000) + place * 1000003::bigint) % ${people}::integer)::integer)`;
  await sql`
    insert into public.post_likes (profile_id, post_id)
    select ${person(51)}, batch.id
    from batch
    cross join generate_series(1, bench.pareto(number, 28, 2.2, ${people}::integer) - 1) as place
    where is_visible_to_all
  `;
  await sql`
    insert into public.comments (id, post_id, parent_id, reply_to_id, owner_id, text)
    select
      bench.ordered_id(number, 64 + place), batch.id, answered.id, answered.id,
      ${person(52)}, bench.sentence(number + place)
    from batch
    cross join generate_series(1, bench.pareto(number, 29, 0.53, 4000)) as place
    cross join lateral (select case when place % 3 = 0 then bench.ordered_id(number, 63 + place) end as id) as answered
    where is_visible_to_all
  `;
}

/**
 * Inserts, with all indexes in place, a person with everybody as follower, a post with the likes of everybody, many likes
 * by the person who has the most posts, and what the readers have saved, blocked and muted.
 */
export async function makeExtremes(sql: postgres.Sql, posts: number, people: number) {
  await sql`
    insert into public.follows (follower_id, followee_id, state)
    select profiles.id, bench.person(${people}), 'accepted'
    from public.profiles
    where profiles.id <> bench.person(${people})
  `;
  await sql`
    insert into public.post_likes (profile_id, post_id)
    select profiles.id, newest.id
    from public.profiles
    cross join (select posts.id from public.posts where is_visible_to_all order by posts.id desc limit 1) as newest
    on conflict do nothing
  `;
  await sql`
    insert into public.post_likes (profile_id, post_id)
    select bench.person(1), id from public.posts where is_visible_to_all order by id limit ${Math.floor(posts / 50)}::integer
    on conflict do nothing
  `;
  await sql`
    insert into public.post_saves (profile_id, post_id)
    select bench.person(reader), bench.ordered_id(1 + (reader * 7919::bigint + place * 1009) % ${posts}::integer, 0)
    from ${ofReaders(sql)} cross join generate_series(1, ${Math.min(saves, Math.floor(posts / 10))}::integer) as place
    on conflict do nothing
  `;
  for (const [table, one, other, place] of [
    ['blocks', 'blocker_id', 'blocked_id', 10],
    ['mutes', 'muter_id', 'muted_id', 10 + blocks],
  ] as const)
    await sql`
      insert into public.${sql(table)} (${sql(one)}, ${sql(other)})
      select bench.person(reader), bench.person(${people - place}::integer - number)
      from ${ofReaders(sql)} cross join generate_series(1, ${blocks}::integer) as number
    `;
}

/** Inserts every count, from the rows that it counts. */
export async function makeCounts(sql: postgres.Sql) {
  const counted: [kind: string, subject: string, from: string][] = [
    ['post_likes', 'post_id', 'public.post_likes'],
    ['post_comments', 'post_id', 'public.comments'],
    ['comment_replies', 'parent_id', 'public.comments where parent_id is not null'],
    ['profile_posts', 'owner_id', 'public.posts where is_public and hidden_at is null'],
    ['profile_followers', 'followee_id', 'public.follows'],
    ['profile_following', 'follower_id', 'public.follows'],
  ];
  for (const [kind, subject, from] of counted)
    await sql.unsafe(
      `insert into private.counters (subject_id, counted, value) select ${subject}, '${kind}', count(*) from ${from} group by 1`,
    );
}

/** Inserts the notifications of the readers, and of the owner of the post that everybody likes, all of today. */
export async function makeNotifications(sql: postgres.Sql) {
  await sql`
    create temporary table events as
    select *, md5(concat_ws(' ', recipient_id, kind, post_id, comment_id))::uuid as notification_id
    from (
      select owner_id as recipient_id, 'like' as kind, posts.id as post_id, null::uuid as comment_id, profile_id as actor_id, post_likes.id
      from public.posts join public.post_likes on post_id = posts.id
      union all
      select posts.owner_id, 'comment', null, comments.id, comments.owner_id, comments.id
      from public.posts join public.comments on post_id = posts.id
      where parent_id is null
      union all
      select followee_id, 'follow', null, null, follower_id, id from public.follows
    ) as event
    where actor_id <> recipient_id and (
      recipient_id in (select bench.person(reader) from ${ofReaders(sql)})
      or recipient_id = (select owner_id from public.posts where is_visible_to_all order by id desc limit 1)
    )
  `;
  await sql`
    insert into public.notifications (id, recipient_id, kind, post_id, comment_id, newest, actor_count)
    select
      notification_id, recipient_id, kind::public.notification_kind, post_id, comment_id,
      (array_agg(id order by id desc))[1], count(*)
    from events
    group by notification_id, recipient_id, kind, post_id, comment_id
  `;
  await sql`
    insert into public.notification_actors (notification_id, id, actor_id, recipient_id)
    select notification_id, id, actor_id, recipient_id from events
  `;
  await sql`drop table events`;
}
