-- People: who follows, blocks and mutes whom.
--
-- Users write through functions only. Each of them locks the user's own profile and then the pair of users, so that what
-- two users do to each other at the same time happens one after the other: no follow and no notification survives a
-- block. The dashboard and the secret key may also write rows, so what follows from a row is done by triggers: the state of
-- a follow, the end of follows by a block, and the counts.

create function private.lock_pair(a uuid, b uuid, shared boolean default false)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_key constant bigint := hashtextextended(least(a, b)::text || greatest(a, b)::text, 0);
begin
  -- The dashboard and the secret key may write more rows at once than there is room for locks.
  if auth.uid() is null then
    return;
  elsif shared then
    perform pg_advisory_xact_lock_shared(v_key);
  else
    perform pg_advisory_xact_lock(v_key);
  end if;
end
$$;
comment on function private.lock_pair(uuid, uuid, boolean) is
  'Locks two users against each other until the transaction ends: exclusively for what they do to each other, shared for what a block must not miss, such as a mention. To be called before any row of other users is locked, so that nobody waits for such a row while its holder waits for the pair. Not granted: SECURITY DEFINER functions call it.';

create function private.page_size(page_limit integer)
returns integer
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return least(
    greatest(coalesce(page_size.page_limit, private.limit_of('page_size')), 1), private.limit_of('page_size_max') + 1
  );
end
$$;
comment on function private.page_size(integer) is
  'The rows of a page for which a client asks: up to the largest page and one more, so that a client learns whether another page follows.';
grant execute on function private.page_size(integer) to authenticated;

create function private.lock_profile(profile_id uuid)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_is_public boolean;
begin
  -- KEY SHARE where it suffices: under a stream of FOR SHARE, an edit of the profile would never get its turn.
  select profiles.is_public into v_is_public
  from public.profiles
  where profiles.id = lock_profile.profile_id and profiles.is_public
  for key share;
  if not found then
    -- A request: a profile that opens at the same time either comes first, or accepts it.
    select profiles.is_public into v_is_public
    from public.profiles
    where profiles.id = lock_profile.profile_id
    for share;
    if not found then
      perform private.raise_error(404, 'profile_not_found', 'There is no such user.');
    end if;
  end if;
  return v_is_public;
end
$$;
comment on function private.lock_profile(uuid) is
  'Locks a user against deletion, and a private profile against opening. Returns whether the profile is public. Not granted: SECURITY DEFINER functions call it.';

