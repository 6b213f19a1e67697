-- Posts, their visibility, and their tags and mentions.
--
-- Users write posts through functions only (create_post, update_post, hide_post), so that limits, rates and files are
-- checked in one place. The dashboard and the secret key may also write rows, so these rules are constraints and
-- triggers: visibility, flat reposts, and the tags and mentions of the caption.
--
-- Visibility is a stored column, is_visible_to_all, which decides nearly every row without looking at the owner. It
-- depends on the post and on the owner's profile, so every transaction that changes either of them first locks the
-- profile and then the post. A transaction that waits for the profile then reads it as it was committed. What depends on
-- the reader, follows and blocks, is in the policy.

create function private.is_valid_caption(caption text)
returns boolean
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return char_length(caption) between 1 and private.limit_of('caption_length')
    and private.has_visible_character(caption);
end
$$;
comment on function private.is_valid_caption(text) is 'Whether the text may be a caption: not too long, and not only white space and invisible characters.';
grant execute on function private.is_valid_caption(text) to service_role;

create table public.posts (
  id uuid primary key default private.uuid_v7(),
  owner_id uuid not null references public.profiles (id) on delete cascade,
  caption text not null,
  is_public boolean not null default true,
  original_post_id uuid references public.posts (id) on delete set null,
  is_repost boolean not null default false,
  hidden_at timestamptz,
  is_visible_to_all boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint posts_caption_check check (private.is_valid_caption(caption)),
  constraint posts_is_repost_check check (is_repost or original_post_id is null),
  constraint posts_is_visible_to_all_check check (is_public and hidden_at is null or not is_visible_to_all)
);
-- A user's posts, newest first; also for the foreign key.
create index posts_owner_id_id_idx on public.posts (owner_id, id);
-- The reposts of a post, newest first; also for the foreign key.
create index posts_original_post_id_id_idx on public.posts (original_post_id, id) where original_post_id is not null;
-- Whether a user has reposted a post.
create index posts_owner_id_original_post_id_idx on public.posts (owner_id, original_post_id)
  where original_post_id is not null;

alter table public.posts enable row level security;

grant select, delete on public.posts to authenticated;
grant select, insert, delete on public.posts to service_role;
-- Not original_post_id: reposts are made flat when they are inserted.
grant update (owner_id, caption, is_public, hidden_at, is_visible_to_all, created_at, updated_at)
  on public.posts to service_role;

-- The only place that decides who sees a post. The blocks, the caller and their role are looked up once a statement,
-- and only if a row depends on them; a follow is looked up for posts of private profiles only. No follow is beside a
-- block, so the last line needs no look at the blocks.
create policy select_visible on public.posts for select to authenticated
  using (
    is_visible_to_all and owner_id not in (select private.blocked_ids())
    or owner_id = (select auth.uid())
    or (select private.has_role('moderator'))
    or is_public and hidden_at is null and (
      select follows.state = 'accepted'
      from public.follows
      where follows.follower_id = (select auth.uid()) and follows.followee_id = posts.owner_id
    )
  );
create policy delete_own on public.posts for delete to authenticated
  using (owner_id = (select auth.uid()) and (select private.may_write()));

comment on table public.posts is
  'The posts of users. Everybody signed in sees a post if the post and its owner''s profile are public and no moderator has hidden it, except users who block the owner or are blocked; accepted followers see those of a private profile. The owner and moderators see every post.';
comment on column public.posts.id is 'Sorts by the time of publication: the order of every list, and its cursor.';
comment on column public.posts.owner_id is 'The user who published it.';
comment on column public.posts.caption is 'The text. Its @mentions and #hashtags are kept in post_mentions and post_tags.';
comment on column public.posts.is_public is 'False shows the post to its owner and to moderators only.';
comment on column public.posts.original_post_id is
  'The post that this one reposts, which is never a repost itself; null if there is none or it was deleted.';
comment on column public.posts.is_repost is 'Whether it reposts another post; stays true when that one is deleted.';
comment on column public.posts.hidden_at is
  'When a moderator hid it from everybody but its owner; null if none did. Which moderator is in audit_log only.';
comment on column public.posts.is_visible_to_all is
  'Whether everybody signed in sees it, blocks aside: post and owner''s profile are public, and it is not hidden. Set by triggers, whatever is written.';
comment on column public.posts.created_at is 'When it was published.';
comment on column public.posts.updated_at is 'When the owner last edited it.';
comment on policy select_visible on public.posts is
  'Own posts, and public posts, not hidden, of users whose profile is public or whom the caller follows, and who neither block the caller nor are blocked; moderators and admins see every post.';

