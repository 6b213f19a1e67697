-- Export: everything that is stored about the caller.
--
-- Read section by section and page by page, so that neither the database nor the edge function ever holds all of it. A row
-- is exported with all of its columns: one that is added later comes along. Test 49 compares the sections with the
-- catalogue, and fails when a table that refers to users is in none.

create type public.export_section_name as enum (
  'account', 'identities', 'sessions', 'factors', 'profile', 'posts', 'mentions', 'likes', 'saves', 'comments',
  'comment_mentions', 'comment_likes', 'following', 'followers', 'blocks', 'mutes', 'notifications', 'reports', 'actions',
  'files', 'reserved_usernames', 'rate_counters', 'idempotency_keys'
);
comment on type public.export_section_name is 'The sections of an export, in their order.';

create function public.begin_export()
returns public.export_section_name[]
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Banned users as well: the data is still theirs.
  perform private.require_profile('me');
  perform private.count_action('export', auth.uid()::text);
  return enum_range(null::public.export_section_name);
end
$$;
comment on function public.begin_export() is
  'Counts an export of the caller, and returns the sections to read. Also for banned users. Code: rate_limited. Security definer: counters are granted to nobody. It counts the caller alone.';
grant execute on function public.begin_export() to authenticated;

create function private.export_rows(section public.export_section_name, after text, wanted integer)
returns table (place text, item jsonb)
language plpgsql
stable
rows 100
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_me constant uuid := auth.uid();
  -- Most sections are in the order of an id.
  v_id constant uuid := case
    when export_rows.section not in ('files', 'reserved_usernames', 'rate_counters', 'idempotency_keys')
    then coalesce(nullif(export_rows.after, ''), '00000000-0000-0000-0000-000000000000')::uuid
  end;
  v_name constant text := coalesce(export_rows.after, '');
