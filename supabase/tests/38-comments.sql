-- Comments, replies, tombstones, and who may delete what. Ada owns the post, Ben, Cleo and Dan comment, Mia is a moderator.
-- Who may do what is in the access matrices as well.
begin;
set local search_path = public, extensions;
select plan(118);

select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('cleo'), tests.create_user('dan'), tests.create_user('mia', 'moderator');
select tests.insert_post('ada', 'Post'), tests.insert_post('ada', 'Other'), tests.insert_post('ada', 'Private', false);

-- What a reader is shown of the comments on a post: text, author, mentions, counts.
create function pg_temp.line_of(comment public.comment_view) returns text
language sql
as $$
  select concat_ws(
    ' ', coalesce(comment.text, '-'), 'by ' || (comment.owner ->> 'username'),
    (select string_agg('@' || (mention ->> 'username'), ' ') from jsonb_array_elements(comment.mentions) as mention),
    comment.like_count, comment.reply_count, case when comment.liked then 'liked' end, case when comment.is_deleted then 'deleted' end,
    case when comment.hidden_at is not null then 'hidden' end
  )
$$;
create function pg_temp.comments_on(post uuid, newest_first boolean default false, after uuid default null, page_limit integer default 20) returns text[]
language sql
as $$select array(select pg_temp.line_of(comment) from public.list_comments(post, newest_first, after, page_limit) as comment)$$;
create function pg_temp.replies_to(comment uuid, after uuid default null, page_limit integer default 20) returns text[]
language sql
as $$select array(select pg_temp.line_of(reply) from public.list_replies(comment, after, page_limit) as reply)$$;
create function pg_temp.count_on(post text) returns integer
language sql
as $$select comment_count from public.get_post(tests.id_of(post))$$;
-- Writes and returns the id.
create function pg_temp.say(post text, text text, parent uuid default null) returns uuid
language sql
as $$select (public.create_comment(tests.id_of(post), text, parent)).id$$;
create function pg_temp.id_of(text text) returns uuid
language sql
as $$select id from public.comments where comments.text = id_of.text$$;
grant execute on all functions in schema pg_temp to authenticated;

-- Texts

select tests.authenticate_as('ben');
select is(tests.refusal(format('select public.create_comment(tests.id_of(''Post''), %L)', text)), 'PT422 comment_invalid text', 'refuses a comment ' || label)
from (
  values
    (null, 'without text'), ('', 'that is empty'), (E' \t\r\n', 'of ASCII white space'), (E'\u00a0\u2003\u3000\u2029', 'of other white space'),
    (E'\u200b\u2060\ufeff \u3164\u2800\ufe0f', 'of invisible characters'), (repeat('x', 2201), 'of 2,201 characters')
) as malformed (text, label);
select is((public.create_comment(tests.id_of('Other'), text)).text, text, 'takes a comment of ' || label)
from (values (repeat('😀', 2200), '2,200 characters, whatever their bytes'), ('x', 'one character'), (E'\u0627 ', 'one letter and white space, as it was written')) as well_formed (text, label);
select tests.clear_authentication();
select throws_matching(
  format('insert into public.comments (post_id, owner_id, text) values (tests.id_of(''Post''), tests.id_of(''ben''), %L)', text), violated, 'the database refuses a comment ' || label
)
from (
  values
    (E' \u200b', 'comments_text_check', 'of invisible characters'), (repeat('x', 2201), 'comments_text_check', 'of 2,201 characters'),
    (null, 'comments_owner_id_check', 'with an author and without text')
) as malformed (text, violated, label);
delete from public.comments;

-- Comments and replies

