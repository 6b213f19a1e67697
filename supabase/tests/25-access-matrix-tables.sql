-- Who may do what with which row of a table that clients reach. The table below is the whole answer: whatever it does
-- not name fails the test, and everything that it names is tried, as that person, and taken back.
--
--   yes   it works        none   it works on nothing: the row is not there for this person
--   deny  42501, refused  other  the SQLSTATE of another refusal
begin;
set local search_path = public, extensions;

create temporary table expected (
  place integer generated always as identity,
  name text not null, row_kind text not null, verb text not null check (verb in ('select', 'insert', 'update', 'delete')),
  nobody text not null, stranger text not null, owner text not null, mentioned text not null, moderator text not null,
  admin text not null, banned text not null, gone text not null, service text not null,
  unique (name, row_kind, verb)
);
insert into expected (
  name, row_kind, verb,                              nobody, stranger, owner, mentioned, moderator, admin, banned, gone, service
) values
  ('audit_log', 'a line', 'select',                  'deny', 'none', 'none', 'none', 'none', 'yes',  'none', 'none', 'yes'),
  ('audit_log', 'a line', 'insert',                  'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('audit_log', 'a line', 'update',                  'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('audit_log', 'a line', 'delete',                  'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),

  ('post_media', 'of a public post', 'select',       'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post_media', 'of a public post', 'insert',       'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_media', 'of a public post', 'update',       'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_media', 'of a public post', 'delete',       'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_media', 'not inspected yet', 'select',      'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post_media', 'of a private post', 'select',      'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post_media', 'of a hidden post', 'select',       'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),

  ('post_mentions', 'of a public post', 'select',    'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post_mentions', 'of a public post', 'insert',    'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_mentions', 'of a public post', 'update',    'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_mentions', 'of a public post', 'delete',    'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_mentions', 'of a private post', 'select',   'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post_mentions', 'of a hidden post', 'select',    'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),

  ('post_tags', 'of a public post', 'select',        'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post_tags', 'of a public post', 'insert',        'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_tags', 'of a public post', 'update',        'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_tags', 'of a public post', 'delete',        'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_tags', 'of a private post', 'select',       'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post_tags', 'of a hidden post', 'select',        'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),

  ('posts', 'a public one', 'select',                'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('posts', 'a public one', 'update',                'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'a public one', 'delete',                'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'a private one', 'select',               'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('posts', 'a private one', 'update',               'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'a private one', 'delete',               'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'a hidden one', 'select',                'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('posts', 'a hidden one', 'update',                'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'a hidden one', 'delete',                'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'a private profile''s', 'select',        'deny', 'none', 'none', 'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('posts', 'a private profile''s', 'update',        'deny', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'a private profile''s', 'delete',        'deny', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'one''s own', 'select',                  'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none'),
  ('posts', 'one''s own', 'insert',                  'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'deny', 'deny', '23502'),
  ('posts', 'one''s own', 'update',                  'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none', 'none'),
  ('posts', 'one''s own', 'delete',                  'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none', 'none'),
  ('posts', 'one in the owner''s name', 'insert',    'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),

  ('private_profiles', 'the owner''s', 'select',     'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('private_profiles', 'the owner''s', 'insert',     'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', '23505'),
  ('private_profiles', 'the owner''s', 'update',     'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('private_profiles', 'the owner''s', 'delete',     'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('private_profiles', 'one''s own', 'select',       'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none'),
  ('private_profiles', 'one''s own', 'update',       'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none', 'none'),

  ('profiles', 'the owner''s', 'select',             'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('profiles', 'the owner''s', 'insert',             'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', '23505'),
  ('profiles', 'the owner''s', 'update',             'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('profiles', 'the owner''s', 'delete',             'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('profiles', 'a private profile', 'select',        'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('profiles', 'one''s own', 'select',               'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none'),
  ('profiles', 'one''s own', 'update',               'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none', 'none'),

  ('rate_limits', 'a limit', 'select',               'deny', 'none', 'none', 'none', 'none', 'yes',  'none', 'none', 'yes'),
  ('rate_limits', 'a limit', 'insert',               'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('rate_limits', 'a limit', 'update',               'deny', 'none', 'none', 'none', 'none', 'yes',  'none', 'none', 'yes'),
  ('rate_limits', 'a limit', 'delete',               'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),

  ('tags', 'of a public post', 'select',             'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('tags', 'of a public post', 'insert',             'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('tags', 'of a public post', 'update',             'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('tags', 'of a public post', 'delete',             'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('tags', 'of a private post alone', 'select',      'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('tags', 'of a hidden post alone', 'select',       'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('tags', 'of no post any more', 'select',          'deny', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('tags', 'once of a public post', 'select',        'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes');

-- Who they are. Everybody but the gone has a profile and a post; the banned has a token from before.
create temporary table personas (name text primary key, role text not null, id uuid);
insert into personas
values
  ('nobody', 'anon', null),
  ('stranger', 'authenticated', '00000000-0000-4000-a000-00000000000c'),
  ('owner', 'authenticated', '00000000-0000-4000-a000-00000000000a'),
  ('mentioned', 'authenticated', '00000000-0000-4000-a000-00000000000b'),
  ('moderator', 'authenticated', '00000000-0000-4000-a000-00000000000e'),
  ('admin', 'authenticated', '00000000-0000-4000-a000-00000000000f'),
  ('banned', 'authenticated', '00000000-0000-4000-a000-00000000000d'),
  ('gone', 'authenticated', '00000000-0000-4000-a000-000000000009'),
  ('service', 'service_role', null);

insert into auth.users (id, email, raw_user_meta_data)
select id, 'tap_' || name || '@tap.test', jsonb_build_object('username', 'tap_' || name)
from personas
where role = 'authenticated' and name <> 'gone'
union all
select '00000000-0000-4000-a000-000000000001', 'tap_private@tap.test', '{"username": "tap_private"}';
update auth.users set banned_until = now() + interval '1 hour' where email = 'tap_banned@tap.test';
update public.profiles set role = 'moderator' where username = 'tap_moderator';
-- With a ban goes every power: the banned is an admin, and still may do nothing.
update public.profiles set role = 'admin' where username in ('tap_admin', 'tap_banned');
update public.profiles set is_public = false where username = 'tap_private';
insert into public.posts (id, owner_id, caption, is_public, hidden_at)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'All #tap_public @tap_mentioned', true, null),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a', 'Me #tap_private @tap_mentioned', false, null),
  ('00000000-0000-7000-a000-0000000000a3', '00000000-0000-4000-a000-00000000000a', 'Bad #tap_hidden @tap_mentioned', true, now()),
  ('00000000-0000-7000-a000-0000000000a4', '00000000-0000-4000-a000-000000000001', 'Not shown', true, null);
insert into public.posts (owner_id, caption)
select id, 'Own' from personas where role = 'authenticated' and name <> 'gone';
insert into public.tags (name) values ('tap_unused');
-- Public for a moment.
insert into public.posts (id, owner_id, caption)
values ('00000000-0000-7000-a000-0000000000a5', '00000000-0000-4000-a000-00000000000a', '#tap_once');
delete from public.posts where id = '00000000-0000-7000-a000-0000000000a5';
insert into storage.objects (bucket_id, name)
select 'post-media', '00000000-0000-4000-a000-00000000000a/' || name || '.jpg' from generate_series(1, 5) as name;
insert into public.post_media (post_id, path, position, file_type, mime_type, size, inspected_at)
select
  ('00000000-0000-7000-a000-0000000000' || post)::uuid, '00000000-0000-4000-a000-00000000000a/' || file || '.jpg', position,
  'image', 'image/jpeg', 1, inspected_at
from (
  values ('a1', 1, 0, now()), ('a2', 2, 0, now()), ('a3', 3, 0, now()), ('a1', 4, 1, null)
) as claimed (post, file, position, inspected_at);
insert into public.audit_log (action, target_id) values ('account_deleted', '00000000-0000-4000-a000-000000000009');

-- Which row is meant, and how it would be written.
create temporary table rows (name text, row_kind text, condition text, columns text, row_values text, change text);
insert into rows
values
  ('audit_log', 'a line', $$target_id = '00000000-0000-4000-a000-000000000009'$$, 'action', $$'account_deleted'$$, 'details = details'),
  (
    'post_media', 'of a public post', $$path like '%a/1.jpg'$$, 'post_id, path, position, file_type, mime_type, size',
    $$'00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a/5.jpg', 2, 'image', 'image/jpeg', 1$$, 'width = 1'
  ),
  ('post_media', 'not inspected yet', $$path like '%a/4.jpg'$$, null, null, null),
  ('post_media', 'of a private post', $$path like '%a/2.jpg'$$, null, null, null),
  ('post_media', 'of a hidden post', $$path like '%a/3.jpg'$$, null, null, null),
  (
    'post_mentions', 'of a public post', $$post_id = '00000000-0000-7000-a000-0000000000a1'$$, 'post_id, profile_id, source',
    $$'00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000c', 'explicit'$$, 'source = source'
  ),
  ('post_mentions', 'of a private post', $$post_id = '00000000-0000-7000-a000-0000000000a2'$$, null, null, null),
  ('post_mentions', 'of a hidden post', $$post_id = '00000000-0000-7000-a000-0000000000a3'$$, null, null, null),
  (
    'post_tags', 'of a public post', $$post_id = '00000000-0000-7000-a000-0000000000a1'$$, 'post_id, tag_id, source',
    format($$'00000000-0000-7000-a000-0000000000a1', %L, 'explicit'$$, (select id from public.tags where name = 'tap_unused')),
    'source = source'
  ),
  ('post_tags', 'of a private post', $$post_id = '00000000-0000-7000-a000-0000000000a2'$$, null, null, null),
  ('post_tags', 'of a hidden post', $$post_id = '00000000-0000-7000-a000-0000000000a3'$$, null, null, null),
  ('posts', 'a public one', $$id = '00000000-0000-7000-a000-0000000000a1'$$, null, null, 'caption = ''Other words'''),
  ('posts', 'a private one', $$id = '00000000-0000-7000-a000-0000000000a2'$$, null, null, 'is_public = true'),
  ('posts', 'a hidden one', $$id = '00000000-0000-7000-a000-0000000000a3'$$, null, null, 'caption = ''Other words'''),
  ('posts', 'a private profile''s', $$id = '00000000-0000-7000-a000-0000000000a4'$$, null, null, 'caption = ''Other words'''),
  ('posts', 'one''s own', 'owner_id = (select auth.uid())', 'caption', $$'Mine'$$, 'caption = ''Other words'''),
  ('posts', 'one in the owner''s name', null, 'owner_id, caption', $$'00000000-0000-4000-a000-00000000000a', 'Forged'$$, null),
  (
    'private_profiles', 'the owner''s', $$id = '00000000-0000-4000-a000-00000000000a'$$, 'id',
    $$'00000000-0000-4000-a000-00000000000a'$$, 'date_of_birth = ''2000-01-01'''
  ),
  ('private_profiles', 'one''s own', 'id = (select auth.uid())', null, null, 'date_of_birth = ''2000-01-01'''),
  (
    'profiles', 'the owner''s', $$id = '00000000-0000-4000-a000-00000000000a'$$, 'id, username',
    $$'00000000-0000-4000-a000-00000000000a', 'tap_other'$$, 'bio = ''Other words'''
  ),
  ('profiles', 'a private profile', $$id = '00000000-0000-4000-a000-000000000001'$$, null, null, null),
  ('profiles', 'one''s own', 'id = (select auth.uid())', null, null, 'bio = ''Other words'''),
  ('rate_limits', 'a limit', $$action = 'create_post'$$, 'action, max_count, per_seconds', $$'create_post', 1, 1$$, 'max_count = 1'),
  ('tags', 'of a public post', $$name = 'tap_public'$$, 'name', $$'tap_new'$$, 'name = name'),
  ('tags', 'of a private post alone', $$name = 'tap_private'$$, null, null, null),
  ('tags', 'of a hidden post alone', $$name = 'tap_hidden'$$, null, null, null),
  ('tags', 'of no post any more', $$name = 'tap_unused'$$, null, null, null),
  ('tags', 'once of a public post', $$name = 'tap_once'$$, null, null, null);

-- Does it as that person, says what came of it, and takes it back.
create function pg_temp.attempt(persona text, statement text) returns text
language plpgsql
as $$
declare
  v_persona personas;
  v_count bigint;
begin
  select * into strict v_persona from personas where name = persona;
  perform set_config('request.jwt.claims', json_build_object('sub', v_persona.id, 'role', v_persona.role)::text, true);
  perform set_config('role', v_persona.role, true);
  execute statement;
  get diagnostics v_count = row_count;
  raise exception using errcode = 'TAP00', message = case v_count when 0 then 'none' else 'yes' end;
exception
  when sqlstate 'TAP00' then return sqlerrm;
  when insufficient_privilege then return 'deny';
  when others then return sqlstate;
end
$$;

create temporary view attempts as
select expected.place, expected.name, expected.row_kind, expected.verb, personas.name as persona,
  to_jsonb(expected) ->> personas.name as wanted,
  case expected.verb
    when 'select' then format('select from public.%I where %s', rows.name, rows.condition)
    when 'insert' then format('insert into public.%I (%s) values (%s)', rows.name, rows.columns, rows.row_values)
    when 'update' then format('update public.%I set %s where %s', rows.name, rows.change, rows.condition)
    when 'delete' then format('delete from public.%I where %s', rows.name, rows.condition)
  end as statement
from expected
cross join personas
left join rows on rows.name = expected.name and rows.row_kind = expected.row_kind;

select plan((select count(*)::integer + 3 from attempts));

select is_empty(
  $$
    select class.relname, verb
    from pg_class as class
    cross join unnest(array['select', 'insert', 'update', 'delete']) as verb
    where class.relnamespace = 'public'::regnamespace
      and class.relkind in ('r', 'p', 'v', 'm', 'f')
      and not exists (select from expected where expected.name = class.relname and expected.verb = verb)
  $$,
  'every table and view that clients reach is in the matrix, with every verb'
);
select is_empty('select name, row_kind, verb from attempts where statement is null', 'and everything in the matrix can be tried');
select is_empty(
  $$
    select class.relname, acl.privilege_type
    from pg_class as class
    cross join aclexplode(class.relacl) as acl
    where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
      and class.relkind in ('r', 'p', 'v', 'm', 'f')
      and acl.grantee <> class.relowner
      and acl.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
  $$,
  'there is no other verb: nobody truncates, references, or puts triggers on a table'
);
select is(
  pg_temp.attempt(persona, statement), wanted, concat(persona, ' / ', name, ', ', row_kind, ' / ', verb)
)
from attempts
order by place, persona;

select * from finish();
rollback;
