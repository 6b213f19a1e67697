-- Reading: posts and profiles in the form that clients show.
--
-- A page of posts is made in two steps. As the caller, under row-level security, the ids of the page are read: the
-- policy of posts decides, and nothing repeats it. Then one SECURITY DEFINER function makes finished rows of these ids, with
-- owner, tags, mentions, files, counts and what the reader has done with it, without asking again for each of them.
--
-- The HTTP API and the SDK use these functions, so neither composes posts or profiles.

-- Posts

create type public.post_view as (
  id uuid,
  owner jsonb,
  caption text,
  is_public boolean,
  tags jsonb,
  mentions jsonb,
  media jsonb,
  original_post uuid,
  is_repost boolean,
  like_count integer,
  comment_count integer,
  repost_count integer,
  liked boolean,
  saved boolean,
  reposted boolean,
  hidden_at timestamptz,
  created_at timestamptz,
  updated_at timestamptz
);
comment on type public.post_view is 'A post as clients show it.';
comment on column public.post_view.id is 'As posts.id.';
comment on column public.post_view.owner is '{id, username, profile_pic_url, is_vip}.';
comment on column public.post_view.caption is 'As posts.caption.';
comment on column public.post_view.is_public is 'As posts.is_public.';
comment on column public.post_view.tags is '[{id, name}], by name. The id is derived from the name.';
comment on column public.post_view.mentions is '[{id, username}], by user name.';
comment on column public.post_view.media is
  '[{id, file, file_type, mime_type, size, width, height, duration_ms, alt_text}], in order. file is the path in bucket post-media, for which clients sign a URL.';
comment on column public.post_view.original_post is 'As posts.original_post_id; null as well where the caller may not see that post.';
comment on column public.post_view.is_repost is 'As posts.is_repost.';
comment on column public.post_view.like_count is 'How many users like it; the same for every reader, whom they block or not.';
comment on column public.post_view.comment_count is 'How many comments and replies it has, without deleted and hidden ones; the same for every reader.';
comment on column public.post_view.repost_count is 'How many public posts repost it, without hidden ones; the same for every reader.';
comment on column public.post_view.liked is 'Whether the caller likes it.';
comment on column public.post_view.saved is 'Whether the caller saved it.';
comment on column public.post_view.reposted is 'Whether a post of the caller reposts it.';
comment on column public.post_view.hidden_at is 'As posts.hidden_at.';
comment on column public.post_view.created_at is 'As posts.created_at.';
comment on column public.post_view.updated_at is 'As posts.updated_at.';

create function private.compose_posts(post_ids uuid[], visible_original_ids uuid[])
returns setof public.post_view
language plpgsql
stable
security definer
rows 20
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_me constant uuid := auth.uid();
begin
  return query
  select
    posts.id,
    private.profile_summary(owner),
    posts.caption,
    posts.is_public,
    (
      -- Older clients expect an id.
      select coalesce(
        jsonb_agg(jsonb_build_object('id', md5(post_tags.tag)::uuid, 'name', post_tags.tag) order by post_tags.tag), '[]'
      )
      from public.post_tags
      where post_tags.post_id = posts.id
    ),
    (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('id', profiles.id, 'username', profiles.username::text) order by profiles.username
        ),
        '[]'
      )
      from public.post_mentions
      join public.profiles on profiles.id = post_mentions.profile_id
      where post_mentions.post_id = posts.id
    ),
    (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id', post_media.id,
            'file', post_media.path,
            'file_type', post_media.file_type,
            'mime_type', post_media.mime_type,
            'size', post_media.size,
            'width', post_media.width,
            'height', post_media.height,
            'duration_ms', post_media.duration_ms,
            'alt_text', post_media.alt_text
          )
          order by post_media.position
        ),
        '[]'
      )
      from public.post_media
      where post_media.post_id = posts.id
    ),
    case when posts.original_post_id = any (compose_posts.visible_original_ids) then posts.original_post_id end,
    posts.is_repost,
    counts.likes,
    counts.comments,
    counts.reposts,
    -- Not `exists`, for which the planner may read all likes, saves and posts of the caller.
    (select true from public.post_likes where post_likes.profile_id = v_me and post_likes.post_id = posts.id) is not null,
    (select true from public.post_saves where post_saves.profile_id = v_me and post_saves.post_id = posts.id) is not null,
    (
      select true from public.posts as mine where mine.owner_id = v_me and mine.original_post_id = posts.id limit 1
    ) is not null,
    posts.hidden_at,
    posts.created_at,
    posts.updated_at
  from unnest(compose_posts.post_ids) with ordinality as page (id, place)
  join public.posts on posts.id = page.id
  join public.profiles as owner on owner.id = posts.owner_id
  cross join lateral (
    select
      coalesce(sum(counters.value) filter (where counters.counted = 'post_likes'), 0)::integer as likes,
      coalesce(sum(counters.value) filter (where counters.counted = 'post_comments'), 0)::integer as comments,
      coalesce(sum(counters.value) filter (where counters.counted = 'post_reposts'), 0)::integer as reposts
    from private.counters
    where counters.subject_id = posts.id
  ) as counts
  order by page.place;
