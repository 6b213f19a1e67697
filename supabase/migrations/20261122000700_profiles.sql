-- Who a person is to others, and what only that person may see of it. Two tables, because other people read the
-- first with `select *`: a private fact has no business in the same row.

create type public.profile_role as enum ('user', 'moderator', 'admin');
comment on type public.profile_role is
  'What a person may do beyond his own posts: user nothing, moderator look after content, admin everything.';

create function private.is_valid_username(username text)
returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
  select username ~ '^[A-Za-z0-9_]+$'
    and char_length(username) between (public.limits() ->> 'username_min')::integer
      and (public.limits() ->> 'username_max')::integer
$$;
comment on function private.is_valid_username(text) is 'Whether the name has the form of a user name.';
-- Constraints run as whoever writes.
grant execute on function private.is_valid_username(text) to authenticated, service_role;

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
  constraint profiles_bio_check check (char_length(bio) <= (public.limits() ->> 'bio_length')::integer),
  constraint profiles_playlist_check check (char_length(playlist) <= (public.limits() ->> 'playlist_length')::integer),
  constraint profiles_avatar_path_check check (split_part(avatar_path, '/', 1) = id::text),
  constraint profiles_cover_path_check check (split_part(cover_path, '/', 1) = id::text)
);

alter table public.profiles enable row level security;

-- Insert is not granted: a profile comes with its user, from the trigger on auth.users. Delete is not granted: it
-- goes with its user.
grant select on public.profiles to authenticated;
grant update (username, bio, playlist, avatar_path, cover_path, is_public, is_anonymous)
  on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;

-- is_public hides a person's posts, not the person: whoever is mentioned or owns a comment must have a name.
create policy select_any on public.profiles for select to authenticated
  using (true);
create policy update_own on public.profiles for update to authenticated
  using (id = (select auth.uid()) and (select private.may_write()))
  with check (id = (select auth.uid()));

comment on table public.profiles is 'What everybody signed in may see of a person. One row a user, made at sign-up.';
comment on column public.profiles.id is 'The user''s id in auth.users.';
comment on column public.profiles.username is
  'The name in @mentions: 3 to 30 of A-Z a-z 0-9 _, unique without regard to case, kept as written.';
comment on column public.profiles.bio is 'What the person says about himself, at most 255 characters.';
comment on column public.profiles.playlist is 'What the person listens to: a link or a text, at most 255 characters.';
comment on column public.profiles.avatar_path is 'The profile picture: an object of bucket avatars in the user''s own folder, or null.';
comment on column public.profiles.cover_path is 'The cover picture: an object of bucket covers in the user''s own folder, or null.';
comment on column public.profiles.is_vip is 'Shows a badge beside the name. Set by admins.';
comment on column public.profiles.role is 'What the person may do beyond his own posts. Set by admins.';
comment on column public.profiles.is_public is 'False hides all of the person''s posts from everybody else.';
comment on column public.profiles.is_anonymous is 'A preference that clients keep here: show the person without name and picture.';
comment on column public.profiles.created_at is 'When the person joined.';
comment on column public.profiles.updated_at is 'When the profile last changed.';

create function private.check_profile_pictures()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_picture record;
begin
  for v_picture in
    select *
    from (
      values
        ('avatar_path', 'avatars', new.avatar_path, old.avatar_path),
        ('cover_path', 'covers', new.cover_path, old.cover_path)
    ) as picture (field, bucket, path, replaced)
    where picture.path is distinct from picture.replaced and picture.path is not null
  loop
    if not starts_with(v_picture.path, new.id || '/')
      or not private.keep_uploads(v_picture.bucket, array[v_picture.path])
    then
      perform private.raise_error(
        422, 'picture_not_found', 'The picture is no upload of yours: upload it to your own folder first.',
        v_picture.field
      );
    end if;
  end loop;
  return new;
