-- What is there, who may touch it, and the rules that every object keeps: read from the catalogue, so that an object
-- added later is held to them too.
begin;
set local search_path = public, extensions;
select plan(53);

-- Tables, types and functions

select set_eq(
  $$select tablename::text from pg_tables where schemaname = 'public'$$,
  array[
    'audit_log', 'post_media', 'post_mentions', 'post_tags', 'posts', 'private_profiles', 'profiles', 'rate_limits',
    'tags'
  ],
  'public holds these tables and no other'
);
select set_eq(
  $$select tablename::text from pg_tables where schemaname = 'private'$$,
  array[
    'idempotency_keys', 'inspected_uploads', 'inspection_leases', 'media_types', 'rate_counters', 'storage_removals'
  ],
  'private holds these tables and no other'
);
select columns_are('public', 'profiles', array[
  'id', 'username', 'bio', 'playlist', 'avatar_path', 'cover_path', 'is_vip', 'role', 'is_public', 'is_anonymous',
  'created_at', 'updated_at'
]);
select columns_are('public', 'private_profiles', array['id', 'date_of_birth', 'created_at', 'updated_at']);
select columns_are('public', 'posts', array[
  'id', 'owner_id', 'caption', 'is_public', 'original_post_id', 'is_repost', 'hidden_at', 'created_at', 'updated_at'
]);
select columns_are('public', 'post_media', array[
  'id', 'post_id', 'path', 'position', 'file_type', 'mime_type', 'size', 'width', 'height', 'alt_text', 'inspected_at',
  'created_at'
]);
select columns_are('public', 'tags', array['id', 'name']);
select columns_are('public', 'post_tags', array['post_id', 'tag_id', 'source']);
select columns_are('public', 'post_mentions', array['post_id', 'profile_id', 'source']);
select columns_are('public', 'rate_limits', array['action', 'max_count', 'per_seconds', 'updated_at']);
select columns_are('public', 'audit_log', array['id', 'actor_id', 'action', 'target_id', 'details', 'created_at']);
select col_type_is('public', 'profiles', 'username', 'extensions', 'citext', 'user names are compared without case');
select enum_has_labels('public', 'profile_role', array['user', 'moderator', 'admin']);
select enum_has_labels('public', 'media_type', array['image', 'video', 'audio', 'document']);
select enum_has_labels('public', 'reference_source', array['caption', 'explicit']);
select enum_has_labels('public', 'rate_limited_action', array[
  'create_post', 'update_post', 'sign_in_account', 'sign_in_address', 'register_address'
]);
select enum_has_labels('public', 'audit_action', array[
  'role_changed', 'vip_changed', 'post_hidden', 'post_unhidden', 'rate_limit_changed', 'account_deleted'
]);
select set_eq(
  $$select proname::text from pg_proc where pronamespace = 'public'::regnamespace$$,
  array[
    'before_user_created', 'begin_registration', 'begin_sign_in', 'create_post', 'delete_account', 'extract_hashtags',
    'extract_mentions', 'hide_post', 'limits', 'list_posts', 'record_inspection', 'reject_upload', 'set_role',
    'set_vip', 'sign_in_succeeded', 'sweep_done', 'sweep_take', 'uninspected_media', 'update_post',
    'username_available'
  ],
  'public holds these functions and no other'
);

-- Everything is described

select is_empty(
  $$
    select class.oid::regclass
    from pg_class as class
    where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
      and class.relkind in ('r', 'p', 'v', 'm')
      and obj_description(class.oid, 'pg_class') is null
  $$,
  'every table has a comment'
);
select is_empty(
  $$
    select class.oid::regclass, attribute.attname
    from pg_class as class
    join pg_attribute as attribute on attribute.attrelid = class.oid
    where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
      and class.relkind in ('r', 'p', 'v', 'm')
      and attribute.attnum > 0
      and not attribute.attisdropped
      and col_description(class.oid, attribute.attnum) is null
  $$,
  'every column has a comment'
);
select is_empty(
  $$
    select oid::regprocedure
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and obj_description(oid, 'pg_proc') is null
  $$,
  'every function has a comment'
);
select is_empty(
  $$
    select oid::regtype
    from pg_type
    where typnamespace in ('public'::regnamespace, 'private'::regnamespace)
      and typtype = 'e'
      and obj_description(oid, 'pg_type') is null
  $$,
  'every enum has a comment'
);

-- Foreign keys

