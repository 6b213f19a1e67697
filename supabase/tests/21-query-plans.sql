-- The usual questions are answered from an index, and row-level security adds no work that grows with the tables.
begin;
set local search_path = public, extensions;
select plan(39);

-- The tables are nearly empty here, so reading a whole table is cheapest; at size it is not.
set local enable_seqscan = off;
set local enable_bitmapscan = off;
set local enable_sort = off;

create function pg_temp.plan_of(query text) returns text
language plpgsql
as $$
declare
  v_line text;
  v_plan text := '';
begin
  for v_line in execute 'explain (costs off) ' || query loop
    v_plan := v_plan || v_line || E'\n';
  end loop;
  execute query;
  return v_plan;
end
$$;
grant execute on function pg_temp.plan_of(text) to authenticated;

select tests.authenticate_as('ada');

select matches(pg_temp.plan_of(query), index, label)
from (
  values
    ('select * from public.posts order by id desc limit 21', 'Index Scan Backward using posts_pkey', 'the newest posts'),
    ('select * from public.posts where id < ''00000000-0000-7000-a000-0000000000a1'' order by id desc limit 21',
      'posts_pkey', 'the page after them'),
    ('select * from public.posts where owner_id = ''00000000-0000-4000-a000-00000000000b'' order by id desc limit 21',
      'Index Scan Backward using posts_owner_id_id_idx', 'the posts of a user'),
    ('select * from public.posts where original_post_id = ''00000000-0000-7000-a000-0000000000a1'' order by id desc limit 21',
      'Scan Backward using posts_original_post_id_id_idx', 'the reposts of a post'),
    ('select * from public.post_likes where post_id = ''00000000-0000-7000-a000-0000000000a1'' order by id desc limit 21',
      'Scan Backward using post_likes_post_id_id_idx', 'the likes of a post'),
    ('select * from public.post_saves where profile_id = ''00000000-0000-4000-a000-00000000000a'' order by id desc limit 21',
      'Scan Backward using post_saves_profile_id_id_idx', 'the saves of a user'),
    ('select * from public.comments where post_id = ''00000000-0000-7000-a000-0000000000a1'' and parent_id is null order by id limit 21',
      'Scan using comments_post_id_id_idx', 'the comments on a post'),
    ('select * from public.comments where post_id = ''00000000-0000-7000-a000-0000000000a1'' and parent_id is null order by id desc limit 21',
      'Scan Backward using comments_post_id_id_idx', 'the newest comments on a post'),
    ('select * from public.comments where parent_id = ''00000000-0000-7000-a000-0000000000a1'' order by id limit 21',
      'Scan using comments_parent_id_id_idx', 'the replies to a comment'),
    ('select * from public.comments where owner_id = ''00000000-0000-4000-a000-00000000000a'' order by id desc limit 21',
      'Scan Backward using comments_owner_id_id_idx', 'the comments of a user'),
    ('select * from public.comment_likes where comment_id = ''00000000-0000-7000-a000-0000000000a1'' order by id desc limit 21',
      'Scan Backward using comment_likes_comment_id_id_idx', 'the likes of a comment'),
    ('select post_id from public.post_tags where tag = ''tap'' order by post_id desc limit 21',
      'Scan Backward using post_tags_tag_post_id_idx', 'the posts of a tag'),
    ('select post_id from public.post_mentions where profile_id = ''00000000-0000-4000-a000-00000000000a'' order by post_id desc limit 21',
      'Scan Backward using post_mentions_profile_id_post_id_idx', 'the posts that mention a user'),
    ('select * from public.post_media where post_id = ''00000000-0000-7000-a000-0000000000a1'' order by position',
      'post_media_post_id_position_key', 'the files of a post'),
    ('select * from public.profiles where username = ''tap_ada''', 'profiles_username_key', 'a user by name')
) as question (query, index, label);
-- The one thing that is hashed is the answer of private.blocked_ids().
select is(
  regexp_count(pg_temp.plan_of('select * from public.' || name), 'hashed'),
  regexp_count(pg_temp.plan_of('select * from public.' || name), 'SubPlan \d+\n\s*->\s*ProjectSet\n\s*->\s*Result\n'),
  'the policy of ' || name || ' reads no whole table'
)
from unnest(array[
  'posts', 'post_media', 'post_tags', 'post_mentions', 'post_likes', 'comments', 'comment_mentions', 'comment_likes',
  'notifications', 'notification_actors'
]) as name;
select is_empty(
  $$
    select schemaname, tablename, policyname
    from pg_policies
    where schemaname in ('public', 'storage')
      and replace(coalesce(qual, '') || coalesce(with_check, ''), 'IN ( SELECT private.blocked_ids() AS blocked_ids)', '')
        ~* 'exists|\m(in|any) \(\s*select'
  $$,
  'no policy uses exists, in or any, for which a planner may read a whole table'
);
select matches(pg_temp.plan_of('select * from public.posts'), 'InitPlan', 'the policy of posts looks up the caller once');
select matches(
  pg_temp.plan_of('select * from public.posts'), 'Filter: .* OR \(InitPlan \d+\)\.col1 OR ', 'the policy of posts looks up the role of the caller once'
);

