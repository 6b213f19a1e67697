-- Who is notified of what, and what takes it back. Ada owns the posts; Ben, Cleo and Dan do something to them; Mia is a
-- moderator. Groups, pages and what is read are in 42-notification-lists.sql.
begin;
set local search_path = public, extensions;
select plan(87);

select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('cleo'), tests.create_user('dan'), tests.create_user('mia', 'moderator');
select tests.insert_post('ada', 'Post'), tests.insert_post('ada', 'Private', false);

-- The notifications of a user, newest first: kind, actors, count if there are more, preview.
create function pg_temp.notified(name text) returns text[]
language plpgsql
as $$
declare
  v_lines text[];
begin
  perform tests.authenticate_as(name);
  v_lines := array(
    select concat_ws(
      ' ', kind,
      (
        select string_agg(substr(actor ->> 'username', 5), ',' order by place)
        from jsonb_array_elements(actors) with ordinality as listed (actor, place)
      ),
      case when actor_count <> jsonb_array_length(actors) then actor_count end,
      case when preview is not null then format('"%s"', preview) end
    )
    from public.list_notifications(page_limit => 100)
  );
  perform tests.clear_authentication();
  return v_lines;
end
$$;
create function pg_temp.id_of(text text) returns uuid
language sql
as $$
  select id from public.comments where comments.text = id_of.text
  union all
  select id from public.posts where caption = id_of.text
$$;
create function pg_temp.forget() returns void
language sql
as $$
  delete from public.notifications;
  delete from public.post_likes;
  delete from public.comments;
  delete from public.follows;
  delete from public.blocks;
  delete from public.mutes;
$$;
grant execute on all functions in schema pg_temp to authenticated;

-- Likes of posts

select tests.call_as('ben', $$public.like_post(tests.id_of('Post'))$$);
select is(pg_temp.notified('ada'), array['like ben "Post"'], 'notifies the owner of a post of a like');
select tests.call_as('ben', $$public.like_post(tests.id_of('Post'))$$);
select is(pg_temp.notified('ada'), array['like ben "Post"'], 'does not notify of a like again that is there already');
select tests.call_as('cleo', $$public.like_post(tests.id_of('Post'))$$);
select is(pg_temp.notified('ada'), array['like cleo,ben "Post"'], 'groups the likes of a post, newest first');
select is(pg_temp.notified('ben'), '{}', 'does not notify other users of a like');
select tests.call_as('cleo', $$public.unlike_post(tests.id_of('Post'))$$);
select is(pg_temp.notified('ada'), array['like ben "Post"'], 'takes one like of a group back');
select is((select newest from public.notifications), (select id from public.post_likes), 'the newest of the group is then the like before');
select tests.call_as('ben', $$public.unlike_post(tests.id_of('Post'))$$);
select is(pg_temp.notified('ada'), '{}', 'takes the last like back');
select is_empty('select from public.notifications', 'no empty group remains');
select tests.call_as('ada', $$public.like_post(tests.id_of('Post'))$$);
select is(pg_temp.notified('ada'), '{}', 'does not notify of what a user does to their own post');
insert into public.post_likes (profile_id, post_id)
select tests.id_of(name), tests.id_of('Post') from unnest(array['ben', 'cleo', 'dan', 'mia']) as name;
select is(
  (select (count(*), sum(actor_count))::text from public.notifications), '(1,4)', 'notifies of many likes of one statement, without the own one, in one group'
);
delete from public.post_likes where profile_id in (tests.id_of('ben'), tests.id_of('dan'));
select is(pg_temp.notified('ada'), array['like mia,cleo "Post"'], 'takes many likes of one statement back');

-- Comments, replies, likes of comments

