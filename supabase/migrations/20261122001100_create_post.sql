-- A post with its files, tags and mentions in one transaction: all of it, or nothing.

create table private.idempotency_keys (
  owner_id uuid not null references public.profiles (id) on delete cascade,
  key text not null,
  request_hash bytea not null,
  post_id uuid references public.posts (id) on delete set null,
  created_at timestamptz not null default now(),
  primary key (owner_id, key)
);
create index idempotency_keys_post_id_idx on private.idempotency_keys (post_id);
comment on table private.idempotency_keys is 'Requests that clients may repeat without repeating what they did.';
comment on column private.idempotency_keys.owner_id is 'Whose request: two people may choose the same key.';
comment on column private.idempotency_keys.key is 'What the client sent, 1 to 255 characters.';
comment on column private.idempotency_keys.request_hash is 'SHA-256 of the arguments: a key is good for one request only.';
comment on column private.idempotency_keys.post_id is 'The post that the request made; null once it is deleted.';
comment on column private.idempotency_keys.created_at is 'When the request was first made.';

create function private.claim_idempotency_key(key text, request_hash bytea)
returns uuid
language plpgsql
-- Definer: the table is nobody's but this function's. It looks at the caller's own keys only.
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := auth.uid();
  v_key constant text := claim_idempotency_key.key;
  v_first record;
begin
  -- The same key at the same time waits here until the first request is done, and then finds what it did.
  insert into private.idempotency_keys (owner_id, key, request_hash)
  values (v_user_id, v_key, claim_idempotency_key.request_hash)
  on conflict do nothing;
  if found then
    return null;
  end if;

  select idempotency_keys.request_hash, idempotency_keys.post_id
  into v_first
  from private.idempotency_keys
  where idempotency_keys.owner_id = v_user_id and idempotency_keys.key = v_key;
  if v_first.request_hash <> claim_idempotency_key.request_hash then
    perform private.raise_error(
      422, 'idempotency_key_reused', 'The idempotency key was sent before with other arguments.', 'idempotency_key'
    );
  elsif v_first.post_id is null then
    perform private.raise_error(
      422, 'idempotency_key_reused', 'The post of this idempotency key has since been deleted.', 'idempotency_key'
    );
  end if;
  return v_first.post_id;
end
$$;
comment on function private.claim_idempotency_key(text, bytea) is
  'Null for the first request with this key; for a repeated one the id of the post that the first made.';
grant execute on function private.claim_idempotency_key(text, bytea) to authenticated;

create function private.settle_idempotency_key(key text, post_id uuid)
returns void
language sql
-- Definer: see claim_idempotency_key.
security definer
set search_path = ''
as $$
  update private.idempotency_keys
  set post_id = settle_idempotency_key.post_id
  where idempotency_keys.owner_id = auth.uid()
    and idempotency_keys.key = settle_idempotency_key.key
    and idempotency_keys.post_id is null
$$;
comment on function private.settle_idempotency_key(text, uuid) is 'Notes which post a claimed key has made.';
grant execute on function private.settle_idempotency_key(text, uuid) to authenticated;

create function private.add_explicit_references(post_id uuid, tag_names text[], profile_ids uuid[])
returns void
language plpgsql
-- Definer: clients have no write grant on post_tags and post_mentions. The owner of the post is checked here.
security definer
set search_path = ''
as $$
declare
  v_post_id constant uuid := add_explicit_references.post_id;
begin
  if not exists (select from public.posts where posts.id = v_post_id and posts.owner_id = auth.uid()) then
    perform private.raise_error(403, 'not_owner', 'The post is not yours.');
  end if;

  insert into public.post_tags (post_id, tag_id, source)
  select v_post_id, tags.id, 'explicit'
  from public.tags
  where tags.name = any (add_explicit_references.tag_names)
  on conflict on constraint post_tags_pkey do update set source = 'explicit';

  insert into public.post_mentions (post_id, profile_id, source)
  select v_post_id, profiles.id, 'explicit'
  from public.profiles
  where profiles.id = any (add_explicit_references.profile_ids)
  order by profiles.id
  on conflict on constraint post_mentions_pkey do update set source = 'explicit';
