-- What files are, as the edge function found. Ada uploads, Cleo is a stranger.
begin;
set local search_path = public, extensions;
select plan(31);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}');
insert into public.posts (id, owner_id, caption)
values ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'A post');
insert into storage.objects (id, bucket_id, name, owner_id, version, metadata)
select ('00000000-0000-4000-b000-00000000000' || place)::uuid, 'post-media', '00000000-0000-4000-a000-00000000000a/' || place || '.jpg',
  '00000000-0000-4000-a000-00000000000a', '1', '{"size": 100, "mimetype": "image/jpeg"}'
from generate_series(1, 6) as place;
update storage.objects set metadata = null where name like '%/6.jpg';
insert into public.post_media (id, post_id, path, position, file_type, mime_type, size)
select ('00000000-0000-7000-a000-0000000000f' || place)::uuid, '00000000-0000-7000-a000-0000000000a1',
  '00000000-0000-4000-a000-00000000000a/' || place || '.jpg', place - 1, 'image', 'image/jpeg', 100
from generate_series(1, 3) as place;

create function pg_temp.own(place integer) returns text
language sql
return '00000000-0000-4000-a000-00000000000a/' || place || '.jpg';
grant execute on function pg_temp.own(integer) to authenticated, service_role;
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

-- Acting as nobody, and as Ada, the owner

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select is(pg_temp.refusal($$select public.record_inspection('x', 'image/png')$$), '42501', 'nobody says what a file is');
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select is(pg_temp.refusal(statement), '42501', label)
from (
  values
    ($$select public.record_inspection(pg_temp.own(1), 'image/png')$$, 'nobody vouches for his own files'),
    ($$select public.reject_upload(pg_temp.own(1))$$, 'or takes files away by this way'),
    ($$select public.uninspected_media()$$, 'or learns what is waiting')
) as refused (statement, label);

-- Acting with the secret key

set local role service_role;
set local request.jwt.claims = '{"role": "service_role"}';
select lives_ok($$select public.record_inspection(pg_temp.own(1), 'IMAGE/JPG; q=1', 30, 40)$$, 'the edge function says what it found');
select results_eq(
  $$
    select file_type::text, mime_type, size, width, height, inspected_at
    from public.post_media where path = pg_temp.own(1)
  $$,
  $$values ('image', 'image/jpeg', 100::bigint, 30, 40, now())$$,
  'of a file that a post has, the post says so, in one spelling'
);
select lives_ok($$select public.record_inspection(pg_temp.own(2), 'video/mp4')$$, 'bytes decide, not names');
select results_eq(
  $$select file_type::text, mime_type, width, height from public.post_media where path = pg_temp.own(2)$$,
  $$values ('video', 'video/mp4', null::integer, null::integer)$$,
  'what calls itself a picture and is a film is a film'
);
select is(pg_temp.refusal(statement), wanted, label)
from (
  values
    ($$select public.record_inspection(pg_temp.own(4), 'text/html')$$, 'PT415 media_type_unsupported media', 'a type that posts do not take'),
    ($$select public.record_inspection(pg_temp.own(4), null)$$, 'PT415 media_type_unsupported media', 'no type'),
    ($$select public.record_inspection('none.jpg', 'image/png')$$, 'PT422 media_not_found media', 'an object that is not there'),
    ($$select public.record_inspection(pg_temp.own(6), 'image/png')$$, 'PT422 media_not_found media', 'one that is still being uploaded'),
    ($$select public.record_inspection(pg_temp.own(4), 'image/png', object_id => '00000000-0000-4000-b000-000000000005')$$,
      'PT422 media_not_found media', 'one that has taken another''s name since')
) as refused (statement, wanted, label);
select lives_ok(
  $$select public.record_inspection(pg_temp.own(4), 'image/png', 1, 2, '00000000-0000-4000-b000-000000000004')$$,
  'an upload that no post has yet'
);
select lives_ok($$select public.record_inspection(pg_temp.own(4), 'image/gif', 3, 4)$$, 'a second look counts');
reset role;
select results_eq(
  $$
    select mime_type, version, size, width, height from private.inspected_uploads
    where object_id = '00000000-0000-4000-b000-000000000004'
  $$,
  $$values ('image/gif', '1', 100::bigint, 3, 4)$$,
  'it is kept for the one version of the one object that was looked into'
);
set local storage.allow_delete_query = 'true';
delete from storage.objects where name = pg_temp.own(4);
select is_empty(
  $$select from private.inspected_uploads where object_id = '00000000-0000-4000-b000-000000000004'$$, 'and goes with it'
);

