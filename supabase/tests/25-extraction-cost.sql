-- What a hostile caption costs. All bounds are ratios of what was measured a moment before on the same machine, and of
-- the best of several rounds, so that neither a slow machine nor a busy one fails them.
begin;
set local search_path = public, extensions;
select plan(57);

create function pg_temp.best_of(statement text, caption text) returns numeric
language plpgsql
as $$
declare
  v_started timestamptz;
  v_best numeric := 'infinity';
begin
  for v_round in 1..7 loop
    v_started := clock_timestamp();
    begin
      execute statement using caption;
    exception when sqlstate 'PT422' then
      -- Refused is an outcome, too; what counts is what it cost.
    end;
    v_best := least(v_best, extract(epoch from clock_timestamp() - v_started) * 1000);
  end loop;
  return v_best;
end
$$;

-- Found by changing captions at random and keeping what took longest, and by asking what the patterns might read twice:
-- a long run before a match, openings that are never closed, and as many small matches as there is room for.
create temporary table hostile (unit text, tail text);
insert into hostile (unit, tail)
values
  ('@', ''), ('#', ''), ('a', ' @nora #dawn'), ('a.', ' @nora #dawn'), ('a-', ' @nora #dawn'), ('a@', ' @nora #dawn'),
  ('a@a.', ' @nora #dawn'), ('a@a.aa', ' @nora #dawn'), ('http://', ' @nora #dawn'), ('://', ' @nora #dawn'),
  ('http://a/(', ' @nora #dawn'), ('a.bb/(', ' @nora #dawn'), ('a.bb:1', ' @nora #dawn'), ('a.bb/ #é ', ''),
  ('a.bb/ @abc ', ''), ('#a#a', ' @nora #dawn'), ('#1', ' @nora #dawn'), ('1', '# @nora #dawn'), ('&#', ' #dawn'),
  ('rt', ' @nora #dawn'), ('RT:@', ' @nora'), ('@_写', ' @nora'), ('#é ', ''), ('#' || chr(769), ' #dawn'),
  ('#' || chr(8205), ' #dawn'), (chr(65039) || '#', ' #dawn'), (chr(769), '#dawn @nora');

select cmp_ok(
  pg_temp.best_of('select public.extract_mentions($1)', repeat(unit, 40000 / char_length(unit)) || tail),
  '<', 9 * pg_temp.best_of('select public.extract_mentions($1)', repeat(unit, 10000 / char_length(unit)) || tail),
  format('mentions in four times as many %L take about four times as long, not sixteen times', unit)
)
from hostile;
select cmp_ok(
  pg_temp.best_of('select public.extract_hashtags($1)', repeat(unit, 40000 / char_length(unit)) || tail),
  '<', 9 * pg_temp.best_of('select public.extract_hashtags($1)', repeat(unit, 10000 / char_length(unit)) || tail),
  format('hashtags in four times as many %L take about four times as long, not sixteen times', unit)
)
from hostile;

-- Publishing: what a caption costs with all that it sets off

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'nora@tap.test', '{"username": "tap_nora"}'),
  ('00000000-0000-4000-a000-00000000000b', 'otto@tap.test', '{"username": "tap_otto"}');
create function pg_temp.publishing(caption text) returns numeric
language sql
as $$
  select pg_temp.best_of(
    $statement$
      insert into public.posts (owner_id, caption) values ('00000000-0000-4000-a000-00000000000a', $1)
    $statement$,
    caption
  )
$$;
create temporary table common as
select pg_temp.publishing(
  'Sunset over the bay with @tap_nora and @tap_otto, what a day! #sunset #travel https://example.com/a?b=c'
) as milliseconds;
select cmp_ok(
  max(pg_temp.publishing(left(repeat(unit, 2200), 2200 - char_length(tail)) || tail)),
  '<', 10 * (select milliseconds from common),
  'none of these, 2,200 characters long, costs as much to publish as ten common captions'
)
from hostile;
select cmp_ok(
  pg_temp.publishing((select string_agg('#' || chr(20000 + place), ' ') from generate_series(1, 733) as place)),
  '<', 10 * (select milliseconds from common),
  'nor do hundreds of different tags, which are too many'
);
select is_empty(
  format('select from public.tags where name = %L', chr(20001)), 'and leave none of them behind'
);

select * from finish();
rollback;
