-- Where files lie, and who may do what with them. Ada owns files, Cleo is a stranger.
begin;
set local search_path = public, extensions;
select plan(45);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}');
insert into public.posts (id, owner_id, caption, is_public)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'For all', true),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a', 'For me', false);
insert into storage.objects (bucket_id, name, owner_id)
select bucket, '00000000-0000-4000-a000-00000000000a/' || file, '00000000-0000-4000-a000-00000000000a'
from (
  values
    ('post-media', '11111111-0000-4000-a000-000000000001.jpg'), ('post-media', '11111111-0000-4000-a000-000000000002.jpg'),
    ('post-media', '11111111-0000-4000-a000-000000000003.jpg'), ('post-media', '11111111-0000-4000-a000-000000000006.jpg'),
    ('avatars', '11111111-0000-4000-a000-000000000004.png'), ('covers', '11111111-0000-4000-a000-000000000005.png')
) as upload (bucket, file);
insert into public.post_media (post_id, path, position, file_type, mime_type, size, inspected_at)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a/11111111-0000-4000-a000-000000000001.jpg', 0, 'image', 'image/jpeg', 1, now()),
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a/11111111-0000-4000-a000-000000000006.jpg', 1, 'image', 'image/jpeg', 1, null),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a/11111111-0000-4000-a000-000000000002.jpg', 0, 'image', 'image/jpeg', 1, now());

create temporary view seen with (security_invoker = true) as
select bucket_id || ' ' || right(storage.objects.name, 5) as file
from storage.objects
where starts_with(name, '00000000-0000-4000-a000-00000000000a/');
grant select on seen to anon, authenticated;
create function pg_temp.own(file text) returns text
language sql
return '00000000-0000-4000-a000-00000000000a/' || file;
grant execute on function pg_temp.own(text) to authenticated;
-- As the Storage API does; without it no row can be deleted at all.
set local storage.allow_delete_query = 'true';

-- Buckets

select results_eq(
  $$select id, public, file_size_limit from storage.buckets where id in ('post-media', 'avatars', 'covers') order by id$$,
  $$values ('avatars', true, 5242880::bigint), ('covers', true, 10485760), ('post-media', false, 52428800)$$,
  'files of posts are private, pictures public, each with its limit'
);
select set_eq(
  $$select unnest(allowed_mime_types) from storage.buckets where id = 'post-media'$$,
  'select mime_type from private.media_types',
  'posts take the types that can be claimed'
);
select is_empty(
  $$
    select allowed
    from storage.buckets
    cross join unnest(allowed_mime_types) as allowed
    where id in ('avatars', 'covers') and allowed not in ('image/jpeg', 'image/jpg', 'image/png', 'image/gif')
  $$,
  'pictures are JPEG, PNG or GIF'
);

-- Acting as nobody

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select is_empty('select * from seen', 'nobody lists no file');
select throws_ok(
  format(
    'insert into storage.objects (bucket_id, name) values (%L, %L)',
    bucket, gen_random_uuid() || '/' || gen_random_uuid() || '.jpg'
  ),
  '42501', null, 'nobody uploads to ' || bucket
)
from unnest(array['post-media', 'avatars', 'covers']) as bucket;
select is_empty('delete from storage.objects returning name', 'nobody deletes a file');
select is_empty('update storage.objects set name = name returning name', 'nobody replaces one');

