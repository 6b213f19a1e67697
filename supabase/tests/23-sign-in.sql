-- Signing in by name, and the end of guessing. Ada has an account. Only the edge function asks.
begin;
set local search_path = public, extensions;
select plan(40);

insert into auth.users (id, email, raw_user_meta_data)
values ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}');
insert into auth.users (id, email, raw_user_meta_data, is_sso_user)
values ('00000000-0000-4000-a000-00000000000b', 'sso@tap.test', '{"username": "tap_sso"}', true);
update public.rate_limits set max_count = 3, per_seconds = 900 where action = 'sign_in_account';
update public.rate_limits set max_count = 5, per_seconds = 900 where action = 'sign_in_address';
update public.rate_limits set max_count = 2, per_seconds = 3600 where action = 'register_address';
create temporary view counted as select action || ' ' || subject as what, count from private.rate_counters;

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
select is(pg_temp.refusal($$select public.begin_sign_in('tap_ada')$$), '42501', 'nobody asks for an e-mail address');
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select is(pg_temp.refusal(statement), '42501', label)
from (
  values
    ($$select public.begin_sign_in('tap_ada')$$, 'clients do not learn e-mail addresses'),
    ($$select public.sign_in_succeeded('tap_ada')$$, 'nor say that a password was right'),
    ($$select public.begin_registration('192.0.2.1')$$, 'nor count registrations')
) as refused (statement, label);

-- Acting with the secret key: whom a name means

set local role service_role;
set local request.jwt.claims = '{"role": "service_role"}';
select is(public.begin_sign_in('TAP_ada'), 'ada@tap.test', 'the e-mail address of a user name, whatever its case');
select is(public.begin_sign_in(' Ada@Tap.test '), 'ada@tap.test', 'the e-mail address as Auth knows it');
select is(public.begin_sign_in('sso@tap.test'), null, 'who signs in elsewhere has no password here');
select is(public.begin_sign_in(name), null, 'nobody''s is null')
from unnest(array['tap_nobody', 'nobody@tap.test', '', '@', '%', repeat('x', 100000), null]) as name;

-- Guessing at one account

select is(public.begin_sign_in('tap_ada'), 'ada@tap.test', attempt || ' attempt') from unnest(array['a second', 'a third']) as attempt;
select is(
  pg_temp.refusal(format('select public.begin_sign_in(%L)', name)), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "900"}}', label
)
from (
  values
    ('tap_ada', 'the fourth is too many'), ('TAP_ADA', 'whatever the case'), (' Tap_Ada ', 'and whatever white space')
) as refused (name, label);
select is(
  public.begin_sign_in('ada@tap.test'), 'ada@tap.test',
  'the e-mail address is counted apart: a refusal would tell whose it is'
);
select lives_ok($$select public.sign_in_succeeded('TAP_ada')$$, 'an attempt that was right ...');
select is(public.begin_sign_in('tap_ada'), 'ada@tap.test', '... makes room for one more');
select is(
  pg_temp.refusal($$select public.begin_sign_in('tap_ada')$$), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "900"}}', 'and no more'
);
select lives_ok($$select public.begin_sign_in('tap_nobody') from generate_series(1, 2)$$, 'a name that nobody has ...');
select is(
  pg_temp.refusal($$select public.begin_sign_in(' TAP_Nobody')$$), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "900"}}',
  '... is refused in the same way'
);
reset role;
select is_empty($$select * from counted where what ~* 'nobody|@'$$, 'what people type is not kept');
update private.rate_counters set started_at = now() - interval '900 seconds' where action = 'sign_in_account';
set local role service_role;
select is(public.begin_sign_in('tap_ada'), 'ada@tap.test', 'when the time is over, the account is open again');

-- Guessing from one address

select lives_ok(
  $$select public.begin_sign_in('tap_name_' || place, '192.0.2.1') from generate_series(1, 5) as place$$, 'five names from one address'
);
select is(
  pg_temp.refusal($$select public.begin_sign_in('tap_name_6', '192.0.2.1')$$), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "900"}}',
  'the sixth is too many'
);
select is(public.begin_sign_in('tap_ada', '192.0.2.2'), 'ada@tap.test', 'another address is another');
select lives_ok($$select public.sign_in_succeeded('tap_name_1', '192.0.2.1')$$, 'an attempt that was right ...');
select lives_ok($$select public.begin_sign_in('tap_name_6', '192.0.2.1')$$, '... makes room here, too');
select lives_ok($$select public.begin_sign_in('tap_v6_' || place, ('2001:db8::' || place)::inet) from generate_series(1, 5) as place$$, 'addresses of one IPv6 network ...');
select is(
  pg_temp.refusal($$select public.begin_sign_in('tap_v6_6', '2001:db8::ffff')$$), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "900"}}',
  '... are one'
);
select public.begin_sign_in('tap_once', '192.0.2.99');
select lives_ok($$select public.sign_in_succeeded('tap_once', '192.0.2.99') from generate_series(1, 3)$$, 'what was counted once ...');
reset role;
select is_empty('select * from counted where count < 0', '... is taken back once');

-- Registering from one address

set local role service_role;
select lives_ok($$select public.begin_registration('192.0.2.1') from generate_series(1, 2)$$, 'two registrations');
select is(
  pg_temp.refusal($$select public.begin_registration('192.0.2.1')$$), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "3600"}}',
  'the third is too many'
);
select lives_ok($$select public.begin_registration('192.0.2.2')$$, 'another address is another');
select lives_ok($$select public.begin_registration(null) from generate_series(1, 9)$$, 'who has no address is not counted');

select * from finish();
rollback;
