-- Every user of Auth has a profile, and a bad user name is refused before there is a user.
begin;
set local search_path = public, extensions;
select plan(73);

-- The name of the profile that a new user gets.
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

-- A name is given

insert into auth.users (id, email, raw_user_meta_data)
values (
  '00000000-0000-4000-a000-00000000000a', 'ada@tap.test',
  '{"username": "Tap_Ada", "date_of_birth": "1990-05-17", "role": "admin", "is_vip": true}'
);
select results_eq(
  $$
    select username::text, role::text, is_vip, is_public, is_anonymous, bio, avatar_path
    from public.profiles where id = '00000000-0000-4000-a000-00000000000a'
  $$,
  $$values ('Tap_Ada', 'user', false, true, false, '', null::text)$$,
  'a user gets the name that he asked for, and nothing else that he asked for'
);
select results_eq(
  $$select date_of_birth from public.private_profiles where id = '00000000-0000-4000-a000-00000000000a'$$,
  array[date '1990-05-17'],
  'the date of birth is kept where only he sees it'
);
select throws_matching(
  $$insert into auth.users (id, raw_user_meta_data) values (gen_random_uuid(), '{"username": "tap_ADA"}')$$,
  'profiles_username_key', 'a name that is taken, whatever its case, ends the sign-up'
);
select throws_matching(
  format('insert into auth.users (id, raw_user_meta_data) values (gen_random_uuid(), %L)', metadata),
  'profiles_username_check', label
)
from (
  values
    ('{"username": ""}', 'so does an empty one'),
    ('{"username": "ab"}', 'one that is too short'),
    ('{"username": "tap ada"}', 'one with a space'),
    ('{"username": {"a": 1}}', 'one that is no text'),
    (jsonb_build_object('username', repeat('a', 1000000))::text, 'one of a million characters')
) as malformed (metadata, label);
select is_empty(
  $$
    select users.id from auth.users as users left join public.profiles on profiles.id = users.id
    where users.id = '00000000-0000-4000-a000-00000000000a' and profiles.id is null
  $$,
  'no user is left without a profile'
);
select lives_ok(
  format(
    'insert into auth.users (id, raw_user_meta_data) values (gen_random_uuid(), %L)',
    jsonb_build_object('username', 'tap_born_' || place, 'date_of_birth', born)
  ),
  label
)
from (
  values
    (1, '"2990-01-01"'::jsonb, 'an impossible date of birth is left out'), (2, '"yesterday"', 'so is one that is none'),
    (3, '"1990-02-30"', 'so is one that no calendar has'), (4, '12', 'so is a number'), (5, 'null', 'so is null')
) as birth (place, born, label);
select is(
  (
    select count(*) from public.private_profiles join public.profiles using (id)
    where username::text like 'tap\_born%' and date_of_birth is null
  ),
  5::bigint, 'all of them have a private row'
);

-- No name is given

