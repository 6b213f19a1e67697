-- What only the person himself sees. Ada is the owner, Ben a stranger.
begin;
set local search_path = public, extensions;
select plan(17);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada", "date_of_birth": "1990-05-17"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "tap_ben"}');
alter table public.private_profiles disable trigger _100_set_updated_at;
update public.private_profiles set updated_at = '2020-01-01' where id = '00000000-0000-4000-a000-00000000000a';
alter table public.private_profiles enable trigger _100_set_updated_at;

-- Acting as nobody

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select throws_ok('select * from public.private_profiles', '42501', null, 'nobody sees nothing private');
select throws_ok('update public.private_profiles set date_of_birth = null', '42501', null, 'nobody changes it');

-- Acting as Ada, the owner

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select results_eq(
  'select id, date_of_birth from public.private_profiles',
  $$values ('00000000-0000-4000-a000-00000000000a'::uuid, date '1990-05-17')$$,
  'Ada sees her own row and no other'
);
select results_eq(
  'update public.private_profiles set date_of_birth = date ''1991-05-17'' returning updated_at',
  'select now()',
  'she corrects her date of birth, and the change is stamped'
);
select lives_ok('update public.private_profiles set date_of_birth = null', 'she takes it away');
select lives_ok($$update public.private_profiles set date_of_birth = '1900-01-01'$$, 'the first day counts');
select lives_ok('update public.private_profiles set date_of_birth = current_date', 'so does today');
select throws_matching(
  format('update public.private_profiles set date_of_birth = %L', day),
  'private_profiles_date_of_birth_check', label
)
from (
  values
    (date '1899-12-31', 'nobody was born before 1900'),
    (current_date + 1, 'nobody was born tomorrow'),
    ('infinity', 'nobody is born at the end of time')
) as impossible (day, label);
select throws_ok('update public.private_profiles set created_at = now()', '42501', null, 'times are not hers to set');
select throws_ok(
  $$insert into public.private_profiles (id) values (gen_random_uuid())$$, '42501', null, 'she makes no row'
);
select throws_ok('delete from public.private_profiles', '42501', null, 'she deletes none');

-- Acting as Ben, a stranger

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000b", "role": "authenticated"}';
select is_empty(
  $$select from public.private_profiles where id = '00000000-0000-4000-a000-00000000000a'$$,
  'Ben does not see Ada''s row'
);
select is_empty(
  $$
    update public.private_profiles set date_of_birth = '2000-01-01'
    where id = '00000000-0000-4000-a000-00000000000a' returning id
  $$,
  'he does not change it'
);
-- Without a condition no row has to be visible to be changed.
update public.private_profiles set date_of_birth = '2000-01-01';

-- Acting with the secret key, and then without the user

set local role service_role;
select results_eq(
  $$select date_of_birth from public.private_profiles where id = '00000000-0000-4000-a000-00000000000a'$$,
  'select current_date',
  'the secret key sees Ada''s row, which is as she left it'
);
reset role;
delete from auth.users where id = '00000000-0000-4000-a000-00000000000a';
select is_empty(
  $$select from public.private_profiles where id = '00000000-0000-4000-a000-00000000000a'$$, 'it goes with the user'
);

select * from finish();
rollback;
