-- Files of posts: visible with their post, written by nobody. Ada is the owner, Cleo a stranger.
begin;
set local search_path = public, extensions;
select plan(16);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}');
insert into public.posts (id, owner_id, caption, is_public)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'For all', true),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a', 'For me', false);
insert into public.post_media (post_id, path, position, file_type, mime_type, size)
values
  ('00000000-0000-7000-a000-0000000000a1', 'tap/for-all.jpg', 0, 'image', 'image/jpeg', 1),
  ('00000000-0000-7000-a000-0000000000a2', 'tap/for-me.jpg', 0, 'image', 'image/jpeg', 1);

-- Acting as nobody

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select throws_ok('select * from public.post_media', '42501', null, 'nobody sees no file');

-- Acting as Ada, the owner

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select set_eq(
  $$select path from public.post_media where path like 'tap/%'$$,
  array['tap/for-all.jpg', 'tap/for-me.jpg'], 'Ada sees the files of her posts'
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
  array['tap/for-all.jpg'], 'Cleo sees the files of posts that she sees'
);
select throws_ok(
  $$select private.claim_media('00000000-0000-7000-a000-0000000000a1', '{}')$$,
  'PT403', null, 'she attaches nothing to Ada''s post'
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
    (1, 52428801, 'post_media_size_check', 'a file has at most 50 MiB'),
    (1, -1, 'post_media_size_check', 'a size is not negative')
) as malformed (place, size, broken, label);
delete from public.posts where id = '00000000-0000-7000-a000-0000000000a1';
select is_empty($$select from public.post_media where path = 'tap/for-all.jpg'$$, 'a file''s row goes with its post');

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