begin
  case export_rows.section
  when 'account' then
    return query
    -- Named one by one: the others are secrets and Auth's own.
    select users.id::text, jsonb_build_object(
      'id', users.id, 'email', users.email, 'new_email', nullif(users.email_change, ''),
      'phone', users.phone, 'new_phone', nullif(users.phone_change, ''), 'created_at', users.created_at,
      'updated_at', users.updated_at, 'email_confirmed_at', users.email_confirmed_at,
      'phone_confirmed_at', users.phone_confirmed_at, 'last_sign_in_at', users.last_sign_in_at,
      'banned_until', users.banned_until, 'has_password', coalesce(users.encrypted_password, '') <> '',
      'user_metadata', users.raw_user_meta_data, 'app_metadata', users.raw_app_meta_data
    )
    from auth.users
    where users.id = v_me and users.id > v_id;
  when 'identities' then
    return query
    select identities.id::text, to_jsonb(identities)
    from auth.identities
    where identities.user_id = v_me and identities.id > v_id
    order by identities.id limit export_rows.wanted;
  when 'sessions' then
    return query
    select sessions.id::text, jsonb_build_object(
      'id', sessions.id, 'created_at', sessions.created_at, 'updated_at', sessions.updated_at,
      'refreshed_at', sessions.refreshed_at, 'ip', sessions.ip, 'user_agent', sessions.user_agent
    )
    from auth.sessions
    where sessions.user_id = v_me and sessions.id > v_id
    order by sessions.id limit export_rows.wanted;
  when 'factors' then
    return query
    select mfa_factors.id::text, jsonb_build_object(
      'id', mfa_factors.id, 'friendly_name', mfa_factors.friendly_name, 'factor_type', mfa_factors.factor_type,
      'status', mfa_factors.status, 'phone', mfa_factors.phone, 'created_at', mfa_factors.created_at
    )
    from auth.mfa_factors
    where mfa_factors.user_id = v_me and mfa_factors.id > v_id
    order by mfa_factors.id limit export_rows.wanted;
  when 'profile' then
    return query
    select profiles.id::text, to_jsonb(profiles) || to_jsonb(private_profiles)
    from public.profiles
    join public.private_profiles on private_profiles.id = profiles.id
    where profiles.id = v_me and profiles.id > v_id;
  when 'posts' then
    return query
    select page.id::text, to_jsonb(page) - 'is_visible_to_all' || jsonb_build_object(
      'tags', (select coalesce(jsonb_agg(post_tags.tag), '[]') from public.post_tags where post_tags.post_id = page.id),
      'mentions', (
        select coalesce(jsonb_agg(to_jsonb(post_mentions) - 'post_id'), '[]')
        from public.post_mentions where post_mentions.post_id = page.id
      ),
      'media', (
        select coalesce(jsonb_agg(to_jsonb(post_media) - 'post_id' order by post_media.position), '[]')
        from public.post_media where post_media.post_id = page.id
      )
    )
    from (
      select * from public.posts
      where posts.owner_id = v_me and posts.id > v_id
      order by posts.id limit export_rows.wanted
    ) as page
    order by page.id;
  when 'mentions' then
    return query
    select post_mentions.post_id::text, to_jsonb(post_mentions) - 'profile_id'
    from public.post_mentions
    join public.posts on posts.id = post_mentions.post_id
    where post_mentions.profile_id = v_me and post_mentions.post_id > v_id
      -- A draft of another user that mentions the caller tells nothing of itself.
      and posts.is_public and private.is_shown_to(posts, v_me)
    order by post_mentions.post_id limit export_rows.wanted;
  when 'likes' then
    return query
    select post_likes.post_id::text, to_jsonb(post_likes) - 'profile_id'
    from public.post_likes
    where post_likes.profile_id = v_me and post_likes.post_id > v_id
    order by post_likes.post_id limit export_rows.wanted;
  when 'saves' then
    return query
    select post_saves.post_id::text, to_jsonb(post_saves) - 'profile_id'
    from public.post_saves
    where post_saves.profile_id = v_me and post_saves.post_id > v_id
    order by post_saves.post_id limit export_rows.wanted;
  when 'comments' then
    return query
    select page.id::text, to_jsonb(page) || jsonb_build_object('mentions', (
      select coalesce(jsonb_agg(to_jsonb(comment_mentions) - 'comment_id'), '[]')
      from public.comment_mentions where comment_mentions.comment_id = page.id
    ))
    from (
      select * from public.comments
      where comments.owner_id = v_me and comments.id > v_id
      order by comments.id limit export_rows.wanted
    ) as page
    order by page.id;
  when 'comment_mentions' then
    return query
    select comment_mentions.comment_id::text, to_jsonb(comment_mentions) - 'profile_id'
    from public.comment_mentions
    join public.comments on comments.id = comment_mentions.comment_id
    join public.posts on posts.id = comments.post_id
    where comment_mentions.profile_id = v_me and comment_mentions.comment_id > v_id
      and comments.hidden_at is null and posts.is_public and private.is_shown_to(posts, v_me)
    order by comment_mentions.comment_id limit export_rows.wanted;
  when 'comment_likes' then
    return query
    select comment_likes.comment_id::text, to_jsonb(comment_likes) - 'profile_id'
    from public.comment_likes
    where comment_likes.profile_id = v_me and comment_likes.comment_id > v_id
    order by comment_likes.comment_id limit export_rows.wanted;
  when 'following' then
    return query
    select follows.followee_id::text, to_jsonb(follows) - 'follower_id'
    from public.follows
    where follows.follower_id = v_me and follows.followee_id > v_id
    order by follows.followee_id limit export_rows.wanted;
  when 'followers' then
    return query
    select follows.id::text, to_jsonb(follows) - 'followee_id'
    from public.follows
    where follows.followee_id = v_me and follows.id > v_id
    order by follows.id limit export_rows.wanted;
  when 'blocks' then
    return query
    select blocks.blocked_id::text, to_jsonb(blocks) - 'blocker_id'
    from public.blocks
    where blocks.blocker_id = v_me and blocks.blocked_id > v_id
    order by blocks.blocked_id limit export_rows.wanted;
  when 'mutes' then
    return query
    select mutes.muted_id::text, to_jsonb(mutes) - 'muter_id'
    from public.mutes
    where mutes.muter_id = v_me and mutes.muted_id > v_id
    order by mutes.muted_id limit export_rows.wanted;
  when 'notifications' then
    return query
    -- Without their actors: who was blocked or has hidden a post since is not shown again.
    select notifications.newest::text, to_jsonb(notifications) - 'recipient_id'
    from public.notifications
    where notifications.recipient_id = v_me and notifications.newest > v_id
    order by notifications.newest limit export_rows.wanted;
  when 'reports' then
    return query
    -- Not the moderators' note, nor who handled it.
    select reports.id::text, to_jsonb(reports) - 'reporter_id' - 'note' - 'handled_by'
    from public.reports
    where reports.reporter_id = v_me and reports.id > v_id
    order by reports.id limit export_rows.wanted;
  when 'actions' then
    return query
    -- Of what others did to the user only what and when.
    select audit_log.id::text, case
      when audit_log.actor_id = v_me then to_jsonb(audit_log) - 'actor_id'
      else jsonb_build_object('id', audit_log.id, 'action', audit_log.action, 'created_at', audit_log.created_at)
    end
    from public.audit_log
    where (audit_log.actor_id = v_me or audit_log.target_id = v_me) and audit_log.id > v_id
    order by audit_log.id limit export_rows.wanted;
  when 'files' then
    return query
    -- Each name begins with its owner's id. Uploads that nothing uses yet as well, with the time of their removal.
    select file.place, file.item
    from (
      select objects.bucket_id || '/' || objects.name as place, jsonb_build_object(
        'bucket_id', objects.bucket_id, 'name', objects.name, 'created_at', objects.created_at,
        'metadata', objects.metadata, 'remove_at', unused_files.remove_at
      ) as item
      from storage.objects
      left join private.unused_files on unused_files.bucket_id = objects.bucket_id and unused_files.name = objects.name
      where objects.name operator(pg_catalog.~>=~) (v_me || '/') and objects.name operator(pg_catalog.~<~) (v_me || '0')
    ) as file
    where file.place collate "C" > v_name
    order by file.place collate "C" limit export_rows.wanted;
  when 'reserved_usernames' then
    return query
    select username_reservations.username::text, to_jsonb(username_reservations) - 'reserved_for'
    from private.username_reservations
    where username_reservations.reserved_for = v_me::text and username_reservations.username::text collate "C" > v_name
    order by username_reservations.username::text collate "C" limit export_rows.wanted;
  when 'rate_counters' then
    return query
    select rate_counters.action::text, to_jsonb(rate_counters) - 'subject'
    from private.rate_counters
    where rate_counters.action = any (enum_range(null::public.rate_limited_action))
      and rate_counters.subject = v_me::text and rate_counters.action::text collate "C" > v_name
    order by rate_counters.action::text collate "C" limit export_rows.wanted;
  when 'idempotency_keys' then
    return query
    select idempotency_keys.key, to_jsonb(idempotency_keys) - 'owner_id' - 'request_hash'
    from private.idempotency_keys
    where idempotency_keys.owner_id = v_me and idempotency_keys.key collate "C" > v_name
    order by idempotency_keys.key collate "C" limit export_rows.wanted;
  end case;
end
$$;
comment on function private.export_rows(public.export_section_name, text, integer) is
  'A page of a section of the caller''s export. Not granted: export_section calls it.';

create function public.export_section(section public.export_section_name, after text default null, page_limit integer default null)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_most constant integer := private.limit_of('export_page_size');
  v_limit constant integer := least(greatest(coalesce(export_section.page_limit, v_most), 1), v_most);
begin
  perform private.require_profile('me');
  return (
    select jsonb_build_object(
      'items', coalesce(jsonb_agg(page.item order by page.n), '[]'),
      -- Null after the last page.
      'next', case when count(*) = v_limit then (array_agg(page.place order by page.n desc))[1] end
    )
    from private.export_rows(export_section.section, export_section.after, v_limit)
      with ordinality as page (place, item, n)
  );
end
$$;
comment on function public.export_section(public.export_section_name, text, integer) is
  'A page of a section of what is stored about the caller: {items, next}; next, unless null, is after of the next page. page_limit: at most 1,000 rows, as without it. begin_export alone is counted. Security definer: it reads tables that are granted to nobody, and of each only the rows of the caller.';
grant execute on function public.export_section(public.export_section_name, text, integer) to authenticated;
