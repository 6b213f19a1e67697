-- How uploads become files of a post, and cease to be.

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
  -- Before any element is looked at: a request may bring a hundred thousand.
  elsif jsonb_array_length(v_media) > (public.limits() ->> 'media')::integer then
    perform private.raise_error(422, 'media_too_many', 'A post has at most 10 files.', 'media');
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
    elsif char_length(v_item ->> 'alt_text') > (public.limits() ->> 'alt_text_length')::integer then
      perform private.raise_error(422, 'alt_text_invalid', 'An alternative text has at most 1,000 characters.', 'media');
    end if;
    v_list := v_list || jsonb_build_object('path', v_item -> 'path', 'alt_text', coalesce(v_item ->> 'alt_text', ''));
  end loop;
  return v_list;
end
$$;
comment on function private.media_list(jsonb) is
  'A client''s list of files, paths or {"path", "alt_text"}, in the second form; an error for one that is neither.';
grant execute on function private.media_list(jsonb) to authenticated;

create function private.claim_media(post_id uuid, media jsonb)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := auth.uid();
  v_post_id constant uuid := claim_media.post_id;
  v_paths constant text[] := array(
    select upload.item ->> 'path'
    from jsonb_array_elements(claim_media.media) with ordinality as upload (item, place)
    order by upload.place
  );
  v_places_taken integer;
  v_unusable integer;
  v_unknown integer;
  v_claimed integer;
  v_is_visible_to_all boolean;
begin
  select posts.is_visible_to_all into v_is_visible_to_all
  from public.posts where posts.id = v_post_id and posts.owner_id = v_user_id;
  if not found then
    perform private.raise_error(403, 'not_owner', 'The post is not yours.');
  end if;
  select count(*) into v_places_taken from public.post_media where post_media.post_id = v_post_id;
  if v_places_taken + cardinality(v_paths) > (public.limits() ->> 'media')::integer then
    perform private.raise_error(422, 'media_too_many', 'A post has at most 10 files.', 'media');
  end if;

  -- Whose folder it is, is asked before anything is locked: nobody waits for what others try with his files.
  -- A file that a post has is no longer in the queue, so that answer comes below and not from here.
  if exists (select from unnest(v_paths) as path where split_part(path, '/', 1) is distinct from v_user_id::text)
    or not private.keep_uploads('post-media', v_paths)
  then
    perform private.raise_error(
      422, 'media_not_found', 'A file is no upload of yours: upload it to your own folder first.', 'media'
    );
  end if;

  select
    count(*) filter (
      where objects.owner_id is distinct from v_user_id::text
        -- Storage writes size and type when the upload is complete.
        or objects.metadata ? 'size' is not true
    ),
    count(*) filter (where coalesce(inspected_uploads.mime_type, media_types.mime_type) is null)
  into v_unusable, v_unknown
  from storage.objects
  left join private.inspected_uploads
    on inspected_uploads.object_id = objects.id and inspected_uploads.version is not distinct from objects.version
  left join private.media_types
    on media_types.mime_type = lower(btrim(split_part(objects.metadata ->> 'mimetype', ';', 1)))
  where objects.bucket_id = 'post-media' and objects.name = any (v_paths);
  if v_unusable > 0 then
    perform private.raise_error(
      422, 'media_not_found', 'A file is no upload of yours: upload it to your own folder first.', 'media'
    );
  elsif v_unknown > 0 then
    perform private.raise_error(415, 'media_type_unsupported', 'A file is of a type that posts do not take.', 'media');
  end if;

  -- In the order of paths, which is the same for everybody: two requests that claim the same uploads must not wait
  -- for each other.
  insert into public.post_media (
    post_id, path, position, file_type, mime_type, size, width, height, alt_text, inspected_at, is_visible_to_all
  )
  select
    v_post_id, objects.name, v_places_taken + upload.place - 1, media_types.file_type, media_types.stored_as,
    (objects.metadata ->> 'size')::bigint, inspected_uploads.width, inspected_uploads.height,
    upload.item ->> 'alt_text', inspected_uploads.inspected_at, v_is_visible_to_all
  from jsonb_array_elements(claim_media.media) with ordinality as upload (item, place)
  join storage.objects on objects.bucket_id = 'post-media' and objects.name = upload.item ->> 'path'
  left join private.inspected_uploads
    on inspected_uploads.object_id = objects.id and inspected_uploads.version is not distinct from objects.version
  -- What its bytes are; where nobody has looked yet, what it calls itself.
  join private.media_types
    on media_types.mime_type
      = coalesce(inspected_uploads.mime_type, lower(btrim(split_part(objects.metadata ->> 'mimetype', ';', 1))))
  order by objects.name
  on conflict (path) do nothing;
  get diagnostics v_claimed = row_count;
  if v_claimed < cardinality(v_paths) then
    perform private.raise_error(409, 'media_already_used', 'A file belongs to a post already.', 'media');
  end if;
end
$$;
comment on function private.claim_media(uuid, jsonb) is
  'Attaches the caller''s uploads to his post, in order, behind those that it has. Takes a list as private.media_list makes it. Security definer: clients have no write grant on post_media. The owner of post and object is checked here.';
grant execute on function private.claim_media(uuid, jsonb) to authenticated;

create function private.remove_media(post_id uuid, media text[])
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_post_id constant uuid := remove_media.post_id;
begin
  if not exists (select from public.posts where posts.id = v_post_id and posts.owner_id = auth.uid()) then
    perform private.raise_error(403, 'not_owner', 'The post is not yours.');
  end if;
  if exists (
    select
    from unnest(remove_media.media) as unwanted (name)
    where not exists (
      select
      from public.post_media
      where post_media.post_id = v_post_id
        and (post_media.path = unwanted.name or post_media.id::text = lower(unwanted.name))
    )
  ) then
    perform private.raise_error(422, 'media_not_found', 'A file to remove is not the post''s.', 'remove_media');
  end if;
  delete from public.post_media
  using unnest(remove_media.media) as unwanted (name)
  where post_media.post_id = v_post_id
    and (post_media.path = unwanted.name or post_media.id::text = lower(unwanted.name));
end
$$;
comment on function private.remove_media(uuid, text[]) is
  'Takes files, named by id or path, from the caller''s post; triggers move the others up and queue the bytes for removal. Security definer: clients have no write grant on post_media. The owner of the post is checked here.';
grant execute on function private.remove_media(uuid, text[]) to authenticated;
