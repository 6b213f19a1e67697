-- update_post: all of an edit at once. Ada is the owner, Ben is mentioned, Cleo a stranger, Mia a moderator.
begin;
set local search_path = public, extensions;
select plan(53);

select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('cleo'), tests.create_user('mia', 'moderator'), tests.create_user('bad');
update auth.users set banned_until = now() + interval '1 hour' where id = tests.id_of('bad');
select tests.insert_post('ada', 'Post'), tests.insert_post('ada', 'Private', false), tests.insert_post('ada', 'Untouched'), tests.insert_post('bad', 'Bad');
select tests.publish_file(owner, place || '.jpg') from generate_series(1, 15) as place, unnest(array['ada', 'cleo']) as owner;
select tests.insert_file(tests.id_of('Private'), tests.path_of('ada', 'other.jpg'));
create temporary table untouched as select ctid as place from public.posts where id = tests.id_of('Untouched');
grant select on untouched to authenticated;

create function pg_temp.edit(arguments text) returns text[]
language plpgsql
as $$
begin
  execute format('select public.update_post(tests.id_of(''Post''), %s)', arguments);
  return tests.references_of(tests.id_of('Post'));
end
$$;
create function pg_temp.files() returns text
language sql
as $$
  select string_agg(split_part(path, '/', 2) || case when place - 1 <> position then ' out of place' else '' end, ' ' order by position)
  from (select *, row_number() over (order by position) as place from public.post_media where post_id = tests.id_of('Post')) as file
$$;
create function pg_temp.own(variadic places integer[]) returns text[]
language sql
return array(select tests.path_of('ada', place || '.jpg') from unnest(places) as place);
grant execute on function pg_temp.edit(text), pg_temp.files(), pg_temp.own(integer[]) to authenticated;

select tests.authenticate_as('ada');
select results_eq(
  format('select caption, is_public, updated_at from public.update_post(tests.id_of(''Untouched'')%s)', arguments),
  $$values ('Untouched', true, timestamptz '2020-01-01')$$, 'an edit without a change sets no time: ' || arguments
)
from unnest(array['', ', ''Untouched'', is_public => true']) as arguments;
select results_eq(
  $$select ctid from public.posts where id = tests.id_of('Untouched')$$, 'select place from untouched', 'an edit without a change writes no row'
);
select results_eq(
  $$select caption, is_public, updated_at, created_at from public.update_post(tests.id_of('Post'), 'Dawn #tap_dawn with @tap_ben')$$,
  $$values ('Dawn #tap_dawn with @tap_ben', true, now(), timestamptz '2020-01-01')$$, 'changes the caption, and nothing else'
);
select is(tests.references_of(tests.id_of('Post')), array['#tap_dawn caption', '@tap_ben caption'], 'tags and mentions follow the caption');
select is((public.update_post(tests.id_of('Post'), is_public => false)).is_public, false, 'makes a post private');
select is((public.update_post(tests.id_of('Post'), is_public => true)).is_public, true, 'makes a post public');

-- Lists

select is(
  pg_temp.edit($$tags => array['#TAP_Dawn', 'tap_listed'], mentions => array['@tap_cleo', 'tap_ben']$$),
  array['#tap_dawn explicit', '#tap_listed explicit', '@tap_ben explicit', '@tap_cleo explicit'],
  'adds listed tags and mentions; what the caption has as well becomes explicit'
);
select is(
  pg_temp.edit($$tags => array['tap_other']$$),
  array['#tap_dawn caption', '#tap_other explicit', '@tap_ben explicit', '@tap_cleo explicit'],
  'a list replaces the former list; what the caption has stays, and so does the list that is not given'
);
select tests.clear_authentication();
update public.profiles set username = 'tap_benedict' where id = tests.id_of('ben');
select tests.authenticate_as('ada');
select is(
  pg_temp.edit($$tags => array['tap_other', 'tap_more']$$),
  array['#tap_dawn caption', '#tap_more explicit', '#tap_other explicit', '@tap_benedict explicit', '@tap_cleo explicit'],
  'a user who took another name is still mentioned'
);
select tests.clear_authentication();
update public.profiles set username = 'tap_ben' where id = tests.id_of('ben');
select tests.authenticate_as('ada');
select is(
  pg_temp.edit($$tags => '{}', mentions => '{}'$$), array['#tap_dawn caption', '@tap_ben caption'], 'an empty list takes the explicit ones away'
);
select is(
  cardinality(pg_temp.edit($$tags => array(select 'tap_' || place from generate_series(1, 29) as place)$$)), 31, 'fills the post with tags'
);
select is(
  cardinality(pg_temp.edit($$'#tap_a #tap_b @tap_cleo', tags => array(select 'tap_new_' || place from generate_series(1, 28) as place)$$)), 31,
  'exchanges all tags of a full post at once'
);

