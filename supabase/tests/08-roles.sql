-- Who gives roles and badges. Ada is a user, Mia a moderator, Zoe and Abe admins.
begin;
set local search_path = public, extensions;
select plan(29);

update public.profiles set role = 'user' where role = 'admin';
select tests.create_user('ada'), tests.create_user('mia', 'moderator'), tests.create_user('zoe', 'admin'), tests.create_user('abe', 'admin');

select is(
  (select tests.refusal(format('select %s', call)) from tests.authenticate_as(name)), 'PT403 forbidden', label || ' may not call ' || call
)
from (
  values ('ada', 'a user'), ('mia', 'a moderator'), ('eve', 'a deleted user'), (null, 'a token without a user')
) as caller (name, label)
cross join unnest(array[
  $$public.set_role(tests.id_of('ada'), 'admin')$$,
  $$public.set_role(tests.id_of('zoe'), 'user')$$,
  $$public.set_vip(tests.id_of('ada'), true)$$
]) as call;
select is(
  (
    select array[private.has_role('user'), private.has_role('moderator'), private.has_role('admin')]
    from tests.authenticate_as(name)
  ),
  wanted, label
)
from (
  values
    ('ada', array[true, false, false], 'a user has the role user'),
    ('mia', array[true, true, false], 'a moderator has the role user as well'),
    ('zoe', array[true, true, true], 'an admin has every role'),
    (null, array[false, false, false], 'a token without a user has no role')
) as person (name, wanted, label);

select tests.authenticate_as('zoe');
select results_eq(
  $$select id, role::text from public.set_role(tests.id_of('ada'), 'moderator')$$,
  $$values (tests.id_of('ada'), 'moderator')$$, 'an admin gives a role'
);
select is((public.set_role(tests.id_of('ada'), 'user')).role::text, 'user', 'an admin takes a role');
select is((public.set_vip(tests.id_of('ada'), true)).is_vip, true, 'an admin gives a badge');
select is((public.set_vip(tests.id_of('ada'), false)).is_vip, false, 'an admin takes a badge');
select is(tests.refusal(format('select %s', call)), 'PT404 profile_not_found', 'does not find a deleted user: ' || call)
from unnest(array[
  $$public.set_role(tests.id_of('eve'), 'user')$$, $$public.set_vip(tests.id_of('eve'), true)$$
]) as call;
select is(tests.refusal($$select public.set_role(tests.id_of('ada'), null)$$), '23502', 'refuses null as a role');
select is((public.set_role(tests.id_of('abe'), 'user')).role::text, 'user', 'one of two admins may lose the role');
select is(tests.refusal($$select public.set_role(tests.id_of('zoe'), 'moderator')$$), 'PT409 last_admin', 'the last admin may not lose the role');
select is((public.set_role(tests.id_of('zoe'), 'admin')).role::text, 'admin', 'the last admin may be made an admin again');

select tests.authenticate_as_service_role();
select is(
  tests.refusal($$select public.set_role(tests.id_of('zoe'), 'user')$$), 'PT409 last_admin',
  'the secret key may not take the role from the last admin by set_role'
);
select is((public.set_role(tests.id_of('abe'), 'admin')).role::text, 'admin', 'the secret key makes an admin');
update public.profiles set role = 'user' where role = 'admin';
select is((public.set_role(tests.id_of('ada'), 'moderator')).role::text, 'moderator', 'works where there is no admin');

select * from finish();
rollback;
