-- The files of posts: what every row keeps, whoever writes it. Ada is the owner.
begin;
set local search_path = public, extensions;
select plan(17);

select tests.create_user('ada');
select tests.insert_post('ada', 'A post'), tests.insert_post('ada', 'Another');
select tests.insert_file(tests.id_of('A post'), 'tap/0.jpg', 0);
create function pg_temp.write(path text, place integer, size bigint) returns void
language sql
as $$
  insert into public.post_media (post_id, path, position, file_type, mime_type, size)
  values (tests.id_of('A post'), path, place, 'image', 'image/jpeg', size)
$$;

select throws_matching(format('select pg_temp.write(%L, %s, %s)', path, place, size), broken, 'refuses ' || label)
from (
  values
    ('tap/0.jpg', 1, 1, 'post_media_path_key', 'a file that a post has'),
    ('tap/x.jpg', 0, 1, 'post_media_post_id_position_key', 'a place that is taken'),
    ('tap/x.jpg', 10, 1, 'post_media_position_check', 'an eleventh place'),
    ('tap/x.jpg', -1, 1, 'post_media_position_check', 'a negative place'),
    ('tap/x.jpg', 1, 52428801, 'post_media_size_check', 'a file of more than 50 MiB'),
    ('tap/x.jpg', 1, 0, 'post_media_size_check', 'an empty file')
) as malformed (path, place, size, broken, label);
select throws_matching(
  format('update public.post_media set %I = %s where path = ''tap/0.jpg''', field, value), 'post_media_' || field || '_check',
  'refuses ' || label
)
from (
  values
    ('width', '0', 'a width of 0'), ('height', '-1', 'a negative height'),
    ('duration_ms', '0', 'a duration of 0'),
    ('alt_text', 'repeat(''x'', 1001)', 'an alternative text of 1,001 characters')
) as malformed (field, value, label);
select lives_ok(
  $$update public.post_media set alt_text = repeat('😀', 1000), width = null where path = 'tap/0.jpg'$$,
  'takes an alternative text of 1,000 characters, and a file without pixels'
);

-- Files that go

create function pg_temp.due() returns text
language sql
as $$
  select string_agg(name, ' ' order by name) from private.unused_files
  where bucket_id = 'post-media' and name like 'tap/%' and remove_at <= now() and owner_id is null
$$;
select pg_temp.write('tap/' || place || '.jpg', place, 1) from generate_series(1, 5) as place;
select tests.insert_file(tests.id_of('Another'), 'tap/other.jpg', 0);
delete from public.post_media where path in ('tap/1.jpg', 'tap/3.jpg');
select results_eq(
  $$select path, position from public.post_media where post_id = tests.id_of('A post') order by position$$,
  $$values ('tap/0.jpg', 0::smallint), ('tap/2.jpg', 1::smallint), ('tap/4.jpg', 2::smallint), ('tap/5.jpg', 3::smallint)$$,
  'the files behind those that go move up, in the same order'
);
select is(pg_temp.due(), 'tap/1.jpg tap/3.jpg', 'releases the files that go');
delete from public.posts where id = tests.id_of('A post');
select is(pg_temp.due(), 'tap/0.jpg tap/1.jpg tap/2.jpg tap/3.jpg tap/4.jpg tap/5.jpg', 'releases the files of a deleted post');
select is((select path from public.post_media where path like 'tap/%'), 'tap/other.jpg', 'keeps the files of other posts');
delete from auth.users where id = tests.id_of('ada');
select matches(pg_temp.due(), 'tap/other.jpg', 'releases the files of a deleted user');

select enum_has_labels('public', 'media_type', array['image', 'video', 'audio', 'document']);

select * from finish();
rollback;
