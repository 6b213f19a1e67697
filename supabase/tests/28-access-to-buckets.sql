-- Who may do what with which file, and with the buckets themselves. Storage asks the policies of its tables for each of
-- these verbs: upload (insert), read and list (select), replace, move and rename (update), remove (delete); copying is
-- reading and uploading.
--
--   yes   it works        none   it works on no file: the file is not there for this user        deny  42501, refused
--
-- A bucket itself (`tap-bucket`, any at all) is made, seen, changed and removed with the secret key alone.
-- Everybody who knows an address loads it from a public bucket without a policy; the matrix has the rest.
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
  ('uploads', 'own folder', 'upload',              'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'deny', 'deny', 'yes'),
  ('uploads', 'owner''s folder', 'upload',         'deny', 'deny', 'yes',  'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('uploads', 'banned''s folder', 'upload',        'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('uploads', 'upload', 'read',                    'none', 'none', 'none',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('uploads', 'upload', 'list',                    'none', 'none', 'none',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('uploads', 'upload', 'replace',                 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('uploads', 'upload', 'move',                    'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('uploads', 'upload', 'remove',                  'none', 'none', 'none',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('uploads', 'banned''s own', 'read',             'none', 'none', 'none', 'none', 'none', 'none', 'none',  'none', 'yes'),
  ('uploads', 'banned''s own', 'replace',          'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'deny'),
  ('uploads', 'banned''s own', 'remove',           'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),

  ('post-media', 'own folder', 'upload',           'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post-media', 'owner''s folder', 'upload',      'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post-media', 'public post', 'read',            'none', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post-media', 'public post', 'list',            'none', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post-media', 'public post', 'replace',         'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'public post', 'move',            'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'public post', 'remove',          'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'private post', 'read',           'none', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post-media', 'private post', 'list',           'none', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post-media', 'hidden post', 'read',            'none', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post-media', 'hidden post', 'list',            'none', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post-media', 'unclaimed', 'read',              'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'unclaimed', 'list',              'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'unclaimed', 'replace',           'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'unclaimed', 'move',              'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post-media', 'unclaimed', 'remove',            'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),

  ('avatars', 'own folder', 'upload',              'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('avatars', 'picture', 'read',                   'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('avatars', 'picture', 'list',                   'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('avatars', 'picture', 'replace',                'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('avatars', 'picture', 'move',                   'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('avatars', 'picture', 'remove',                 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),

  ('covers', 'own folder', 'upload',               'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('covers', 'picture', 'read',                    'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('covers', 'picture', 'list',                    'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('covers', 'picture', 'replace',                 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('covers', 'picture', 'move',                    'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('covers', 'picture', 'remove',                  'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),

  ('tap-bucket', 'the bucket', 'upload',           'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('tap-bucket', 'the bucket', 'read',             'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('tap-bucket', 'the bucket', 'replace',          'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('tap-bucket', 'the bucket', 'remove',           'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes');

create temporary table personas (name text primary key, role text not null);
insert into personas
values
  ('nobody', 'anon'), ('stranger', 'authenticated'), ('owner', 'authenticated'), ('mentioned', 'authenticated'),
  ('moderator', 'authenticated'), ('admin', 'authenticated'), ('banned', 'authenticated'), ('gone', 'authenticated'),
  ('service', 'service_role');
select tests.create_user(name, case name when 'moderator' then name when 'admin' then name when 'banned' then 'admin' else 'user' end::public.profile_role)
from unnest(array['stranger', 'owner', 'mentioned', 'moderator', 'admin', 'banned']) as name;
select
  tests.insert_post('owner', 'All @tap_mentioned'), tests.insert_post('owner', 'Me @tap_mentioned', false),
  tests.insert_post('owner', 'Bad @tap_mentioned', hidden_at => now());

insert into storage.buckets (id, name) values ('tap-bucket', 'tap-bucket');
create temporary table files (bucket text, file text, name text, post text);
insert into files
select bucket, file, tests.path_of(owner, name), post
from (
  values
    ('uploads', 'upload', 'owner', '11111111-0000-4000-a000-000000000001', null),
    ('uploads', 'banned''s own', 'banned', '11111111-0000-4000-a000-000000000002', null),
    ('post-media', 'public post', 'owner', '11111111-0000-4000-a000-000000000003.jpg', 'All @tap_mentioned'),
    ('post-media', 'private post', 'owner', '11111111-0000-4000-a000-000000000004.jpg', 'Me @tap_mentioned'),
    ('post-media', 'hidden post', 'owner', '11111111-0000-4000-a000-000000000005.jpg', 'Bad @tap_mentioned'),
    ('post-media', 'unclaimed', 'owner', '11111111-0000-4000-a000-000000000006.jpg', null),
    ('avatars', 'picture', 'owner', '11111111-0000-4000-a000-000000000007.jpg', null),
    ('covers', 'picture', 'owner', '11111111-0000-4000-a000-000000000008.jpg', null)
) as file (bucket, file, owner, name, post);
insert into storage.objects (bucket_id, name, owner_id, metadata)
select bucket, name, split_part(name, '/', 1), '{"size": 1, "mimetype": "image/jpeg"}' from files;
select tests.insert_file(tests.id_of(post), name) from files where post is not null;
update auth.users set banned_until = now() + interval '1 hour' where id = tests.id_of('banned');

-- Runs the statement as that user, returns what came of it, and rolls it back.
create function pg_temp.attempt(persona text, statement text) returns text
language plpgsql
as $$
declare
  v_role constant text := (select role from personas where name = persona);
  v_count bigint;
begin
  perform set_config('request.jwt.claims', json_build_object('sub', case v_role when 'authenticated' then tests.id_of(persona) end, 'role', v_role)::text, true);
  -- As the Storage API does; without it no row can be deleted at all.
  perform set_config('storage.allow_delete_query', 'true', true);
  perform set_config('role', v_role, true);
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
      'insert into storage.objects (bucket_id, name) values (%L, %L)', expected.bucket,
      tests.path_of(
        case expected.file
          when 'owner''s folder' then 'owner' when 'banned''s folder' then 'banned'
          -- The secret key has no folder of its own.
          else case personas.role when 'authenticated' then personas.name else 'stranger' end
        end,
        '22222222-0000-4000-a000-000000000001' || case expected.bucket when 'uploads' then '' else '.jpg' end
      )
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
      tests.path_of(case personas.role when 'authenticated' then personas.name else 'owner' end, '33333333-0000-4000-a000-000000000001'),
      files.bucket, files.name
    )
    when expected.verb = 'remove' then format('delete from storage.objects where bucket_id = %L and name = %L', files.bucket, files.name)
  end as statement
from expected
cross join personas
left join files on files.bucket = expected.bucket and files.file = expected.file;

select plan((select count(*)::integer + 13 from attempts));
select results_eq(
  $$select id, public, file_size_limit, allowed_mime_types from storage.buckets where id in ('uploads', 'post-media', 'avatars', 'covers') order by id$$,
  $$
    values
      ('avatars', true, 5242880::bigint, null::text[]), ('covers', true, 10485760, null), ('post-media', false, 52428800, null),
      ('uploads', false, 52428800, null)
  $$,
  'pictures are public, uploads and the files of posts private, each with its limit'
);
select is_empty(
  $$select policyname from pg_policies where schemaname = 'storage' and coalesce(qual, with_check) !~ 'bucket_id (= |IN |= ANY)'$$,
  'each policy of Storage names its bucket, so that a bucket without a policy is closed'
);
select is_empty(
  $$
    select bucket, verb
    from unnest(array['uploads', 'post-media', 'avatars', 'covers']) as bucket
    cross join unnest(array['upload', 'read', 'list', 'replace', 'move', 'remove']) as verb
    where not exists (select from expected where expected.bucket = bucket.bucket and expected.verb = verb.verb)
    union all
    select policyname, 'a policy for another bucket'
    from pg_policies
    where schemaname = 'storage' and concat(qual, with_check) !~ '''(uploads|post-media|avatars|covers)'''
  $$,
  'the matrix has every bucket that a policy opens, with every verb'
);
select is_empty('select bucket, file, verb from attempts where statement is null', 'each cell of the matrix can be tried');
select is(
  pg_temp.attempt('owner', format('insert into storage.objects (bucket_id, name) values (%L, %L)', 'uploads', name)), 'deny',
  'refuses an upload ' || label
)
from (
  values
    ('11111111-0000-4000-a000-000000000001', 'outside a folder'),
    (tests.path_of('owner', 'holiday.jpg'), 'under a name of the user''s own'),
    (tests.path_of('owner', '11111111-0000-4000-A000-00000000000F'), 'in upper case'),
    (tests.path_of('owner', '11111111-0000-4000-a000-000000000001.jpg'), 'with an extension'),
    (tests.path_of('owner', '11111111-0000-4000-a000-000000000001/x'), 'in a folder of the folder'),
    (tests.path_of('owner', '../' || tests.path_of('stranger', '11111111-0000-4000-a000-000000000001')), 'by a detour'),
    (tests.path_of('owner', E'11111111-0000-4000-a000-000000000009\n'), 'with a line break')
) as misplaced (name, label);
select is(
  pg_temp.attempt('stranger', 'update storage.objects set metadata = ''{"size": 2}'''), 'none', 'an update without a condition reaches no file'
);
select tests.authenticate_as(null);
select is(
  tests.refusal($$insert into storage.objects (bucket_id, name) values ('uploads', '/11111111-0000-4000-a000-000000000001')$$), '42501',
  'a token without a user has no folder'
);
select tests.clear_authentication();
select is(pg_temp.attempt(persona, statement), wanted, concat(persona, ' / ', bucket, ', ', file, ' / ', verb))
from attempts
order by place, persona;

select * from finish();
rollback;
