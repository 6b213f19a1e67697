-- Pages of posts. Ada, Ben and Dan publish, Dan hides his posts, Cleo reads.
begin;
set local search_path = public, extensions;
select plan(30);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "tap_ben"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}'),
  ('00000000-0000-4000-a000-00000000000d', 'dan@tap.test', '{"username": "tap_dan"}');
update public.profiles set is_public = false where username = 'tap_dan';
-- Ids from the far future: whatever else the database holds comes after them.
insert into public.posts (id, owner_id, caption, is_public, created_at)
select ('ffffffff-0000-7000-a000-0000000000' || lpad(place::text, 2, '0'))::uuid,
  ('00000000-0000-4000-a000-00000000000' || owner)::uuid, caption, is_public, '2020-01-01'
from (
  values
    (1, 'a', '1 #tap_sea', true), (2, 'b', '2 #tap_sea @tap_cleo', true), (3, 'a', '3 #tap_sea @tap_cleo', true),
    (4, 'a', '4 #tap_dawn @tap_cleo', true), (5, 'd', '5 #tap_sea @tap_cleo', true), (6, 'a', '6 #tap_sea @tap_cleo', false),
    (7, 'b', '7', true), (8, 'a', '8 #tap_sea #tap_dawn', true)
) as post (place, owner, caption, is_public);

create function pg_temp.page(arguments text default '') returns text
language plpgsql
as $$
declare
  v_page text;
begin
  execute format(
    $query$
      select string_agg(left(caption, 1), '' order by place)
      from public.list_posts(%s) with ordinality as page (
        id, owner_id, caption, is_public, original_post_id, is_repost, hidden_at, created_at, updated_at, place
      )
      where id >= 'ffffffff-0000-7000-a000-000000000000'
    $query$,
    arguments
  ) into v_page;
  return coalesce(v_page, '');
end
$$;
grant execute on function pg_temp.page(text) to authenticated;
create function pg_temp.plan_of(query text) returns text
language plpgsql
as $$
declare
  v_line text;
  v_plan text := '';
begin
  for v_line in execute 'explain (costs off) ' || query loop
    v_plan := v_plan || v_line || E'\n';
  end loop;
  return v_plan;
end
$$;
grant execute on function pg_temp.plan_of(text) to authenticated;

-- Acting as nobody

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select throws_ok('select * from public.list_posts()', '42501', null, 'nobody reads nothing');

-- Acting as Cleo

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000c", "role": "authenticated"}';
select is(pg_temp.page(arguments), wanted, label)
from (
  values
    ('', '874321', 'the feed is what she may see, newest first'),
    ('owner => ''00000000-0000-4000-a000-00000000000a''', '8431', 'one person''s posts'),
    ('owner => ''00000000-0000-4000-a000-00000000000d''', '', 'somebody''s who hides them'),
    ('owner => ''00000000-0000-4000-a000-0000000000ee''', '', 'nobody''s'),
    ('tag => ''tap_sea''', '8321', 'a tag''s posts'),
    ('tag => '' #TAP_Sea ''', '8321', 'a tag as people write it'),
    ('tag => ''tap_none''', '', 'a tag that no post has'),
    ('tag => ''''', '', 'an empty tag is none, not all'),
    ('tag => repeat(''x'', 1000000)', '', 'nor is an endless one'),
    ('mention => auth.uid()', '432', 'posts that mention a person'),
    ('mention => ''00000000-0000-4000-a000-00000000000b''', '', 'a person whom no post mentions'),
    ('owner => ''00000000-0000-4000-a000-00000000000a'', tag => ''tap_sea''', '831', 'owner and tag'),
    ('owner => ''00000000-0000-4000-a000-00000000000a'', mention => auth.uid()', '43', 'owner and mention'),
    ('tag => ''tap_sea'', mention => auth.uid()', '32', 'tag and mention'),
    ('owner => ''00000000-0000-4000-a000-00000000000b'', tag => ''tap_sea'', mention => auth.uid()', '2', 'all three'),
    ('page_limit => 2', '87', 'a page of two'),
    ('page_limit => 2, before => ''ffffffff-0000-7000-a000-000000000007''', '43', 'the page after it'),
    ('tag => ''tap_sea'', page_limit => 2, before => ''ffffffff-0000-7000-a000-000000000008''', '32', 'a tag''s second page'),
    ('mention => auth.uid(), page_limit => 2, before => ''ffffffff-0000-7000-a000-000000000004''', '32', 'a person''s second page'),
    ('owner => ''00000000-0000-4000-a000-00000000000a'', tag => ''tap_sea'', mention => auth.uid(), before => ''ffffffff-0000-7000-a000-000000000003''',
      '', 'the end'),
    ('before => ''ffffffff-0000-7000-a000-0000000000ff''', '874321', 'a cursor need not be a post'),
    ('page_limit => 0', '8', 'a page has at least one'),
    ('page_limit => -5', '8', 'whatever is asked for'),
    ('null, null, null, null, null', '874321', 'null is as good as nothing')
) as page (arguments, wanted, label);
reset role;
insert into public.posts (owner_id, caption)
select '00000000-0000-4000-a000-00000000000b', 'One of many' from generate_series(1, 110);
set local role authenticated;
select is((select count(*) from public.list_posts()), 20::bigint, 'a page has twenty');
select is((select count(*) from public.list_posts(page_limit => 1000000)), 101::bigint, 'or a hundred, and one that shows that there is more');

-- Acting as Dan, who hides his posts

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000d", "role": "authenticated"}';
select is(pg_temp.page(), '8754321', 'Dan sees his own');

-- Plans: 14-query-plans.sql says how

set local enable_seqscan = off;
set local enable_bitmapscan = off;
set local enable_sort = off;
set local enable_hashjoin = off;
select matches(pg_temp.plan_of(query), index, label || ', in order')
from (
  values
    (
      $$
        select posts.* from public.posts
        join public.post_tags on post_tags.post_id = posts.id and post_tags.tag_id = '00000000-0000-7000-a000-0000000000a1'
        where posts.id < 'ffffffff-0000-7000-a000-000000000007' and post_tags.post_id < 'ffffffff-0000-7000-a000-000000000007'
        order by posts.id desc limit 21
      $$,
      'Scan Backward using post_tags_\w+ on', 'a tag''s posts'
    ),
    (
      $$
        select posts.* from public.posts
        join public.post_mentions on post_mentions.post_id = posts.id and post_mentions.profile_id = '00000000-0000-4000-a000-00000000000a'
        where posts.id < 'ffffffff-0000-7000-a000-000000000007' and post_mentions.post_id < 'ffffffff-0000-7000-a000-000000000007'
        order by posts.id desc limit 21
      $$,
      'Scan Backward using post_mentions_\w+ on', 'a person''s mentions'
    )
) as question (query, index, label);

select * from finish();
rollback;
