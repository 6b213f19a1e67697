-- The life of a file between Storage and what shows it: registered, claimed, released, removed. Ada and Ben publish; Bad
-- is banned.
begin;
set local search_path = public, extensions;
select plan(51);

-- Other data of the database must not be in the way.
delete from private.unused_files;
select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('bad');
update auth.users set banned_until = now() + interval '1 hour' where id = tests.id_of('bad');

create function pg_temp.register(owner text, file text, bucket text default 'post-media') returns boolean
language sql
as $$select public.register_file(bucket, tests.path_of(owner, file), tests.id_of(owner), 'video', 'video/mp4', 7, 4, 3, 1500)$$;
create function pg_temp.row_of(file text) returns text
language sql
security definer
as $$
  select concat_ws(' ', bucket_id, case owner_id when tests.id_of('ada') then 'ada' when tests.id_of('ben') then 'ben' end, remove_at - now())
  from private.unused_files
  where split_part(name, '/', 2) = file
$$;
create temporary view taken as
select bucket_id || ' ' || split_part(name, '/', 2) as file from public.take_removals();
grant select on taken to service_role;
grant execute on function pg_temp.register(text, text, text), pg_temp.row_of(text) to authenticated, service_role;

-- Registered

select tests.authenticate_as_service_role();
select ok(pg_temp.register('ada', 'new.mp4'), 'registers a file');
select is(pg_temp.row_of('new.mp4'), 'post-media ada 1 day', 'its owner has a day to claim it');
select is(tests.refusal(format('select pg_temp.register(%L, ''x.mp4'')', name)), wanted, 'registers nothing for ' || label)
from (
  values ('bad', 'PT403 user_banned', 'a banned user'), ('eve', 'PT401 not_signed_in', 'a deleted user')
) as inactive (name, wanted, label);
select is(
  tests.refusal($$select public.register_file('post-media', tests.path_of('ben', 'x.mp4'), tests.id_of('ada'), 'video', 'video/mp4', 7)$$),
  '23514', 'registers nothing in the folder of another user'
);
select tests.clear_authentication();
update private.unused_files set remove_at = now() + interval '1 minute';
select tests.authenticate_as_service_role();
select ok(pg_temp.register('ada', 'new.mp4'), 'registers the same name again for its owner');
select is(pg_temp.row_of('new.mp4'), 'post-media ada 1 day', 'the day begins again');
select public.discard_files('post-media', array[tests.path_of('ada', 'new.mp4'), 'none.mp4']);
select is(pg_temp.row_of('new.mp4'), 'post-media ada 00:00:00', 'a discarded file is due now');
select ok(pg_temp.register('ada', 'new.mp4'), 'a discarded file may be registered again before a sweep has it');

-- Claimed by a post

select tests.authenticate_as('ben');
select is(
  tests.refusal($$select public.create_post('x', media => to_jsonb(array[tests.path_of('ada', 'new.mp4')]))$$),
  'PT422 media_not_found media', 'another user cannot claim a file'
);
select tests.authenticate_as('ada');
select is(
  tests.refusal($$select public.create_post('x', media => to_jsonb(array[tests.path_of('ada', 'none.mp4')]))$$),
  'PT422 media_not_found media', 'a file that is not registered cannot be claimed'
);
select is(
  (select media -> 0 from public.create_post('Clip', media => to_jsonb(array[tests.path_of('ada', 'new.mp4')]))) - 'id',
  jsonb_build_object(
    'file', tests.path_of('ada', 'new.mp4'), 'file_type', 'video', 'mime_type', 'video/mp4', 'size', 7, 'width', 4, 'height', 3,
    'duration_ms', 1500, 'alt_text', ''
  ),
  'the post has the file as it was registered'
);
select is(pg_temp.row_of('new.mp4'), null, 'a claimed file is not to be removed');
select is(
  tests.refusal($$select public.create_post('x', media => to_jsonb(array[tests.path_of('ada', 'new.mp4')]))$$),
  'PT409 media_already_used media', 'a file that a post has cannot be claimed again'
);
select tests.authenticate_as('ben');
select is(
  tests.refusal($$select public.create_post('x', media => to_jsonb(array[tests.path_of('ada', 'new.mp4')]))$$),
  'PT422 media_not_found media', 'another user does not learn that a post has it'
);
select tests.authenticate_as('ada');
select tests.clear_authentication();
select pg_temp.register('ada', 'other.mp4');
select tests.authenticate_as('ada');
select is(
  tests.refusal($$
    select public.create_post('x', media => to_jsonb(array[tests.path_of('ada', 'other.mp4'), tests.path_of('ada', 'other.mp4')]))
  $$),
  'PT409 media_already_used media', 'a post cannot have a file twice'
);
select is(
  tests.refusal($$
    select public.create_post('x', media => to_jsonb(array[tests.path_of('ada', 'other.mp4'), tests.path_of('ada', 'none.mp4')]))
  $$),
  'PT422 media_not_found media', 'a post claims all of its files or none'
);
select is(pg_temp.row_of('other.mp4'), 'post-media ada 1 day', 'a refused post leaves its files to be claimed');

-- A repeated request registers the file that its first attempt put into a post

select tests.authenticate_as_service_role();
select ok(pg_temp.register('ada', 'new.mp4'), 'registers the name of a file that a post has');
select tests.authenticate_as('ada');
select is(
  tests.refusal($$select public.create_post('x', media => to_jsonb(array[tests.path_of('ada', 'new.mp4')]))$$),
  'PT409 media_already_used media', 'a second registration does not let another post claim it'
);
select tests.authenticate_as_service_role();
select public.discard_files('post-media', array[tests.path_of('ada', 'new.mp4')]);
select is_empty('select * from taken', 'a file that a post has is not removed');
select is(pg_temp.row_of('new.mp4'), null, 'the second registration is forgotten');