create function private.lock_writer_and(profile_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.lock_writer();
  if lock_writer_and.profile_id = auth.uid() then
    perform private.raise_error(422, 'not_yourself', 'Users cannot follow, block, mute or report themselves.');
  end if;
  perform private.lock_pair(auth.uid(), lock_writer_and.profile_id);
  perform private.lock_profile(lock_writer_and.profile_id);
end
$$;
comment on function private.lock_writer_and(uuid) is
  'As lock_writer, and locks the caller and another user against each other, and that user against deletion. Not granted: SECURITY DEFINER functions call it.';

-- Blocks

create table public.blocks (
  blocker_id uuid not null references public.profiles (id) on delete cascade,
  blocked_id uuid not null references public.profiles (id) on delete cascade,
  id uuid not null default private.uuid_v7(),
  primary key (blocker_id, blocked_id),
  constraint blocks_blocked_id_check check (blocked_id <> blocker_id)
);
-- The other direction; also for the foreign key.
create index blocks_blocked_id_blocker_id_idx on public.blocks (blocked_id, blocker_id);
-- A user's list, newest first.
create index blocks_blocker_id_id_idx on public.blocks (blocker_id, id);

alter table public.blocks enable row level security;

grant select on public.blocks to authenticated;
grant select, insert, delete on public.blocks to service_role;

create policy select_own on public.blocks for select to authenticated
  using (blocker_id = (select auth.uid()));

comment on table public.blocks is
  'Who blocks whom. Neither of the two sees the other''s posts, comments and likes, or finds the other in a list of people.';
comment on column public.blocks.blocker_id is 'The user who blocks.';
comment on column public.blocks.blocked_id is 'The user who is blocked, and does not see this row.';
comment on column public.blocks.id is 'Sorts by the time of the block: the order of the list, and its cursor.';

create function private.blocked_ids()
returns setof uuid
language plpgsql
stable
security definer
rows 10
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_me constant uuid := auth.uid();
begin
  return query
  select blocks.blocked_id from public.blocks where blocks.blocker_id = v_me
  union all
  select blocks.blocker_id from public.blocks where blocks.blocked_id = v_me;
end
$$;
comment on function private.blocked_ids() is
  'The users whom the caller blocks, and those who block the caller; some twice. Policies ask `not in (select private.blocked_ids())`: read once a statement, and only if it meets a row that depends on it. Security definer: users do not see who blocks them.';
grant execute on function private.blocked_ids() to authenticated;

create function private.is_blocked(a uuid, b uuid)
returns boolean
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return exists (
    select from public.blocks
    where blocks.blocker_id = is_blocked.a and blocks.blocked_id = is_blocked.b
      or blocks.blocker_id = is_blocked.b and blocks.blocked_id = is_blocked.a
  );
end
$$;
comment on function private.is_blocked(uuid, uuid) is
  'Whether one of two users blocks the other. Not granted: SECURITY DEFINER functions call it.';

create function private.require_unblocked(profile_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if private.is_blocked(auth.uid(), require_unblocked.profile_id) then
    perform private.raise_error(403, 'blocked', 'One of the two users blocks the other.');
  end if;
end
$$;
comment on function private.require_unblocked(uuid) is
  'Refuses a caller who blocks the user, or is blocked by them. Not granted: SECURITY DEFINER functions call it.';

-- Mutes

create table public.mutes (
  muter_id uuid not null references public.profiles (id) on delete cascade,
  muted_id uuid not null references public.profiles (id) on delete cascade,
  id uuid not null default private.uuid_v7(),
  primary key (muter_id, muted_id),
  constraint mutes_muted_id_check check (muted_id <> muter_id)
);
create index mutes_muted_id_idx on public.mutes (muted_id);
-- A user's list, newest first.
create index mutes_muter_id_id_idx on public.mutes (muter_id, id);

alter table public.mutes enable row level security;

grant select on public.mutes to authenticated;
grant select, insert, delete on public.mutes to service_role;

create policy select_own on public.mutes for select to authenticated
  using (muter_id = (select auth.uid()));

comment on table public.mutes is
  'Who mutes whom: the home feed leaves out the posts of a muted user, and the user who mutes gets no notifications of them. The muted user does not learn of it.';
comment on column public.mutes.muter_id is 'The user who mutes.';
comment on column public.mutes.muted_id is 'The user who is muted, and does not see this row.';
comment on column public.mutes.id is 'Sorts by time: the order of the list, and its cursor.';

-- Follows

create type public.follow_state as enum ('requested', 'accepted');
comment on type public.follow_state is
  'Whether a follow waits for the followed user, whose profile is private, or holds.';

create table public.follows (
  follower_id uuid not null references public.profiles (id) on delete cascade,
  followee_id uuid not null references public.profiles (id) on delete cascade,
  id uuid not null default private.uuid_v7(),
  state public.follow_state not null,
  created_at timestamptz not null default now(),
  primary key (follower_id, followee_id),
  constraint follows_followee_id_check check (followee_id <> follower_id)
);
-- The lists of both users, newest first; the first also for the foreign key.
create index follows_followee_id_state_id_idx on public.follows (followee_id, state, id);
create index follows_follower_id_state_id_idx on public.follows (follower_id, state, id);

alter table public.follows enable row level security;

grant select on public.follows to authenticated;
grant select, insert, delete, update (state) on public.follows to service_role;

create policy select_own on public.follows for select to authenticated
  using (follower_id = (select auth.uid()) or followee_id = (select auth.uid()));

comment on table public.follows is
  'Who follows whom, or asks to. Accepted followers of a private profile see its public posts. The two users see the row; others ask list_followers and list_following.';
comment on column public.follows.follower_id is 'The user who follows.';
comment on column public.follows.followee_id is 'The user who is followed.';
comment on column public.follows.id is 'Sorts by the time of the request, and once accepted by that time: the order of the lists, and their cursor.';
comment on column public.follows.state is
  'Whether it holds. Of a new row without it, and of a new request, the profile decides: a public one is followed at once.';
comment on column public.follows.created_at is 'When the follower asked.';

create function private.tg_follows__set_state()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_is_public boolean;
begin
  if tg_op = 'UPDATE' then
    new.id := private.uuid_v7();
    return new;
  end if;
  if private.is_blocked(new.follower_id, new.followee_id) then
    perform private.raise_error(403, 'blocked', 'One of the two users blocks the other.');
  end if;
  -- Again, for the dashboard.
  v_is_public := private.lock_profile(new.followee_id);
  if new.state is distinct from 'accepted' then
    new.state := case when v_is_public then 'accepted' else 'requested' end;
  end if;
  return new;
end
$$;
comment on function private.tg_follows__set_state() is
  'Trigger: a follow of a public profile is accepted, no follow joins users of whom one blocks the other, and an accepted request comes first in the lists. Security definer: clients have no right to lock profiles, and do not see who blocks them.';

create trigger _100_set_state before insert on public.follows
  for each row execute function private.tg_follows__set_state();
create trigger _100_set_state_again before update of state on public.follows
  for each row
  when (new.state <> old.state)
  execute function private.tg_follows__set_state();

create function private.tg_profiles__accept_requests()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.follows set state = 'accepted' where follows.followee_id = new.id and follows.state = 'requested';
  return null;
end
$$;
comment on function private.tg_profiles__accept_requests() is
  'Trigger: a profile that becomes public accepts the requests to follow it. Security definer: follows are granted to nobody for writing.';

create trigger _700_accept_requests after update of is_public on public.profiles
  for each row
  when (new.is_public and not old.is_public)
  execute function private.tg_profiles__accept_requests();

create function private.tg_blocks__end_follows()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from public.follows
  where follows.follower_id = new.blocker_id and follows.followee_id = new.blocked_id
    or follows.follower_id = new.blocked_id and follows.followee_id = new.blocker_id;
  return null;
end
$$;
comment on function private.tg_blocks__end_follows() is
  'Trigger: a block ends follows and requests in both directions. Security definer: follows are granted to nobody for writing.';

create trigger _100_end_follows after insert on public.blocks
  for each row execute function private.tg_blocks__end_follows();

-- Counts

create function private.tg_follows__count()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_followees_added uuid[];
  v_followees_removed uuid[];
  v_followers_added uuid[];
  v_followers_removed uuid[];
begin
  if tg_op <> 'DELETE' then
    v_followees_added := array(select added.followee_id from added where added.state = 'accepted');
    v_followers_added := array(select added.follower_id from added where added.state = 'accepted');
  end if;
  if tg_op <> 'INSERT' then
    v_followees_removed := array(select removed.followee_id from removed where removed.state = 'accepted');
    v_followers_removed := array(select removed.follower_id from removed where removed.state = 'accepted');
  end if;
  perform private.count_changes('profile_followers', v_followees_added, v_followees_removed);
  perform private.count_changes('profile_following', v_followers_added, v_followers_removed);
  return null;
end
$$;
comment on function private.tg_follows__count() is
  'Trigger: counts accepted follows, for both users. Security definer: counters are granted to nobody.';

create trigger _200_count_added after insert on public.follows
  referencing new table as added
  for each statement execute function private.tg_follows__count();
create trigger _200_count_changed after update on public.follows
  referencing old table as removed new table as added
  for each statement execute function private.tg_follows__count();
create trigger _200_count_removed after delete on public.follows
  referencing old table as removed
  for each statement execute function private.tg_follows__count();

create trigger _800_delete_counters after delete on public.profiles
  referencing old table as removed
  for each statement execute function private.tg__delete_counters();

-- Writing

create function public.follow_user(person text)
returns public.follow_state
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.require_profile(follow_user.person);
begin
  perform private.lock_writer_and(v_id);
  perform private.count_action('follow', auth.uid()::text);
  insert into public.follows (follower_id, followee_id) values (auth.uid(), v_id) on conflict do nothing;
  if found and exists (
    select from public.follows where follows.follower_id = auth.uid() offset private.limit_of('follows')
  ) then
    perform private.raise_error(422, 'follows_too_many', 'You follow {follows} users already, requests included.');
  end if;
  return (
    select follows.state from public.follows where follows.follower_id = auth.uid() and follows.followee_id = v_id
  );
end
$$;
comment on function public.follow_user(text) is
  'Follows a user (an id or a user name): at once, or requested if the profile is private. A repeated call changes nothing. Security definer: follows are granted to nobody for writing. It writes the caller''s own follow only.';
grant execute on function public.follow_user(text) to authenticated;

create function public.unfollow_user(person text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.require_profile(unfollow_user.person);
begin
  perform private.lock_writer_and(v_id);
  delete from public.follows where follows.follower_id = auth.uid() and follows.followee_id = v_id;
end
$$;
comment on function public.unfollow_user(text) is
  'Unfollows a user, or withdraws the request. Security definer: follows are granted to nobody for writing. It deletes the caller''s own follow only.';
grant execute on function public.unfollow_user(text) to authenticated;

create function public.remove_follower(person text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.require_profile(remove_follower.person);
begin
  perform private.lock_writer_and(v_id);
  delete from public.follows where follows.follower_id = v_id and follows.followee_id = auth.uid();
end
$$;
comment on function public.remove_follower(text) is
  'Ends the follow of a user who follows the caller. Security definer: follows are granted to nobody for writing. It deletes a follow of the caller only.';
grant execute on function public.remove_follower(text) to authenticated;

create function public.accept_follow_request(person text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.require_profile(accept_follow_request.person);
begin
  perform private.lock_writer_and(v_id);
  update public.follows
  set state = 'accepted'
  where follows.follower_id = v_id and follows.followee_id = auth.uid() and follows.state = 'requested';
  -- Accepting again changes nothing.
  if not found and not exists (
    select from public.follows where follows.follower_id = v_id and follows.followee_id = auth.uid()
  ) then
    perform private.raise_error(404, 'follow_request_not_found', 'This user does not ask to follow you.');
  end if;
end
$$;
comment on function public.accept_follow_request(text) is
  'Accepts the request of a user to follow the caller. Security definer: follows are granted to nobody for writing. It changes a request to the caller only.';
grant execute on function public.accept_follow_request(text) to authenticated;

create function public.decline_follow_request(person text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.require_profile(decline_follow_request.person);
begin
  perform private.lock_writer_and(v_id);
  delete from public.follows
  where follows.follower_id = v_id and follows.followee_id = auth.uid() and follows.state = 'requested';
end
$$;
comment on function public.decline_follow_request(text) is
  'Declines the request of a user to follow the caller; the user may ask again. Security definer: follows are granted to nobody for writing. It deletes a request to the caller only.';
grant execute on function public.decline_follow_request(text) to authenticated;

create function public.block_user(person text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.require_profile(block_user.person);
begin
  perform private.lock_writer_and(v_id);
  perform private.count_action('follow', auth.uid()::text);
  insert into public.blocks (blocker_id, blocked_id) values (auth.uid(), v_id) on conflict do nothing;
  if found and exists (
    select from public.blocks where blocks.blocker_id = auth.uid() offset private.limit_of('blocks')
  ) then
    perform private.raise_error(422, 'blocks_too_many', 'You block {blocks} users already.');
  end if;
end
$$;
comment on function public.block_user(text) is
  'Blocks a user: ends follows in both directions, removes mentions of each other and notifications, and hides the two from each other. Counts as a follow for the rate. Security definer: blocks are granted to nobody for writing. It writes the caller''s own block only.';
grant execute on function public.block_user(text) to authenticated;

create function public.unblock_user(person text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.require_profile(unblock_user.person);
begin
  perform private.lock_writer_and(v_id);
  delete from public.blocks where blocks.blocker_id = auth.uid() and blocks.blocked_id = v_id;
end
$$;
comment on function public.unblock_user(text) is
  'Unblocks a user. What the block ended stays ended. Security definer: blocks are granted to nobody for writing. It deletes the caller''s own block only.';
grant execute on function public.unblock_user(text) to authenticated;

create function public.mute_user(person text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.require_profile(mute_user.person);
begin
  perform private.lock_writer_and(v_id);
  perform private.count_action('follow', auth.uid()::text);
  insert into public.mutes (muter_id, muted_id) values (auth.uid(), v_id) on conflict do nothing;
  if found and exists (
    select from public.mutes where mutes.muter_id = auth.uid() offset private.limit_of('mutes')
  ) then
    perform private.raise_error(422, 'mutes_too_many', 'You mute {mutes} users already.');
  end if;
end
$$;
comment on function public.mute_user(text) is
  'Mutes a user: leaves their posts out of the home feed, and what they do out of the notifications. Counts as a follow for the rate. Security definer: mutes are granted to nobody for writing. It writes the caller''s own mute only.';
grant execute on function public.mute_user(text) to authenticated;

create function public.unmute_user(person text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.require_profile(unmute_user.person);
begin
  perform private.lock_writer_and(v_id);
  delete from public.mutes where mutes.muter_id = auth.uid() and mutes.muted_id = v_id;
end
$$;
comment on function public.unmute_user(text) is
  'Unmutes a user. Security definer: mutes are granted to nobody for writing. It deletes the caller''s own mute only.';
grant execute on function public.unmute_user(text) to authenticated;

-- Lists of people

create type public.person_view as (
  id uuid,
  username text,
  profile_pic_url text,
  is_vip boolean,
  following boolean,
  requested boolean,
  followed_by boolean,
  cursor uuid
);
comment on type public.person_view is 'A user in a list of people, as clients show it.';
comment on column public.person_view.id is 'As profiles.id.';
comment on column public.person_view.username is 'As profiles.username.';
comment on column public.person_view.profile_pic_url is 'Where the profile picture loads, under the project''s origin; a default picture if none is set.';
comment on column public.person_view.is_vip is 'As profiles.is_vip.';
comment on column public.person_view.following is 'Whether the caller follows the user.';
comment on column public.person_view.requested is 'Whether the caller asks to follow the user.';
comment on column public.person_view.followed_by is 'Whether the user follows the caller.';
comment on column public.person_view.cursor is 'What to pass as before, for the page after this row.';

create function private.compose_people(ids uuid[], cursors uuid[])
returns setof public.person_view
language plpgsql
stable
security definer
rows 20
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_me constant uuid := auth.uid();
begin
  return query
  select
    profiles.id,
    profiles.username::text,
    private.picture_url('avatars', profiles.avatar_path),
    profiles.is_vip,
    coalesce(mine.state = 'accepted', false),
    coalesce(mine.state = 'requested', false),
    coalesce(theirs.state = 'accepted', false),
    page.cursor
  from unnest(compose_people.ids, compose_people.cursors) as page (id, cursor)
  join public.profiles on profiles.id = page.id
  left join public.follows as mine on mine.follower_id = v_me and mine.followee_id = page.id
  left join public.follows as theirs on theirs.follower_id = page.id and theirs.followee_id = v_me
  order by page.cursor desc;
end
$$;
comment on function private.compose_people(uuid[], uuid[]) is
  'Users as clients show them in a list, each with its cursor, the greatest first. Lists leave out blocked_ids() before. Not for clients: the Data API does not expose this schema. Security definer: one plan without row-level security; it shows of follows only those of the caller.';
grant execute on function private.compose_people(uuid[], uuid[]) to authenticated;

create function private.sees_profile(profile_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return sees_profile.profile_id = auth.uid()
    or sees_profile.profile_id not in (select private.blocked_ids())
    and (
      (select profiles.is_public from public.profiles where profiles.id = sees_profile.profile_id)
      or exists (
        select from public.follows
        where follows.follower_id = auth.uid()
          and follows.followee_id = sees_profile.profile_id
          and follows.state = 'accepted'
      )
    )
    or private.has_role('moderator');
end
$$;
comment on function private.sees_profile(uuid) is
  'Whether the caller may see what a user publishes: as the policy of posts says, where a post is public and not hidden.';
grant execute on function private.sees_profile(uuid) to authenticated;

create function private.require_list_of(person text)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_id constant uuid := private.require_profile(coalesce(require_list_of.person, 'me'));
begin
  if not private.sees_profile(v_id) then
    perform private.require_unblocked(v_id);
    perform private.raise_error(
      403, 'profile_private', 'The profile is private: its lists are for its owner and those who follow it.'
    );
  end if;
  return v_id;
end
$$;
comment on function private.require_list_of(text) is
  'The user meant, if the caller may see their followers and whom they follow. Not granted: SECURITY DEFINER functions call it.';

create function public.list_followers(person text default 'me', before uuid default null, page_limit integer default 20)
returns setof public.person_view
language plpgsql
stable
security definer
rows 20
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_id constant uuid := private.require_list_of(list_followers.person);
  v_before constant uuid := coalesce(list_followers.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit constant integer := private.page_size(list_followers.page_limit);
  v_ids uuid[];
  v_cursors uuid[];
begin
  select array_agg(page.follower_id), array_agg(page.id)
  into v_ids, v_cursors
  from (
    select follows.follower_id, follows.id
    from public.follows
    where follows.followee_id = v_id
      and follows.state = 'accepted'
      and follows.id < v_before
      and follows.follower_id not in (select private.blocked_ids())
    order by follows.id desc
    limit v_limit
  ) as page;
  return query select * from private.compose_people(v_ids, v_cursors);
end
$$;
comment on function public.list_followers(text, uuid, integer) is
  'A page of the followers of `me`, an id or a user name, newest first. Of a private profile for its owner and accepted followers. before: the cursor that the last page ended with. page_limit: as in list_posts. Security definer: follows show each user their own only. Who may see the list is checked here.';
grant execute on function public.list_followers(text, uuid, integer) to authenticated;

create function public.list_following(person text default 'me', before uuid default null, page_limit integer default 20)
returns setof public.person_view
language plpgsql
stable
security definer
rows 20
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_id constant uuid := private.require_list_of(list_following.person);
  v_before constant uuid := coalesce(list_following.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit constant integer := private.page_size(list_following.page_limit);
  v_ids uuid[];
  v_cursors uuid[];
begin
  select array_agg(page.followee_id), array_agg(page.id)
  into v_ids, v_cursors
  from (
    select follows.followee_id, follows.id
    from public.follows
    where follows.follower_id = v_id
      and follows.state = 'accepted'
      and follows.id < v_before
      and follows.followee_id not in (select private.blocked_ids())
    order by follows.id desc
    limit v_limit
  ) as page;
  return query select * from private.compose_people(v_ids, v_cursors);
end
$$;
comment on function public.list_following(text, uuid, integer) is
  'A page of the users whom `me`, an id or a user name follows, newest first; else as list_followers. Security definer: follows show each user their own only. Who may see the list is checked here.';
grant execute on function public.list_following(text, uuid, integer) to authenticated;

create function public.list_follow_requests(before uuid default null, page_limit integer default 20)
returns setof public.person_view
language plpgsql
stable
rows 20
-- Invoker: row-level security shows users their own requests.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_before constant uuid := coalesce(list_follow_requests.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit constant integer := private.page_size(list_follow_requests.page_limit);
  v_ids uuid[];
  v_cursors uuid[];
begin
  select array_agg(page.follower_id), array_agg(page.id)
  into v_ids, v_cursors
  from (
    select follows.follower_id, follows.id
    from public.follows
    where follows.followee_id = (select auth.uid()) and follows.state = 'requested' and follows.id < v_before
    order by follows.id desc
    limit v_limit
  ) as page;
  return query select * from private.compose_people(v_ids, v_cursors);
end
$$;
comment on function public.list_follow_requests(uuid, integer) is
  'A page of the users who ask to follow the caller, newest first; else as list_followers.';
grant execute on function public.list_follow_requests(uuid, integer) to authenticated;

create function public.list_blocks(before uuid default null, page_limit integer default 20)
returns setof public.person_view
language plpgsql
stable
rows 20
-- Invoker: row-level security shows users their own blocks.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_before constant uuid := coalesce(list_blocks.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit constant integer := private.page_size(list_blocks.page_limit);
  v_ids uuid[];
  v_cursors uuid[];
begin
  select array_agg(page.blocked_id), array_agg(page.id)
  into v_ids, v_cursors
  from (
    select blocks.blocked_id, blocks.id
    from public.blocks
    where blocks.blocker_id = (select auth.uid()) and blocks.id < v_before
    order by blocks.id desc
    limit v_limit
  ) as page;
  return query select * from private.compose_people(v_ids, v_cursors);
end
$$;
comment on function public.list_blocks(uuid, integer) is
  'A page of the users whom the caller blocks, newest first; else as list_followers.';
grant execute on function public.list_blocks(uuid, integer) to authenticated;

create function public.list_mutes(before uuid default null, page_limit integer default 20)
returns setof public.person_view
language plpgsql
stable
rows 20
-- Invoker: row-level security shows users their own mutes.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_before constant uuid := coalesce(list_mutes.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit constant integer := private.page_size(list_mutes.page_limit);
  v_ids uuid[];
  v_cursors uuid[];
begin
  select array_agg(page.muted_id), array_agg(page.id)
  into v_ids, v_cursors
  from (
    select mutes.muted_id, mutes.id
    from public.mutes
    where mutes.muter_id = (select auth.uid())
      and mutes.id < v_before
    order by mutes.id desc
    limit v_limit
  ) as page;
  return query select * from private.compose_people(v_ids, v_cursors);
end
$$;
comment on function public.list_mutes(uuid, integer) is
  'A page of the users whom the caller mutes, newest first; else as list_followers.';
grant execute on function public.list_mutes(uuid, integer) to authenticated;
