-- Search: what texts are found by, who is found, which posts, which tags, trends, and that nothing is found that the caller
-- may not see.
begin;
set local search_path = public, extensions;
select no_plan();

-- Terms

create temporary table script (name text, caption text, found text[], missed text[]);
insert into script values
  ('Latin', 'Déjà vu at the Café, naïve Łódź', '{deja,DÉJÀ,cafe,lodz,naive vu}', '{caf,fe,dejavu}'),
  ('German', 'Die Straße im Schnee', '{strasse,STRASSE,straße,im}', '{str}'),
  ('Vietnamese', 'Phở ở Việt Nam', '{pho,viet,việt}', '{vi}'),
  ('Turkish', 'İstanbul''da ışık', '{istanbul,ISTANBUL,isik}', '{ist}'),
  ('Greek', 'Η θάλασσα και οι άνθρωποι της', '{θαλασσα,ΘΆΛΑΣΣΑ,της}', '{θαλ}'),
  ('Cyrillic', 'Ёлка и чай', '{елка,ЁЛКА,чай}', '{ел}'),
  ('Arabic', 'كَتَبَ أحمد رســالة', '{كتب,احمد,رسالة}', '{رس}'),
  ('Hebrew', 'שָׁלוֹם עולם', '{שלום,עולם}', '{של}'),
  ('Devanagari', 'नदी पर कोहरा', '{नदी,कोहरा}', '{नद}'),
  ('Thai', 'วันนี้ทะเลเงียบมาก', '{ทะเล,เงียบ,วันนี้}', '{ภูเขา}'),
  ('Chinese', '今天的海很安静', '{海,安静,今天}', '{山}'),
  ('Japanese', '海辺を歩く カメラ', '{海辺,歩く,カメ,カメラ}', '{山}'),
  ('Korean', '바다가 잔잔했다', '{바다,잔잔}', '{강}'),
  ('tag and mention', 'Look #SeaSide @Some_Body', '{seaside,#seaside,some,@some_body}', '{sea}'),
  ('full width', 'ＡＢＣ １２', '{abc,12}', '{ab}');
select ok(
  private.search_terms(script.caption) @> private.search_terms(word), 'finds "' || word || '" in a text in ' || script.name
) from script cross join unnest(script.found) as word;
select ok(
  not private.search_terms(script.caption) @> private.search_terms(word),
  'does not find "' || word || '" in a text in ' || script.name
) from script cross join unnest(script.missed) as word;
select is(private.search_terms(E'!? \U0001f600 \u200b'), '{}', 'a text without letters and digits has no terms');
select ok(
  private.search_terms(repeat('word ', 400) || 'last') @> private.search_terms('last'), 'a text of words is found by its last word'
);
select is(
  private.search_terms(repeat('海', 999) || '山' || '川') @> private.search_terms(word), found,
  'of a text without spaces 1,000 characters are found: ' || word
) from (values ('海山', true), ('山川', false)) as bound (word, found);

-- People, posts and tags of this test

select tests.create_user('ann');
select tests.create_user('ben');
select tests.create_user('cleo');
select tests.create_user('closed');
update public.profiles set bio = 'Paints the xylocarp harbour' where username = 'tap_cleo';
update public.profiles set is_public = false where username = 'tap_closed';

create function pg_temp.publish(author text, caption text, is_public boolean default true) returns uuid language plpgsql as $$
begin
  perform tests.authenticate_as(publish.author);
  return (public.create_post(caption => publish.caption, is_public => publish.is_public)).id;
end
$$;
create temporary table made as
select 'open'::text as name, pg_temp.publish('ann', 'xylocarp in the open #xytag') as id
union all select 'private', pg_temp.publish('ann', 'xylocarp xysecret #xysecrettag', false)
union all select 'closed', pg_temp.publish('closed', 'xylocarp xyclosed #xyclosedtag')
union all select 'second', pg_temp.publish('cleo', 'xylocarp again #xytag');
reset role;
grant select on made to authenticated;

create function pg_temp.found(q text) returns text language sql as $$
  select coalesce(string_agg(made.name, ' ' order by made.id desc), '')
  from public.search_posts(found.q) as post join made using (id)
