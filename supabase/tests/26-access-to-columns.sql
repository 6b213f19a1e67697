-- Which role reads and writes which column: every column that clients reach, and the roles that a request can have, `user`
-- (authenticated) and `service` (service_role). `nobody` (anon) has none. Which rows they reach is in the matrix of tables.
begin;
set local search_path = public, extensions;

create temporary table expected (place integer generated always as identity, name text unique, "select" text, "insert" text, "update" text);
insert into expected (name,             "select",       "insert",       "update")
values
  ('audit_log.id',                      'user service', '',             ''),
  ('audit_log.actor_id',                'user service', '',             ''),
  ('audit_log.action',                  'user service', '',             ''),
  ('audit_log.target_id',               'user service', '',             ''),
  ('audit_log.details',                 'user service', '',             ''),
  ('audit_log.created_at',              'user service', '',             ''),

  ('blocks.blocker_id',                 'user service', 'service',      ''),
  ('blocks.blocked_id',                 'user service', 'service',      ''),
  ('blocks.id',                         'user service', 'service',      ''),

  ('comment_likes.profile_id',            'user service', 'service',      ''),
  ('comment_likes.comment_id',            'user service', 'service',      ''),
  ('comment_likes.id',                    'user service', 'service',      ''),

  ('comment_mentions.comment_id',         'user service', 'service',      ''),
  ('comment_mentions.profile_id',         'user service', 'service',      ''),
  ('comment_mentions.name',               'user service', 'service',      ''),

  ('comments.id',                         'user service', 'service',      ''),
  ('comments.post_id',                    'user service', 'service',      ''),
  ('comments.parent_id',                  'user service', 'service',      ''),
  ('comments.reply_to_id',                'user service', 'service',      ''),
  ('comments.owner_id',                   'user service', 'service',      'service'),
  ('comments.text',                       'user service', 'service',      'service'),
  ('comments.hidden_at',                  'user service', 'service',      'service'),
  ('comments.created_at',                 'user service', 'service',      'service'),
  ('comments.updated_at',                 'user service', 'service',      'service'),

  ('follows.follower_id',               'user service', 'service',      ''),
  ('follows.followee_id',               'user service', 'service',      ''),
  ('follows.id',                        'user service', 'service',      ''),
  ('follows.state',                     'user service', 'service',      'service'),
  ('follows.created_at',                'user service', 'service',      ''),

  ('mutes.muter_id',                    'user service', 'service',      ''),
  ('mutes.muted_id',                    'user service', 'service',      ''),
  ('mutes.id',                          'user service', 'service',      ''),

  ('notification_actors.notification_id', 'user service', '',           ''),
  ('notification_actors.id',            'user service', '',             ''),
  ('notification_actors.actor_id',      'user service', '',             ''),
  ('notification_actors.recipient_id',  'user service', '',             ''),

  ('notifications.id',                  'user service', '',             ''),
  ('notifications.recipient_id',        'user service', '',             ''),
  ('notifications.kind',                'user service', '',             ''),
  ('notifications.post_id',             'user service', '',             ''),
  ('notifications.comment_id',          'user service', '',             ''),
  ('notifications.target_id',           'user service', '',             ''),
  ('notifications.day',                 'user service', '',             ''),
  ('notifications.newest',              'user service', '',             ''),
  ('notifications.actor_count',         'user service', '',             ''),

  ('post_likes.profile_id',               'user service', 'service',      ''),
  ('post_likes.post_id',                  'user service', 'service',      ''),
  ('post_likes.id',                       'user service', 'service',      ''),

  ('post_media.id',                     'user service', 'service',      ''),
  ('post_media.post_id',                'user service', 'service',      ''),
  ('post_media.path',                   'user service', 'service',      ''),
  ('post_media.position',               'user service', 'service',      'service'),
  ('post_media.file_type',              'user service', 'service',      'service'),
  ('post_media.mime_type',              'user service', 'service',      'service'),
  ('post_media.size',                   'user service', 'service',      'service'),
  ('post_media.width',                  'user service', 'service',      'service'),
  ('post_media.height',                 'user service', 'service',      'service'),
  ('post_media.duration_ms',            'user service', 'service',      'service'),
  ('post_media.alt_text',               'user service', 'service',      'service'),
  ('post_media.created_at',             'user service', 'service',      ''),

  ('post_mentions.post_id',             'user service', 'service',      'service'),
  ('post_mentions.profile_id',          'user service', 'service',      'service'),
  ('post_mentions.source',              'user service', 'service',      'service'),
  ('post_mentions.name',               'user service', 'service',      'service'),

  ('post_saves.profile_id',               'user service', 'service',      ''),
  ('post_saves.post_id',                  'user service', 'service',      ''),
  ('post_saves.id',                       'user service', 'service',      ''),

  ('post_tags.post_id',                 'user service', 'service',      'service'),
  ('post_tags.tag',                     'user service', 'service',      'service'),
  ('post_tags.source',                  'user service', 'service',      'service'),

  ('posts.id',                          'user service', 'service',      ''),
  ('posts.owner_id',                    'user service', 'service',      'service'),
  ('posts.caption',                     'user service', 'service',      'service'),
  ('posts.is_public',                   'user service', 'service',      'service'),
  ('posts.original_post_id',            'user service', 'service',      ''),
  ('posts.is_repost',                   'user service', 'service',      ''),
  ('posts.hidden_at',                   'user service', 'service',      'service'),
  ('posts.is_visible_to_all',           'user service', 'service',      'service'),
  ('posts.created_at',                  'user service', 'service',      'service'),
  ('posts.updated_at',                  'user service', 'service',      'service'),

  ('private_profiles.id',               'user service', 'service',      'service'),
  ('private_profiles.date_of_birth',    'user service', 'service',      'user service'),
  ('private_profiles.created_at',       'user service', 'service',      'service'),
  ('private_profiles.updated_at',       'user service', 'service',      'service'),
  ('private_profiles.notification_kinds_off', 'user service', 'service', 'service'),
  ('private_profiles.notifications_read_up_to', 'user service', 'service', 'service'),

  ('profiles.id',                       'user service', 'service',      'service'),
  ('profiles.username',                 'user service', 'service',      'user service'),
  ('profiles.bio',                      'user service', 'service',      'user service'),
  ('profiles.playlist',                 'user service', 'service',      'user service'),
  ('profiles.avatar_path',              'user service', 'service',      'user service'),
  ('profiles.cover_path',               'user service', 'service',      'user service'),
  ('profiles.is_vip',                   'user service', 'service',      'service'),
  ('profiles.role',                     'user service', 'service',      'service'),
  ('profiles.is_public',                'user service', 'service',      'user service'),
  ('profiles.is_anonymous',             'user service', 'service',      'user service'),
  ('profiles.created_at',               'user service', 'service',      'service'),
  ('profiles.updated_at',               'user service', 'service',      'service'),

  ('rate_limits.action',                'user service', '',             'service'),
  ('rate_limits.max_count',             'user service', '',             'user service'),
  ('rate_limits.per_seconds',           'user service', '',             'user service'),
  ('rate_limits.updated_at',            'user service', '',             'service'),

  ('reports.id',                        'user service', '',             ''),
  ('reports.reporter_id',               'user service', '',             ''),
  ('reports.post_id',                   'user service', '',             ''),
  ('reports.comment_id',                'user service', '',             ''),
  ('reports.profile_id',                'user service', '',             ''),
  ('reports.owner_id',                  'user service', '',             ''),
  ('reports.preview',                   'user service', '',             ''),
  ('reports.reason',                    'user service', '',             ''),
  ('reports.text',                      'user service', '',             ''),
  ('reports.state',                     'user service', '',             'service'),
  ('reports.note',                      'user service', '',             'service'),
  ('reports.handled_by',                'user service', '',             'service'),
  ('reports.created_at',                'user service', '',             ''),
  ('reports.updated_at',                'user service', '',             ''),

  ('reserved_usernames.username',      'user service', 'user service', 'service');