end
$$;
comment on function private.add_explicit_references(uuid, text[], uuid[]) is
  'Adds listed tags and mentions to the caller''s post; one that is there from the caption becomes explicit.';
grant execute on function private.add_explicit_references(uuid, text[], uuid[]) to authenticated;

create function private.explicit_tag_names(tags text[])
returns text[]
language plpgsql
immutable
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
comment on function private.explicit_tag_names(text[]) is 'A client''s list of tags as names to store; an error for one that is none.';
grant execute on function private.explicit_tag_names(text[]) to authenticated;

create function private.explicit_profile_ids(mentions text[])
returns uuid[]
language plpgsql
stable
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
  'A client''s list of user ids and user names as ids; an error for one that is nobody''s.';
grant execute on function private.explicit_profile_ids(text[]) to authenticated;

create function public.create_post(
  caption text,
  tags text[] default '{}',
  mentions text[] default '{}',
  media text[] default '{}',
  is_public boolean default true,
  original_post uuid default null,
  idempotency_key text default null
)
returns public.posts
language plpgsql
-- Invoker: the post itself is written under the caller's own grants and policies. What he has no grant for goes
-- through the helpers above.
set search_path = ''
as $$
declare
  v_user_id constant uuid := auth.uid();
  v_caption constant text := create_post.caption;
  v_tags constant text[] := coalesce(create_post.tags, '{}');
  v_mentions constant text[] := coalesce(create_post.mentions, '{}');
  v_media constant text[] := coalesce(create_post.media, '{}');
  v_is_public constant boolean := coalesce(create_post.is_public, true);
  v_key constant text := create_post.idempotency_key;
  v_tag_names text[];
  v_profile_ids uuid[];
  v_earlier_id uuid;
  v_post public.posts;
begin
  -- A token outlives its user by up to an hour.
  if not exists (select from public.profiles where profiles.id = v_user_id) then
    perform private.raise_error(401, 'not_signed_in', 'Sign in to publish.');
  end if;
  if v_caption is null
    or char_length(v_caption) not between 1 and (public.limits() ->> 'caption_length')::integer
    or v_caption collate "und-x-icu" !~ '\S'
  then
    perform private.raise_error(422, 'caption_invalid', 'A caption has 1 to 2,200 characters.', 'caption');
  end if;
  -- Before any element is looked at: a request may bring a hundred thousand.
  if cardinality(v_tags) > (public.limits() ->> 'tags')::integer then
    perform private.raise_error(422, 'tags_too_many', 'A post has at most 30 tags.', 'tags');
  elsif cardinality(v_mentions) > (public.limits() ->> 'mentions')::integer then
    perform private.raise_error(422, 'mentions_too_many', 'A post mentions at most 20 people.', 'mentions');
  elsif cardinality(v_media) > (public.limits() ->> 'media')::integer then
    perform private.raise_error(422, 'media_too_many', 'A post has at most 10 files.', 'media');
  end if;

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

  -- After the key, because what is there changes: a repeated request must find its post although the files are in
  -- use by then and somebody mentioned has another name.
  v_tag_names := private.explicit_tag_names(v_tags);
  v_profile_ids := private.explicit_profile_ids(v_mentions);
  if cardinality(v_tag_names) > 0 then
    -- Those of the caption too, which the trigger would otherwise add in a second go: see ensure_tags.
    perform private.ensure_tags(v_tag_names || array(
      select found.name
      from unnest(public.extract_hashtags(v_caption)) as hashtag
      cross join private.tag_name(hashtag) as found (name)
      where char_length(found.name) <= (public.limits() ->> 'tag_length')::integer
    ));
  end if;

  insert into public.posts (caption, is_public, original_post_id)
  values (v_caption, v_is_public, create_post.original_post)
  returning * into v_post;
  if cardinality(v_media) > 0 then
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
comment on function public.create_post(text, text[], text[], text[], boolean, uuid, text) is
  'Publishes a post. tags: names, # optional. mentions: user ids or user names, @ optional. media: names of own, unused objects in bucket post-media, in order. original_post: a visible post to pass on. idempotency_key: a repeated request with the same key returns the first post.';
grant execute on function public.create_post(text, text[], text[], text[], boolean, uuid, text) to authenticated;
