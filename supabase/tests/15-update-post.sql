-- update_post: everything of an edit at once. Ada is the owner, Ben is mentioned, Cleo a stranger, Mia a moderator.
begin;
set local search_path = public, extensions;
select plan(56);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "tap_ben"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}'),
  ('00000000-0000-4000-a000-00000000000e', 'mia@tap.test', '{"username": "tap_mia"}');
update public.profiles set role = 'moderator' where username = 'tap_mia';
insert into public.posts (id, owner_id, caption, is_public, created_at, updated_at)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'Dawn', true, '2020-01-01', '2020-01-01'),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a', 'For me', false, '2020-01-01', '2020-01-01'),
  ('00000000-0000-7000-a000-0000000000a3', '00000000-0000-4000-a000-00000000000a', 'Untouched', true, '2020-01-01', '2020-01-01');
insert into storage.objects (bucket_id, name, owner_id, metadata)
select 'post-media', '00000000-0000-4000-a000-00000000000' || owner || '/' || place || '.jpg',
  '00000000-0000-4000-a000-00000000000' || owner, '{"size": 1, "mimetype": "image/jpeg"}'
from generate_series(1, 15) as place
cross join (values ('a'), ('c')) as folder (owner);

insert into public.post_media (post_id, path, position, file_type, mime_type, size)
values (
  '00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a/other.jpg', 0, 'image', 'image/jpeg', 1
);
create temporary table untouched as select ctid as place from public.posts where caption = 'Untouched';
grant select on untouched to authenticated;

create temporary view tags_of_post with (security_invoker = true) as
select tags.name || ' ' || post_tags.source as tag
from public.post_tags join public.tags on tags.id = post_tags.tag_id
where post_tags.post_id = '00000000-0000-7000-a000-0000000000a1';
create temporary view mentions_of_post with (security_invoker = true) as
select profiles.username || ' ' || post_mentions.source as mention
from public.post_mentions join public.profiles on profiles.id = post_mentions.profile_id
where post_mentions.post_id = '00000000-0000-7000-a000-0000000000a1';
create temporary view files_of_post with (security_invoker = true) as
select string_agg(split_part(path, '/', 2), ' ' order by position) as files,
  -- No two share a place, and none is below 0.
  max(position) = count(*) - 1 as in_order
from public.post_media
where post_id = '00000000-0000-7000-a000-0000000000a1';
grant select on tags_of_post, mentions_of_post, files_of_post to authenticated;
create function pg_temp.own(variadic places integer[]) returns text[]
language sql
return array(select '00000000-0000-4000-a000-00000000000a/' || place || '.jpg' from unnest(places) as place);
grant execute on function pg_temp.own(integer[]) to authenticated;
create function pg_temp.refusal(statement text) returns text
language plpgsql
as $$
declare
  v_hint text;
  v_detail text;
begin
  execute statement;
  return 'not refused';
exception when others then
  get stacked diagnostics v_hint = pg_exception_hint, v_detail = pg_exception_detail;
  return concat_ws(' ', sqlstate, nullif(v_hint, ''), nullif(v_detail, ''));
end
$$;
grant execute on function pg_temp.refusal(text) to anon, authenticated, service_role;

-- Acting as nobody, and as users that are not there

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select is(pg_temp.refusal($$select public.update_post('00000000-0000-7000-a000-0000000000a1', 'x')$$), '42501', 'nobody edits');
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-0000000000ee", "role": "authenticated"}';
select is(
  pg_temp.refusal($$select public.update_post('00000000-0000-7000-a000-0000000000a1', 'x')$$), 'PT401 not_signed_in',
  'nor does a token whose user is gone'
);

-- Acting as Ada, the owner

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select results_eq(
  $$select caption, is_public, updated_at from public.update_post('00000000-0000-7000-a000-0000000000a3')$$,
  $$values ('Untouched', true, timestamptz '2020-01-01')$$,
  'who changes nothing changes nothing, not even the time'
);
select results_eq(
  $$select caption, is_public, updated_at from public.update_post('00000000-0000-7000-a000-0000000000a3', 'Untouched', is_public => true)$$,
  $$values ('Untouched', true, timestamptz '2020-01-01')$$,
  'nor who says what is so already'
);
select results_eq(
  $$select ctid from public.posts where id = '00000000-0000-7000-a000-0000000000a3'$$, 'select place from untouched',
  'nothing is even written'
);
select results_eq(
  $$
    select caption, is_public, updated_at, created_at, owner_id
    from public.update_post('00000000-0000-7000-a000-0000000000a1', 'Dawn #tap_dawn with @tap_ben')
  $$,
  $$
    values (
      'Dawn #tap_dawn with @tap_ben', true, now(), timestamptz '2020-01-01',
      '00000000-0000-4000-a000-00000000000a'::uuid
    )
  $$,
  'she writes a new caption, and the rest stays'
);
select set_eq('select tag from tags_of_post', array['tap_dawn caption'], 'its tags follow');
select set_eq('select mention from mentions_of_post', array['tap_ben caption'], 'so do its mentions');

