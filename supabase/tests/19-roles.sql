-- Who gives roles and badges. Ada is a user, Mia a moderator, Zoe and Abe admins.
begin;
set local search_path = public, extensions;
select plan(33);

update public.profiles set role = 'user' where role = 'admin';
insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000e', 'mia@tap.test', '{"username": "tap_mia"}'),
  ('00000000-0000-4000-a000-0000000000f1', 'zoe@tap.test', '{"username": "tap_zoe"}'),
  ('00000000-0000-4000-a000-0000000000f2', 'abe@tap.test', '{"username": "tap_abe"}');
update public.profiles set role = 'moderator' where username = 'tap_mia';
update public.profiles set role = 'admin' where username in ('tap_zoe', 'tap_abe');
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

create function pg_temp.role_of(name text) returns text
language sql
as $$select role::text from public.profiles where username = role_of.name::extensions.citext$$;
grant execute on function pg_temp.role_of(text) to authenticated, service_role;

-- Acting as nobody

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select is(
  pg_temp.refusal(format('select %s', call)), '42501', 'nobody: ' || call
)
from unnest(array[
  $$public.set_role('00000000-0000-4000-a000-00000000000a', 'admin')$$,
  $$public.set_vip('00000000-0000-4000-a000-00000000000a', true)$$
]) as call;

-- Acting as Ada and Mia, as a user who is gone, and as a token without a user

set local role authenticated;
select is(
  (
    select pg_temp.refusal(format('select %s', call))
    from set_config('request.jwt.claims', json_build_object('sub', sub, 'role', 'authenticated')::text, true)
  ),
  'PT403 forbidden', label || ': ' || call
)
from (
  values
    ('00000000-0000-4000-a000-00000000000a', 'a user'), ('00000000-0000-4000-a000-00000000000e', 'a moderator'),
    ('00000000-0000-4000-a000-0000000000ee', 'a user who is gone'), (null, 'a token without a user')
) as caller (sub, label)
cross join unnest(array[
  $$public.set_role('00000000-0000-4000-a000-00000000000a', 'admin')$$,
  $$public.set_role('00000000-0000-4000-a000-0000000000f1', 'user')$$,
  $$public.set_vip('00000000-0000-4000-a000-00000000000a', true)$$
]) as call;

-- Who has which role

select is(
  (
    select array[private.has_role('user'), private.has_role('moderator'), private.has_role('admin')]
    from set_config('request.jwt.claims', json_build_object('sub', sub, 'role', 'authenticated')::text, true)
  ),
  wanted, label
)
from (
  values
    ('00000000-0000-4000-a000-00000000000a', array[true, false, false], 'a user is a user'),
    ('00000000-0000-4000-a000-00000000000e', array[true, true, false], 'a moderator is a user, too'),
    ('00000000-0000-4000-a000-0000000000f1', array[true, true, true], 'an admin is everything'),
    (null, array[false, false, false], 'nobody is nothing')
) as person (sub, wanted, label);

-- Acting as Zoe, an admin

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-0000000000f1", "role": "authenticated"}';
select results_eq(
  $$select id, role::text from public.set_role('00000000-0000-4000-a000-00000000000a', 'moderator')$$,
  $$values ('00000000-0000-4000-a000-00000000000a'::uuid, 'moderator')$$, 'an admin gives roles'
);
select is((public.set_role('00000000-0000-4000-a000-00000000000a', 'user')).role::text, 'user', 'and takes them');
select is((public.set_vip('00000000-0000-4000-a000-00000000000a', true)).is_vip, true, 'she gives badges');
select is((public.set_vip('00000000-0000-4000-a000-00000000000a', false)).is_vip, false, 'and takes them');
select is(
  pg_temp.refusal($$select public.set_role('00000000-0000-4000-a000-0000000000ee', 'user')$$), 'PT404 profile_not_found',
  'who is not there gets no role'
);
select is(
  pg_temp.refusal($$select public.set_vip('00000000-0000-4000-a000-0000000000ee', true)$$), 'PT404 profile_not_found', 'and no badge'
);
select throws_ok($$select public.set_role('00000000-0000-4000-a000-00000000000a', null)$$, '23502', null, 'no role is none');
select is(
  (public.set_role('00000000-0000-4000-a000-0000000000f2', 'user')).role::text, 'user', 'one of two admins may lose the role'
);
select is(
  pg_temp.refusal($$select public.set_role('00000000-0000-4000-a000-0000000000f1', 'moderator')$$), 'PT409 last_admin',
  'the last one may not'
);
select is(
  (public.set_role('00000000-0000-4000-a000-0000000000f1', 'admin')).role::text, 'admin', 'to be made what she is does no harm'
);
select throws_ok($$update public.profiles set role = 'admin'$$, '42501', null, 'not even an admin writes the column');

-- Acting with the secret key

set local role service_role;
set local request.jwt.claims = '{"role": "service_role"}';
select is(
  pg_temp.refusal($$select public.set_role('00000000-0000-4000-a000-0000000000f1', 'user')$$), 'PT409 last_admin',
  'the secret key is told the same'
);
select is((public.set_role('00000000-0000-4000-a000-0000000000f2', 'admin')).role::text, 'admin', 'it makes admins');
update public.profiles set role = 'user' where role = 'admin';
select is(
  (public.set_role('00000000-0000-4000-a000-00000000000a', 'moderator')).role::text, 'moderator',
  'where there is no admin, nobody is the last one'
);
select is((public.set_vip('00000000-0000-4000-a000-0000000000f2', true)).is_vip, true, 'and gives badges');

select * from finish();
rollback;