-- Files

select public.update_post(tests.id_of('Post'), add_media => to_jsonb(pg_temp.own(3, 1, 2)));
select is(pg_temp.files(), '3.jpg 1.jpg 2.jpg', 'adds files in the order of the list');
select public.update_post(
  tests.id_of('Post'), remove_media => pg_temp.own(1),
  add_media => jsonb_build_array(jsonb_build_object('path', tests.path_of('ada', '4.jpg'), 'alt_text', 'A sea'))
);
select is(pg_temp.files(), '3.jpg 2.jpg 4.jpg', 'removes a file without a gap, and adds one at the end');
select is((select alt_text from public.post_media where path = (pg_temp.own(4))[1]), 'A sea', 'adds a file with its alternative text');
select public.update_post(
  tests.id_of('Post'), remove_media => array(select upper(id::text) from public.post_media where path = (pg_temp.own(3))[1])
);
select is(pg_temp.files(), '2.jpg 4.jpg', 'removes a file by its id, whatever its case');
select lives_ok(
  $$select public.update_post(tests.id_of('Post'), add_media => to_jsonb(pg_temp.own(5, 6, 7, 8, 9, 10, 11, 12)))$$, 'takes ten files'
);
select lives_ok(
  $$select public.update_post(tests.id_of('Post'), add_media => to_jsonb(pg_temp.own(13, 14)), remove_media => pg_temp.own(2, 12))$$,
  'exchanges files of a full post'
);
select is(
  pg_temp.files(), '4.jpg 5.jpg 6.jpg 7.jpg 8.jpg 9.jpg 10.jpg 11.jpg 13.jpg 14.jpg', 'keeps the order of the files that stay'
);
select tests.clear_authentication();
update public.posts set updated_at = '2020-01-01' where id = tests.id_of('Post');
select tests.authenticate_as('ada');
select is((public.update_post(tests.id_of('Post'), remove_media => pg_temp.own(14))).updated_at, now(), 'a change of files is an edit');
select tests.clear_authentication();
update public.posts set updated_at = '2020-01-01' where id = tests.id_of('Post');
select tests.authenticate_as('ada');
select is((public.update_post(tests.id_of('Post'), mentions => '{}')).updated_at, now(), 'a change of a list is an edit');

-- What is refused

