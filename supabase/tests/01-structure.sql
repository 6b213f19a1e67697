-- What there is. Tables, columns and functions that clients reach are in the access matrices, which fail when one is missing;
-- the rules that every object keeps are the catalogue's; enums and the names of arguments are in the generated types.
begin;
set local search_path = public, extensions;
select plan(7);

select set_eq(
  $$select tablename::text from pg_tables where schemaname = 'private'$$,
  array[
    'counters', 'idempotency_keys', 'post_terms', 'rate_counters', 'sent_counts', 'trends', 'unused_files',
    'username_reservations'
  ], 'private holds these tables and no other'
);
select col_type_is('public', 'profiles', 'username', 'extensions', 'citext', 'user names are compared without case');
-- The Data API calls these by GET as well.
select set_eq(
  $$select proname::text from pg_proc where pronamespace = 'public'::regnamespace and provolatile <> 'v'$$,
  array[
    'count_unread_notifications', 'export_section', 'extract_hashtags', 'extract_mentions', 'get_comment', 'get_comments', 'get_notification_settings', 'get_post',
    'get_profile', 'limits', 'list_blocks', 'list_comment_events', 'list_comment_likes', 'list_comments', 'list_feed', 'list_follow_requests',
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
    'auth.users _100_create_profile insert', 'auth.users _100_keep_username update', 'auth.users _100_forget_failed_sign_ins update',
    'auth.users _100_withhold_username delete', 'auth.users _100_lock_deletions delete',
    'storage.objects _100_refuse_inactive insert update'
  ],
  'these triggers are on the tables of Supabase and no other'
);
select is(
  (select setconfig from pg_db_role_setting where setrole = 'authenticated'::regrole), array['statement_timeout=5s'],
  'a request of a user ends after five seconds'
);
select results_eq(
  $$
    select pg_proc.oid::regproc::text from pg_proc
    where pg_proc.pronamespace = 'public'::regnamespace and 'statement_timeout=60s' = any (pg_proc.proconfig)
    order by pg_proc.proname
  $$,
  array['delete_account', 'delete_post', 'update_profile'],
  'what deletes a post or an account, or closes one, has a minute: it takes the longer the more belongs to it'
);

select * from finish();
rollback;
