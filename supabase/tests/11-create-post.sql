-- create_post: everything of a post at once. Ada publishes, Ben is mentioned, Dan hides his posts.
begin;
set local search_path = public, extensions;
select plan(78);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "Tap_Ben"}'),
  ('00000000-0000-4000-a000-00000000000d', 'dan@tap.test', '{"username": "tap_dan"}');
update public.profiles set is_public = false where id = '00000000-0000-4000-a000-00000000000d';
insert into public.posts (id, owner_id, caption)
values
  ('00000000-0000-7000-a000-0000000000b1', '00000000-0000-4000-a000-00000000000b', 'Ben''s'),
  ('00000000-0000-7000-a000-0000000000d1', '00000000-0000-4000-a000-00000000000d', 'Dan''s');
insert into storage.objects (bucket_id, name, owner_id, metadata)
select
  bucket, '00000000-0000-4000-a000-00000000000' || folder || '/' || file,
  '00000000-0000-4000-a000-00000000000' || owner, metadata::jsonb
from (
  values
    ('post-media', 'a', '1.jpg', 'a', '{"size": 100, "mimetype": "image/jpeg"}'),
    ('post-media', 'a', '2.wav', 'a', '{"size": 200, "mimetype": "Audio/X-WAV; codecs=1"}'),
    ('post-media', 'a', '3.pdf', 'a', '{"size": 300, "mimetype": "application/pdf"}'),
    ('post-media', 'a', 'page.html', 'a', '{"size": 400, "mimetype": "text/html"}'),
    ('post-media', 'a', 'untyped', 'a', '{"size": 400}'),
    ('post-media', 'a', 'unfinished.jpg', 'a', null),
    ('post-media', 'a', 'smuggled.jpg', 'b', '{"size": 100, "mimetype": "image/jpeg"}'),
    ('post-media', 'b', 'theirs.jpg', 'b', '{"size": 100, "mimetype": "image/jpeg"}'),
    ('post-media', 'b', 'planted.jpg', 'a', '{"size": 100, "mimetype": "image/jpeg"}'),
    ('avatars', 'a', 'face.jpg', 'a', '{"size": 100, "mimetype": "image/jpeg"}')
) as upload (bucket, folder, file, owner, metadata);
insert into storage.objects (bucket_id, name, owner_id, metadata)
select 'post-media', '00000000-0000-4000-a000-00000000000a/many' || place || '.gif',
  '00000000-0000-4000-a000-00000000000a', '{"size": 1, "mimetype": "image/gif"}'
from generate_series(0, 10) as place;

insert into storage.objects (bucket_id, name, owner_id, metadata, version)
select 'post-media', '00000000-0000-4000-a000-00000000000a/' || file, '00000000-0000-4000-a000-00000000000a',
  jsonb_build_object('size', size, 'mimetype', mime_type), '1'
from (
  values
    ('inspected.bin', 500, 'application/octet-stream'), ('changed.jpg', 100, 'image/jpeg'),
    ('replaced.jpg', 100, 'image/jpeg'), ('clip.mp4', 100, 'video/mp4')
) as upload (file, size, mime_type);
select public.record_inspection('00000000-0000-4000-a000-00000000000a/inspected.bin', 'image/png', 30, 40);
select public.record_inspection('00000000-0000-4000-a000-00000000000a/changed.jpg', 'application/pdf');
select public.record_inspection('00000000-0000-4000-a000-00000000000a/replaced.jpg', 'image/gif', 1, 1);
update storage.objects set version = '2' where name like '%/replaced.jpg';
insert into storage.objects (bucket_id, name, owner_id, metadata, created_at)
values (
  'post-media', '00000000-0000-4000-a000-00000000000a/abandoned.jpg', '00000000-0000-4000-a000-00000000000a',
  '{"size": 100, "mimetype": "image/jpeg"}', now() - interval '1 day'
);

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
create function pg_temp.own(file text) returns text
language sql
return '00000000-0000-4000-a000-00000000000a/' || file;
grant execute on function pg_temp.own(text) to authenticated;
-- The request that is repeated below.
create function pg_temp.once() returns public.posts
language sql
as $$
  select public.create_post(
    'Once', array['tap_once'], array['tap_ben'], to_jsonb(array[pg_temp.own('many0.gif')]), idempotency_key => 'tap'
  )
