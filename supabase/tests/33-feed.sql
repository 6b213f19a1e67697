-- The home feed. Ada reads; Ben and Cleo are followed, Cleo's profile is private, Dan is not followed. Every page is also
-- compared with the plain question about follows, mutes and posts.
begin;
set local search_path = public, extensions;
select plan(37);

select tests.create_user(name, case name when 'mia' then 'moderator' else 'user' end::public.profile_role)
from unnest(array['ada', 'ben', 'cleo', 'dan', 'mia']) as name;
update public.profiles set is_public = false where id = tests.id_of('cleo');
insert into public.follows (follower_id, followee_id, state)
values (tests.id_of('ada'), tests.id_of('ben'), 'accepted'), (tests.id_of('ada'), tests.id_of('cleo'), 'accepted');
insert into public.posts (id, owner_id, caption, is_public)
select ('ffffffff-0000-7000-a000-0000000000' || lpad(place::text, 2, '0'))::uuid, tests.id_of(owner), place::text, is_public
from (
  values
    (1, 'ada', true), (2, 'ben', true), (3, 'cleo', true), (4, 'dan', true), (5, 'ben', false), (6, 'ada', false), (7, 'ben', true)
) as post (place, owner, is_public);

create function pg_temp.feed(reader text, arguments text default '') returns text
language plpgsql
as $$
declare
  v_page text;
begin
  perform tests.authenticate_as(reader);
  execute format(
    'select string_agg(caption, '' '' order by place) from (select *, row_number() over () as place from public.list_feed(%s)) as page', arguments
  ) into v_page;
  perform tests.clear_authentication();
  return coalesce(v_page, '');
