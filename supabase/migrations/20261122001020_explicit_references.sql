-- Tags and mentions that are listed beside the caption.

create function private.add_explicit_references(post_id uuid, tag_names text[], profile_ids uuid[])
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_post_id constant uuid := add_explicit_references.post_id;
  v_profile_ids constant uuid[] := add_explicit_references.profile_ids;
  v_held uuid[];
  v_is_visible_to_all boolean;
begin
  select posts.is_visible_to_all into v_is_visible_to_all
  from public.posts where posts.id = v_post_id and posts.owner_id = auth.uid();
  if not found then
    perform private.raise_error(403, 'not_owner', 'The post is not yours.');
  end if;

  insert into public.post_tags (post_id, tag_id, source, is_visible_to_all)
  select v_post_id, tags.id, 'explicit', v_is_visible_to_all
  from public.tags
  where tags.name = any (add_explicit_references.tag_names)
  on conflict on constraint post_tags_pkey do update set source = 'explicit';

  if cardinality(v_profile_ids) > 0 then
    -- Held until the transaction ends: somebody whose account is being deleted is gone, or goes with the mention.
    v_held := array(
      select profiles.id from public.profiles where profiles.id = any (v_profile_ids) order by profiles.id for key share
    );
    if v_held is distinct from array(select distinct id from unnest(v_profile_ids) as id order by id) then
      perform private.raise_error(422, 'mention_unknown', 'Somebody mentioned is no user any more.', 'mentions');
    end if;
    insert into public.post_mentions (post_id, profile_id, source, is_visible_to_all)
    select v_post_id, held.id, 'explicit', v_is_visible_to_all
    from unnest(v_held) as held (id)
    on conflict on constraint post_mentions_pkey do update set source = 'explicit';
  end if;
end
$$;
comment on function private.add_explicit_references(uuid, text[], uuid[]) is
  'Adds listed tags and mentions to the caller''s post; one that is there from the caption becomes explicit. Security definer: clients have no write grant on post_tags and post_mentions. The owner of the post is checked here.';
grant execute on function private.add_explicit_references(uuid, text[], uuid[]) to authenticated;

create function private.explicit_tag_names(tags text[])
returns text[]
language plpgsql
immutable
strict
set search_path = ''
as $$
declare
  v_limit constant integer := (public.limits() ->> 'tag_length')::integer;
  v_tag text;
  v_name text;
  v_names text[] := '{}';
begin
  foreach v_tag in array explicit_tag_names.tags loop
    -- Four times the limit leaves room for a # and white space around a name, and none for a megabyte.
    if v_tag is null or char_length(v_tag) > 4 * v_limit then
      perform private.raise_error(422, 'tag_invalid', 'A tag has 1 to 50 characters.', 'tags');
    end if;
    v_name := private.tag_name(v_tag);
    if char_length(v_name) not between 1 and v_limit then
      perform private.raise_error(422, 'tag_invalid', 'A tag has 1 to 50 characters.', 'tags');
    elsif v_name collate "und-x-icu" ~ '[[:cntrl:]]' then
      perform private.raise_error(422, 'tag_invalid', 'A tag has no control characters.', 'tags');
    end if;
    v_names := v_names || v_name;
  end loop;
  return v_names;
end
$$;
comment on function private.explicit_tag_names(text[]) is 'A client''s list of tags as names to store; an error for one that is none. Null for no list.';
grant execute on function private.explicit_tag_names(text[]) to authenticated;

create function private.explicit_profile_ids(mentions text[])
returns uuid[]
language plpgsql
stable
strict
set search_path = ''
as $$
declare
  v_mention text;
  v_id uuid;
  v_ids uuid[] := '{}';
begin
  foreach v_mention in array explicit_profile_ids.mentions loop
    v_mention := ltrim(btrim(v_mention), '@＠');
    if pg_input_is_valid(v_mention, 'uuid') then
      select profiles.id into v_id from public.profiles where profiles.id = v_mention::uuid;
    else
      -- With an empty search_path a plain = would compare as text, that is with case.
      select profiles.id into v_id
      from public.profiles
      where profiles.username operator(extensions.=) v_mention::extensions.citext;
    end if;
    if v_id is null then
      perform private.raise_error(
        422, 'mention_unknown', format('There is no user "%s".', left(coalesce(v_mention, ''), 64)), 'mentions'
      );
    end if;
    v_ids := v_ids || v_id;
  end loop;
  return v_ids;
end
$$;
comment on function private.explicit_profile_ids(text[]) is
  'A client''s list of user ids and user names as ids; an error for one that is nobody''s. Null for no list.';
grant execute on function private.explicit_profile_ids(text[]) to authenticated;

create function private.remove_explicit_references(post_id uuid, tag_names text[], profile_ids uuid[])
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_post_id constant uuid := remove_explicit_references.post_id;
  v_caption text;
begin
  select posts.caption into v_caption from public.posts where posts.id = v_post_id and posts.owner_id = auth.uid();
  if not found then
    perform private.raise_error(403, 'not_owner', 'The post is not yours.');
  end if;

  -- What the caption says, too, stays, as the caption's.
  update public.post_tags
  set source = 'caption'
  from public.tags
  where post_tags.post_id = v_post_id
    and post_tags.source = 'explicit'
    and tags.id = post_tags.tag_id
    and tags.name <> all (remove_explicit_references.tag_names)
    and tags.name = any (private.caption_tag_names(v_caption));
  delete from public.post_tags
  using public.tags
  where post_tags.post_id = v_post_id
    and post_tags.source = 'explicit'
    and tags.id = post_tags.tag_id
    and tags.name <> all (remove_explicit_references.tag_names);

  update public.post_mentions
  set source = 'caption'
  from public.profiles
  where post_mentions.post_id = v_post_id
    and post_mentions.source = 'explicit'
    and profiles.id = post_mentions.profile_id
    and profiles.id <> all (remove_explicit_references.profile_ids)
    and exists (
      select
      from unnest(public.extract_mentions(v_caption)) as mention
      where profiles.username operator(extensions.=) mention::extensions.citext
    );
  delete from public.post_mentions
  where post_mentions.post_id = v_post_id
    and post_mentions.source = 'explicit'
    and post_mentions.profile_id <> all (remove_explicit_references.profile_ids);
end
$$;
comment on function private.remove_explicit_references(uuid, text[], uuid[]) is
  'Takes those listed tags and mentions from the caller''s post that are not among these. Null for a list leaves all of its kind. Security definer: clients have no write grant on post_tags and post_mentions. The owner of the post is checked here.';
grant execute on function private.remove_explicit_references(uuid, text[], uuid[]) to authenticated;