$$;
grant execute on function pg_temp.once() to authenticated;
create temporary table made (id uuid, label text);
grant all on made to authenticated;

-- Acting as nobody, with the secret key, and as users that are not there

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select is(pg_temp.refusal($$select public.create_post('x')$$), '42501', 'nobody publishes nothing');
set local role service_role;
select is(pg_temp.refusal($$select public.create_post('x')$$), '42501', 'the secret key is no person');
set local role authenticated;
set local request.jwt.claims = '{"role": "authenticated"}';
select is(pg_temp.refusal($$select public.create_post('x')$$), 'PT401 not_signed_in', 'nor is a token without a user');
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-0000000000ee", "role": "authenticated"}';
select is(pg_temp.refusal($$select public.create_post('x')$$), 'PT401 not_signed_in', 'nor one whose user is gone');

-- Acting as Ada

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';

select results_eq(
  $$select owner_id, caption, is_public, original_post_id, created_at, updated_at from public.create_post('Just words')$$,
  $$values ('00000000-0000-4000-a000-00000000000a'::uuid, 'Just words', true, null::uuid, now(), now())$$,
  'a caption is enough'
);
select results_eq(
  $$
    select caption, is_public, original_post_id
    from public.create_post('Nulls', tags => null, mentions => null, media => null, is_public => null, original_post => null)
  $$,
  $$values ('Nulls', true, null::uuid)$$,
  'null is as good as nothing'
);
select lives_ok($$select public.create_post('Null', media => 'null')$$, 'a null of JSON, too');

