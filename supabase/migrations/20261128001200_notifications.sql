-- Notifications: what others did that concerns a user.
--
-- Triggers write them in the transaction of what causes them, and undo them with it. A row is a bundle: "ann and 12
-- others liked your post" is one kind, one target and one day (UTC), with a row of notification_actors for each user.
-- What many users may do to one post does not wait for a row: a writer takes a bundle of the group that is free, and
-- begins another one if all are taken. Readers show the bundles of a group as one.
--
-- A user is notified of what they see at that moment. A post that becomes private notifies nobody any more, and notifies
-- as a new one when it is shown again. What a user may not see any more for another reason, such as a profile that becomes
-- private, is not deleted: the policy hides it, as it hides the post or the comment.

create type public.notification_kind as enum (
  'follow', 'follow_request', 'follow_accepted', 'mention', 'like', 'comment', 'reply', 'repost'
);
comment on type public.notification_kind is
  'What happened: somebody follows, asks to follow, or accepted the request of the recipient; mentions the recipient; likes a post or a comment of the recipient; comments on a post of the recipient; replies to a comment of the recipient; reposts a post of the recipient.';

-- Settings and what was read

alter table public.private_profiles
  add column notification_kinds_off public.notification_kind[] not null default '{}',
  add column notifications_read_up_to uuid;
comment on column public.private_profiles.notification_kinds_off is
  'The kinds of notifications that the user does not want. Written by update_notification_settings.';
comment on column public.private_profiles.notifications_read_up_to is
  'Up to where the user has read the notifications (notifications.newest); null if never. Written by mark_notifications_read, and moves forward only.';

-- Ids and times

create function private.time_of(id uuid)
returns timestamptz
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return to_timestamp(('x' || left(replace(time_of.id::text, '-', ''), 12))::bit(48)::bigint / 1000.0);
end
$$;
comment on function private.time_of(uuid) is 'When an id of uuid_v7() was made, in milliseconds.';

create function private.first_id_at(moment timestamptz)
returns uuid
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return rpad(lpad(to_hex(floor(extract(epoch from first_id_at.moment) * 1000)::bigint), 12, '0'), 32, '0')::uuid;
end
$$;
comment on function private.first_id_at(timestamptz) is 'An id that sorts before all that uuid_v7() makes from this time on.';

-- Previews