select pg_temp.forget();
select tests.call_as('ben', $$public.create_comment(tests.id_of('Post'), 'One')$$);
select is(pg_temp.notified('ada'), array['comment ben "One"'], 'notifies the owner of a post of a comment');
select tests.call_as('cleo', $$public.create_comment(tests.id_of('Post'), 'Two', pg_temp.id_of('One'))$$);
select is(pg_temp.notified('ben'), array['reply cleo "Two"'], 'notifies the author of a comment of a reply');
select is(pg_temp.notified('ada'), array['comment cleo "Two"', 'comment ben "One"'], 'notifies the owner of the post of the reply as well, as a comment');
select tests.call_as('dan', $$public.create_comment(tests.id_of('Post'), 'Three', pg_temp.id_of('Two'))$$);
select is(pg_temp.notified('cleo'), array['reply dan "Three"'], 'notifies the author of the reply that is answered');
select is(pg_temp.notified('ben'), array['reply cleo "Two"'], 'does not notify the author of the comment above both');
select tests.call_as('ada', $$public.create_comment(tests.id_of('Post'), 'Four', pg_temp.id_of('Three'))$$);
select is(pg_temp.notified('dan'), array['reply ada "Four"'], 'notifies of the reply of the owner of the post');
select is(pg_temp.notified('ada')::text ~ 'Four', false, 'does not notify the owner of the post of their own reply');
select tests.call_as('ben', $$public.create_comment(tests.id_of('Post'), 'Own', pg_temp.id_of('One'))$$);
select is(pg_temp.notified('ben'), array['reply cleo "Two"'], 'does not notify of a reply of users to themselves');
select tests.call_as('cleo', $$public.create_comment(tests.id_of('Post'), 'To the owner', pg_temp.id_of('Four'))$$);
select is((pg_temp.notified('ada'))[1], 'reply cleo "To the owner"', 'notifies the owner of the post of a reply to them once: as a reply');
select is((select count(*) from public.notifications where comment_id = pg_temp.id_of('To the owner')), 1::bigint, 'a reply to the owner of the post is one notification');

select tests.call_as('dan', $$public.like_comment(pg_temp.id_of('One'))$$);
select tests.call_as('ada', $$public.like_comment(pg_temp.id_of('One'))$$);
select is(pg_temp.notified('ben'), array['like ada,dan "One"', 'reply cleo "Two"'], 'notifies the author of a comment of likes, as a group');
select is((select post from public.list_notifications() limit 1), tests.id_of('Post'), 'names the post on which the comment is') from tests.authenticate_as('ben');
select tests.clear_authentication();
select tests.call_as('ada', $$public.unlike_comment(pg_temp.id_of('One'))$$);
select is((pg_temp.notified('ben'))[1], 'like dan "One"', 'takes the like of a comment back');

select tests.call_as('cleo', $$public.delete_comment(pg_temp.id_of('To the owner'))$$);
select is((pg_temp.notified('ada'))[1], 'comment ben "Own"', 'takes a reply back that is deleted');
select tests.call_as('ben', $$public.delete_comment(pg_temp.id_of('One'))$$);
select is(pg_temp.notified('ada'), array['comment ben "Own"', 'comment dan "Three"', 'comment cleo "Two"'], 'takes a comment back that stays as a tombstone');
select is(pg_temp.notified('ben'), array['reply cleo "Two"'], 'a comment that is deleted takes the notifications of its likes along');
update public.comments set hidden_at = now() where text = 'Two';
select is(pg_temp.notified('ben'), '{}', 'shows nothing about a comment that a moderator hid');
update public.comments set hidden_at = null where text = 'Two';
select is(pg_temp.notified('ben'), array['reply cleo "Two"'], 'shows it again when the comment is shown again');

-- Mentions

