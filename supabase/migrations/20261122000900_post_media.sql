-- The files of a post. Bytes lie in bucket post-media; a row claims one of its objects for one post.

create type public.media_type as enum ('image', 'video', 'audio', 'document');
comment on type public.media_type is 'How a client shows a file.';

-- A table, not a list in code: the bucket's allowed types and the claim of an upload read the same rows.
create table private.media_types (
  mime_type text primary key,
  stored_as text not null,
  file_type public.media_type not null
);
comment on table private.media_types is 'The types of files that posts take: ten formats, under every name that clients send for them.';
comment on column private.media_types.mime_type is 'The media type as a client may declare it.';
comment on column private.media_types.stored_as is 'The one name under which the format is kept.';
comment on column private.media_types.file_type is 'How a client shows it.';

insert into private.media_types (mime_type, stored_as, file_type)
values
  ('image/jpeg', 'image/jpeg', 'image'),
  ('image/jpg', 'image/jpeg', 'image'),
  ('image/png', 'image/png', 'image'),
  ('image/gif', 'image/gif', 'image'),
  ('video/mp4', 'video/mp4', 'video'),
  ('video/quicktime', 'video/quicktime', 'video'),
  ('video/x-msvideo', 'video/x-msvideo', 'video'),
  ('video/avi', 'video/x-msvideo', 'video'),
  ('video/msvideo', 'video/x-msvideo', 'video'),
  ('video/vnd.avi', 'video/x-msvideo', 'video'),
  ('audio/mpeg', 'audio/mpeg', 'audio'),
  ('audio/mp3', 'audio/mpeg', 'audio'),
  ('audio/wav', 'audio/wav', 'audio'),
  ('audio/x-wav', 'audio/wav', 'audio'),
  ('audio/wave', 'audio/wav', 'audio'),
  ('audio/vnd.wave', 'audio/wav', 'audio'),
  ('application/pdf', 'application/pdf', 'document'),
  (
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'document'
  );

create table public.post_media (
  id uuid primary key default private.uuid_v7(),
  post_id uuid not null references public.posts (id) on delete cascade,
  path text not null constraint post_media_path_key unique,
  position smallint not null,
  file_type public.media_type not null,
  mime_type text not null,
  size bigint not null,
  created_at timestamptz not null default now(),
  -- Also the index of the foreign key.
  constraint post_media_post_id_position_key unique (post_id, position),
  constraint post_media_position_check check (position between 0 and (public.limits() ->> 'media')::integer - 1),
  constraint post_media_size_check check (size between 0 and (public.limits() ->> 'media_size')::bigint)
);

alter table public.post_media enable row level security;

-- No write is granted: only create_post claims an upload, after it has looked at it.
grant select on public.post_media to authenticated;
grant select, insert, update, delete on public.post_media to service_role;

-- A scalar subquery for the same reason as on posts, whose own policy answers here.
create policy select_visible on public.post_media for select to authenticated
  using ((select true from public.posts where posts.id = post_media.post_id));

comment on table public.post_media is 'The files of posts, at most 10 each. Visible with their post.';
comment on column public.post_media.id is 'Identifies the file.';
comment on column public.post_media.post_id is 'The post that shows the file.';
comment on column public.post_media.path is 'The object''s name in bucket post-media. No two posts share one.';
comment on column public.post_media.position is 'The place in the post, from 0.';
comment on column public.post_media.file_type is 'How a client shows it.';
comment on column public.post_media.mime_type is 'The media type, in the one spelling that private.media_types keeps.';
comment on column public.post_media.size is 'Bytes.';
comment on column public.post_media.created_at is 'When the post claimed it.';
comment on policy select_visible on public.post_media is 'Whoever sees the post sees its files.';

create function private.claim_media(post_id uuid, paths text[])
returns void
language plpgsql
-- Definer: clients have no write grant on post_media. The owner of post and object is checked here.
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := auth.uid();
  v_paths constant text[] := claim_media.paths;
  v_post_id constant uuid := claim_media.post_id;
  v_usable integer;
  v_known integer;
  v_claimed integer;
begin
  if not exists (select from public.posts where posts.id = v_post_id and posts.owner_id = v_user_id) then
    perform private.raise_error(403, 'not_owner', 'The post is not yours.');
  end if;

  -- Held against deletion until the claim is committed.
  perform
  from storage.objects
  where objects.bucket_id = 'post-media' and objects.name = any (v_paths)
  order by objects.name
  for key share;

  select count(*), count(media_types.mime_type)
  into v_usable, v_known
  from unnest(v_paths) as upload (path)
  join storage.objects
    on objects.bucket_id = 'post-media'
    and objects.name = upload.path
    and split_part(objects.name, '/', 1) = v_user_id::text
    and objects.owner_id = v_user_id::text
    -- Storage writes size and type when the upload is complete.
    and objects.metadata ? 'size'
  left join private.media_types
    on media_types.mime_type = lower(btrim(split_part(objects.metadata ->> 'mimetype', ';', 1)));

  if v_usable < cardinality(v_paths) then
    perform private.raise_error(
      422, 'media_not_found', 'A file is no upload of yours: upload it to your own folder first.', 'media'
    );
  elsif v_known < v_usable then
    perform private.raise_error(415, 'media_type_unsupported', 'A file is of a type that posts do not take.', 'media');
  end if;

  -- In the order of paths, which is the same for everybody: two requests that claim the same uploads must not wait
  -- for each other.
  insert into public.post_media (post_id, path, position, file_type, mime_type, size)
  select
    v_post_id, upload.path, upload.place - 1, media_types.file_type, media_types.stored_as,
    (objects.metadata ->> 'size')::bigint
  from unnest(v_paths) with ordinality as upload (path, place)
  join storage.objects on objects.bucket_id = 'post-media' and objects.name = upload.path
  join private.media_types
    on media_types.mime_type = lower(btrim(split_part(objects.metadata ->> 'mimetype', ';', 1)))
  order by upload.path
  on conflict (path) do nothing;
  get diagnostics v_claimed = row_count;
  if v_claimed < cardinality(v_paths) then
    perform private.raise_error(409, 'media_already_used', 'A file belongs to a post already.', 'media');
  end if;
end
$$;
comment on function private.claim_media(uuid, text[]) is
  'Attaches the caller''s uploads to his post, in order. Called by create_post.';
grant execute on function private.claim_media(uuid, text[]) to authenticated;