create function private.preview(text text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return left(preview.text, 100);
end
$$;
comment on function private.preview(text) is
  'The beginning of a caption or comment, as notifications and reports show it: its first 100 characters.';

-- Bundles

create table public.notifications (
  id uuid primary key default private.uuid_v7(),
  recipient_id uuid not null references public.profiles (id) on delete cascade,
  kind public.notification_kind not null,
  post_id uuid references public.posts (id) on delete cascade,
  comment_id uuid references public.comments (id) on delete cascade,
  target_id uuid not null generated always as (coalesce(comment_id, post_id, recipient_id)) stored,
  day date not null default (now() at time zone 'UTC')::date,
  newest uuid not null,
  actor_count integer not null,
  constraint notifications_post_id_check check (post_id is null or comment_id is null),
  constraint notifications_actor_count_check check (actor_count >= 0)
);
-- A user's notifications, newest first, and those unread; also for the foreign key.
create index notifications_recipient_id_newest_idx on public.notifications (recipient_id, newest);
-- The bundles of a group; all about one post or comment.
create index notifications_target_id_recipient_id_kind_day_idx
  on public.notifications (target_id, recipient_id, kind, day);
create index notifications_post_id_idx on public.notifications (post_id) where post_id is not null;
create index notifications_comment_id_idx on public.notifications (comment_id) where comment_id is not null;

create table public.notification_actors (
  notification_id uuid not null references public.notifications (id) on delete cascade,
  id uuid not null,
  actor_id uuid not null references public.profiles (id) on delete cascade,
  recipient_id uuid not null,
  primary key (notification_id, id)
);
-- What one user did to another; also for the foreign key.
create index notification_actors_actor_id_recipient_id_id_idx
  on public.notification_actors (actor_id, recipient_id, id);

alter table public.notifications enable row level security;
alter table public.notification_actors enable row level security;

-- No write: triggers write them.
grant select on public.notifications, public.notification_actors to authenticated;
grant select, delete on public.notifications, public.notification_actors to service_role;

create policy select_visible on public.notifications for select to authenticated
  using (
    recipient_id = (select auth.uid())
    and (post_id is null or (select true from public.posts where posts.id = notifications.post_id))
    and (comment_id is null or (select true from public.comments where comments.id = notifications.comment_id))
  );
create policy select_visible on public.notification_actors for select to authenticated
  using ((select true from public.notifications where notifications.id = notification_actors.notification_id));

comment on table public.notifications is
  'Of what users are notified: a bundle for each kind, target and day, sometimes several (list_notifications shows them as one). Visible to the recipient, as long as the recipient sees the post or comment. Written by triggers.';
comment on column public.notifications.id is 'Sorts by the time at which the bundle was begun.';
comment on column public.notifications.recipient_id is 'The user who is notified.';
comment on column public.notifications.kind is 'What happened.';
comment on column public.notifications.post_id is
  'The post that it is about: the one that is liked, mentions the recipient, or reposts the recipient''s. Null if it is about a comment or a follow.';
comment on column public.notifications.comment_id is
  'The comment that it is about: the one that is liked, mentions the recipient, or was written. Null if it is about a post or a follow.';
comment on column public.notifications.target_id is
  'What it is about: the comment, else the post, else the recipient. With recipient, kind and day it names the group.';
comment on column public.notifications.day is 'The day of the bundle, in UTC.';
comment on column public.notifications.newest is
  'The id of its newest row in notification_actors: the order of the list, its cursor, and what is compared with private_profiles.notifications_read_up_to.';
comment on column public.notifications.actor_count is 'How many rows notification_actors has of it.';
comment on policy select_visible on public.notifications is
  'Users see their own notifications, as long as they see the post or comment that these are about.';
comment on table public.notification_actors is 'Who did it: a row for each user of a bundle. Visible with the bundle. Written by triggers.';
comment on column public.notification_actors.notification_id is 'The bundle.';
comment on column public.notification_actors.id is
  'Sorts by time. The id of the like or the follow, by which it is found again when that is taken back; else an id of its own.';
comment on column public.notification_actors.actor_id is 'The user who did it.';
comment on column public.notification_actors.recipient_id is 'As notifications.recipient_id; repeated for the index.';
comment on policy select_visible on public.notification_actors is 'The users of a notification are visible with it.';

-- Writing

create function private.wants_to_know(recipient_id uuid, kind public.notification_kind, actor_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return wants_to_know.recipient_id <> wants_to_know.actor_id and (
    select wants_to_know.kind <> all (private_profiles.notification_kinds_off)
      and not exists (
        select
        from public.mutes
        where mutes.muter_id = wants_to_know.recipient_id and mutes.muted_id = wants_to_know.actor_id
      )
      and not private.is_blocked(wants_to_know.recipient_id, wants_to_know.actor_id)
    from public.private_profiles
    where private_profiles.id = wants_to_know.recipient_id
  );
end
$$;
comment on function private.wants_to_know(uuid, public.notification_kind, uuid) is
  'Whether a user is notified of what another one did: not of what the user did, nor of blocked or muted users, nor of a kind that is switched off. Null where there is no such user. Not granted: SECURITY DEFINER functions call it.';

create function private.notify(
  recipient_id uuid,
  kind public.notification_kind,
  actor_ids uuid[],
  event_ids uuid[],
  post_id uuid default null,
  comment_id uuid default null
)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_target_id constant uuid := coalesce(notify.comment_id, notify.post_id, notify.recipient_id);
  v_actor_ids uuid[];
  v_event_ids uuid[];
  v_newest uuid;
  v_id uuid;
begin
  for v_place in 1 .. cardinality(notify.actor_ids) loop
    if private.wants_to_know(notify.recipient_id, notify.kind, notify.actor_ids[v_place]) then
      v_actor_ids := v_actor_ids || notify.actor_ids[v_place];
      v_event_ids := v_event_ids || notify.event_ids[v_place];
      v_newest := greatest(v_newest, notify.event_ids[v_place]);
    end if;
  end loop;
  if v_newest is null then
    return;
  end if;
  update public.notifications
  set newest = greatest(notifications.newest, v_newest),
    actor_count = notifications.actor_count + cardinality(v_actor_ids)
  where notifications.id = (
    select free.id
    from public.notifications as free
    where free.target_id = v_target_id
      and free.recipient_id = notify.recipient_id
      and free.kind = notify.kind
      and free.day = (now() at time zone 'UTC')::date
    limit 1
    for no key update skip locked
  )
  returning notifications.id into v_id;
  if v_id is null then
    insert into public.notifications (recipient_id, kind, post_id, comment_id, newest, actor_count)
    values (
      notify.recipient_id, notify.kind, notify.post_id, notify.comment_id, v_newest, cardinality(v_actor_ids)
    )
    returning notifications.id into v_id;
  end if;
  insert into public.notification_actors (notification_id, id, actor_id, recipient_id)
  select v_id, event.id, event.actor_id, notify.recipient_id
  from unnest(v_actor_ids, v_event_ids) as event (actor_id, id);
end
$$;
comment on function private.notify(uuid, public.notification_kind, uuid[], uuid[], uuid, uuid) is
  'Notifies a user, if there is one, of likes or follows, in a bundle of the day. event_ids: those of the likes or follows, by which they are found again. Against a block or a mute at the same time, these hold the lock of the pair. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.notify_each(
  recipient_ids uuid[],
  kinds public.notification_kind[],
  actor_id uuid,
  post_id uuid default null,
  comment_id uuid default null
)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  with notified as (
    insert into public.notifications (recipient_id, kind, post_id, comment_id, newest, actor_count)
    select distinct on (reason.recipient_id)
      reason.recipient_id, reason.kind, notify_each.post_id, notify_each.comment_id, private.uuid_v7(), 1
    from unnest(notify_each.recipient_ids, notify_each.kinds) with ordinality as reason (recipient_id, kind, place)
    where private.wants_to_know(reason.recipient_id, reason.kind, notify_each.actor_id)
      and not exists (
        select
        from public.notifications as known
        where known.target_id = coalesce(notify_each.comment_id, notify_each.post_id)
          and known.recipient_id = reason.recipient_id
          and known.kind <> 'like'
      )
    order by reason.recipient_id, reason.place
    returning notifications.id, notifications.newest, notifications.recipient_id
  )
  insert into public.notification_actors (notification_id, id, actor_id, recipient_id)
  select notified.id, notified.newest, notify_each.actor_id, notified.recipient_id
  from notified;
end
$$;
comment on function private.notify_each(uuid[], public.notification_kind[], uuid, uuid, uuid) is
  'Notifies users of a post or a comment, each once, of the first kind that they want. recipient_ids, kinds: why, the best first. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.remove_events(recipient_ids uuid[], actor_ids uuid[], event_ids uuid[])
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  delete from public.notification_actors
  using
    unnest(remove_events.recipient_ids, remove_events.actor_ids, remove_events.event_ids)
      as event (recipient_id, actor_id, id)
  where notification_actors.actor_id = event.actor_id
    and notification_actors.recipient_id = event.recipient_id
    and notification_actors.id = event.id
    -- A user whose account is deleted takes the notifications along.
    and (select true from public.profiles where profiles.id = event.recipient_id);
end
$$;
comment on function private.remove_events(uuid[], uuid[], uuid[]) is
  'Removes likes and follows from the notifications of their recipients. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.tg_notification_actors__shrink_bundles()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
-- As in count_changes.
set enable_seqscan = off
as $$
declare
  v_ids uuid[];
  v_numbers integer[];
begin
  select array_agg(shrunk.id), array_agg(shrunk.number)
  into v_ids, v_numbers
  from (select removed.notification_id as id, count(*)::integer as number from removed group by 1) as shrunk;
  -- In order, or two deleted accounts could wait for each other. A bundle that is deleted with its rows is not there.
  perform
  from public.notifications
  where notifications.id = any (v_ids)
  order by notifications.id
  for no key update;
  if not found then
    return null;
  end if;
  -- A statement of its own, which sees what the lock waited for.
  update public.notifications
  set actor_count = notifications.actor_count - shrunk.number,
    newest = coalesce(
      (
        select notification_actors.id
        from public.notification_actors
        where notification_actors.notification_id = notifications.id
        order by notification_actors.id desc
        limit 1
      ),
      notifications.newest
    )
  from unnest(v_ids, v_numbers) as shrunk (id, number)
  where notifications.id = shrunk.id;
  delete from public.notifications where notifications.id = any (v_ids) and notifications.actor_count = 0;
  return null;
end
$$;
comment on function private.tg_notification_actors__shrink_bundles() is
  'Trigger: a bundle counts its users, and is deleted with the last of them. Security definer: clients have no write grant on notifications.';

create trigger _100_shrink_bundles after delete on public.notification_actors
  referencing old table as removed
  for each statement execute function private.tg_notification_actors__shrink_bundles();

-- Blocks and mutes

create function private.remove_notifications_of(actor_id uuid, recipient_id uuid)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  -- The bundles before their rows, as where a post or a comment is deleted at the same time and takes them along.
  perform
  from public.notifications
  where notifications.id in (
    select notification_actors.notification_id
    from public.notification_actors
    where notification_actors.actor_id = remove_notifications_of.actor_id
      and notification_actors.recipient_id = remove_notifications_of.recipient_id
  )
  order by notifications.id
  for no key update;
  delete from public.notification_actors
  where notification_actors.actor_id = remove_notifications_of.actor_id
    and notification_actors.recipient_id = remove_notifications_of.recipient_id;
end
$$;
comment on function private.remove_notifications_of(uuid, uuid) is
  'Removes the notifications that a user has of another one. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.tg_blocks__remove_notifications()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.remove_notifications_of(new.blocker_id, new.blocked_id);
  perform private.remove_notifications_of(new.blocked_id, new.blocker_id);
  return null;
end
$$;
comment on function private.tg_blocks__remove_notifications() is
  'Trigger: a block removes the notifications that each of the two has of the other. Security definer: clients have no write grant on notifications.';

create function private.tg_mutes__remove_notifications()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.remove_notifications_of(new.muted_id, new.muter_id);
  return null;
end
$$;
comment on function private.tg_mutes__remove_notifications() is
  'Trigger: a mute removes the notifications that the user has of the muted one. Security definer: clients have no write grant on notifications.';

create trigger _300_remove_notifications after insert on public.blocks
  for each row execute function private.tg_blocks__remove_notifications();
create trigger _300_remove_notifications after insert on public.mutes
  for each row execute function private.tg_mutes__remove_notifications();

-- Follows

create function private.tg_follows__notify()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_follows record;
begin
  for v_follows in
    select added.followee_id, added.state, array_agg(added.follower_id) as actor_ids, array_agg(added.id) as event_ids
    from added
    group by added.followee_id, added.state
  loop
    perform private.notify(
      v_follows.followee_id,
      case v_follows.state when 'accepted' then 'follow'::public.notification_kind else 'follow_request' end,
      v_follows.actor_ids, v_follows.event_ids
    );
  end loop;
  return null;
end
$$;
comment on function private.tg_follows__notify() is
  'Trigger: notifies a user of a follow or a request. Security definer: clients have no write grant on notifications.';

create function private.tg_follows__replace_notifications()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_followers uuid[];
  v_followees uuid[];
  v_ids uuid[];
begin
  select array_agg(former.follower_id), array_agg(former.followee_id), array_agg(former.id)
  into v_followers, v_followees, v_ids
  from (
    select removed.follower_id, removed.followee_id, removed.id from removed
    except
    select added.follower_id, added.followee_id, added.id from added
  ) as former;
  perform private.remove_events(v_followees, v_followers, v_ids);
  select array_agg(accepted.follower_id), array_agg(accepted.followee_id), array_agg(accepted.id)
  into v_followers, v_followees, v_ids
  from (
    select added.follower_id, added.followee_id, added.id from added where added.state = 'accepted'
    except
    select removed.follower_id, removed.followee_id, removed.id from removed
  ) as accepted;
  -- All at once, each in a bundle of its own: a profile that opens may accept thousands.
  with accepted as materialized (
    select follow.follower_id, follow.followee_id, follow.id, private.uuid_v7() as notification_id
    from unnest(v_followers, v_followees, v_ids) as follow (follower_id, followee_id, id)
    where private.wants_to_know(follow.follower_id, 'follow_accepted', follow.followee_id)
  ),
  notified as (
    insert into public.notifications (id, recipient_id, kind, newest, actor_count)
    select accepted.notification_id, accepted.follower_id, 'follow_accepted', accepted.id, 1
    from accepted
  )
  insert into public.notification_actors (notification_id, id, actor_id, recipient_id)
  select accepted.notification_id, accepted.id, accepted.followee_id, accepted.follower_id
  from accepted;
  return null;
end
$$;
comment on function private.tg_follows__replace_notifications() is
  'Trigger: when a request is accepted, its follower is notified, and the notification of the request goes. Security definer: clients have no write grant on notifications.';

create function private.tg_follows__remove_notifications()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_followers uuid[];
  v_followees uuid[];
  v_ids uuid[];
begin
  select array_agg(removed.follower_id), array_agg(removed.followee_id), array_agg(removed.id)
  into v_followers, v_followees, v_ids
  from removed;
  perform private.remove_events(v_followees, v_followers, v_ids);
  perform private.remove_events(v_followers, v_followees, v_ids);
  return null;
end
$$;
comment on function private.tg_follows__remove_notifications() is
  'Trigger: deletes the notifications of a follow that ends. Security definer: clients have no write grant on notifications.';

create trigger _300_notify after insert on public.follows
  referencing new table as added
  for each statement execute function private.tg_follows__notify();
create trigger _300_replace_notifications after update on public.follows
  referencing old table as removed new table as added
  for each statement execute function private.tg_follows__replace_notifications();
create trigger _300_remove_notifications after delete on public.follows
  referencing old table as removed
  for each statement execute function private.tg_follows__remove_notifications();

-- Posts

create function private.is_shown_to(post public.posts, recipient_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  -- Nearly always: not worth a query.
  if (post).is_visible_to_all then
    return true;
  end if;
  return (post).owner_id = is_shown_to.recipient_id
    or (post).is_public and (post).hidden_at is null and exists (
      select
      from public.follows
      where follows.follower_id = is_shown_to.recipient_id
        and follows.followee_id = (post).owner_id
        and follows.state = 'accepted'
    );
end
$$;
comment on function private.is_shown_to(public.posts, uuid) is
  'Whether a user sees a post, as the policy of posts has it; blocks and roles aside. Users are notified of what they see; what they see no more, the policy of notifications hides. Not granted: SECURITY DEFINER functions call it.';

create function private.lock_readers(person_ids uuid[], post public.posts)
returns uuid[]
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select profiles.id
    from public.profiles
    where profiles.id = any (lock_readers.person_ids) and private.is_shown_to(lock_readers.post, profiles.id)
    -- A user whose account is being deleted is not waited for: the deletion may wait for this post.
    for key share skip locked
  );
end
$$;
comment on function private.lock_readers(uuid[], public.posts) is
  'Locks the profiles of those of the users who see a post, until the transaction ends, and returns them. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.notify_of_post(recipient_ids uuid[], post public.posts)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_ids constant uuid[] := private.lock_readers(notify_of_post.recipient_ids, notify_of_post.post);
begin
  perform private.notify_each(
    array_agg(reason.recipient_id order by reason.place), array_agg(reason.kind order by reason.place),
    (post).owner_id, post_id => (post).id
  )
  from (
    select posts.owner_id, 'repost'::public.notification_kind, 1
    from public.posts
    where posts.id = (post).original_post_id
    union all
    select post_mentions.profile_id, 'mention', 2
    from public.post_mentions
    where post_mentions.post_id = (post).id
  ) as reason (recipient_id, kind, place)
  where reason.recipient_id = any (v_ids);
end
$$;
comment on function private.notify_of_post(uuid[], public.posts) is
  'Notifies users of a post once, if they see it: that it reposts theirs, else that it mentions them. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.tg_posts__notify()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_recipients constant uuid[] := array(
    select posts.owner_id from public.posts where posts.id = new.original_post_id
    union
    select post_mentions.profile_id from public.post_mentions where post_mentions.post_id = new.id
  );
