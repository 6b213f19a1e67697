-- Who may do what with which row of a table that clients reach. The table below is the whole answer: a verb or a table that
-- it lacks fails the test, and each of its cells is tried, as that user, and rolled back.
--
--   yes   it works        none   it works on no row: the row is not there for this user
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

  ('blocks', 'the owner''s', 'select',               'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('blocks', 'the owner''s', 'insert',               'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('blocks', 'the owner''s', 'update',               'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('blocks', 'the owner''s', 'delete',               'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('blocks', 'of the owner', 'select',               'deny', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),

  ('comment_likes', 'of a comment', 'select',        'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('comment_likes', 'of a comment', 'insert',        'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('comment_likes', 'of a comment', 'update',        'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('comment_likes', 'of a comment', 'delete',        'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('comment_likes', 'of a hidden comment', 'select', 'deny', 'none', 'none', 'yes',  'yes',  'yes',  'none', 'none', 'yes'),
  ('comment_likes', 'by a user whom the owner blocks', 'select',
                                                     'deny', 'yes',  'none', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),

  ('comment_mentions', 'in a comment', 'select',     'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('comment_mentions', 'in a comment', 'insert',     'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('comment_mentions', 'in a comment', 'update',     'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('comment_mentions', 'in a comment', 'delete',     'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('comment_mentions', 'in a hidden comment', 'select',
                                                     'deny', 'none', 'none', 'yes',  'yes',  'yes',  'none', 'none', 'yes'),

  ('comments', 'on a public post', 'select',         'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('comments', 'on a public post', 'insert',         'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('comments', 'on a public post', 'update',         'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('comments', 'on a public post', 'delete',         'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('comments', 'on a private post', 'select',        'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('comments', 'on a hidden post', 'select',         'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('comments', 'a hidden one', 'select',             'deny', 'none', 'none', 'yes',  'yes',  'yes',  'none', 'none', 'yes'),
  ('comments', 'by a user whom the owner blocks', 'select',
                                                     'deny', 'yes',  'none', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),

  ('follows', 'of the owner', 'select',              'deny', 'none', 'yes',  'yes',  'none', 'none', 'none', 'none', 'yes'),
  ('follows', 'of the owner', 'insert',              'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('follows', 'of the owner', 'update',              'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('follows', 'of the owner', 'delete',              'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('follows', 'a request', 'select',                 'deny', 'yes',  'none', 'none', 'none', 'none', 'none', 'none', 'yes'),

  ('mutes', 'the owner''s', 'select',                'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('mutes', 'the owner''s', 'insert',                'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('mutes', 'the owner''s', 'update',                'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('mutes', 'the owner''s', 'delete',                'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),

  ('notification_actors', 'of a mention', 'select',  'deny', 'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'yes'),
  ('notification_actors', 'of a mention', 'insert',  'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('notification_actors', 'of a mention', 'update',  'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('notification_actors', 'of a mention', 'delete',  'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('notification_actors', 'of a mention in a private post', 'select',
                                                     'deny', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),

  ('notifications', 'a mention', 'select',           'deny', 'none', 'none', 'yes',  'none', 'none', 'none', 'none', 'yes'),
  ('notifications', 'a mention', 'insert',           'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('notifications', 'a mention', 'update',           'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('notifications', 'a mention', 'delete',           'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('notifications', 'a mention in a private post', 'select',
                                                     'deny', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('notifications', 'a mention in a hidden post', 'select',
                                                     'deny', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),

  ('post_likes', 'of a public post', 'select',       'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post_likes', 'of a public post', 'insert',       'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_likes', 'of a public post', 'update',       'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('post_likes', 'of a public post', 'delete',       'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_likes', 'of a private post', 'select',      'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post_likes', 'of a hidden post', 'select',       'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post_likes', 'by a user whom the owner blocks', 'select',
                                                     'deny', 'yes',  'none', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),

  ('post_media', 'of a public post', 'select',       'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post_media', 'of a public post', 'insert',       'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_media', 'of a public post', 'update',       'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_media', 'of a public post', 'delete',       'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_media', 'of a private post', 'select',      'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post_media', 'of a hidden post', 'select',       'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),

  ('post_mentions', 'of a public post', 'select',    'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post_mentions', 'of a public post', 'insert',    'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_mentions', 'of a public post', 'update',    'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_mentions', 'of a public post', 'delete',    'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_mentions', 'of a private post', 'select',   'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post_mentions', 'of a hidden post', 'select',    'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),

  ('post_saves', 'the owner''s', 'select',           'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('post_saves', 'the owner''s', 'insert',           'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_saves', 'the owner''s', 'update',           'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('post_saves', 'the owner''s', 'delete',           'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),

  ('post_tags', 'of a public post', 'select',        'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('post_tags', 'of a public post', 'insert',        'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_tags', 'of a public post', 'update',        'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_tags', 'of a public post', 'delete',        'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('post_tags', 'of a private post', 'select',       'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('post_tags', 'of a hidden post', 'select',        'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),

  ('posts', 'a public one', 'select',                'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('posts', 'a public one', 'insert',                'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('posts', 'a public one', 'update',                'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('posts', 'a public one', 'delete',                'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'a private one', 'select',               'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('posts', 'a private one', 'delete',               'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'a hidden one', 'select',                'deny', 'none', 'yes',  'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('posts', 'a hidden one', 'delete',                'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'a private profile''s', 'select',        'deny', 'none', 'none', 'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('posts', 'a private profile''s', 'delete',        'deny', 'none', 'none', 'none', 'none', 'none', 'none', 'none', 'yes'),
  ('posts', 'by a user who blocks the owner', 'select',
                                                     'deny', 'yes',  'none', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('posts', 'a followed private profile''s', 'select',
                                                     'deny', 'none', 'none', 'yes',  'yes',  'yes',  'none', 'none', 'yes'),
  ('posts', 'their own', 'select',                  'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none'),
  ('posts', 'their own', 'delete',                  'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none', 'none'),

  ('private_profiles', 'the owner''s', 'select',     'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('private_profiles', 'the owner''s', 'insert',     'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', '23505'),
  ('private_profiles', 'the owner''s', 'update',     'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('private_profiles', 'the owner''s', 'delete',     'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('private_profiles', 'their own', 'select',       'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none'),
  ('private_profiles', 'their own', 'update',       'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none', 'none'),

  ('profiles', 'the owner''s', 'select',             'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('profiles', 'the owner''s', 'insert',             'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', '23505'),
  ('profiles', 'the owner''s', 'update',             'deny', 'none', 'yes',  'none', 'none', 'none', 'none', 'none', 'yes'),
  ('profiles', 'the owner''s', 'delete',             'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('profiles', 'a private profile', 'select',        'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'yes'),
  ('profiles', 'their own', 'select',               'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none'),
  ('profiles', 'their own', 'update',               'deny', 'yes',  'yes',  'yes',  'yes',  'yes',  'none', 'none', 'none'),

  ('rate_limits', 'a limit', 'select',               'deny', 'none', 'none', 'none', 'none', 'yes',  'none', 'none', 'yes'),
  ('rate_limits', 'a limit', 'insert',               'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('rate_limits', 'a limit', 'update',               'deny', 'none', 'none', 'none', 'none', 'yes',  'none', 'none', 'yes'),
  ('rate_limits', 'a limit', 'delete',               'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),

  ('reports', 'of the owner''s post', 'select',      'deny', 'none', 'none', 'none', 'yes',  'yes',  'none', 'none', 'yes'),
  ('reports', 'of the owner''s post', 'insert',      'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'),
  ('reports', 'of the owner''s post', 'update',      'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('reports', 'of the owner''s post', 'delete',      'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),

  ('reserved_usernames', 'a name', 'select',         'deny', 'none', 'none', 'none', 'none', 'yes',  'none', 'none', 'yes'),
  ('reserved_usernames', 'a name', 'insert',         'deny', 'deny', 'deny', 'deny', 'deny', 'yes',  'deny', 'deny', 'yes'),
  ('reserved_usernames', 'a name', 'update',         'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny', 'yes'),
  ('reserved_usernames', 'a name', 'delete',         'deny', 'none', 'none', 'none', 'none', 'yes',  'none', 'none', 'yes');

-- Everybody but the gone has a profile and a post; the banned user has a token from before the ban.
create temporary table personas (name text primary key, role text not null);
insert into personas
values
  ('nobody', 'anon'), ('stranger', 'authenticated'), ('owner', 'authenticated'), ('mentioned', 'authenticated'),
  ('moderator', 'authenticated'), ('admin', 'authenticated'), ('banned', 'authenticated'), ('gone', 'authenticated'),
  ('service', 'service_role');
-- A ban takes every power: the banned user is an admin, and still may do nothing.
select tests.create_user(name, case name when 'moderator' then name when 'admin' then name when 'banned' then 'admin' else 'user' end::public.profile_role)
from unnest(array['stranger', 'owner', 'mentioned', 'moderator', 'admin', 'banned', 'private', 'followed', 'blocking']) as name;
update auth.users set banned_until = now() + interval '1 hour' where id = tests.id_of('banned');
update public.profiles set is_public = false where id in (tests.id_of('private'), tests.id_of('followed'));
insert into public.follows (follower_id, followee_id, state)
values
  (tests.id_of('mentioned'), tests.id_of('owner'), 'accepted'), (tests.id_of('mentioned'), tests.id_of('followed'), 'accepted'),
  (tests.id_of('stranger'), tests.id_of('followed'), 'requested');
insert into public.blocks (blocker_id, blocked_id)
values (tests.id_of('owner'), tests.id_of('private')), (tests.id_of('blocking'), tests.id_of('owner'));
insert into public.mutes (muter_id, muted_id) values (tests.id_of('owner'), tests.id_of('stranger'));
select
  tests.insert_post('owner', 'All #tap_public @tap_mentioned'),
  tests.insert_post('owner', 'Me #tap_private @tap_mentioned', false),
  tests.insert_post('owner', 'Bad #tap_hidden @tap_mentioned', hidden_at => now()),
  tests.insert_post('private', 'Not shown'), tests.insert_post('followed', 'Shown to followers'),
  tests.insert_post('blocking', 'Not for the owner');
select tests.insert_post(name, name || '''s own') from personas where role = 'authenticated' and name <> 'gone';
select tests.insert_file(tests.id_of(post), tests.path_of('owner', file))
from (
  values
    ('All #tap_public @tap_mentioned', '1.jpg'), ('Me #tap_private @tap_mentioned', '2.jpg'), ('Bad #tap_hidden @tap_mentioned', '3.jpg')
) as claimed (post, file);
-- Triggers write none of a private or hidden post; the policy shows none either.
insert into public.notifications (recipient_id, kind, post_id, newest, actor_count)
select tests.id_of('mentioned'), 'mention', tests.id_of(post), private.uuid_v7(), 1
from unnest(array['Me #tap_private @tap_mentioned', 'Bad #tap_hidden @tap_mentioned']) as post;
insert into public.notification_actors (notification_id, id, actor_id, recipient_id)
select notifications.id, newest, tests.id_of('owner'), recipient_id
from public.notifications
where post_id in (tests.id_of('Me #tap_private @tap_mentioned'), tests.id_of('Bad #tap_hidden @tap_mentioned'));
insert into public.audit_log (action, target_id) values ('account_deleted', tests.id_of('gone'));
select
  tests.insert_comment('mentioned', tests.id_of('All #tap_public @tap_mentioned'), 'Comment @tap_stranger'),
  tests.insert_comment('mentioned', tests.id_of('All #tap_public @tap_mentioned'), 'Hidden @tap_stranger', hidden_at => now()),
  tests.insert_comment('owner', tests.id_of('Me #tap_private @tap_mentioned'), 'On a private post'),
  tests.insert_comment('owner', tests.id_of('Bad #tap_hidden @tap_mentioned'), 'On a hidden post'),
  tests.insert_comment('private', tests.id_of('mentioned''s own'), 'Not for the owner either');
insert into public.comment_likes (profile_id, comment_id)
values
  (tests.id_of('mentioned'), tests.id_of('Comment @tap_stranger')), (tests.id_of('mentioned'), tests.id_of('Hidden @tap_stranger')),
  (tests.id_of('private'), tests.id_of('Comment @tap_stranger'));
insert into public.post_likes (profile_id, post_id)
values
  (tests.id_of('mentioned'), tests.id_of('All #tap_public @tap_mentioned')), (tests.id_of('owner'), tests.id_of('Me #tap_private @tap_mentioned')),
  (tests.id_of('owner'), tests.id_of('Bad #tap_hidden @tap_mentioned')), (tests.id_of('private'), tests.id_of('mentioned''s own'));
insert into public.post_saves (profile_id, post_id) values (tests.id_of('owner'), tests.id_of('mentioned''s own'));
insert into public.reports (reporter_id, post_id, reason)
values (tests.id_of('mentioned'), tests.id_of('All #tap_public @tap_mentioned'), 'spam');

-- Which row is meant, and how it would be written.
create temporary table rows (name text, row_kind text, condition text, columns text, row_values text, change text);
insert into rows
values
  ('audit_log', 'a line', $$target_id = tests.id_of('gone')$$, 'action', $$'account_deleted'$$, 'details = details'),
  (
    'blocks', 'the owner''s', $$blocker_id = tests.id_of('owner')$$, 'blocker_id, blocked_id',
    $$tests.id_of('owner'), tests.id_of('stranger')$$, 'id = id'
  ),
  ('blocks', 'of the owner', $$blocked_id = tests.id_of('owner')$$, null, null, null),
  (
    'comment_likes', 'of a comment', $$profile_id = tests.id_of('mentioned') and comment_id = tests.id_of('Comment @tap_stranger')$$,
    'profile_id, comment_id', $$tests.id_of('owner'), tests.id_of('Comment @tap_stranger')$$, 'id = id'
  ),
  ('comment_likes', 'of a hidden comment', $$comment_id = tests.id_of('Hidden @tap_stranger')$$, null, null, null),
  ('comment_likes', 'by a user whom the owner blocks', $$profile_id = tests.id_of('private')$$, null, null, null),
  (
    'comment_mentions', 'in a comment', $$comment_id = tests.id_of('Comment @tap_stranger')$$, 'comment_id, profile_id, name',
    $$tests.id_of('Comment @tap_stranger'), tests.id_of('owner'), 'tap_owner'$$, 'name = name'
  ),
  ('comment_mentions', 'in a hidden comment', $$comment_id = tests.id_of('Hidden @tap_stranger')$$, null, null, null),
  (
    'comments', 'on a public post', $$id = tests.id_of('Comment @tap_stranger')$$, 'post_id, owner_id, text',
    $$tests.id_of('All #tap_public @tap_mentioned'), tests.id_of('mentioned'), 'Forged'$$, 'text = ''Other words'''
  ),
  ('comments', 'on a private post', $$id = tests.id_of('On a private post')$$, null, null, null),
  ('comments', 'on a hidden post', $$id = tests.id_of('On a hidden post')$$, null, null, null),
  ('comments', 'a hidden one', $$id = tests.id_of('Hidden @tap_stranger')$$, null, null, null),
  ('comments', 'by a user whom the owner blocks', $$id = tests.id_of('Not for the owner either')$$, null, null, null),
  (
    'follows', 'of the owner', $$followee_id = tests.id_of('owner')$$, 'follower_id, followee_id',
    $$tests.id_of('stranger'), tests.id_of('owner')$$, $$state = 'requested'$$
  ),
  ('follows', 'a request', $$follower_id = tests.id_of('stranger')$$, null, null, null),
  (
    'mutes', 'the owner''s', $$muter_id = tests.id_of('owner')$$, 'muter_id, muted_id',
    $$tests.id_of('owner'), tests.id_of('mentioned')$$, 'id = id'
  ),
  (
    'notification_actors', 'of a mention',
    format('notification_id = %L', (select id from public.notifications where kind = 'mention' and post_id = tests.id_of('All #tap_public @tap_mentioned'))),
    'notification_id, id, actor_id, recipient_id',
    $$tests.id_of('none'), tests.id_of('none'), tests.id_of('owner'), tests.id_of('mentioned')$$, 'id = id'
  ),
  (
    'notification_actors', 'of a mention in a private post',
    format('notification_id = %L', (select id from public.notifications where kind = 'mention' and post_id = tests.id_of('Me #tap_private @tap_mentioned'))),
    null, null, null
  ),
  (
    'notifications', 'a mention', $$kind = 'mention' and post_id = tests.id_of('All #tap_public @tap_mentioned')$$, 'recipient_id, kind, newest, actor_count',
    $$tests.id_of('mentioned'), 'follow', tests.id_of('none'), 1$$, 'actor_count = 2'
  ),
  ('notifications', 'a mention in a private post', $$kind = 'mention' and post_id = tests.id_of('Me #tap_private @tap_mentioned')$$, null, null, null),
  ('notifications', 'a mention in a hidden post', $$kind = 'mention' and post_id = tests.id_of('Bad #tap_hidden @tap_mentioned')$$, null, null, null),
  (
    'post_likes', 'of a public post', $$post_id = tests.id_of('All #tap_public @tap_mentioned')$$, 'profile_id, post_id',
    $$tests.id_of('owner'), tests.id_of('All #tap_public @tap_mentioned')$$, 'id = id'
  ),
  ('post_likes', 'of a private post', $$post_id = tests.id_of('Me #tap_private @tap_mentioned')$$, null, null, null),
  ('post_likes', 'of a hidden post', $$post_id = tests.id_of('Bad #tap_hidden @tap_mentioned')$$, null, null, null),
  ('post_likes', 'by a user whom the owner blocks', $$profile_id = tests.id_of('private')$$, null, null, null),
  (
    'post_media', 'of a public post', $$path like '%/1.jpg'$$, 'post_id, path, position, file_type, mime_type, size',
    $$tests.id_of('All #tap_public @tap_mentioned'), tests.path_of('owner', '5.jpg'), 2, 'image', 'image/jpeg', 1$$, 'width = 1'
  ),
  ('post_media', 'of a private post', $$path like '%/2.jpg'$$, null, null, null),
  ('post_media', 'of a hidden post', $$path like '%/3.jpg'$$, null, null, null),
  (
    'post_mentions', 'of a public post', $$post_id = tests.id_of('All #tap_public @tap_mentioned')$$, 'post_id, profile_id, source',
    $$tests.id_of('All #tap_public @tap_mentioned'), tests.id_of('stranger'), 'explicit'$$, 'source = source'
  ),
  ('post_mentions', 'of a private post', $$post_id = tests.id_of('Me #tap_private @tap_mentioned')$$, null, null, null),
  ('post_mentions', 'of a hidden post', $$post_id = tests.id_of('Bad #tap_hidden @tap_mentioned')$$, null, null, null),
  (
    'post_saves', 'the owner''s', $$profile_id = tests.id_of('owner')$$, 'profile_id, post_id',
    $$tests.id_of('owner'), tests.id_of('All #tap_public @tap_mentioned')$$, 'id = id'
  ),
  (
    'post_tags', 'of a public post', $$post_id = tests.id_of('All #tap_public @tap_mentioned')$$, 'post_id, tag, source',
    $$tests.id_of('All #tap_public @tap_mentioned'), 'tap_new', 'explicit'$$, 'source = source'
  ),
  ('post_tags', 'of a private post', $$post_id = tests.id_of('Me #tap_private @tap_mentioned')$$, null, null, null),
  ('post_tags', 'of a hidden post', $$post_id = tests.id_of('Bad #tap_hidden @tap_mentioned')$$, null, null, null),
  (
    'posts', 'a public one', $$id = tests.id_of('All #tap_public @tap_mentioned')$$, 'owner_id, caption',
    $$tests.id_of('owner'), 'Forged'$$, 'caption = ''Other words'''
  ),
  ('posts', 'a private one', $$id = tests.id_of('Me #tap_private @tap_mentioned')$$, null, null, null),
  ('posts', 'a hidden one', $$id = tests.id_of('Bad #tap_hidden @tap_mentioned')$$, null, null, null),
  ('posts', 'a private profile''s', $$id = tests.id_of('Not shown')$$, null, null, null),
  ('posts', 'by a user who blocks the owner', $$id = tests.id_of('Not for the owner')$$, null, null, null),
  ('posts', 'a followed private profile''s', $$id = tests.id_of('Shown to followers')$$, null, null, null),
  ('posts', 'their own', 'owner_id = (select auth.uid())', null, null, null),
  ('private_profiles', 'the owner''s', $$id = tests.id_of('owner')$$, 'id', $$tests.id_of('owner')$$, 'date_of_birth = ''2000-01-01'''),
  ('private_profiles', 'their own', 'id = (select auth.uid())', null, null, 'date_of_birth = ''2000-01-01'''),
  ('profiles', 'the owner''s', $$id = tests.id_of('owner')$$, 'id, username', $$tests.id_of('owner'), 'tap_other'$$, 'bio = ''Other words'''),
  ('profiles', 'a private profile', $$id = tests.id_of('private')$$, null, null, null),
  ('profiles', 'their own', 'id = (select auth.uid())', null, null, 'bio = ''Other words'''),
  ('rate_limits', 'a limit', $$action = 'create_post'$$, 'action, max_count, per_seconds', $$'create_post', 1, 1$$, 'max_count = 1'),
  (
    'reports', 'of the owner''s post', $$post_id = tests.id_of('All #tap_public @tap_mentioned')$$, 'reporter_id, profile_id, reason',
    $$tests.id_of('mentioned'), tests.id_of('owner'), 'spam'$$, $$state = 'resolved'$$
  ),
  ('reserved_usernames', 'a name', $$username = 'support'$$, 'username', $$'tap_reserved'$$, 'username = username');

-- Runs the statement as that user, returns what came of it, and rolls it back.
create function pg_temp.attempt(persona text, statement text) returns text
language plpgsql
as $$
declare
  v_persona personas;
  v_count bigint;
begin
  select * into strict v_persona from personas where name = persona;
  perform set_config('request.jwt.claims', json_build_object('sub', case v_persona.role when 'authenticated' then tests.id_of(persona) end, 'role', v_persona.role)::text, true);
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
  'the matrix has every table and view that clients reach, with every verb'
);
select is_empty('select name, row_kind, verb from attempts where statement is null', 'each cell of the matrix can be tried');
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
  'no role has another right on a table: truncate, references, trigger'
);
select is(
  pg_temp.attempt(persona, statement), wanted, concat(persona, ' / ', name, ', ', row_kind, ' / ', verb)
)
from attempts
order by place, persona;

select * from finish();
rollback;
