-- Every user of Auth has a profile, and a user name that cannot be had is refused before the user exists.
begin;
set local search_path = public, extensions;
select plan(87);

-- Inserts a user as Auth does, and returns the user name of their profile.
create function pg_temp.name_of(metadata jsonb, email text default null) returns text
language plpgsql
as $$
declare
  v_id constant uuid := gen_random_uuid();
begin
  insert into auth.users (id, email, raw_user_meta_data) values (v_id, name_of.email, name_of.metadata);
  return (select username::text from public.profiles where id = v_id);
end
$$;

-- With a user name

select tests.create_user('ada', metadata => '{"username": "Tap_Ada", "date_of_birth": "1990-05-17", "role": "admin", "is_vip": true}');
select results_eq(
  $$select username::text, role::text, is_vip, is_public, is_anonymous, bio, avatar_path from public.profiles where id = tests.id_of('ada')$$,
  $$values ('Tap_Ada', 'user', false, true, false, '', null::text)$$,
  'a user gets the name that they asked for, and no role and no badge'
);
select results_eq(
  $$select date_of_birth from public.private_profiles where id = tests.id_of('ada')$$, array[date '1990-05-17'],
  'the date of birth is stored among the private facts'
);
select throws_matching(
  $$select pg_temp.name_of('{"username": "tap_ADA"}')$$, 'profiles_username_key', 'a taken name ends the sign-up, whatever its case'
);
select throws_matching(format('select pg_temp.name_of(%L)', metadata), 'profiles_username_check', 'ends a sign-up with a name that ' || label)
from (
  values
    ('{"username": ""}', 'is empty'),
    ('{"username": "ab"}', 'is too short'),
    ('{"username": "tap ada"}', 'has a space'),
    ('{"username": {"a": 1}}', 'is no text'),
    (jsonb_build_object('username', repeat('a', 1000000))::text, 'has a million characters')
) as malformed (metadata, label);
select is_empty(
  $$select from auth.users left join public.profiles using (id) where email like '%@tap.test' and profiles.id is null$$,
  'no user is without a profile'
);
select is(
  pg_temp.name_of(jsonb_build_object('username', 'tap_born_' || place, 'date_of_birth', born)), 'tap_born_' || place,
  'signs up without the date of birth ' || born::text
)
from (
  values (1, '"2990-01-01"'::jsonb), (2, '"yesterday"'), (3, '"1990-02-30"'), (4, '12'), (5, 'null')
) as birth (place, born);
select is(
  (
    select count(*) from public.private_profiles join public.profiles using (id)
    where username::text like 'tap\_born%' and date_of_birth is null
  ),
  5::bigint, 'each of them has private facts'
);

-- Without a user name

select is(pg_temp.name_of(metadata, email), wanted, 'derives the name from ' || label)
from (
  values
    ('{"preferred_username": "Tap_Pref", "user_name": "tap_x"}'::jsonb, '1@tap.test', 'Tap_Pref', 'preferred_username first'),
    ('{"user_name": "tap_hub", "name": "Tap Name"}', '2@tap.test', 'tap_hub', 'user_name next'),
    ('{"name": "José Tap-García"}', '3@tap.test', 'Jose_Tap_Garcia', 'name next, in the allowed alphabet'),
    ('{"full_name": "Tap Full"}', null, 'Tap_Full', 'full_name next'),
    ('{}', 'tap.mail+spam@tap.test', 'tap_mail_spam', 'the e-mail address last'),
    (null, 'tap.null@tap.test', 'tap_null', 'the e-mail address where there are no metadata'),
    ('{"username": null}', 'tap.nullname@tap.test', 'tap_nullname', 'the e-mail address where the user name is null'),
    ('{"name": "谷口", "user_name": "x"}', 'tap.fallback@tap.test', 'tap_fallback', 'the next source where one gives no name'),
    ('[1, 2]', 'tap.array@tap.test', 'tap_array', 'the e-mail address where the metadata are a list'),
    ('"text"', 'tap.text@tap.test', 'tap_text', 'the e-mail address where the metadata are a text'),
    (jsonb_build_object('name', repeat('Tap', 100000)), null, left(repeat('Tap', 8), 22), 'the beginning of an endless name')
) as known (metadata, email, wanted, label);
select matches(pg_temp.name_of(metadata, email), '^user(_[0-9a-f]+)?$', 'names a user "user" ' || label)
from (
  values ('{}'::jsonb, null, 'of whom nothing is known'), ('{"name": "谷口"}', '4@tap.test', 'where nothing gives a name')
) as unknown (metadata, email, label);
select is(pg_temp.name_of('{"name": "Tap Twin"}'), 'Tap_Twin', 'the first user of a name has it as it is');
select matches(pg_temp.name_of('{"name": "TAP TWIN"}'), '^TAP_TWIN_\d{4}$', 'the second gets a number');
select is(
  (select count(distinct pg_temp.name_of('{"name": "Tap Twin"}')) from generate_series(1, 50)), 50::bigint,
  'fifty more get different numbers'
);
select matches(
  pg_temp.name_of(jsonb_build_object('name', repeat('Tap', 100000))), '^[A-Za-z]{22}_\d{4}$', 'an endless name leaves room for the number'
);
select ok(
  private.is_valid_username(private.derived_username(jsonb_build_object('name', hostile), 'a@b')),
  'derives a well-formed name from ' || quote_literal(hostile)
)
from unnest(array[
  'Robert''); drop table profiles;--', '../../etc/passwd', '<script>', E'a\u202eb\u0007c', '___', '%s%n', '$1', E'\\'
]) as hostile;