-- Tries a statement that touches no row as each role, and returns those who may.
create function pg_temp.who_may(statement text) returns text
language plpgsql
as $$
declare
  v_role record;
  v_able text := '';
begin
  for v_role in select * from (values ('anon', 'nobody'), ('authenticated', 'user'), ('service_role', 'service')) as role (name, label) loop
    begin
      perform set_config('role', v_role.name, true);
      execute statement;
      v_able := v_able || ' ' || v_role.label;
      raise exception using errcode = 'TAP00';
    exception
      -- This ends the role as well.
      when sqlstate 'TAP00' or insufficient_privilege or generated_always then null;
    end;
  end loop;
  return ltrim(v_able);
end
$$;

create temporary view columns as
select class.relname || '.' || attribute.attname as name,
  format('select %I from public.%I limit 0', attname, relname) as "select",
  format('insert into public.%I (%I) select null::%s where false', relname, attname, format_type(atttypid, null)) as "insert",
  format('update public.%I set %I = default where false', relname, attname) as "update"
from pg_class as class
join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped
where class.relnamespace = 'public'::regnamespace and class.relkind in ('r', 'p', 'v', 'm', 'f');

select plan((select count(*)::integer * 3 + 1 from expected));
select set_eq('select name from columns', 'select name from expected', 'the matrix has every column that clients reach');
select is(pg_temp.who_may(to_jsonb(columns) ->> verb), to_jsonb(expected) ->> verb, concat(expected.name, ' / ', verb))
from expected
left join columns on columns.name = expected.name
cross join unnest(array['select', 'insert', 'update']) as verb
order by expected.place, verb;

select * from finish();
rollback;