begin
  if tg_op = 'UPDATE' then
    -- A new post holds these locks already.
    perform private.lock_pair(new.owner_id, recipient.id, shared => true)
    from unnest(v_recipients) as recipient (id)
    where recipient.id <> new.owner_id;
  end if;
  perform private.notify_of_post(v_recipients, new);
  return null;
end
$$;
comment on function private.tg_posts__notify() is
  'Trigger: notifies the owner of a post that is reposted, and of a post that is shown again also those whom it mentions. Security definer: clients have no write grant on notifications.';

create function private.tg_posts__remove_notifications()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  delete from public.notifications
  where notifications.target_id = new.id and notifications.kind in ('mention', 'repost');
  return null;
end
$$;
comment on function private.tg_posts__remove_notifications() is
  'Trigger: a post that becomes private or hidden notifies nobody, and once it is shown again, it notifies as a new one. Security definer: clients have no write grant on notifications.';

create trigger _600_notify after insert on public.posts
  for each row
  when (new.original_post_id is not null)
  execute function private.tg_posts__notify();
create trigger _600_notify_again after update of is_public, hidden_at on public.posts
  for each row
  when (new.is_public and new.hidden_at is null and not (old.is_public and old.hidden_at is null))
  execute function private.tg_posts__notify();
create trigger _600_remove_notifications after update of is_public, hidden_at on public.posts
  for each row
  when (old.is_public and old.hidden_at is null and not (new.is_public and new.hidden_at is null))
  execute function private.tg_posts__remove_notifications();

