-- The Data API answers a planned count with the planner's estimate, which knows no policies. Ada writes for herself,
-- Cleo, a stranger, asks how many posts come before a text, and would find it letter by letter.
begin;
set local search_path = public, extensions;
select plan(4);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}');
update public.rate_limits set max_count = 100000 where action = 'create_post';
insert into public.posts (owner_id, caption, is_public)
select '00000000-0000-4000-a000-00000000000a', 'tap' || n || ' #tap' || n, false from generate_series(1, 400) as n;
insert into public.post_media (post_id, path, position, file_type, mime_type, size, alt_text)
select id, 'tap/' || id, 0, 'image', 'image/jpeg', 1, 'tap' || id from public.posts;
analyze public.posts, public.post_media, public.tags;

create function pg_temp.estimate(query text) returns numeric
language plpgsql
as $$
declare
  v_plan json;
begin
  execute 'explain (format json) ' || query into v_plan;
  return v_plan -> 0 -> 'Plan' ->> 'Plan Rows';
end
$$;
grant execute on function pg_temp.estimate(text) to authenticated;

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000c", "role": "authenticated"}';
select is(
  pg_temp.estimate(format('select from public.%s > %L', question, low)),
  pg_temp.estimate(format('select from public.%s > %L', question, high)),
  'an estimate says nothing of ' || question
)
from (
  values
    ('posts where caption', 'tap1', 'tap399'),
    ('post_media where path', 'tap/', 'taq'),
    ('post_media where alt_text', 'tap', 'taq'),
    ('tags where name', 'tap1', 'tap399')
) as question (question, low, high);

select * from finish();
rollback;
