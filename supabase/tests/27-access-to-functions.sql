-- Who may call what, and what it does to another user. Every function that a request can have a right to is in the table
-- below, called as each user, about the owner's posts, files and account.
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
                                              'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'runs'),
  ('public.begin_sign_in(''tap_owner'')',     'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'runs'),
  ('public.before_user_created(''{}'')',      'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'deny'),
  ('public.username_available(''tap_owner'')',
                                              'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'runs'),
  ('public.create_post(''Mine @tap_owner'')',
                                              'deny','runs',       'changes',    'runs',       'runs',       'runs',       'user_banned',  'not_signed_in',  'deny'),
  ('public.create_post(''x'', media => jsonb_build_array(FILE))',
                                              'deny','media_not_found','changes',    'media_not_found','media_not_found','media_not_found','user_banned',  'not_signed_in',  'deny'),
  ('public.create_post(''x'', original_post => PRIVATE)',
                                              'deny','original_post_not_found','changes',    'original_post_not_found','runs',       'runs',       'user_banned',  'not_signed_in',  'deny'),
  ('public.create_post(''x'', original_post => HIDDEN)',
                                              'deny','original_post_not_found','changes',    'original_post_not_found','runs',       'runs',       'user_banned',  'not_signed_in',  'deny'),
  ('public.create_post(''x'', idempotency_key => ''tap'')',
                                              'deny','runs',       'runs',       'runs',       'runs',       'runs',       'user_banned',  'not_signed_in',  'deny'),
  ('public.update_post(PUBLIC, ''Mine'')',    'deny','not_owner',  'changes',    'not_owner',  'not_owner',  'not_owner',  'user_banned',  'not_signed_in',  'deny'),
  ('public.update_post(PUBLIC, mentions => ''{}'')',
                                              'deny','not_owner',  'changes',    'not_owner',  'not_owner',  'not_owner',  'user_banned',  'not_signed_in',  'deny'),
  ('public.update_post(PRIVATE, ''Mine'')',   'deny','post_not_found','changes',    'post_not_found','not_owner',  'not_owner',  'user_banned',  'not_signed_in',  'deny'),
  ('public.update_post(HIDDEN, ''Mine'')',    'deny','post_not_found','changes',    'post_not_found','not_owner',  'not_owner',  'user_banned',  'not_signed_in',  'deny'),
  ('public.get_post(PUBLIC)',                 'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('public.get_post(PRIVATE)',                'deny','post_not_found','runs',       'post_not_found','runs',       'runs',       'post_not_found','post_not_found', 'deny'),
  ('public.get_post(HIDDEN)',                 'deny','post_not_found','runs',       'post_not_found','runs',       'runs',       'post_not_found','post_not_found', 'deny'),
  ('public.list_posts(OWNER::text)',          'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('public.get_profile(OWNER::text)',         'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('public.get_profile()',                    'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'not_signed_in',  'deny'),
  ('public.update_profile(''{"bio": "Mine"}'')',
                                              'deny','runs',       'changes',    'runs',       'runs',       'runs',       'user_banned',  'not_signed_in',  'deny'),
  ('public.follow_user(OWNER::text)',         'deny','changes',    'not_yourself','runs',       'changes',    'changes',    'user_banned',  'not_signed_in',   'deny'),
  ('public.unfollow_user(OWNER::text)',       'deny','runs',       'not_yourself','changes',    'runs',       'runs',       'user_banned',  'not_signed_in',   'deny'),
  ('public.remove_follower(OWNER::text)',     'deny','runs',       'not_yourself','changes',    'runs',       'runs',       'user_banned',  'not_signed_in',   'deny'),
  ('public.accept_follow_request(OWNER::text)',
                                              'deny','follow_request_not_found','not_yourself','runs',       'follow_request_not_found','follow_request_not_found','user_banned',  'not_signed_in',   'deny'),
  ('public.decline_follow_request(OWNER::text)',
                                              'deny','runs',       'not_yourself','runs',       'runs',       'runs',       'user_banned',  'not_signed_in',   'deny'),
  ('public.block_user(OWNER::text)',          'deny','changes',    'not_yourself','changes',    'changes',    'changes',    'user_banned',  'not_signed_in',   'deny'),
  ('public.unblock_user(OWNER::text)',        'deny','runs',       'not_yourself','runs',       'runs',       'runs',       'user_banned',  'not_signed_in',   'deny'),
  ('public.mute_user(OWNER::text)',           'deny','changes',    'not_yourself','changes',    'changes',    'changes',    'user_banned',  'not_signed_in',   'deny'),
  ('public.unmute_user(OWNER::text)',         'deny','runs',       'not_yourself','runs',       'runs',       'runs',       'user_banned',  'not_signed_in',   'deny'),
  ('public.list_followers(OWNER::text)',      'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('public.list_following(OWNER::text)',      'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('public.list_follow_requests()',           'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('public.list_blocks()',                    'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('public.list_mutes()',                     'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('public.list_feed()',                      'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('public.list_notifications()',             'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('public.count_unread_notifications()',     'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('public.mark_notifications_read((select newest from public.notifications where recipient_id = OWNER))',
                                              'deny','runs',       'changes',    'runs',       'runs',       'runs',       'user_banned',  'not_signed_in',   'deny'),
  ('public.get_notification_settings()',      'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'not_signed_in',   'deny'),
  ('public.update_notification_settings(''{"like": false}'')',
                                              'deny','runs',       'changes',    'runs',       'runs',       'runs',       'user_banned',  'not_signed_in',   'deny'),
  ('public.create_report(''spam'', PUBLIC)',  'deny','changes',    'not_yourself','changes',   'changes',    'changes',    'user_banned',  'not_signed_in',   'deny'),
  ('public.create_report(''spam'', PRIVATE)', 'deny','post_not_found','not_yourself','post_not_found','changes','changes',  'post_not_found','post_not_found', 'deny'),
  ('public.create_report(''spam'', person => OWNER::text)',
                                              'deny','changes',    'not_yourself','changes',   'changes',    'changes',    'user_banned',  'not_signed_in',   'deny'),
  ('public.list_reports()',                   'deny','forbidden',  'forbidden',  'forbidden',  'runs',       'runs',       'forbidden',    'forbidden',       'runs'),
  ('public.update_report(REPORT, ''resolved'')',
                                              'deny','forbidden',  'forbidden',  'forbidden',  'changes',    'changes',    'forbidden',    'forbidden',       'changes'),
  ('public.hide_comment(SAID)',               'deny','forbidden',  'forbidden',  'forbidden',  'changes',    'changes',    'forbidden',    'forbidden',       'changes'),
  ('public.like_post(PUBLIC)',                'deny','runs',      'changes',   'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.like_post(PRIVATE)',               'deny','post_not_found','changes',   'post_not_found','runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.unlike_post(PUBLIC)',              'deny','runs',      'changes',   'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.unlike_post(PRIVATE)',             'deny','post_not_found','changes',   'post_not_found','runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.save_post(PUBLIC)',                'deny','runs',      'changes',   'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.save_post(PRIVATE)',               'deny','post_not_found','changes',   'post_not_found','runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.unsave_post(PUBLIC)',              'deny','runs',      'changes',   'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.list_likes(PUBLIC)',               'deny','runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('public.list_likes(PRIVATE)',              'deny','post_not_found','runs',      'post_not_found','runs',      'runs',      'post_not_found','post_not_found','deny'),
  ('public.list_reposts(PUBLIC)',             'deny','runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('public.list_reposts(PRIVATE)',            'deny','post_not_found','runs',      'post_not_found','runs',      'runs',      'post_not_found','post_not_found','deny'),
  ('public.search_people(''tap_owner'')',
                                              'deny','runs','changes','runs','runs','runs','user_banned','not_signed_in','deny'),
  ('public.suggest_people(''tap_owner'')',
                                              'deny','runs','changes','runs','runs','runs','user_banned','not_signed_in','deny'),
  ('public.search_posts(''tap'')',
                                              'deny','runs','changes','runs','runs','runs','user_banned','not_signed_in','deny'),
  ('public.search_tags(''tap'')',
                                              'deny','runs','changes','runs','runs','runs','user_banned','not_signed_in','deny'),
  ('public.trending_tags()',
                                              'deny','runs','runs','runs','runs','runs','user_banned','not_signed_in','deny'),
  ('public.begin_export()',
                                              'deny','runs','changes','runs','runs','runs','runs','not_signed_in','deny'),
  ('public.export_section(''posts'')',
                                              'deny','runs','runs','runs','runs','runs','runs','not_signed_in','deny'),
  ('public.list_saved_posts()',               'deny','runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('public.create_comment(PUBLIC, ''x'')',    'deny','runs',      'changes',   'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.create_comment(PRIVATE, ''x'')',   'deny','post_not_found','changes',   'post_not_found','runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.create_comment(PUBLIC, ''x'', UNSEEN)',
                                              'deny','parent_not_found','changes',   'parent_not_found','runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.update_comment(SAID, ''x'')',      'deny','not_comment_owner','changes',   'not_comment_owner','not_comment_owner','not_comment_owner','user_banned', 'not_signed_in', 'deny'),
  ('public.update_comment(UNSEEN, ''x'')',    'deny','comment_not_found','changes',   'comment_not_found','not_comment_owner','not_comment_owner','user_banned', 'not_signed_in', 'deny'),
  ('public.delete_post(PRIVATE)',             'deny','post_not_found','changes',   'post_not_found','not_owner', 'not_owner',  'user_banned', 'not_signed_in', 'deny'),
  ('public.delete_post(PUBLIC)',              'deny','not_owner',  'changes',    'not_owner',  'not_owner',  'not_owner',  'user_banned', 'not_signed_in', 'deny'),
  ('public.delete_comment(SAID)',             'deny','not_comment_owner','changes',   'changes',   'changes',   'changes',   'user_banned', 'not_signed_in', 'deny'),
  ('public.delete_comment(UNSEEN)',           'deny','comment_not_found','changes',   'comment_not_found','changes',   'changes',   'user_banned', 'not_signed_in', 'deny'),
  ('public.get_comment(SAID)',                'deny','runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('public.get_comment(UNSEEN)',              'deny','comment_not_found','runs',      'comment_not_found','runs',      'runs',      'comment_not_found','comment_not_found','deny'),
  ('public.get_comments(array[SAID, UNSEEN])','deny','runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('public.list_comments(PUBLIC)',            'deny','runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('public.list_comment_events(PUBLIC, 60)',  'deny','runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('public.list_comment_events(PRIVATE, 60)', 'deny','post_not_found','runs',      'post_not_found','runs',      'runs',      'post_not_found','post_not_found','deny'),
  ('public.list_comments(PRIVATE)',           'deny','post_not_found','runs',      'post_not_found','runs',      'runs',      'post_not_found','post_not_found','deny'),
  ('public.list_replies(SAID)',               'deny','runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('public.list_replies(UNSEEN)',             'deny','comment_not_found','runs',      'comment_not_found','runs',      'runs',      'comment_not_found','comment_not_found','deny'),
  ('public.like_comment(SAID)',               'deny','runs',      'changes',   'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.like_comment(UNSEEN)',             'deny','comment_not_found','changes',   'comment_not_found','runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.unlike_comment(SAID)',             'deny','runs',      'changes',   'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('public.list_comment_likes(SAID)',         'deny','runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('public.list_comment_likes(UNSEEN)',       'deny','comment_not_found','runs',      'comment_not_found','runs',      'runs',      'comment_not_found','comment_not_found','deny'),
  ('public.hide_post(PUBLIC)',                'deny','forbidden',  'forbidden',  'forbidden',  'changes',    'changes',    'forbidden',    'forbidden',      'changes'),
  ('public.set_role(OWNER, ''admin'')',       'deny','forbidden',  'forbidden',  'forbidden',  'forbidden',  'changes',    'forbidden',    'forbidden',      'changes'),
  ('public.set_vip(OWNER, true)',             'deny','forbidden',  'forbidden',  'forbidden',  'forbidden',  'changes',    'forbidden',    'forbidden',      'changes'),
  ('public.delete_account()',                 'deny','runs',       'changes',    'changes',    'runs',       'last_admin', 'user_banned',  'not_signed_in',  'deny'),
  ('public.register_file(''post-media'', OWNER || ''/new.jpg'', OWNER, ''image'', ''image/jpeg'', 1)',
                                              'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'changes'),
  ('public.discard_files(''post-media'', array[FILE])',
                                              'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'changes'),
  ('public.take_removals()',                  'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'runs'),
  ('public.forget_expired()',                 'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'runs'),
  ('public.enqueue_uploads()',                'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'runs'),
  ('public.finish_removals(''post-media'', array[FILE])',
                                              'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'runs'),
  ('public.limits()',                         'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs'),
  ('public.extract_mentions(''@a'')',         'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs'),
  ('public.extract_hashtags(''#a'')',         'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs'),

  -- Not exposed by the Data API: policies, constraints and the functions above call these as the caller.
  ('private.insert_post(''x'', ''{}'', ''{}'', ''[]'', true, null, null, null)',
                                              'deny','runs',       'changes',    'runs',       'runs',       'runs',       'user_banned',  'not_signed_in',  'deny'),
  ('private.edit_post(PUBLIC, ''x'', null, null, null, ''[]'', ''{}'')',
                                              'deny','post_not_found','changes',    'post_not_found','post_not_found','post_not_found','user_banned',  'not_signed_in',  'deny'),
  ('private.insert_post_like(null)',          'deny','post_not_found','post_not_found','post_not_found','post_not_found','post_not_found','user_banned', 'not_signed_in', 'deny'),
  ('private.delete_post_like(PUBLIC, null)',  'deny','post_not_found','post_not_found','post_not_found','post_not_found','post_not_found','user_banned', 'not_signed_in', 'deny'),
  ('private.insert_post_save(null)',          'deny','post_not_found','post_not_found','post_not_found','post_not_found','post_not_found','user_banned', 'not_signed_in', 'deny'),
  ('private.delete_post_save(PUBLIC, null)',  'deny','post_not_found','post_not_found','post_not_found','post_not_found','post_not_found','user_banned', 'not_signed_in', 'deny'),
  ('private.insert_comment_like(null)',       'deny','comment_not_found','comment_not_found','comment_not_found','comment_not_found','comment_not_found','user_banned', 'not_signed_in', 'deny'),
  ('private.delete_comment_like(SAID, null)', 'deny','comment_not_found','comment_not_found','comment_not_found','comment_not_found','comment_not_found','user_banned', 'not_signed_in', 'deny'),
  ('private.insert_comment(PUBLIC, ''x'', null, null, null, null)',
                                              'deny','post_not_found','post_not_found','post_not_found','post_not_found','post_not_found','user_banned', 'not_signed_in', 'deny'),
  ('private.edit_comment(SAID, ''x'')',       'deny','runs',      'changes',   'runs',      'runs',      'runs',      'user_banned', 'not_signed_in', 'deny'),
  ('private.bury_comment(SAID)',              'deny','runs',      'changes',   'changes',   'changes',   'changes',   'user_banned', 'not_signed_in', 'deny'),
  ('private.compose_comments(array[SAID])',   'deny','runs',      'runs',      'runs',      'runs',      'runs',      'runs',        'runs',          'deny'),
  ('private.has_visible_character(''a'')',    'deny','deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'runs'),
  ('private.is_valid_comment(''a'')',         'deny','deny',      'deny',      'deny',      'deny',      'deny',      'deny',        'deny',          'runs'),
  ('private.lock_writer()',                   'deny','runs',       'runs',       'runs',       'runs',       'runs',       'user_banned',  'not_signed_in',  'deny'),
  ('private.may_write()',                     'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('private.may_listen(''post:'' || PRIVATE)',
                                              'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('private.read_comment_events(PUBLIC, 60)', 'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('private.send_unread_count(1)',            'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('private.has_role(''user'')',              'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('private.find_profile(''tap_owner'')',     'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('private.require_profile(''tap_owner'')',  'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('private.original_of(PUBLIC)',             'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('private.view_posts(array[PUBLIC])',       'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('private.compose_posts(array[PUBLIC], ''{}'')',
                                              'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'deny'),
  ('private.refuse_estimates()',              'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('private.blocked_ids()',                   'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('private.sees_profile(OWNER)',             'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('private.begin_search(''tap'')',
                                              'deny','runs','changes','runs','runs','runs','user_banned','not_signed_in','deny'),
  ('private.place_cursor(1)',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','deny'),
  ('private.place_of(OWNER)',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','deny'),
  ('private.name_prefix(''tap'')',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','deny'),
  ('private.people_named(''tap'', 20, array[OWNER])',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','deny'),
  ('private.people_page(array[OWNER], null, 20)',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','deny'),
  ('private.tags_from(''tap'', null, 20)',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','deny'),
  ('private.trends_from(''tap'')',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','deny'),
  ('private.newest_of_tags(array[''tap''])',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','deny'),
  ('private.count_tags(array[''tap''])',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','deny'),
  ('private.fold_text(''tap'')',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','runs'),
  ('private.unspaced_letters()',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','runs'),
  ('private.search_terms(''tap'')',
                                              'deny','runs','runs','runs','runs','runs','runs','runs','runs'),
  ('private.page_size(20)',                   'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('private.require_post(PRIVATE)',           'deny','post_not_found','runs',    'post_not_found','runs',     'runs',       'post_not_found','post_not_found', 'deny'),
  ('private.require_comment(SAID)',           'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('private.compose_people(array[OWNER], array[OWNER])',
                                              'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('private.compose_notifications(array[OWNER])',
                                              'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('private.set_notifications_read((select newest from public.notifications where recipient_id = OWNER))',
                                              'deny','runs',       'changes',    'runs',       'runs',       'runs',       'user_banned',  'not_signed_in',   'deny'),
  ('private.set_notification_settings(''{"like": false}'')',
                                              'deny','runs',       'changes',    'runs',       'runs',       'runs',       'user_banned',  'not_signed_in',   'deny'),
  ('private.insert_report(''spam'', PUBLIC, null, null, '''')',
                                              'deny','changes',    'changes',    'changes',    'changes',    'changes',    'user_banned',  'not_signed_in',   'deny'),
  ('private.candidate_ids(null, null, null, OWNER, 20)',
                                              'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('private.visible_ids(null, null, null, OWNER, 20)',
                                              'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',            'deny'),
  ('private.raise_error(418, ''raised'', '''')',
                                              'deny','raised',     'raised',     'raised',     'raised',     'raised',     'raised',       'raised',         'raised'),
  ('private.limit_of(''tags'')',              'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs'),
  ('private.uuid_v7()',                       'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'runs'),
  ('private.invisible_characters()',          'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs'),
  ('private.combining_marks()',               'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs'),
  ('private.without_urls(''#a'', ''#'')',     'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs'),
  ('private.hashtag_pattern()',               'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs'),
  ('private.tag_name(''#A'')',                'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs'),
  ('private.is_valid_tag(''a'')',             'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'runs'),
  ('private.is_valid_caption(''a'')',         'deny','deny',       'deny',       'deny',       'deny',       'deny',       'deny',         'deny',           'runs'),
  ('private.is_valid_url(''https://a.b'')',   'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs'),
  ('private.is_valid_username(''tap'')',      'deny','runs',       'runs',       'runs',       'runs',       'runs',       'runs',         'runs',           'runs');

-- The words in capitals, which keep the table readable.
create temporary table words (word text, meaning text);
insert into words
values
  ('OWNER', 'tests.id_of(''owner'')'), ('PUBLIC', 'tests.id_of(''All #tap_public @tap_mentioned'')'), ('PRIVATE', 'tests.id_of(''Me'')'),
  ('HIDDEN', 'tests.id_of(''Bad'')'), ('FILE', 'tests.path_of(''owner'', ''2.jpg'')'),
  ('SAID', 'tests.id_of(''Said'')'), ('UNSEEN', 'tests.id_of(''Unseen'')'),
  ('REPORT', '(select id from public.reports where profile_id = tests.id_of(''owner''))');
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

create temporary table personas (name text primary key, role text not null);
insert into personas
values
  ('nobody', 'anon'), ('stranger', 'authenticated'), ('owner', 'authenticated'), ('mentioned', 'authenticated'),
  ('moderator', 'authenticated'), ('admin', 'authenticated'), ('banned', 'authenticated'), ('gone', 'authenticated'),
  ('service', 'service_role');
update public.profiles set role = 'user' where role = 'admin';
-- A banned admin has no power, and does not count as another admin.
select tests.create_user(name, case name when 'moderator' then name when 'admin' then name when 'banned' then 'admin' else 'user' end::public.profile_role)
from unnest(array['stranger', 'owner', 'mentioned', 'moderator', 'admin', 'banned']) as name;
update auth.users set banned_until = now() + interval '1 hour' where id = tests.id_of('banned');
select
  tests.insert_post('owner', 'All #tap_public @tap_mentioned'), tests.insert_post('owner', 'Me', false), tests.insert_post('owner', 'Bad', hidden_at => now());
select tests.insert_file(tests.id_of('All #tap_public @tap_mentioned'), tests.path_of('owner', '1.jpg')), tests.publish_file('owner', '2.jpg');
insert into private.idempotency_keys (owner_id, key, request_hash, post_id)
values (
  tests.id_of('owner'), 'tap',
  sha256(convert_to(jsonb_build_array('x', '{}'::text[], '{}'::text[], '[]'::jsonb, true, null)::text, 'UTF8')),
  tests.id_of('All #tap_public @tap_mentioned')
);
insert into public.follows (follower_id, followee_id)
values (tests.id_of('mentioned'), tests.id_of('owner')), (tests.id_of('owner'), tests.id_of('mentioned'));
insert into public.reports (profile_id, reason) values (tests.id_of('owner'), 'spam');
-- Comments of the owner: one on a post of the mentioned user, and one that a moderator hid.
select tests.insert_post('mentioned', 'Another''s');
select
  tests.insert_comment('owner', tests.id_of('Another''s'), 'Said'),
  tests.insert_comment('owner', tests.id_of('All #tap_public @tap_mentioned'), 'Unseen', hidden_at => now());

-- Everything that belongs to the owner.
create function pg_temp.owned() returns text
language sql
as $$
  select md5(string_agg(belongings.content, ' ' order by belongings.content))
  from (
    select to_jsonb(users)::text from auth.users where id = tests.id_of('owner')
    union all select to_jsonb(profiles)::text from public.profiles where id = tests.id_of('owner')
    union all select to_jsonb(private_profiles)::text from public.private_profiles where id = tests.id_of('owner')
    union all select to_jsonb(posts)::text from public.posts where owner_id = tests.id_of('owner')
    union all select to_jsonb(post_media)::text from public.post_media where path like tests.id_of('owner') || '/%'
    union all
    select to_jsonb(post_tags)::text from public.post_tags join public.posts on posts.id = post_tags.post_id where owner_id = tests.id_of('owner')
    union all
    select to_jsonb(post_mentions)::text
    from public.post_mentions join public.posts on posts.id = post_mentions.post_id where owner_id = tests.id_of('owner')
    union all select to_jsonb(comments)::text from public.comments where owner_id = tests.id_of('owner')
    union all select to_jsonb(post_likes)::text from public.post_likes where profile_id = tests.id_of('owner')
    union all select to_jsonb(post_saves)::text from public.post_saves where profile_id = tests.id_of('owner')
    union all select to_jsonb(comment_likes)::text from public.comment_likes where profile_id = tests.id_of('owner')
    union all select to_jsonb(follows)::text from public.follows where tests.id_of('owner') in (follower_id, followee_id)
    union all select to_jsonb(blocks)::text from public.blocks where tests.id_of('owner') in (blocker_id, blocked_id)
    union all select to_jsonb(mutes)::text from public.mutes where tests.id_of('owner') in (muter_id, muted_id)
    union all select to_jsonb(reports)::text from public.reports
    union all select to_jsonb(objects)::text from storage.objects where name like tests.id_of('owner') || '/%'
    union all select to_jsonb(unused)::text from private.unused_files as unused where name like tests.id_of('owner') || '/%'
    union all select to_jsonb(counted)::text from private.rate_counters as counted where subject = tests.id_of('owner')::text
    union all select to_jsonb(used)::text from private.idempotency_keys as used where owner_id = tests.id_of('owner')
  ) as belongings (content)
$$;

-- Runs the call as that user, returns what came of it, and rolls it back.
create function pg_temp.attempt(persona text, statement text) returns text
language plpgsql
as $$
declare
  v_role constant text := (select role from personas where name = persona);
  v_before text := pg_temp.owned();
  v_hint text;
begin
  perform set_config('request.jwt.claims', json_build_object('sub', case v_role when 'authenticated' then tests.id_of(persona) end, 'role', v_role)::text, true);
  perform set_config('role', v_role, true);
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
  'the matrix has every function that a request may call'
);
select is_empty(
  $$
    select pronamespace::regnamespace, proname
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    group by pronamespace, proname
    having count(*) > 1
  $$,
  'no two functions have one name'
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