create function private.tg_post_mentions__notify()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_mentions record;
begin
  for v_mentions in select added.post_id, array_agg(added.profile_id) as profile_ids from added group by added.post_id loop
    perform private.notify_of_post(v_mentions.profile_ids, posts) from public.posts where posts.id = v_mentions.post_id;
  end loop;
  return null;
end
$$;
comment on function private.tg_post_mentions__notify() is
  'Trigger: notifies users of mentions in a post. Security definer: clients have no write grant on notifications.';

create function private.remove_mentions(target_ids uuid[], recipient_ids uuid[])
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  delete from public.notifications
  using unnest(remove_mentions.target_ids, remove_mentions.recipient_ids) as mention (target_id, recipient_id)
  where notifications.target_id = mention.target_id
    and notifications.recipient_id = mention.recipient_id
    and notifications.kind = 'mention';
end
$$;
comment on function private.remove_mentions(uuid[], uuid[]) is
  'Removes the notifications of mentions in posts and comments. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.tg_post_mentions__remove_notifications()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_targets uuid[];
  v_recipients uuid[];
begin
  select array_agg(removed.post_id), array_agg(removed.profile_id) into v_targets, v_recipients from removed;
  perform private.remove_mentions(v_targets, v_recipients);
  return null;
end
$$;
comment on function private.tg_post_mentions__remove_notifications() is
  'Trigger: deletes the notification of a mention that is removed. Security definer: clients have no write grant on notifications.';

