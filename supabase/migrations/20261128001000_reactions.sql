-- Reactions: likes and saves of posts.
--
-- Everybody who sees a post sees how many users like it, and which, blocks aside; a save is for the user alone. Users
-- write through functions, which count the rate. The counts are triggers, so they are right whatever writes.
--
-- A like locks nothing that another like of the same post waits for: the profile of the post's owner and the post are
-- locked against deletion only, and the counter lets writers pass.

create table public.post_likes (
  profile_id uuid not null references public.profiles (id) on delete cascade,
  post_id uuid not null references public.posts (id) on delete cascade,
  id uuid not null default private.uuid_v7(),
  primary key (profile_id, post_id)
);
-- Who likes a post, newest first; also for the foreign key.
create index post_likes_post_id_id_idx on public.post_likes (post_id, id);

create table public.post_saves (
  profile_id uuid not null references public.profiles (id) on delete cascade,
  post_id uuid not null references public.posts (id) on delete cascade,
  id uuid not null default private.uuid_v7(),
  primary key (profile_id, post_id)
);
-- A user's list, last saved first.
create index post_saves_profile_id_id_idx on public.post_saves (profile_id, id);
create index post_saves_post_id_idx on public.post_saves (post_id);

alter table public.post_likes enable row level security;
alter table public.post_saves enable row level security;

-- No write: functions count the rate.
grant select on public.post_likes, public.post_saves to authenticated;
grant select, insert, delete on public.post_likes, public.post_saves to service_role;

create policy select_visible on public.post_likes for select to authenticated
  using (
    (select true from public.posts where posts.id = post_likes.post_id)
    and (profile_id not in (select private.blocked_ids()) or (select private.has_role('moderator')))
  );
create policy select_own on public.post_saves for select to authenticated
  using (profile_id = (select auth.uid()));

comment on table public.post_likes is 'Who likes which post. Visible with the post, except likes of users who block the reader or are blocked by them.';
comment on column public.post_likes.profile_id is 'The user who likes the post.';
comment on column public.post_likes.post_id is 'The post.';
comment on column public.post_likes.id is 'Sorts by time: the order of the list, and its cursor.';
comment on policy select_visible on public.post_likes is 'A like is visible with its post, but not between users of whom one blocks the other; moderators see those as well.';
comment on table public.post_saves is 'Who saved which post. Visible to that user only.';
comment on column public.post_saves.profile_id is 'The user who saved the post.';
comment on column public.post_saves.post_id is 'The post.';
comment on column public.post_saves.id is 'Sorts by time: the order of the list, and its cursor.';

-- Counts

create function private.tg_post_likes__count()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_posts_added uuid[];
  v_posts_removed uuid[];
begin
  if tg_op <> 'DELETE' then
    v_posts_added := array(select added.post_id from added);
  end if;
  if tg_op <> 'INSERT' then
    v_posts_removed := array(select removed.post_id from removed);
  end if;
  perform private.count_changes('post_likes', v_posts_added, v_posts_removed);
  return null;
end
$$;
comment on function private.tg_post_likes__count() is
  'Trigger: counts the likes of posts. Security definer: counters are granted to nobody.';

create trigger _200_count_added after insert on public.post_likes
  referencing new table as added
  for each statement execute function private.tg_post_likes__count();
create trigger _200_count_changed after update on public.post_likes
  referencing old table as removed new table as added
  for each statement execute function private.tg_post_likes__count();
create trigger _200_count_removed after delete on public.post_likes
  referencing old table as removed
  for each statement execute function private.tg_post_likes__count();

-- Likes

create function private.begin_reaction()
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_me constant uuid := private.lock_writer();
begin
  perform private.count_action('react', v_me::text);
  return v_me;
end
$$;
comment on function private.begin_reaction() is
  'Locks the caller''s profile and returns its id, and counts a like or a save, given or taken back. Not granted: SECURITY DEFINER functions call it.';

create function private.insert_post_like(visible_post uuid)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_me constant uuid := private.begin_reaction();
begin
  perform private.lock_pair(v_me, posts.owner_id, shared => true)
  from public.posts
  where posts.id = insert_post_like.visible_post and posts.owner_id <> v_me;
  -- In this order: the owner, who is notified, may be leaving, and takes the post along.
  perform
  from public.profiles
  join public.posts on posts.owner_id = profiles.id
  where posts.id = insert_post_like.visible_post
  for key share;
  if not found then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
  insert into public.post_likes (profile_id, post_id)
  values (v_me, insert_post_like.visible_post)
  on conflict on constraint post_likes_pkey do nothing;
  return private.count_of(insert_post_like.visible_post, 'post_likes');
end
$$;
comment on function private.insert_post_like(uuid) is
  'Likes a post for the caller, and returns how many users like it. visible_post: null if the caller does not see it. Security definer: likes are granted to nobody for writing. It writes the caller''s own like only.';
grant execute on function private.insert_post_like(uuid) to authenticated;