-- Released, even if it was registered again

select ok(pg_temp.register('ada', 'new.mp4'), 'registers the name again');
select tests.authenticate_as('ada');
delete from public.posts where caption = 'Clip';
select is(pg_temp.row_of('new.mp4'), 'post-media 00:00:00', 'a deleted post releases its files, which nobody can claim any more');
select is(
  tests.refusal($$select public.create_post('x', media => to_jsonb(array[tests.path_of('ada', 'new.mp4')]))$$),
  'PT422 media_not_found media', 'a released file cannot be claimed again'
);
select tests.authenticate_as_service_role();
select ok(not pg_temp.register('ada', 'new.mp4'), 'a released name cannot be registered');

-- Pictures

select tests.clear_authentication();
select pg_temp.register('ada', file || '.png', bucket)
from (values ('face', 'avatars'), ('face2', 'avatars'), ('sea', 'covers')) as picture (file, bucket);
select tests.authenticate_as('ada');
update public.profiles set avatar_path = tests.path_of('ada', 'face.png'), cover_path = tests.path_of('ada', 'sea.png') where id = auth.uid();
select is(pg_temp.row_of('face.png'), null, 'a picture that a profile shows is not to be removed');
update public.profiles set avatar_path = tests.path_of('ada', 'face2.png'), cover_path = cover_path, bio = 'x' where id = auth.uid();
select is(pg_temp.row_of('face.png'), 'avatars 00:00:00', 'a replaced picture is released');
select is(pg_temp.row_of('sea.png'), null, 'a picture that stays is not');
select is(
  tests.refusal($$update public.profiles set avatar_path = tests.path_of('ada', 'face.png') where id = auth.uid()$$),
  'PT422 picture_not_found avatar_path', 'a released picture cannot be claimed again'
);
update public.profiles set cover_path = null where id = auth.uid();
select is(pg_temp.row_of('sea.png'), 'covers 00:00:00', 'a picture that is taken away is released');

-- Removed

select tests.authenticate_as_service_role();
select is((select count(*) from public.take_removals(0)), 0::bigint, 'a sweep that asks for nothing gets nothing');
select is((select count(*) from public.take_removals(1)), 1::bigint, 'a sweep gets no more than it asks for');
select is((select count(*) from taken), 2::bigint, 'the next sweep gets the rest, and nothing that the first has');
select is_empty('select * from taken', 'what a sweep has is given to no other');
select tests.clear_authentication();
select is(
  (select string_agg(distinct attempts || ' ' || (remove_at - now()), ',') from private.unused_files where owner_id is null), '1 00:05:00',
  'a sweep has five minutes'
);
update private.unused_files set remove_at = now() where split_part(name, '/', 2) = 'new.mp4';
select results_eq('select * from taken', array['post-media new.mp4'], 'what was not removed in time is given out again');
select is(pg_temp.row_of('new.mp4'), 'post-media 00:10:00', 'the time doubles with each attempt');
insert into storage.objects (bucket_id, name, owner_id) values ('covers', tests.path_of('ada', 'sea.png'), tests.id_of('ada')::text);
select tests.authenticate_as_service_role();
select public.finish_removals('covers', array[tests.path_of('ada', 'sea.png')]);
select is(pg_temp.row_of('sea.png'), 'covers 00:05:00', 'an object that is still there is not forgotten');
select tests.clear_authentication();
select tests.delete_object('covers', tests.path_of('ada', 'sea.png'));
select tests.authenticate_as_service_role();
select public.finish_removals('covers', array[tests.path_of('ada', 'sea.png'), tests.path_of('ada', 'other.mp4')]);
select public.finish_removals('post-media', array[tests.path_of('ada', 'other.mp4')]);
select is(pg_temp.row_of('sea.png'), null, 'a removed object is forgotten');
select is(pg_temp.row_of('other.mp4'), 'post-media ada 1 day', 'what no sweep has taken is not forgotten');
select tests.clear_authentication();
update private.unused_files set remove_at = now() where split_part(name, '/', 2) = 'other.mp4';
select results_eq('select * from taken', array['post-media other.mp4'], 'a file that nobody claimed in a day is removed');
select tests.authenticate_as('ada');
select is(
  tests.refusal($$select public.create_post('x', media => to_jsonb(array[tests.path_of('ada', 'other.mp4')]))$$),
  'PT422 media_not_found media', 'a file that a sweep has cannot be claimed'
);

-- Uploads

select tests.clear_authentication();
insert into storage.objects (bucket_id, name, created_at)
select 'uploads', tests.path_of('ada', gen_random_uuid()::text), now() - interval '1 hour' * age from unnest(array[1, 23, 24, 48]) as age;
insert into storage.objects (bucket_id, name, created_at) values ('avatars', 'default.png', now() - interval '2 days');
select is(public.enqueue_uploads(), false, 'enqueues abandoned uploads') from tests.authenticate_as_service_role();
select is((select count(*) from taken where file like 'uploads%'), 2::bigint, 'uploads of the last day stay, older ones are removed');
select is_empty('select * from taken', 'each is given out once');
select is(tests.refusal(format('insert into storage.objects (bucket_id, name) values (''uploads'', %L)', name)), '42501', 'nothing is uploaded ' || label)
from (
  values
    (tests.path_of('bad', 'x'), 'for a banned user'),
    (tests.path_of('eve', 'x'), 'for a deleted user'),
    ('x', 'outside a folder'),
    ('admin/x', 'for nobody')
) as inactive (name, label);
select is(
  tests.refusal($$update storage.objects set name = tests.path_of('bad', 'x') where bucket_id = 'uploads'$$), '42501',
  'nothing is moved to a banned user'
);

select * from finish();
rollback;