create trigger _300_notify after insert on public.post_mentions
  referencing new table as added
  for each statement execute function private.tg_post_mentions__notify();
create trigger _300_remove_notifications after delete on public.post_mentions
  referencing old table as removed
  for each statement execute function private.tg_post_mentions__remove_notifications();

-- Likes

create function private.tg_post_likes__notify()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_likes record;
begin
  -- Together, or each like of a statement would pass over the versions of the bundle that those before it made.
  for v_likes in
    select added.post_id, array_agg(added.profile_id) as actor_ids, array_agg(added.id) as event_ids
    from added
    group by added.post_id
  loop
    perform private.notify(
      (select posts.owner_id from public.posts where posts.id = v_likes.post_id), 'like',
      v_likes.actor_ids, v_likes.event_ids, post_id => v_likes.post_id
    );
  end loop;
  return null;
end
$$;
comment on function private.tg_post_likes__notify() is
  'Trigger: notifies the owner of a post of a like. Security definer: clients have no write grant on notifications.';

create function private.tg_post_likes__remove_notifications()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_posts uuid[];
  v_likers uuid[];
  v_ids uuid[];
  v_owners uuid[];
begin
  select array_agg(removed.post_id), array_agg(removed.profile_id), array_agg(removed.id)
  into v_posts, v_likers, v_ids
  from removed;
  -- A post that is deleted is not there, and takes its notifications along.
  select array_agg(posts.owner_id), array_agg(liked.profile_id), array_agg(liked.id)
  into v_owners, v_likers, v_ids
  from unnest(v_posts, v_likers, v_ids) as liked (post_id, profile_id, id)
  join public.posts on posts.id = liked.post_id;
  perform private.remove_events(v_owners, v_likers, v_ids);
  return null;
end
$$;
comment on function private.tg_post_likes__remove_notifications() is
  'Trigger: deletes the notification of a like that is withdrawn. Security definer: clients have no write grant on notifications.';

create trigger _300_notify after insert on public.post_likes
  referencing new table as added
  for each statement execute function private.tg_post_likes__notify();
create trigger _300_remove_notifications after delete on public.post_likes
  referencing old table as removed
  for each statement execute function private.tg_post_likes__remove_notifications();

create function private.tg_comment_likes__notify()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_likes record;
begin
  for v_likes in
    select added.comment_id, array_agg(added.profile_id) as actor_ids, array_agg(added.id) as event_ids
    from added
    group by added.comment_id
  loop
    perform private.notify(
      (select comments.owner_id from public.comments where comments.id = v_likes.comment_id), 'like',
      v_likes.actor_ids, v_likes.event_ids, comment_id => v_likes.comment_id
    );
  end loop;
  return null;
