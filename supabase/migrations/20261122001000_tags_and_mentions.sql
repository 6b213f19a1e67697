-- Which tags and people a post refers to, kept in step with its caption.

create type public.reference_source as enum ('caption', 'explicit');
comment on type public.reference_source is
  'Where a reference comes from: the caption, which takes it away again when it is edited, or an explicit list.';

create function private.tag_name(tag text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  -- Composed (NFC), so that one word is one tag however a keyboard spells its accents.
  return normalize(
    lower(
      rtrim(ltrim(regexp_replace(tag collate "und-x-icu", '\s+', ' ', 'g'), ' #＃')) collate "und-x-icu"
    ),
    nfc
  );
end
$$;
comment on function private.tag_name(text) is
  'A tag as it is stored: without # in front, in lower case, white space collapsed.';
grant execute on function private.tag_name(text) to authenticated, service_role;

create table public.tags (
  -- Neither a time of its own nor one in the id: whoever uses a word would learn from it that others did before, be it
  -- in posts that nobody else may see.
  id uuid primary key default gen_random_uuid(),
  name text not null constraint tags_name_key unique,
  is_published boolean not null default false,
  constraint tags_name_check check (
    char_length(name) between 1 and (public.limits() ->> 'tag_length')::integer
    and name = private.tag_name(name)
    and name collate "und-x-icu" !~ '[[:cntrl:]]'
  )
);

alter table public.tags enable row level security;
-- See 20261122000200: estimates would tell.
alter table public.tags alter column name set statistics 0;

-- No write is granted: a tag appears with the first post that uses it.
grant select on public.tags to authenticated;
grant select, insert, update, delete on public.tags to service_role;

comment on table public.tags is 'Every tag that a post has ever used. Visible to everybody once everybody could see a post that uses it, before to whoever sees one.';
comment on column public.tags.id is 'Identifies the tag.';
comment on column public.tags.name is 'Without #, in lower case, at most 50 characters.';
comment on column public.tags.is_published is 'Whether everybody could once see a post that uses it; stays true. See private.publish_tags.';

create table public.post_tags (
  post_id uuid not null references public.posts (id) on delete cascade,
  tag_id uuid not null references public.tags (id) on delete cascade,
  source public.reference_source not null,
  is_visible_to_all boolean not null default false,
  primary key (post_id, tag_id)
);
-- A tag's posts, newest first, with what the policy asks; also what the foreign key needs.
create index post_tags_tag_id_post_id_idx on public.post_tags (tag_id, post_id) include (is_visible_to_all);

create table public.post_mentions (
  post_id uuid not null references public.posts (id) on delete cascade,
  profile_id uuid not null references public.profiles (id) on delete cascade,
  source public.reference_source not null,
  is_visible_to_all boolean not null default false,
  primary key (post_id, profile_id)
);
-- The posts that mention a person, newest first, with what the policy asks; also what the foreign key needs.
create index post_mentions_profile_id_post_id_idx on public.post_mentions (profile_id, post_id)
  include (is_visible_to_all);

alter table public.post_tags enable row level security;
alter table public.post_mentions enable row level security;

-- No write is granted: rows come from captions, by trigger, and from create_post.
grant select on public.post_tags, public.post_mentions to authenticated;
-- is_visible_to_all follows from the post: not even the secret key writes it.
grant select, delete on public.post_tags, public.post_mentions to service_role;
grant insert (post_id, tag_id, source), update (post_id, tag_id, source) on public.post_tags to service_role;
grant insert (post_id, profile_id, source), update (post_id, profile_id, source) on public.post_mentions to service_role;

-- As on post_media.
create policy select_visible on public.post_tags for select to authenticated
  using (is_visible_to_all or (select true from public.posts where posts.id = post_tags.post_id));
create policy select_visible on public.post_mentions for select to authenticated
  using (is_visible_to_all or (select true from public.posts where posts.id = post_mentions.post_id));
-- A word may give away as much as a sentence. What was public once costs no search: only of what never was, one post
-- that the caller sees is looked for, and there the policy of post_tags answers.
create policy select_visible on public.tags for select to authenticated
  using (is_published or (select true from public.post_tags where post_tags.tag_id = tags.id limit 1));

comment on table public.post_tags is 'The tags of posts, at most 30 each. Visible with their post.';
comment on column public.post_tags.post_id is 'The post.';
comment on column public.post_tags.tag_id is 'The tag.';
comment on column public.post_tags.source is 'Where the tag comes from; explicit where it is both listed and in the caption.';
comment on column public.post_tags.is_visible_to_all is 'As that of the post, or false. Kept by triggers.';
comment on table public.post_mentions is 'The people whom posts mention, at most 20 each. Visible with their post.';
comment on column public.post_mentions.post_id is 'The post.';
comment on column public.post_mentions.profile_id is 'The person mentioned.';
comment on column public.post_mentions.source is 'Where the mention comes from; explicit where it is both listed and in the caption.';
comment on column public.post_mentions.is_visible_to_all is 'As that of the post, or false. Kept by triggers.';
comment on policy select_visible on public.tags is 'Everybody sees what was published; of the rest, whoever sees a post that uses the tag.';
comment on policy select_visible on public.post_tags is 'Whoever sees the post sees its tags.';
comment on policy select_visible on public.post_mentions is 'Whoever sees the post sees whom it mentions.';

create function private.check_tag_limit()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select
    from public.post_tags
    where post_tags.post_id in (select inserted.post_id from inserted)
    group by post_tags.post_id
    having count(*) > (public.limits() ->> 'tags')::integer
  ) then
    perform private.raise_error(
      422, 'tags_too_many', 'A post has at most 30 tags, those in its caption included.', 'tags'
    );
  end if;
  return null;
