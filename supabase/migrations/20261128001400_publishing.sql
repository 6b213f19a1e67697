-- Publishing: writes a post with its files, tags and mentions in one transaction.
--
-- The public functions run as the caller and ask row-level security what the caller sees. The private ones write, with
-- their owner's rights, only what belongs to auth.uid().
--
-- supabase/CONVENTIONS.md lists the locks and their order.

create table private.idempotency_keys (
  owner_id uuid not null references public.profiles (id) on delete cascade,
  key text not null,
  request_hash bytea not null,
  -- Deferred: the key is reserved before the post or the comment is written.
  post_id uuid references public.posts (id) on delete set null deferrable initially deferred,
  comment_id uuid references public.comments (id) on delete set null deferrable initially deferred,
  created_at timestamptz not null default now(),
  primary key (owner_id, key)
);
create index idempotency_keys_post_id_idx on private.idempotency_keys (post_id) where post_id is not null;
create index idempotency_keys_comment_id_idx on private.idempotency_keys (comment_id) where comment_id is not null;
-- For the sweep.
create index idempotency_keys_created_at_idx on private.idempotency_keys (created_at);
comment on table private.idempotency_keys is 'Requests that a client may repeat for a day, because the answer was lost, without repeating what they did.';
comment on column private.idempotency_keys.owner_id is 'The user who sent it: two users may choose the same key.';
comment on column private.idempotency_keys.key is 'The key, as the client sent it.';
comment on column private.idempotency_keys.request_hash is 'SHA-256 of the arguments: a key is good for one request only.';
comment on column private.idempotency_keys.post_id is 'The post that the request made; null once it is deleted.';
comment on column private.idempotency_keys.comment_id is 'The comment that the request made; null once it is deleted.';
comment on column private.idempotency_keys.created_at is 'When the request was first made.';

