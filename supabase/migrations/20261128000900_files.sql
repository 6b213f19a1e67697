-- Files: from an upload to a post or a profile, and out of Storage again.
--
-- Users upload into bucket `uploads`, which only the edge function reads. It inspects the bytes, removes the metadata
-- and writes the result under a new name into `post-media`, `avatars` or `covers`. Clients cannot write there, so the
-- files of posts and profiles never change, also while an old upload token still works.
--
-- A row in storage.objects must not be deleted by SQL (its bytes would stay for ever). So every object that nothing
-- shows has a row in private.unused_files, with the time when the sweep removes it through the Storage API:
--   register_file  a row, due in a day, before the function writes the bytes
--   claim          a post or a profile takes the row; its facts become the post's
--   enqueue        the post or the profile is deleted, or takes another file: the row is due now, and never claimed
--   take_removals  the sweep (housekeeping) gets the rows that are due
-- The row is also the lock: a claim and a removal of the same file wait for each other on it, and the second finds it
-- gone or taken.

create type public.media_type as enum ('image', 'video', 'audio', 'document');
comment on type public.media_type is 'How a client shows a file.';

-- Objects that nothing shows

create table private.unused_files (
  bucket_id text not null,
  name text not null,
  owner_id uuid references auth.users (id) on delete set null,
  file_type public.media_type,
  mime_type text,
  size bigint,
  width integer,
  height integer,
  duration_ms integer,
  remove_at timestamptz not null,
  attempts integer not null default 0,
  primary key (bucket_id, name),
  constraint unused_files_name_check check (owner_id is null or starts_with(name, owner_id::text || '/'))
);
create index unused_files_remove_at_idx on private.unused_files (remove_at);
create index unused_files_owner_id_idx on private.unused_files (owner_id);
comment on table private.unused_files is
  'Objects that no post and no profile shows, with the time of their removal. No foreign key to storage.objects: the row comes before the object, and goes after it.';
comment on column private.unused_files.bucket_id is 'The object''s bucket.';
comment on column private.unused_files.name is 'The object''s name in the bucket.';
comment on column private.unused_files.owner_id is 'The user who may claim it; null if nobody may any more.';
comment on column private.unused_files.file_type is 'How a client shows it. This and the other facts are null for a file that cannot be claimed.';
comment on column private.unused_files.mime_type is 'The media type, by its bytes.';
comment on column private.unused_files.size is 'Bytes.';
comment on column private.unused_files.width is 'Pixels, as shown upright; null where there are none.';
comment on column private.unused_files.height is 'Pixels, as shown upright; null where there are none.';
comment on column private.unused_files.duration_ms is 'Milliseconds of sound or video; null where there are none, or the file does not tell.';
comment on column private.unused_files.remove_at is 'The time of its removal; after a sweep has taken it, the time of the next attempt.';
comment on column private.unused_files.attempts is 'How often a sweep has taken it.';