select pg_temp.forget();
select tests.call_as('ben', $$public.create_post('To @tap_cleo and @tap_ben')$$);
select is(pg_temp.notified('cleo'), array['mention ben "To @tap_cleo and @tap_ben"'], 'notifies of a mention in a caption');
select is(pg_temp.notified('ben'), '{}', 'does not notify of a user who mentions themselves');
select tests.call_as('ben', $$public.update_post(pg_temp.id_of('To @tap_cleo and @tap_ben'), 'To @tap_dan', mentions => array['tap_mia'])$$);
select is(pg_temp.notified('cleo'), '{}', 'takes a mention back that an edit removes');
select is(pg_temp.notified('dan'), array['mention ben "To @tap_dan"'], 'notifies of a mention that an edit adds');
select is(pg_temp.notified('mia'), array['mention ben "To @tap_dan"'], 'notifies of a listed mention');
select tests.call_as('ben', $$public.update_post(pg_temp.id_of('To @tap_dan'), is_public => false)$$);
select is(pg_temp.notified('dan'), '{}', 'a post that becomes private notifies nobody any more');
select public.mark_notifications_read('ffffffff-ffff-ffff-ffff-ffffffffffff') from tests.authenticate_as('dan');
select tests.clear_authentication();
select tests.call_as('ben', $$public.update_post(pg_temp.id_of('To @tap_dan'), is_public => true)$$);
select is(pg_temp.notified('dan'), array['mention ben "To @tap_dan"'], 'a post that becomes public notifies the users whom it mentions');
select is(public.count_unread_notifications(), 1, 'the notification of a post that became public is unread') from tests.authenticate_as('dan');
select tests.clear_authentication();
update public.posts set hidden_at = now() where id = pg_temp.id_of('To @tap_dan');
select is_empty('select from public.notifications', 'a post that a moderator hides notifies nobody any more');
select tests.call_as('ben', $$public.update_post(pg_temp.id_of('To @tap_dan'), 'To @tap_dan and @tap_cleo')$$);
select is_empty('select from public.notifications', 'an edit of a hidden post notifies nobody');
update public.posts set hidden_at = null where caption = 'To @tap_dan and @tap_cleo';
select is(pg_temp.notified('dan') || pg_temp.notified('cleo'), array['mention ben "To @tap_dan and @tap_cleo"', 'mention ben "To @tap_dan and @tap_cleo"'], 'a hidden post that is shown again notifies the users whom it mentions');
select tests.call_as('ben', $$public.update_post(pg_temp.id_of('To @tap_dan and @tap_cleo'), 'To @tap_dan')$$);
select tests.call_as('ben', $$public.create_post('Secret for @tap_dan', is_public => false)$$);
select is_empty('select from public.notifications where post_id = pg_temp.id_of(''Secret for @tap_dan'')', 'a private post notifies nobody');
delete from public.posts where caption = 'Secret for @tap_dan';
update public.profiles set is_public = false where id = tests.id_of('ben');
insert into public.follows (follower_id, followee_id, state) values (tests.id_of('cleo'), tests.id_of('ben'), 'accepted'), (tests.id_of('dan'), tests.id_of('ben'), 'requested');
select tests.call_as('ben', $$public.create_post('For followers: @tap_cleo @tap_dan')$$);
select tests.call_as('cleo', $$public.create_comment(pg_temp.id_of('For followers: @tap_cleo @tap_dan'), 'Look @tap_dan')$$);
select is(
  array(select kind || ' ' || substr(username::text, 5) from public.notifications join public.profiles on profiles.id = recipient_id where kind = 'mention' and notifications.id > (select min(posts.id::text)::uuid from public.posts where caption like 'For followers%')),
  array['mention cleo'], 'a post of a private profile, and its comments, notify the followers alone'
);
delete from public.posts where caption like 'For followers%';
delete from public.follows where followee_id = tests.id_of('ben');
update public.profiles set is_public = true where id = tests.id_of('ben');
delete from public.posts where id = pg_temp.id_of('To @tap_dan');
select is(pg_temp.notified('dan'), '{}', 'takes a mention back with its post');

select tests.call_as('ben', $$public.create_comment(tests.id_of('Post'), 'Hi @tap_cleo @tap_ada')$$);
select is(pg_temp.notified('cleo'), array['mention ben "Hi @tap_cleo @tap_ada"'], 'notifies of a mention in a comment');
select is(pg_temp.notified('ada'), array['mention ben "Hi @tap_cleo @tap_ada"'], 'notifies the owner of the post of a comment that mentions them once: as a mention');
select tests.call_as('cleo', $$public.create_comment(tests.id_of('Post'), 'Hi back @tap_ben', pg_temp.id_of('Hi @tap_cleo @tap_ada'))$$);
select is(pg_temp.notified('ben'), array['reply cleo "Hi back @tap_ben"'], 'notifies of a reply that mentions the answered author once: as a reply');
select tests.call_as('ben', $$public.update_comment(pg_temp.id_of('Hi @tap_cleo @tap_ada'), 'Hi @tap_dan @tap_ada')$$);
select is(pg_temp.notified('cleo')::text ~ 'mention', false, 'takes a mention back that an edit of the comment removes');
select is(pg_temp.notified('dan'), array['mention ben "Hi @tap_dan @tap_ada"'], 'notifies of a mention that an edit of a comment adds');
select tests.call_as('ben', $$public.update_comment(pg_temp.id_of('Hi @tap_dan @tap_ada'), 'Hi all')$$);
select is(pg_temp.notified('dan'), '{}', 'deletes the notification of a mention that an edit of a comment removes');
select is(pg_temp.notified('ada'), array['comment ben "Hi all"', 'comment cleo "Hi back @tap_ben"'], 'notifies the owner of the post of the comment, once an edit removes the mention');

-- Reposts

