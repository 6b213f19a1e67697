-- Signing in with a user name, and the limits on guessing. Ada has an account; Sid signs in with SSO.
begin;
set local search_path = public, extensions;
select plan(32);

select tests.create_user('ada'), tests.create_user('sid');
update auth.users set is_sso_user = true where id = tests.id_of('sid');
update public.rate_limits set max_count = 3, per_seconds = 900 where action = 'sign_in_account';
update public.rate_limits set max_count = 5, per_seconds = 900 where action = 'sign_in_address';
update public.rate_limits set max_count = 2, per_seconds = 3600 where action = 'register_address';
create function pg_temp.too_often(call text) returns boolean
language sql
as $$select tests.refusal('select public.' || call) like 'PGRST {"status" : 429, "headers" : {"Retry-After" : "%"}}'$$;
grant execute on function pg_temp.too_often(text) to service_role;

-- Whom a name means

select tests.authenticate_as_service_role();
select results_eq(
  format('select * from public.begin_sign_in(%L)', name), $$values ('ada@tap.test', 'tap_ada')$$, 'finds the account by ' || label
)
from (
  values
    ('TAP_ada', 'user name, whatever its case'), (' Ada@Tap.test ', 'e-mail address, whatever its case'),
    ('tap_ada', 'user name')
) as known (name, label);
select is_empty(format('select public.begin_sign_in(%L)', name), format('finds nobody by %L', left(name, 20)))
from unnest(array['sid@tap.test', 'tap_nobody', 'nobody@tap.test', '', '@', '%', repeat('x', 100000), null]) as name;

-- Guessing at one account

select lives_ok($$select public.begin_sign_in('tap_ada')$$, 'a third attempt is allowed');
select ok(pg_temp.too_often(format('begin_sign_in(%L)', name)), format('a fourth attempt is refused as %L', name))
from unnest(array['tap_ada', 'TAP_ADA', ' Tap_Ada ']) as name;
select lives_ok(
  $$select public.begin_sign_in('ada@tap.test')$$,
  'the e-mail address is counted apart: a refusal would tell to whom a user name belongs'
);
select lives_ok($$select public.begin_sign_in('tap_nobody') from generate_series(1, 2)$$, 'an unknown name has as many attempts');
select ok(pg_temp.too_often('begin_sign_in('' TAP_Nobody'')'), 'an unknown name is refused in the same way');
select tests.clear_authentication();
select is_empty($$select subject from private.rate_counters where subject ~* 'nobody|tap_|@'$$, 'names are stored as hashes');
update private.rate_counters set started_at = now() - interval '900 seconds' where action = 'sign_in_account';
select tests.authenticate_as_service_role();
select lives_ok($$select public.begin_sign_in('tap_ada') from generate_series(1, 3)$$, 'attempts are allowed again when the time is over');

-- A sign-in that succeeds

select public.begin_sign_in('ada@tap.test') from generate_series(1, 2);
select public.begin_sign_in('tap_other') from generate_series(1, 3);
select tests.clear_authentication();
update auth.users set raw_user_meta_data = raw_user_meta_data where id = tests.id_of('ada');
select ok(pg_temp.too_often('begin_sign_in(''tap_ada'')'), 'another change of the user forgets no attempt');
update auth.users set last_sign_in_at = clock_timestamp() where id = tests.id_of('ada');
select lives_ok(
  format('select public.begin_sign_in(%L) from generate_series(1, 3)', name), 'a sign-in forgets the attempts with ' || name
)
from unnest(array['tap_ada', 'ada@tap.test']) as name;
select ok(pg_temp.too_often('begin_sign_in(''tap_other'')'), 'a sign-in forgets no attempts with another name');

-- Guessing from one address

select tests.authenticate_as_service_role();
select lives_ok(
  $$select public.begin_sign_in('tap_name_' || place, '192.0.2.1') from generate_series(1, 5) as place$$,
  'an address may try five names'
);
select ok(pg_temp.too_often('begin_sign_in(''tap_name_6'', ''192.0.2.1'')'), 'a sixth name from the address is refused');
select lives_ok($$select public.begin_sign_in('tap_name_6', '192.0.2.2')$$, 'another address may still try');
select public.begin_sign_in('tap_v6_' || place, ('2001:db8::' || place)::inet) from generate_series(1, 5) as place;
select ok(pg_temp.too_often('begin_sign_in(''tap_v6_6'', ''2001:db8::ffff'')'), 'the addresses of one IPv6 network are counted together');

-- Registering from one address

select lives_ok($$select public.begin_registration('192.0.2.1') from generate_series(1, 2)$$, 'an address may register twice');
select ok(pg_temp.too_often('begin_registration(''192.0.2.1'')'), 'a third registration is refused');
select lives_ok($$select public.begin_registration('192.0.2.2')$$, 'another address may still register');
select lives_ok($$select public.begin_registration(null) from generate_series(1, 9)$$, 'registrations without an address are not counted');

select * from finish();
rollback;
