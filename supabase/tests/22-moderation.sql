-- hide_post and hide_comment. Ada is the owner, Cleo a stranger, Ben is mentioned and comments, Mia and Max are moderators,
-- Zoe is an admin. Who sees a hidden post is in 15-visibility.sql.
begin;
set local search_path = public, extensions;
select plan(30);

select tests.create_user('max', 'moderator');
select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('cleo'), tests.create_user('mia', 'moderator'), tests.create_user('zoe', 'admin');
select tests.insert_post('ada', 'Post @tap_ben'), tests.insert_post('mia', 'A moderator''s'), tests.insert_post('ada', 'Private', false);
select is(
  (select tests.refusal($$select public.hide_post(tests.id_of('Post @tap_ben'))$$) from tests.authenticate_as(name)), 'PT403 forbidden',
  'refuses ' || label
)
from (
  values
    ('cleo', 'a stranger'), ('ben', 'a user whom the post mentions'), ('ada', 'the owner, who can make the post private'), ('eve', 'a deleted user')
) as caller (name, label);
select tests.authenticate_as('mia');
select is((public.hide_post(tests.id_of('Post @tap_ben'), reason => 'Spam')).hidden_at, now(), 'a moderator hides a post');
select tests.clear_authentication();
update public.posts set hidden_at = '2020-01-01' where id = tests.id_of('Post @tap_ben');
select tests.authenticate_as('zoe');
select is((public.hide_post(tests.id_of('Post @tap_ben'))).hidden_at, '2020-01-01', 'hiding a hidden post keeps the first time');
select is((public.hide_post(tests.id_of('Post @tap_ben'), false)).hidden_at, null, 'an admin shows a post again');
select is((public.hide_post(tests.id_of('A moderator''s'))).hidden_at, now(), 'a moderator''s post can be hidden as well');
select is(tests.refusal(format('select public.hide_post(%s)', arguments)), wanted, label)
from (
  values
    ('tests.id_of(''none'')', 'PT404 post_not_found', 'does not find a post that does not exist'),
    ('tests.id_of(''Private''), reason => repeat(''x'', 1001)', 'PT422 reason_invalid reason', 'refuses a reason of 1,001 characters')
) as refused (arguments, wanted, label);
select tests.authenticate_as_service_role();
select is((public.hide_post(tests.id_of('Private'))).hidden_at, now(), 'the secret key hides a post');
select tests.authenticate_as('mia');
select public.hide_post(tests.id_of('Post @tap_ben'));
select tests.clear_authentication();
delete from auth.users where id = tests.id_of('mia');
select results_eq(
  $$select hidden_at, updated_at from public.posts where id = tests.id_of('Post @tap_ben')$$,
  $$values (now(), timestamptz '2020-01-01')$$, 'a post stays hidden when the moderator leaves'
);
select is(
  (select count(*) from public.audit_log where target_id = tests.id_of('Post @tap_ben') and created_at = now()), 3::bigint,
  'only changes are logged: hidden, shown, hidden again'
);

-- Comments

select tests.insert_post('ada', 'Commented');
insert into public.comments (id, post_id, owner_id, text)
select tests.id_of(text), tests.id_of('Commented'), tests.id_of('ben'), text from unnest(array['Comment', 'Gone']) as text;
insert into public.comments (post_id, parent_id, owner_id, text)
values (tests.id_of('Commented'), tests.id_of('Gone'), tests.id_of('cleo'), 'Reply');
update public.comments set owner_id = null where id = tests.id_of('Gone');
select is(
  (select tests.refusal($$select public.hide_comment(tests.id_of('Comment'))$$) from tests.authenticate_as(name)), 'PT403 forbidden',
  'hide_comment refuses ' || label
)
from (values ('cleo', 'a stranger'), ('ben', 'the author'), ('ada', 'the owner of the post'), ('eve', 'a deleted user')) as caller (name, label);
select tests.authenticate_as('max');
select is((public.hide_comment(tests.id_of('Comment'), reason => 'Insult')).hidden_at, now(), 'a moderator hides a comment');
select is((select text from public.get_comment(tests.id_of('Comment'))), 'Comment', 'and still sees it');
select is(
  (select tests.refusal($$select public.get_comment(tests.id_of('Comment'))$$) from tests.authenticate_as(name)), wanted, label
)
from (
  values
    ('ben', 'not refused', 'its author sees it as well'), ('ada', 'PT404 comment_not_found', 'the owner of the post does not'),
    ('cleo', 'PT404 comment_not_found', 'nor does a stranger')
) as reader (name, wanted, label);
select is((select comment_count from public.get_post(tests.id_of('Commented'))), 1, 'a hidden comment does not count');
select tests.clear_authentication();
update public.comments set hidden_at = '2020-01-01' where id = tests.id_of('Comment');
select tests.authenticate_as('zoe');
select is((public.hide_comment(tests.id_of('Comment'))).hidden_at, '2020-01-01', 'hiding a hidden comment keeps the first time');
select is((public.hide_comment(tests.id_of('Comment'), false)).hidden_at, null, 'an admin shows a comment again');
select is(tests.refusal(format('select public.hide_comment(%s)', arguments)), wanted, label)
from (
  values
    ('tests.id_of(''none'')', 'PT404 comment_not_found', 'does not find a comment that does not exist'),
    ('tests.id_of(''Gone'')', 'PT404 comment_not_found', 'nor one that is deleted'),
    ('tests.id_of(''Comment''), reason => repeat(''x'', 1001)', 'PT422 reason_invalid reason', 'refuses a reason of 1,001 characters to hide a comment')
) as refused (arguments, wanted, label);
select tests.authenticate_as_service_role();
select is((public.hide_comment(tests.id_of('Comment'))).hidden_at, now(), 'the secret key hides a comment');
select tests.clear_authentication();
update public.comments set owner_id = null where id = tests.id_of('Comment');
select results_eq(
  $$
    select (select username::text from public.profiles where id = actor_id), action::text, details
    from public.audit_log where target_id = tests.id_of('Comment') and action <> 'comment_deleted' order by id
  $$,
  $$
    values
      ('tap_max', 'comment_hidden', '{"reason": "Insult"}'::jsonb), ('tap_zoe', 'comment_unhidden', '{}'), (null, 'comment_hidden', '{}')
  $$,
  'what moderators do to comments is logged; that a hidden one is deleted shows nothing again'
);

select * from finish();
rollback;