create temporary table before as select tests.references_of(tests.id_of('Post')) as refs, pg_temp.files() as files, (public.get_post(tests.id_of('Post'))).caption;
select is(tests.refusal(format($$select public.update_post(tests.id_of('Post'), %s)$$, arguments)), wanted, 'refuses ' || label)
from (
  values
    ($$''$$, 'PT422 caption_invalid caption', 'an empty caption'),
    ($$' '$$, 'PT422 caption_invalid caption', 'a caption of white space'),
    ($$repeat('x', 2201)$$, 'PT422 caption_invalid caption', 'a caption of 2,201 characters'),
    ($$tags => array_fill('x'::text, array[31])$$, 'PT422 tags_too_many tags', '31 tags'),
    ($$'#tap_x', tags => array(select 'tap_' || place from generate_series(1, 30) as place)$$,
      'PT422 tags_too_many tags', '30 tags and one in the caption'),
    ($$tags => array['']$$, 'PT422 tag_invalid tags', 'an empty tag'),
    ($$mentions => array_fill('x'::text, array[21])$$, 'PT422 mentions_too_many mentions', '21 mentions'),
    ($$mentions => array['tap_nobody']$$, 'PT422 mention_unknown mentions', 'a mention of an unknown name'),
    ($$add_media => to_jsonb(pg_temp.own(1, 2))$$, 'PT422 media_too_many media', 'an eleventh file'),
    ($$add_media => to_jsonb(array[tests.path_of('cleo', '1.jpg')])$$, 'PT422 media_not_found media', 'the file of another user'),
    ($$add_media => to_jsonb(pg_temp.own(3))$$, 'PT422 media_not_found media', 'a file that was removed before'),
    ($$add_media => to_jsonb(pg_temp.own(5)), remove_media => pg_temp.own(4)$$, 'PT409 media_already_used media', 'a file that the post has'),
    ($$add_media => to_jsonb(pg_temp.own(4)), remove_media => pg_temp.own(4)$$,
      'PT422 media_not_found media', 'a file that the same edit removes'),
    ($$add_media => '[1]'$$, 'PT422 media_invalid media', 'a number as a file'),
    ($$remove_media => array['none.jpg']$$, 'PT422 media_not_found remove_media', 'to remove a file that does not exist'),
    ($$remove_media => pg_temp.own(15)$$, 'PT422 media_not_found remove_media', 'to remove a file that no post has'),
    ($$remove_media => pg_temp.own(1, 1)$$, 'PT422 media_not_found remove_media', 'to remove a file that was removed before'),
    ($$remove_media => array[tests.path_of('ada', 'other.jpg')]$$, 'PT422 media_not_found remove_media', 'to remove a file of another post'),
    ($$remove_media => array[null]$$, 'PT422 media_not_found remove_media', 'to remove null'),
    ($$'New caption', tags => '{}', remove_media => pg_temp.own(4), add_media => '["none.jpg"]'$$,
      'PT422 media_not_found media', 'an edit that fails at its last step')
) as refused (arguments, wanted, label);
select results_eq(
  $$select tests.references_of(tests.id_of('Post')), pg_temp.files(), (public.get_post(tests.id_of('Post'))).caption$$,
  'select refs, files, caption from before', 'a refused edit changes nothing'
);
select is(
  (select tests.refusal(format('select public.update_post(%s, ''x'')', post)) from tests.authenticate_as(name)), wanted, label
)
from (
  values
    ('ada', 'tests.id_of(''none'')', 'PT404 post_not_found', 'does not find a post that does not exist'),
    ('ada', 'null', 'PT404 post_not_found', 'does not find null'),
    ('cleo', 'tests.id_of(''Post'')', 'PT403 not_owner', 'refuses the post of another user'),
    ('ben', 'tests.id_of(''Post'')', 'PT403 not_owner', 'refuses a user whom the post mentions'),
    ('cleo', 'tests.id_of(''Private'')', 'PT404 post_not_found', 'does not find a post that the caller may not see'),
    ('mia', 'tests.id_of(''Private'')', 'PT403 not_owner', 'refuses a moderator, who sees every post'),
    ('bad', 'tests.id_of(''Bad'')', 'PT403 user_banned', 'refuses a banned user'),
    ('eve', 'tests.id_of(''Post'')', 'PT401 not_signed_in', 'refuses a deleted user'),
    (null, 'tests.id_of(''Post'')', 'PT401 not_signed_in', 'refuses a token without a user')
) as caller (name, post, wanted, label);
-- The function behind it does not trust its caller.
select tests.authenticate_as('mia');
select is(
  tests.refusal($$select private.edit_post(tests.id_of('Post'), 'x', null, null, null, null, null)$$), 'PT404 post_not_found',
  'the private function edits posts of its caller only'
);

select * from finish();
rollback;
