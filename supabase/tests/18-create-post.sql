-- create_post: all of a post at once. Ada publishes, Ben is mentioned, Dan has a private profile, Bad is banned. What
-- happens with files is in 17-files.sql.
begin;
set local search_path = public, extensions;
select plan(74);

select tests.create_user('ada'), tests.create_user('ben', metadata => '{"username": "Tap_Ben"}'), tests.create_user('dan'), tests.create_user('bad'), tests.create_user('sue');
update auth.users set banned_until = now() + interval '1 hour' where id = tests.id_of('bad');
-- Auth can delete a user softly: the row stays.
update auth.users set deleted_at = now() where id = tests.id_of('sue');
update public.profiles set is_public = false where id = tests.id_of('dan');
select tests.insert_post('ben', 'Ben''s'), tests.insert_post('dan', 'Dan''s');
select tests.publish_file('ada', place || '.jpg') from generate_series(0, 30) as place;
select tests.publish_file('ben', 'theirs.jpg'), tests.publish_file('ada', 'face.jpg', 'avatars');

create function pg_temp.own(variadic places integer[]) returns jsonb
language sql
return to_jsonb(array(select tests.path_of('ada', place || '.jpg') from unnest(places) as place));
grant execute on function pg_temp.own(integer[]) to authenticated;
-- The request that is repeated below.
create function pg_temp.once() returns public.post_view
language sql
as $$select public.create_post('Once', array['tap_once'], array['tap_ben'], pg_temp.own(30), idempotency_key => 'tap')$$;
grant execute on function pg_temp.once() to authenticated;
create temporary table made (label text, id uuid);
grant all on made to authenticated;

select is(
  (select tests.refusal($$select public.create_post('x')$$) from tests.authenticate_as(name)), wanted, 'refuses ' || label
)
from (
  values
    (null, 'PT401 not_signed_in', 'a token without a user'), ('eve', 'PT401 not_signed_in', 'a deleted user'),
    ('bad', 'PT403 user_banned', 'a banned user'), ('sue', 'PT403 user_banned', 'a softly deleted user')
) as caller (name, wanted, label);

select tests.authenticate_as('ada');
select results_eq(
  $$
    select owner, caption, is_public, tags, mentions, media, original_post, is_repost, hidden_at, created_at, updated_at
    from public.create_post('Only words')
  $$,
  $$
    values (
      jsonb_build_object(
        'id', tests.id_of('ada'), 'username', 'tap_ada', 'is_vip', false,
        'profile_pic_url', '/functions/v1/api/assets/default-avatar.svg'
      ),
      'Only words', true, '[]'::jsonb, '[]'::jsonb, '[]'::jsonb, null::uuid, false, null::timestamptz, now(), now()
    )
  $$,
  'publishes a caption'
);
select results_eq(
  format('select is_public, tags, mentions, media, original_post from public.create_post(''Nulls'', %s)', arguments),
  $$values (true, '[]'::jsonb, '[]'::jsonb, '[]'::jsonb, null::uuid)$$, 'takes ' || arguments
)
from unnest(array[
  'tags => null, mentions => null, media => null, original_post => null', 'media => ''null'''
]) as arguments;
select is(tests.refusal($$select public.create_post('Empty', is_public => null)$$), 'PT422 is_public_invalid is_public', 'an empty is_public publishes to nobody');

create temporary table whole as
select * from public.create_post(
  caption => 'Dawn #tap_dawn #tap_sea with @tap_ben',
  tags => array['#TAP_Sea', ' tap_listed ', 'Tap New  York', 'tap_2026'],
  mentions => array['@TAP_BEN', tests.id_of('dan')::text],
  media => jsonb_build_array(
    jsonb_build_object('path', tests.path_of('ada', '2.jpg'), 'alt_text', 'A sea at dawn'),
    jsonb_build_object('path', tests.path_of('ada', '1.jpg'), 'alt_text', null),
    tests.path_of('ada', '3.jpg')
  ),
  is_public => false,
  original_post => tests.id_of('Ben''s')
);
select results_eq(
  'select caption, is_public, original_post, is_repost from whole',
  $$values ('Dawn #tap_dawn #tap_sea with @tap_ben', false, tests.id_of('Ben''s'), true)$$, 'publishes a private repost'
);
select is(
  tests.references_of((select id from whole)),
  array[
    '#tap new york explicit', '#tap_2026 explicit', '#tap_dawn caption', '#tap_listed explicit', '#tap_sea explicit',
    '@Tap_Ben explicit', '@tap_dan explicit'
  ],
  'adds listed tags and mentions, by name and by id; what is both listed and in the caption is explicit'
);
select is(
  (select jsonb_path_query_array(tags, '$[*].name') from whole), '["tap new york", "tap_2026", "tap_dawn", "tap_listed", "tap_sea"]',
  'returns the tags by name'
);
select is(
  (select mentions from whole),
  jsonb_build_array(
    jsonb_build_object('id', tests.id_of('ben'), 'username', 'Tap_Ben'), jsonb_build_object('id', tests.id_of('dan'), 'username', 'tap_dan')
  ),
  'returns the mentions by user name'
);
select is(
  (select jsonb_path_query_array(media, '$[*].file') from whole), pg_temp.own(2, 1, 3), 'returns the files in the order of the list'
);
select is(
  (select jsonb_path_query_array(media, '$[*].alt_text') from whole), '["A sea at dawn", "", ""]', 'returns alternative texts, empty where none was given'
);
select is(
  (select original_post from public.create_post('Further', original_post => (select id from whole))), tests.id_of('Ben''s'),
  'reposts the original of a repost'
);
select lives_ok(format('select public.create_post(''x'', %s)', arguments), 'takes ' || label)
from (
  values
    ('media => pg_temp.own(4, 5, 6, 7, 8, 9, 10, 11, 12, 13)', 'ten files'),
    ('tags => array(select ''tap_'' || place from generate_series(1, 30) as place)', '30 tags'),
    ('tags => array[''tap_x'', ''#TAP_X''], mentions => array[''tap_ben'', ''TAP_BEN'']', 'a list that names something twice'),
    ('tags => array[repeat(''t'', 50)]', 'a tag of 50 characters')
) as accepted (arguments, label);

