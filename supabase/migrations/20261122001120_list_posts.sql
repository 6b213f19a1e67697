-- The feed and its filters: one question, one index, one page.

create function public.list_posts(
  owner uuid default null,
  tag text default null,
  mention uuid default null,
  before uuid default null,
  page_limit integer default 20
)
returns setof public.posts
language plpgsql
stable
rows 20
-- Invoker: row-level security decides what is on the page.
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  v_limits constant jsonb := public.limits();
  -- One more than a page, which tells whether another follows.
  v_page_limit constant integer := least(
    greatest(coalesce(list_posts.page_limit, (v_limits ->> 'page_size')::integer), 1),
    (v_limits ->> 'page_size_max')::integer + 1
  );
  -- Without a place to go on from, everything lies before it.
  v_before constant uuid := coalesce(list_posts.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_tag_id uuid;
begin
  if list_posts.tag is not null then
    -- Four times the limit leaves room for a # and white space around a name, and none for a megabyte.
    if char_length(list_posts.tag) > 4 * (v_limits ->> 'tag_length')::integer then
      return;
    end if;
    select tags.id into v_tag_id from public.tags where tags.name = private.tag_name(list_posts.tag);
    if not found then
      return;
    end if;
  end if;

  -- One statement for each question that is asked all day, so that each has a plan of its own, made once: a plan that is
  -- to serve every filter serves none.
  if list_posts.owner is null and v_tag_id is null and list_posts.mention is null then
    return query
    select posts.* from public.posts where posts.id < v_before order by posts.id desc limit v_page_limit;
  elsif v_tag_id is null and list_posts.mention is null then
    return query
    select posts.*
    from public.posts
    where posts.owner_id = list_posts.owner and posts.id < v_before
    order by posts.id desc
    limit v_page_limit;
  elsif list_posts.owner is null and list_posts.mention is null then
    return query
    select posts.*
    from public.post_tags
    join public.posts on posts.id = post_tags.post_id
    -- Said of the tag's table, whose index has the posts in order.
    where post_tags.tag_id = v_tag_id and post_tags.post_id < v_before
    order by post_tags.post_id desc
    limit v_page_limit;
  elsif list_posts.owner is null and v_tag_id is null then
    return query
    select posts.*
    from public.post_mentions
    join public.posts on posts.id = post_mentions.post_id
    where post_mentions.profile_id = list_posts.mention and post_mentions.post_id < v_before
    order by post_mentions.post_id desc
    limit v_page_limit;
  else
    -- Several at once: which index leads depends on the values, so these are planned for them.
    return query execute concat(
      'select posts.* from public.posts',
      case when v_tag_id is not null then
        ' join public.post_tags on post_tags.post_id = posts.id and post_tags.tag_id = $2 and post_tags.post_id < $4'
      end,
      case when list_posts.mention is not null then
        ' join public.post_mentions on post_mentions.post_id = posts.id and post_mentions.profile_id = $3'
          ' and post_mentions.post_id < $4'
      end,
      ' where posts.id < $4',
      case when list_posts.owner is not null then ' and posts.owner_id = $1' end,
      ' order by posts.id desc limit $5'
    )
    using list_posts.owner, v_tag_id, list_posts.mention, v_before, v_page_limit;
  end if;
end
$$;
comment on function public.list_posts(uuid, text, uuid, uuid, integer) is
  'A page of the posts that the caller may see, newest first. owner, tag (# optional), mention: only that person''s, with that tag, mentioning that person; filters combine. before: the id that the last page ended with. page_limit: 1 to 100, and one more to learn whether another page follows.';
grant execute on function public.list_posts(uuid, text, uuid, uuid, integer) to authenticated;