select tests.authenticate_as('ben');
select is(
  to_jsonb(public.create_comment(tests.id_of('Post'), 'First @tap_cleo @tap_nobody')) - '{id,created_at,updated_at}'::text[],
  jsonb_build_object(
    'post', tests.id_of('Post'), 'parent', null,
    'owner', jsonb_build_object('id', tests.id_of('ben'), 'username', 'tap_ben', 'profile_pic_url', '/functions/v1/api/assets/default-avatar.svg', 'is_vip', false),
    'text', 'First @tap_cleo @tap_nobody', 'mentions', jsonb_build_array(jsonb_build_object('id', tests.id_of('cleo'), 'username', 'tap_cleo')),
    'like_count', 0, 'reply_count', 0, 'liked', false, 'is_deleted', false, 'hidden_at', null
  ),
  'returns a comment as clients show it'
);
select results_eq(
  $$select uuid_extract_version(id), created_at, updated_at from public.comments where owner_id = tests.id_of('ben')$$, 'select 7::smallint, now(), now()',
  'a comment has a sortable id and its time'
);
select tests.authenticate_as('cleo');
select pg_temp.say('Post', 'Second'), pg_temp.say('Post', 'Answer', pg_temp.id_of('First @tap_cleo @tap_nobody'));
select tests.authenticate_as('ben');
select is(
  (select parent from public.create_comment(tests.id_of('Post'), 'Answer to the answer', pg_temp.id_of('Answer'))), pg_temp.id_of('First @tap_cleo @tap_nobody'),
  'a reply to a reply stands below the same comment'
);
select is(
  (select reply_to_id from public.comments where text = 'Answer to the answer'), pg_temp.id_of('Answer'), 'a reply to a reply remembers which one it answers'
);
select is(pg_temp.comments_on(tests.id_of('Post')), array['First @tap_cleo @tap_nobody by tap_ben @tap_cleo 0 2', 'Second by tap_cleo 0 0'], 'lists comments without replies, oldest first');
select is(
  pg_temp.comments_on(tests.id_of('Post'), newest_first => true), array['Second by tap_cleo 0 0', 'First @tap_cleo @tap_nobody by tap_ben @tap_cleo 0 2'], 'or newest first'
);
select is(pg_temp.comments_on(tests.id_of('Post'), page_limit => 1), array['First @tap_cleo @tap_nobody by tap_ben @tap_cleo 0 2'], 'the list has pages');
select is(pg_temp.comments_on(tests.id_of('Post'), after => pg_temp.id_of('First @tap_cleo @tap_nobody')), array['Second by tap_cleo 0 0'], 'the next page begins behind the last');
select is(
  pg_temp.comments_on(tests.id_of('Post'), newest_first => true, after => pg_temp.id_of('Second')), array['First @tap_cleo @tap_nobody by tap_ben @tap_cleo 0 2'],
  'the next page of comments, newest first, begins behind the last'
);
select is(pg_temp.replies_to(pg_temp.id_of('First @tap_cleo @tap_nobody')), array['Answer by tap_cleo 0 0', 'Answer to the answer by tap_ben 0 0'], 'lists replies, oldest first');
select is(pg_temp.replies_to(pg_temp.id_of('First @tap_cleo @tap_nobody'), page_limit => 1), array['Answer by tap_cleo 0 0'], 'the list of replies has pages');
select is(
  pg_temp.replies_to(pg_temp.id_of('First @tap_cleo @tap_nobody'), after => pg_temp.id_of('Answer')), array['Answer to the answer by tap_ben 0 0'],
  'the next page of replies begins behind the last'
);
select is(pg_temp.count_on('Post'), 4, 'a post counts comments and replies');
select is(tests.refusal('select public.create_comment(' || arguments || ')'), wanted, 'refuses ' || label)
from (
  values
    ('tests.id_of(''Private''), ''x''', 'PT404 post_not_found', 'to comment on a post that the user does not see'),
    ('tests.id_of(''none''), ''x''', 'PT404 post_not_found', 'to comment on a post that does not exist'),
    ('tests.id_of(''Post''), ''x'', tests.id_of(''none'')', 'PT422 parent_not_found parent', 'to answer a comment that does not exist'),
    ('tests.id_of(''Other''), ''x'', pg_temp.id_of(''Second'')', 'PT422 parent_not_found parent', 'to answer a comment on another post'),
    ('tests.id_of(''Post''), ''' || (select string_agg('@tap_many_' || n, ' ') from generate_series(1, 21) as n) || '''', 'not refused', 'nothing because of names that nobody has')
) as refused (arguments, wanted, label);
select is(tests.refusal(format('select %s(tests.id_of(%L))', call, post)), refusal, format('%s does not find %s', call, post))
from (
  values
    ('public.list_comments', 'Private', 'PT404 post_not_found'), ('public.list_comments', 'none', 'PT404 post_not_found'),
    ('public.list_replies', 'none', 'PT404 comment_not_found'), ('public.get_comment', 'none', 'PT404 comment_not_found'),
    ('public.delete_comment', 'none', 'PT404 comment_not_found'), ('public.like_comment', 'none', 'PT404 comment_not_found'),
    ('public.unlike_comment', 'none', 'PT404 comment_not_found'), ('public.list_comment_likes', 'none', 'PT404 comment_not_found')
) as missing (call, post, refusal);
select tests.clear_authentication();
delete from public.comments where text like '@tap_many%';

-- Mentions

select tests.create_user('many_' || n) from generate_series(1, 21) as n;
select tests.authenticate_as('ben');
select is(
  tests.refusal(format('select public.create_comment(tests.id_of(''Post''), %L)', (select string_agg('@tap_many_' || n, ' ') from generate_series(1, 21) as n))),
  'PT422 mentions_too_many text', 'refuses to mention 21 users'
);
select is(
  jsonb_array_length((public.create_comment(tests.id_of('Other'), (select string_agg('@tap_many_' || n, ' ') from generate_series(1, 20) as n))).mentions), 20,
  'mentions 20 users'
);
select tests.authenticate_as('dan');
select public.block_user('tap_ben');
select tests.authenticate_as('ben');
select is((public.create_comment(tests.id_of('Other'), '@tap_dan @tap_cleo')).mentions, jsonb_build_array(jsonb_build_object('id', tests.id_of('cleo'), 'username', 'tap_cleo')), 'does not mention whom the author blocks, or who blocks the author');
select tests.authenticate_as('cleo');
select public.block_user('tap_ben');
select tests.authenticate_as('mia');
select is((public.get_comment(pg_temp.id_of('@tap_dan @tap_cleo'))).mentions, '[]', 'a block removes mentions');
select is((public.get_comment(pg_temp.id_of('First @tap_cleo @tap_nobody'))).mentions, '[]', 'on every post');
select tests.authenticate_as('cleo');
select public.unblock_user('tap_ben');
select tests.authenticate_as('dan');
select public.unblock_user('tap_ben');

-- Edits

select tests.clear_authentication();
update public.comments set created_at = '2020-01-01', updated_at = '2020-01-01';
select tests.authenticate_as('ben');
select results_eq(
  $$select text, mentions -> 0 ->> 'username', updated_at from public.update_comment(pg_temp.id_of('First @tap_cleo @tap_nobody'), 'First @tap_dan')$$,
  $$values ('First @tap_dan', 'tap_dan', now())$$, 'an edit changes text, mentions and time'
);
select is(
  (select updated_at from public.update_comment(pg_temp.id_of('Answer to the answer'), 'Answer to the answer')), '2020-01-01', 'the same text changes nothing'
);
select tests.clear_authentication();
update public.profiles set username = 'tap_dora' where id = tests.id_of('dan');
delete from private.username_reservations where username = 'tap_dan';
select tests.create_user('new_dan', metadata => '{"username": "tap_dan"}');
select tests.authenticate_as('ben');
select is(
  (public.update_comment(pg_temp.id_of('First @tap_dan'), 'First, again @tap_dan')).mentions, jsonb_build_array(jsonb_build_object('id', tests.id_of('dan'), 'username', 'tap_dora')),
  'a mention stays with the user who had the name'
);
select tests.clear_authentication();
delete from auth.users where id = tests.id_of('new_dan');
delete from private.username_reservations where username = 'tap_dan';
update public.profiles set username = 'tap_dan' where id = tests.id_of('dan');
select tests.authenticate_as('ben');
select is((public.update_comment(pg_temp.id_of('First, again @tap_dan'), 'First')).mentions, '[]', 'a name that leaves the text is no mention any more');
select is(tests.refusal(format('select public.update_comment(%s)', arguments)), wanted, label)
from (
  values
    ('pg_temp.id_of(''First''), '' ''', 'PT422 comment_invalid text', 'refuses to empty a comment'),
    ('pg_temp.id_of(''Second''), ''x''', 'PT403 not_comment_owner', 'refuses to edit the comment of another user'),
    ('tests.id_of(''none''), ''x''', 'PT404 comment_not_found', 'does not find a comment to edit')
) as refused (arguments, wanted, label);