end
$$;
comment on function private.compose_posts(uuid[], uuid[]) is
  'Posts as clients show them, in the order of the ids. Not for clients: it shows any post, and the Data API does not expose this schema. view_posts calls it with ids that were read under row-level security. Security definer: row-level security decides once for a post, and not again for each tag, mention and file.';
grant execute on function private.compose_posts(uuid[], uuid[]) to authenticated;

create function private.view_posts(post_ids uuid[])
returns setof public.post_view
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which originals the caller sees.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select *
  from private.compose_posts(view_posts.post_ids, array(
    select original.id
    from public.posts
    join public.posts as original on original.id = posts.original_post_id
    where posts.id = any (view_posts.post_ids)
  ));
end
$$;
comment on function private.view_posts(uuid[]) is 'Posts that the caller may see, as clients show them.';
grant execute on function private.view_posts(uuid[]) to authenticated;

create function public.get_post(post_id uuid)
returns public.post_view
language plpgsql
stable
-- Invoker: row-level security decides whether the caller sees the post.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_post public.post_view;
begin
  select * into v_post
  from private.view_posts(array(select posts.id from public.posts where posts.id = get_post.post_id));
  if not found then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
  return v_post;
end
$$;
comment on function public.get_post(uuid) is 'A post that the caller may see.';
grant execute on function public.get_post(uuid) to authenticated;

-- Pages of tags, of mentions, of searches and of the home feed

-- The policies of post_tags and post_mentions ask the policy of posts once a row, and those who follow thousands need
-- a plan without row-level security. So a SECURITY DEFINER function reads candidates from the indexes, and then the
-- policy of posts decides about all of them at once: three times as fast where it skips many.

create function private.candidate_ids(tag text, mentioned_id uuid, terms integer[], before uuid, wanted integer)
returns uuid[]
language plpgsql
stable
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  -- A few more than wanted: usually a few are not visible.
  v_max constant integer := candidate_ids.wanted * 3 / 2;
  v_me constant uuid := auth.uid();
  v_ids uuid[];
  v_followees integer;
  v_owners uuid[];
  v_oldest uuid;