end
$$;
comment on function private.tg_comment_likes__notify() is
  'Trigger: notifies the author of a comment of a like. Security definer: clients have no write grant on notifications.';

create function private.tg_comment_likes__remove_notifications()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_comments uuid[];
  v_likers uuid[];
  v_ids uuid[];
  v_owners uuid[];
begin
  select array_agg(removed.comment_id), array_agg(removed.profile_id), array_agg(removed.id)
  into v_comments, v_likers, v_ids
  from removed;
  -- A comment that is deleted is not there, and takes its notifications along.
  select array_agg(comments.owner_id), array_agg(liked.profile_id), array_agg(liked.id)
  into v_owners, v_likers, v_ids
  from unnest(v_comments, v_likers, v_ids) as liked (comment_id, profile_id, id)
  join public.comments on comments.id = liked.comment_id;
  perform private.remove_events(v_owners, v_likers, v_ids);
  return null;
end
$$;
comment on function private.tg_comment_likes__remove_notifications() is
  'Trigger: deletes the notification of a like that is withdrawn. Security definer: clients have no write grant on notifications.';

create trigger _300_notify after insert on public.comment_likes
  referencing new table as added
  for each statement execute function private.tg_comment_likes__notify();
create trigger _300_remove_notifications after delete on public.comment_likes
  referencing old table as removed
  for each statement execute function private.tg_comment_likes__remove_notifications();

-- Comments

create function private.notify_of_comment(recipient_ids uuid[], comment_id uuid)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_comment public.comments;
  v_post public.posts;
  v_ids uuid[];
begin
  select * into v_comment from public.comments where comments.id = notify_of_comment.comment_id;
  if v_comment.owner_id is null then
    return;
  end if;
  select * into v_post from public.posts where posts.id = v_comment.post_id;
  v_ids := private.lock_readers(notify_of_comment.recipient_ids, v_post);
  perform private.notify_each(
    array_agg(reason.recipient_id order by reason.place), array_agg(reason.kind order by reason.place),
    v_comment.owner_id, comment_id => v_comment.id
  )
  from (
    select answered.owner_id, 'reply'::public.notification_kind, 1
    from public.comments as answered
    where answered.id = v_comment.reply_to_id
    union all
    select comment_mentions.profile_id, 'mention', 2
    from public.comment_mentions
    where comment_mentions.comment_id = v_comment.id
    union all
    select v_post.owner_id, 'comment', 3
  ) as reason (recipient_id, kind, place)
  where reason.recipient_id = any (v_ids);
end
$$;
comment on function private.notify_of_comment(uuid[], uuid) is
  'Notifies users of a comment once, if they see its post: that it answers theirs, else that it mentions them, else that it is on their post. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.tg_comments__notify()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  -- Those whom the text mentions are notified already.
  perform private.notify_of_comment(
    array[
      (select posts.owner_id from public.posts where posts.id = new.post_id),
      (select answered.owner_id from public.comments as answered where answered.id = new.reply_to_id)
    ],
    new.id
  );
  return null;
end
$$;
comment on function private.tg_comments__notify() is
  'Trigger: notifies of a comment the author of the comment that it answers, and the owner of the post. Security definer: clients have no write grant on notifications.';

create function private.tg_comments__remove_notifications()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_deleted constant uuid[] := array(select added.id from added where added.owner_id is null);
begin
  -- Once a statement, and after the likes, as an account that is deleted takes the two along.
  if cardinality(v_deleted) > 0 then
    delete from public.notifications where notifications.target_id = any (v_deleted);
  end if;
  return null;
end
$$;
comment on function private.tg_comments__remove_notifications() is
  'Trigger: a deleted comment that stays as a tombstone notifies nobody. Security definer: clients have no write grant on notifications.';

create trigger _500_notify after insert on public.comments
  for each row
  when (new.owner_id is not null)
  execute function private.tg_comments__notify();
create trigger _500_remove_notifications after update on public.comments
  referencing new table as added
  for each statement execute function private.tg_comments__remove_notifications();

create function private.tg_comment_mentions__notify()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_mentions record;
begin
  for v_mentions in
    select added.comment_id, array_agg(added.profile_id) as profile_ids from added group by added.comment_id
  loop
    perform private.notify_of_comment(v_mentions.profile_ids, v_mentions.comment_id);
  end loop;
  return null;
end
$$;
comment on function private.tg_comment_mentions__notify() is
  'Trigger: notifies users of mentions in a comment. Security definer: clients have no write grant on notifications.';

create function private.tg_comment_mentions__remove_notifications()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_targets uuid[];
  v_recipients uuid[];
begin
  select array_agg(removed.comment_id), array_agg(removed.profile_id) into v_targets, v_recipients from removed;
  perform private.remove_mentions(v_targets, v_recipients);
  -- The owner of the post has a comment still. Of a comment or a user that is deleted nobody is notified.
  perform private.notify_of_comment(array[mention.profile_id], mention.comment_id)
  from unnest(v_targets, v_recipients) as mention (comment_id, profile_id)
  where (select true from public.profiles where profiles.id = mention.profile_id);
  return null;
end
$$;
comment on function private.tg_comment_mentions__remove_notifications() is
  'Trigger: deletes the notification of a mention that is removed, and notifies of the comment otherwise where it concerns the user still. Security definer: clients have no write grant on notifications.';

