-- What a hostile caption costs. Each bound is a ratio of two works that are measured in turns, each by its best round, and
-- measured again while the ratio is too high. A slow or busy machine takes longer, but does not fail.
begin;
set local search_path = public, extensions;
select plan(59);

-- How long the statement takes for one caption, as a multiple of how long it takes `times` in a row for another.
create function pg_temp.ratio(statement text, caption text, other text, times integer, bound numeric) returns numeric
language plpgsql
as $$
declare
  v_started timestamptz;
  v_spent interval[];
  v_best interval[] := array['1 day', '1 day'];
begin
  for v_round in 1..60 loop
    v_spent := '{}';
    for v_side in 1..2 loop
      v_started := clock_timestamp();
      for v_time in 1..case v_side when 1 then 1 else times end loop
        begin
          execute statement using case v_side when 1 then ratio.caption else ratio.other end;
        exception when sqlstate 'PT422' then
          -- A refusal is an outcome as well; its cost counts.
        end;
      end loop;
      v_spent := v_spent || (clock_timestamp() - v_started);
    end loop;
    v_best := array[least(v_best[1], v_spent[1]), least(v_best[2], v_spent[2])];
    exit when v_round >= 5 and extract(epoch from v_best[1]) < bound * extract(epoch from v_best[2]);
  end loop;
  return round(extract(epoch from v_best[1]) / extract(epoch from v_best[2]), 2);
end
$$;

-- Found by changing captions at random and keeping the slowest, and by asking what the patterns might read twice: a long
-- run before a match, openings that are never closed, and as many small matches as there is room for.
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
  pg_temp.ratio(
    'select public.extract_mentions($1)',
    repeat(unit, 8800 / char_length(unit)) || tail, repeat(unit, 2200 / char_length(unit)) || tail, 4, 2.5
  ),
  '<', 2.5, format('mentions are found in linear time among many %L', unit)
)
from hostile;
select cmp_ok(
  pg_temp.ratio(
    'select public.extract_hashtags($1)',
    repeat(unit, 8800 / char_length(unit)) || tail, repeat(unit, 2200 / char_length(unit)) || tail, 4, 2.5
  ),
  '<', 2.5, format('hashtags are found in linear time among many %L', unit)
)
from hostile;

select cmp_ok(
  pg_temp.ratio(
    'select private.search_terms($1)',
    (select string_agg(chr(20000 + place), '') from generate_series(1, 8800) as place),
    (select string_agg(chr(20000 + place), '') from generate_series(1, 2200) as place), 4, 2.5
  ),
  '<', 2.5, 'terms are made in linear time of one long run of Chinese'
);

-- Publishing: what a caption costs with everything that it starts

select tests.create_user('nora'), tests.create_user('otto');
create function pg_temp.publishing(caption text) returns numeric
language sql
as $$
  select pg_temp.ratio(
    $statement$
      insert into public.posts (owner_id, caption) values (tests.id_of('nora'), $1)
    $statement$,
    caption,
    'Sunset over the bay with @tap_nora and @tap_otto, what a day! #sunset #travel https://example.com/a?b=c',
    1, 10
  )
$$;
select cmp_ok(
  max(pg_temp.publishing(left(repeat(unit, 2200), 2200 - char_length(tail)) || tail)), '<', 10::numeric,
  'no hostile caption of 2,200 characters costs as much to publish as ten common ones'
)
from hostile;
select cmp_ok(
  pg_temp.publishing((select string_agg('#' || chr(20000 + place), ' ') from generate_series(1, 733) as place)),
  '<', 10::numeric, 'hundreds of tags, which are refused, cost less than ten common captions'
);

-- A user name of a megabyte, which nobody has, among those of many

select tests.create_user('many' || place) from generate_series(1, 300) as place;
analyze public.profiles;

select cmp_ok(
  pg_temp.ratio(statement, repeat('x', 1000000), 'tap_nobody', times, 1), '<', 1::numeric,
  format('a megabyte costs less than %s user names: %s', times, statement)
)
from (
  values ('select private.find_profile($1)', 2000), ('select from public.begin_sign_in($1 || clock_timestamp())', 150)
) as lookup (statement, times);

select * from finish();
rollback;