begin
  if candidate_ids.tag is not null then
    return array(
      select post_tags.post_id
      from public.post_tags
      where post_tags.tag = candidate_ids.tag and post_tags.post_id < candidate_ids.before
      order by post_tags.post_id desc
      limit v_max
    );
  elsif candidate_ids.mentioned_id is not null then
    return array(
      select post_mentions.post_id
      from public.post_mentions
      where post_mentions.profile_id = candidate_ids.mentioned_id and post_mentions.post_id < candidate_ids.before
      order by post_mentions.post_id desc
      limit v_max
    );
  elsif candidate_ids.terms is not null then
    return private.posts_with_terms(candidate_ids.terms, candidate_ids.before, v_max);
  end if;

  -- The home feed. Who follows many finds enough posts among the newest of all. Looking at as many of them as there are
  -- followees costs half of the merge below, or less. With few followees the newest posts rarely contain enough.
  v_followees := private.count_of(v_me, 'profile_following');
  if v_followees > 5 * candidate_ids.wanted then
    v_ids := array(
      select newest.id
      from (
        select posts.id, posts.owner_id
        from public.posts
        where posts.id < candidate_ids.before
        order by posts.id desc
        limit v_followees
      ) as newest
      where newest.owner_id = v_me
        or (
          select follows.state = 'accepted'
          from public.follows
          where follows.follower_id = v_me and follows.followee_id = newest.owner_id
        )
        and newest.owner_id not in (select mutes.muted_id from public.mutes where mutes.muter_id = v_me)
      order by newest.id desc
      limit v_max
    );
    if cardinality(v_ids) >= candidate_ids.wanted then
      return v_ids;
    end if;
  end if;

  -- The newest post of each followee tells the owners of the page, and how far back it may go.
  select array_agg(newest.owner_id), (array_agg(newest.id order by newest.id desc))[v_max]
  into v_owners, v_oldest
  from (
    select post.id, followed.id as owner_id
    from (
      select follows.followee_id as id
      from public.follows
      where follows.follower_id = v_me
        and follows.state = 'accepted'
        and follows.followee_id not in (select mutes.muted_id from public.mutes where mutes.muter_id = v_me)
      union all
      select v_me
    ) as followed
    cross join lateral (
      select posts.id
      from public.posts
      where posts.owner_id = followed.id and posts.id < candidate_ids.before
      order by posts.id desc
      limit 1
    ) as post
    order by post.id desc
    limit v_max
  ) as newest;
  return array(
    select post.id
    from unnest(v_owners) as owner (id)
    cross join lateral (
      select posts.id
      from public.posts
      where posts.owner_id = owner.id
        and posts.id < candidate_ids.before
        and posts.id >= coalesce(v_oldest, '00000000-0000-0000-0000-000000000000')
      order by posts.id desc
      limit v_max
    ) as post
    order by post.id desc
    limit v_max
  );
end
$$;
comment on function private.candidate_ids(text, uuid, integer[], uuid, integer) is
  'The newest posts of a tag, or that mention a user, or that have all terms, or else of the caller''s home feed, whether the caller sees them or not: as many as wanted and some more, or all. Not for clients: the Data API does not expose this schema. visible_ids calls it. Security definer: row-level security decides once for all of them.';
grant execute on function private.candidate_ids(text, uuid, integer[], uuid, integer) to authenticated;

create function private.visible_ids(tag text, mentioned_id uuid, terms integer[], before uuid, page_limit integer)
returns uuid[]
language plpgsql
stable
-- Invoker: row-level security decides which posts are on the page.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_before uuid := visible_ids.before;
  v_wanted integer := visible_ids.page_limit;
  v_candidates uuid[];
  v_ids uuid[] := '{}';
begin
  loop
    v_candidates := private.candidate_ids(
      visible_ids.tag, visible_ids.mentioned_id, visible_ids.terms, v_before, v_wanted
    );
    v_ids := v_ids || array(
      select posts.id
      from public.posts
      where posts.id = any (v_candidates)
      order by posts.id desc
      limit visible_ids.page_limit - cardinality(v_ids)
    );
    if cardinality(v_ids) = visible_ids.page_limit or cardinality(v_candidates) < v_wanted then
      return v_ids;
    end if;
    -- Far more at a time, where many are not visible.
    v_before := v_candidates[cardinality(v_candidates)];
    v_wanted := least(v_wanted * 8, 5000);
  end loop;
end
$$;
comment on function private.visible_ids(text, uuid, integer[], uuid, integer) is
  'A page of the posts of a tag, or that mention a user, or that have all terms, or else of the caller''s home feed: those that the caller may see, newest first.';
grant execute on function private.visible_ids(text, uuid, integer[], uuid, integer) to authenticated;