create trigger _300_notify after insert on public.comment_mentions
  referencing new table as added
  for each statement execute function private.tg_comment_mentions__notify();
create trigger _300_remove_notifications after delete on public.comment_mentions
  referencing old table as removed
  for each statement execute function private.tg_comment_mentions__remove_notifications();

-- Reading

create type public.notification_view as (
  id uuid,
  kind public.notification_kind,
  actors jsonb,
  actor_count integer,
  post uuid,
  comment uuid,
  preview text,
  created_at timestamptz,
  is_read boolean,
  key text
);
comment on type public.notification_view is 'A notification as clients show it.';
comment on column public.notification_view.id is
  'The id of the newest event of the group: what to pass as before, and as up_to of mark_notifications_read.';
comment on column public.notification_view.kind is 'As notifications.kind.';
comment on column public.notification_view.actors is '[{id, username, profile_pic_url, is_vip}]: the newest 3 users, newest first.';
comment on column public.notification_view.actor_count is 'How many users the group has.';
comment on column public.notification_view.post is
  'The post that it is about, also where it is about a comment on it; of a repost, the repost; null for follows.';
comment on column public.notification_view.comment is 'The comment that it is about; null if it is about none.';
comment on column public.notification_view.preview is 'The first 100 characters of the comment, else of the post; null for follows.';
comment on column public.notification_view.created_at is 'When the newest event of the group happened.';
comment on column public.notification_view.is_read is 'Whether it was marked as read.';
comment on column public.notification_view.key is
  'Names the group: stays the same when more users become part of it, and the id another one.';

create function private.compose_notifications(ids uuid[])
returns setof public.notification_view
language plpgsql
stable
security definer
rows 20
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_read_up_to constant uuid := (
    select private_profiles.notifications_read_up_to from public.private_profiles where private_profiles.id = auth.uid()
  );
begin
  return query
  select
    notifications.newest,
    notifications.kind,
    actors.list,
    bundles.actor_count,
    coalesce(notifications.post_id, comments.post_id),
    notifications.comment_id,
    private.preview(coalesce(comments.text, posts.caption)),
    private.time_of(notifications.newest),
    coalesce(notifications.newest <= v_read_up_to, false),
    concat_ws('.', notifications.kind, notifications.target_id, to_char(notifications.day, 'YYYY-MM-DD'))
  from unnest(compose_notifications.ids) with ordinality as page (id, place)
  join public.notifications on notifications.id = page.id
  cross join lateral (
    select array_agg(bundle.id) as ids, sum(bundle.actor_count)::integer as actor_count
    from public.notifications as bundle
    where bundle.target_id = notifications.target_id
      and bundle.recipient_id = notifications.recipient_id
      and bundle.kind = notifications.kind
      and bundle.day = notifications.day
  ) as bundles
  cross join lateral (
    select jsonb_agg(private.profile_summary(profiles) order by newest.id desc) as list
    from (
      select actor.id, actor.actor_id
      from unnest(bundles.ids) as bundle (id)
      cross join lateral (
        select notification_actors.id, notification_actors.actor_id
        from public.notification_actors
        where notification_actors.notification_id = bundle.id
        order by notification_actors.id desc
        limit 3
      ) as actor
      order by actor.id desc
      limit 3
    ) as newest
    join public.profiles on profiles.id = newest.actor_id
  ) as actors
  left join public.posts on posts.id = notifications.post_id
  left join public.comments on comments.id = notifications.comment_id
  where notifications.recipient_id = auth.uid()
  order by page.place;
end
$$;
comment on function private.compose_notifications(uuid[]) is
  'Notifications of the caller as clients show them, in the order of the ids of bundles. Not for clients: the Data API does not expose this schema. Security definer: list_notifications calls it with ids that were read under row-level security, which decides once for a notification, and not again for its users and its text.';
grant execute on function private.compose_notifications(uuid[]) to authenticated;