-- Auth's hook

create function pg_temp.answer(metadata jsonb) returns jsonb
language sql
as $$
  select public.before_user_created(jsonb_build_object(
    'metadata', jsonb_build_object('name', 'before-user-created'),
    'user', jsonb_build_object('email', 'x@tap.test', 'user_metadata', answer.metadata)
  ))
$$;
select is(pg_temp.answer(metadata), '{}', 'the hook accepts ' || label)
from (
  values
    ('{}'::jsonb, 'a sign-up without a name'),
    ('{"username": "tap_new", "date_of_birth": "1990-05-17"}', 'a free name and a date of birth'),
    ('{"username": null, "date_of_birth": null}', 'nulls')
) as accepted (metadata, label);
select is(public.before_user_created('{}'), '{}', 'the hook accepts an event without a user');
select is(
  pg_temp.answer('{"username": "TAP_ada"}'),
  '{"error": {"http_code": 409, "message": "username_taken: The user name is taken."}}', 'the hook refuses a taken name'
);
select is(
  pg_temp.answer(jsonb_build_object('username', username)),
  '{"error": {"http_code": 422, "message": "username_invalid: A user name has 3 to 30 of the characters A-Z a-z 0-9 _."}}',
  'the hook refuses a name that ' || label
)
from (
  values
    ('"a b"'::jsonb, 'has a space'), ('""', 'is empty'), ('"x"', 'is too short'), ('["tap_new"]', 'is no text'),
    ('"tap_new\n"', 'has a line break')
) as malformed (username, label);
select is(
  pg_temp.answer(jsonb_build_object('date_of_birth', born)),
  '{"error": {"http_code": 422, "message": "date_of_birth_invalid: A date of birth is a day from 1900-01-01 to today."}}',
  format('the hook refuses the date of birth %L', born)
)
from unnest(array['1899-12-31', (current_date + 1)::text, '17.05.1990', 'today', '1990-13-01', '']) as born;

-- Names between the hook's answer and the user

create function pg_temp.answer_to(email text, username text) returns text
language sql
as $$
  select coalesce(
    public.before_user_created(jsonb_build_object('user', jsonb_build_object(
      'email', answer_to.email, 'user_metadata', jsonb_build_object('username', answer_to.username)
    ))) #>> '{error,http_code}',
    'accepted'
  )
$$;
select is(pg_temp.answer_to('first@tap.test', 'Tap_Wanted'), 'accepted', 'the first sign-up with a name reserves it');
select is(pg_temp.answer_to('second@tap.test', 'tap_WANTED'), '409', 'a second sign-up with the name is refused, whatever its case');
select is(pg_temp.answer_to('FIRST@tap.test', 'tap_wanted'), 'accepted', 'the first sign-up may be repeated');
select is(pg_temp.answer_to('second@tap.test', 'tap_ada'), '409', 'a taken name is refused');
select is_empty($$select from private.username_reservations where username::text ilike 'tap_ada'$$, 'a taken name is not reserved');
update private.username_reservations set reserved_until = now();
select is(pg_temp.answer_to('second@tap.test', 'tap_wanted'), 'accepted', 'a reservation ends, and the name is free again');
select pg_temp.name_of('{"username": "Tap_Wanted"}', 'second@tap.test');
select is_empty($$select from private.username_reservations where username::text ilike 'tap_wanted'$$, 'the new user ends the reservation');
select is(pg_temp.answer_to('second@tap.test', 'tap_wanted'), '409', 'the name is taken then');