end
$$;
comment on function private.check_profile_pictures() is
  'Trigger: a profile''s pictures are existing uploads in the person''s own folders, and are kept from now on. Security definer: whether the object exists must not depend on what the caller may see in Storage.';

create function private.release_profile_pictures()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- On a deletion every field of `new` is null.
  if old.avatar_path is distinct from new.avatar_path and old.avatar_path is not null then
    perform private.queue_removals('avatars', array[old.avatar_path]);
  end if;
  if old.cover_path is distinct from new.cover_path and old.cover_path is not null then
    perform private.queue_removals('covers', array[old.cover_path]);
  end if;
  return null;
end
$$;
comment on function private.release_profile_pictures() is
  'Trigger: queues pictures for removal that their profile no longer shows. Security definer: the queue is nobody''s to write.';

create function private.hold_usernames()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- The old name and the new one, in one order for all: two people who want each other's would otherwise both have
  -- begun, and wait for each other. Held like this, each finds the other's name still taken.
  perform pg_advisory_xact_lock(held.key)
  from (
    select distinct hashtextextended('private.hold_usernames ' || lower(name), 0) as key
    from unnest(array[old.username::text, new.username::text]) as name
    order by key
    offset 0
  ) as held;
  return new;
end
$$;
comment on function private.hold_usernames() is 'Trigger: changes of a user name that touch the same names go one after the other.';

create trigger _100_hold_usernames before update on public.profiles
  for each row
  when (new.username::text is distinct from old.username::text)
  execute function private.hold_usernames();
create trigger _100_check_pictures_on_insert before insert on public.profiles
  for each row
  when (new.avatar_path is not null or new.cover_path is not null)
  execute function private.check_profile_pictures();
create trigger _100_check_pictures_on_update before update on public.profiles
  for each row
  when (
    new.avatar_path is distinct from old.avatar_path
    or new.cover_path is distinct from old.cover_path
  )
  execute function private.check_profile_pictures();
create trigger _200_set_updated_at before update on public.profiles
  for each row
  when (new is distinct from old)
  execute function private.set_updated_at();
create trigger _300_release_pictures_on_update after update on public.profiles
  for each row
  when (
    new.avatar_path is distinct from old.avatar_path
    or new.cover_path is distinct from old.cover_path
  )
  execute function private.release_profile_pictures();
create trigger _300_release_pictures_on_delete after delete on public.profiles
  for each row
  when (old.avatar_path is not null or old.cover_path is not null)
  execute function private.release_profile_pictures();

create table public.private_profiles (
  id uuid primary key references public.profiles (id) on delete cascade,
  date_of_birth date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Nobody alive was born before 1900; a date of birth in the future is a slip of the pen.
  constraint private_profiles_date_of_birth_check check (date_of_birth between date '1900-01-01' and current_date)
);

alter table public.private_profiles enable row level security;
-- See 20261122000200: estimates would tell.
alter table public.private_profiles alter column date_of_birth set statistics 0;

-- Insert and delete are not granted: the row comes and goes with the profile.
grant select on public.private_profiles to authenticated;
grant update (date_of_birth) on public.private_profiles to authenticated;
grant select, insert, update, delete on public.private_profiles to service_role;

create policy select_own on public.private_profiles for select to authenticated
  using (id = (select auth.uid()));
create policy update_own on public.private_profiles for update to authenticated
  using (id = (select auth.uid()) and (select private.may_write()))
  with check (id = (select auth.uid()));

comment on table public.private_profiles is 'What only the person himself may see of his profile. One row a user.';
comment on column public.private_profiles.id is 'The user''s id.';
comment on column public.private_profiles.date_of_birth is 'From 1900-01-01 to today, or null where the person did not say.';
comment on column public.private_profiles.created_at is 'When the person joined.';
comment on column public.private_profiles.updated_at is 'When the row last changed.';

create trigger _100_set_updated_at before update on public.private_profiles
  for each row
  when (new is distinct from old)
  execute function private.set_updated_at();
