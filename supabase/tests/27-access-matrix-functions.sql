-- Who may call what, and what it does to somebody else. Every function that a request can have a right to is in the
-- table below, called as each person, about the owner's posts, files and account.
--
--   runs     without an error, and nothing of the owner's is different
--   changes  and something of the owner's is
--   deny     42501, refused      other  the code (hint) of another refusal
begin;
set local search_path = public, extensions;

create temporary table expected (
  place integer generated always as identity, call text unique,
  nobody text not null, stranger text not null, owner text not null, mentioned text not null, moderator text not null,
  admin text not null, banned text not null, gone text not null, service text not null
);
insert into expected (
  call,                                       nobody, stranger,    owner,       mentioned,   moderator,   admin,       banned,        gone,            service
) values
  ('public.begin_registration(''192.0.2.1'')',
                                              'deny', 'deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'runs'),
  ('public.begin_sign_in(''tap_owner'')',     'deny', 'deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'runs'),
  ('public.sign_in_succeeded(''tap_owner'')', 'deny', 'deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'runs'),
  ('public.before_user_created(''{}'')',      'deny', 'deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'deny'),
  ('public.username_available(''tap_owner'')',
                                              'deny', 'deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'runs'),
  ('public.create_post(''Mine @tap_owner'')', 'deny', 'runs',      'changes',   'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.create_post(''x'', media => ''[UPLOAD]'')',
                             'deny', 'media_not_found', 'changes', 'media_not_found', 'media_not_found', 'media_not_found', 'user_banned', 'not_signed_in', 'deny'),
  ('public.create_post(''x'', original_post => PRIVATE)',
                             'deny', 'original_post_not_found', 'changes', 'original_post_not_found', 'runs', 'runs', 'user_banned', 'not_signed_in', 'deny'),
  ('public.create_post(''x'', original_post => HIDDEN)',
                             'deny', 'original_post_not_found', 'changes', 'original_post_not_found', 'runs', 'runs', 'user_banned', 'not_signed_in', 'deny'),
  ('public.create_post(''x'', idempotency_key => ''tap'')',
                                              'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.update_post(PUBLIC, ''Mine'')',    'deny', 'not_owner', 'changes',   'not_owner', 'not_owner', 'not_owner', 'user_banned', 'not_signed_in', 'deny'),
  ('public.update_post(PUBLIC, mentions => array[]::text[])',
                                              'deny', 'not_owner', 'changes',   'not_owner', 'not_owner', 'not_owner', 'user_banned', 'not_signed_in', 'deny'),
  ('public.update_post(PRIVATE, ''Mine'')',
                             'deny', 'post_not_found', 'changes', 'post_not_found', 'not_owner', 'not_owner', 'user_banned', 'not_signed_in', 'deny'),
  ('public.update_post(HIDDEN, ''Mine'')',
                             'deny', 'post_not_found', 'changes', 'post_not_found', 'not_owner', 'not_owner', 'user_banned', 'not_signed_in', 'deny'),
  ('public.list_posts(OWNER)',                'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('public.hide_post(PUBLIC)',                'deny', 'forbidden', 'forbidden', 'forbidden', 'changes',   'changes',   'forbidden',   'forbidden',     'changes'),
  ('public.set_role(OWNER, ''admin'')',       'deny', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'changes',   'forbidden',   'forbidden',     'changes'),
  ('public.set_vip(OWNER, true)',             'deny', 'forbidden', 'forbidden', 'forbidden', 'forbidden', 'changes',   'forbidden',   'forbidden',     'changes'),
  ('public.delete_account()',                 'deny', 'runs',      'changes',   'changes',   'runs',      'last_admin', 'user_banned', 'not_signed_in', 'deny'),
  ('public.record_inspection(CLAIMED, ''image/png'')',
                                              'deny', 'deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'changes'),
  ('public.reject_upload(CLAIMED)',           'deny', 'deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'changes'),
  ('public.uninspected_media()',              'deny', 'deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'runs'),
  ('public.sweep_take()',                     'deny', 'deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'runs'),
  ('public.sweep_done(''post-media'', array[UPLOAD_PATH])',
                                              'deny', 'deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'runs'),
  ('public.limits()',                         'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'runs'),
  ('public.extract_mentions(''@a'')',         'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'runs'),
  ('public.extract_hashtags(''#a'')',         'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'runs'),

  -- Not exposed by the Data API: policies, constraints and the functions above call these as the caller.
  ('private.claim_media(PUBLIC, ''[{"path": UPLOAD, "alt_text": ""}]'')',
                                              'deny', 'not_owner', 'changes',   'not_owner', 'not_owner', 'not_owner', 'not_owner',   'not_owner',     'deny'),
  ('private.remove_media(PUBLIC, array[CLAIMED])',
                                              'deny', 'not_owner', 'changes',   'not_owner', 'not_owner', 'not_owner', 'not_owner',   'not_owner',     'deny'),
  ('private.add_explicit_references(PUBLIC, ''{tap_public}'', ''{}'')',
                                              'deny', 'not_owner', 'changes',   'not_owner', 'not_owner', 'not_owner', 'not_owner',   'not_owner',     'deny'),
  ('private.remove_explicit_references(PUBLIC, ''{}'', ''{}'')',
                                              'deny', 'not_owner', 'changes',   'not_owner', 'not_owner', 'not_owner', 'not_owner',   'not_owner',     'deny'),
  ('private.stamp_post(PUBLIC)',              'deny', 'runs',      'changes',   'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.claim_idempotency_key(''tap'', sha256(''''))',
                                   'deny', 'runs', 'idempotency_key_reused', 'runs', 'runs', 'runs', 'runs', '23503', 'deny'),
  ('private.settle_idempotency_key(''tap-open'', PUBLIC)',
                                              'deny', 'runs',      'changes',   'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.hold_counter(''update_post'')',   'deny', 'runs',      'changes',   'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.ensure_tags(''{tap_new}'')',      'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.ensure_tags_of_post(''{}'', '''')', 'deny', 'runs',    'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.may_write()',                     'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.require_writer()',                'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('private.has_role(''user'')',              'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.raise_error(418, ''raised'', '''')',
                                              'deny', 'raised',    'raised',    'raised',    'raised',    'raised',    'raised',      'raised',        'raised'),
  ('private.uuid_v7()',                       'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'runs'),
  ('private.combining_marks()',               'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'runs'),
  ('private.without_urls(''#a'', ''#'')',     'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'runs'),
  ('private.hashtag_pattern()',               'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'runs'),
  ('private.caption_tag_names(''#a'')',       'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.hold_post(PUBLIC)',               'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'runs'),
  ('private.tag_name(''#A'')',                'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'runs'),
  ('private.is_valid_username(''tap'')',      'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'runs'),
  ('private.is_upload_name('''', OWNER)',     'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.media_list(''[]'')',              'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.explicit_tag_names(''{a}'')',     'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.explicit_profile_ids(''{tap_owner}'')',
                                              'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.check_caption(''x'')',            'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.check_list_lengths(''{}'', ''{}'')',
                                              'deny', 'runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny');

-- The words in capitals, which keep the table readable.
create temporary table words (word text, meaning text);
insert into words
values
  ('OWNER', '''00000000-0000-4000-a000-00000000000a'''),
  ('PUBLIC', '''00000000-0000-7000-a000-0000000000a1'''),
  ('PRIVATE', '''00000000-0000-7000-a000-0000000000a2'''),
  ('HIDDEN', '''00000000-0000-7000-a000-0000000000a3'''),
  ('CLAIMED', '''00000000-0000-4000-a000-00000000000a/1.jpg'''),
  ('UPLOAD', '"00000000-0000-4000-a000-00000000000a/2.jpg"'),
  ('UPLOAD_PATH', '''00000000-0000-4000-a000-00000000000a/2.jpg''');
create function pg_temp.spelt_out(call text) returns text
language plpgsql
as $$
declare
  v_word record;
begin
  for v_word in select * from words loop
    call := regexp_replace(call, '\m' || v_word.word || '\M', v_word.meaning, 'g');
  end loop;
  return call;
end
$$;

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
update public.profiles set role = 'user' where role = 'admin';
insert into auth.users (id, email, raw_user_meta_data)
select id, 'tap_' || name || '@tap.test', jsonb_build_object('username', 'tap_' || name)
from personas
where role = 'authenticated' and name <> 'gone';
update public.profiles set role = 'moderator' where username = 'tap_moderator';
-- An admin who is banned has no power, and is nobody to leave Noctra to.
update public.profiles set role = 'admin' where username in ('tap_admin', 'tap_banned');
update auth.users set banned_until = now() + interval '1 hour' where email = 'tap_banned@tap.test';
insert into public.posts (id, owner_id, caption, is_public, hidden_at, created_at, updated_at)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'All #tap_public', true, null, '2020-01-01', '2020-01-01'),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a', 'Me', false, null, '2020-01-01', '2020-01-01'),
  ('00000000-0000-7000-a000-0000000000a3', '00000000-0000-4000-a000-00000000000a', 'Bad', true, now(), '2020-01-01', '2020-01-01');
insert into public.post_mentions (post_id, profile_id, source)
values ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000b', 'explicit');
insert into storage.objects (bucket_id, name, owner_id, metadata)
select 'post-media', '00000000-0000-4000-a000-00000000000a/' || file || '.jpg', '00000000-0000-4000-a000-00000000000a',
  '{"size": 1, "mimetype": "image/jpeg"}'
from generate_series(1, 2) as file;
insert into public.post_media (post_id, path, position, file_type, mime_type, size)
values ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a/1.jpg', 0, 'image', 'image/jpeg', 1);
insert into private.idempotency_keys (owner_id, key, request_hash, post_id)
values
  (
    '00000000-0000-4000-a000-00000000000a', 'tap',
    sha256(convert_to(jsonb_build_array('x', '{}'::text[], '{}'::text[], '[]'::jsonb, true, null)::text, 'UTF8')),
    '00000000-0000-7000-a000-0000000000a1'
  ),
  ('00000000-0000-4000-a000-00000000000a', 'tap-open', '', null);

-- All that is the owner's.
create function pg_temp.owned() returns text
language sql
as $$
  select md5(string_agg(belongings.content, ' ' order by belongings.content))
  from (
    select to_jsonb(users)::text from auth.users where id = '00000000-0000-4000-a000-00000000000a'
    union all select to_jsonb(profiles)::text from public.profiles where id = '00000000-0000-4000-a000-00000000000a'
    union all select to_jsonb(private_profiles)::text from public.private_profiles where id = '00000000-0000-4000-a000-00000000000a'
    union all select to_jsonb(posts)::text from public.posts where owner_id = '00000000-0000-4000-a000-00000000000a'
    union all select to_jsonb(post_media)::text from public.post_media where path like '00000000-0000-4000-a000-00000000000a/%'
    union all
    select to_jsonb(post_tags)::text
    from public.post_tags join public.posts on posts.id = post_tags.post_id
    where posts.owner_id = '00000000-0000-4000-a000-00000000000a'
    union all
    select to_jsonb(post_mentions)::text
    from public.post_mentions join public.posts on posts.id = post_mentions.post_id
    where posts.owner_id = '00000000-0000-4000-a000-00000000000a'
    union all select to_jsonb(objects)::text from storage.objects where name like '00000000-0000-4000-a000-00000000000a/%'
    union all select to_jsonb(queued)::text from private.storage_removals as queued where name like '00000000-0000-4000-a000-00000000000a/%'
    union all select to_jsonb(counted)::text from private.rate_counters as counted where subject = '00000000-0000-4000-a000-00000000000a'
    union all select to_jsonb(used)::text from private.idempotency_keys as used where owner_id = '00000000-0000-4000-a000-00000000000a'
  ) as belongings (content)
$$;

-- Calls it as that person, says what came of it, and takes it back.
create function pg_temp.attempt(persona text, statement text) returns text
language plpgsql
as $$
declare
  v_persona personas;
  v_before text := pg_temp.owned();
  v_hint text;
begin
  select * into strict v_persona from personas where name = persona;
  perform set_config('request.jwt.claims', json_build_object('sub', v_persona.id, 'role', v_persona.role)::text, true);
  perform set_config('role', v_persona.role, true);
  execute statement;
  perform set_config('role', 'none', true);
  raise exception using errcode = 'TAP00', message = case pg_temp.owned() when v_before then 'runs' else 'changes' end;
exception
  when sqlstate 'TAP00' then return sqlerrm;
  when insufficient_privilege then return 'deny';
  when others then
    get stacked diagnostics v_hint = pg_exception_hint;
    return case when sqlstate ~ '^PT' then v_hint else sqlstate end;
end
$$;

select plan((select count(*)::integer * 9 + 2 from expected));
select set_eq(
  $$
    select pronamespace::regnamespace || '.' || proname
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and prorettype <> 'trigger'::regtype
      and (
        pronamespace = 'public'::regnamespace
        or has_function_privilege('anon', oid, 'execute')
        or has_function_privilege('authenticated', oid, 'execute')
        or has_function_privilege('service_role', oid, 'execute')
      )
  $$,
  $$select split_part(call, '(', 1) from expected$$,
  'every function that a request may call is in the matrix'
);
select is_empty(
  $$
    select pronamespace::regnamespace, proname
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    group by pronamespace, proname
    having count(*) > 1
  $$,
  'and none hides behind another of the same name'
);
select is(
  pg_temp.attempt(personas.name, 'select ' || pg_temp.spelt_out(expected.call)), to_jsonb(expected) ->> personas.name,
  concat(personas.name, ' / ', expected.call)
)
from expected
cross join personas
order by expected.place, personas.name;

select * from finish();
rollback;
