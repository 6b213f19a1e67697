-- Where files lie and who may do what with them. Storage itself enforces size and type of an upload by its bucket,
-- and asks these policies for the rest.

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values
  (
    'post-media', 'post-media', false, (public.limits() ->> 'media_size')::bigint,
    array(select media_types.mime_type from private.media_types order by media_types.mime_type)
  ),
  (
    'avatars', 'avatars', true, (public.limits() ->> 'avatar_size')::bigint,
    array['image/gif', 'image/jpeg', 'image/jpg', 'image/png']
  ),
  (
    'covers', 'covers', true, (public.limits() ->> 'cover_size')::bigint,
    array['image/gif', 'image/jpeg', 'image/jpg', 'image/png']
  )
on conflict (id) do update
set public = excluded.public,
  file_size_limit = excluded.file_size_limit,
  allowed_mime_types = excluded.allowed_mime_types;

create function private.is_upload_name(name text, owner_id uuid)
returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
  select name ~ ('^' || owner_id::text || '/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[a-z0-9]{1,10}$')
$$;
comment on function private.is_upload_name(text, uuid) is
  'Whether an object''s name is <user id>/<uuid>.<extension>: nothing of the person''s own file name gets public, and no two uploads collide.';
grant execute on function private.is_upload_name(text, uuid) to authenticated;

-- Files of posts. There is no update: what a post has claimed does not change under it.
create policy post_media_select_visible on storage.objects for select to authenticated
  using (
    bucket_id = 'post-media'
    and (
      (storage.foldername(name))[1] = (select auth.uid())::text
      -- A scalar subquery for the same reason as on public.posts, whose policy decides here.
      or (select true from public.post_media where post_media.path = objects.name)
    )
  );
create policy post_media_insert_own on storage.objects for insert to authenticated
  with check (bucket_id = 'post-media' and private.is_upload_name(name, (select auth.uid())));
create policy post_media_delete_own_unclaimed on storage.objects for delete to authenticated
  using (
    bucket_id = 'post-media'
    and (storage.foldername(name))[1] = (select auth.uid())::text
    and (select true from public.post_media where post_media.path = objects.name) is null
  );

-- Pictures of profiles. Anybody loads them by their public URL, which asks no policy.
create policy pictures_select_own on storage.objects for select to authenticated
  using (
    bucket_id in ('avatars', 'covers')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  );
create policy pictures_insert_own on storage.objects for insert to authenticated
  with check (bucket_id in ('avatars', 'covers') and private.is_upload_name(name, (select auth.uid())));
create policy pictures_update_own on storage.objects for update to authenticated
  using (
    bucket_id in ('avatars', 'covers')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  )
  with check (bucket_id in ('avatars', 'covers') and private.is_upload_name(name, (select auth.uid())));
create policy pictures_delete_own on storage.objects for delete to authenticated
  using (
    bucket_id in ('avatars', 'covers')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  );