-- What is still to be looked into

insert into public.post_media (id, post_id, path, position, file_type, mime_type, size)
values ('00000000-0000-7000-a000-0000000000f5', '00000000-0000-7000-a000-0000000000a1', pg_temp.own(5), 3, 'image', 'image/png', 100);
create temporary view waiting as
select path, mime_type from public.uninspected_media(100) where path like '00000000-0000-4000-a000-00000000000a/%';
grant select on waiting to service_role;
set local role service_role;
select results_eq(
  'select * from waiting', $$values (pg_temp.own(3), 'image/jpeg'), (pg_temp.own(5), 'image/png')$$,
  'the sweep is given what nobody has looked into, oldest first, with what it calls itself'
);
select is_empty('select * from waiting', 'no second sweep is given the same');
reset role;
update private.inspection_leases set leased_until = now();
update private.inspection_leases set attempts = 2 where media_id = '00000000-0000-7000-a000-0000000000f3';
set local role service_role;
select results_eq(
  'select path from waiting', 'select unnest(array[pg_temp.own(3), pg_temp.own(5)])', 'what it did not finish is given out again'
);
reset role;
update private.inspection_leases set leased_until = now();
set local role service_role;
select results_eq(
  'select path from public.uninspected_media(1)', 'select pg_temp.own(5)', 'what fails often waits for the others'
);
reset role;
update private.inspection_leases set attempts = 9 where media_id = '00000000-0000-7000-a000-0000000000f3';
set local role service_role;
select results_eq(
  'select path from public.uninspected_media(1)', 'select pg_temp.own(3)', 'and then has its turn, whatever is being looked into'
);
select is_empty('select * from public.uninspected_media(0)', 'none is none');
select public.record_inspection(pg_temp.own(5), 'image/png');
reset role;
select is_empty(
  $$select from private.inspection_leases where media_id = '00000000-0000-7000-a000-0000000000f5'$$,
  'what is looked into waits no longer'
);

-- Files that are not what they claim

set local role service_role;
select lives_ok($$select public.reject_upload(pg_temp.own(2))$$, 'a file that is not what it claims ...');
reset role;
select results_eq(
  $$select path, position from public.post_media where post_id = '00000000-0000-7000-a000-0000000000a1' order by position$$,
  $$values (pg_temp.own(1), 0::smallint), (pg_temp.own(3), 1::smallint), (pg_temp.own(5), 2::smallint)$$,
  '... goes from its post'
);
select results_eq(
  $$select due_at from private.storage_removals where name = pg_temp.own(2)$$, 'select now()', 'and its bytes are queued for removal'
);
set local role service_role;
select public.reject_upload(pg_temp.own(6));
select lives_ok($$select public.reject_upload('none.jpg')$$, 'what is not there is rejected without a word');
reset role;
select results_eq(
  $$select due_at from private.storage_removals where name = pg_temp.own(6)$$, 'select now()',
  'an upload that no post has is queued, too'
);
update storage.objects set metadata = '{"size": 1, "mimetype": "image/jpeg"}' where name = pg_temp.own(6);
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select is(
  pg_temp.refusal($$select public.create_post('x', media => to_jsonb(array[pg_temp.own(6)]))$$),
  'PT422 media_not_found media', 'and no post takes it any more'
);

-- Acting as Cleo, a stranger

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000c", "role": "authenticated"}';
select set_eq(
  $$select path from public.post_media where post_id = '00000000-0000-7000-a000-0000000000a1'$$,
  array[pg_temp.own(1), pg_temp.own(5)], 'Cleo sees what was looked into'
);

select * from finish();
rollback;