$$;
create function pg_temp.read(q text) returns text language sql security definer set search_path = public, pg_temp as $$
  select coalesce(string_agg(made.name, ' ' order by made.id desc), '')
  from unnest(private.posts_with_terms(private.search_terms(read.q), 'ffffffff-ffff-ffff-ffff-ffffffffffff', 20)) as id
  join made using (id)
$$;
create function pg_temp.names(q text) returns text language sql as $$
  select coalesce(string_agg(username, ' '), '') from public.search_people(names.q)
$$;

grant execute on all functions in schema pg_temp to authenticated;

select tests.authenticate_as('ben');
select is(pg_temp.found('xylocarp'), 'second open', 'finds what the caller sees, newest first');
select is(pg_temp.found('XYLOCARP again'), 'second', 'finds posts that have all words');
select is(pg_temp.found('xysecret'), '', 'finds no private post of others');
select is(pg_temp.found('xyclosed'), '', 'finds no post of a private profile');
select is((select count(*) from public.search_tags('xy')), 1::bigint, 'finds no tag of posts that the caller does not see');
select is(
  (select (tag, post_count, people_count)::text from public.search_tags('#XY')), '(xytag,2,2)',
  'a tag counts the posts that the caller sees'
);
select matches(pg_temp.names('tap_c'), '^tap_cleo tap_closed', 'finds users by the beginning of the name');
select matches(pg_temp.names('@TAP_BEN'), '^tap_ben', 'finds a user by the name, in any case, with @');
select is(pg_temp.names('xylocarp'), 'tap_cleo', 'finds users by words of the bio');
select is(split_part(pg_temp.names('tap_clo'), ' ', 1), 'tap_closed', 'the name itself comes before similar names');
select ok(pg_temp.names('tapcleo') like '%tap_cleo%', 'finds a misspelt name');

select is(pg_temp.read('xylocarp'), 'second open', 'does not even read posts that the caller does not see');

select tests.authenticate_as('ann');
select is(pg_temp.read('xylocarp'), 'second private open', 'reads own posts that nobody else sees');
select is(pg_temp.found('xysecret'), 'private', 'finds an own private post');
select is((select count(*) from public.search_tags('xys')), 1::bigint, 'finds a tag of an own private post');
select public.block_user('tap_cleo');
select is(pg_temp.found('xylocarp'), 'private open', 'finds no post of a blocked user');
select doesnt_match(pg_temp.names('tap_cl'), 'tap_cleo', 'finds no blocked user');
select tests.authenticate_as('cleo');
select is(pg_temp.found('xylocarp'), 'second', 'finds no post of a user who blocks');
select doesnt_match(pg_temp.names('tap_a'), 'tap_ann', 'finds no user who blocks');
select is((select count(*) from public.suggest_people('tap_a')), 0::bigint, 'suggests no user who blocks');

select tests.authenticate_as('ben');
select public.follow_user('tap_closed');
select tests.authenticate_as('closed');
select public.accept_follow_request('tap_ben');
select tests.authenticate_as('ben');
select is(pg_temp.found('xyclosed'), 'closed', 'finds posts of a private profile that the caller follows');
select tests.authenticate_as('closed');
select public.update_post((select id from made where name = 'closed'), is_public => false);
select tests.authenticate_as('ben');
select is(pg_temp.read('xyclosed'), '', 'does not read posts that only their owner sees, of a private profile that the caller follows');
select tests.authenticate_as('closed');
select is(pg_temp.found('xyclosed'), 'closed', 'a user with a private profile finds own private posts');
select public.update_post((select id from made where name = 'closed'), is_public => true);
update public.profiles set is_public = true where username = 'tap_closed';
select tests.authenticate_as('cleo');
select is(pg_temp.found('xyclosed'), 'closed', 'finds posts of a profile that was opened');
select tests.authenticate_as('closed');
update public.profiles set is_public = false where username = 'tap_closed';
select tests.authenticate_as('cleo');
select is(pg_temp.read('xyclosed'), '', 'does not read posts of a profile that was closed');
select tests.authenticate_as('ben');
select is(pg_temp.found('xyclosed'), 'closed', 'finds posts of a profile that was closed and that the caller follows');
reset role;
update public.posts set owner_id = tests.id_of('cleo') where id = (select id from made where name = 'closed');
select tests.authenticate_as('cleo');
select is(pg_temp.found('xyclosed'), 'closed', 'finds a post that was given to another user');
reset role;
update public.posts set owner_id = tests.id_of('closed') where id = (select id from made where name = 'closed');
select tests.authenticate_as('ben');
select is(
  (select string_agg(username, ' ') from public.suggest_people('tap_c')), 'tap_closed tap_cleo',
  'suggests first whom the caller follows'
);