-- Likes

select is(public.like_comment(pg_temp.id_of('Second')), 1, 'a like of a comment counts');
select is(public.like_comment(pg_temp.id_of('Second')), 1, 'a second like of one user changes nothing');
select tests.authenticate_as('dan');
select is(public.like_comment(pg_temp.id_of('Second')), 2, 'counts the like of another user');
select is((select array_agg(username) from public.list_comment_likes(pg_temp.id_of('Second'))), array['tap_dan', 'tap_ben'], 'lists who likes a comment, last first');
select is(
  (select array_agg(username) from public.list_comment_likes(pg_temp.id_of('Second'), (select cursor from public.list_comment_likes(pg_temp.id_of('Second'), page_limit => 1)))),
  array['tap_ben'], 'the list of likes has pages'
);
select is((pg_temp.comments_on(tests.id_of('Post')))[2], 'Second by tap_cleo 2 0 liked', 'the user sees the count, and that they like the comment');
select is(public.unlike_comment(pg_temp.id_of('Second')), 1, 'a like that is taken back does not count');
select public.like_comment(pg_temp.id_of('Second'));

-- Blocks

select public.block_user('tap_cleo');
select is(pg_temp.comments_on(tests.id_of('Post')), array['First by tap_ben 0 2'], 'a user does not see the comments of whom they block');
select is(pg_temp.replies_to(pg_temp.id_of('First')), array['Answer to the answer by tap_ben 0 0'], 'the replies of a blocked pair are not listed');
select is(pg_temp.count_on('Post'), 4, 'the counts are the same for everybody');
select tests.authenticate_as('mia');
select is(cardinality(pg_temp.comments_on(tests.id_of('Post'))), 2, 'third users see the comments of a blocked pair');
create temporary table second as select pg_temp.id_of('Second') as id;
grant select on second to authenticated;
select tests.authenticate_as('cleo');
select is((select array_agg(username) from public.list_comment_likes((select id from second))), array['tap_ben'], 'the likes of a blocked pair are not listed');
select tests.authenticate_as('dan');
select is(tests.refusal('select public.like_comment((select id from second))'), 'PT404 comment_not_found', 'a comment of a blocked pair cannot be liked');
select is(tests.refusal('select public.create_comment(tests.id_of(''Post''), ''x'', (select id from second))'), 'PT422 parent_not_found parent', 'a comment of a blocked pair cannot be answered');
select is(public.unlike_comment((select id from second)), 0, 'takes a like back of a comment that is not visible any more, without telling its count');
select public.unblock_user('tap_cleo');