end
$$;
select is(pg_temp.feed(reader, arguments), wanted, label)
from (
  values
    ('ada', '', '7 6 3 2 1', 'has the own posts and those of followed users, newest first'),
    ('ben', '', '7 5 2', 'has the own posts where nobody is followed'),
    ('mia', '', '', 'is empty for a user without posts and follows'),
    ('eve', '', '', 'is empty for a deleted user'),
    (null, '', '', 'is empty for a token without a user'),
    ('ada', 'page_limit => 2', '7 6', 'has pages'),
    ('ada', '''ffffffff-0000-7000-a000-000000000006'', 2', '3 2', 'has a second page'),
    ('ada', '''ffffffff-0000-7000-a000-000000000002''', '1', 'has a last page'),
    ('ada', '''ffffffff-0000-7000-a000-000000000001''', '', 'has nothing after it'),
    ('ada', 'null, null', '7 6 3 2 1', 'has a first page for nulls'),
    ('ada', 'page_limit => 0', '7', 'has at least one post')
) as page (reader, arguments, wanted, label);

-- Changes, as users make them

select tests.call_as('ada', 'public.follow_user(''tap_dan'')');
select is(pg_temp.feed('ada'), '7 6 4 3 2 1', 'a follow shows older posts at once');
select tests.call_as('ada', 'public.unfollow_user(''tap_dan'')');
select is(pg_temp.feed('ada'), '7 6 3 2 1', 'unfollowing takes them away');
select tests.call_as('ada', 'public.mute_user(''tap_ben'')');
select is(pg_temp.feed('ada'), '6 3 1', 'a muted user is left out');
select tests.authenticate_as('ada');
select isnt_empty(format('select from public.list_posts(owner => %L)', person), 'a muted user is in other lists') from unnest(array['tap_ben']) as person;
select tests.clear_authentication();
select tests.call_as('ada', 'public.unmute_user(''tap_ben'')');
select is(pg_temp.feed('ada'), '7 6 3 2 1', 'a user who is no longer muted is in the feed');
select tests.call_as('cleo', 'public.remove_follower(''tap_ada'')');
select is(pg_temp.feed('ada'), '7 6 2 1', 'a private profile that removes the follower is gone');
select tests.call_as('ada', 'public.follow_user(''tap_cleo'')');
select is(pg_temp.feed('ada'), '7 6 2 1', 'a request shows nothing');
select tests.call_as('cleo', 'public.accept_follow_request(''tap_ada'')');
select is(pg_temp.feed('ada'), '7 6 3 2 1', 'an accepted request shows everything');
select tests.call_as('ben', 'public.block_user(''tap_ada'')');
select is(pg_temp.feed('ada'), '6 3 1', 'a user who blocks is gone');
select tests.call_as('ben', 'public.unblock_user(''tap_ada'')'), tests.call_as('ada', 'public.follow_user(''tap_ben'')');
select tests.call_as('mia', 'public.hide_post(''ffffffff-0000-7000-a000-000000000007'')');
select is(pg_temp.feed('ada'), '6 3 2 1', 'a hidden post is gone');
select tests.call_as('mia', 'public.follow_user(''tap_ben'')');
select is(pg_temp.feed('mia'), '7 5 2', 'a moderator sees every post of a followed user');

-- Sixty users with 600 posts, private and hidden ones among them. Zoe follows 50 of them, Yan 5, Wim those who publish
-- least, so that both ways to read the feed are taken.

select tests.create_user(name) from unnest(array['zoe', 'yan', 'wim', 'vic']) as name;
select tests.create_user('u' || place) from generate_series(1, 60) as place;
update public.profiles set is_public = false where id in (select tests.id_of('u' || place) from generate_series(1, 60, 7) as place);
insert into public.posts (id, owner_id, caption, is_public, hidden_at)
select
  ('ffffffff-1000-7000-a000-' || lpad(place::text, 12, '0'))::uuid,
  -- The first publish most.
  tests.id_of('u' || 1 + floor(60 * power((hashint8(place) & 1023) / 1024.0, 3))::integer), place::text,
  place % 5 <> 0, case when place % 11 = 0 then now() end
from generate_series(1, 600) as place;
insert into public.follows (follower_id, followee_id, state)
select tests.id_of(reader), tests.id_of('u' || place), case when place % 9 = 0 then 'requested' else 'accepted' end::public.follow_state
from (values ('zoe', 1, 50), ('yan', 20, 24), ('wim', 31, 60)) as follower (reader, first, last)
cross join lateral generate_series(first, last) as place;
insert into public.mutes (muter_id, muted_id) select tests.id_of('zoe'), tests.id_of('u' || place) from generate_series(2, 50, 6) as place;
insert into public.posts (id, owner_id, caption)
select ('ffffffff-1000-7000-a000-000000000' || place || 'a')::uuid, tests.id_of('zoe'), 'Mine' from unnest(array[30, 58, 59]) as place;

create function pg_temp.plain(reader text) returns uuid[]
language sql
as $$
  select tests.authenticate_as(reader);
  select array(
    select posts.id
    from public.posts
    where owner_id = auth.uid() or owner_id in (
      select followee_id from public.follows where follower_id = auth.uid() and state = 'accepted'
      except select muted_id from public.mutes
    )
    order by posts.id desc
  );
$$;
create function pg_temp.paged(reader text, size integer) returns uuid[]
language plpgsql
as $$
declare
  v_ids uuid[] := '{}';
  v_page uuid[];
begin
  perform tests.authenticate_as(reader);
  loop
    v_page := array(select id from public.list_feed(v_ids[cardinality(v_ids)], size));
    exit when cardinality(v_page) = 0;
    v_ids := v_ids || v_page;
  end loop;
  return v_ids;
end
$$;
grant execute on function pg_temp.plain(text), pg_temp.paged(text, integer) to authenticated;
select is(pg_temp.paged(reader, size), pg_temp.plain(reader), format('the pages of %s for %s have every post once, in order', size, reader))
from unnest(array['zoe', 'yan', 'wim', 'vic']) as reader, unnest(array[1, 7, 101]) as size;
select tests.clear_authentication();

-- Many posts on top that the reader does not see.

insert into public.posts (id, owner_id, caption, is_public)
select ('ffffffff-2000-7000-a000-' || lpad(place::text, 12, '0'))::uuid, tests.id_of('u22'), 'Hidden #tap_top @tap_dan', false from generate_series(1, 500) as place;
insert into public.posts (id, owner_id, caption)
values ('ffffffff-1000-7000-a000-ffffffffffff', tests.id_of('u23'), 'Shown #tap_top @tap_dan');
select is(pg_temp.paged('yan', 20), pg_temp.plain('yan'), 'private posts of a followed user are skipped');
select tests.authenticate_as('yan');
select results_eq(
  format('select caption from public.list_posts(%s)', filter), $$values ('Shown #tap_top @tap_dan')$$, 'a post that is shown is in the list by ' || filter
)
from unnest(array['tag => ''tap_top''', 'mentions => ''tap_dan''']) as filter;

select * from finish();
rollback;
