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
  width integer,
  height integer,
  alt_text text not null default '',
  inspected_at timestamptz,
  is_visible_to_all boolean not null default false,
  created_at timestamptz not null default now(),
  -- Also the index of the foreign key. Checked at the end of a statement, because files move up together.
  constraint post_media_post_id_position_key unique (post_id, position) deferrable initially immediate,
  constraint post_media_position_check check (position between 0 and (public.limits() ->> 'media')::integer - 1),
  constraint post_media_size_check check (size between 0 and (public.limits() ->> 'media_size')::bigint),
  constraint post_media_width_check check (width > 0),
  constraint post_media_height_check check (height > 0),
  constraint post_media_alt_text_check check (
    char_length(alt_text) <= (public.limits() ->> 'alt_text_length')::integer
  )
);
-- What the sweep has still to look at; normally next to nothing.
create index post_media_uninspected_idx on public.post_media (id) where inspected_at is null;

alter table public.post_media enable row level security;
-- See 20261122000200: estimates would tell.
alter table public.post_media
  alter column path set statistics 0,
  alter column mime_type set statistics 0,
  alter column alt_text set statistics 0;

-- No write is granted: create_post and update_post claim uploads, after they have looked at them.
grant select on public.post_media to authenticated;
-- is_visible_to_all follows from the post: not even the secret key writes it.
grant select, delete on public.post_media to service_role;
grant
  insert (id, post_id, path, position, file_type, mime_type, size, width, height, alt_text, inspected_at, created_at),
  update (id, post_id, path, position, file_type, mime_type, size, width, height, alt_text, inspected_at, created_at)
  on public.post_media to service_role;

-- Of what not everybody sees, the policy of posts answers. A scalar subquery on purpose: `exists` and `in` let the
-- planner read all posts into a hash table before the first row. What nobody has looked into may be anything, whatever
-- it calls itself: until then only its owner loads it.
create policy select_visible on public.post_media for select to authenticated
  using (
    is_visible_to_all and inspected_at is not null
    or (
      select post_media.inspected_at is not null or posts.owner_id = (select auth.uid())
      from public.posts
      where posts.id = post_media.post_id
    )
  );

comment on table public.post_media is 'The files of posts, at most 10 each. Visible with their post, once they are inspected.';
comment on column public.post_media.id is 'Identifies the file.';
comment on column public.post_media.post_id is 'The post that shows the file.';
comment on column public.post_media.path is 'The object''s name in bucket post-media. No two posts share one.';
comment on column public.post_media.position is 'The place in the post, from 0.';
comment on column public.post_media.file_type is 'How a client shows it.';
comment on column public.post_media.mime_type is
  'The media type, in the one spelling that private.media_types keeps: what the bytes are, or, until they are inspected, what the upload called itself.';
comment on column public.post_media.size is 'Bytes.';
comment on column public.post_media.width is 'Pixels, as shown upright; null where there are none, or nobody knows.';
comment on column public.post_media.height is 'Pixels, as shown upright; null where there are none, or nobody knows.';
comment on column public.post_media.alt_text is 'What the file shows, for those who cannot see it; at most 1,000 characters.';
comment on column public.post_media.inspected_at is 'When its bytes were looked into; null until then, and nobody but the owner sees it.';
comment on column public.post_media.is_visible_to_all is 'As that of the post, or false. Kept by triggers.';
comment on column public.post_media.created_at is 'When the post claimed it.';
comment on policy select_visible on public.post_media is 'Whoever sees the post sees its files, once they are inspected; the owner sees his at once.';

create function private.release_media()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.queue_removals('post-media', array(select released.path from released));
  return null;
end
$$;
comment on function private.release_media() is
  'Trigger: queues files for removal that their post no longer shows. Security definer: the queue is nobody''s to write.';

create function private.close_media_gaps()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.post_media
  set position = numbered.position
  from (
    select files.id, row_number() over (partition by files.post_id order by files.position) - 1 as position
    from public.post_media as files
    where files.post_id in (select released.post_id from released)
  ) as numbered
  where post_media.id = numbered.id and post_media.position <> numbered.position;
  return null;
end
$$;
comment on function private.close_media_gaps() is
  'Trigger: the files behind one that goes move up, and the order is kept. Security definer: whoever deletes a file''s row need not be able to move the others.';

create trigger _100_release after delete on public.post_media
  referencing old table as released
  for each statement execute function private.release_media();
create trigger _200_close_gaps after delete on public.post_media
  referencing old table as released
  for each statement execute function private.close_media_gaps();