create function private.require_post(post_id uuid)
returns void
language plpgsql
stable
-- Invoker: row-level security decides whether the caller sees the post.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  if not exists (select from public.posts where posts.id = require_post.post_id) then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
end
$$;
comment on function private.require_post(uuid) is 'Refuses a post that the caller does not see.';
grant execute on function private.require_post(uuid) to authenticated;

-- Only an edit counts: losing its original, or being hidden, does not make a post edited.
create trigger _200_touch_updated_at before update of caption, is_public on public.posts
  for each row
  when ((new.caption, new.is_public) is distinct from (old.caption, old.is_public))
  execute function private.tg__touch_updated_at();

-- Visibility

create function private.tg_posts__set_visibility()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  new.is_visible_to_all := false;
  if new.is_public and new.hidden_at is null then
    select profiles.is_public into new.is_visible_to_all
    from public.profiles where profiles.id = new.owner_id
    for share;
    -- Without a profile, the foreign key refuses the post.
    new.is_visible_to_all := coalesce(new.is_visible_to_all, false);
  end if;
  return new;
end
$$;
comment on function private.tg_posts__set_visibility() is
  'Trigger: is_visible_to_all follows from post and profile, whatever was written. Security definer: the answer must not depend on what the caller may see or lock.';

create trigger _300_set_visibility before insert or update of owner_id, is_public, hidden_at, is_visible_to_all on public.posts
  for each row execute function private.tg_posts__set_visibility();

create function private.tg_profiles__propagate_visibility()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Each row's trigger sets the right value; this only visits the rows that may change.
  update public.posts
  set is_visible_to_all = new.is_public
  where posts.owner_id = new.id and posts.is_public and posts.hidden_at is null;
  return null;
end
$$;
comment on function private.tg_profiles__propagate_visibility() is
  'Trigger: opening or closing a profile opens or closes its posts. Security definer: the column is not the user''s to write.';

create trigger _500_propagate_visibility after update of is_public on public.profiles
  for each row
  when (new.is_public <> old.is_public)
  execute function private.tg_profiles__propagate_visibility();

-- Reposts

create function private.original_of(post_id uuid)
returns uuid
language plpgsql
stable
-- Invoker: called as the user, it knows only posts that the user may see.
set search_path = ''
as $$
begin
  return (
    select original.id
    from public.posts as named
    join public.posts as original
      on original.id = case when named.is_repost then named.original_post_id else named.id end
    where named.id = original_of.post_id
  );
end
$$;
comment on function private.original_of(uuid) is
  'The post to repost: of a repost its original, else the post itself. Null if the caller may not see both, or one is gone.';
grant execute on function private.original_of(uuid) to authenticated;

create function private.tg_posts__flatten_repost()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- A repost of a repost refers to the original, so that all reposts of a post surround it and form no chain.
  new.original_post_id := private.original_of(new.original_post_id);
  -- Locked, or a deletion at the same time would end this in an error of the foreign key.
  perform from public.posts where posts.id = new.original_post_id for key share;
  if not found then
    perform private.raise_error(
      422, 'original_post_not_found', 'The post to repost does not exist.', 'original_post'
    );
  end if;
  new.is_repost := true;
  return new;
end
$$;
comment on function private.tg_posts__flatten_repost() is
  'Trigger: reposts refer to an original that exists and is no repost. Security definer: the lock needs a right on the post. Whether the caller sees the post is asked by create_post.';

create trigger _100_flatten_repost before insert on public.posts
  for each row
  when (new.original_post_id is not null)
  execute function private.tg_posts__flatten_repost();

-- Counts

create function private.tg_posts__count()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_owners_added uuid[];
  v_owners_removed uuid[];
  v_originals_added uuid[];
  v_originals_removed uuid[];
begin
  -- Only posts that their owner publishes and no moderator hides: a count must not tell of others.
  if tg_op <> 'DELETE' then
    v_owners_added := array(select added.owner_id from added where added.is_public and added.hidden_at is null);
    v_originals_added := array(
      select added.original_post_id from added where added.is_public and added.hidden_at is null
    );
  end if;
  if tg_op <> 'INSERT' then
    v_owners_removed := array(
      select removed.owner_id from removed where removed.is_public and removed.hidden_at is null
    );
    v_originals_removed := array(
      select removed.original_post_id from removed where removed.is_public and removed.hidden_at is null
    );
  end if;
  perform private.count_changes('profile_posts', v_owners_added, v_owners_removed);
  perform private.count_changes('post_reposts', v_originals_added, v_originals_removed);
  return null;