insert into made
select id, 'whole'
from public.create_post(
  caption => 'Dawn #tap_dawn #tap_sea with @tap_ben',
  tags => array['#TAP_Sea', ' tap_listed ', 'Tap New  York', 'tap_2026'],
  mentions => array['@TAP_BEN', '00000000-0000-4000-a000-00000000000d'],
  media => to_jsonb(array[pg_temp.own('2.wav'), pg_temp.own('1.jpg')]),
  is_public => false,
  original_post => '00000000-0000-7000-a000-0000000000b1'
);
select results_eq(
  $$select caption, is_public, original_post_id from public.posts where id = (select id from made where label = 'whole')$$,
  $$values ('Dawn #tap_dawn #tap_sea with @tap_ben', false, '00000000-0000-7000-a000-0000000000b1'::uuid)$$,
  'the post is there'
);
select set_eq(
  $$
    select tags.name, post_tags.source::text
    from public.post_tags join public.tags on tags.id = post_tags.tag_id
    where post_tags.post_id = (select id from made where label = 'whole')
  $$,
  $$
    values
      ('tap_dawn', 'caption'), ('tap_sea', 'explicit'), ('tap_listed', 'explicit'), ('tap new york', 'explicit'),
      ('tap_2026', 'explicit')
  $$,
  'so are its tags; one that is both listed and in the caption counts as listed'
);
select set_eq(
  $$
    select profiles.username::text, post_mentions.source::text
    from public.post_mentions join public.profiles on profiles.id = post_mentions.profile_id
    where post_mentions.post_id = (select id from made where label = 'whole')
  $$,
  $$values ('Tap_Ben', 'explicit'), ('tap_dan', 'explicit')$$,
  'so are its mentions, by name and by id'
);
select results_eq(
  $$
    select path, position, file_type::text, mime_type, size
    from public.post_media where post_id = (select id from made where label = 'whole') order by position
  $$,
  $$
    values
      ('00000000-0000-4000-a000-00000000000a/2.wav', 0::smallint, 'audio', 'audio/wav', 200::bigint),
      ('00000000-0000-4000-a000-00000000000a/1.jpg', 1::smallint, 'image', 'image/jpeg', 100)
  $$,
  'so are its files, in the order given, with what Storage knows of them'
);
select is_empty(
  $$
    select path from public.post_media
    where post_id = (select id from made where label = 'whole')
      and (width is not null or height is not null or alt_text <> '' or inspected_at is not null)
  $$,
  'of what nobody has looked into, no more is known'
);
insert into made
select id, 'inspected'
from public.create_post('Inspected', media => jsonb_build_array(
  jsonb_build_object('path', pg_temp.own('inspected.bin'), 'alt_text', 'A sea at dawn'),
  jsonb_build_object('path', pg_temp.own('changed.jpg'), 'alt_text', null),
  jsonb_build_object('path', pg_temp.own('replaced.jpg')),
  pg_temp.own('clip.mp4')
));
select results_eq(
  $$
    select right(path, 8), file_type::text, mime_type, size, width, height, alt_text, inspected_at is not null
    from public.post_media where post_id = (select id from made where label = 'inspected') order by position
  $$,
  $$
    values
      ('cted.bin', 'image', 'image/png', 500::bigint, 30, 40, 'A sea at dawn', true),
      ('nged.jpg', 'document', 'application/pdf', 100, null::integer, null::integer, '', true),
      ('aced.jpg', 'image', 'image/jpeg', 100, null, null, '', false),
      ('clip.mp4', 'video', 'video/mp4', 100, null, null, '', false)
  $$,
  'an inspected upload is what its bytes are, not what it calls itself; other bytes since count as not inspected'
);
select results_eq(
  $$
    select original_post_id, is_repost
    from public.create_post('Further', original_post => (select id from made where label = 'whole'))
  $$,
  $$values ('00000000-0000-7000-a000-0000000000b1'::uuid, true)$$,
  'of a repost, the original is passed on'
);
select lives_ok(
  $$select public.create_post('Ten', media => to_jsonb(array(select pg_temp.own('many' || place || '.gif') from generate_series(1, 10) as place)))$$,
  'ten files do'
);
select lives_ok(
  $$select public.create_post('Thirty', tags => array(select 'tap_' || place from generate_series(1, 30) as place))$$,
  'thirty tags do'
);
select lives_ok(
  $$select public.create_post('Twice', tags => array['tap_x', '#TAP_X'], mentions => array['tap_ben', 'TAP_BEN'])$$,
  'what is listed twice is there once'
);
select lives_ok(
  $$select public.create_post('Fifty', tags => array[repeat('t', 50)])$$,
  'a tag of fifty characters does'
);

-- What is refused

create temporary table before as
select (select count(*) from public.posts) as posts, (select count(*) from public.post_media) as media;

