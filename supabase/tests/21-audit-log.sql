-- Who used which power. Ada is a user, Mia a moderator, Zoe an admin.
begin;
set local search_path = public, extensions;
select plan(19);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "tap_ben"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}'),
  ('00000000-0000-4000-a000-00000000000e', 'mia@tap.test', '{"username": "tap_mia"}'),
  ('00000000-0000-4000-a000-00000000000f', 'zoe@tap.test', '{"username": "tap_zoe"}');
update public.profiles set role = 'moderator' where username = 'tap_mia';
update public.profiles set role = 'admin' where username = 'tap_zoe';
insert into public.posts (id, owner_id, caption)
values ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'A post');

create temporary view told with (security_invoker = true) as
select
  coalesce((select username::text from public.profiles where profiles.id = actor_id), 'nobody') as actor,
  action::text, right(target_id::text, 2) as target, details
from public.audit_log
where created_at = now();
grant select on told to authenticated, service_role;

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

select set_eq(
  'select actor, action, target, details from told',
  $$
    values
      ('nobody', 'role_changed', '0e', '{"from": "user", "to": "moderator"}'::jsonb),
      ('nobody', 'role_changed', '0f', '{"from": "user", "to": "admin"}')
  $$,
  'what the dashboard does is told, too'
);

-- Acting as nobody, as Ada, and as Mia, a moderator

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select is(pg_temp.refusal('select * from public.audit_log'), '42501', 'nobody reads the log');
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select is_empty('select * from public.audit_log', 'nor does a user');
update public.profiles set bio = 'x', is_public = false where id = auth.uid();
update public.posts set caption = 'x' where owner_id = auth.uid();
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000e", "role": "authenticated"}';
select is_empty('select * from public.audit_log', 'nor a moderator');
select public.hide_post('00000000-0000-7000-a000-0000000000a1', reason => 'Spam');
select public.hide_post('00000000-0000-7000-a000-0000000000a1', reason => 'Again');
select public.hide_post('00000000-0000-7000-a000-0000000000a1', false);

-- Acting as Zoe, an admin

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000f", "role": "authenticated"}';
select public.set_role('00000000-0000-4000-a000-00000000000a', 'moderator');
select public.set_role('00000000-0000-4000-a000-00000000000a', 'moderator');
select public.set_vip('00000000-0000-4000-a000-00000000000a', true);
update public.rate_limits set max_count = 7 where action = 'update_post';
update public.rate_limits set max_count = 7 where action = 'update_post';
select results_eq(
  'select * from told offset 2',
  $$
    values
      ('tap_mia', 'post_hidden', 'a1', '{"reason": "Spam"}'::jsonb),
      ('tap_mia', 'post_unhidden', 'a1', '{}'),
      ('tap_zoe', 'role_changed', '0a', '{"from": "user", "to": "moderator"}'),
      ('tap_zoe', 'vip_changed', '0a', '{"from": false, "to": true}'),
      (
        'tap_zoe', 'rate_limit_changed', null,
        '{"action": "update_post", "from": {"max_count": 240, "per_seconds": 60}, "to": {"max_count": 7, "per_seconds": 60}}'
      )
  $$,
  'an admin reads who did what, in order; what changed nothing is not told, nor what people do with what is theirs'
);
select is(pg_temp.refusal(statement), '42501', label)
from (
  values
    ($$insert into public.audit_log (action) values ('role_changed')$$, 'she writes nothing into it'),
    ($$update public.audit_log set details = '{}'$$, 'changes nothing in it'),
    ('delete from public.audit_log', 'and takes nothing from it')
) as refused (statement, label);

-- Acting with the secret key, and as the administrator of the database

set local role service_role;
set local request.jwt.claims = '{"role": "service_role"}';
select isnt_empty('select * from told', 'the secret key reads it');
select is(pg_temp.refusal(statement), '42501', 'but ' || label)
from (
  values
    ($$insert into public.audit_log (action) values ('role_changed')$$, 'does not write into it'),
    ($$update public.audit_log set details = '{}'$$, 'changes nothing in it'),
    ('delete from public.audit_log', 'takes nothing from it')
) as refused (statement, label);
reset role;
select is(pg_temp.refusal(statement), '42501', 'not even the dashboard ' || label)
from (
  values
    ($$update public.audit_log set details = '{}'$$, 'changes a line'),
    ($$update public.audit_log set actor_id = '00000000-0000-4000-a000-00000000000a'$$, 'blames somebody else'),
    ('delete from public.audit_log', 'takes one away'),
    ('truncate public.audit_log', 'takes all away')
) as refused (statement, label);

-- Accounts that go

select public.hide_post('00000000-0000-7000-a000-0000000000a1', reason => 'More spam');
update public.posts set hidden_at = null where id = '00000000-0000-7000-a000-0000000000a1';
select results_eq(
  $$select actor, action, details from told where target = 'a1' offset 2$$,
  $$values ('nobody', 'post_hidden', '{"reason": "More spam"}'::jsonb), ('nobody', 'post_unhidden', '{}')$$,
  'a reason is given for what it was given for, and for nothing after it'
);
delete from auth.users where id in ('00000000-0000-4000-a000-00000000000a', '00000000-0000-4000-a000-00000000000c');
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000b", "role": "authenticated"}';
select public.delete_account();
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000e", "role": "authenticated"}';
select public.delete_account();
reset role;
select set_eq(
  $$select * from told where action = 'account_deleted'$$,
  $$
    values
      ('nobody', 'account_deleted', '0a', '{"role": "moderator"}'::jsonb),
      ('nobody', 'account_deleted', '0c', '{"role": "user"}'),
      ('nobody', 'account_deleted', '0e', '{"role": "moderator"}')
  $$,
  'an account that others delete is told, and one with a role, but not a user''s who leaves'
);
select set_eq(
  $$select actor from told where action = 'post_hidden'$$, array['nobody'], 'what somebody did stays told when he leaves, without his name'
);

select * from finish();
rollback;
