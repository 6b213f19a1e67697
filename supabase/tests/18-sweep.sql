-- Files that nothing shows are removed, and nothing else is. Ada uploads and publishes.
begin;
set local search_path = public, extensions;
select plan(38);

-- Whatever else the database holds is not in the way.
delete from private.storage_removals;
insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "tap_ben"}');
insert into public.posts (id, owner_id, caption)
values ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'A post');

create function pg_temp.own(file text) returns text
language sql
return '00000000-0000-4000-a000-00000000000a/' || file;
create function pg_temp.upload(file text, bucket text default 'post-media', age interval default '0') returns void
language sql
as $$
  insert into storage.objects (bucket_id, name, owner_id, metadata, created_at)
  values (
    upload.bucket, pg_temp.own(upload.file), '00000000-0000-4000-a000-00000000000a',
    '{"size": 1, "mimetype": "image/jpeg"}', now() - upload.age
  )
$$;
-- What the queue holds, and which of it is due.
create temporary view queue as
select bucket_id || ' ' || split_part(name, '/', 2) as file, due_at <= now() as due from private.storage_removals;
create temporary view taken as
select bucket_id || ' ' || split_part(name, '/', 2) as file from public.sweep_take();
grant select on queue, taken to authenticated, service_role;
grant execute on function pg_temp.own(text), pg_temp.upload(text, text, interval) to authenticated, service_role;
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

-- Acting as nobody, and as a user

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select is(pg_temp.refusal('select public.sweep_take()'), '42501', 'nobody sweeps');
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select is(pg_temp.refusal('select public.sweep_take()'), '42501', 'nor does a user');
select is(pg_temp.refusal($$select public.sweep_done('avatars', '{}')$$), '42501', 'or say that it was swept');
select is(pg_temp.refusal($$select private.queue_removals('avatars', '{}')$$), '42501', 'or queue anything');
select is(pg_temp.refusal('select * from private.storage_removals'), '42501', 'or see the queue');

-- Uploads that nothing claims

reset role;
select pg_temp.upload('new.jpg'), pg_temp.upload('new.png', 'avatars'), pg_temp.upload('new.png', 'covers');
select set_eq(
  'select file, due from queue',
  $$values ('post-media new.jpg', false), ('avatars new.png', false), ('covers new.png', false)$$,
  'an upload has a day to be claimed'
);
select is_empty('select * from taken', 'before that no sweep takes it');
update storage.objects set created_at = now() - interval '23 hours' where name = pg_temp.own('new.jpg');
select is_empty('select * from taken', 'not in its last hour either');
update storage.objects set created_at = now() - interval '24 hours' where name = pg_temp.own('new.jpg');
select results_eq('select * from taken', array['post-media new.jpg'], 'then one does');
select pg_temp.upload('old.png', 'avatars', '2 days'), pg_temp.upload('old.png', 'covers', '2 days');
select results_eq('select * from taken', array['avatars old.png', 'covers old.png'], 'pictures are no different');
insert into storage.buckets (id, name) values ('tap-other', 'tap-other');
insert into storage.objects (bucket_id, name, created_at)
values ('avatars', 'default.png', now() - interval '2 days'), ('tap-other', pg_temp.own('x.jpg'), now() - interval '2 days');
select is_empty(
  $$select * from taken where file ~ 'default|x.jpg'$$, 'what an admin put beside the users'' folders, or elsewhere, stays'
);

-- Leases

update private.storage_removals set leased_until = now();
select is((select count(*) from public.sweep_take(2)), 2::bigint, 'no more are given out than were asked for');
select is((select count(*) from public.sweep_take(0)), 0::bigint, 'none is none');
select is((select count(*) from taken), 1::bigint, 'the rest is next');
select is_empty('select * from taken', 'what one sweep is at work on, no other is given');
update private.storage_removals
set leased_until = now(), attempts = case name when pg_temp.own('new.jpg') then 5 else 1 end
where due_at <= now();
select isnt(
  (select name from public.sweep_take(1)), pg_temp.own('new.jpg'), 'what was not done is given out again; what fails often comes last'
);
update private.storage_removals set leased_until = null;
select is((select count(*) from taken), 3::bigint, 'and comes');

-- Removed

set local storage.allow_delete_query = 'true';
delete from storage.objects where name = pg_temp.own('new.jpg');
set local role service_role;
set local request.jwt.claims = '{"role": "service_role"}';
select lives_ok(
  $$select public.sweep_done('post-media', array[pg_temp.own('new.jpg')]), public.sweep_done('avatars', array[pg_temp.own('old.png')])$$,
  'the sweep says what it has removed'
);
select results_eq(
  'select file from queue where due order by file', array['avatars old.png', 'covers old.png'],
  'that leaves the queue, unless it is still there'
);
reset role;
delete from storage.objects where name = pg_temp.own('old.png');
update private.storage_removals set leased_until = null;
select is_empty('select * from taken', 'what is gone already is not given out');
select is_empty('select * from queue where due', 'but dropped');
select pg_temp.upload('last.jpg', age => '2 days');
insert into private.storage_removals (bucket_id, name, due_at) values ('post-media', 'gone.jpg', now() - interval '3 days');
select results_eq(
  'select name from public.sweep_take(1)', array[pg_temp.own('last.jpg')], 'and does not take the place of what is there'
);
delete from private.storage_removals where name = pg_temp.own('last.jpg');