-- Deletion and tombstones

select is(tests.refusal('select public.delete_comment(pg_temp.id_of(''Second''))'), 'PT403 not_comment_owner', 'a stranger does not delete a comment');
create temporary table first as select pg_temp.id_of('First') as id;
grant select on first to authenticated;
select tests.authenticate_as('ben');
select public.like_comment((select id from first));
select public.delete_comment((select id from first));
select is(pg_temp.comments_on(tests.id_of('Post')), array['- 0 2 deleted', 'Second by tap_cleo 1 0 liked'], 'a deleted comment with replies is shown without author, text and likes');
select is(pg_temp.count_on('Post'), 3, 'a deleted comment is not counted');
select is(cardinality(pg_temp.replies_to((select id from first))), 2, 'its replies are shown');
select is(tests.refusal('select public.delete_comment((select id from first))'), 'PT404 comment_not_found', 'it is not deleted again');
select is(tests.refusal(format('select public.%s', call)), wanted, label)
from (
  values
    ('update_comment((select id from first), ''x'')', 'PT404 comment_not_found', 'a deleted comment cannot be edited'),
    ('like_comment((select id from first))', 'PT404 comment_not_found', 'a deleted comment cannot be liked'),
    ('create_comment(tests.id_of(''Post''), ''x'', (select id from first))', 'PT422 parent_not_found parent', 'a deleted comment cannot be answered')
) as refused (call, wanted, label);
select is(
  (select parent from public.create_comment(tests.id_of('Post'), 'Third answer', pg_temp.id_of('Answer'))), (select id from first), 'a reply below it can be answered'
);
select public.delete_comment(pg_temp.id_of('Third answer')), public.delete_comment(pg_temp.id_of('Answer to the answer'));
select is((pg_temp.comments_on(tests.id_of('Post')))[1], '- 0 1 deleted', 'a deleted reply is gone');
select tests.authenticate_as('ada');
select public.delete_comment(pg_temp.id_of('Answer'));
select is(pg_temp.comments_on(tests.id_of('Post')), array['Second by tap_cleo 1 0'], 'the owner of the post deletes the last reply, and the tombstone goes with it');
select is_empty('select from public.comments where id = (select id from first)', 'a tombstone without replies is gone from the table');
select tests.authenticate_as('mia');
select public.delete_comment((select id from second));
select is(pg_temp.comments_on(tests.id_of('Post')), '{}', 'a moderator deletes a comment');
select tests.clear_authentication();
select results_eq(
  $$select actor_id, target_id, details from public.audit_log where action = 'comment_deleted'$$,
  $$select tests.id_of('mia'), id, jsonb_build_object('owner', tests.id_of('cleo'), 'post', tests.id_of('Post')) from second$$,
  'what a moderator deletes is in the audit log, and nothing else'
);
select is_empty(
  $$
    select id from public.comments where post_id = tests.id_of('Post')
    union all
    select subject_id from private.counters
    where counted in ('comment_likes', 'comment_replies') and not exists (select from public.comments where id = subject_id)
  $$,
  'no tombstone and no count is left'
);
select tests.insert_comment('ben', tests.id_of('Private'), 'Unseen');
select tests.authenticate_as('ben');
select lives_ok('select public.delete_comment(tests.id_of(''Unseen''))', 'authors delete their comment also where they do not see the post any more');
select tests.clear_authentication();
select is_empty('select from public.comments where id = tests.id_of(''Unseen'')', 'a comment that its author deletes on a post that they do not see is gone');

