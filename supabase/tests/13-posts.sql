-- The rules that every post keeps, whoever writes it. Ada is the owner, Ben reposts. Who may do what is in the access
-- matrices.
begin;
set local search_path = public, extensions;
select plan(27);

select tests.create_user('ada'), tests.create_user('ben');
create function pg_temp.write(caption text, original uuid default null) returns public.posts
language sql
as $$
  insert into public.posts (owner_id, caption, original_post_id)
  values (tests.id_of('ada'), caption, original)
  returning posts.*
$$;
select results_eq(
  $$select is_public, original_post_id, is_repost, created_at, updated_at, uuid_extract_version(id) from pg_temp.write('Plain')$$,
  $$values (true, null::uuid, false, now(), now(), 7::smallint)$$,
  'a post is public and no repost unless it says otherwise'
);

-- Captions

select throws_matching(format('select pg_temp.write(%L)', caption), 'posts_caption_check', 'refuses a caption ' || label)
from (
  values
    ('', 'that is empty'),
    (E' \t\r\n', 'of ASCII white space'),
    (E'\u00a0\u2003\u3000\u2029', 'of other white space'),
    (E'\u200b\u2060\ufeff \u3164\u2800\ufe0f', 'of invisible characters'),
    (repeat('x', 2201), 'of 2,201 characters')
) as malformed (caption, label);
select throws_ok('select pg_temp.write(null)', '23502', null, 'refuses a post without a caption');
select lives_ok(format('select pg_temp.write(%L)', caption), 'takes a caption of ' || label)
from (values (repeat('😀', 2200), '2,200 characters, whatever their bytes'), ('x', 'one character')) as well_formed (caption, label);
select tests.insert_post('ada', 'Original');
select throws_matching(
  $$update public.posts set caption = ' ' where id = tests.id_of('Original')$$, 'posts_caption_check', 'an edited caption keeps the rules'
);

-- Times

select results_eq(
  $$update public.posts set caption = 'Original' where id = tests.id_of('Original') returning updated_at$$,
  $$values (timestamptz '2020-01-01')$$, 'the time of a post that did not change stays'
);
select results_eq(
  format('update public.posts set %s where id = tests.id_of(''Original'') returning updated_at', change), 'select now()',
  'sets the time: ' || change
)
from unnest(array['caption = ''Edited''', 'is_public = false', 'is_public = true']) as change;
update public.posts set updated_at = '2020-01-01' where id = tests.id_of('Original');
select results_eq(
  format('update public.posts set %s where id = tests.id_of(''Original'') returning updated_at', change),
  $$values (timestamptz '2020-01-01')$$, 'does not count as an edit: ' || change
)
from unnest(array['hidden_at = now()', 'hidden_at = null']) as change;

-- Reposts

create temporary table made as
select * from pg_temp.write('Repost', tests.id_of('Original'));
select results_eq(
  'select original_post_id, is_repost from made', $$values (tests.id_of('Original'), true)$$, 'a repost refers to its original'
);
select results_eq(
  $$select original_post_id, is_repost from pg_temp.write('Repost', (select id from made))$$,
  $$values (tests.id_of('Original'), true)$$, 'a repost of a repost refers to the original'
);
select is(
  tests.refusal($$select pg_temp.write('Repost', tests.id_of('none'))$$), 'PT422 original_post_not_found original_post',
  'refuses to repost a post that does not exist'
);
select throws_matching(
  $$update public.posts set original_post_id = tests.id_of('Original') where caption = 'Plain'$$, 'posts_is_repost_check',
  'only a repost has an original'
);
update public.posts set updated_at = '2020-01-01' where caption = 'Repost';
delete from public.posts where id = tests.id_of('Original');
select results_eq(
  $$select distinct original_post_id, is_repost, updated_at from public.posts where caption = 'Repost'$$,
  $$values (null::uuid, true, timestamptz '2020-01-01')$$,
  'a repost stays when its original is deleted, is still a repost, and does not count as edited'
);
select is(
  tests.refusal($$select pg_temp.write('Repost', (select id from made))$$), 'PT422 original_post_not_found original_post',
  'refuses to repost a repost whose original was deleted'
);

-- What a deletion takes along

select tests.insert_post('ada', '#tap_gone @tap_ben'), tests.insert_post('ben', 'Kept @tap_ada');
select tests.insert_file(tests.id_of('#tap_gone @tap_ben'), tests.publish_file('ada', '1.jpg'));
delete from public.posts where caption like '#tap_gone%';
select is_empty(
  $$
    select post_id from public.post_tags where post_id = tests.id_of('#tap_gone @tap_ben')
    union all select post_id from public.post_mentions where post_id = tests.id_of('#tap_gone @tap_ben')
    union all select post_id from public.post_media where post_id = tests.id_of('#tap_gone @tap_ben')
  $$,
  'tags, mentions and files are deleted with their post'
);
delete from auth.users where id = tests.id_of('ada');
select is_empty($$select from public.posts where owner_id = tests.id_of('ada')$$, 'posts are deleted with their owner');
select is(tests.references_of(tests.id_of('Kept @tap_ada')), '{}', 'mentions are deleted with the user whom they mention');

-- Many posts that refer to one

select tests.create_user('ada');
select tests.insert_post('ada', 'Popular');
insert into public.posts (owner_id, caption, original_post_id)
select tests.id_of('ben'), 'Repost', tests.id_of('Popular') from generate_series(1, 2000);
create function pg_temp.milliseconds(statement text) returns numeric
language plpgsql
as $$
declare
  v_started constant timestamptz := clock_timestamp();
begin
  execute statement;
  return extract(epoch from clock_timestamp() - v_started) * 1000;
end
$$;
select cmp_ok(
  pg_temp.milliseconds($$delete from public.posts where id = tests.id_of('Popular')$$), '<', 2000::numeric,
  'a post with thousands of reposts is deleted in linear time'
);
select is(
  (select count(*) from public.posts where is_repost and original_post_id is null and owner_id = tests.id_of('ben')), 2000::bigint,
  'each repost loses its original'
);

select * from finish();
rollback;