end
$$;
comment on function private.check_tag_limit() is 'Trigger: a post has no more tags than public.limits() allows.';

create function private.check_mention_limit()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select
    from public.post_mentions
    where post_mentions.post_id in (select inserted.post_id from inserted)
    group by post_mentions.post_id
    having count(*) > (public.limits() ->> 'mentions')::integer
  ) then
    perform private.raise_error(
      422, 'mentions_too_many', 'A post mentions at most 20 people, those in its caption included.', 'mentions'
    );
  end if;
  return null;
end
$$;
comment on function private.check_mention_limit() is 'Trigger: a post mentions no more people than public.limits() allows.';

-- Once a statement, when all its rows are in.
create trigger _100_check_tag_limit after insert on public.post_tags
  referencing new table as inserted
  for each statement execute function private.check_tag_limit();
create trigger _100_check_mention_limit after insert on public.post_mentions
  referencing new table as inserted
  for each statement execute function private.check_mention_limit();

create function private.ensure_tags(names text[])
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Sorted, so that two requests that bring the same new tags wait for each other in one direction only. For the
  -- same reason a transaction calls this once, with all the tags that it will need.
  insert into public.tags (name)
  select distinct wanted.name
  from unnest(ensure_tags.names) as wanted (name)
  where not exists (select from public.tags where tags.name = wanted.name)
  order by wanted.name
  on conflict (name) do nothing;
end
$$;
comment on function private.ensure_tags(text[]) is
  'Adds the tags that are not there yet. Takes names as private.tag_name makes them. Security definer: clients have no write grant on tags.';
grant execute on function private.ensure_tags(text[]) to authenticated;

create function private.caption_tag_names(caption text)
returns text[]
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_limits constant jsonb := public.limits();
  v_hashtags constant text[] := public.extract_hashtags(caption_tag_names.caption);
  v_names text[];
begin
  if cardinality(v_hashtags) = 0 then
    return v_hashtags;
  end if;
  -- All in one go, which is far cheaper than one by one: no hashtag has white space, and a space changes nothing beside it.
  v_names := array(
    select distinct name
    from unnest(string_to_array(private.tag_name(array_to_string(v_hashtags, ' ')), ' ')) as name
    order by name
  );
  if (select max(char_length(name)) from unnest(v_names) as name) > (v_limits ->> 'tag_length')::integer then
    perform private.raise_error(422, 'tag_invalid', 'A tag has at most 50 characters.', 'caption');
  -- Before any of them is written: a caption has room for hundreds, and what is refused would leave them behind as
  -- dead rows.
  elsif cardinality(v_names) > (v_limits ->> 'tags')::integer then
    perform private.raise_error(
      422, 'tags_too_many', 'A post has at most 30 tags, those in its caption included.', 'tags'
    );
  end if;
  return v_names;
end
$$;
comment on function private.caption_tag_names(text) is
  'The hashtags of a caption as names to store, each once; an error for a caption whose hashtags are too long or too many.';
grant execute on function private.caption_tag_names(text) to authenticated;

create function private.refresh_caption_references(post_ids uuid[], edited boolean)
returns void
language plpgsql
security definer
set search_path = ''
-- Planning for these very values takes longer than the statements themselves.
set plan_cache_mode = force_generic_plan
as $$
declare
  v_post_ids constant uuid[] := refresh_caption_references.post_ids;
  v_tagged uuid[];
  v_tag_names text[];
  v_mentioning uuid[];
  v_mentioned_names extensions.citext[];
  v_mentioned uuid[];