-- What is refused

create temporary table before as
select (select count(*) from public.posts) as posts, (select count(*) from public.post_media) as media;
select is(tests.refusal(format('select public.create_post(%s)', arguments)), wanted, 'refuses ' || label)
from (
  values
    ('null', 'PT422 caption_invalid caption', 'null as a caption'),
    ('''''', 'PT422 caption_invalid caption', 'an empty caption'),
    ('E'' \n\u3000''', 'PT422 caption_invalid caption', 'a caption of white space'),
    ('E''\u200b\u2060''', 'PT422 caption_invalid caption', 'a caption of invisible characters'),
    ('''x'', tags => array[E''\u200b'']', 'PT422 tag_invalid tags', 'a tag of invisible characters'),
    ('repeat(''x'', 2201)', 'PT422 caption_invalid caption', 'a caption of 2,201 characters'),
    ('''x'', tags => array_fill(''x''::text, array[31])', 'PT422 tags_too_many tags', '31 tags'),
    ('''#tap_one_more'', tags => array(select ''tap_'' || place from generate_series(1, 30) as place)',
      'PT422 tags_too_many tags', '30 tags and one in the caption'),
    ('''x'', tags => array_fill(''x''::text, array[100000])', 'PT422 tags_too_many tags', '100,000 tags'),
    ('''x'', tags => array[null]', 'PT422 tag_invalid tags', 'null as a tag'),
    ('''x'', tags => array['''']', 'PT422 tag_invalid tags', 'an empty tag'),
    ('''x'', tags => array['' # '']', 'PT422 tag_invalid tags', 'a tag that is only #'),
    ('''x'', tags => array[repeat(''x'', 51)]', 'PT422 tag_invalid tags', 'a tag of 51 characters'),
    ('''x'', tags => array[repeat(''x'', 1000000)]', 'PT422 tag_invalid tags', 'a tag of a million characters'),
    ('''x'', tags => array[E''a\u0007b'']', 'PT422 tag_invalid tags', 'a tag with a control character'),
    ('''#'' || repeat(''x'', 51), tags => array[''y'']', 'PT422 tag_invalid caption', 'a tag of 51 characters in the caption'),
    ('''x'', mentions => array_fill(''x''::text, array[21])', 'PT422 mentions_too_many mentions', '21 mentions'),
    ('''x'', mentions => array[''tap_nobody'']', 'PT422 mention_unknown mentions', 'a mention of an unknown name'),
    ('''x'', mentions => array[tests.id_of(''eve'')::text]', 'PT422 mention_unknown mentions', 'a mention of an unknown id'),
    ('''x'', mentions => array[null]', 'PT422 mention_unknown mentions', 'null as a mention'),
    ('''x'', mentions => array[''@'']', 'PT422 mention_unknown mentions', 'a mention that is only @'),
    ('''x'', media => pg_temp.own(14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24)', 'PT422 media_too_many media', '11 files'),
    ('''x'', media => to_jsonb(array_fill(''x''::text, array[100000]))', 'PT422 media_too_many media', '100,000 files'),
    ('''x'', media => pg_temp.own(99)', 'PT422 media_not_found media', 'a file that does not exist'),
    ('''x'', media => to_jsonb(array[tests.path_of(''ben'', ''theirs.jpg'')])', 'PT422 media_not_found media', 'the file of another user'),
    ('''x'', media => to_jsonb(array[tests.path_of(''ada'', ''face.jpg'')])', 'PT422 media_not_found media', 'a file of another bucket'),
    ('''x'', media => pg_temp.own(14, 1)', 'PT409 media_already_used media', 'a file that a post has, beside a free one'),
    ('''x'', media => to_jsonb(array[null])', 'PT422 media_invalid media', 'null as a file'),
    ('''x'', media => ''"a.jpg"''', 'PT422 media_invalid media', 'a text as the list of files'),
    ('''x'', media => ''{"path": "a.jpg"}''', 'PT422 media_invalid media', 'an object as the list of files'),
    ('''x'', media => ''[1]''', 'PT422 media_invalid media', 'a number as a file'),
    ('''x'', media => ''[["a.jpg"]]''', 'PT422 media_invalid media', 'a list as a file'),
    ('''x'', media => ''[{"alt_text": "x"}]''', 'PT422 media_invalid media', 'a file without a path'),
    ('''x'', media => ''[{"path": null}]''', 'PT422 media_invalid media', 'null as a path'),
    ('''x'', media => ''[{"path": "a.jpg", "alt_text": 1}]''', 'PT422 media_invalid media', 'a number as an alternative text'),
    ('''x'', media => jsonb_build_array(jsonb_build_object(''path'', tests.path_of(''ada'', ''14.jpg''), ''alt_text'', repeat(''x'', 1001)))',
      'PT422 alt_text_invalid media', 'an alternative text of 1,001 characters'),
    ('''x'', original_post => tests.id_of(''Dan''''s'')', 'PT422 original_post_not_found original_post', 'to repost a post that the user may not see'),
    ('''x'', original_post => tests.id_of(''none'')', 'PT422 original_post_not_found original_post', 'to repost a post that does not exist'),
    ('''x'', idempotency_key => ''''', 'PT422 idempotency_key_invalid idempotency_key', 'an empty key'),
    ('''x'', idempotency_key => E''k\n''', 'PT422 idempotency_key_invalid idempotency_key', 'a key with a line break'),
    ('''x'', idempotency_key => repeat(''k'', 256)', 'PT422 idempotency_key_invalid idempotency_key', 'a key of 256 characters')
) as refused (arguments, wanted, label);
select results_eq(
  'select (select count(*) from public.posts), (select count(*) from public.post_media)', 'select posts, media from before',
  'a refused request leaves nothing behind'
);
select lives_ok($$select public.create_post('x', media => pg_temp.own(14))$$, 'the files of a refused request can be claimed');

-- A repost leads only to what its reader sees

select tests.clear_authentication();
update public.posts set is_public = false where id = tests.id_of('Ben''s');
select tests.authenticate_as('ada');
select is((public.get_post((select id from whole))).original_post, null, 'does not name an original that the reader may not see');
select is(
  tests.refusal($$select public.create_post('x', original_post => (select id from whole))$$),
  'PT422 original_post_not_found original_post', 'does not repost an original that the user may no longer see'
);

-- Repeated requests

insert into made select 'once', id from pg_temp.once();
select is((pg_temp.once()).id, (select id from made), 'a repeated request returns the first post, its file and all');
select is((select count(*) from public.posts where caption = 'Once'), 1::bigint, 'a repeated request publishes nothing');
select is(
  tests.refusal($$select public.create_post('Twice', idempotency_key => 'tap')$$), 'PT422 idempotency_key_reused idempotency_key',
  'refuses a key with other arguments'
);
select is(
  (select count(distinct (public.create_post('Case', idempotency_key => key)).id) from unnest(array['tap1', 'Tap1', 'tap1 ']) as key),
  3::bigint, 'compares keys to the letter'
);
select is(tests.refusal($$select public.create_post('', idempotency_key => 'tap2')$$), 'PT422 caption_invalid caption', 'a refused request');
select lives_ok($$select public.create_post('Better', idempotency_key => 'tap2')$$, 'does not use up its key');
select public.update_post((select id from made), 'Edited');
select is((pg_temp.once()).caption, 'Edited', 'a repeated request returns the post as it is now');
select tests.clear_authentication();
update public.profiles set username = 'tap_benedict' where id = tests.id_of('ben');
select tests.authenticate_as('ada');
select is((pg_temp.once()).id, (select id from made), 'a repeated request works after a mentioned user took another name');
delete from public.posts where id = (select id from made);
select is(
  tests.refusal('select pg_temp.once()'), 'PT422 idempotency_key_reused idempotency_key', 'a repeated request does not bring back a deleted post'
);
select tests.authenticate_as('ben');
select is(
  (select count(distinct (public.create_post('Mine', idempotency_key => 'tap')).id) from generate_series(1, 2)), 1::bigint,
  'another user may use the same key'
);

select * from finish();
rollback;