end
$$;
comment on function private.tg_posts__count() is
  'Trigger: counts the posts of a user and the reposts of a post. Security definer: counters are granted to nobody.';

create trigger _200_count_added after insert on public.posts
  referencing new table as added
  for each statement execute function private.tg_posts__count();
create trigger _200_count_changed after update on public.posts
  referencing old table as removed new table as added
  for each statement execute function private.tg_posts__count();
create trigger _200_count_removed after delete on public.posts
  referencing old table as removed
  for each statement execute function private.tg_posts__count();
create trigger _300_delete_counters after delete on public.posts
  referencing old table as removed
  for each statement execute function private.tg__delete_counters();

-- Tags and mentions

create type public.reference_source as enum ('caption', 'explicit');
comment on type public.reference_source is
  'The source of a tag or a mention: the caption, whose edits remove it again, or an explicit list.';

create function private.tag_name(tag text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  -- Sound marks of their own, which NFKC would take apart into a space and a mark, become those that join a kana.
  v_tag constant text := normalize(translate(tag_name.tag, E'\u309b\u309c', E'\u3099\u309a'), nfkc);
  v_edge constant text := '[[:space:]#' || private.invisible_characters() || ']+';
begin
  return normalize(
    lower(
      regexp_replace(
        regexp_replace(v_tag collate "und-x-icu", '^' || v_edge || '|' || v_edge || '$', '', 'g'),
        '\s+', ' ', 'g'
      ) collate "und-x-icu"
    ),
    nfkc
  );
end
$$;
comment on function private.tag_name(text) is
  'A tag as it is stored, from captions, lists and filters alike. Folded: upper case, forms of one character (NFKC: full width, half width, ligatures, presentation forms), white space; # and invisible characters at the edges. Not folded: accents and kana, which distinguish words; letters of other scripts that look alike; invisible characters inside, which Persian and Indic words are written with.';
grant execute on function private.tag_name(text) to authenticated, service_role;

create function private.is_valid_tag(tag text)
returns boolean
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return char_length(tag) between 1 and private.limit_of('tag_length')
    and tag = private.tag_name(tag)
    and tag collate "und-x-icu" !~ '[[:cntrl:]]';
end
$$;
comment on function private.is_valid_tag(text) is 'Whether the text is a tag as it is stored.';
grant execute on function private.is_valid_tag(text) to service_role;

create table public.post_tags (
  post_id uuid not null references public.posts (id) on delete cascade,
  -- Tags with one prefix are neighbours in the index.
  tag text collate "C" not null,
  source public.reference_source not null,
  primary key (post_id, tag),
  constraint post_tags_tag_check check (private.is_valid_tag(tag))
);
-- A tag's posts, newest first.
create index post_tags_tag_post_id_idx on public.post_tags (tag, post_id);

create table public.post_mentions (
  post_id uuid not null references public.posts (id) on delete cascade,
  profile_id uuid not null references public.profiles (id) on delete cascade,
  source public.reference_source not null,
  name extensions.citext,
  primary key (post_id, profile_id),
  constraint post_mentions_name_check check (source = 'explicit' or name is not null)
);
-- The posts that mention a user, newest first; also for the foreign key.
create index post_mentions_profile_id_post_id_idx on public.post_mentions (profile_id, post_id);

alter table public.post_tags enable row level security;
alter table public.post_mentions enable row level security;

-- No write: rows come from captions, by trigger, and from create_post and update_post.
grant select on public.post_tags, public.post_mentions to authenticated;
grant select, insert, update, delete on public.post_tags, public.post_mentions to service_role;

-- The policy of posts answers. A scalar subquery on purpose: `exists` and `in` let the planner read all posts into a
-- hash table before the first row.
create policy select_visible on public.post_tags for select to authenticated
  using ((select true from public.posts where posts.id = post_tags.post_id));
create policy select_visible on public.post_mentions for select to authenticated
  using ((select true from public.posts where posts.id = post_mentions.post_id));

comment on table public.post_tags is 'The tags of posts. Visible with their post.';
comment on column public.post_tags.post_id is 'The post.';
comment on column public.post_tags.tag is 'The tag: without #, in lower case.';
comment on column public.post_tags.source is 'Where the tag comes from; explicit if it is both listed and in the caption.';
comment on table public.post_mentions is 'The mentions of users in posts. Visible with their post.';
comment on column public.post_mentions.post_id is 'The post.';
comment on column public.post_mentions.profile_id is 'The user mentioned.';
comment on column public.post_mentions.source is 'Where the mention comes from; explicit if it is both listed and in the caption.';
comment on column public.post_mentions.name is
  'The name with which the caption mentions the user, who may have another one by now; null if only a list does.';
comment on policy select_visible on public.post_tags is 'A tag is visible with its post.';
comment on policy select_visible on public.post_mentions is 'A mention is visible with its post.';

create function private.tg_post_tags__check_limit()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select
    from public.post_tags
    where post_tags.post_id = any (array(select inserted.post_id from inserted))
    group by post_tags.post_id
    having count(*) > private.limit_of('tags')
  ) then
    perform private.raise_error(
      422, 'tags_too_many', 'A post has at most {tags} tags, those in its caption included.', 'tags'
    );
  end if;
  return null;