select is_empty(
  $$
    select conname, conrelid::regclass
    from pg_constraint
    where contype = 'f'
      and connamespace in ('public'::regnamespace, 'private'::regnamespace)
      and confdeltype not in ('c', 'n')
  $$,
  'every foreign key says what a deletion does: cascade or set null'
);
select is_empty(
  $$
    select fk.conname, fk.conrelid::regclass
    from pg_constraint as fk
    where fk.contype = 'f'
      and fk.connamespace in ('public'::regnamespace, 'private'::regnamespace)
      and not exists (
        select
        from pg_index
        where pg_index.indrelid = fk.conrelid
          and (pg_index.indkey::int2[])[0:cardinality(fk.conkey) - 1] = fk.conkey
      )
  $$,
  'every foreign key has an index that begins with its columns'
);

-- Functions

select is_empty(
  $$
    select oid::regprocedure
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and not coalesce(proconfig @> array['search_path=""'], false)
  $$,
  'every function runs with an empty search_path'
);
select set_eq(
  $$
    select pronamespace::regnamespace || '.' || proname
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace) and prosecdef
  $$,
  array[
    'public.before_user_created', 'public.begin_registration', 'public.begin_sign_in', 'public.delete_account',
    'public.hide_post', 'public.record_inspection', 'public.reject_upload', 'public.set_role', 'public.set_vip',
    'public.sign_in_succeeded', 'public.sweep_done', 'public.sweep_take', 'public.uninspected_media',
    'private.add_explicit_references', 'private.await_claim', 'private.check_profile_pictures',
    'private.claim_idempotency_key', 'private.claim_media', 'private.close_media_gaps',
    'private.count_inserted_posts', 'private.count_updated_posts', 'private.create_profile', 'private.ensure_tags',
    'private.has_role', 'private.hold_counter', 'private.may_write', 'private.record_account_deletion', 'private.record_post_change',
    'private.record_profile_change', 'private.record_rate_limit_change', 'private.refresh_caption_references',
    'private.refresh_references_of_inserted', 'private.refresh_references_of_updated',
    'private.refuse_deleting_claimed', 'private.release_media', 'private.release_profile_pictures',
    'private.remove_explicit_references', 'private.remove_media', 'private.settle_idempotency_key',
    'private.stamp_post'
  ],
  'these functions run with their owner''s rights and no other'
);
select volatility_is('public', 'extract_mentions', array['text'], 'immutable');
select volatility_is('public', 'extract_hashtags', array['text'], 'immutable');
select volatility_is('public', 'limits', '{}'::name[], 'immutable');
select volatility_is('public', 'list_posts', array['uuid', 'text', 'uuid', 'uuid', 'integer'], 'stable');
select is(
  pg_get_function_identity_arguments('public.update_post'::regproc),
  'post_id uuid, caption text, tags text[], mentions text[], is_public boolean, add_media jsonb, remove_media text[]',
  'clients name the arguments of update_post'
);
select is(
  pg_get_function_identity_arguments('public.create_post'::regproc),
  'caption text, tags text[], mentions text[], media jsonb, is_public boolean, original_post uuid, idempotency_key text',
  'clients name the arguments of create_post'
);
select volatility_is('public', 'username_available', array['text'], 'stable');
select is_empty(
  $$
    select oid::regprocedure
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and has_function_privilege('anon', oid, 'execute')
  $$,
  'nobody calls a function without signing in'
);
select set_eq(
  $$
    select proname::text
    from pg_proc
    where pronamespace = 'public'::regnamespace and has_function_privilege('authenticated', oid, 'execute')
  $$,
  array[
    'create_post', 'delete_account', 'extract_hashtags', 'extract_mentions', 'hide_post', 'limits', 'list_posts',
    'set_role', 'set_vip', 'update_post'
  ],
  'who is signed in calls these functions and no other'
);
select set_eq(
  $$
    select proname::text
    from pg_proc
    where pronamespace = 'public'::regnamespace and has_function_privilege('service_role', oid, 'execute')
  $$,
  array[
    'begin_registration', 'begin_sign_in', 'extract_hashtags', 'extract_mentions', 'hide_post', 'limits',
    'record_inspection', 'reject_upload', 'set_role', 'set_vip', 'sign_in_succeeded', 'sweep_done', 'sweep_take',
    'uninspected_media', 'username_available'
  ],
  'the secret key calls these functions and no other'
);
select set_eq(
  $$
    select proname::text
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and has_function_privilege('supabase_auth_admin', oid, 'execute')
  $$,
  array['before_user_created'],
  'Auth calls its hook and nothing else'
);

-- Grants

