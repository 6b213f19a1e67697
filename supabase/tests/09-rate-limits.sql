-- How often is too often. Ada and Ben publish, Mia is a moderator, Zoe an admin.
begin;
set local search_path = public, extensions;
select plan(31);

select results_eq(
  'select action::text, max_count, per_seconds from public.rate_limits order by rate_limits.action',
  $$
    values
      ('create_post', 600, 3600), ('update_post', 600, 3600), ('rename', 10, 86400), ('follow', 200, 3600), ('react', 600, 600), ('comment', 600, 3600),
      ('report', 30, 3600), ('search', 300, 60), ('export', 5, 86400), ('sign_in_account', 10, 900), ('sign_in_address', 300, 900),
      ('register_address', 100, 3600)
  $$,
  'every action has a limit'
);
select is_empty(
  $$
    select action from public.rate_limits
    where action in ('create_post', 'update_post', 'comment') and max_count * 86400.0 / per_seconds > 20000
  $$,
  'no user writes so much in a day that reading past it takes others long'
);
select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('mia', 'moderator'), tests.create_user('zoe', 'admin');
select tests.insert_post('ada', 'Before ' || place) from generate_series(1, 5) as place;

select tests.authenticate_as('zoe');
select results_eq(
  $$
    update public.rate_limits set max_count = 3, per_seconds = 30
    where action in ('create_post', 'update_post')
    returning max_count, per_seconds, updated_at
  $$,
  $$values (3, 30, now()), (3, 30, now())$$, 'an admin changes a limit'
);
select throws_matching(
  format('update public.rate_limits set %s where action = ''create_post''', change), 'rate_limits_' || split_part(change, ' ', 1) || '_check',
  'refuses ' || change
)
from unnest(array['max_count = -1', 'per_seconds = 0', 'per_seconds = 604801']) as change;

-- Names

update public.rate_limits set max_count = 1 where action = 'rename';
select tests.authenticate_as('ben');
select is(tests.refusal($$select public.update_profile('{"username": "tap_ben_2"}')$$), 'not refused', 'a user may take another name');
select is(
  left(tests.refusal($$select public.update_profile('{"username": "tap_ben_3"}')$$), 24), 'PGRST {"status" : 429, "', 'and not one name after the other'
);

-- New posts

select tests.authenticate_as('ada');
select lives_ok('select public.create_post(''Post'')', label || ' post is allowed') from unnest(array['the first', 'the second', 'the third']) as label;
select is(
  tests.refusal($$select public.create_post('Four')$$), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "30"}}',
  'the fourth post is refused'
);
select throws_matching($$select public.create_post('Four')$$, 'try again in 30 seconds', 'the message says how long to wait');
select tests.clear_authentication();
update private.rate_counters set started_at = now() - interval '10.5 seconds' where subject = tests.id_of('ada')::text;
select tests.authenticate_as('ada');
select is(
  tests.refusal($$select public.create_post('Four')$$), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "20"}}',
  'the wait is the rest of the time, rounded up'
);
select tests.clear_authentication();
update private.rate_counters set started_at = now() - interval '30 seconds' where subject = tests.id_of('ada')::text;
select tests.authenticate_as('ada');
select lives_ok($$select public.create_post('Four')$$, 'a post is allowed again when the time is over');
select tests.clear_authentication();
select results_eq(
  $$select started_at, count from private.rate_counters where subject = tests.id_of('ada')::text$$, 'select now(), 1',
  'the count begins again at one'
);
select tests.authenticate_as('ada');
select lives_ok(
  $$select public.create_post('Once', idempotency_key => 'tap') from generate_series(1, 4)$$, 'a repeated request counts once'
);

-- Edits

select lives_ok(format('select public.update_post(tests.id_of(''Before %s''), tags => ''{tap_a}'')', place), 'edit ' || place || ' is allowed')
from generate_series(1, 3) as place;
select is(
  tests.refusal(format('select public.update_post(tests.id_of(''Before 4''), %s)', change)),
  'PGRST {"status" : 429, "headers" : {"Retry-After" : "30"}}', 'the fourth edit is refused: ' || change
)
from unnest(array['''x''', 'is_public => false', 'tags => ''{}''']) as change;

-- What does not count for a user

select tests.authenticate_as('ben');
select lives_ok($$select public.create_post('One')$$, 'the posts of one user do not count for another');
select tests.authenticate_as('mia');
select lives_ok(
  $$select public.hide_post(tests.id_of('Before ' || place)) from generate_series(1, 5) as place$$,
  'hiding posts does not count'
);
select tests.authenticate_as_service_role();
select lives_ok(
  $$insert into public.posts (owner_id, caption) select tests.id_of('ben'), 'Import' from generate_series(1, 10)$$,
  'rows that the secret key writes do not count'
);
update public.rate_limits set max_count = 0 where action = 'create_post';
select tests.authenticate_as('mia');
select is(
  tests.refusal($$select public.create_post('One')$$), 'PGRST {"status" : 429, "headers" : {"Retry-After" : "30"}}',
  'a limit of 0 stops everybody'
);

-- Network addresses

select tests.clear_authentication();
select is(private.address_subject(address), wanted, label)
from (
  values
    (inet '192.0.2.7', '192.0.2.7', 'an address is counted as itself'),
    ('192.0.2.7/24', '192.0.2.7', 'an address is counted without its mask'),
    ('2001:db8:1:2:3:4:5:6', '2001:db8:1:2::', 'an IPv6 address is counted as its network'),
    (null, null, 'no address is not counted')
) as subject (address, wanted, label);

select * from finish();
rollback;