select public.update_post(
  '00000000-0000-7000-a000-0000000000a1', tags => array['#TAP_Dawn', 'tap_listed'], mentions => array['@tap_cleo', 'tap_ben']
);
select set_eq(
  'select tag from tags_of_post', array['tap_dawn explicit', 'tap_listed explicit'],
  'listed tags are added; one that is in the caption, too, counts as listed'
);
select set_eq('select mention from mentions_of_post', array['tap_ben explicit', 'tap_cleo explicit'], 'so are listed mentions');
select public.update_post('00000000-0000-7000-a000-0000000000a1', tags => array['tap_other']);
select set_eq(
  'select tag from tags_of_post', array['tap_dawn caption', 'tap_other explicit'],
  'a new list replaces the old one, but what the caption says stays'
);
select set_eq(
  'select mention from mentions_of_post', array['tap_ben explicit', 'tap_cleo explicit'],
  'a list that is not given stays'
);
reset role;
update public.profiles set username = 'tap_benedict' where username = 'tap_ben';
set local role authenticated;
select public.update_post('00000000-0000-7000-a000-0000000000a1', tags => array['tap_other', 'tap_more']);
select set_eq(
  'select mention from mentions_of_post', array['tap_benedict explicit', 'tap_cleo explicit'],
  'who took another name is still mentioned'
);
reset role;
update public.profiles set username = 'tap_ben' where username = 'tap_benedict';
set local role authenticated;
select public.update_post('00000000-0000-7000-a000-0000000000a1', tags => '{}', mentions => '{}');
select set_eq('select tag from tags_of_post', array['tap_dawn caption'], 'an empty list takes all listed tags away');
select set_eq('select mention from mentions_of_post', array['tap_ben caption'], 'and all listed mentions');
select public.update_post('00000000-0000-7000-a000-0000000000a1', tags => array(select 'tap_' || place from generate_series(1, 29) as place));
select lives_ok(
  $$
    select public.update_post(
      '00000000-0000-7000-a000-0000000000a1', '#tap_a #tap_b @tap_cleo',
      tags => array(select 'tap_new_' || place from generate_series(1, 28) as place)
    )
  $$,
  'a post that is full of tags exchanges all of them at once'
);
select is((select count(*) from tags_of_post), 30::bigint, 'and is full again');

-- Files

select public.update_post('00000000-0000-7000-a000-0000000000a1', add_media => to_jsonb(pg_temp.own(3, 1, 2)));
select is((select files from files_of_post), '3.jpg 1.jpg 2.jpg', 'files are added in the order given');
select public.update_post(
  '00000000-0000-7000-a000-0000000000a1',
  add_media => jsonb_build_array(jsonb_build_object('path', (pg_temp.own(4))[1], 'alt_text', 'A sea')),
  remove_media => pg_temp.own(1)
);
select results_eq(
  'select files, in_order from files_of_post', $$values ('3.jpg 2.jpg 4.jpg', true)$$,
  'what goes leaves no gap, what comes is last, and the order is kept'
);
select is(
  (select alt_text from public.post_media where path = (pg_temp.own(4))[1]), 'A sea', 'an alternative text comes with its file'
);
select public.update_post(
  '00000000-0000-7000-a000-0000000000a1',
  remove_media => array(select upper(id::text) from public.post_media where path = (pg_temp.own(3))[1])
);
select is((select files from files_of_post), '2.jpg 4.jpg', 'files are also named by id, whatever its case');
select lives_ok(
  $$select public.update_post('00000000-0000-7000-a000-0000000000a1', add_media => to_jsonb(pg_temp.own(5, 6, 7, 8, 9, 10, 11, 12)))$$,
  'ten files do'
);
select lives_ok(
  $$
    select public.update_post(
      '00000000-0000-7000-a000-0000000000a1', add_media => to_jsonb(pg_temp.own(13, 14)), remove_media => pg_temp.own(2, 12)
    )
  $$,
  'a full post exchanges files'
);
select results_eq(
  'select files, in_order from files_of_post',
  $$values ('4.jpg 5.jpg 6.jpg 7.jpg 8.jpg 9.jpg 10.jpg 11.jpg 13.jpg 14.jpg', true)$$, 'which are in order again'
);
reset role;
update public.posts set updated_at = '2020-01-01' where id = '00000000-0000-7000-a000-0000000000a1';
set local role authenticated;
select is(
  (public.update_post('00000000-0000-7000-a000-0000000000a1', remove_media => pg_temp.own(14))).updated_at, now(),
  'a change of files is an edit'
);
reset role;
update public.posts set updated_at = '2020-01-01' where id = '00000000-0000-7000-a000-0000000000a1';
set local role authenticated;
select is(
  (public.update_post('00000000-0000-7000-a000-0000000000a1', mentions => '{}')).updated_at, now(),
  'so is a change of a list'
);

-- What is refused

create temporary table before as
select
  (select jsonb_agg(tag order by tag) from tags_of_post) as tags,
  (select files from files_of_post) as files,
  (select caption from public.posts where id = '00000000-0000-7000-a000-0000000000a1') as caption;