create function public.list_posts(
  owner text default null,
  tag text default null,
  mentions text default null,
  before uuid default null,
  page_limit integer default 20
)
returns setof public.post_view
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which posts are on the page.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_limit constant integer := private.page_size(list_posts.page_limit);
  v_before constant uuid := coalesce(list_posts.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_tag text;
  v_owner_id uuid;
  v_mentioned_id uuid;
  v_ids uuid[];
begin
  if list_posts.tag is not null then
    -- Four times the limit leaves room for a # and white space around the name, and none for a megabyte.
    if char_length(list_posts.tag) > 4 * private.limit_of('tag_length') then
      return;
    end if;
    v_tag := private.tag_name(list_posts.tag);
  end if;
  if list_posts.owner is not null then
    v_owner_id := private.require_profile(list_posts.owner);
  end if;
  if list_posts.mentions is not null then
    v_mentioned_id := private.require_profile(list_posts.mentions);
  end if;

  -- One statement for each usual question, so that each has a generic plan of its own: one plan for all filters would be
  -- slow for each of them.
  if v_owner_id is null and v_tag is null and v_mentioned_id is null then
    v_ids := array(select posts.id from public.posts where posts.id < v_before order by posts.id desc limit v_limit);
  -- Or row-level security would refuse each post of a private profile by itself.
  elsif v_owner_id is not null and not private.sees_profile(v_owner_id) then
    return;
  elsif v_tag is null and v_mentioned_id is null then
    v_ids := array(
      select posts.id
      from public.posts
      where posts.owner_id = v_owner_id and posts.id < v_before
      order by posts.id desc
      limit v_limit
    );
  elsif v_owner_id is null and (v_tag is null or v_mentioned_id is null) then
    v_ids := private.visible_ids(v_tag, v_mentioned_id, null, v_before, v_limit);
  else
    -- Several filters: which index leads depends on the values, so the statement is planned for them.
    execute concat(
      'select array(select posts.id from public.posts',
      case when v_tag is not null then
        ' join public.post_tags on post_tags.post_id = posts.id and post_tags.tag = $2 and post_tags.post_id < $4'
      end,
      case when v_mentioned_id is not null then
        ' join public.post_mentions on post_mentions.post_id = posts.id and post_mentions.profile_id = $3'
          ' and post_mentions.post_id < $4'
      end,
      ' where posts.id < $4',
      case when v_owner_id is not null then ' and posts.owner_id = $1' end,
      ' order by posts.id desc limit $5)'
    )
    into v_ids
    using v_owner_id, v_tag, v_mentioned_id, v_before, v_limit;
  end if;
  return query select * from private.view_posts(v_ids);
end
$$;
comment on function public.list_posts(text, text, text, uuid, integer) is
  'A page of the posts that the caller may see, newest first. owner, mentions: `me`, an id or a user name; tag (# optional); filters combine. before: the id that the last page ended with. page_limit: up to the largest page and one more, to learn whether another page follows.';
grant execute on function public.list_posts(text, text, text, uuid, integer) to authenticated;

create function public.list_feed(before uuid default null, page_limit integer default 20)
returns setof public.post_view
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which posts are on the page.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select *
  from private.view_posts(private.visible_ids(
    null, null, null, coalesce(list_feed.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), private.page_size(list_feed.page_limit)
  ));
end
$$;
comment on function public.list_feed(uuid, integer) is
  'A page of the caller''s home feed: own posts and those of the users whom the caller follows and does not mute, newest first. before and page_limit: as in list_posts.';
grant execute on function public.list_feed(uuid, integer) to authenticated;

create function public.list_reposts(post_id uuid, before uuid default null, page_limit integer default 20)
returns setof public.post_view
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which reposts are on the page.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_before constant uuid := coalesce(list_reposts.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit constant integer := private.page_size(list_reposts.page_limit);
begin
  perform private.require_post(list_reposts.post_id);
  return query
  select *
  from private.view_posts(array(
    select posts.id
    from public.posts
    where posts.original_post_id = list_reposts.post_id and posts.id < v_before
    order by posts.id desc
    limit v_limit
  ));
end
$$;
comment on function public.list_reposts(uuid, uuid, integer) is
  'A page of the reposts of a post that the caller may see, newest first. before, page_limit: as in list_posts.';
grant execute on function public.list_reposts(uuid, uuid, integer) to authenticated;

create function public.list_saved_posts(before uuid default null, page_limit integer default 20)
returns table ("cursor" uuid, post public.post_view)
language plpgsql
stable
rows 20
-- Invoker: row-level security decides which posts are on the page.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_before constant uuid := coalesce(list_saved_posts.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit constant integer := private.page_size(list_saved_posts.page_limit);
  v_ids constant uuid[] := array(
    select posts.id
    from public.post_saves
    join public.posts on posts.id = post_saves.post_id
    where post_saves.profile_id = (select auth.uid()) and post_saves.id < v_before
    order by post_saves.id desc
    limit v_limit
  );
begin
  return query
  select post_saves.id, composed
  from private.view_posts(v_ids) as composed
  join public.post_saves on post_saves.profile_id = (select auth.uid()) and post_saves.post_id = composed.id
  order by post_saves.id desc;
end
$$;
comment on function public.list_saved_posts(uuid, integer) is
  'A page of the posts that the caller saved and may see, last saved first. before: the cursor that the last page ended with. page_limit: as in list_posts.';
grant execute on function public.list_saved_posts(uuid, integer) to authenticated;

-- Profiles

create type public.profile_view as (
  id uuid,
  username text,
  bio text,
  playlist text,
  profile_pic text,
  profile_pic_url text,
  cover_pic text,
  cover_pic_url text,
  is_vip boolean,
  role public.profile_role,
  role_display_name text,
  "publicProfile" boolean,
  anonymous boolean,
  created_at timestamptz,
  updated_at timestamptz,
  post_count integer,
  follower_count integer,
  following_count integer,
  following boolean,
  requested boolean,
  followed_by boolean,
  blocking boolean,
  muting boolean,
  email text,
  date_of_birth date,
  age integer
);
comment on type public.profile_view is 'A profile as clients show it.';
comment on column public.profile_view.id is 'As profiles.id.';
comment on column public.profile_view.username is 'As profiles.username.';
comment on column public.profile_view.bio is 'As profiles.bio.';
comment on column public.profile_view.playlist is 'As profiles.playlist.';
comment on column public.profile_view.profile_pic is 'As profile_pic_url, under its older name.';
comment on column public.profile_view.profile_pic_url is 'Where the profile picture loads, under the project''s origin; a default picture if none is set.';
comment on column public.profile_view.cover_pic is 'As cover_pic_url, under its older name.';
comment on column public.profile_view.cover_pic_url is 'Where the cover picture loads, under the project''s origin; a default picture if none is set.';
comment on column public.profile_view.is_vip is 'As profiles.is_vip.';
comment on column public.profile_view.role is 'As profiles.role.';
comment on column public.profile_view.role_display_name is 'The role as a title.';
comment on column public.profile_view."publicProfile" is 'As profiles.is_public.';
comment on column public.profile_view.anonymous is 'As profiles.is_anonymous.';
comment on column public.profile_view.created_at is 'As profiles.created_at.';
comment on column public.profile_view.updated_at is 'As profiles.updated_at.';
comment on column public.profile_view.post_count is 'How many posts the user shows: public, and not hidden by a moderator.';
comment on column public.profile_view.follower_count is 'How many users follow the user.';
comment on column public.profile_view.following_count is 'How many users the user follows.';
comment on column public.profile_view.following is 'Whether the caller follows the user; this and the next ones are false in the caller''s own profile.';
comment on column public.profile_view.requested is 'Whether the caller asks to follow the user.';
comment on column public.profile_view.followed_by is 'Whether the user follows the caller.';
comment on column public.profile_view.blocking is 'Whether the caller blocks the user.';
comment on column public.profile_view.muting is 'Whether the caller mutes the user.';
comment on column public.profile_view.email is 'The e-mail address in Auth; null for other users.';
comment on column public.profile_view.date_of_birth is 'As private_profiles.date_of_birth; null for other users.';
comment on column public.profile_view.age is 'In full years, today; null for other users.';

create function public.get_profile(person text default 'me')
returns public.profile_view
language plpgsql
stable
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_me constant uuid := auth.uid();
  v_id constant uuid := private.require_profile(coalesce(get_profile.person, 'me'));
  v_profile public.profile_view;
begin
  select
    profiles.id,
    profiles.username,
    profiles.bio,
    profiles.playlist,
    private.picture_url('avatars', profiles.avatar_path),
    private.picture_url('avatars', profiles.avatar_path),
    private.picture_url('covers', profiles.cover_path),
    private.picture_url('covers', profiles.cover_path),
    profiles.is_vip,
    profiles.role,
    initcap(profiles.role::text),
    profiles.is_public,
    profiles.is_anonymous,
    profiles.created_at,
    profiles.updated_at,
    private.count_of(profiles.id, 'profile_posts'),
    private.count_of(profiles.id, 'profile_followers'),
    private.count_of(profiles.id, 'profile_following'),
    coalesce(mine.state = 'accepted', false),
    coalesce(mine.state = 'requested', false),
    coalesce(theirs.state = 'accepted', false),
    exists (select from public.blocks where blocks.blocker_id = v_me and blocks.blocked_id = profiles.id),
    exists (select from public.mutes where mutes.muter_id = v_me and mutes.muted_id = profiles.id),
    users.email,
    private_profiles.date_of_birth,
    extract(year from age(current_date, private_profiles.date_of_birth))::integer
  into v_profile
  from public.profiles
  left join public.private_profiles on private_profiles.id = profiles.id and profiles.id = v_me
  left join auth.users on users.id = private_profiles.id
  left join public.follows as mine on mine.follower_id = v_me and mine.followee_id = profiles.id
  left join public.follows as theirs on theirs.follower_id = profiles.id and theirs.followee_id = v_me
  where profiles.id = v_id;
  return v_profile;
end
$$;
comment on function public.get_profile(text) is
  'The profile of `me`, an id or a user name; the caller''s own with e-mail address, date of birth and age. Security definer: e-mail addresses belong to Auth, and counters to nobody. Private facts are read for the caller only.';
grant execute on function public.get_profile(text) to authenticated;

create function public.update_profile(changes jsonb)
returns public.profile_view
language plpgsql
-- Invoker: policies and column grants decide, as for an update of the tables.
set search_path = ''
-- As delete_post: a profile can be closed with however many posts, whose visibility changes with it.
set statement_timeout = '60s'
as $$
declare
  v_unknown text;
begin
  if jsonb_typeof(update_profile.changes) is distinct from 'object' then
    perform private.raise_error(422, 'validation_failed', 'The changes are an object with a value for each field.', 'changes');
  end if;
  select changed.key into v_unknown
  from jsonb_object_keys(update_profile.changes) as changed (key)
  where changed.key not in (
    'username', 'bio', 'playlist', 'avatar_path', 'cover_path', 'is_public', 'is_anonymous', 'date_of_birth'
  )
  limit 1;
  if found then
    perform private.raise_error(422, 'field_unknown', 'A profile has no such field that its user may change.', v_unknown);
  end if;
  update public.profiles
  set (username, bio, playlist, avatar_path, cover_path, is_public, is_anonymous) = (
    select
      changed.username, changed.bio, changed.playlist, changed.avatar_path, changed.cover_path, changed.is_public,
      changed.is_anonymous
    from jsonb_populate_record(profiles, update_profile.changes) as changed
  )
  where profiles.id = auth.uid();
  if not found then
    -- Raises the reason: not signed in, deleted or banned.
    perform private.lock_writer();
  end if;
  if update_profile.changes ? 'date_of_birth' then
    update public.private_profiles
    set date_of_birth = (update_profile.changes ->> 'date_of_birth')::date
    where private_profiles.id = auth.uid();
  end if;
  return public.get_profile();
end
$$;
comment on function public.update_profile(jsonb) is
  'Edits the caller''s profile in one transaction. changes: columns of profiles that users may update, and date_of_birth, with their new values; columns that it does not name stay unchanged.';
grant execute on function public.update_profile(jsonb) to authenticated;
