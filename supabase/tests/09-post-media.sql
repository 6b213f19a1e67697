-- Files of posts: visible with their post, written by nobody. Ada is the owner, Cleo a stranger.
begin;
set local search_path = public, extensions;
select plan(25);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}');
insert into public.posts (id, owner_id, caption, is_public)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'For all', true),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a', 'For me', false);
insert into public.post_media (id, post_id, path, position, file_type, mime_type, size, inspected_at)
values
  ('00000000-0000-7000-a000-0000000000f0', '00000000-0000-7000-a000-0000000000a1', 'tap/for-all.jpg', 0, 'image', 'image/jpeg', 1, now()),
  ('00000000-0000-7000-a000-0000000000f1', '00000000-0000-7000-a000-0000000000a1', 'tap/unknown.jpg', 1, 'image', 'image/jpeg', 1, null),
  ('00000000-0000-7000-a000-0000000000f2', '00000000-0000-7000-a000-0000000000a2', 'tap/for-me.jpg', 0, 'image', 'image/jpeg', 1, now());

-- Acting as nobody

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select throws_ok('select * from public.post_media', '42501', null, 'nobody sees no file');

-- Acting as Ada, the owner

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select set_eq(
  $$select path from public.post_media where path like 'tap/%'$$,
  array['tap/for-all.jpg', 'tap/unknown.jpg', 'tap/for-me.jpg'],
  'Ada sees the files of her posts, inspected or not'
);
select throws_ok(
  $$
    insert into public.post_media (post_id, path, position, file_type, mime_type, size)
    values ('00000000-0000-7000-a000-0000000000a1', 'tap/mine.jpg', 1, 'image', 'image/jpeg', 1)
  $$,
  '42501', null, 'she does not write a file''s row herself'
);
select throws_ok($$update public.post_media set mime_type = 'text/html'$$, '42501', null, 'nor change one');
select throws_ok('delete from public.post_media', '42501', null, 'nor delete one');

-- Acting as Cleo, a stranger

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000c", "role": "authenticated"}';
select set_eq(
  $$select path from public.post_media where path like 'tap/%'$$,
  array['tap/for-all.jpg'], 'Cleo sees the files of posts that she sees, once they are inspected'
);
select throws_ok(
  $$select private.claim_media('00000000-0000-7000-a000-0000000000a1', '[]')$$,
  'PT403', null, 'she attaches nothing to Ada''s post'
);
select throws_ok(
  $$select private.remove_media('00000000-0000-7000-a000-0000000000a1', '{tap/for-all.jpg}')$$,
  'PT403', null, 'she takes nothing from it'
);

-- Acting as Cleo, now a moderator

reset role;
update public.profiles set role = 'moderator' where username = 'tap_cleo';
set local role authenticated;
select set_eq(
  $$select path from public.post_media where path like 'tap/%'$$,
  array['tap/for-all.jpg', 'tap/for-me.jpg'],
  'a moderator sees the files of every post, but not what may be anything'
);

-- What every row keeps, whoever writes it

reset role;
select throws_matching(
  $$
    insert into public.post_media (post_id, path, position, file_type, mime_type, size)
    values ('00000000-0000-7000-a000-0000000000a1', 'tap/for-me.jpg', 1, 'image', 'image/jpeg', 1)
  $$,
  'post_media_path_key', 'a file belongs to one post'
);
select throws_matching(
  $$
    insert into public.post_media (post_id, path, position, file_type, mime_type, size)
    values ('00000000-0000-7000-a000-0000000000a1', 'tap/x.jpg', 0, 'image', 'image/jpeg', 1)
  $$,
  'post_media_post_id_position_key', 'a place in a post is taken once'
);
select throws_matching(
  format(
    $$
      insert into public.post_media (post_id, path, position, file_type, mime_type, size)
      values ('00000000-0000-7000-a000-0000000000a1', 'tap/x.jpg', %s, 'image', 'image/jpeg', %s)
    $$,
    place, size
  ),
  broken, label
)
from (
  values
    (10, 1, 'post_media_position_check', 'there is no eleventh place'),
    (-1, 1, 'post_media_position_check', 'places begin at 0'),
    (2, 52428801, 'post_media_size_check', 'a file has at most 50 MiB'),
    (2, -1, 'post_media_size_check', 'a size is not negative')
) as malformed (place, size, broken, label);
select throws_matching(
  format($$update public.post_media set %I = %s where path = 'tap/for-me.jpg'$$, field, value),
  'post_media_' || field || '_check', label
)
from (
  values
    ('width', '0', 'a picture has a width'),
    ('height', '-1', 'and a height'),
    ('alt_text', 'repeat(''x'', 1001)', 'an alternative text has at most 1,000 characters')
) as malformed (field, value, label);
select lives_ok(
  $$update public.post_media set alt_text = repeat('😀', 1000), width = null where path = 'tap/for-me.jpg'$$,
  'a thousand do, and a file need have no size in pixels'
);

-- What goes

insert into public.post_media (post_id, path, position, file_type, mime_type, size)
select '00000000-0000-7000-a000-0000000000a1', 'tap/' || place || '.jpg', place, 'image', 'image/jpeg', 1
from generate_series(2, 5) as place;
delete from public.post_media where path in ('tap/unknown.jpg', 'tap/3.jpg');
select results_eq(
  $$select path, position from public.post_media where post_id = '00000000-0000-7000-a000-0000000000a1' order by position$$,
  $$values ('tap/for-all.jpg', 0::smallint), ('tap/2.jpg', 1::smallint), ('tap/4.jpg', 2::smallint), ('tap/5.jpg', 3::smallint)$$,
  'when files go, those behind them move up, and the order is kept'
);
select set_eq(
  $$select name from private.storage_removals where bucket_id = 'post-media' and due_at <= now()$$,
  array['tap/unknown.jpg', 'tap/3.jpg'], 'and their bytes are queued for removal'
);
delete from public.posts where id = '00000000-0000-7000-a000-0000000000a1';
select is_empty($$select from public.post_media where path = 'tap/for-all.jpg'$$, 'a file''s row goes with its post');
select set_eq(
  $$select name from private.storage_removals where bucket_id = 'post-media' and due_at <= now()$$,
  array['tap/unknown.jpg', 'tap/3.jpg', 'tap/for-all.jpg', 'tap/2.jpg', 'tap/4.jpg', 'tap/5.jpg'],
  'its bytes are queued for removal, too'
);

-- The types

select set_eq(
  'select distinct stored_as, file_type::text from private.media_types',
  $$
    values
      ('image/jpeg', 'image'), ('image/png', 'image'), ('image/gif', 'image'),
      ('video/mp4', 'video'), ('video/quicktime', 'video'), ('video/x-msvideo', 'video'),
      ('audio/mpeg', 'audio'), ('audio/wav', 'audio'),
      ('application/pdf', 'document'),
      ('application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'document')
  $$,
  'posts take ten formats'
);
select is_empty(
  $$
    select mime_type from private.media_types
    where mime_type <> lower(mime_type) or stored_as not in (select mime_type from private.media_types)
  $$,
  'every format is listed under the name that it is stored as, in lower case'
);

select * from finish();
rollback;