create function private.reserve_idempotency_key(
  key text, request jsonb, post_id uuid default null, comment_id uuid default null
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_hash constant bytea := sha256(convert_to(reserve_idempotency_key.request::text, 'UTF8'));
  v_first private.idempotency_keys;
begin
  -- Printable, as over HTTP, where it is a header.
  if char_length(reserve_idempotency_key.key) > private.limit_of('idempotency_key_length')
    or reserve_idempotency_key.key collate "C" !~ '^[ -~]+$'
  then
    perform private.raise_error(
      422, 'idempotency_key_invalid', 'An idempotency key has 1 to {idempotency_key_length} printable characters.',
      'idempotency_key'
    );
  end if;
  -- The same key at the same time waits here until the first request is done, and then finds what that one made.
  insert into private.idempotency_keys (owner_id, key, request_hash, post_id, comment_id)
  values (
    auth.uid(), reserve_idempotency_key.key, v_hash, reserve_idempotency_key.post_id, reserve_idempotency_key.comment_id
  )
  on conflict on constraint idempotency_keys_pkey do nothing;
  if found then
    return coalesce(reserve_idempotency_key.post_id, reserve_idempotency_key.comment_id);
  end if;
  select * into v_first
  from private.idempotency_keys
  where idempotency_keys.owner_id = auth.uid() and idempotency_keys.key = reserve_idempotency_key.key;
  if v_first.request_hash <> v_hash then
    perform private.raise_error(
      422, 'idempotency_key_reused', 'The idempotency key was sent before with other arguments.', 'idempotency_key'
    );
  elsif v_first.post_id is null and v_first.comment_id is null then
    perform private.raise_error(
      422, 'idempotency_key_reused', 'What this idempotency key made has since been deleted.', 'idempotency_key'
    );
  end if;
  return coalesce(v_first.post_id, v_first.comment_id);
end
$$;
comment on function private.reserve_idempotency_key(text, jsonb, uuid, uuid) is
  'The given id of a post or a comment for the first request with this key of the caller''s; for a repeated one the id of what the first made. request: what was asked for, of posts and of comments in different forms. Not granted: create_post and create_comment call it.';

create function private.check_post_input(caption text, tags text[], mentions text[])
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  if not private.is_valid_caption(caption) then
    perform private.raise_error(422, 'caption_invalid', 'A caption has 1 to {caption_length} characters.', 'caption');
  -- Before any item is looked at: a request may bring a hundred thousand.
  elsif cardinality(tags) > private.limit_of('tags') then
    perform private.raise_error(422, 'tags_too_many', 'A post has at most {tags} tags.', 'tags');
  elsif cardinality(mentions) > private.limit_of('mentions') then
    perform private.raise_error(422, 'mentions_too_many', 'A post mentions at most {mentions} users.', 'mentions');
  end if;
end
$$;
comment on function private.check_post_input(text, text[], text[]) is
  'Refuses an impossible caption, and lists that are too long by themselves. Null is not checked.';

create function private.explicit_tags(tags text[])
returns text[]
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_item text;
  v_tag text;
  v_tags text[] := '{}';
begin
  foreach v_item in array coalesce(explicit_tags.tags, '{}') loop
    -- Four times the limit leaves room for a # and white space around the name, and none for a megabyte.
    v_tag := case when char_length(v_item) <= 4 * private.limit_of('tag_length') then private.tag_name(v_item) end;
    if char_length(coalesce(v_tag, v_item)) > private.limit_of('tag_length') then
      perform private.raise_error(
        422, 'tag_invalid',
        format('A tag has at most {tag_length} characters: "%s…" is longer.', left(coalesce(v_tag, v_item), 20)), 'tags'
      );
    elsif coalesce(v_tag, '') = '' then
      perform private.raise_error(422, 'tag_invalid', 'A tag must not be empty.', 'tags');
    elsif not private.is_valid_tag(v_tag) then
      perform private.raise_error(422, 'tag_invalid', 'A tag has no control characters.', 'tags');
    end if;
    v_tags := v_tags || v_tag;
  end loop;
  return v_tags;
end
$$;
comment on function private.explicit_tags(text[]) is 'A client''s list of tags as they are stored; an error for one that is none.';

create function private.lock_mentioned(mentions text[])
returns uuid[]
language plpgsql
set search_path = ''
as $$
declare
  v_item text;
  v_id uuid;
  v_ids uuid[] := '{}';
begin
  foreach v_item in array coalesce(lock_mentioned.mentions, '{}') loop
    v_id := private.find_profile(v_item);
    v_ids := v_ids || v_id;
    if v_id <> auth.uid() then
      perform private.lock_pair(auth.uid(), v_id, shared => true);
    end if;
    -- Locked, or a deletion of the account at the same time would end this in an error of the foreign key.
    perform from public.profiles where profiles.id = v_id for key share;
    if not found or private.is_blocked(auth.uid(), v_id) then
      perform private.raise_error(
        422, 'mention_unknown',
        -- The message repeats the text only if it has the form of a name.
        case
          when private.is_valid_username(ltrim(btrim(v_item), '@＠')) then format('There is no user "%s".', ltrim(btrim(v_item), '@＠'))
          else 'A mention is the id or the user name of a user.'
        end,
        'mentions'
      );
    end if;
  end loop;
  return v_ids;
end
$$;
comment on function private.lock_mentioned(text[]) is
  'A client''s list of ids and user names as ids, locked against deletion and blocks; an error for one that is nobody''s, or of a user beyond a block.';

create function private.add_explicit_references(post_id uuid, tags text[], profile_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- A reference that the caption already has becomes explicit.
  if cardinality(tags) > 0 then
    insert into public.post_tags (post_id, tag, source)
    select distinct add_explicit_references.post_id, listed.tag, 'explicit'::public.reference_source
    from unnest(add_explicit_references.tags) as listed (tag)
    on conflict on constraint post_tags_pkey do update set source = excluded.source;
  end if;
  if cardinality(profile_ids) > 0 then
    insert into public.post_mentions (post_id, profile_id, source)
    select distinct add_explicit_references.post_id, listed.id, 'explicit'::public.reference_source
    from unnest(add_explicit_references.profile_ids) as listed (id)
    on conflict on constraint post_mentions_pkey do update set source = excluded.source;
  end if;
end
$$;
comment on function private.add_explicit_references(uuid, text[], uuid[]) is
  'Adds listed tags and mentions to a post. Not granted: create_post and update_post call it.';

-- New posts

create function private.insert_post(
  caption text,
  tags text[],
  mentions text[],
  media jsonb,
  is_public boolean,
  original_post uuid,
  visible_original uuid,
  idempotency_key text
)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := private.uuid_v7();
  v_media constant jsonb := private.media_list(insert_post.media);
  v_first_id uuid;
  v_tags text[];
  v_mentioned uuid[];
begin
  perform private.lock_writer();
  perform private.check_post_input(coalesce(insert_post.caption, ''), insert_post.tags, insert_post.mentions);
  if insert_post.idempotency_key is not null then
    v_first_id := private.reserve_idempotency_key(
      insert_post.idempotency_key,
      jsonb_build_array(
        insert_post.caption, insert_post.tags, insert_post.mentions, v_media, insert_post.is_public,
        insert_post.original_post
      ),
      post_id => v_id
    );
    if v_first_id <> v_id then
      return v_first_id;
    end if;
  end if;

  -- After the key: a repeated request must find its post, although its files are in use, and its original or a
  -- mentioned user may be deleted or renamed.
  perform private.count_action('create_post', auth.uid()::text);
  if insert_post.original_post is not null and insert_post.visible_original is null then
    perform private.raise_error(
      422, 'original_post_not_found', 'The post to repost does not exist.', 'original_post'
    );
  end if;
  v_tags := private.explicit_tags(insert_post.tags);
  perform private.lock_pair(auth.uid(), posts.owner_id, shared => true)
  from public.posts
  where posts.id = insert_post.visible_original and posts.owner_id <> auth.uid();
  v_mentioned := private.lock_mentioned(insert_post.mentions);
  -- Before the original, which a deletion of its owner takes along: the owner is notified.
  perform
  from public.profiles
  where profiles.id = (select posts.owner_id from public.posts where posts.id = insert_post.visible_original)
  for key share;

  insert into public.posts (id, owner_id, caption, is_public, original_post_id)
  values (v_id, auth.uid(), insert_post.caption, insert_post.is_public, insert_post.visible_original);
  if jsonb_array_length(v_media) > 0 then
    perform private.claim_media(v_id, v_media);
  end if;
  perform private.add_explicit_references(v_id, v_tags, v_mentioned);
  return v_id;
end
$$;
comment on function private.insert_post(text, text[], text[], jsonb, boolean, uuid, uuid, text) is
  'Writes a post of the caller''s and returns its id. original_post: as named by the caller. visible_original: the post to repost, if the caller sees it; a wrong one shows nothing, because readers see an original only if the policy of posts shows it to them. Security definer: posts are not granted to users for writing. It writes in the caller''s name only.';
grant execute on function private.insert_post(text, text[], text[], jsonb, boolean, uuid, uuid, text) to authenticated;

create function public.create_post(
  caption text,
  tags text[] default '{}',
  mentions text[] default '{}',
  media jsonb default '[]',
  is_public boolean default true,
  original_post uuid default null,
  idempotency_key text default null
)
returns public.post_view
language plpgsql
-- Invoker: row-level security decides which post the caller may repost.
set search_path = ''
-- For triggers and helpers, too: planning for the very values takes longer than the statements.
set plan_cache_mode = force_generic_plan
as $$
declare
  v_visible_original uuid;
  v_id uuid;
begin
  if create_post.is_public is null then
    -- Not the default: a client that sends an empty value may mean a private post.
    perform private.raise_error(422, 'is_public_invalid', 'A post is public or not: true or false.', 'is_public');
  end if;
  if create_post.original_post is not null then
    v_visible_original := private.original_of(create_post.original_post);
  end if;
  v_id := private.insert_post(
    create_post.caption,
    coalesce(create_post.tags, '{}'),
    coalesce(create_post.mentions, '{}'),
    create_post.media,
    create_post.is_public,
    create_post.original_post,
    v_visible_original,
    create_post.idempotency_key
  );
  -- A statement of its own, which sees the new post.
  return public.get_post(v_id);
end
$$;
comment on function public.create_post(text, text[], text[], jsonb, boolean, uuid, text) is
  'Publishes a post. tags: names, # optional. mentions: ids or user names, @ optional. media: files that were published for the caller and that nothing shows yet, in order, each a path or {"path", "alt_text"}. original_post: a visible post to repost; of a repost, its original is. idempotency_key: for a day, a repeated request with the same key returns the first post.';
grant execute on function public.create_post(text, text[], text[], jsonb, boolean, uuid, text) to authenticated;

-- Edits

create function private.edit_post(
  post_id uuid,
  caption text,
  tags text[],
  mentions text[],
  is_public boolean,
  add_media jsonb,
  remove_media text[]
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := edit_post.post_id;
  v_added constant jsonb := private.media_list(edit_post.add_media);
  v_removed constant text[] := coalesce(edit_post.remove_media, '{}');
  v_tags text[];
  v_mentioned uuid[];
  v_touched constant boolean := edit_post.tags is not null
    or edit_post.mentions is not null
    or jsonb_array_length(v_added) > 0
    or cardinality(v_removed) > 0;
begin
  perform private.lock_writer();
  perform private.check_post_input(edit_post.caption, edit_post.tags, edit_post.mentions);
  -- One edit at a time: places in the post are counted, and lists replaced.
  perform from public.posts where posts.id = v_id and posts.owner_id = auth.uid() for no key update;
  if not found then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
  perform private.count_action('update_post', auth.uid()::text);
  v_tags := private.explicit_tags(edit_post.tags);
  v_mentioned := private.lock_mentioned(edit_post.mentions);
  -- Before mentions are removed: a deleted account takes the two in this order as well.
  perform private.lock_mentionable(auth.uid(), private.added_mentions(edit_post.caption, posts.caption), 'mentions')
  from public.posts
  where posts.id = v_id;

  -- Remove first, so that a full post can exchange files and tags.
  if edit_post.tags is not null then
    delete from public.post_tags
    where post_tags.post_id = v_id and post_tags.source = 'explicit' and post_tags.tag <> all (v_tags);
  end if;
  if edit_post.mentions is not null then
    delete from public.post_mentions
    where post_mentions.post_id = v_id and post_mentions.name is null and post_mentions.profile_id <> all (v_mentioned);
    update public.post_mentions
    set source = 'caption'
    where post_mentions.post_id = v_id
      and post_mentions.source = 'explicit'
      and post_mentions.profile_id <> all (v_mentioned);
  end if;
  if cardinality(v_removed) > 0 then
    perform private.remove_media(v_id, v_removed);
  end if;
  -- Sets the caption even to itself: its trigger adds removed tags again that the caption has.
  update public.posts
  set caption = coalesce(edit_post.caption, posts.caption),
    is_public = coalesce(edit_post.is_public, posts.is_public),
    updated_at = case when v_touched then now() else posts.updated_at end
  where posts.id = v_id
    and (
      v_touched
      or posts.caption <> coalesce(edit_post.caption, posts.caption)
      or posts.is_public <> coalesce(edit_post.is_public, posts.is_public)
    );
  if jsonb_array_length(v_added) > 0 then
    perform private.claim_media(v_id, v_added);
  end if;
  perform private.add_explicit_references(v_id, v_tags, v_mentioned);
end
$$;
comment on function private.edit_post(uuid, text, text[], text[], boolean, jsonb, text[]) is
  'Writes an edit of the caller''s post. Security definer: posts are not granted to users for writing. Only the caller''s own post is edited.';
grant execute on function private.edit_post(uuid, text, text[], text[], boolean, jsonb, text[]) to authenticated;

create function private.remove_media(post_id uuid, media text[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_ids constant uuid[] := array(
    select post_media.id
    from public.post_media
    where post_media.post_id = remove_media.post_id
      and (post_media.path = any (remove_media.media) or post_media.id::text = any (
        array(select lower(item) from unnest(remove_media.media) as item)
      ))
  );
begin
  if exists (
    select
    from unnest(remove_media.media) as item
    where not exists (
      select
      from public.post_media
      where post_media.id = any (v_ids) and (post_media.path = item or post_media.id::text = lower(item))
    )
  ) then
    perform private.raise_error(422, 'media_not_found', 'A file to remove does not belong to the post.', 'remove_media');
  end if;
  delete from public.post_media where post_media.id = any (v_ids);
end
$$;
comment on function private.remove_media(uuid, text[]) is
  'Takes files, named by id or path, from a post. Not granted: update_post calls it.';

create function public.update_post(
  post_id uuid,
  caption text default null,
  tags text[] default null,
  mentions text[] default null,
  is_public boolean default null,
  add_media jsonb default '[]',
  remove_media text[] default '{}'
)
returns public.post_view
language plpgsql
-- Invoker: row-level security decides whether a post of another user is "not yours" or "not there".
set search_path = ''
-- As in create_post.
set plan_cache_mode = force_generic_plan
as $$
declare
  v_owner_id uuid;
begin
  select posts.owner_id into v_owner_id from public.posts where posts.id = update_post.post_id;
  if v_owner_id is distinct from auth.uid() then
    -- A deleted user has no posts; tell them that, and not about the post.
    perform private.lock_writer();
  end if;
  if v_owner_id is null then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  elsif v_owner_id <> auth.uid() then
    perform private.raise_error(403, 'not_owner', 'The post belongs to another user.');
  end if;
  perform private.edit_post(
    update_post.post_id, update_post.caption, update_post.tags, update_post.mentions, update_post.is_public,
    update_post.add_media, update_post.remove_media
  );
  return public.get_post(update_post.post_id);
end
$$;
comment on function public.update_post(uuid, text, text[], text[], boolean, jsonb, text[]) is
  'Edits the caller''s post. Omitted or null arguments stay unchanged. tags, mentions: replace those that were listed; the caption''s stay with the caption. add_media: as media of create_post, behind the files that are there. remove_media: ids or paths of files of the post.';
grant execute on function public.update_post(uuid, text, text[], text[], boolean, jsonb, text[]) to authenticated;

-- Deletion

create function public.delete_post(post_id uuid)
returns void
language plpgsql
-- Invoker: the policies of posts decide who deletes a post, and who is told that it is there.
set search_path = ''
-- The Data API takes this over: with ten thousands of comments, a post takes longer to delete than other requests may.
set statement_timeout = '60s'
as $$
begin
  delete from public.posts where posts.id = delete_post.post_id;
  if not found then
    -- Raises the reason: not signed in, deleted or banned.
    perform private.lock_writer();
    if exists (select from public.posts where posts.id = delete_post.post_id) then
      perform private.raise_error(403, 'not_owner', 'The post belongs to another user.');
    end if;
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
end
$$;
comment on function public.delete_post(uuid) is
  'Deletes a post of the caller''s with its files, likes and comments.';
grant execute on function public.delete_post(uuid) to authenticated;