-- Hidden comments

select tests.insert_comment('ben', tests.id_of('Post'), 'Bad'), tests.insert_comment('cleo', tests.id_of('Post'), 'Bad answer', tests.id_of('Bad'));
update public.comments set hidden_at = now() where id = tests.id_of('Bad');
select results_eq(
  $$select private.count_of(tests.id_of('Post'), 'post_comments')$$, 'values (0)', 'a hidden comment and its replies are not counted'
);
select tests.insert_comment('ben', tests.id_of('Post'), 'Later answer', tests.id_of('Bad answer'));
update public.comments set hidden_at = '2020-01-01' where id = tests.id_of('Later answer');
select is(
  (select tests.refusal(format('select public.get_comment(%L)', tests.id_of(title))) from tests.authenticate_as(name)), wanted,
  format('%s, to a hidden comment: %s', title, name)
)
from (
  values ('mia', 'Bad answer', 'not refused'), ('cleo', 'Bad answer', 'not refused'), ('ada', 'Bad answer', 'PT404 comment_not_found'),
    ('cleo', 'Later answer', 'PT404 comment_not_found')
) as reader (name, title, wanted);
select tests.authenticate_as('cleo');
select is(
  (select array_agg(text) from public.get_comments(array[tests.id_of('Later answer'), tests.id_of('Bad answer'), tests.id_of('none'), null])),
  array['Bad answer'], 'reads those of several comments that the caller sees'
);
select tests.clear_authentication();
update public.comments set hidden_at = null where id = tests.id_of('Bad');
select results_eq(
  format('select id, hidden_at from public.comments where parent_id = %L order by hidden_at nulls first', tests.id_of('Bad')),
  format('values (%L::uuid, null::timestamptz), (%L, %L)', tests.id_of('Bad answer'), tests.id_of('Later answer'), '2020-01-01'),
  'replies are shown again with their comment, except those hidden by themselves'
);
delete from public.comments where id = tests.id_of('Later answer');
update public.comments set hidden_at = now() where id = tests.id_of('Bad');
select is((select pg_temp.comments_on(tests.id_of('Post')) from tests.authenticate_as(name)), wanted, 'a hidden comment: ' || name)
from (values ('ben', array['Bad by tap_ben 0 0 hidden']), ('mia', array['Bad by tap_ben 0 0 hidden']), ('cleo', '{}'), ('ada', '{}')) as reader (name, wanted);
select tests.authenticate_as('ben');
select public.delete_comment(tests.id_of('Bad'));
select is(pg_temp.comments_on(tests.id_of('Post')), array['- 0 1 deleted'], 'a hidden comment that its author deletes is an ordinary tombstone');
select tests.clear_authentication();