create function public.like_post(post_id uuid)
returns integer
language plpgsql
-- Invoker: row-level security decides whether the caller sees the post.
set search_path = ''
-- For triggers and helpers, too: planning for the very values takes longer than the statements.
set plan_cache_mode = force_generic_plan
as $$
begin
  return private.insert_post_like((select posts.id from public.posts where posts.id = like_post.post_id));
end
$$;
comment on function public.like_post(uuid) is 'Likes a post, if the caller does not like it yet. Returns how many users like it.';
grant execute on function public.like_post(uuid) to authenticated;

create function private.delete_post_like(post_id uuid, visible_post uuid)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_me constant uuid := private.begin_reaction();
begin
  -- As for a like: an owner who leaves takes notifications and likes along in the other order.
  perform
  from public.profiles
  join public.posts on posts.owner_id = profiles.id
  where posts.id = delete_post_like.post_id
  for key share;
  delete from public.post_likes where post_likes.profile_id = v_me and post_likes.post_id = delete_post_like.post_id;
  if not found and delete_post_like.visible_post is null then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
  -- Null counts nothing: 0.
  return private.count_of(delete_post_like.visible_post, 'post_likes');
end
$$;
comment on function private.delete_post_like(uuid, uuid) is
  'Takes the caller''s like of a post back, and returns how many users like it. visible_post: null if the caller does not see it. Security definer: likes are granted to nobody for writing. It deletes the caller''s own like only.';
grant execute on function private.delete_post_like(uuid, uuid) to authenticated;

create function public.unlike_post(post_id uuid)
returns integer
language plpgsql
-- Invoker, and as in like_post.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return private.delete_post_like(
    unlike_post.post_id, (select posts.id from public.posts where posts.id = unlike_post.post_id)
  );
end
$$;
comment on function public.unlike_post(uuid) is
  'Takes a like back, also of a post that the caller does not see any more. Returns how many users like the post; 0 if the caller does not see it.';
grant execute on function public.unlike_post(uuid) to authenticated;

create function public.list_likes(post_id uuid, before uuid default null, page_limit integer default 20)
returns setof public.person_view
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which likes the caller sees.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_before constant uuid := coalesce(list_likes.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit constant integer := private.page_size(list_likes.page_limit);
  v_ids uuid[];
  v_cursors uuid[];
begin
  perform private.require_post(list_likes.post_id);
  select array_agg(page.profile_id), array_agg(page.id)
  into v_ids, v_cursors
  from (
    select post_likes.profile_id, post_likes.id
    from public.post_likes
    where post_likes.post_id = list_likes.post_id and post_likes.id < v_before
    order by post_likes.id desc
    limit v_limit
  ) as page;
  return query select * from private.compose_people(v_ids, v_cursors);
end
$$;
comment on function public.list_likes(uuid, uuid, integer) is
  'A page of the users who like a post, newest first; else as list_followers.';
grant execute on function public.list_likes(uuid, uuid, integer) to authenticated;

-- Saves

create function private.insert_post_save(visible_post uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_me constant uuid := private.begin_reaction();
begin
  -- Locked, or a deletion at the same time would end this in an error of the foreign key.
  perform from public.posts where posts.id = insert_post_save.visible_post for key share;
  if not found then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
  insert into public.post_saves (profile_id, post_id)
  values (v_me, insert_post_save.visible_post)
  on conflict on constraint post_saves_pkey do nothing;
end
$$;
comment on function private.insert_post_save(uuid) is
  'Saves a post for the caller. visible_post: null if the caller does not see it. Security definer: saves are granted to nobody for writing. It writes the caller''s own save only.';
grant execute on function private.insert_post_save(uuid) to authenticated;

create function public.save_post(post_id uuid)
returns void
language plpgsql
-- Invoker, and as in like_post.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  perform private.insert_post_save((select posts.id from public.posts where posts.id = save_post.post_id));
end
$$;
comment on function public.save_post(uuid) is 'Saves a post in the caller''s own list, if it is not there yet.';
grant execute on function public.save_post(uuid) to authenticated;

create function private.delete_post_save(post_id uuid, visible_post uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_me constant uuid := private.begin_reaction();
begin
  delete from public.post_saves where post_saves.profile_id = v_me and post_saves.post_id = delete_post_save.post_id;
  if not found and delete_post_save.visible_post is null then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
end
$$;
comment on function private.delete_post_save(uuid, uuid) is
  'Takes a post from the caller''s list. visible_post: null if the caller does not see it. Security definer: saves are granted to nobody for writing. It deletes the caller''s own save only.';
grant execute on function private.delete_post_save(uuid, uuid) to authenticated;

create function public.unsave_post(post_id uuid)
returns void
language plpgsql
-- Invoker, and as in like_post.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  perform private.delete_post_save(
    unsave_post.post_id, (select posts.id from public.posts where posts.id = unsave_post.post_id)
  );
end
$$;
comment on function public.unsave_post(uuid) is 'Takes a post from the caller''s list, also one that the caller does not see any more.';
grant execute on function public.unsave_post(uuid) to authenticated;