end
$$;
comment on function private.tg_post_tags__check_limit() is 'Trigger: a post has no more tags than public.limits() allows.';

create function private.tg_post_mentions__check_limit()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select
    from public.post_mentions
    where post_mentions.post_id = any (array(select inserted.post_id from inserted))
    group by post_mentions.post_id
    having count(*) > private.limit_of('mentions')
  ) then
    perform private.raise_error(
      422, 'mentions_too_many', 'A post mentions at most {mentions} users, those in its caption included.', 'mentions'
    );
  end if;
  return null;
end
$$;
comment on function private.tg_post_mentions__check_limit() is 'Trigger: a post mentions no more users than public.limits() allows.';

create function private.added_mentions(text text, former text)
returns extensions.citext[]
language plpgsql
immutable
set search_path = ''
as $$
begin
  return array(
    select name
    from unnest(public.extract_mentions(added_mentions.text)::extensions.citext[]) as name
    where name operator(extensions.<>) all (public.extract_mentions(added_mentions.former)::extensions.citext[])
  );
end
$$;
comment on function private.added_mentions(text, text) is
  'The names that a text mentions and its former version did not: all of them where that is null. Not granted: SECURITY DEFINER functions call it.';

create function private.lock_mentionable(author_id uuid, names extensions.citext[], field text)
returns uuid[]
language plpgsql
set search_path = ''
as $$
declare
  v_ids constant uuid[] := array(
    select profiles.id
    from public.profiles
    -- With an empty search_path a plain = would compare as text, that is with case.
    where profiles.username operator(extensions.=) any (lock_mentionable.names)
      and not private.is_blocked(lock_mentionable.author_id, profiles.id)
  );
begin
  if cardinality(v_ids) = 0 then
    return v_ids;
  -- Before any lock: a text has room for hundreds of names, and all sessions share one table of locks.
  elsif cardinality(v_ids) > private.limit_of('mentions') then
    perform private.raise_error(
      422, 'mentions_too_many', 'A post or a comment mentions at most {mentions} users.', lock_mentionable.field
    );
  end if;
  -- A block at the same time comes first, and is seen below, or takes the mention away.
  perform private.lock_pair(lock_mentionable.author_id, named.id, shared => true)
  from unnest(v_ids) as named (id)
  where named.id <> lock_mentionable.author_id;
  return array(
    select profiles.id
    from public.profiles
    where profiles.id = any (v_ids)
      and profiles.username operator(extensions.=) any (lock_mentionable.names)
      and not private.is_blocked(lock_mentionable.author_id, profiles.id)
    -- A user whose account is being deleted is either gone, and not mentioned, or takes the mention along. Nor does the
    -- name change.
    for key share
  );
end
$$;
comment on function private.lock_mentionable(uuid, extensions.citext[], text) is
  'The users whom an author may mention by these names: those who exist, without those who block the author or whom the author blocks. Locked against deletion, renaming and blocks. Refuses more than public.limits() allows, for this field of the request. Not granted: SECURITY DEFINER functions call it.';

-- Once a statement, when all its rows are in.
create trigger _100_check_limit after insert on public.post_tags
  referencing new table as inserted
  for each statement execute function private.tg_post_tags__check_limit();
create trigger _100_check_limit after insert on public.post_mentions
  referencing new table as inserted
  for each statement execute function private.tg_post_mentions__check_limit();

create function private.caption_tags(caption text)
returns text[]
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_hashtags constant text[] := public.extract_hashtags(caption_tags.caption);
  v_tags text[];
  v_longest text;
