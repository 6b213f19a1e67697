-- Who may do what with which file, and with the buckets themselves. Storage asks the policies of its tables for every
-- one of these verbs: upload (insert), read and list (select), replace, move and rename (update), remove (delete);
-- copying is reading and uploading.
--
--   yes   it works        none   it works on nothing: the file is not there for this person        deny  42501, refused
--
-- A bucket itself (`tap-bucket`, any at all) is made, seen, changed and removed with the secret key alone.
-- Public buckets are loaded by anybody who knows a file's address, which asks no policy: what is here is all the rest.
begin;
set local search_path = public, extensions;

create temporary table expected (
  place integer generated always as identity,
  bucket text not null, file text not null,
  verb text not null check (verb in ('upload', 'read', 'list', 'replace', 'move', 'remove')),
  nobody text not null, stranger text not null, owner text not null, mentioned text not null, moderator text not null,
  admin text not null, banned text not null, gone text not null, service text not null,
  unique (bucket, file, verb)
);
insert into expected (
  bucket, file, verb,                              nobody, stranger, owner, mentioned, moderator, admin, banned, gone, service
) values
  ('post-media', 'own folder', 'upload',           'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'deny', 'deny', 'yes'),
  ('post-media', 'owner''s folder', 'upload',      'deny', 'deny', 'yes',  'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post-media', 'public post', 'read',            'none', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post-media', 'public post', 'list',            'none', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post-media', 'public post', 'replace',         'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'public post', 'move',            'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'public post', 'remove',          'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'deny'),
  ('post-media', 'not inspected', 'read',          'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'not inspected', 'list',          'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'private post', 'read',           'none', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post-media', 'private post', 'list',           'none', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post-media', 'private post', 'replace',        'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'private post', 'remove',         'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'deny'),
  ('post-media', 'hidden post', 'read',            'none', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post-media', 'hidden post', 'list',            'none', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post-media', 'unclaimed', 'read',              'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'unclaimed', 'list',              'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'unclaimed', 'replace',           'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'unclaimed', 'move',              'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'unclaimed', 'remove',            'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'banned''s own', 'read',          'none', 'none', 'none', 'none', 'none', 'none', 'yes',  'none', 'yes'),
  ('post-media', 'banned''s own', 'remove',        'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),

  ('avatars', 'own folder', 'upload',              'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('avatars', 'owner''s folder', 'upload',         'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('avatars', 'picture', 'read',                   'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('avatars', 'picture', 'list',                   'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('avatars', 'picture', 'replace',                'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('avatars', 'picture', 'move',                   'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('avatars', 'picture', 'remove',                 'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),

  ('covers', 'own folder', 'upload',               'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('covers', 'owner''s folder', 'upload',          'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('covers', 'picture', 'read',                    'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('covers', 'picture', 'list',                    'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('covers', 'picture', 'replace',                 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('covers', 'picture', 'move',                    'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('covers', 'picture', 'remove',                  'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),

  ('tap-bucket', 'the bucket', 'upload',           'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('tap-bucket', 'the bucket', 'read',             'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('tap-bucket', 'the bucket', 'replace',          'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('tap-bucket', 'the bucket', 'remove',           'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes');

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
where role = 'authenticated' and name <> 'gone';
update public.profiles set role = 'moderator' where username = 'tap_moderator';
update public.profiles set role = 'admin' where username in ('tap_admin', 'tap_banned');
update auth.users set banned_until = now() + interval '1 hour' where email = 'tap_banned@tap.test';
insert into public.posts (id, owner_id, caption, is_public, hidden_at)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'All @tap_mentioned', true, null),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a', 'Me @tap_mentioned', false, null),
  ('00000000-0000-7000-a000-0000000000a3', '00000000-0000-4000-a000-00000000000a', 'Bad @tap_mentioned', true, now());

insert into storage.buckets (id, name) values ('tap-bucket', 'tap-bucket');
create temporary table files (bucket text, file text, name text, post text, inspected_at timestamptz);
insert into files
select bucket, file, '00000000-0000-4000-a000-00000000000' || name || '.jpg', post, inspected_at
from (
  values
    ('post-media', 'public post', 'a/11111111-0000-4000-a000-000000000001', 'a1', now()),
    ('post-media', 'not inspected', 'a/11111111-0000-4000-a000-000000000002', 'a1', null),
    ('post-media', 'private post', 'a/11111111-0000-4000-a000-000000000003', 'a2', now()),
    ('post-media', 'hidden post', 'a/11111111-0000-4000-a000-000000000004', 'a3', now()),
    ('post-media', 'unclaimed', 'a/11111111-0000-4000-a000-000000000005', null, null),
    ('post-media', 'banned''s own', 'd/11111111-0000-4000-a000-000000000006', null, null),
    ('avatars', 'picture', 'a/11111111-0000-4000-a000-000000000007', null, null),
    ('covers', 'picture', 'a/11111111-0000-4000-a000-000000000008', null, null)
) as file (bucket, file, name, post, inspected_at);
insert into storage.objects (bucket_id, name, owner_id, metadata)
select bucket, name, split_part(name, '/', 1), '{"size": 1, "mimetype": "image/jpeg"}' from files;
insert into public.post_media (post_id, path, position, file_type, mime_type, size, inspected_at)
select
  ('00000000-0000-7000-a000-0000000000' || post)::uuid, name, row_number() over (partition by post order by name) - 1,
  'image', 'image/jpeg', 1, inspected_at
from files
where post is not null;
update public.profiles
set avatar_path = (select name from files where bucket = 'avatars'), cover_path = (select name from files where bucket = 'covers')
where username = 'tap_owner';

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
  -- As the Storage API does; without it no row can be deleted at all.
  perform set_config('storage.allow_delete_query', 'true', true);
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
select expected.place, expected.bucket, expected.file, expected.verb, personas.name as persona,
  to_jsonb(expected) ->> personas.name as wanted,
  case
    when expected.file = 'the bucket' then case expected.verb
      when 'upload' then 'insert into storage.buckets (id, name) values (''tap-new'', ''tap-new'')'
      when 'read' then 'select from storage.buckets where id = ''tap-bucket'''
      when 'replace' then 'update storage.buckets set public = true where id = ''tap-bucket'''
      when 'remove' then 'delete from storage.buckets where id = ''tap-bucket'''
    end
    when expected.verb = 'upload' then format(
      'insert into storage.objects (bucket_id, name, owner_id) values (%L, %L, %L)', expected.bucket,
      -- The secret key has no folder of its own.
      folder.owner || '/22222222-0000-4000-a000-000000000001.jpg', personas.id
    )
    when expected.verb = 'read' then format('select from storage.objects where bucket_id = %L and name = %L', files.bucket, files.name)
    when expected.verb = 'list' then format(
      'select from storage.search(%L, %L, 100, 2) as found where found.name = %L',
      split_part(files.name, '/', 1) || '/', files.bucket, split_part(files.name, '/', 2)
    )
    when expected.verb = 'replace' then format(
      'update storage.objects set metadata = ''{"size": 2}'' where bucket_id = %L and name = %L', files.bucket, files.name
    )
    when expected.verb = 'move' then format(
      'update storage.objects set name = %L where bucket_id = %L and name = %L',
      coalesce(personas.id, '00000000-0000-4000-a000-00000000000a') || '/33333333-0000-4000-a000-000000000001.jpg',
      files.bucket, files.name
    )
    when expected.verb = 'remove' then format('delete from storage.objects where bucket_id = %L and name = %L', files.bucket, files.name)
  end as statement
from expected
cross join personas
left join files on files.bucket = expected.bucket and files.file = expected.file
cross join lateral (
  select case expected.file
    when 'own folder' then coalesce(personas.id, '00000000-0000-4000-a000-00000000000c')
    when 'owner''s folder' then '00000000-0000-4000-a000-00000000000a'
  end as owner
) as folder;

select plan((select count(*)::integer + 3 from attempts));
select is_empty(
  $$select policyname from pg_policies where schemaname = 'storage' and coalesce(qual, with_check) !~ 'bucket_id (= |IN |= ANY)'$$,
  'every policy of Storage names its buckets, so that a bucket without one is closed'
);
select is_empty(
  $$
    select buckets.id, verb
    from storage.buckets
    cross join unnest(array['upload', 'read', 'list', 'replace', 'move', 'remove']) as verb
    where exists (
        select from pg_policies
        where schemaname = 'storage' and strpos(concat(qual, with_check), quote_literal(buckets.id)) > 0
      )
      and not exists (select from expected where expected.bucket = buckets.id and expected.verb = verb)
  $$,
  'every bucket that a policy opens is in the matrix, with every verb'
);
select is_empty('select bucket, file, verb from attempts where statement is null', 'and everything in the matrix can be tried');
select is(pg_temp.attempt(persona, statement), wanted, concat(persona, ' / ', bucket, ', ', file, ' / ', verb))
from attempts
order by place, persona;

select * from finish();
rollback;