select is_empty(
  $$
    select table_schema, table_name, privilege_type
    from information_schema.table_privileges
    where table_schema in ('public', 'private') and grantee in ('anon', 'PUBLIC')
  $$,
  'nobody has a right on a table without signing in'
);
select is_empty(
  $$
    select table_name, privilege_type
    from information_schema.column_privileges
    where table_schema = 'private' and grantee in ('anon', 'authenticated', 'service_role', 'PUBLIC')
  $$,
  'no client role has a right on a private table'
);
select set_eq(
  $$
    select table_name || ' ' || lower(privilege_type)
    from information_schema.table_privileges
    where table_schema = 'public' and grantee = 'authenticated'
  $$,
  array[
    'profiles select', 'private_profiles select', 'posts select', 'posts delete', 'post_media select', 'tags select',
    'post_tags select', 'post_mentions select', 'rate_limits select', 'audit_log select'
  ],
  'who is signed in has these rights on whole tables'
);
select set_eq(
  $$
    select table_name || ' ' || lower(privilege_type) || ' ' || column_name
    from information_schema.column_privileges
    where table_schema = 'public' and grantee = 'authenticated' and privilege_type in ('INSERT', 'UPDATE', 'REFERENCES')
  $$,
  array[
    'profiles update username', 'profiles update bio', 'profiles update playlist', 'profiles update avatar_path',
    'profiles update cover_path', 'profiles update is_public', 'profiles update is_anonymous',
    'private_profiles update date_of_birth',
    'posts insert caption', 'posts insert is_public', 'posts insert original_post_id',
    'posts update caption', 'posts update is_public',
    'rate_limits update max_count', 'rate_limits update per_seconds'
  ],
  'who is signed in writes these columns and no other'
);
select ok(not has_schema_privilege('anon', 'private', 'usage'), 'nobody names what is private without signing in');
select is_empty(
  $$
    select class.relname
    from pg_class as class
    cross join aclexplode(class.relacl) as acl
    where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
      and acl.grantee <> 0
      and acl.grantee::regrole::text in ('authenticated', 'service_role')
      and acl.is_grantable
  $$,
  'nobody hands a right on'
);

create table public.made_later (id integer);
create function public.made_later() returns integer language sql set search_path = '' as 'select 1';
select is_empty(
  $$
    select role
    from unnest(array['anon', 'authenticated', 'service_role']) as role
    where has_table_privilege(role, 'public.made_later', 'select, insert, update, delete')
      or has_function_privilege(role, 'public.made_later()', 'execute')
  $$,
  'a table and a function made later are closed until they are granted'
);
drop table public.made_later;
drop function public.made_later();

-- Policies

select is_empty(
  $$select oid::regclass from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and not relrowsecurity$$,
  'every table that clients reach has row-level security'
);
select set_eq(
  $$select tablename || ' ' || policyname || ' ' || lower(cmd) from pg_policies where schemaname = 'public'$$,
  array[
    'profiles select_any select', 'profiles update_own update',
    'private_profiles select_own select', 'private_profiles update_own update',
    'posts select_visible select', 'posts insert_own insert', 'posts update_own update', 'posts delete_own delete',
    'post_media select_visible select', 'tags select_visible select',
    'post_tags select_visible select', 'post_mentions select_visible select',
    'rate_limits select_admin select', 'rate_limits update_admin update', 'audit_log select_admin select'
  ],
  'these policies and no other, each for one verb'
);
select is_empty(
  $$
    select schemaname, tablename, policyname
    from pg_policies
    where schemaname in ('public', 'storage')
      and (roles <> array['authenticated'::name] or cmd = 'ALL' or permissive <> 'PERMISSIVE')
  $$,
  'every policy is for who is signed in, and for one verb'
);
select is_empty(
  $$
    select schemaname, tablename, policyname
    from pg_policies
    where schemaname in ('public', 'storage')
      -- As the catalogue prints it, a call in a subquery reads "SELECT auth.uid()".
      and regexp_count(coalesce(qual, '') || coalesce(with_check, ''), 'auth\.uid\(\)')
        <> regexp_count(coalesce(qual, '') || coalesce(with_check, ''), 'SELECT auth\.uid\(\)')
  $$,
  'every policy asks for the user once a query, not once a row'
);
select is_empty(
  $$
    select schemaname, tablename, policyname
    from pg_policies
    where schemaname in ('public', 'storage')
      and regexp_count(coalesce(qual, '') || coalesce(with_check, ''), 'private\.has_role\(')
        <> regexp_count(coalesce(qual, '') || coalesce(with_check, ''), 'SELECT private\.has_role\(')
  $$,
  'so does every policy that asks for his role'
);

-- Triggers

select is_empty(
  $$
    select tgrelid::regclass, tgname
    from pg_trigger
    join pg_class on pg_class.oid = pg_trigger.tgrelid
    where not tgisinternal and relnamespace = 'public'::regnamespace and tgname !~ '^_\d00_'
  $$,
  'every trigger has a number in front, which is its turn'
);
select trigger_is('auth', 'users', '_100_create_profile', 'private', 'create_profile');
select trigger_is('storage', 'objects', '_100_await_claim', 'private', 'await_claim');
select trigger_is('storage', 'objects', '_100_refuse_deleting_claimed', 'private', 'refuse_deleting_claimed');

select * from finish();
rollback;