-- Pages

select is(
  (
    select string_agg(second.username, ' ')
    from public.search_people('tap_', page_limit => 2) with ordinality as first (id, username, c, d, e, f, g, next, place)
    cross join lateral public.search_people('tap_', first.next, 1) as second
    where first.place = 2
  ),
  'tap_cleo', 'the cursor of a user leads to the next page'
);
select is(private.place_of(private.place_cursor(7)), 7::bigint, 'a cursor keeps its place');
select is(private.place_of(gen_random_uuid()), 0::bigint, 'a cursor of another list begins at the front');

-- What changes

select tests.authenticate_as('ann');
select public.update_post((select id from made where name = 'open'), caption => 'xyrenamed');
select is(pg_temp.found('xylocarp'), 'private', 'an edited caption is not found by its old words');
select is(pg_temp.found('xyrenamed'), 'open', 'an edited caption is found by its new words');
select public.delete_post((select id from made where name = 'open'));
select is(pg_temp.found('xyrenamed'), '', 'a deleted post is not found');
reset role;
update public.posts set hidden_at = now() where id = (select id from made where name = 'second');
select tests.authenticate_as('ben');
select is(pg_temp.found('xylocarp'), 'closed', 'a hidden post is not found');

-- Tags of posts that the caller does not see neither take places nor hide others

select tests.authenticate_as('ben');
do $$
begin
  for v_post in 0..1 loop
    perform public.create_post((
      select string_agg('#xyplace' || lpad((v_post * 25 + number)::text, 2, '0'), ' ') from generate_series(1, 25) as number
    ));
  end loop;
end
$$;
select public.create_post('#xypopular') from generate_series(1, 2);
select tests.authenticate_as('ann');
select public.create_post(
  (select string_agg('#xyplace10secret' || number, ' ') from generate_series(1, 30) as number), is_public => false
) from generate_series(1, 3);
select public.create_post('#xypopular', is_public => false) from generate_series(1, 30);
select tests.authenticate_as('ben');
select is(
  (select max(tag) from public.search_tags('xyplace', page_limit => 100)), 'xyplace50',
  'tags of private posts take no place in a list of tags'
);
select is(
  (select (tag, post_count, people_count)::text from public.search_tags('xypopular')), '(xypopular,2,1)',
  'thirty private posts neither hide a tag nor change its count'
);

-- Trends

reset role;
update private.trends set refreshed_at = '-infinity';
select pg_temp.publish('ann', 'One #xytrend');
select pg_temp.publish('ann', 'Two #xytrend #xyalone');
select pg_temp.publish('closed', 'Three #xyalone');
select tests.authenticate_as('ben');
select is_empty($$select from public.trending_tags() where tag like 'xy%'$$, 'one user makes no trend, and posts of private profiles do not count');
select pg_temp.publish('cleo', 'Four #xytrend');
select tests.authenticate_as('ben');
select is_empty($$select from public.trending_tags() where tag like 'xy%'$$, 'trends are counted once a minute');
reset role;
update private.trends set refreshed_at = now() - interval '61 seconds';
select tests.authenticate_as('ben');
select results_eq(
  $$select tag collate "default", post_count, people_count from public.trending_tags() where tag like 'xy%'$$,
  $$values ('xytrend', 3, 2)$$, 'a tag of two users is a trend'
);
select tests.authenticate_as('ann');
select is_empty($$select from public.trending_tags() where tag like 'xy%'$$, 'a trend does not count users whom the caller blocks');