-- What the dashboard writes

select throws_ok(
  format('update public.comments set %s where id = tests.id_of(''Bad answer'')', change), '42501', 'A comment stays where it was written.', 'refuses to move a comment: ' || change
)
from unnest(array['post_id = tests.id_of(''Other'')', 'parent_id = null', 'reply_to_id = tests.id_of(''Bad answer'')']) as change;
select throws_ok(
  $$insert into public.comments (post_id, parent_id, owner_id, text) values (tests.id_of('Other'), tests.id_of('Bad answer'), tests.id_of('ben'), 'x')$$,
  'PT422', null, 'a reply is on the post of the comment that it answers'
);
select lives_ok(
  $$insert into public.comments (post_id, parent_id, owner_id, text) select tests.id_of('Post'), tests.id_of('Bad answer'), tests.id_of('ben'), 'x' from generate_series(1, 3)$$,
  'takes replies to a reply from the dashboard'
);
select is_empty(
  'select from public.comments join public.comments as parent on parent.id = comments.parent_id where parent.parent_id is not null', 'no chain of replies is deeper than two'
);
update public.comments set owner_id = null where post_id = tests.id_of('Post');
select is_empty('select from public.comments where post_id = tests.id_of(''Post'')', 'a thread that is deleted at once leaves no tombstone');
select is(private.count_of(tests.id_of('Post'), 'post_comments'), 0, 'no comment is counted once all are deleted');

-- Accounts and posts that are deleted

select
  tests.insert_comment('ben', tests.id_of('Post'), 'Bens @tap_cleo'), tests.insert_comment('cleo', tests.id_of('Post'), 'Cleos', tests.id_of('Bens @tap_cleo')),
  tests.insert_comment('ben', tests.id_of('Post'), 'Bens answer', tests.id_of('Cleos')), tests.insert_comment('ben', tests.id_of('Post'), 'Bens second');
