-- Profiles: the public and the private facts of a user, and the powers of each role.
--
-- Two tables, because clients read other users' profiles with `select *`: a private fact never shares a row with
-- public ones. Every user of Auth has one row in each, made at sign-up and deleted with the user.

create type public.profile_role as enum ('user', 'moderator', 'admin');
comment on type public.profile_role is
  'The powers of a user beyond their own content: user none, moderator hides posts, admin all. In rising order.';

create function private.is_valid_username(username text)
returns boolean
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return username ~ '^[A-Za-z0-9_]+$'
    and char_length(username) between private.limit_of('username_min') and private.limit_of('username_max');
end
$$;
comment on function private.is_valid_username(text) is 'Whether the text has the form of a user name.';
-- Constraints run with the rights of the role that writes.
grant execute on function private.is_valid_username(text) to authenticated, service_role;

create function private.is_valid_url(url text)
returns boolean
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  -- Clients make links of it, so it is of the web: no javascript:, no file:, and no text. A user name in front of the
  -- host (https://bank.example@evil.example) would show another host than the link leads to.
  return url ~* '^https?://[^\s/?#@\\<>"]+(:\d{1,5})?([/?#][^\s\\<>"]*)?$' and url collate "und-x-icu" !~ '[[:cntrl:]]';
end
$$;
comment on function private.is_valid_url(text) is 'Whether the text is an http or https URL.';
-- As is_valid_username.
grant execute on function private.is_valid_url(text) to authenticated, service_role;

-- Who may write

-- A ban belongs to Auth. It refuses sign-in and renewal, but a token from before the ban stays valid until it expires,
-- up to an hour. Such a token may read, which needs no check on each row; it may not write.
create function private.is_active(user_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from auth.users
    where users.id = is_active.user_id
      and (users.banned_until is null or users.banned_until <= now())
      and users.deleted_at is null
  );
end
$$;
comment on function private.is_active(uuid) is
  'Whether the user exists and is not banned. Not granted: clients ask about themselves only (may_write). Security definer: bans belong to Auth.';

create function private.may_write()
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return private.is_active(auth.uid());
end
$$;
comment on function private.may_write() is
  'Whether the caller is an active user. Every policy for a write asks this, in a subquery: once a statement, not once a row. Security definer: bans belong to Auth.';
grant execute on function private.may_write() to authenticated;

create function private.has_role(minimum public.profile_role)
returns boolean
-- plpgsql, here and on every hot path: before version 18 PostgreSQL plans a SQL function with a search_path anew at
-- each call.
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select from public.profiles where profiles.id = auth.uid() and profiles.role >= has_role.minimum
  ) and private.may_write();
end
$$;
comment on function private.has_role(public.profile_role) is
  'Whether the caller has this role or a higher one; a banned user has none. Policies ask it in a subquery: once a statement. Security definer: the answer must not depend on what the caller may see.';
grant execute on function private.has_role(public.profile_role) to authenticated;

create function private.require_role(minimum public.profile_role)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  -- The secret key is not a user, and may write the tables anyway.
  if not private.has_role(require_role.minimum) and auth.role() is distinct from 'service_role' then
    perform private.raise_error(403, 'forbidden', format('This needs the role %s.', require_role.minimum));
  end if;
end
$$;
comment on function private.require_role(public.profile_role) is
  'Refuses a caller who has neither this role nor the secret key.';

-- Public profiles

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  username extensions.citext not null constraint profiles_username_key unique,
  bio text not null default '',
  playlist text not null default '',
  avatar_path text,
  cover_path text,
  is_vip boolean not null default false,
  role public.profile_role not null default 'user',
  is_public boolean not null default true,
  is_anonymous boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint profiles_username_check check (private.is_valid_username(username::text)),
  constraint profiles_bio_check check (char_length(bio) <= private.limit_of('bio_length')),
  constraint profiles_playlist_check check (
    char_length(playlist) <= private.limit_of('playlist_length') and (playlist = '' or private.is_valid_url(playlist))
  ),
  constraint profiles_avatar_path_check check (split_part(avatar_path, '/', 1) = id::text),
  constraint profiles_cover_path_check check (split_part(cover_path, '/', 1) = id::text)
);
-- The few users with a role.
create index profiles_role_idx on public.profiles (role) where role <> 'user';

alter table public.profiles enable row level security;

-- No insert and no delete: a profile comes and goes with its user.
grant select on public.profiles to authenticated;
grant update (username, bio, playlist, avatar_path, cover_path, is_public, is_anonymous)
  on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;