select pg_temp.forget();
select tests.call_as('ben', $$public.create_post('Look at this', original_post => tests.id_of('Post'))$$);
select is(pg_temp.notified('ada'), array['repost ben "Look at this"'], 'notifies the owner of a post of a repost');
select is((select post from public.list_notifications()), pg_temp.id_of('Look at this'), 'names the repost') from tests.authenticate_as('ada');
select tests.clear_authentication();
select tests.call_as('cleo', $$public.create_post('Look @tap_ada', original_post => pg_temp.id_of('Look at this'))$$);
select is(pg_temp.notified('ada'), array['repost cleo "Look @tap_ada"', 'repost ben "Look at this"'], 'notifies of the repost of a repost, once if it mentions the owner');
select is(pg_temp.notified('ben'), '{}', 'does not notify the author of the repost that was reposted');
select tests.call_as('dan', $$public.create_post('To myself', original_post => tests.id_of('Post'), is_public => false)$$);
select is((pg_temp.notified('ada'))[1], 'repost cleo "Look @tap_ada"', 'a private repost notifies nobody');
update public.posts set is_public = true where caption = 'To myself';
select is((pg_temp.notified('ada'))[1], 'repost dan "To myself"', 'a repost that becomes public notifies the owner of the original');
update public.posts set is_public = false where caption = 'To myself';
update public.profiles set is_public = false where id = tests.id_of('cleo');
select is(pg_temp.notified('ada'), array['repost ben "Look at this"'], 'does not show the repost of a profile that became private');
delete from public.posts where id = pg_temp.id_of('Look at this');
select is(pg_temp.notified('ada'), '{}', 'takes a repost back that is deleted');
update public.profiles set is_public = true where id = tests.id_of('cleo');
delete from public.posts where caption in ('Look @tap_ada', 'To myself');

-- Follows

select tests.call_as('ben', $$public.follow_user('tap_ada')$$);
select tests.call_as('cleo', $$public.follow_user('tap_ada')$$);
select is(pg_temp.notified('ada'), array['follow cleo,ben'], 'notifies of follows of a public profile, as a group');
select tests.call_as('ben', $$public.unfollow_user('tap_ada')$$);
select is(pg_temp.notified('ada'), array['follow cleo'], 'takes a follow back');
update public.profiles set is_public = false where id = tests.id_of('ada');
select tests.call_as('ben', $$public.follow_user('tap_ada')$$);
select tests.call_as('dan', $$public.follow_user('tap_ada')$$);
select is(pg_temp.notified('ada'), array['follow_request dan,ben', 'follow cleo'], 'notifies of requests to follow a private profile');
select tests.call_as('ada', $$public.accept_follow_request('tap_ben')$$);
select is(pg_temp.notified('ada'), array['follow_request dan', 'follow cleo'], 'an accepted request is no longer listed as a request');
select is(pg_temp.notified('ben'), array['follow_accepted ada'], 'notifies of an accepted request');
select tests.call_as('dan', $$public.unfollow_user('tap_ada')$$);
select is(pg_temp.notified('ada'), array['follow cleo'], 'takes a withdrawn request back');
select tests.call_as('ben', $$public.unfollow_user('tap_ada')$$);
select is(pg_temp.notified('ben'), '{}', 'takes an accepted request back with the follow');
select tests.call_as('dan', $$public.follow_user('tap_ada')$$);
select tests.call_as('mia', $$public.follow_user('tap_ada')$$);
update public.profiles set is_public = true where id = tests.id_of('ada');
select is(pg_temp.notified('dan') || pg_temp.notified('mia'), array['follow_accepted ada', 'follow_accepted ada'], 'notifies all who asked that the profile accepted when it became public');
select is(pg_temp.notified('ada'), array['follow cleo'], 'accepted requests leave no notifications');

-- Settings

