-- How often is too often. Ada and Ben publish, Mia is a moderator, Zoe an admin.
begin;
set local search_path = public, extensions;
select plan(41);

select results_eq(
  'select action::text, max_count, per_seconds from public.rate_limits order by rate_limits.action',
  $$
    values
      ('create_post', 120, 60), ('update_post', 240, 60), ('sign_in_account', 10, 900), ('sign_in_address', 100, 900),
      ('register_address', 100, 3600)
  $$,
  'every action has its limit'
);
insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "tap_ben"}'),
  ('00000000-0000-4000-a000-00000000000e', 'mia@tap.test', '{"username": "tap_mia"}'),
  ('00000000-0000-4000-a000-00000000000f', 'zoe@tap.test', '{"username": "tap_zoe"}');
update public.profiles set role = 'moderator' where username = 'tap_mia';
update public.profiles set role = 'admin' where username = 'tap_zoe';
insert into public.posts (id, owner_id, caption, created_at, updated_at)
select ('00000000-0000-7000-a000-0000000000a' || place)::uuid, '00000000-0000-4000-a000-00000000000a', 'Before', '2020-01-01', '2020-01-01'
from generate_series(1, 9) as place;

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

-- Acting as nobody, as Ada, and as Mia, a moderator

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select is(pg_temp.refusal('select * from public.rate_limits'), '42501', 'nobody sees the limits');
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select is_empty('select * from public.rate_limits', 'nor does a user');
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000e", "role": "authenticated"}';
select is_empty('select * from public.rate_limits', 'nor a moderator');
select is_empty('update public.rate_limits set max_count = 1000000 returning action', 'nor does he change them');
select throws_ok('select * from private.rate_counters', '42501', null, 'what was counted is nobody''s to see');
select throws_ok(
  $$select private.uncount_action('create_post', '00000000-0000-4000-a000-00000000000e')$$, '42501', null, 'or to take back'
);

-- Acting as Zoe, an admin

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000f", "role": "authenticated"}';
select is((select count(*) from public.rate_limits), 5::bigint, 'an admin sees the limits');
select results_eq(
  $$update public.rate_limits set max_count = 3, per_seconds = 30 where action in ('create_post', 'update_post') returning max_count, per_seconds, updated_at$$,
  $$values (3, 30, now()), (3, 30, now())$$, 'and changes them'
);
select throws_ok($$update public.rate_limits set action = 'update_post'$$, '42501', null, 'but not what is counted');
select throws_ok($$delete from public.rate_limits$$, '42501', null, 'nor whether');
select throws_matching(
  format('update public.rate_limits set %s where action = ''create_post''', change), 'rate_limits_' || split_part(change, ' ', 1) || '_check',
  change
)
from unnest(array['max_count = -1', 'per_seconds = 0', 'per_seconds = 604801']) as change;

-- Acting as Ada: new posts

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select lives_ok($$select public.create_post('One')$$, 'a post');
select lives_ok($$insert into public.posts (caption) values ('Two'), ('Three')$$, 'two more, by another way');
select is(
  pg_temp.refusal(statement), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "30"}}', label
)
from (
  values
    ($$select public.create_post('Four')$$, 'the fourth is too many'),
    ($$insert into public.posts (caption) values ('Four')$$, 'by any way')
) as refused (statement, label);
select throws_matching($$select public.create_post('Four')$$, 'try again in 30 seconds', 'the sentence says how long to wait');
reset role;
select is(
  (select count from private.rate_counters where subject = '00000000-0000-4000-a000-00000000000a'), 3, 'what is refused does not count'
);
update private.rate_counters set started_at = now() - interval '10.5 seconds' where subject = '00000000-0000-4000-a000-00000000000a';
set local role authenticated;
select is(
  pg_temp.refusal($$select public.create_post('Four')$$), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "20"}}',
  'the wait is what is left of the time, rounded up'
);
reset role;
update private.rate_counters set started_at = now() - interval '30 seconds' where subject = '00000000-0000-4000-a000-00000000000a';
set local role authenticated;
select lives_ok($$select public.create_post('Four')$$, 'when it is over, all begins anew');
reset role;
select results_eq(
  $$select started_at, count from private.rate_counters where subject = '00000000-0000-4000-a000-00000000000a'$$,
  'select now(), 1', 'at one'
);
set local role authenticated;
select is(
  pg_temp.refusal($$insert into public.posts (caption) select 'Bulk' from generate_series(1, 4)$$),
  'PGRST {"status" : 429, "headers" : {"Retry-After" : "30"}}', 'many at once are as many'
);
select lives_ok(
  $$select public.create_post('Once', idempotency_key => 'tap'), public.create_post('Once', idempotency_key => 'tap'),
    public.create_post('Once', idempotency_key => 'tap'), public.create_post('Once', idempotency_key => 'tap')$$,
  'a repeated request is one'
);

-- Edits

select lives_ok($$update public.posts set caption = 'Edited' where id = '00000000-0000-7000-a000-0000000000a1'$$, 'an edit');
select lives_ok($$select public.update_post('00000000-0000-7000-a000-0000000000a2', 'Edited', tags => '{tap_a}')$$, 'a second');
select lives_ok($$select public.update_post('00000000-0000-7000-a000-0000000000a3', tags => '{tap_a}')$$, 'a third');
select is(
  pg_temp.refusal(statement), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "30"}}', 'the fourth is too many: ' || statement
)
from unnest(array[
  $$update public.posts set caption = 'x' where id = '00000000-0000-7000-a000-0000000000a4'$$,
  $$select public.update_post('00000000-0000-7000-a000-0000000000a4', is_public => false)$$,
  $$select public.update_post('00000000-0000-7000-a000-0000000000a4', tags => '{}')$$
]) as statement;
select lives_ok(
  $$update public.posts set caption = 'Before' where id = '00000000-0000-7000-a000-0000000000a4'$$, 'what changes nothing does not count'
);

-- Acting as Ben, and as those who are not counted

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000b", "role": "authenticated"}';
select lives_ok($$select public.create_post('One')$$, 'what Ada did is not counted for Ben');
insert into public.posts (caption, original_post_id) values ('Look', '00000000-0000-7000-a000-0000000000a5'), ('Look', '00000000-0000-7000-a000-0000000000a5');
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000e", "role": "authenticated"}';
select lives_ok(
  $$
    select public.hide_post(id) from public.posts
    where id::text like '00000000-0000-7000-a000-0000000000a%' and hidden_at is null
  $$,
  'nor what a moderator does'
);
set local role service_role;
set local request.jwt.claims = '{"role": "service_role"}';
select lives_ok(
  $$
    insert into public.posts (owner_id, caption)
    select '00000000-0000-4000-a000-00000000000b', 'Import' from generate_series(1, 10)
  $$,
  'nor what the secret key does in his name'
);
select lives_ok(
  $$update public.rate_limits set max_count = 0 where action = 'create_post'$$, 'the secret key changes limits'
);
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000e", "role": "authenticated"}';
select is(
  pg_temp.refusal($$select public.create_post('One')$$), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "30"}}',
  'a limit of nothing stops everybody'
);

-- Network addresses

reset role;
select is(private.address_subject(address), wanted, label)
from (
  values
    (inet '192.0.2.7', '192.0.2.7', 'an address is itself'),
    ('192.0.2.7/24', '192.0.2.7', 'whatever its mask'),
    ('2001:db8:1:2:3:4:5:6', '2001:db8:1:2::', 'an IPv6 address stands for its network'),
    (null, null, 'none is none')
) as subject (address, wanted, label);

select * from finish();
rollback;