-- is_public hides a user's posts, not the user: who is mentioned or owns a comment needs a name.
create policy select_any on public.profiles for select to authenticated
  using (true);
create policy update_own on public.profiles for update to authenticated
  using (id = (select auth.uid()) and (select private.may_write()))
  with check (id = (select auth.uid()));

comment on table public.profiles is 'The facts of a user that every signed-in user may see. One row for each user, made at sign-up.';
comment on column public.profiles.id is 'The id in auth.users.';
comment on column public.profiles.username is
  'The name in @mentions: letters A-Z a-z, digits and _; unique without regard to case, kept as written.';
comment on column public.profiles.bio is 'A text of the user about themselves. A text: clients make no links of it, or of http and https URLs only.';
comment on column public.profiles.playlist is 'The music of the user: an http or https URL, or empty.';
comment on column public.profiles.avatar_path is 'The profile picture: an object of bucket avatars, or null.';
comment on column public.profiles.cover_path is 'The cover picture: an object of bucket covers, or null.';
comment on column public.profiles.is_vip is 'Shows a badge beside the name. Set by admins (set_vip).';
comment on column public.profiles.role is 'The powers of the user beyond their own content. Set by admins (set_role).';
comment on column public.profiles.is_public is 'False hides all posts of the user from everybody but accepted followers and moderators.';
comment on column public.profiles.is_anonymous is 'A preference that clients store here: show the user without name and picture.';
comment on column public.profiles.created_at is 'When the user signed up.';
comment on column public.profiles.updated_at is 'When the profile last changed.';

create trigger _200_touch_updated_at before update on public.profiles
  for each row
  when (new is distinct from old)
  execute function private.tg__touch_updated_at();

-- How a user is shown

create function private.picture_url(bucket_id text, path text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return case
    when path is not null then '/storage/v1/object/public/' || bucket_id || '/' || path
    when bucket_id = 'avatars' then '/functions/v1/api/assets/default-avatar.svg'
    else '/functions/v1/api/assets/default-cover.svg'
  end;
end
$$;
comment on function private.picture_url(text, text) is
  'Where a picture of a profile loads, under the project''s origin; the default picture where there is none.';

create function private.profile_summary(profile public.profiles)
returns jsonb
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'id', (profile).id,
    'username', (profile).username::text,
    'profile_pic_url', private.picture_url('avatars', (profile).avatar_path),
    'is_vip', (profile).is_vip
  );
end
$$;
comment on function private.profile_summary(public.profiles) is
  'A user as the owner of a post is shown: {id, username, profile_pic_url, is_vip}. Not granted: SECURITY DEFINER functions call it.';

-- Private facts

create table public.private_profiles (
  id uuid primary key references public.profiles (id) on delete cascade,
  date_of_birth date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint private_profiles_date_of_birth_check check (
    date_of_birth between make_date(private.limit_of('birth_year_min'), 1, 1) and current_date
  )
);

alter table public.private_profiles enable row level security;

-- No insert and no delete: the row comes and goes with the profile.
grant select on public.private_profiles to authenticated;
grant update (date_of_birth) on public.private_profiles to authenticated;
grant select, insert, update, delete on public.private_profiles to service_role;

create policy select_own on public.private_profiles for select to authenticated
  using (id = (select auth.uid()));
create policy update_own on public.private_profiles for update to authenticated
  using (id = (select auth.uid()) and (select private.may_write()))
  with check (id = (select auth.uid()));

comment on table public.private_profiles is 'The facts of a profile that only its user may see. One row for each user.';
comment on column public.private_profiles.id is 'The id in auth.users.';
comment on column public.private_profiles.date_of_birth is 'Not before the first year of public.limits(), nor after today; null if the user gave none.';
comment on column public.private_profiles.created_at is 'When the user signed up.';
comment on column public.private_profiles.updated_at is 'When the row last changed.';

create trigger _200_touch_updated_at before update on public.private_profiles
  for each row
  when (new is distinct from old)
  execute function private.tg__touch_updated_at();

-- Finding a profile

create function private.find_profile(person text)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_person constant text := ltrim(btrim(find_profile.person), '@＠');
begin
  -- A user name is too long to be `me`, and too short to be a UUID.
  if v_person = 'me' then
    return (select profiles.id from public.profiles where profiles.id = auth.uid());
  elsif pg_input_is_valid(v_person, 'uuid') then
    return (select profiles.id from public.profiles where profiles.id = v_person::uuid);
  elsif char_length(v_person) > private.limit_of('username_max') then
    -- Nobody's. Each comparison folds the whole text: a megabyte would take seconds.
    return null;
  end if;
  -- With an empty search_path a plain = would compare as text, that is with case.
  return (select profiles.id from public.profiles where profiles.username operator(extensions.=) v_person::extensions.citext);
