-- Likes, saves and lists of reposts. Ada owns the posts, Ben, Cleo and Dan react, Mia is a moderator. Ben's account leaves
-- at the end. Who may do what is in the access matrices.
begin;
set local search_path = public, extensions;
select plan(54);

select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('cleo'), tests.create_user('dan'), tests.create_user('mia', 'moderator');
select tests.insert_post('ada', 'Post'), tests.insert_post('ada', 'Private', false), tests.insert_post('ada', 'Other');

create function pg_temp.counts_of(post uuid) returns text
language sql
as $$
  select concat_ws(' ', private.count_of(post, 'post_likes'), private.count_of(post, 'post_comments'), private.count_of(post, 'post_reposts'))
$$;
-- Likes, liked, saved, reposted: what a reader is shown of a post.
create function pg_temp.shown_of(post uuid) returns text
language sql
as $$
  select concat_ws(' ', like_count, comment_count, repost_count, case when liked then 'liked' end, case when saved then 'saved' end, case when reposted then 'reposted' end)
  from public.get_post(post)
$$;
create function pg_temp.names(post uuid, before uuid default null, page_limit integer default 20) returns text[]
language sql
as $$select array(select username from public.list_likes(post, before, page_limit))$$;
create function pg_temp.saved(before uuid default null, page_limit integer default 20) returns text[]
language sql
as $$select array(select (post).caption from public.list_saved_posts(before, page_limit))$$;
grant execute on all functions in schema pg_temp to authenticated;

-- Likes

select tests.authenticate_as('ben');
select is(public.like_post(tests.id_of('Post')), 1, 'a like counts');
select is(public.like_post(tests.id_of('Post')), 1, 'a second like of one user changes nothing');
select is(pg_temp.shown_of(tests.id_of('Post')), '1 0 0 liked', 'the user sees the count, and that they like the post');
select tests.authenticate_as('cleo');
select is(pg_temp.shown_of(tests.id_of('Post')), '1 0 0', 'another user sees the count');
select is(public.like_post(tests.id_of('Post')), 2, 'counts the like of another user');
select tests.authenticate_as('dan');
select is(public.like_post(tests.id_of('Post')), 3, 'counts the like of a third user');
select is(pg_temp.names(tests.id_of('Post')), array['tap_dan', 'tap_cleo', 'tap_ben'], 'lists who likes a post, last first');
select is(pg_temp.names(tests.id_of('Post'), page_limit => 1), array['tap_dan'], 'the list has pages');
select is(
  pg_temp.names(tests.id_of('Post'), (select cursor from public.list_likes(tests.id_of('Post'), page_limit => 2) limit 1 offset 1)), array['tap_ben'],
  'the next page begins behind the last'
);
select is(
  tests.refusal(format('select %s(tests.id_of(%L))', call, post)), 'PT404 post_not_found', format('%s does not find %s', call, label)
)
from unnest(array['public.like_post', 'public.unlike_post', 'public.save_post', 'public.unsave_post', 'public.list_likes', 'public.list_reposts']) as call
cross join (values ('Private', 'a post that the user does not see'), ('none', 'a post that does not exist')) as missing (post, label);
select is(public.unlike_post(tests.id_of('Post')), 2, 'a like that is taken back does not count');
select is(public.unlike_post(tests.id_of('Post')), 2, 'taking it back twice changes nothing');

-- Likes of what is not visible any more

select tests.clear_authentication();
update public.posts set is_public = false where id = tests.id_of('Post');
select tests.authenticate_as('ben');
select is(public.unlike_post(tests.id_of('Post')), 0, 'takes a like back of a post that is not visible any more, without telling its count');
select is(tests.refusal('select public.unlike_post(tests.id_of(''Post''))'), 'PT404 post_not_found', 'an invisible post is not found once its like is withdrawn');
select tests.clear_authentication();
update public.posts set is_public = true where id = tests.id_of('Post');
select is(pg_temp.counts_of(tests.id_of('Post')), '1 0 0', 'the count is right, also after it was changed unseen');

-- Blocks

select tests.authenticate_as('dan');
select public.like_post(tests.id_of('Post'));
select public.block_user('tap_cleo');
select is(pg_temp.names(tests.id_of('Post')), array['tap_dan'], 'the list leaves out whom the reader blocks');
select is(pg_temp.shown_of(tests.id_of('Post')), '2 0 0 liked', 'the count does not');
select tests.authenticate_as('cleo');
select is(pg_temp.names(tests.id_of('Post')), array['tap_cleo'], 'a list of likes has nobody who blocks the reader');
select tests.authenticate_as('mia');
select is(pg_temp.names(tests.id_of('Post')), array['tap_dan', 'tap_cleo'], 'another user sees both');

-- Saves

