-- Live events: messages to clients over Supabase Realtime (Broadcast, private channels).
--
-- Two kinds of topics: person:<profile id> for the notifications of one user, and post:<post id> for the comments on a
-- post and its counts. A payload holds ids and counts, nothing that a reader of the topic may not see; the client reads
-- the rest under row-level security. Realtime asks the policy when a client joins and when its token changes, so a block
-- or a profile that becomes private ends a channel with the token. No event is sent for a post that only its owner sees.
--
-- Clients listen only: no policy lets them send. Where Realtime is switched off, nothing is sent, and nothing fails.

-- Sending

create function private.send_event(topic text, event text, payload jsonb)
returns void
language plpgsql
set search_path = ''
-- Realtime keeps local times, and has partitions for days in UTC. A request may have another time zone.
set timezone = 'UTC'
as $$
begin
  perform realtime.send(send_event.payload, send_event.event, send_event.topic, true);
exception
  when invalid_schema_name or undefined_function then
    -- Realtime is switched off.
    null;
  when others then
    raise warning 'An event could not be sent: %', sqlerrm;
end
$$;
comment on function private.send_event(text, text, jsonb) is
  'Sends an event to those who listen to a topic, when the transaction commits. Never fails: no write depends on Realtime. Not granted: SECURITY DEFINER functions call it.';

