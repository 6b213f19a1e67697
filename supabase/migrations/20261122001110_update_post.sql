-- An edit of a post with its files, tags and mentions in one transaction: all of it, or nothing.

create function private.stamp_post(post_id uuid)
returns void
language sql
security definer
set search_path = ''
as $$
  update public.posts
  set updated_at = now()
  where posts.id = stamp_post.post_id and posts.owner_id = auth.uid()
$$;
comment on function private.stamp_post(uuid) is
  'Stamps the caller''s post with the time of an edit that changed no column of it: of its files, tags or mentions. Security definer: times are nobody''s to write. Only the caller''s own post is stamped.';
grant execute on function private.stamp_post(uuid) to authenticated;

create function public.update_post(
  post_id uuid,
  caption text default null,
  tags text[] default null,
  mentions text[] default null,
  is_public boolean default null,
  add_media jsonb default '[]',
  remove_media text[] default '{}'
)
returns public.posts
language plpgsql
-- Invoker: the post itself is written under the caller's own grants and policies. What he has no grant for goes
-- through helpers.
set search_path = ''
-- As in create_post.
set plan_cache_mode = force_generic_plan
as $$
declare
  v_user_id constant uuid := auth.uid();
  v_post_id constant uuid := update_post.post_id;
  v_caption constant text := update_post.caption;
  v_added constant jsonb := private.media_list(update_post.add_media);
  v_removed constant text[] := coalesce(update_post.remove_media, '{}');
  v_tag_names text[];
  v_profile_ids uuid[];
  v_post public.posts;
begin
  perform private.require_writer();
  select posts.* into v_post from public.posts where posts.id = v_post_id;
  if not found then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  elsif v_post.owner_id <> v_user_id then
    perform private.raise_error(403, 'not_owner', 'The post is not yours.');
  end if;
  if v_caption is not null then
    perform private.check_caption(v_caption);
  end if;
  perform private.check_list_lengths(update_post.tags, update_post.mentions);
  v_tag_names := private.explicit_tag_names(update_post.tags);
  v_profile_ids := private.explicit_profile_ids(update_post.mentions);

  -- From here on one edit at a time: places in the post are counted, and lists replaced.
  select posts.* into v_post from public.posts where posts.id = v_post_id for no key update;
  if not found then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
  perform private.hold_counter('update_post');
  if v_tag_names is not null then
    perform private.ensure_tags_of_post(v_tag_names, coalesce(v_caption, v_post.caption));
  end if;

  -- What goes, goes first: a full post may exchange what it has.
  if v_tag_names is not null or v_profile_ids is not null then
    perform private.remove_explicit_references(v_post_id, v_tag_names, v_profile_ids);
  end if;
  if cardinality(v_removed) > 0 then
    perform private.remove_media(v_post_id, v_removed);
  end if;

  update public.posts
  set caption = coalesce(v_caption, posts.caption),
    is_public = coalesce(update_post.is_public, posts.is_public)
  where posts.id = v_post_id
    and (
      posts.caption <> coalesce(v_caption, posts.caption)
      or posts.is_public <> coalesce(update_post.is_public, posts.is_public)
    );

  if jsonb_array_length(v_added) > 0 then
    perform private.claim_media(v_post_id, v_added);
  end if;
  if cardinality(v_tag_names) > 0 or cardinality(v_profile_ids) > 0 then
    perform private.add_explicit_references(
      v_post_id, coalesce(v_tag_names, '{}'), coalesce(v_profile_ids, '{}')
    );
  end if;
  if v_tag_names is not null
    or v_profile_ids is not null
    or cardinality(v_removed) > 0
    or jsonb_array_length(v_added) > 0
  then
    perform private.stamp_post(v_post_id);
  end if;

  select posts.* into strict v_post from public.posts where posts.id = v_post_id;
  return v_post;
end
$$;
comment on function public.update_post(uuid, text, text[], text[], boolean, jsonb, text[]) is
  'Edits the caller''s post. What is null stays as it is. tags, mentions: replace those that were listed; the caption''s stay with the caption. add_media: as media of create_post, behind the files that are there. remove_media: ids or paths of files of the post.';
grant execute on function public.update_post(uuid, text, text[], text[], boolean, jsonb, text[]) to authenticated;
