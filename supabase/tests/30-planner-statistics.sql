-- The Data API answers a planned count with the planner's estimate, which knows no policies. Ada writes private posts;
-- Cleo, a stranger, asks how many rows a filter would find, and could find texts and dates step by step.
begin;
set local search_path = public, extensions;
select plan(7);

select tests.create_user('ada'), tests.create_user('cleo');
insert into public.posts (owner_id, caption, is_public)
select tests.id_of('ada'), 'tap' || n || ' #tap' || n, false from generate_series(1, 400) as n;
select tests.insert_file(id, 'tap/' || id) from public.posts;
update public.post_media set alt_text = 'tap' || id;
insert into public.comments (post_id, owner_id, text)
select posts.id, tests.id_of('ada'), posts.caption || ' @tap_ada' from public.posts;
analyze public.posts, public.post_media, public.post_tags, public.comments, public.comment_mentions, public.private_profiles;

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

select tests.authenticate_as('cleo');
select is(
  pg_temp.estimate(format('select from public.%s %L', question, low)),
  pg_temp.estimate(format('select from public.%s %L', question, high)),
  'an estimate does not tell of ' || question
)
from (
  values
    ('posts where caption >', 'tap1', 'tap399'),
    ('post_media where path >', 'tap/', 'taq'),
    ('post_media where alt_text >', 'tap', 'taq'),
    ('post_tags where tag >', 'tap1', 'tap399'),
    ('comments where text >', 'tap1', 'tap399'),
    ('comment_mentions where name >', 'tap_a', 'tap_b'),
    ('private_profiles where date_of_birth <', '2026-01-01', '1900-01-01')
) as question (question, low, high);

select * from finish();
rollback;