select is(pg_temp.refusal(statement), wanted, label)
from (
  values
    ($$select public.create_post(null)$$, 'PT422 caption_invalid caption', 'no caption'),
    ($$select public.create_post('')$$, 'PT422 caption_invalid caption', 'an empty caption'),
    ($$select public.create_post(E' \n\u3000')$$, 'PT422 caption_invalid caption', 'a caption of white space'),
    ($$select public.create_post(repeat('x', 2201))$$, 'PT422 caption_invalid caption', 'too long a caption'),
    ($$select public.create_post('x', tags => array(select 'tap_' || place from generate_series(1, 31) as place))$$,
      'PT422 tags_too_many tags', 'too many tags'),
    ($$select public.create_post('#tap_one_more', tags => array(select 'tap_' || place from generate_series(1, 30) as place))$$,
      'PT422 tags_too_many tags', 'too many tags, the caption''s included'),
    ($$select public.create_post('x', tags => array_fill('x'::text, array[100000]))$$,
      'PT422 tags_too_many tags', 'a hundred thousand tags'),
    ($$select public.create_post('x', tags => array[null])$$, 'PT422 tag_invalid tags', 'a tag that is null'),
    ($$select public.create_post('x', tags => array[''])$$, 'PT422 tag_invalid tags', 'an empty tag'),
    ($$select public.create_post('x', tags => array[' # '])$$, 'PT422 tag_invalid tags', 'a tag that is only a #'),
    ($$select public.create_post('x', tags => array[repeat('x', 51)])$$, 'PT422 tag_invalid tags', 'too long a tag'),
    ($$select public.create_post('x', tags => array[repeat('x', 1000000)])$$,
      'PT422 tag_invalid tags', 'a tag of a million characters'),
    ($$select public.create_post('x', tags => array[E'a\u0007b'])$$,
      'PT422 tag_invalid tags', 'a tag with a control character'),
    ($$select public.create_post('#' || repeat('x', 51), tags => array['y'])$$,
      'PT422 tag_invalid caption', 'too long a tag in the caption'),
    ($$select public.create_post('x', mentions => array_fill('x'::text, array[21]))$$,
      'PT422 mentions_too_many mentions', 'too many mentions'),
    ($$select public.create_post('x', mentions => array['tap_nobody'])$$,
      'PT422 mention_unknown mentions', 'a mention of nobody'),
    ($$select public.create_post('x', mentions => array['00000000-0000-4000-a000-0000000000ee'])$$,
      'PT422 mention_unknown mentions', 'a mention of nobody by id'),
    ($$select public.create_post('x', mentions => array[null])$$,
      'PT422 mention_unknown mentions', 'a mention that is null'),
    ($$select public.create_post('x', mentions => array['@'])$$,
      'PT422 mention_unknown mentions', 'a mention that is only an @'),
    ($$select public.create_post('x', media => to_jsonb(array(select pg_temp.own('many' || place || '.gif') from generate_series(0, 10) as place)))$$,
      'PT422 media_too_many media', 'too many files'),
    ($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('none.jpg')]))$$,
      'PT422 media_not_found media', 'a file that is not there'),
    ($$select public.create_post('x', media => to_jsonb(array[null]))$$, 'PT422 media_invalid media', 'a file that is null'),
    ($$select public.create_post('x', media => '"a.jpg"')$$, 'PT422 media_invalid media', 'files that are no list'),
    ($$select public.create_post('x', media => '{"path": "a.jpg"}')$$, 'PT422 media_invalid media', 'a file without its list'),
    ($$select public.create_post('x', media => '[1]')$$, 'PT422 media_invalid media', 'a file that is a number'),
    ($$select public.create_post('x', media => '[["a.jpg"]]')$$, 'PT422 media_invalid media', 'a file that is a list'),
    ($$select public.create_post('x', media => '[{"alt_text": "x"}]')$$, 'PT422 media_invalid media', 'a file without a path'),
    ($$select public.create_post('x', media => '[{"path": null}]')$$, 'PT422 media_invalid media', 'a file whose path is null'),
    ($$select public.create_post('x', media => '[{"path": "a.jpg", "alt_text": 1}]')$$,
      'PT422 media_invalid media', 'an alternative text that is no text'),
    ($$select public.create_post('x', media => jsonb_build_array(
      jsonb_build_object('path', pg_temp.own('3.pdf'), 'alt_text', repeat('x', 1001))
    ))$$, 'PT422 alt_text_invalid media', 'too long an alternative text'),
    ($$select public.create_post('x', media => to_jsonb(array_fill('x'::text, array[100000])))$$,
      'PT422 media_too_many media', 'a hundred thousand files'),
    ($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('abandoned.jpg')]))$$,
      'PT422 media_not_found media', 'a file that lay about for a day, and is being removed'),
    ($$select public.create_post('x', media => to_jsonb(array['00000000-0000-4000-a000-00000000000b/theirs.jpg']))$$,
      'PT422 media_not_found media', 'somebody else''s file'),
    ($$select public.create_post('x', media => to_jsonb(array['00000000-0000-4000-a000-00000000000b/planted.jpg']))$$,
      'PT422 media_not_found media', 'one''s own file in somebody else''s folder'),
    ($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('smuggled.jpg')]))$$,
      'PT422 media_not_found media', 'somebody else''s file in one''s own folder'),
    ($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('face.jpg')]))$$,
      'PT422 media_not_found media', 'a file of another bucket'),
    ($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('unfinished.jpg')]))$$,
      'PT422 media_not_found media', 'a file that is still being uploaded'),
    ($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('page.html')]))$$,
      'PT415 media_type_unsupported media', 'a file of another type'),
    ($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('untyped')]))$$,
      'PT415 media_type_unsupported media', 'a file of no type'),
    ($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('1.jpg')]))$$,
      'PT409 media_already_used media', 'a file that a post has'),
    ($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('3.pdf'), pg_temp.own('1.jpg')]))$$,
      'PT409 media_already_used media', 'a free file and one that a post has'),
    ($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('3.pdf'), pg_temp.own('3.pdf')]))$$,
      'PT409 media_already_used media', 'one file twice'),
    ($$select public.create_post('x', original_post => '00000000-0000-7000-a000-0000000000d1')$$,
      'PT422 original_post_not_found original_post', 'passing on a post that one may not see'),
    ($$select public.create_post('x', original_post => '00000000-0000-7000-a000-0000000000ff')$$,
      'PT422 original_post_not_found original_post', 'passing on a post that is not there'),
    ($$select public.create_post('x', idempotency_key => '')$$,
      'PT422 idempotency_key_invalid idempotency_key', 'an empty key'),
    ($$select public.create_post('x', idempotency_key => repeat('k', 256))$$,
      'PT422 idempotency_key_invalid idempotency_key', 'too long a key')
) as refused (statement, wanted, label);
select results_eq(
  'select (select count(*) from public.posts), (select count(*) from public.post_media)',
  'select posts, media from before',
  'what is refused leaves nothing behind'
);
select lives_ok($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('3.pdf')]))$$, 'and its files stay free');