create function public.list_notifications(unread boolean default false, before uuid default null, page_limit integer default 20)
returns setof public.notification_view
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which notifications are on the page.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_before constant uuid := coalesce(list_notifications.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit constant integer := private.page_size(list_notifications.page_limit);
  v_after uuid;
begin
  if list_notifications.unread then
    v_after := (
      select private_profiles.notifications_read_up_to
      from public.private_profiles
      where private_profiles.id = (select auth.uid())
    );
  end if;
  v_after := coalesce(v_after, '00000000-0000-0000-0000-000000000000');
  return query
  select *
  from private.compose_notifications(array(
    select notifications.id
    from public.notifications
    where notifications.recipient_id = (select auth.uid())
      and notifications.newest < v_before
      and notifications.newest > v_after
      -- The newest bundle stands for its group. A scalar subquery, or all notifications could be read for a join.
      and (
        select true
        from public.notifications as newer
        where newer.target_id = notifications.target_id
          and newer.recipient_id = notifications.recipient_id
          and newer.kind = notifications.kind
          and newer.day = notifications.day
          and newer.newest > notifications.newest
        limit 1
      ) is null
    order by notifications.newest desc
    limit v_limit
  ));
end
$$;
comment on function public.list_notifications(boolean, uuid, integer) is
  'A page of the caller''s notifications, newest first, those of one kind, target and day as one. unread: only those that are not read. before: the id that the last page ended with. page_limit: as in list_posts.';
grant execute on function public.list_notifications(boolean, uuid, integer) to authenticated;

create function public.count_unread_notifications()
returns integer
language plpgsql
stable
-- Invoker: row-level security decides which notifications count.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_after constant uuid := coalesce(
    (
      select private_profiles.notifications_read_up_to
      from public.private_profiles
      where private_profiles.id = (select auth.uid())
    ),
    '00000000-0000-0000-0000-000000000000'
  );
begin
  return (
    select count(*)
    from (
      select
      from public.notifications
      where notifications.recipient_id = (select auth.uid())
        and notifications.newest > v_after
        and (
          select true
          from public.notifications as newer
          where newer.target_id = notifications.target_id
            and newer.recipient_id = notifications.recipient_id
            and newer.kind = notifications.kind
            and newer.day = notifications.day
            and newer.newest > notifications.newest
          limit 1
        ) is null
      limit private.limit_of('unread_max')
    ) as unread
  );
end
$$;
comment on function public.count_unread_notifications() is
  'How many notifications list_notifications shows as unread; counts no further than public.limits() says.';
grant execute on function public.count_unread_notifications() to authenticated;

create function private.set_notifications_read(up_to uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  -- A notification that is there: an id from the future would mark as read what is still to come.
  v_newest constant uuid := (
    select notifications.newest
    from public.notifications
    where notifications.recipient_id = auth.uid() and notifications.newest <= set_notifications_read.up_to
    order by notifications.newest desc
    limit 1
  );
begin
  perform private.lock_writer();
  update public.private_profiles
  set notifications_read_up_to = v_newest
  where private_profiles.id = auth.uid()
    and v_newest > coalesce(private_profiles.notifications_read_up_to, '00000000-0000-0000-0000-000000000000');
  return found;
end
$$;
comment on function private.set_notifications_read(uuid) is
  'Moves up to where the caller has read forward, never back, and returns whether it moved. Security definer: the column is not granted for writing, or a client could move it back. It writes the caller''s own row only.';
grant execute on function private.set_notifications_read(uuid) to authenticated;

create function public.mark_notifications_read(up_to uuid)
returns integer
language plpgsql
-- Invoker: row-level security decides which notifications still count.
set search_path = ''
as $$
declare
  v_has_moved constant boolean := private.set_notifications_read(mark_notifications_read.up_to);
  v_unread_count constant integer := public.count_unread_notifications();
begin
  if v_has_moved then
    perform private.send_unread_count(v_unread_count);
  end if;
  return v_unread_count;
end
$$;
comment on function public.mark_notifications_read(uuid) is
  'Marks the caller''s notifications as read, up to and including the one with this id, and returns how many are still unread.';
grant execute on function public.mark_notifications_read(uuid) to authenticated;

-- Settings

create function public.get_notification_settings()
returns jsonb
language plpgsql
stable
-- Invoker: row-level security shows users their own row.
set search_path = ''
as $$
declare
  v_settings jsonb;
begin
  select jsonb_object_agg(kinds.kind, kinds.kind <> all (private_profiles.notification_kinds_off)) into v_settings
  from public.private_profiles
  cross join unnest(enum_range(null::public.notification_kind)) as kinds (kind)
  where private_profiles.id = auth.uid();
  if v_settings is null then
    perform private.raise_error(401, 'not_signed_in', 'Sign in first.');
  end if;
  return v_settings;
end
$$;
comment on function public.get_notification_settings() is
  'Which kinds of notifications the caller wants: one boolean for each kind.';
grant execute on function public.get_notification_settings() to authenticated;

create function private.set_notification_settings(changes jsonb)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_invalid text;
begin
  perform private.lock_writer();
  if jsonb_typeof(set_notification_settings.changes) <> 'object' then
    perform private.raise_error(
      422, 'notification_setting_invalid', 'The settings are an object with a boolean for each kind.', 'changes'
    );
  end if;
  select change.key into v_invalid
  from jsonb_each(set_notification_settings.changes) as change
  where not pg_input_is_valid(change.key, 'public.notification_kind') or jsonb_typeof(change.value) <> 'boolean'
  limit 1;
  if found then
    perform private.raise_error(
      422, 'notification_setting_invalid', 'A setting is a kind of notification, and true or false.', v_invalid
    );
  end if;
  update public.private_profiles
  set notification_kinds_off = array(
    select kinds.kind
    from unnest(enum_range(null::public.notification_kind)) as kinds (kind)
    where not coalesce(
      (set_notification_settings.changes ->> kinds.kind::text)::boolean,
      kinds.kind <> all (private_profiles.notification_kinds_off)
    )
  )
  where private_profiles.id = auth.uid();
end
$$;
comment on function private.set_notification_settings(jsonb) is
  'Writes the caller''s notification settings. Security definer: the column is not granted for writing. It writes the caller''s own row only.';
grant execute on function private.set_notification_settings(jsonb) to authenticated;

create function public.update_notification_settings(changes jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform private.set_notification_settings(update_notification_settings.changes);
  return public.get_notification_settings();
end
$$;
comment on function public.update_notification_settings(jsonb) is
  'Switches kinds of notifications on or off, for what happens from now on, and returns all settings. changes: {kind: boolean}; kinds that it does not name stay unchanged.';
grant execute on function public.update_notification_settings(jsonb) to authenticated;