insert into public.comment_likes (profile_id, comment_id)
values (tests.id_of('ben'), tests.id_of('Cleos')), (tests.id_of('dan'), tests.id_of('Cleos')), (tests.id_of('dan'), tests.id_of('Bens @tap_cleo'));
delete from auth.users where id = tests.id_of('ben');
select is_empty(
  $$select id from public.audit_log where action = 'comment_deleted' and target_id = tests.id_of('Bens @tap_cleo')$$, 'comments that go with an account are not in the audit log'
);
select tests.authenticate_as('dan');
select is(pg_temp.comments_on(tests.id_of('Post')), array['- 0 1 deleted'], 'a deleted account leaves a tombstone where its comment has a reply');
select is(pg_temp.replies_to(tests.id_of('Bens @tap_cleo')), array['Cleos by tap_cleo 1 0 liked'], 'its replies and likes go');
select is(pg_temp.count_on('Post'), 1, 'comments of deleted accounts are not counted');
select tests.clear_authentication();
delete from auth.users where id = tests.id_of('cleo');
select is_empty('select from public.comments where post_id = tests.id_of(''Post'')', 'the tombstone goes with the account of the last reply');
select tests.insert_comment('dan', tests.id_of('Post'), 'Dans @tap_mia'), tests.insert_comment('mia', tests.id_of('Post'), 'Mias', tests.id_of('Dans @tap_mia'));
insert into public.comment_likes (profile_id, comment_id) values (tests.id_of('mia'), tests.id_of('Dans @tap_mia'));
delete from public.posts where id = tests.id_of('Post');
select is_empty(
  $$
    select id from public.comments where post_id = tests.id_of('Post')
    union all select comment_id from public.comment_likes
    union all select comment_id from public.comment_mentions where profile_id = tests.id_of('mia')
    union all select subject_id from private.counters where subject_id in (tests.id_of('Post'), tests.id_of('Dans @tap_mia'), tests.id_of('Mias'))
  $$,
  'comments, mentions, likes and counts are deleted with their post'
);

select tests.insert_post('dan', 'Dans post');
select tests.insert_comment('dan', tests.id_of('Dans post'), 'Own'), tests.insert_comment('dan', tests.id_of('Dans post'), 'Own answer', tests.id_of('Own'));
select tests.insert_comment('mia', tests.id_of('Dans post'), 'Mias again', tests.id_of('Own'));
delete from auth.users where id = tests.id_of('dan');
select is_empty(
  $$
    select counters.counted, counters.subject_id
    from private.counters
    where not exists (select from public.posts where id = subject_id)
      and not exists (select from public.comments where id = subject_id)
      and not exists (select from public.profiles where id = subject_id)
  $$,
  'an account that commented on its own posts leaves no counts'
);
select tests.create_user('dan');

-- Repeated requests

select tests.authenticate_as('dan');
create temporary table once as select (public.create_comment(tests.id_of('Other'), 'Once', idempotency_key => 'tap')).id;
select is((public.create_comment(tests.id_of('Other'), 'Once', idempotency_key => 'tap')).id, (select id from once), 'a repeated request returns the first comment');
select is((select count(*) from public.comments where text = 'Once'), 1::bigint, 'a repeated request makes no second comment');
select is(tests.refusal(statement), 'PT422 idempotency_key_' || code || ' idempotency_key', label)
from (
  values
    ($$select public.create_comment(tests.id_of('Other'), 'Twice', idempotency_key => 'tap')$$, 'reused', 'refuses a key with another text'),
    ($$select public.create_post('Once', idempotency_key => 'tap')$$, 'reused', 'refuses a key of a comment for another kind of request'),
    ($$select public.create_comment(tests.id_of('Other'), 'x', idempotency_key => '')$$, 'invalid', 'refuses an empty key')
) as refused (statement, code, label);
select public.delete_comment((select id from once));
select is(
  tests.refusal($$select public.create_comment(tests.id_of('Other'), 'Once', idempotency_key => 'tap')$$), 'PT422 idempotency_key_reused idempotency_key',
  'refuses the key of a comment that was deleted'
);

-- Rate

select tests.clear_authentication();
update public.rate_limits set max_count = 3 where action = 'comment';
select tests.authenticate_as('mia');
select pg_temp.say('Other', 'One'), pg_temp.say('Other', 'Two');
select lives_ok($$select public.update_comment(pg_temp.id_of('One'), 'One again')$$, 'comments and edits count together');
select matches(tests.refusal(statement), '^PGRST .*429', 'the rate of comments is limited: ' || statement)
from unnest(array[
  $$select public.create_comment(tests.id_of('Other'), 'x')$$, $$select public.update_comment(pg_temp.id_of('Two'), 'x')$$
]) as statement;

select * from finish();
rollback;
