begin;
set local search_path = public, extensions;
select plan(8);

create temporary table made as
select place, clock_timestamp() as before, private.uuid_v7() as id, clock_timestamp() as after
from generate_series(1, 10000) as place;

select is((select count(distinct id) from made), 10000::bigint, 'no two ids are equal');
select is_empty($$select id from made where uuid_extract_version(id) <> 7$$, 'the version is 7');
select is_empty($$select id from made where substring(id::text from 20 for 1) !~ '[89ab]'$$, 'the variant is that of RFC 9562');
select is_empty(
  $$
    select id
    from made
    where ('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint
      not between floor(extract(epoch from before) * 1000) and extract(epoch from after) * 1000
  $$,
  'the first 48 bits are the current time in milliseconds'
);
select is_empty(
  $$
    select later.place
    from made as later
    join made as earlier on earlier.place = later.place - 1
    -- The first 64 bits hold the time to a quarter of a microsecond; within it, chance decides.
    where left(later.id::text, 18) < left(earlier.id::text, 18)
  $$,
  'ids sort by the time they were made'
);
select col_default_is('public', name, 'id', 'private.uuid_v7()', 'the ids of ' || name || ' sort by time')
from unnest(array['posts', 'post_media', 'audit_log']::name[]) as name;

select * from finish();
rollback;