begin
  select array_agg(posts.id), array_agg(found.name)
  into v_tagged, v_tag_names
  from public.posts
  cross join unnest(private.caption_tag_names(posts.caption)) as found (name)
  where posts.id = any (v_post_ids);

  select array_agg(found.post_id), array_agg(found.name)
  into v_mentioning, v_mentioned_names
  from (
    select distinct posts.id as post_id, lower(mention)::extensions.citext as name
    from public.posts
    cross join unnest(public.extract_mentions(posts.caption)) as mention
    where posts.id = any (v_post_ids)
  ) as found;
  if v_mentioning is not null then
    select array_agg(wanted.post_id), array_agg(held.id)
    into v_mentioning, v_mentioned
    from unnest(v_mentioning, v_mentioned_names) as wanted (post_id, name)
    -- Held until the transaction ends: somebody whose account is being deleted is then either gone, and not mentioned,
    -- or is deleted after this, with the mention.
    join (
      select profiles.id, profiles.username
      from public.profiles
      -- With an empty search_path a plain = would compare as text, that is with case.
      where profiles.username operator(extensions.=) any (v_mentioned_names)
      order by profiles.id
      for key share
    ) as held on held.username operator(extensions.=) wanted.name;
  end if;

  -- A new post has nothing to lose.
  if refresh_caption_references.edited then
    delete from public.post_tags
    where post_tags.post_id = any (v_post_ids)
      and post_tags.source = 'caption'
      and not exists (
        select
        from unnest(v_tagged, v_tag_names) as wanted (post_id, name)
        join public.tags on tags.name = wanted.name
        where wanted.post_id = post_tags.post_id and tags.id = post_tags.tag_id
      );
    delete from public.post_mentions
    where post_mentions.post_id = any (v_post_ids)
      and post_mentions.source = 'caption'
      and not exists (
        select
        from unnest(v_mentioning, v_mentioned) as wanted (post_id, profile_id)
        where wanted.post_id = post_mentions.post_id and wanted.profile_id = post_mentions.profile_id
      );
  end if;

  -- What is there stays: an explicit reference is not weakened by the caption.
  if v_tagged is not null then
    perform private.ensure_tags(v_tag_names);
    insert into public.post_tags (post_id, tag_id, source, is_visible_to_all)
    select posts.id, tags.id, 'caption', posts.is_visible_to_all
    from unnest(v_tagged, v_tag_names) as wanted (post_id, name)
    join public.tags on tags.name = wanted.name
    join public.posts on posts.id = wanted.post_id
    on conflict do nothing;
  end if;
  if v_mentioned is not null then
    insert into public.post_mentions (post_id, profile_id, source, is_visible_to_all)
    select posts.id, wanted.profile_id, 'caption', posts.is_visible_to_all
    from unnest(v_mentioning, v_mentioned) as wanted (post_id, profile_id)
    join public.posts on posts.id = wanted.post_id
    order by wanted.profile_id
    on conflict do nothing;
  end if;
end
$$;
comment on function private.refresh_caption_references(uuid[], boolean) is
  'Makes the tags and mentions that come from captions what the captions say now. Names that nobody has are no mentions. edited: whether the posts were there before, and may have some already. Security definer: clients have no write grant on tags, post_tags and post_mentions. Only triggers call it.';

create function private.refresh_references_of_inserted()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.refresh_caption_references(array(select inserted.id from inserted), edited => false);
  return null;
end
$$;
comment on function private.refresh_references_of_inserted() is
  'Trigger: tags and mentions of new posts. Security definer: the function that it calls is granted to nobody.';

create function private.refresh_references_of_updated()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_post_ids constant uuid[] := array(
    select updated.id
    from updated
    join outdated on outdated.id = updated.id
    where updated.caption <> outdated.caption
  );
begin
  if cardinality(v_post_ids) > 0 then
    perform private.refresh_caption_references(v_post_ids, edited => true);
  end if;
  return null;
end
$$;
comment on function private.refresh_references_of_updated() is
  'Trigger: tags and mentions of posts whose caption changed. Security definer: the function that it calls is granted to nobody.';

-- For each statement, not each row: one statement that writes many posts brings all their tags in one sorted go.
create trigger _400_refresh_references_on_insert after insert on public.posts
  referencing new table as inserted
  for each statement execute function private.refresh_references_of_inserted();
create trigger _400_refresh_references_on_update after update on public.posts
  referencing old table as outdated new table as updated
  for each statement execute function private.refresh_references_of_updated();