-- Acting as Ada, the owner

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select set_eq(
  'select file from seen',
  array['post-media 1.jpg', 'post-media 2.jpg', 'post-media 3.jpg', 'post-media 6.jpg', 'avatars 4.png', 'covers 5.png'],
  'Ada sees all of her files'
);
select lives_ok(
  format('insert into storage.objects (bucket_id, name) values (%L, %L)', 'post-media', pg_temp.own(gen_random_uuid() || '.jpg')),
  'she uploads files for posts'
);
select throws_ok(
  format('insert into storage.objects (bucket_id, name) values (%L, %L)', bucket, pg_temp.own(gen_random_uuid() || '.jpg')),
  '42501', null, 'but nothing to ' || bucket || ': what everybody loads at once comes through the edge function'
)
from unnest(array['avatars', 'covers']) as bucket;
select throws_ok(
  format('insert into storage.objects (bucket_id, name) values (%L, %L)', bucket, name), '42501', null,
  bucket || ': not ' || label
)
from unnest(array['post-media', 'avatars', 'covers']) as bucket
cross join (
  values
    ('00000000-0000-4000-a000-00000000000c/11111111-0000-4000-a000-000000000001.jpg', 'into somebody else''s folder'),
    ('11111111-0000-4000-a000-000000000001.jpg', 'outside a folder'),
    (pg_temp.own('holiday.jpg'), 'under a name of her own'),
    (pg_temp.own('11111111-0000-4000-a000-000000000001'), 'without an extension'),
    (pg_temp.own('11111111-0000-4000-a000-000000000001.jpg/x.jpg'), 'in a folder of her folder'),
    (pg_temp.own('../00000000-0000-4000-a000-00000000000c/11111111-0000-4000-a000-000000000001.jpg'), 'by a detour'),
    (pg_temp.own(E'11111111-0000-4000-a000-000000000001.jpg\n'), 'with a line break')
) as misplaced (name, label);
select throws_ok(
  $$insert into storage.objects (bucket_id, name) values ('tap-other', '00000000-0000-4000-a000-00000000000a/11111111-0000-4000-a000-000000000001.jpg')$$,
  '42501', null, 'nor into any other bucket'
);
select is_empty(
  $$update storage.objects set metadata = '{}', name = name, bucket_id = bucket_id returning name$$,
  'she replaces, renames and moves none of them, pictures neither'
);
-- Without a condition no row has to be visible to be changed.
update storage.objects set metadata = '{"size": 2}';
select is_empty(
  $$select name from storage.objects where name like '%a/11111111%' and metadata = '{"size": 2}'$$, 'by no other way either'
);

-- Acting as Cleo, a stranger

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000c", "role": "authenticated"}';
select set_eq(
  'select file from seen', array['post-media 1.jpg'],
  'Cleo sees the inspected files of posts that she sees, and no other'
);
select is_empty('delete from storage.objects where name like ''%a/11111111%'' returning name', 'she deletes none');
select is_empty(
  'update storage.objects set metadata = ''{}'' where name like ''%a/11111111%'' returning name',
  'she replaces none'
);

-- Acting as Ada again

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
delete from storage.objects where name like '%a/11111111%';
select set_eq(
  $$select bucket_id || ' ' || right(name, 5) from storage.objects where name like '%a/11111111%'$$,
  array['post-media 1.jpg', 'post-media 2.jpg', 'post-media 6.jpg'],
  'Ada deletes her pictures and what no post has claimed; what a post has stays'
);

-- Acting with the secret key

set local role service_role;
set local request.jwt.claims = '{"role": "service_role"}';
select throws_ok(
  $$delete from storage.objects where name like '%a/11111111%1.jpg'$$, '42501',
  'The file belongs to a post: take it from the post, or delete the post.',
  'not even the secret key deletes a file that a post has'
);
reset role;
delete from public.post_media where path like '%a/11111111%1.jpg';
set local role service_role;
select isnt_empty(
  $$delete from storage.objects where name like '%a/11111111%1.jpg' returning name$$,
  'once the post has it no more, it may go'
);
set local role authenticated;

-- Acting as a user whose token names nobody

set local request.jwt.claims = '{"role": "authenticated"}';
select is_empty('select * from seen where file not like ''%1.jpg''', 'a token without a user has no files');
select throws_ok(
  $$insert into storage.objects (bucket_id, name) values ('avatars', '/11111111-0000-4000-a000-000000000001.jpg')$$,
  '42501', null, 'and no folder'
);

select * from finish();
rollback;
