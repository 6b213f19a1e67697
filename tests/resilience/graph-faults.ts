import type postgres from 'postgres';

/**
 * Rows of follows, mentions and notifications that may not be beside each other, whatever happened at the same time: of
 * some users, or of all.
 */
export function graphFaults(sql: postgres.Sql, users?: readonly { id: string }[]) {
  const ids = users?.map(({ id }) => id);
  const isOfThem = (column: string) => (ids ? sql`${sql(column)} = any (${ids})` : sql`true`);
  return sql`
    with blocked as (
      select blocker_id as a, blocked_id as b from public.blocks where ${isOfThem('blocker_id')}
      union all
      select blocked_id, blocker_id from public.blocks where ${isOfThem('blocker_id')}
    ), told as (
      select notifications.*, actor_id, notification_actors.id as event_id
      from public.notifications
      left join public.notification_actors on notification_id = notifications.id
      where ${isOfThem('notifications.recipient_id')}
    )
    select 'a follow beside a block' as what
    from public.follows join blocked on a = follower_id and b = followee_id
    union all
    select 'a mention beside a block'
    from public.post_mentions join public.posts on posts.id = post_id join blocked on a = owner_id and b = profile_id
    union all
    select 'a mention in a comment beside a block'
    from public.comment_mentions join public.comments on comments.id = comment_id
    join blocked on a = owner_id and b = profile_id
    union all
    select 'a notification beside a block'
    from public.notification_actors join blocked on a = actor_id and b = recipient_id
    union all
    select 'a notification beside a mute: ' || kind
    from told join public.mutes on (muter_id, muted_id) = (recipient_id, actor_id)
    union all
    select 'a notification of what the user did: ' || kind from told where actor_id = recipient_id
    union all
    select 'a notification with a wrong count or newest: ' || kind
    from told
    group by id, kind, actor_count, newest
    having count(event_id) <> actor_count or newest <> (array_agg(event_id order by event_id desc))[1]
    union all
    select 'a notification of a like that does not exist'
    from told
    where kind = 'like'
      and not exists (select from public.post_likes where post_likes.id = event_id)
      and not exists (select from public.comment_likes where comment_likes.id = event_id)
    union all
    select 'a notification of a follow that does not exist: ' || kind
    from told
    where kind in ('follow', 'follow_request', 'follow_accepted')
      and not exists (select from public.follows where follows.id = event_id)
    union all
    select 'a notification of a mention that does not exist'
    from told
    where kind = 'mention'
      and not exists (
        select from public.post_mentions
        where post_mentions.post_id = told.post_id and profile_id = recipient_id
      )
      and not exists (
        select from public.comment_mentions
        where comment_mentions.comment_id = told.comment_id and profile_id = recipient_id
      )
    union all
    select 'a notification of a deleted comment: ' || kind
    from told join public.comments on comments.id = told.comment_id
    where comments.owner_id is null
    union all
    select 'a request to a public profile'
    from public.follows join public.profiles on profiles.id = followee_id
    where is_public and state = 'requested' and ${isOfThem('followee_id')}
    union all
    select 'a wrong count of follows'
    from public.profiles
    cross join lateral (
      select
        count(*) filter (where followee_id = profiles.id) as followers,
        count(*) filter (where follower_id = profiles.id) as following
      from public.follows
      where state = 'accepted' and profiles.id in (follower_id, followee_id)
    ) as recounted
    where ${isOfThem('profiles.id')}
      and (
        followers <> private.count_of(id, 'profile_followers')
        or following <> private.count_of(id, 'profile_following')
      )`;
}
