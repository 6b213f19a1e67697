-- Who used which power. Ada is a user, Mia a moderator, Zoe an admin.
begin;
set local search_path = public, extensions;
select plan(11);

select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('cleo'), tests.create_user('mia', 'moderator'), tests.create_user('zoe', 'admin');
select tests.insert_post('ada', 'Post');
create temporary view logged with (security_invoker = true) as
select
  (select username::text from public.profiles where profiles.id = actor_id) as actor, action::text,
  case target_id
    when tests.id_of('ada') then 'ada' when tests.id_of('ben') then 'ben' when tests.id_of('cleo') then 'cleo'
    when tests.id_of('mia') then 'mia' when tests.id_of('zoe') then 'zoe' when tests.id_of('Post') then 'Post'
  end as target,
  details
from public.audit_log
where created_at = now()
order by audit_log.id;
grant select on logged to authenticated;

select results_eq(
  'select * from logged',
  $$
    values
      (null::text, 'role_changed', 'mia', '{"from": "user", "to": "moderator"}'::jsonb),
      (null, 'role_changed', 'zoe', '{"from": "user", "to": "admin"}')
  $$,
  'records what the dashboard does'
);
select tests.authenticate_as('ada');
update public.profiles set bio = 'x', is_public = false where id = auth.uid();
select public.update_post(tests.id_of('Post'), 'x');
select tests.authenticate_as('mia');
select public.hide_post(tests.id_of('Post'), reason => 'Spam');
select public.hide_post(tests.id_of('Post'), reason => 'Again');
select public.hide_post(tests.id_of('Post'), false);
select tests.authenticate_as('zoe');
select public.set_role(tests.id_of('ada'), 'moderator') from generate_series(1, 2);
select public.set_vip(tests.id_of('ada'), true);
update public.rate_limits set max_count = 7 where action = 'update_post';
update public.rate_limits set max_count = 7 where action = 'update_post';
select results_eq(
  'select * from logged offset 2',
  $$
    values
      ('tap_mia', 'post_hidden', 'Post', '{"reason": "Spam"}'::jsonb),
      ('tap_mia', 'post_unhidden', 'Post', '{}'),
      ('tap_zoe', 'role_changed', 'ada', '{"from": "user", "to": "moderator"}'),
      ('tap_zoe', 'vip_changed', 'ada', '{"from": false, "to": true}'),
      (
        'tap_zoe', 'rate_limit_changed', null,
        '{"action": "update_post", "from": {"max_count": 600, "per_seconds": 3600}, "to": {"max_count": 7, "per_seconds": 3600}}'
      )
  $$,
  'records who did what, in order; not what changed nothing, nor what users do with their own'
);

-- Nobody changes it

select tests.clear_authentication();
select is(tests.refusal(statement), '42501', 'refuses the dashboard: ' || statement)
from unnest(array[
  $$update public.audit_log set details = '{}'$$, $$update public.audit_log set actor_id = tests.id_of('ada')$$,
  'delete from public.audit_log', 'truncate public.audit_log'
]) as statement;
select public.hide_post(tests.id_of('Post'), reason => 'More spam') from tests.authenticate_as_service_role();
select tests.clear_authentication();
update public.posts set hidden_at = null where id = tests.id_of('Post');
select results_eq(
  $$select actor, action, details from logged where target = 'Post' offset 2$$,
  $$values (null::text, 'post_hidden', '{"reason": "More spam"}'::jsonb), (null, 'post_unhidden', '{}')$$,
  'records a reason with the action for which it was given, and not with the next one'
);

-- Accounts that go

delete from auth.users where id in (tests.id_of('ada'), tests.id_of('cleo'));
select tests.authenticate_as('ben');
select public.delete_account();
select tests.authenticate_as('mia');
select public.delete_account();
select tests.clear_authentication();
select set_eq(
  $$select * from logged where action = 'account_deleted'$$,
  $$
    values
      (null::text, 'account_deleted', 'ada', '{"role": "moderator"}'::jsonb),
      (null, 'account_deleted', 'cleo', '{"role": "user"}'),
      (null, 'account_deleted', 'mia', '{"role": "moderator"}')
  $$,
  'records accounts that others delete, and those with a role, but not a user who leaves'
);
select set_eq(
  $$select actor from logged where action = 'post_hidden'$$, $$values (null::text)$$,
  'what a moderator did stays recorded when they leave, without their name'
);
select is(
  tests.refusal($$insert into public.audit_log (action, target_id, details) values ('role_changed', null, null)$$), '23502',
  'a line has details'
);
select is((select count(*) from logged where target = 'ben'), 0::bigint, 'a user who leaves leaves no trace');

select * from finish();
rollback;