reset role;
select matches(
  pg_temp.plan_of('select * from private.idempotency_keys where post_id = ''00000000-0000-7000-a000-0000000000a1'''),
  'idempotency_keys_post_id_idx', 'the idempotency keys of a deleted post'
);
select matches(pg_temp.plan_of(query), index, label)
from (
  values
    ('select * from private.idempotency_keys where comment_id = ''00000000-0000-7000-a000-0000000000a1''',
      'idempotency_keys_comment_id_idx', 'the idempotency key of a deleted comment'),
    ('select from public.posts where owner_id = ''00000000-0000-4000-a000-00000000000a'' and original_post_id = ''00000000-0000-7000-a000-0000000000a1''',
      'posts_owner_id_original_post_id_idx', 'whether a user has reposted a post'),
    ('select sum(value) from private.counters where subject_id = ''00000000-0000-7000-a000-0000000000a1''', 'counters_pkey', 'the counts of a post'),
    ('select * from private.idempotency_keys where created_at < now() - interval ''1 day'' order by created_at limit 1',
      'idempotency_keys_created_at_idx', 'expired idempotency keys'),
    ('select * from private.unused_files where remove_at <= now() order by remove_at limit 1', 'unused_files_remove_at_idx', 'files that are due for removal'),
    ('select * from private.unused_files where owner_id = ''00000000-0000-4000-a000-00000000000a''', 'unused_files_owner_id_idx', 'the files of a user who leaves'),
    ('select * from public.profiles where role = ''admin''', 'profiles_role_idx', 'the admins'),
    ('select * from public.audit_log where target_id = ''00000000-0000-4000-a000-00000000000a'' order by id desc limit 21',
      'audit_log_target_id_id_idx', 'what was done to a user')
) as question (query, index, label);

-- The pages of list_posts that join two tables.
set local enable_hashjoin = off;
select tests.authenticate_as('ada');
select matches(pg_temp.plan_of(query), index, label)
from (
  values
    (
      $$
        select posts.id from public.posts
        join public.post_tags on post_tags.post_id = posts.id and post_tags.tag = 'tap' and post_tags.post_id < 'ffffffff-0000-7000-a000-000000000007'
        where posts.id < 'ffffffff-0000-7000-a000-000000000007' order by posts.id desc limit 21
      $$,
      'Scan Backward using post_tags_\w+ on', 'a page of a tag and an owner'
    ),
    (
      $$
        select posts.id from public.posts
        join public.post_mentions on post_mentions.post_id = posts.id and post_mentions.profile_id = 'ffffffff-0000-7000-a000-000000000007'
          and post_mentions.post_id < 'ffffffff-0000-7000-a000-000000000007'
        where posts.id < 'ffffffff-0000-7000-a000-000000000007' order by posts.id desc limit 21
      $$,
      'Scan Backward using post_mentions_\w+ on', 'a page of mentions and an owner'
    )
) as question (query, index, label);

select * from finish();
rollback;