select tests.authenticate_as('ben');
select public.block_user('tap_closed');
reset role;
update public.profiles set is_public = true where username = 'tap_closed';
update private.trends set refreshed_at = '-infinity';
select tests.authenticate_as('ann');
select public.unblock_user('tap_cleo');
select is((select people_count from public.trending_tags() where tag = 'xytrend'), 2, 'a trend counts users again who are not blocked any more');
select pg_temp.publish('closed', 'Five #xytrend');
select tests.authenticate_as('ben');
select is(
  (select (post_count, people_count)::text from public.trending_tags() where tag = 'xytrend'), '(3,2)',
  'a post of a blocked user that was not counted yet changes no trend'
);

-- Among many posts of a day, the newest count

select pg_temp.publish('cleo', 'Six #xyold');
select pg_temp.publish('cleo', 'Seven #xynew');
select pg_temp.publish('ann', 'Secret #xynew', false);
select pg_temp.publish('ann', 'Eight #xynew');
reset role;
create temporary table begun as
select private.trends_begin_at(moment, 2) as first_id, moment from (select clock_timestamp() + interval '1 second' as moment) as soon;
select is(
  (select caption from public.posts where posts.id = (select first_id from begun)), 'Seven #xynew',
  'trends begin with the oldest of so many posts that everybody sees'
);
select results_eq(
  $$select tag collate "default", post_count, people_count from begun, private.tags_since(first_id, moment) where tag like 'xy%'$$,
  $$values ('xynew', 2, 2)$$, 'older posts do not count'
);
select ok(
  private.trends_begin_at(now()) = private.first_id_at(now() - interval '1 day'), 'trends begin a day ago where a day has few posts'
);

-- More posts than a chunk, and than the most that are read at once

reset role;
alter table public.posts disable trigger user;
insert into public.posts (owner_id, caption, is_visible_to_all)
select tests.id_of('ann'), case when number in (1, 2000, 26000) then 'xycommon xyrare' else 'xycommon' end, true
from generate_series(1, 30000) as number;
insert into private.post_terms (post_id, terms)
select posts.id, private.mixed_terms(private.search_terms(posts.caption), private.readers_of(posts)) from public.posts where posts.caption like 'xycommon%';
alter table public.posts enable trigger user;
analyze public.posts, private.post_terms;
select tests.authenticate_as('ben');
select is((select count(*) from public.search_posts('xyrare')), 3::bigint, 'finds a rare word however old the posts are');
select is((select count(*) from public.search_posts('xyrare xycommon')), 3::bigint, 'finds a rare word beside a common one');
create function pg_temp.count_all(q text, step integer) returns bigint language plpgsql as $$
declare
  v_before uuid;
  v_page uuid[];
  v_ids uuid[] := '{}';
begin
  loop
    v_page := array(select post.id from public.search_posts(count_all.q, v_before, count_all.step) as post);
    exit when v_page = '{}';
    v_ids := v_ids || v_page;
    v_before := v_page[cardinality(v_page)];
  end loop;
  return (select count(distinct id) from unnest(v_ids) as id);
end
$$;
select is(pg_temp.count_all('xyrare', 1), 3::bigint, 'pages of one post each find all');
reset role;
select is(
  (select count(*) from unnest(private.posts_with_terms(private.search_terms('xycommon'), 'ffffffff-ffff-ffff-ffff-ffffffffffff', 30000))), 30000::bigint,
  'finds every post of a common word within what is read'
);

-- What is refused

select tests.authenticate_as('ben');
select throws_ok($$select from public.search_posts('')$$, 'PT422', null, 'refuses an empty search');
select throws_ok($$select from public.search_people(E' \t ')$$, 'PT422', null, 'refuses a search of white space');
select throws_ok($$select from public.search_tags(null)$$, 'PT422', null, 'refuses a search of nothing');
select throws_ok(format('select from public.search_posts(%L)', repeat('x', 101)), 'PT422', null, 'refuses a search of 101 characters');
select lives_ok(format('select from public.search_people(%L)', repeat('%_\', 33)), 'takes signs of patterns as text');
reset role;
update public.rate_limits set max_count = 0 where action = 'search';
select tests.authenticate_as('ben');
select throws_ok($$select from public.suggest_people('x')$$, 'PGRST', null, 'counts searches');

select * from finish();
rollback;
