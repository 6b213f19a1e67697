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
as $$
declare
  v_limits constant jsonb := public.limits();
  -- One more than a page, which tells whether another follows.
  v_page_limit constant integer := least(
    greatest(coalesce(list_posts.page_limit, (v_limits ->> 'page_size')::integer), 1),
    (v_limits ->> 'page_size_max')::integer + 1
  );
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

  -- Put together from constant parts, because a plan that is to serve every filter serves none: each of the eight
  -- questions gets a plan of its own, for the values that were asked for. Which index leads is the planner's choice;
  -- all of them have the posts in order.
  return query execute concat(
    'select posts.* from public.posts',
    case when v_tag_id is not null then
      ' join public.post_tags on post_tags.post_id = posts.id and post_tags.tag_id = $2'
    end,
    case when list_posts.mention is not null then
      ' join public.post_mentions on post_mentions.post_id = posts.id and post_mentions.profile_id = $3'
    end,
    ' where true',
    case when list_posts.owner is not null then ' and posts.owner_id = $1' end,
    -- Said of each table, because the planner concludes equality from equality, but not order.
    case when list_posts.before is not null then ' and posts.id < $4' end,
    case when list_posts.before is not null and v_tag_id is not null then ' and post_tags.post_id < $4' end,
    case when list_posts.before is not null and list_posts.mention is not null then ' and post_mentions.post_id < $4' end,
    ' order by posts.id desc limit $5'
  )
  using list_posts.owner, v_tag_id, list_posts.mention, list_posts.before, v_page_limit;
end
$$;
comment on function public.list_posts(uuid, text, uuid, uuid, integer) is
  'A page of the posts that the caller may see, newest first. owner, tag (# optional), mention: only that person''s, with that tag, mentioning that person; filters combine. before: the id that the last page ended with. page_limit: 1 to 100, and one more to learn whether another page follows.';
grant execute on function public.list_posts(uuid, text, uuid, uuid, integer) to authenticated;
