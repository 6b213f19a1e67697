-- What there is. Tables, columns and functions that clients reach are in the access matrices, which fail when one is missing;
-- the rules that every object keeps are the catalogue's.
begin;
set local search_path = public, extensions;
select plan(49);

select set_eq(
  $$select tablename::text from pg_tables where schemaname = 'private'$$,
  array['counters', 'idempotency_keys', 'rate_counters', 'unused_files', 'username_reservations'], 'private holds these tables and no other'
);
select col_type_is('public', 'profiles', 'username', 'extensions', 'citext', 'user names are compared without case');
select enum_has_labels('public', 'profile_role', array['user', 'moderator', 'admin']);
select enum_has_labels('public', 'follow_state', array['requested', 'accepted']);
select enum_has_labels('public', 'reference_source', array['caption', 'explicit']);
select enum_has_labels('public', 'rate_limited_action', array[
  'create_post', 'update_post', 'rename', 'follow', 'react', 'comment', 'report', 'sign_in_account', 'sign_in_address', 'register_address'
]);
select enum_has_labels('public', 'audit_action', array[
  'role_changed', 'vip_changed', 'post_hidden', 'post_unhidden', 'comment_hidden', 'comment_unhidden', 'comment_deleted',
  'rate_limit_changed', 'account_deleted', 'report_changed'
]);
select is(pg_get_function_identity_arguments(('public.' || name)::regproc), arguments, 'clients call ' || name || ' by these names')
from (
  values
    ('create_post', 'caption text, tags text[], mentions text[], media jsonb, is_public boolean, original_post uuid, idempotency_key text'),
    ('update_post', 'post_id uuid, caption text, tags text[], mentions text[], is_public boolean, add_media jsonb, remove_media text[]'),
    ('list_posts', 'owner text, tag text, mentions text, before uuid, page_limit integer'),
    ('list_feed', 'before uuid, page_limit integer'),
    ('get_post', 'post_id uuid'),
    ('list_reposts', 'post_id uuid, before uuid, page_limit integer'),
    ('list_saved_posts', 'before uuid, page_limit integer'),
    ('like_post', 'post_id uuid'),
    ('unlike_post', 'post_id uuid'),
    ('save_post', 'post_id uuid'),
    ('unsave_post', 'post_id uuid'),
    ('list_likes', 'post_id uuid, before uuid, page_limit integer'),
    ('create_comment', 'post_id uuid, text text, parent_id uuid, idempotency_key text'),
    ('update_comment', 'comment_id uuid, text text'),
    ('delete_comment', 'comment_id uuid'),
    ('get_comment', 'comment_id uuid'),
    ('list_comments', 'post_id uuid, newest_first boolean, cursor uuid, page_limit integer'),
    ('list_replies', 'comment_id uuid, cursor uuid, page_limit integer'),
    ('like_comment', 'comment_id uuid'),
    ('unlike_comment', 'comment_id uuid'),
    ('list_comment_likes', 'comment_id uuid, before uuid, page_limit integer'),
    ('follow_user', 'person text'),
    ('unfollow_user', 'person text'),
    ('remove_follower', 'person text'),
    ('accept_follow_request', 'person text'),
    ('decline_follow_request', 'person text'),
    ('block_user', 'person text'),
    ('unblock_user', 'person text'),
    ('mute_user', 'person text'),
    ('unmute_user', 'person text'),
    ('list_followers', 'person text, before uuid, page_limit integer'),
    ('list_following', 'person text, before uuid, page_limit integer'),
    ('list_follow_requests', 'before uuid, page_limit integer'),
    ('list_blocks', 'before uuid, page_limit integer'),
    ('list_mutes', 'before uuid, page_limit integer'),
    ('get_profile', 'person text'),
    ('update_profile', 'changes jsonb'),
    ('hide_post', 'post_id uuid, hidden boolean, reason text')
) as called (name, arguments);
-- The Data API calls these by GET as well.
select set_eq(
  $$select proname::text from pg_proc where pronamespace = 'public'::regnamespace and provolatile <> 'v'$$,
  array[
    'count_unread_notifications', 'extract_hashtags', 'extract_mentions', 'get_comment', 'get_notification_settings', 'get_post',
    'get_profile', 'limits', 'list_blocks', 'list_comment_likes', 'list_comments', 'list_feed', 'list_follow_requests',
    'list_followers', 'list_following', 'list_likes', 'list_mutes', 'list_notifications', 'list_posts', 'list_replies', 'list_reports',
    'list_reposts', 'list_saved_posts', 'username_available'
  ],
  'these functions read only'
);
select set_eq(
  $$
    select proname::text
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and has_function_privilege('supabase_auth_admin', oid, 'execute')
  $$,
  array['before_user_created'], 'Auth may call its hook and nothing else'
);
select set_eq(
  $$
    select event_object_schema || '.' || event_object_table || ' ' || trigger_name || ' ' || string_agg(lower(event_manipulation), ' ' order by event_manipulation)
    from information_schema.triggers
    where event_object_schema in ('auth', 'storage') and action_statement like '%private.%'
    group by event_object_schema, event_object_table, trigger_name
  $$,
  array[
    'auth.users _100_create_profile insert', 'auth.users _100_forget_failed_sign_ins update',
    'auth.users _100_withhold_username delete',
    'storage.objects _100_refuse_inactive insert update'
  ],
  'these triggers are on the tables of Supabase and no other'
);
select is(
  (select setconfig from pg_db_role_setting where setrole = 'authenticated'::regrole), array['statement_timeout=5s'],
  'a request of a user ends after five seconds'
);

select * from finish();
rollback;
