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
      -- A scalar subquery for the same reason as on public.posts. The policy of post_media decides here.
      or (select true from public.post_media where post_media.path = objects.name)
    )
  );
create policy post_media_insert_own on storage.objects for insert to authenticated
  with check (bucket_id = 'post-media' and private.is_upload_name(name, (select auth.uid())) and (select private.may_write()));
create policy post_media_delete_own_unclaimed on storage.objects for delete to authenticated
  using (
    bucket_id = 'post-media'
    and (storage.foldername(name))[1] = (select auth.uid())::text
    and (select true from public.post_media where post_media.path = objects.name) is null
    and (select private.may_write())
  );

-- Pictures of profiles. Anybody loads them by their public URL, which asks no policy and does not wait for an inspection:
-- so there is no insert and no update, and the edge function stores a picture once it has looked into it.
create policy pictures_select_own on storage.objects for select to authenticated
  using (
    bucket_id in ('avatars', 'covers')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  );
create policy pictures_delete_own on storage.objects for delete to authenticated
  using (
    bucket_id in ('avatars', 'covers')
    and (storage.foldername(name))[1] = (select auth.uid())::text
    and (select private.may_write())
  );

create function private.is_shown(bucket_id text, name text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select case bucket_id
    when 'post-media' then exists (select from public.post_media where post_media.path = is_shown.name)
    else exists (
      select
      from public.profiles
      -- A picture's folder is its owner, so the primary key finds him; there is no index on paths.
      where profiles.id = case when pg_input_is_valid(split_part(name, '/', 1), 'uuid') then split_part(name, '/', 1)::uuid end
        and case bucket_id when 'avatars' then profiles.avatar_path when 'covers' then profiles.cover_path end = is_shown.name
    )
  end
$$;
comment on function private.is_shown(text, text) is 'Whether a post or a profile shows the object.';

create function private.refuse_deleting_claimed()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- The policy has asked already, but of what was committed when the deletion began. Since then the deletion may have
  -- waited for a claim (private.keep_uploads), and this question sees what that one committed.
  if private.is_shown(old.bucket_id, old.name) then
    -- Storage knows this code, and answers 403.
    raise exception using errcode = '42501', message = 'The file belongs to a post: take it from the post, or delete the post.';
  end if;
  return old;
end
$$;
comment on function private.refuse_deleting_claimed() is
  'Trigger: a file that a post shows is not deleted, whoever asks. Security definer: whether a post has the file must not depend on what the caller may see.';

create trigger _100_refuse_deleting_claimed before delete on storage.objects
  for each row
  when (old.bucket_id = 'post-media')
  execute function private.refuse_deleting_claimed();
