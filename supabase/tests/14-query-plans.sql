-- The questions that are asked all day are answered from an index, and row-level security adds no work that grows with
-- the tables.
begin;
set local search_path = public, extensions;
select plan(23);

-- The tables are nearly empty here, where reading all of one is cheapest; at size it is not.
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

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';

select matches(pg_temp.plan_of(query), index, label)
from (
  values
    ('select * from public.posts order by id desc limit 21', 'Index Scan Backward using posts_pkey', 'the feed'),
    ('select * from public.posts where id < ''00000000-0000-7000-a000-0000000000a1'' order by id desc limit 21',
      'posts_pkey', 'the feed''s next page'),
    ('select * from public.posts where owner_id = ''00000000-0000-4000-a000-00000000000b'' order by id desc limit 21',
      'Index Scan Backward using posts_owner_id_id_idx', 'one person''s posts'),
    ('select * from public.posts where original_post_id = ''00000000-0000-7000-a000-0000000000a1''',
      'posts_original_post_id_idx', 'who passed a post on'),
    ('select post_id from public.post_tags where tag_id = ''00000000-0000-7000-a000-0000000000a1'' order by post_id desc limit 21',
      'Scan Backward using post_tags_tag_id_post_id_idx', 'a tag''s posts'),
    ('select post_id from public.post_mentions where profile_id = ''00000000-0000-4000-a000-00000000000a'' order by post_id desc limit 21',
      'Scan Backward using post_mentions_profile_id_post_id_idx', 'the posts that mention a person'),
    ('select * from public.post_media where post_id = ''00000000-0000-7000-a000-0000000000a1'' order by position',
      'post_media_post_id_position_key', 'a post''s files'),
    ('select * from public.profiles where username = ''tap_ada''', 'profiles_username_key', 'a person by name'),
    ('select * from public.tags where name = ''tap''', 'tags_name_key', 'a tag by name')
) as question (query, index, label);
select doesnt_match(pg_temp.plan_of('select * from public.' || name), 'hashed', name || ': no policy reads a whole table')
from unnest(array['posts', 'post_media', 'post_tags', 'post_mentions', 'tags']) as name;
select is_empty(
  $$
    select schemaname, tablename, policyname
    from pg_policies
    where schemaname in ('public', 'storage')
      and coalesce(qual, '') || coalesce(with_check, '') ~* 'exists|\m(in|any) \(\s*select'
  $$,
  'no policy asks in a way that a planner may answer by reading a whole table'
);
select matches(pg_temp.plan_of('select * from public.posts'), 'InitPlan', 'posts: the user is asked for once');
select matches(
  pg_temp.plan_of('select * from public.posts'), 'Filter: .*\(InitPlan \d+\)\.col1\)\n', 'posts: so is his role, and last of all'
);

reset role;
select matches(
  pg_temp.plan_of('select * from private.idempotency_keys where post_id = ''00000000-0000-7000-a000-0000000000a1'''),
  'idempotency_keys_post_id_idx', 'the keys of a post that goes'
);
select matches(pg_temp.plan_of(query), index, label)
from (
  values
    ('select * from private.idempotency_keys where created_at < now() - interval ''1 day'' order by created_at limit 1',
      'idempotency_keys_created_at_idx', 'keys that have expired'),
    ('select * from private.storage_removals where due_at <= now()', 'storage_removals_due_at_idx', 'files that are due for removal'),
    ('select id from public.post_media where inspected_at is null', 'post_media_uninspected_idx', 'files that nobody has looked into'),
    ('select * from public.profiles where role = ''admin''', 'profiles_role_idx', 'the admins'),
    ('select * from public.audit_log where target_id = ''00000000-0000-4000-a000-00000000000a'' order by id desc limit 21',
      'audit_log_target_id_id_idx', 'what was done to one person')
) as question (query, index, label);

select * from finish();
rollback;