select is(
  pg_temp.name_of('{"preferred_username": "Tap_Pref", "user_name": "tap_x"}', '1@tap.test'), 'Tap_Pref',
  'a provider''s preferred user name'
);
select is(
  pg_temp.name_of('{"user_name": "tap_hub", "name": "Tap Name"}', '2@tap.test'), 'tap_hub',
  'or else its user name'
);
select is(
  pg_temp.name_of('{"name": "José Tap-García"}', '3@tap.test'), 'Jose_Tap_Garcia',
  'or else the name, in our alphabet'
);
select is(pg_temp.name_of('{"full_name": "Tap Full"}'), 'Tap_Full', 'or else the full name');
select is(
  pg_temp.name_of('{}', 'tap.mail+spam@tap.test'), 'tap_mail_spam',
  'or else what is before the @ of the e-mail address'
);
select is(pg_temp.name_of(null, 'tap.null@tap.test'), 'tap_null', 'no metadata at all');
select is(
  pg_temp.name_of('{"username": null}', 'tap.nullname@tap.test'), 'tap_nullname',
  'a name that is null is not given'
);
select is(
  pg_temp.name_of('{"name": "谷口", "user_name": "x"}', 'tap.fallback@tap.test'), 'tap_fallback',
  'what gives no name is passed over'
);
select is(pg_temp.name_of('[1, 2]', 'tap.array@tap.test'), 'tap_array', 'metadata that is a list');
select is(pg_temp.name_of('"text"', 'tap.text@tap.test'), 'tap_text', 'metadata that is a text');
select matches(pg_temp.name_of('{}', null), '^user(_[0-9a-f]+)?$', 'a user of whom nothing is known');
select matches(pg_temp.name_of('{"name": "谷口"}', '4@tap.test'), '^user(_[0-9a-f]+)?$', 'nothing that gives a name');
select is(pg_temp.name_of('{"name": "Tap Twin"}'), 'Tap_Twin', 'the first of a name');
select matches(pg_temp.name_of('{"name": "TAP TWIN"}'), '^TAP_TWIN_\d{4}$', 'the second gets a number');
select is(
  (select count(distinct pg_temp.name_of('{"name": "Tap Twin"}')) from generate_series(1, 50)), 50::bigint,
  'so do fifty more'
);
select is(
  pg_temp.name_of(jsonb_build_object('name', repeat('Tap', 100000))), left(repeat('Tap', 8), 22),
  'an endless name is cut'
);
select matches(
  pg_temp.name_of(jsonb_build_object('name', repeat('Tap', 100000))), '^[A-Za-z]{22}_\d{4}$',
  'and still leaves room for a number'
);
select ok(
  private.is_valid_username(private.derived_username(jsonb_build_object('name', hostile), 'a@b')),
  'hostile: ' || quote_literal(hostile)
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
select is(pg_temp.answer('{}'), '{}', 'no name is fine');
select is(pg_temp.answer('{"username": "tap_new", "date_of_birth": "1990-05-17"}'), '{}', 'a free name is fine');
select is(pg_temp.answer('{"username": null, "date_of_birth": null}'), '{}', 'null is as good as nothing');
select is(public.before_user_created('{}'), '{}', 'an event without a user passes');
select is(
  pg_temp.answer('{"username": "TAP_ada"}'),
  '{"error": {"http_code": 409, "message": "username_taken: The user name is taken."}}',
  'a name that is taken is refused'
);
select is(
  pg_temp.answer('{"username": "a b"}'),
  '{"error": {"http_code": 422, "message": "username_invalid: A user name has 3 to 30 of the characters A-Z a-z 0-9 _."}}',
  'a malformed name is refused'
);
select is(pg_temp.answer(metadata) #>> '{error,http_code}', '422', label)
from (
  values
    ('{"username": ""}'::jsonb, 'so is an empty one'),
    ('{"username": "x"}', 'and one that is too short'),
    ('{"username": ["tap_new"]}', 'and one that is no text'),
    ('{"username": "tap_new\n"}', 'and one with a line break')
) as malformed (metadata, label);
select is(pg_temp.answer(jsonb_build_object('date_of_birth', born)) #>> '{error,message}',
  'date_of_birth_invalid: A date of birth is a day from 1900-01-01 to today.', label)
from (
  values
    ('1899-12-31', 'a date of birth before 1900 is refused'),
    ((current_date + 1)::text, 'so is tomorrow'),
    ('17.05.1990', 'so is another spelling'),
    ('today', 'so is a word'),
    ('1990-13-01', 'so is a thirteenth month'),
    ('', 'so is nothing')
) as birth (born, label);

-- Names between the hook's answer and the user

create function pg_temp.answer_to(email text, username text) returns text
language sql
as $$
  select coalesce(
    public.before_user_created(jsonb_build_object('user', jsonb_build_object(
      'email', answer_to.email, 'user_metadata', jsonb_build_object('username', answer_to.username)
    ))) #>> '{error,http_code}',
    'fine'
  )
$$;
select is(pg_temp.answer_to('first@tap.test', 'Tap_Wanted'), 'fine', 'the first to ask for a name may have it');
select is(pg_temp.answer_to('second@tap.test', 'tap_WANTED'), '409', 'the second may not, whatever the case');
select is(pg_temp.answer_to('FIRST@tap.test', 'tap_wanted'), 'fine', 'the first may ask again');
select is(pg_temp.answer_to('second@tap.test', 'tap_ada'), '409', 'a name that is taken');
select is_empty(
  $$select from private.username_reservations where username::text ilike 'tap_ada'$$, 'is not reserved as well'
);
update private.username_reservations set reserved_until = now();
select is(pg_temp.answer_to('second@tap.test', 'tap_wanted'), 'fine', 'a sign-up that came to nothing gives the name back');
insert into auth.users (id, email, raw_user_meta_data)
values (gen_random_uuid(), 'second@tap.test', '{"username": "Tap_Wanted"}');
select is_empty(
  $$select from private.username_reservations where username::text ilike 'tap_wanted'$$,
  'the new user needs no reservation any more'
);
select is(pg_temp.answer_to('second@tap.test', 'tap_wanted'), '409', 'the name is the user''s now');

-- The secret key's functions

set local role service_role;
select ok(not public.username_available('TAP_ADA'), 'a name that is taken is not available');
select ok(public.username_available('tap_new'), 'one that is free is');
select ok(not public.username_available(name), 'a malformed one never is')
from unnest(array['', 'ab', 'a b', repeat('a', 31), null]) as name;
reset role;

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select throws_ok(statement, '42501', null, label)
from (
  values
    ($$select public.username_available('tap_ada')$$, 'clients do not ask for names in bulk'),
    ($$select public.before_user_created('{}')$$, 'the hook is Auth''s')
) as refused (statement, label);
reset role;

select * from finish();
rollback;