select tests.authenticate_as_service_role();
select ok(not public.username_available('TAP_ADA'), 'a taken name is not available');
select ok(public.username_available('tap_new'), 'a free name is available');
select ok(not public.username_available(name), format('the malformed name %L is not available', left(name, 10)))
from unnest(array['', 'ab', 'a b', repeat('a', 31), null]) as name;

-- Names that are reserved, and names that were given up

select tests.clear_authentication();
select tests.create_user('lou'), tests.create_user('max'), tests.create_user('zoe', 'admin');
create function pg_temp.hook_answer(username text, email text) returns text
language sql
as $$
  select coalesce(public.before_user_created(jsonb_build_object(
    'user', jsonb_build_object('email', hook_answer.email, 'user_metadata', jsonb_build_object('username', hook_answer.username))
  )) #>> '{error,message}', 'allowed')
$$;
create function pg_temp.rename_to(name text, username text) returns text
language plpgsql
as $$
declare
  v_answer text;
begin
  perform tests.authenticate_as(rename_to.name);
  v_answer := tests.refusal(format('update public.profiles set username = %L where id = auth.uid()', rename_to.username));
  perform tests.clear_authentication();
  return v_answer;
end
$$;

select is(
  pg_temp.hook_answer('ADMIN', 'eve@tap.test'), 'username_reserved: The user name is reserved.', 'the hook refuses a reserved name, whatever its case'
);
select is(
  tests.refusal($$insert into auth.users (id, raw_user_meta_data) values (gen_random_uuid(), '{"username": "Support"}')$$),
  'PT422 username_reserved username', 'also where the hook is not set up'
);
select matches(pg_temp.name_of('{"name": "Admin"}'), '^Admin_\d{4}$', 'a name from a provider is not taken as it is if it is reserved');
select is(pg_temp.rename_to('lou', 'Official'), 'PT422 username_reserved username', 'nobody changes their name to a reserved one');
select tests.authenticate_as('zoe');
insert into public.reserved_usernames (username) values ('tap_brand');
delete from public.reserved_usernames where username = 'official';
select tests.clear_authentication();
select is(
  array[pg_temp.rename_to('lou', 'TAP_BRAND'), pg_temp.rename_to('max', 'official')],
  array['PT422 username_reserved username', 'not refused'], 'an admin changes the list'
);
update public.profiles set username = 'tap_brand' where id = tests.id_of('lou');
select is((select username::text from public.profiles where id = tests.id_of('lou')), 'tap_brand', 'the dashboard may give a reserved name');

select is(
  array[
    pg_temp.rename_to('zoe', 'tap_lou'), pg_temp.rename_to('zoe', 'TAP_MAX'), pg_temp.hook_answer('tap_Lou', 'eve@tap.test'),
    tests.refusal($$insert into auth.users (id, raw_user_meta_data) values (gen_random_uuid(), '{"username": "tap_lou"}')$$)
  ],
  array['PT409 username_taken username', 'PT409 username_taken username', 'username_taken: The user name is taken.', 'PT409 username_taken username'],
  'nobody takes a name that was just given up'
);
select is(pg_temp.rename_to('max', 'tap_max'), 'not refused', 'a user takes their own former name back');
select is(pg_temp.rename_to('max', 'Tap_Max'), 'not refused', 'a change of case gives no name up');
select is(
  (select raw_user_meta_data ->> 'username' from auth.users where id = tests.id_of('max')), 'Tap_Max', 'the metadata of Auth follows the name'
);
update auth.users set raw_user_meta_data = '{"username": "tap_queen", "theme": "dark"}' where id = tests.id_of('max');
select is(
  (select raw_user_meta_data from auth.users where id = tests.id_of('max')), '{"username": "Tap_Max", "theme": "dark"}',
  'and cannot be given another one, beside what users write there'
);
delete from auth.users where id = tests.id_of('max');
select is(
  array[pg_temp.hook_answer('tap_max', 'eve@tap.test'), pg_temp.hook_answer('tap_max', 'MAX@tap.test')],
  array['username_taken: The user name is taken.', 'allowed'], 'the name of a deleted user is free for the same e-mail address only'
);
select is(
  (select reserved_until from private.username_reservations where username = 'tap_max'), now() + interval '30 days',
  'a sign-up that may fail does not shorten the time'
);
select is(
  (select count(*) from private.username_reservations where reserved_for like '%@%'), 0::bigint, 'no e-mail address is kept'
);
select tests.create_user('max');
select is((select username::text from public.profiles where id = tests.id_of('max')), 'tap_max', 'the former owner signs up again');
update private.username_reservations set reserved_until = now() where username = 'tap_lou';
select is(pg_temp.rename_to('zoe', 'tap_lou'), 'not refused', 'after 30 days anybody takes the name');

select * from finish();
rollback;