create function private.is_open_post(post_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return exists (
    select from public.posts where posts.id = is_open_post.post_id and posts.is_public and posts.hidden_at is null
  );
end
$$;
comment on function private.is_open_post(uuid) is
  'Whether a post is there, and anybody but its owner may see it. Not granted: SECURITY DEFINER functions call it.';

-- Notifications

create function private.tg_notification_actors__send_events()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_ids constant uuid[] := array(select distinct added.notification_id from added);
begin
  perform private.send_event(
    'person:' || notifications.recipient_id, 'notification',
    jsonb_build_object('id', notifications.newest, 'kind', notifications.kind)
  )
  from public.notifications
  left join public.comments on comments.id = notifications.comment_id
  -- Who is mentioned in a hidden comment does not see it.
  where notifications.id = any (v_ids) and comments.hidden_at is null;
  return null;
end
$$;
comment on function private.tg_notification_actors__send_events() is
  'Trigger: tells a user that there is a notification. Security definer: clients may not send events.';

create trigger _200_send_events after insert on public.notification_actors
  referencing new table as added
  for each statement execute function private.tg_notification_actors__send_events();

create function private.send_unread_count(unread_count integer)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.send_event(
    'person:' || auth.uid(), 'read', jsonb_build_object('unread_count', send_unread_count.unread_count)
  );
end
$$;
comment on function private.send_unread_count(integer) is
  'Tells the other devices of the caller how many notifications are still unread. Security definer: clients may not send events. It sends to the caller''s own topic only.';
grant execute on function private.send_unread_count(integer) to authenticated;

-- Counts

-- Unlogged: a lost row costs one event more.
create unlogged table private.sent_counts (
  post_id uuid primary key,
  sent_at timestamptz not null
)
-- Room on each page for new versions of its rows, so that sending does not write to the index.
with (fillfactor = 50);
comment on table private.sent_counts is
  'When the counts of a post were last sent. Without foreign key, as the counters. forget_expired deletes the rows.';
comment on column private.sent_counts.post_id is 'The post.';
comment on column private.sent_counts.sent_at is 'When its counts were last sent.';

create function private.send_counts(post_id uuid)
returns void
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_topic constant text := 'post:' || send_counts.post_id;
begin
  if exists (
      select
      from private.sent_counts
      where sent_counts.post_id = send_counts.post_id
        and sent_counts.sent_at > clock_timestamp() - interval '1 second'
    )
    or not private.is_open_post(send_counts.post_id)
    -- Never waits. While another transaction sends, the clients read the counts a moment later anyway.
    or not pg_try_advisory_xact_lock(hashtextextended(v_topic, 0))
  then
    return;
  end if;
  insert into private.sent_counts (post_id, sent_at)
  values (send_counts.post_id, clock_timestamp())
  on conflict on constraint sent_counts_pkey do update set sent_at = excluded.sent_at
  where sent_counts.sent_at <= excluded.sent_at - interval '1 second';
  if found then
    perform private.send_event(
      v_topic, 'counts',
      (
        select jsonb_build_object(
          'like_count', coalesce(sum(counters.value) filter (where counters.counted = 'post_likes'), 0),
          'comment_count', coalesce(sum(counters.value) filter (where counters.counted = 'post_comments'), 0),
          'repost_count', coalesce(sum(counters.value) filter (where counters.counted = 'post_reposts'), 0)
        )
        from private.counters
        where counters.subject_id = send_counts.post_id
      )
    );
  end if;
end
$$;
comment on function private.send_counts(uuid) is
  'Sends the counts of a post, at most once a second. They lack what other transactions have not committed yet, so clients read them once more when no event comes for two seconds. Not granted: count_changes calls it.';

-- Comments

create function private.send_comment_events(post_id uuid, event text, comments jsonb[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not private.is_open_post(send_comment_events.post_id) then
    return;
  end if;
  -- To list the comments again is less work for a client than to read more than a page of them by their ids.
  if cardinality(send_comment_events.comments) > private.limit_of('page_size_max') then
    perform private.send_event(
      'post:' || send_comment_events.post_id, 'comments_outdated', jsonb_build_object('id', private.uuid_v7())
    );
  else
    perform private.send_event('post:' || send_comment_events.post_id, send_comment_events.event, sent.payload)
    from unnest(send_comment_events.comments) as sent (payload);
  end if;
end
$$;
comment on function private.send_comment_events(uuid, text, jsonb[]) is
  'Tells those who look at a post what one statement did to its comments: one event for each, or one for all where they are more than a page. Not granted: the trigger on comments calls it.';

create function private.tg_comments__send_events()
returns trigger
language plpgsql
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
-- As in count_changes: a session keeps the plan that it made for a small table.
set enable_seqscan = off
as $$
begin
  if tg_op = 'INSERT' then
    perform private.send_comment_events(
      added.post_id, 'comment_added', array_agg(jsonb_build_object('id', added.id, 'parent', added.parent_id) order by added.id)
    )
    from added
    where added.owner_id is not null and added.hidden_at is null
    group by added.post_id;
  elsif tg_op = 'DELETE' then
    perform private.send_comment_events(
      removed.post_id, 'comment_removed', array_agg(jsonb_build_object('id', removed.id, 'parent', removed.parent_id) order by removed.id)
    )
    from removed
    group by removed.post_id;
  else
    perform private.send_comment_events(
      changes.post_id, changes.event, array_agg(jsonb_build_object('id', changes.id, 'parent', changes.parent_id) order by changes.id)
    )
    from (
      select
        versions.id,
        versions.post_id,
        versions.parent_id,
        case
          when not bool_or(versions.was_live) and bool_or(versions.is_live) then 'comment_added'
          when not bool_or(versions.is_live) then
            -- A comment that went, because it has no replies, was told by its own deletion.
            case when bool_or(versions.was_live) and (select true from public.comments where comments.id = versions.id) then 'comment_removed' end
          when min(versions.text) <> max(versions.text) then 'comment_changed'
        end as event
      from (
        select removed.id, removed.post_id, removed.parent_id, removed.text, removed.owner_id is not null and removed.hidden_at is null as was_live, false as is_live
        from removed
        union all
        select added.id, added.post_id, added.parent_id, added.text, false, added.owner_id is not null and added.hidden_at is null
        from added
      ) as versions
      group by versions.id, versions.post_id, versions.parent_id
    ) as changes
    where changes.event is not null
    group by changes.post_id, changes.event;
  end if;
  return null;
end
$$;
comment on function private.tg_comments__send_events() is
  'Trigger: tells those who look at a post of its comments. A comment that is hidden, or stays without text, is told as removed. Security definer: clients may not send events.';

create trigger _900_send_added after insert on public.comments
  referencing new table as added
  for each statement execute function private.tg_comments__send_events();
create trigger _900_send_changed after update on public.comments
  referencing old table as removed new table as added
  for each statement execute function private.tg_comments__send_events();
create trigger _900_send_removed after delete on public.comments
  referencing old table as removed
  for each statement execute function private.tg_comments__send_events();

-- Realtime keeps what was sent for three days. A client that was away for a while asks for what it missed.
create type public.comment_event as (
  event text,
  id uuid,
  parent uuid
);
comment on type public.comment_event is 'What happened to the comments on a post, as it was sent to post:<id>.';
comment on column public.comment_event.event is 'comment_added, comment_changed, comment_removed, or comments_outdated: so many changed at once that they have to be listed again.';
comment on column public.comment_event.id is 'The comment; of comments_outdated, an id of its own.';
comment on column public.comment_event.parent is 'The comment above it; null for a comment on the post.';

create function private.read_comment_events(visible_post uuid, seconds integer)
returns setof public.comment_event
language plpgsql
stable
security definer
set search_path = ''
set timezone = 'UTC'
set plan_cache_mode = force_generic_plan
-- In the order of Realtime's index, which is by time and topic: the planner would rather read all messages of a day.
set enable_sort = off
as $$
begin
  if to_regclass('realtime.messages') is not null then
    return query
    select messages.event, (messages.payload ->> 'id')::uuid, (messages.payload ->> 'parent')::uuid
    from realtime.messages
    where messages.topic = 'post:' || read_comment_events.visible_post
      and messages.event in ('comment_added', 'comment_changed', 'comment_removed', 'comments_outdated')
      and messages.extension = 'broadcast'
      and messages.private is true
      and messages.inserted_at >= localtimestamp - make_interval(
        secs => least(greatest(read_comment_events.seconds, 0), private.limit_of('missed_seconds'))
      )
    order by messages.inserted_at
    limit private.limit_of('missed_events');
  end if;
end
$$;
comment on function private.read_comment_events(uuid, integer) is
  'The events of the comments on a post. visible_post: a post that the caller sees. Not for clients: the Data API does not expose this schema. Security definer: nobody reads the messages of Realtime.';
grant execute on function private.read_comment_events(uuid, integer) to authenticated;

create function public.list_comment_events(post_id uuid, seconds integer)
returns setof public.comment_event
language plpgsql
stable
-- Invoker: row-level security decides whether the caller sees the post.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  perform private.require_post(list_comment_events.post_id);
  return query
  select * from private.read_comment_events(list_comment_events.post_id, list_comment_events.seconds);
end
$$;
comment on function public.list_comment_events(uuid, integer) is
  'What happened to the comments on a post in the last seconds, oldest first: for a client that was away. Goes back no further, and returns no more events, than public.limits() says (missed_seconds, missed_events).';
grant execute on function public.list_comment_events(uuid, integer) to authenticated;

-- Listening

create function private.may_listen(topic text)
returns boolean
language plpgsql
stable
-- Invoker: row-level security decides whether the caller sees the post.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return private.may_write() and case
    when may_listen.topic like 'post:%' and pg_input_is_valid(substr(may_listen.topic, 6), 'uuid') then
      exists (select from public.posts where posts.id = substr(may_listen.topic, 6)::uuid)
    else may_listen.topic = 'person:' || auth.uid()
  end;
end
$$;
comment on function private.may_listen(text) is
  'Whether the caller may listen to a topic: their own, and that of a post which they see; a banned or deleted user to none. Never fails, whatever the topic is.';
grant execute on function private.may_listen(text) to authenticated;

-- Without Realtime there is nothing to listen to. Hosted Supabase has it always, and before the first migration.
do $$
begin
  if to_regclass('realtime.messages') is not null then
    create policy select_own_topic on realtime.messages for select to authenticated
      using (
        extension = 'broadcast'
        and topic = (select realtime.topic())
        and (select private.may_listen((select realtime.topic())))
      );
  end if;
end
$$;