end
$$;
comment on function private.find_profile(text) is
  'The user meant by `me`, an id or a user name (@ optional); null for nobody.';
grant execute on function private.find_profile(text) to authenticated;

create function private.require_profile(person text)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_id constant uuid := private.find_profile(require_profile.person);
begin
  if v_id is null and require_profile.person = 'me' then
    -- A token outlives its user by up to an hour.
    perform private.raise_error(401, 'not_signed_in', 'Sign in first.');
  elsif v_id is null then
    perform private.raise_error(404, 'profile_not_found', 'There is no such user.');
  end if;
  return v_id;
end
$$;
comment on function private.require_profile(text) is 'As find_profile, with an error for nobody.';
grant execute on function private.require_profile(text) to authenticated;

create function private.require_active(user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not exists (select from public.profiles where profiles.id = require_active.user_id) then
    perform private.raise_error(401, 'not_signed_in', 'Sign in first.');
  elsif not private.is_active(require_active.user_id) then
    perform private.raise_error(403, 'user_banned', 'This account is closed.');
  end if;
end
$$;
comment on function private.require_active(uuid) is
  'Refuses a user who is deleted or banned. Not granted: SECURITY DEFINER functions call it.';

create function private.lock_writer()
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := auth.uid();
begin
  -- Before all other locks of the request. FOR SHARE keeps the account from being deleted and the profile from being
  -- opened or closed while one of its posts is written.
  perform from public.profiles where profiles.id = v_id for share;
  if not found or not private.is_active(v_id) then
    -- Raises the reason.
    perform private.require_active(v_id);
  end if;
  return v_id;
end
$$;
comment on function private.lock_writer() is
  'Locks the caller''s profile and returns its id, and refuses a caller who may not write: not signed in, deleted or banned. Security definer: bans belong to Auth.';
grant execute on function private.lock_writer() to authenticated;

-- Roles and badges

create function private.require_other_admin(leaving uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_role public.profile_role;
begin
  -- Locked, so that a user who is no admin does not become one before they are gone.
  select profiles.role into v_role from public.profiles where profiles.id = require_other_admin.leaving for no key update;
  if v_role is distinct from 'admin' then
    return;
  end if;
  -- One at a time: two admins who take the role from each other must not both count the other.
  perform pg_advisory_xact_lock(hashtextextended('private.require_other_admin', 0));
  if not exists (
    select
    from public.profiles
    where profiles.id <> require_other_admin.leaving and profiles.role = 'admin' and private.is_active(profiles.id)
  ) then
    perform private.raise_error(409, 'last_admin', 'Without this admin there would be none: appoint another one first.');
  end if;
end
$$;
comment on function private.require_other_admin(uuid) is
  'Refuses to let the last admin go. Does not bind the dashboard and the secret key, which make the first one, when they write the table itself.';

create function public.set_role(profile_id uuid, role public.profile_role)
returns public.profiles
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_profile public.profiles;
begin
  perform private.require_role('admin');
  if set_role.role <> 'admin' then
    perform private.require_other_admin(set_role.profile_id);
  end if;
  update public.profiles set role = set_role.role where profiles.id = set_role.profile_id returning * into v_profile;
  if not found then
    perform private.raise_error(404, 'profile_not_found', 'There is no such user.');
  end if;
  return v_profile;
end
$$;
comment on function public.set_role(uuid, public.profile_role) is
  'Gives a user a role. For admins; the last of them cannot lose it. Security definer: the column is granted to nobody. The caller''s role is checked here.';
grant execute on function public.set_role(uuid, public.profile_role) to authenticated, service_role;

create function public.set_vip(profile_id uuid, is_vip boolean)
returns public.profiles
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_profile public.profiles;
begin
  perform private.require_role('admin');
  update public.profiles
  set is_vip = set_vip.is_vip
  where profiles.id = set_vip.profile_id
  returning * into v_profile;
  if not found then
    perform private.raise_error(404, 'profile_not_found', 'There is no such user.');
  end if;
  return v_profile;
end
$$;
comment on function public.set_vip(uuid, boolean) is
  'Gives a user the VIP badge, or takes it. For admins. Security definer: the column is granted to nobody. The caller''s role is checked here.';
grant execute on function public.set_vip(uuid, boolean) to authenticated, service_role;
