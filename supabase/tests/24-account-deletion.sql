-- Leaving. Ada leaves, Ben stays, Zoe is the only admin.
begin;
set local search_path = public, extensions;
select plan(10);

update public.profiles set role = 'user' where role = 'admin';
insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "tap_ben"}'),
  ('00000000-0000-4000-a000-00000000000f', 'zoe@tap.test', '{"username": "tap_zoe"}');
update public.profiles set role = 'admin' where username = 'tap_zoe';
insert into storage.objects (bucket_id, name, owner_id, metadata)
values
  ('post-media', '00000000-0000-4000-a000-00000000000a/1.jpg', '00000000-0000-4000-a000-00000000000a', '{"size": 1, "mimetype": "image/jpeg"}'),
  ('avatars', '00000000-0000-4000-a000-00000000000a/1.png', '00000000-0000-4000-a000-00000000000a', '{"size": 1, "mimetype": "image/png"}');

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

-- Acting as nobody, with the secret key, and as users that are not there

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select is(pg_temp.refusal('select public.delete_account()'), '42501', 'nobody leaves');
set local role service_role;
set local request.jwt.claims = '{"role": "service_role"}';
select is(pg_temp.refusal('select public.delete_account()'), '42501', 'the secret key is no person');
set local role authenticated;
set local request.jwt.claims = '{"role": "authenticated"}';
select is(pg_temp.refusal('select public.delete_account()'), 'PT401 not_signed_in', 'nor is a token without a user');

-- Acting as Ada

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
update public.profiles set avatar_path = '00000000-0000-4000-a000-00000000000a/1.png' where id = auth.uid();
select public.create_post(
  'Farewell #tap_farewell @tap_ben', media => '["00000000-0000-4000-a000-00000000000a/1.jpg"]', idempotency_key => 'tap'
);
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000b", "role": "authenticated"}';
select public.create_post('Stay @tap_ada', original_post => (select id from public.posts where caption like 'Farewell%'));
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select lives_ok('select public.delete_account()', 'Ada leaves');
select is(pg_temp.refusal('select public.delete_account()'), 'PT401 not_signed_in', 'once');
reset role;
select is_empty(
  $$
    select id from auth.users where id = '00000000-0000-4000-a000-00000000000a'
    union all select id from public.profiles where id = '00000000-0000-4000-a000-00000000000a'
    union all select id from public.private_profiles where id = '00000000-0000-4000-a000-00000000000a'
    union all select owner_id from public.posts where owner_id = '00000000-0000-4000-a000-00000000000a'
    union all select profile_id from public.post_mentions where profile_id = '00000000-0000-4000-a000-00000000000a'
    union all select owner_id from private.idempotency_keys where owner_id = '00000000-0000-4000-a000-00000000000a'
    union all select id from public.post_media where path like '00000000-0000-4000-a000-00000000000a/%'
    union all select target_id from public.audit_log where target_id = '00000000-0000-4000-a000-00000000000a'
  $$,
  'and nothing of hers stays'
);
select set_eq(
  $$select bucket_id from private.storage_removals where name like '00000000-0000-4000-a000-00000000000a/%' and due_at <= now()$$,
  array['post-media', 'avatars'], 'her files are queued for removal'
);
select results_eq(
  $$select caption, original_post_id, is_repost from public.posts where owner_id = '00000000-0000-4000-a000-00000000000b'$$,
  $$values ('Stay @tap_ada', null::uuid, true)$$, 'what others wrote stays'
);

-- Acting as Zoe, the only admin

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000f", "role": "authenticated"}';
select is(pg_temp.refusal('select public.delete_account()'), 'PT409 last_admin', 'the last admin does not leave');
select public.set_role('00000000-0000-4000-a000-00000000000b', 'admin');
select lives_ok('select public.delete_account()', 'until there is another');

select * from finish();
rollback;