-- Repeated requests

insert into made
select id, 'keyed'
from pg_temp.once();
insert into made
select id, 'repeated'
from pg_temp.once();
select is(
  (select id from made where label = 'repeated'), (select id from made where label = 'keyed'),
  'a repeated request answers with the first post, its file and all'
);
select is(
  (select count(*) from public.posts where caption = 'Once' and owner_id = auth.uid()), 1::bigint,
  'and publishes nothing'
);
select is(
  pg_temp.refusal($$select public.create_post('Twice', idempotency_key => 'tap')$$),
  'PT422 idempotency_key_reused idempotency_key', 'a key is good for one request'
);
select is(
  (select count(distinct (public.create_post('Case', idempotency_key => key)).id) from unnest(array['tap1', 'Tap1', 'tap1 ']) as key),
  3::bigint, 'keys are compared to the letter'
);
select is(
  pg_temp.refusal($$select public.create_post('', idempotency_key => 'tap2')$$),
  'PT422 caption_invalid caption', 'a refused request ...'
);
select lives_ok($$select public.create_post('Better', idempotency_key => 'tap2')$$, '... does not use up its key');
update public.posts set caption = 'Edited' where id = (select id from made where label = 'keyed');
select is(
  (pg_temp.once()).caption,
  'Edited', 'a repeated request finds its post after it was edited'
);
reset role;
update public.profiles set username = 'tap_benedict' where username = 'tap_ben';
set local role authenticated;
select is(
  (pg_temp.once()).id,
  (select id from made where label = 'keyed'), 'and after somebody mentioned took another name'
);
delete from public.posts where id = (select id from made where label = 'keyed');
select is(
  pg_temp.refusal(
    $$select pg_temp.once()$$
  ),
  'PT422 idempotency_key_reused idempotency_key', 'a deleted post does not come back'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000b", "role": "authenticated"}';
select is(
  (public.create_post('Mine', idempotency_key => 'tap')).owner_id, '00000000-0000-4000-a000-00000000000b'::uuid,
  'another person''s key is another key'
);
select is(
  (public.create_post('Mine', idempotency_key => 'tap')).owner_id, '00000000-0000-4000-a000-00000000000b'::uuid,
  'and leads to his own post'
);
select throws_ok('select * from private.idempotency_keys', '42501', null, 'keys are nobody''s to read');

select * from finish();
rollback;