-- Acting as Ada: what is claimed stays

select pg_temp.upload('a.jpg'), pg_temp.upload('b.jpg'), pg_temp.upload('face.png', 'avatars'), pg_temp.upload('sea.png', 'covers'),
  pg_temp.upload('other.png', 'avatars');
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select public.create_post('Two', media => to_jsonb(array[pg_temp.own('a.jpg'), pg_temp.own('b.jpg')]));
update public.profiles set avatar_path = pg_temp.own('face.png'), cover_path = pg_temp.own('sea.png') where id = auth.uid();
reset role;
select set_eq(
  $$select file from queue where file !~ 'new'$$, array['avatars other.png'], 'what a post or a profile shows is not queued'
);
update private.storage_removals set due_at = now() where name like '%/new.png';
insert into private.storage_removals (bucket_id, name)
values ('post-media', pg_temp.own('a.jpg')), ('avatars', pg_temp.own('face.png')), ('covers', pg_temp.own('sea.png'));
select results_eq('select * from taken', array['avatars new.png', 'covers new.png'], 'what is queued by mistake is not given out');
select is_empty($$select * from queue where file ~ 'a.jpg|face|sea'$$, 'but dropped');

-- Acting as Ada: what she replaces goes

set local role authenticated;
update public.profiles set avatar_path = pg_temp.own('other.png') where id = auth.uid();
select is_empty($$select * from queue where file = 'covers sea.png'$$, 'the picture beside the one that changes stays');
select public.update_post(id, remove_media => array[pg_temp.own('a.jpg')]) from public.posts where caption = 'Two';
reset role;
select results_eq('select * from taken', array['avatars face.png', 'post-media a.jpg'], 'a replaced picture and a removed file go at once');
set local role authenticated;
select is(
  pg_temp.refusal($$update public.profiles set avatar_path = pg_temp.own('face.png') where id = auth.uid()$$),
  'PT422 picture_not_found avatar_path', 'a picture that is being removed does not come back'
);
select is(
  pg_temp.refusal($$select public.create_post('x', media => to_jsonb(array[pg_temp.own('a.jpg')]))$$),
  'PT422 media_not_found media', 'nor does a file'
);
select lives_ok($$update public.profiles set avatar_path = avatar_path, bio = 'x' where id = auth.uid()$$, 'what she keeps is no matter');
update public.profiles set cover_path = null where id = auth.uid();
delete from public.posts where caption = 'Two';
reset role;
select is_empty($$select * from queue where file = 'avatars other.png'$$, 'whichever it is');
select results_eq('select * from taken', array['covers sea.png', 'post-media b.jpg'], 'what she takes away, and the files of a post, too');
update storage.objects set name = pg_temp.own('moved.png') where name = pg_temp.own('sea.png');
select results_eq(
  $$select due from queue where file = 'covers moved.png'$$, array[false], 'an object under a new name has a day again'
);
delete from auth.users where id = '00000000-0000-4000-a000-00000000000a';
select results_eq('select * from taken', array['avatars other.png'], 'so do the pictures of who leaves');

-- What has expired is forgotten

insert into private.idempotency_keys (owner_id, key, request_hash, created_at)
values
  ('00000000-0000-4000-a000-00000000000b', 'old', '', now() - interval '25 hours'),
  ('00000000-0000-4000-a000-00000000000b', 'new', '', now() - interval '23 hours');
insert into private.rate_counters (action, subject, started_at, count)
values
  ('sign_in_account', 'tap old', now() - interval '901 seconds', 1),
  ('sign_in_account', 'tap new', now() - interval '899 seconds', 1),
  ('register_address', 'tap new', now() - interval '901 seconds', 1);
insert into private.username_reservations (username, reserved_for, reserved_until)
values ('tap_sweep_old', '', now()), ('tap_sweep_new', '', now() + interval '1 second');
select count(*) from taken;
select results_eq(
  $$select key from private.idempotency_keys where owner_id = '00000000-0000-4000-a000-00000000000b'$$, array['new'],
  'idempotency keys after a day'
);
select set_eq(
  $$select action || ' ' || subject from private.rate_counters where subject like 'tap%'$$,
  array['sign_in_account tap new', 'register_address tap new'],
  'and counters when their time is over'
);
select results_eq(
  $$select username::text from private.username_reservations where username::text like 'tap\_sweep%'$$,
  array['tap_sweep_new'], 'so are reserved names'
);

-- The schedule

select is(
  pg_temp.refusal($$select private.schedule_sweep('https://tap.test/sweep/', 'secret')$$) like '0A000%',
  (select count(*) < 3 from pg_extension where extname in ('pg_cron', 'pg_net', 'supabase_vault')),
  'a database without a scheduler says so'
);

select * from finish();
rollback;