select pg_temp.forget();
select is(
  public.get_notification_settings(),
  '{"follow": true, "follow_request": true, "follow_accepted": true, "mention": true, "like": true, "comment": true, "reply": true, "repost": true}'::jsonb,
  'every kind is on at first'
) from tests.authenticate_as('ada');
select is(
  public.update_notification_settings('{"like": false, "mention": false}') || '{}',
  '{"follow": true, "follow_request": true, "follow_accepted": true, "mention": false, "like": false, "comment": true, "reply": true, "repost": true}'::jsonb,
  'switches kinds off'
);
select is(
  public.update_notification_settings('{"mention": true}') ->> 'like', 'false', 'leaves the kinds alone that a change does not name'
);
select is(tests.refusal(format('select public.update_notification_settings(%L)', changes)), 'PT422 notification_setting_invalid ' || field, 'refuses ' || label)
from (
  values
    ('{"poke": true}', 'poke', 'an unknown kind'), ('{"like": null}', 'like', 'a setting without a value'), ('{"like": "false"}', 'like', 'a text'),
    ('[]', 'changes', 'a list'), ('true', 'changes', 'a boolean')
) as refused (changes, field, label);
select tests.clear_authentication();
select tests.call_as('ben', $$public.like_post(tests.id_of('Post'))$$);
select tests.call_as('ben', $$public.create_comment(tests.id_of('Post'), 'Still @tap_ada')$$);
select is(pg_temp.notified('ada'), array['mention ben "Still @tap_ada"'], 'does not notify of a kind that is off');
update public.private_profiles set notification_kinds_off = '{reply}' where id = tests.id_of('ben');
select tests.call_as('cleo', $$public.create_comment(tests.id_of('Post'), 'Answer to @tap_ben', pg_temp.id_of('Still @tap_ada'))$$);
select is(pg_temp.notified('ben'), array['mention cleo "Answer to @tap_ben"'], 'notifies of a reply as a mention if replies are off');
update public.private_profiles set notification_kinds_off = '{}';

-- Blocks and mutes

select pg_temp.forget();
select tests.call_as('ben', $$public.like_post(tests.id_of('Post'))$$);
select tests.call_as('cleo', $$public.like_post(tests.id_of('Post'))$$);
select tests.call_as('ben', $$public.create_comment(tests.id_of('Post'), 'One')$$);
select tests.call_as('ada', $$public.like_comment(pg_temp.id_of('One'))$$);
select tests.call_as('ben', $$public.follow_user('tap_ada')$$);
select is(pg_temp.notified('ada'), array['follow ben', 'comment ben "One"', 'like cleo,ben "Post"'], 'before a mute and a block');
select tests.call_as('ada', $$public.mute_user('tap_ben')$$);
select is(pg_temp.notified('ada'), array['like cleo "Post"'], 'a mute removes what the muted user did');
select is(pg_temp.notified('ben'), array['like ada "One"'], 'the muted user is still notified');
select tests.call_as('ben', $$public.create_comment(tests.id_of('Post'), 'Two @tap_ada')$$);
select is(pg_temp.notified('ada'), array['like cleo "Post"'], 'the user gets no notifications of a muted user');
select tests.call_as('ada', $$public.unmute_user('tap_ben')$$);
select tests.call_as('ben', $$public.create_comment(tests.id_of('Post'), 'Three')$$);
select is(pg_temp.notified('ada'), array['comment ben "Three"', 'like cleo "Post"'], 'after the mute, what is new notifies');
select tests.call_as('ben', $$public.block_user('tap_ada')$$);
select is(pg_temp.notified('ada') || pg_temp.notified('ben'), array['like cleo "Post"'], 'a block removes the notifications that each of the two has of the other');
insert into public.comments (post_id, owner_id, text) values (tests.id_of('Post'), tests.id_of('ben'), 'Past the functions');
insert into public.comment_likes (profile_id, comment_id) values (tests.id_of('ada'), pg_temp.id_of('Past the functions'));
-- The rows themselves: those of a blocked pair would not be shown anyway.
select is_empty(
  $$select from public.notification_actors where actor_id in (tests.id_of('ada'), tests.id_of('ben'))$$, 'a blocked pair is not notified of each other, whatever writes'
);

-- Accounts that go

select pg_temp.forget();
select tests.call_as(name, $$public.like_post(tests.id_of('Post'))$$) from unnest(array['ben', 'cleo', 'dan']) as name;
select tests.call_as('dan', $$public.create_comment(tests.id_of('Post'), 'By Dan')$$);
select tests.call_as('dan', $$public.create_comment(tests.id_of('Post'), 'Last', (public.create_comment(tests.id_of('Post'), 'Top')).id)$$);
delete from auth.users where id = tests.id_of('dan');
select is(pg_temp.notified('ada'), array['like cleo,ben "Post"'], 'a deleted account takes along what it did');
delete from auth.users where id = tests.id_of('ada');
select is_empty('select from public.notifications', 'a deleted account takes its notifications along');
select is_empty('select from public.notification_actors', 'a deleted account leaves no user of a notification');

select * from finish();
rollback;