create function public.register_file(
  bucket_id text,
  name text,
  owner_id uuid,
  file_type public.media_type,
  mime_type text,
  size bigint,
  width integer default null,
  height integer default null,
  duration_ms integer default null
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.require_active(register_file.owner_id);
  -- A day is long enough to write a caption, and short enough not to keep abandoned files.
  insert into private.unused_files (
    bucket_id, name, owner_id, file_type, mime_type, size, width, height, duration_ms, remove_at
  )
  values (
    register_file.bucket_id, register_file.name, register_file.owner_id, register_file.file_type,
    register_file.mime_type, register_file.size, register_file.width, register_file.height, register_file.duration_ms,
    now() + interval '1 day'
  )
  -- Only the owner registers a name again, for the same content. A row without an owner is being removed.
  on conflict on constraint unused_files_pkey do update
  set remove_at = excluded.remove_at
  where unused_files.owner_id = excluded.owner_id;
  return found;
end
$$;
comment on function public.register_file(text, text, uuid, public.media_type, text, bigint, integer, integer, integer) is
  'Makes the name of an inspected file the owner''s to claim for a day. To be called before the bytes are written. False if the name is being removed: take another one. For the edge function. Security definer: service_role has no grant on private tables.';
-- Not granted to clients: they could register files that nobody inspected.
grant execute on function public.register_file(text, text, uuid, public.media_type, text, bigint, integer, integer, integer) to service_role;

create function public.discard_files(bucket_id text, names text[])
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  update private.unused_files
  set remove_at = now()
  where unused_files.bucket_id = discard_files.bucket_id
    and unused_files.name = any (discard_files.names)
    and unused_files.owner_id is not null;
end
$$;
comment on function public.discard_files(text, text[]) is
  'Makes files that nothing has claimed due for removal, after a request that failed. For the edge function. Security definer: service_role has no grant on private tables.';
grant execute on function public.discard_files(text, text[]) to service_role;

create function private.enqueue_removals(bucket_id text, names text[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into private.unused_files (bucket_id, name, remove_at)
  select distinct enqueue_removals.bucket_id, unused.name, now()
  from unnest(enqueue_removals.names) as unused (name)
  on conflict on constraint unused_files_pkey do update
  set owner_id = null, remove_at = excluded.remove_at;
end
$$;
comment on function private.enqueue_removals(text, text[]) is
  'Makes files due for removal that nothing shows any more. Not granted: SECURITY DEFINER trigger functions call it.';

-- The files of posts

create table public.post_media (
  id uuid primary key default private.uuid_v7(),
  post_id uuid not null references public.posts (id) on delete cascade,
  path text not null constraint post_media_path_key unique,
  position smallint not null,
  file_type public.media_type not null,
  mime_type text not null,
  size bigint not null,
  width integer,
  height integer,
  duration_ms integer,
  alt_text text not null default '',
  created_at timestamptz not null default now(),
  -- Also for the foreign key. Checked at the end of a statement, because files move up together.
  constraint post_media_post_id_position_key unique (post_id, position) deferrable initially immediate,
  constraint post_media_position_check check (position between 0 and private.limit_of('media') - 1),
  constraint post_media_size_check check (size between 1 and private.limit_of('media_size')),
  constraint post_media_width_check check (width > 0),
  constraint post_media_height_check check (height > 0),
  constraint post_media_duration_ms_check check (duration_ms > 0),
  constraint post_media_alt_text_check check (char_length(alt_text) <= private.limit_of('alt_text_length'))
);

alter table public.post_media enable row level security;

-- No write: create_post and update_post claim files that were inspected.
grant select on public.post_media to authenticated;
grant select, insert, delete on public.post_media to service_role;
-- Not the path: the file that it replaces would never be removed.
grant update (position, file_type, mime_type, size, width, height, duration_ms, alt_text) on public.post_media to service_role;

-- As on post_tags.
create policy select_visible on public.post_media for select to authenticated
  using ((select true from public.posts where posts.id = post_media.post_id));

comment on table public.post_media is 'The files of posts. Visible with their post.';
comment on column public.post_media.id is 'Identifies the file.';
comment on column public.post_media.post_id is 'The post that shows the file.';
comment on column public.post_media.path is 'The object''s name in bucket post-media. No two posts share one.';
comment on column public.post_media.position is 'The place in the post, from 0.';
comment on column public.post_media.file_type is 'How a client shows it.';
comment on column public.post_media.mime_type is 'The media type, by its bytes.';
comment on column public.post_media.size is 'Bytes.';
comment on column public.post_media.width is 'Pixels, as shown upright; null where there are none.';
comment on column public.post_media.height is 'Pixels, as shown upright; null where there are none.';
comment on column public.post_media.duration_ms is 'Milliseconds of sound or video; null where there are none, or the file does not tell.';
comment on column public.post_media.alt_text is 'A description of the file, for users who cannot see it.';
comment on column public.post_media.created_at is 'When the post claimed it.';
comment on policy select_visible on public.post_media is 'A file is visible with its post.';

create function private.tg_post_media__enqueue_removals()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_posts constant uuid[] := array(select distinct removed.post_id from removed);
begin
  perform private.enqueue_removals('post-media', array(select removed.path from removed));
  -- The remaining files move up, in the same order.
  update public.post_media
  set position = numbered.position
  from (
    select files.id, row_number() over (partition by files.post_id order by files.position) - 1 as position
    from public.post_media as files
    where files.post_id = any (v_posts)
  ) as numbered
  where post_media.id = numbered.id and post_media.position <> numbered.position;
  return null;
end
$$;
comment on function private.tg_post_media__enqueue_removals() is
  'Trigger: enqueues the files that a post no longer shows, and closes the gaps. Security definer: unused_files is granted to nobody.';

create trigger _100_enqueue_removals after delete on public.post_media
  referencing old table as removed
  for each statement execute function private.tg_post_media__enqueue_removals();

create function private.media_list(media jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_media constant jsonb := case when jsonb_typeof(media_list.media) = 'null' then '[]' else coalesce(media_list.media, '[]') end;
  v_item jsonb;
  v_list jsonb := '[]';
begin
  if jsonb_typeof(v_media) <> 'array' then
    perform private.raise_error(422, 'media_invalid', 'media is a list of paths, or of {"path", "alt_text"}.', 'media');
  -- Before any item is looked at: a request may bring a hundred thousand.
  elsif jsonb_array_length(v_media) > private.limit_of('media') then
    perform private.raise_error(422, 'media_too_many', 'A post has at most {media} files.', 'media');
  end if;
  for v_item in select * from jsonb_array_elements(v_media) loop
    if jsonb_typeof(v_item) = 'string' then
      v_item := jsonb_build_object('path', v_item);
    end if;
    if jsonb_typeof(v_item) <> 'object'
      or jsonb_typeof(v_item -> 'path') is distinct from 'string'
      or coalesce(jsonb_typeof(v_item -> 'alt_text'), 'null') not in ('string', 'null')
    then
      perform private.raise_error(422, 'media_invalid', 'media is a list of paths, or of {"path", "alt_text"}.', 'media');
    elsif char_length(v_item ->> 'alt_text') > private.limit_of('alt_text_length') then
      perform private.raise_error(
        422, 'alt_text_invalid', 'An alternative text has at most {alt_text_length} characters.', 'media'
      );
    end if;
    v_list := v_list || jsonb_build_object('path', v_item -> 'path', 'alt_text', coalesce(v_item ->> 'alt_text', ''));
  end loop;
  return v_list;
end
$$;
comment on function private.media_list(jsonb) is
  'A client''s list of files, each a path or {"path", "alt_text"}, in the second form; an error for anything else.';

create function private.claim_media(post_id uuid, media jsonb)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_paths constant text[] := array(select item ->> 'path' from jsonb_array_elements(claim_media.media) as item);
  v_places_taken constant integer := (
    select count(*) from public.post_media where post_media.post_id = claim_media.post_id
  );
  v_claimed private.unused_files[];
begin
  if v_places_taken + cardinality(v_paths) > private.limit_of('media') then
    perform private.raise_error(422, 'media_too_many', 'A post has at most {media} files.', 'media');
  end if;
  with claimed as (
    delete from private.unused_files
    where unused_files.bucket_id = 'post-media'
      and unused_files.name = any (v_paths)
      and unused_files.owner_id = auth.uid()
    returning unused_files as file
  )
  select coalesce(array_agg(claimed.file), '{}') into v_claimed from claimed;
  if cardinality(v_paths) > (select count(distinct path) from unnest(v_paths) as path) or exists (
    select
    from public.post_media
    where post_media.path = any (v_paths) and split_part(post_media.path, '/', 1) = auth.uid()::text
  ) then
    perform private.raise_error(409, 'media_already_used', 'A file belongs to a post already.', 'media');
  elsif cardinality(v_claimed) < cardinality(v_paths) then
    perform private.raise_error(
      422, 'media_not_found', 'A file is not there, or is not yours: publish it first.', 'media'
    );
  end if;
  insert into public.post_media (
    post_id, path, position, file_type, mime_type, size, width, height, duration_ms, alt_text
  )
  select
    claim_media.post_id, claimed.name, v_places_taken + listed.place - 1, claimed.file_type, claimed.mime_type,
    claimed.size, claimed.width, claimed.height, claimed.duration_ms, listed.item ->> 'alt_text'
  from jsonb_array_elements(claim_media.media) with ordinality as listed (item, place)
  join unnest(v_claimed) as claimed on claimed.name = listed.item ->> 'path';
end
$$;
comment on function private.claim_media(uuid, jsonb) is
  'Attaches the caller''s files to a post, in order, behind those that it has. Takes a list as private.media_list makes it. Not granted: create_post and update_post call it.';

-- The pictures of profiles

create function private.tg_profiles__use_pictures()
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
    -- On an insert every field of `old` is null.
    where picture.path is distinct from picture.replaced
  loop
    if v_picture.path is not null then
      delete from private.unused_files
      where unused_files.bucket_id = v_picture.bucket
        and unused_files.name = v_picture.path
        and unused_files.owner_id = new.id;
      if not found then
        perform private.raise_error(
          422, 'picture_not_found', 'The picture is not there, or is not yours: publish it first.', v_picture.field
        );
      end if;
    end if;
    if v_picture.replaced is not null then
      perform private.enqueue_removals(v_picture.bucket, array[v_picture.replaced]);
    end if;
  end loop;
  return new;
end
$$;
comment on function private.tg_profiles__use_pictures() is
  'Trigger: takes the new pictures of a profile from the unused files, and enqueues the replaced ones. Security definer: unused_files is granted to nobody.';

create function private.tg_profiles__enqueue_removals()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if old.avatar_path is not null then
    perform private.enqueue_removals('avatars', array[old.avatar_path]);
  end if;
  if old.cover_path is not null then
    perform private.enqueue_removals('covers', array[old.cover_path]);
  end if;
  return null;
end
$$;
comment on function private.tg_profiles__enqueue_removals() is
  'Trigger: enqueues the pictures of a deleted profile. Security definer: unused_files is granted to nobody.';

create trigger _100_use_pictures before insert or update of avatar_path, cover_path on public.profiles
  for each row execute function private.tg_profiles__use_pictures();
create trigger _300_enqueue_removals after delete on public.profiles
  for each row execute function private.tg_profiles__enqueue_removals();

-- Buckets

-- The types are checked by the edge function, by the bytes.
insert into storage.buckets (id, name, public, file_size_limit)
values
  ('uploads', 'uploads', false, private.limit_of('media_size')),
  ('post-media', 'post-media', false, private.limit_of('media_size')),
  ('avatars', 'avatars', true, private.limit_of('avatar_size')),
  ('covers', 'covers', true, private.limit_of('cover_size'))
on conflict (id) do update
set public = excluded.public, file_size_limit = excluded.file_size_limit, allowed_mime_types = null;

-- <user id>/<uuid>: nothing of the user's own file name becomes public, and no two uploads collide. Users only insert:
-- a user who reads an upload could sign a URL for it, or copy it with another type, and the project's origin would
-- serve a page with a script. The function reads and removes uploads for them.
create policy uploads_insert_own on storage.objects for insert to authenticated
  with check (
    bucket_id = 'uploads'
    and name ~ ('^' || (select auth.uid())::text || '/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
    and (select private.may_write())
  );
-- A scalar subquery, as on post_tags. The policy of post_media decides.
create policy post_media_select_visible on storage.objects for select to authenticated
  using (bucket_id = 'post-media' and (select true from public.post_media where post_media.path = objects.name));

create function private.tg_objects__refuse_inactive()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_folder constant text := split_part(new.name, '/', 1);
begin
  if pg_input_is_valid(v_folder, 'uuid') and private.is_active(v_folder::uuid) then
    return new;
  end if;
  -- Storage knows this code, and answers 403.
  raise exception using errcode = '42501', message = 'This account is closed.';
end
$$;
comment on function private.tg_objects__refuse_inactive() is
  'Trigger: nothing is uploaded for a user who is banned or deleted, whenever the upload was signed. Security definer: bans belong to Auth.';

create trigger _100_refuse_inactive before insert or update on storage.objects
  for each row
  when (new.bucket_id = 'uploads')
  execute function private.tg_objects__refuse_inactive();