begin
  if cardinality(v_hashtags) = 0 then
    return v_hashtags;
  end if;
  v_tags := array(
    select distinct folded.tag
    from (select distinct hashtag from unnest(v_hashtags) as hashtag) as hashtags
    cross join lateral (
      -- Folding shortens a word to a third at most.
      select case
        when char_length(hashtag) <= 4 * private.limit_of('tag_length') then private.tag_name(hashtag) else hashtag
      end
    ) as folded (tag)
    -- Hangul fillers are invisible letters.
    where folded.tag <> ''
  );
  v_longest := (select tag from unnest(v_tags) as tag order by char_length(tag) desc limit 1);
  if char_length(v_longest) > private.limit_of('tag_length') then
    perform private.raise_error(
      422, 'tag_invalid',
      format('A tag has at most {tag_length} characters: "#%s…" is longer.', left(v_longest, 20)), 'caption'
    );
  -- A caption has room for hundreds: refused before any of them is written.
  elsif cardinality(v_tags) > private.limit_of('tags') then
    perform private.raise_error(
      422, 'tags_too_many', 'A post has at most {tags} tags, those in its caption included.', 'tags'
    );
  end if;
  return v_tags;
end
$$;
comment on function private.caption_tags(text) is
  'The hashtags of a caption as tags, each once; an error if they are too long or too many.';

create function private.tg_posts__refresh_references()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_tags constant text[] := private.caption_tags(new.caption);
  v_names extensions.citext[];
  -- Before mentions are removed: a deleted account takes the two in this order as well. On an insert every field of
  -- `old` is null.
  v_mentioned constant uuid[] := private.lock_mentionable(
    new.owner_id, private.added_mentions(new.caption, old.caption), 'mentions'
  );
begin
  if tg_op = 'UPDATE' then
    v_names := public.extract_mentions(new.caption);
    delete from public.post_tags
    where post_tags.post_id = new.id and post_tags.source = 'caption' and post_tags.tag <> all (v_tags);
    delete from public.post_mentions
    where post_mentions.post_id = new.id
      and post_mentions.source = 'caption'
      and post_mentions.name operator(extensions.<>) all (v_names);
    update public.post_mentions
    set name = null
    where post_mentions.post_id = new.id and post_mentions.name operator(extensions.<>) all (v_names);
  end if;
  -- Keep existing rows: a caption does not turn an explicit reference into a caption reference.
  if cardinality(v_tags) > 0 then
    insert into public.post_tags (post_id, tag, source)
    select new.id, tag, 'caption' from unnest(v_tags) as tag
    on conflict do nothing;
  end if;
  -- A name that the caption had before keeps its user, also if another user has the name now.
  if cardinality(v_mentioned) > 0 then
    insert into public.post_mentions (post_id, profile_id, source, name)
    select new.id, profiles.id, 'caption', profiles.username
    from public.profiles
    where profiles.id = any (v_mentioned)
    on conflict on constraint post_mentions_pkey do update set name = excluded.name;
  end if;
  return null;
end
$$;
comment on function private.tg_posts__refresh_references() is
  'Trigger: the tags and mentions of the caption are those that it has now. A name is looked up when it comes into the caption, and not again. Names that nobody has, or a user beyond a block, are no mentions. Security definer: clients have no write grant on post_tags and post_mentions.';

-- Also where the caption is set to the same text: update_post uses that when it takes a listed tag away which the
-- caption still has.
create trigger _400_refresh_references after insert or update of caption on public.posts
  for each row execute function private.tg_posts__refresh_references();

create function private.tg_blocks__remove_mentions()
returns trigger
language plpgsql
security definer
set search_path = ''
-- Which of the two has fewer posts or mentions is in the statistics.
set plan_cache_mode = force_custom_plan
as $$
begin
  delete from public.post_mentions
  using public.posts
  where posts.id = post_mentions.post_id and posts.owner_id = new.blocker_id and post_mentions.profile_id = new.blocked_id;
  delete from public.post_mentions
  using public.posts
  where posts.id = post_mentions.post_id and posts.owner_id = new.blocked_id and post_mentions.profile_id = new.blocker_id;
  return null;
end
$$;
comment on function private.tg_blocks__remove_mentions() is
  'Trigger: a block removes the mentions of each other in posts; the captions stay. Security definer: mentions are granted to nobody for writing.';

create trigger _200_remove_mentions after insert on public.blocks
  for each row execute function private.tg_blocks__remove_mentions();
