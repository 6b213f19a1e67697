-- What is there. Who may touch it is in the access matrices, and the rules that every object keeps in the catalogue's.
begin;
set local search_path = public, extensions;
select plan(31);

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
    'idempotency_keys', 'inspected_uploads', 'inspection_leases', 'media_types', 'rate_counters', 'storage_removals',
    'username_reservations'
  ],
  'private holds these tables and no other'
);
select columns_are('public', 'profiles', array[
  'id', 'username', 'bio', 'playlist', 'avatar_path', 'cover_path', 'is_vip', 'role', 'is_public', 'is_anonymous',
  'created_at', 'updated_at'
]);
select columns_are('public', 'private_profiles', array['id', 'date_of_birth', 'created_at', 'updated_at']);
select columns_are('public', 'posts', array[
  'id', 'owner_id', 'caption', 'is_public', 'original_post_id', 'is_repost', 'hidden_at', 'is_visible_to_all',
  'created_at', 'updated_at'
]);
select columns_are('public', 'post_media', array[
  'id', 'post_id', 'path', 'position', 'file_type', 'mime_type', 'size', 'width', 'height', 'alt_text', 'inspected_at',
  'is_visible_to_all', 'created_at'
]);
select columns_are('public', 'tags', array['id', 'name', 'is_published']);
select columns_are('public', 'post_tags', array['post_id', 'tag_id', 'source', 'is_visible_to_all']);
select columns_are('public', 'post_mentions', array['post_id', 'profile_id', 'source', 'is_visible_to_all']);
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

-- How functions run and are called

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
    'private.has_role', 'private.hold_counter', 'private.hold_post', 'private.hold_posts_of_leaving', 'private.may_write',
    'private.pass_visibility_on', 'private.publish_tags_of_posts', 'private.refresh_visibility_of_posts',
    'private.set_post_visibility',
    'private.publish_tags_of_references', 'private.record_account_deletion', 'private.record_post_change',
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

-- Policies and triggers

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
select trigger_is('auth', 'users', '_100_create_profile', 'private', 'create_profile');
select trigger_is('storage', 'objects', '_100_await_claim', 'private', 'await_claim');
select trigger_is('storage', 'objects', '_100_refuse_deleting_claimed', 'private', 'refuse_deleting_claimed');

select * from finish();
rollback;
