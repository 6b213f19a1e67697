-- A post with its files, tags and mentions in one transaction: all of it, or nothing.

create function private.check_caption(caption text)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  if caption is null
    or char_length(caption) not between 1 and (public.limits() ->> 'caption_length')::integer
    or caption collate "und-x-icu" !~ '\S'
  then
    perform private.raise_error(422, 'caption_invalid', 'A caption has 1 to 2,200 characters.', 'caption');
  end if;
end
$$;
comment on function private.check_caption(text) is 'Refuses a caption that posts_caption_check would refuse, in words that a client understands.';
grant execute on function private.check_caption(text) to authenticated;

create function private.check_list_lengths(tags text[], mentions text[])
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  -- Before any element is looked at: a request may bring a hundred thousand.
  if cardinality(tags) > (public.limits() ->> 'tags')::integer then
    perform private.raise_error(422, 'tags_too_many', 'A post has at most 30 tags.', 'tags');
  elsif cardinality(mentions) > (public.limits() ->> 'mentions')::integer then
    perform private.raise_error(422, 'mentions_too_many', 'A post mentions at most 20 people.', 'mentions');
  end if;
end
$$;
comment on function private.check_list_lengths(text[], text[]) is 'Refuses lists that are too long by themselves.';
grant execute on function private.check_list_lengths(text[], text[]) to authenticated;

create function private.ensure_tags_of_post(listed text[], caption text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- Those of the caption too, which the trigger would otherwise add in a second go: see ensure_tags.
  perform private.ensure_tags(listed || private.caption_tag_names(caption));
end
$$;
comment on function private.ensure_tags_of_post(text[], text) is
  'Adds the tags that a post will need and that are not there yet: the listed ones and the caption''s.';
grant execute on function private.ensure_tags_of_post(text[], text) to authenticated;

create function public.create_post(
  caption text,
  tags text[] default '{}',
  mentions text[] default '{}',
  media jsonb default '[]',
  is_public boolean default true,
  original_post uuid default null,
  idempotency_key text default null
)
returns public.posts
language plpgsql
-- Invoker: the post itself is written under the caller's own grants and policies. What he has no grant for goes
-- through the helpers above.
set search_path = ''
-- For triggers and helpers, too: planning for these very values takes longer than the statements themselves.
set plan_cache_mode = force_generic_plan
as $$
declare
  v_user_id constant uuid := auth.uid();
  v_caption constant text := create_post.caption;
  v_tags constant text[] := coalesce(create_post.tags, '{}');
  v_mentions constant text[] := coalesce(create_post.mentions, '{}');
  v_media constant jsonb := private.media_list(create_post.media);
  v_is_public constant boolean := coalesce(create_post.is_public, true);
  v_key constant text := create_post.idempotency_key;
  v_tag_names text[];
  v_profile_ids uuid[];
  v_earlier_id uuid;
  v_post public.posts;
begin
  if create_post.original_post is not null then
    -- Posts before people: see private.hold_counter. Whether the caller may see it is asked when it is passed on.
    perform private.hold_post(create_post.original_post);
  end if;
  perform private.require_writer();
  -- Held, so that the account does not go half way through; at once as private.set_post_visibility will hold it, since
  -- whoever waits for the counter would keep a deletion waiting that has a weaker hold already.
  perform from public.profiles where profiles.id = v_user_id for share;
  if not found then
    perform private.raise_error(401, 'not_signed_in', 'Sign in to publish.');
  end if;
  perform private.check_caption(v_caption);
  perform private.check_list_lengths(v_tags, v_mentions);

  if v_key is not null then
    if char_length(v_key) not between 1 and 255 then
      perform private.raise_error(
        422, 'idempotency_key_invalid', 'An idempotency key has 1 to 255 characters.', 'idempotency_key'
      );
    end if;
    v_earlier_id := private.claim_idempotency_key(
      v_key,
      sha256(convert_to(
        jsonb_build_array(v_caption, v_tags, v_mentions, v_media, v_is_public, create_post.original_post)::text, 'UTF8'
      ))
    );
    if v_earlier_id is not null then
      select posts.* into strict v_post from public.posts where posts.id = v_earlier_id;
      return v_post;
    end if;
  end if;

  perform private.hold_counter('create_post');
  -- After the key, because what is there changes: a repeated request must find its post although the files are in
  -- use by then and somebody mentioned has another name.
  v_tag_names := private.explicit_tag_names(v_tags);
  v_profile_ids := private.explicit_profile_ids(v_mentions);
  if cardinality(v_tag_names) > 0 then
    perform private.ensure_tags_of_post(v_tag_names, v_caption);
  end if;

  insert into public.posts (caption, is_public, original_post_id)
  values (v_caption, v_is_public, create_post.original_post)
  returning * into v_post;
  if jsonb_array_length(v_media) > 0 then
    perform private.claim_media(v_post.id, v_media);
  end if;
  if cardinality(v_tag_names) > 0 or cardinality(v_profile_ids) > 0 then
    perform private.add_explicit_references(v_post.id, v_tag_names, v_profile_ids);
  end if;
  if v_key is not null then
    perform private.settle_idempotency_key(v_key, v_post.id);
  end if;
  return v_post;
end
$$;
comment on function public.create_post(text, text[], text[], jsonb, boolean, uuid, text) is
  'Publishes a post. tags: names, # optional. mentions: user ids or user names, @ optional. media: own, unused objects of bucket post-media, in order, each a path or {"path", "alt_text"}. original_post: a visible post to pass on; of a repost, its original is. idempotency_key: for a day, a repeated request with the same key returns the first post.';
grant execute on function public.create_post(text, text[], text[], jsonb, boolean, uuid, text) to authenticated;