select is(
  pg_temp.refusal(format($$select public.update_post('00000000-0000-7000-a000-0000000000a1', %s)$$, arguments)), wanted, label
)
from (
  values
    ($$''$$, 'PT422 caption_invalid caption', 'an empty caption'),
    ($$' '$$, 'PT422 caption_invalid caption', 'a caption of white space'),
    ($$repeat('x', 2201)$$, 'PT422 caption_invalid caption', 'too long a caption'),
    ($$tags => array_fill('x'::text, array[31])$$, 'PT422 tags_too_many tags', 'too many tags'),
    ($$'#tap_x', tags => array(select 'tap_' || place from generate_series(1, 30) as place)$$,
      'PT422 tags_too_many tags', 'too many tags, the caption''s included'),
    ($$tags => array['']$$, 'PT422 tag_invalid tags', 'an empty tag'),
    ($$mentions => array_fill('x'::text, array[21])$$, 'PT422 mentions_too_many mentions', 'too many mentions'),
    ($$mentions => array['tap_nobody']$$, 'PT422 mention_unknown mentions', 'a mention of nobody'),
    ($$add_media => to_jsonb(pg_temp.own(1, 2))$$, 'PT422 media_too_many media', 'an eleventh file'),
    ($$add_media => '["00000000-0000-4000-a000-00000000000c/1.jpg"]'$$, 'PT422 media_not_found media', 'somebody else''s file'),
    ($$add_media => to_jsonb(pg_temp.own(3))$$, 'PT422 media_not_found media', 'a file that was removed before'),
    ($$add_media => to_jsonb(pg_temp.own(5)), remove_media => pg_temp.own(4)$$,
      'PT409 media_already_used media', 'a file that is there already'),
    ($$add_media => to_jsonb(pg_temp.own(4)), remove_media => pg_temp.own(4)$$,
      'PT422 media_not_found media', 'a file that is removed in the same breath'),
    ($$add_media => '[1]'$$, 'PT422 media_invalid media', 'a file that is a number'),
    ($$remove_media => array['none.jpg']$$, 'PT422 media_not_found remove_media', 'removing a file that is not there'),
    ($$remove_media => pg_temp.own(15)$$, 'PT422 media_not_found remove_media', 'removing an upload that no post has'),
    ($$remove_media => pg_temp.own(1, 1)$$, 'PT422 media_not_found remove_media', 'removing a file that went before'),
    ($$remove_media => array['00000000-0000-4000-a000-00000000000a/other.jpg']$$,
      'PT422 media_not_found remove_media', 'removing a file of another post'),
    ($$remove_media => array[null]$$, 'PT422 media_not_found remove_media', 'removing nothing'),
    ($$'New caption', tags => '{}', remove_media => pg_temp.own(4), add_media => '["none.jpg"]'$$,
      'PT422 media_not_found media', 'an edit that fails at its last step')
) as refused (arguments, wanted, label);
select results_eq(
  $$
    select (select jsonb_agg(tag order by tag) from tags_of_post), (select files from files_of_post), caption
    from public.posts where id = '00000000-0000-7000-a000-0000000000a1'
  $$,
  'select tags, files, caption from before', 'what is refused changes nothing'
);
select is(
  pg_temp.refusal($$select public.update_post('00000000-0000-7000-a000-0000000000ff', 'x')$$), 'PT404 post_not_found',
  'a post that is not there is not edited'
);
select is(
  pg_temp.refusal($$select public.update_post(null, 'x')$$), 'PT404 post_not_found', 'nor is none'
);

-- Acting as Cleo, a stranger

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000c", "role": "authenticated"}';
select is(
  pg_temp.refusal($$select public.update_post('00000000-0000-7000-a000-0000000000a1', 'x')$$), 'PT403 not_owner',
  'Cleo does not edit Ada''s post'
);
select is(
  pg_temp.refusal($$select public.update_post('00000000-0000-7000-a000-0000000000a2', 'x')$$), 'PT404 post_not_found',
  'of one that she may not see she learns nothing'
);
select is(
  pg_temp.refusal($$select private.remove_explicit_references('00000000-0000-7000-a000-0000000000a1', '{}', '{}')$$),
  'PT403 not_owner', 'nor does she take tags from it by another way'
);
select lives_ok($$select private.stamp_post('00000000-0000-7000-a000-0000000000a3')$$, 'stamping it ...');
select is(
  (select updated_at from public.posts where id = '00000000-0000-7000-a000-0000000000a3'), '2020-01-01'::timestamptz,
  '... does nothing'
);

-- Acting as Ben, who is mentioned, and Mia, a moderator

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000b", "role": "authenticated"}';
select is(
  pg_temp.refusal($$select public.update_post('00000000-0000-7000-a000-0000000000a1', mentions => '{}')$$), 'PT403 not_owner',
  'Ben does not take his mention away'
);
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000e", "role": "authenticated"}';
select is(
  pg_temp.refusal($$select public.update_post('00000000-0000-7000-a000-0000000000a2', 'x')$$), 'PT403 not_owner',
  'a moderator sees every post, but edits none'
);

select * from finish();
rollback;
