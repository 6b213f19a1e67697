-- What a file is, is decided by its bytes, and SQL cannot read them. The edge function can: it tells here what it
-- found, about an upload that no post has yet, or about a post's file.

create table private.inspected_uploads (
  object_id uuid primary key references storage.objects (id) on delete cascade,
  version text,
  mime_type text not null references private.media_types (mime_type) on delete cascade,
  size bigint not null,
  width integer,
  height integer,
  inspected_at timestamptz not null default now()
);
create index inspected_uploads_mime_type_idx on private.inspected_uploads (mime_type);
comment on table private.inspected_uploads is
  'What the bytes of uploads turned out to be. It holds for one version of one object: other bytes are another file.';
comment on column private.inspected_uploads.object_id is 'The object in storage.objects.';
comment on column private.inspected_uploads.version is 'The version of the object that was looked into.';
comment on column private.inspected_uploads.mime_type is 'What it is, in the spelling that private.media_types keeps.';
comment on column private.inspected_uploads.size is 'Bytes.';
comment on column private.inspected_uploads.width is 'Pixels, as shown upright; null where there are none, or nobody knows.';
comment on column private.inspected_uploads.height is 'Pixels, as shown upright; null where there are none, or nobody knows.';
comment on column private.inspected_uploads.inspected_at is 'When.';

create table private.inspection_leases (
  media_id uuid primary key references public.post_media (id) on delete cascade,
  leased_until timestamptz not null,
  attempts integer not null default 1
);
comment on table private.inspection_leases is 'Files of posts that a sweep is looking into, so that another one takes others.';
comment on column private.inspection_leases.media_id is 'The file.';
comment on column private.inspection_leases.leased_until is 'Until when nobody else takes it.';
comment on column private.inspection_leases.attempts is 'How often it was taken. What fails often comes last.';

create function public.record_inspection(
  path text,
  mime_type text,
  width integer default null,
  height integer default null,
  object_id uuid default null
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_path constant text := record_inspection.path;
  v_object record;
  v_type private.media_types;
begin
  select * into v_type from private.media_types
  where media_types.mime_type = lower(btrim(split_part(record_inspection.mime_type, ';', 1)));
  if not found then
    perform private.raise_error(415, 'media_type_unsupported', 'The file is of a type that posts do not take.', 'media');
  end if;

  -- Locked against a claim (private.keep_uploads) that would else miss what is written here, and be missed by it.
  select objects.id, objects.version, (objects.metadata ->> 'size')::bigint as size
  into v_object
  from storage.objects
  where objects.bucket_id = 'post-media'
    and objects.name = v_path
    and objects.metadata ? 'size'
    -- An owner may delete an upload and put another one in its place while the first is being looked into.
    and (record_inspection.object_id is null or objects.id = record_inspection.object_id)
  for update;
  if not found then
    perform private.raise_error(422, 'media_not_found', 'There is no such upload.', 'media');
  end if;

  insert into private.inspected_uploads (object_id, version, mime_type, size, width, height)
  values (v_object.id, v_object.version, v_type.stored_as, v_object.size, record_inspection.width, record_inspection.height)
  on conflict on constraint inspected_uploads_pkey do update
  set version = excluded.version,
    mime_type = excluded.mime_type,
    size = excluded.size,
    width = excluded.width,
    height = excluded.height,
    inspected_at = now();

  update public.post_media
  set file_type = v_type.file_type,
    mime_type = v_type.stored_as,
    size = v_object.size,
    width = record_inspection.width,
    height = record_inspection.height,
    inspected_at = now()
  where post_media.path = v_path;
  delete from private.inspection_leases
  using public.post_media
  where post_media.id = inspection_leases.media_id and post_media.path = v_path;
end
$$;
comment on function public.record_inspection(text, text, integer, integer, uuid) is
  'Notes what the bytes of an object in bucket post-media are. object_id: the object that was read, in case another has taken its name. For the edge function. Security definer: service_role has no grant on private tables.';
-- Not for clients: they would vouch for themselves.
grant execute on function public.record_inspection(text, text, integer, integer, uuid) to service_role;

create function public.reject_upload(path text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_path constant text := reject_upload.path;
begin
  -- The object against a claim, then the post, as update_post locks it, against a change of its files.
  perform from storage.objects where objects.bucket_id = 'post-media' and objects.name = v_path for update;
  perform
  from public.posts
  where posts.id = (select post_media.post_id from public.post_media where post_media.path = v_path)
  for no key update;
  delete from public.post_media where post_media.path = v_path;
  perform private.queue_removals('post-media', array[v_path]);
end
$$;
comment on function public.reject_upload(text) is
  'Takes a file that is not what it claims from its post, if it has one, and queues it for removal. For the edge function. Security definer: service_role has no grant on private tables.';
grant execute on function public.reject_upload(text) to service_role;

create function public.uninspected_media(max integer default 20)
returns table (path text, mime_type text)
language sql
security definer
set search_path = ''
as $$
  with due as (
    select post_media.id
    from public.post_media
    left join private.inspection_leases on inspection_leases.media_id = post_media.id
    where post_media.inspected_at is null
      and (inspection_leases.leased_until is null or inspection_leases.leased_until <= now())
    -- A file that no sweep can cope with must not keep the others waiting.
    order by coalesce(inspection_leases.attempts, 0), post_media.id
    limit least(greatest(uninspected_media.max, 0), 1000)
  ),
  leased as (
    insert into private.inspection_leases as lease (media_id, leased_until)
    -- Five minutes: a function may run for less than that.
    select due.id, now() + interval '5 minutes'
    from due
    order by due.id
    -- Another sweep may have been faster: what it has taken is not taken again.
    on conflict on constraint inspection_leases_pkey do update
    set leased_until = excluded.leased_until, attempts = lease.attempts + 1
    where lease.leased_until <= now()
    returning lease.media_id
  )
  select post_media.path, post_media.mime_type
  from leased
  join public.post_media on post_media.id = leased.media_id
  order by post_media.id
$$;
comment on function public.uninspected_media(integer) is
  'Files of posts that nobody has looked into yet, oldest first, with what they call themselves. Whoever is given one has five minutes for it. For the sweep. Security definer: service_role has no grant on private tables.';
grant execute on function public.uninspected_media(integer) to service_role;