select tests.authenticate_as('ben');
select public.save_post(tests.id_of('Post')), public.save_post(tests.id_of('Other'));
select public.save_post(tests.id_of('Post'));
select is(pg_temp.saved(), array['Other', 'Post'], 'lists what the user saved, last first; saving again changes nothing');
select is((select count(*) from public.post_saves), 2::bigint, 'a post is saved once');
select is(pg_temp.saved(page_limit => 1), array['Other'], 'the list has pages');
select is(pg_temp.saved((select "cursor" from public.list_saved_posts(page_limit => 1))), array['Post'], 'the next page begins behind the last');
select is(pg_temp.shown_of(tests.id_of('Post')), '2 0 0 saved', 'the user sees that they saved the post');
select tests.authenticate_as('cleo');
select is(pg_temp.shown_of(tests.id_of('Post')), '2 0 0 liked', 'nobody else sees a save');
select is(pg_temp.saved(), '{}', 'everybody has a list of their own');
select tests.clear_authentication();
update public.posts set is_public = false where id = tests.id_of('Post');
select tests.authenticate_as('ben');
select is(pg_temp.saved(), array['Other'], 'the list leaves out what is not visible any more');
select public.unsave_post(tests.id_of('Post')), public.unsave_post(tests.id_of('Other'));
select is_empty('select from public.post_saves', 'takes saves back, also of what is not visible any more');
select tests.clear_authentication();
update public.posts set is_public = true where id = tests.id_of('Post');

-- Reposts

select tests.authenticate_as('ben');
create temporary table reposted as select public.create_post('Repost', original_post => tests.id_of('Post')) as post;
select is(pg_temp.shown_of(tests.id_of('Post')), '2 0 1 reposted', 'a repost counts, and its author sees that they reposted');
select is(array(select caption from public.list_reposts(tests.id_of('Post'))), array['Repost'], 'lists the reposts');
select tests.authenticate_as('cleo');
select is(pg_temp.shown_of(tests.id_of('Post')), '2 0 1 liked', 'another user sees the count');
select tests.authenticate_as('ben');
select public.update_post((select (post).id from reposted), is_public => false);
select is(pg_temp.shown_of(tests.id_of('Post')), '2 0 0 reposted', 'a private repost is not counted, for its author neither');
select public.update_post((select (post).id from reposted), is_public => true);
select tests.authenticate_as('mia');
select public.hide_post((select (post).id from reposted));
select is(pg_temp.shown_of(tests.id_of('Post')), '2 0 0', 'a hidden repost is not counted');
select public.hide_post((select (post).id from reposted), hidden => false);
select is(pg_temp.shown_of(tests.id_of('Post')), '2 0 1', 'a repost that is shown again is counted');
select tests.clear_authentication();
select is(private.count_of(tests.id_of('ben'), 'profile_posts'), 1, 'a repost that is shown again is counted among the posts of its author');

-- Rate

select tests.authenticate_as('ben');
select public.unlike_post(tests.id_of('Post'));
select tests.clear_authentication();
update public.rate_limits set max_count = 9 where action = 'react';
select tests.authenticate_as('ben');
select matches(tests.refusal(format('select public.%s(tests.id_of(''Post''))', call)), '^PGRST .*429', call || ' has a limit')
from unnest(array['like_post', 'unlike_post', 'save_post', 'unsave_post']) as call;
select tests.clear_authentication();
update public.rate_limits set max_count = 600 where action = 'react';

-- What a deletion takes along

insert into public.post_likes (profile_id, post_id)
select tests.id_of(name), id from unnest(array['ben', 'mia']) as name cross join (values (tests.id_of('Post')), (tests.id_of('Other'))) as post (id);
insert into public.post_saves (profile_id, post_id) values (tests.id_of('ben'), tests.id_of('Post'));
delete from auth.users where id = tests.id_of('ben');
select is(pg_temp.counts_of(tests.id_of('Post')), '3 0 0', 'likes and reposts of a deleted account do not count');
select is(pg_temp.counts_of(tests.id_of('Other')), '1 0 0', 'on no post');
update public.post_likes set post_id = tests.id_of('Other') where profile_id = tests.id_of('cleo');
select is(pg_temp.counts_of(tests.id_of('Post')) || ', ' || pg_temp.counts_of(tests.id_of('Other')), '2 0 0, 2 0 0', 'a like that the database moves counts where it is');
delete from public.posts where id = tests.id_of('Post');
select is_empty(
  $$
    select post_id from public.post_likes where post_id = tests.id_of('Post')
    union all select post_id from public.post_saves where post_id = tests.id_of('Post')
    union all select subject_id from private.counters where subject_id in (tests.id_of('Post'), tests.id_of('ben'))
  $$,
  'likes, saves and counts are deleted with their post'
);

select * from finish();
rollback;
