-- Ids are ordered by time, so the primary key is also the order of the feed and its cursor, and new rows land at the
-- end of the index. PostgreSQL 17 has no generator of its own.

-- RFC 9562, version 7: 48 bits of milliseconds, then, as its method 3 allows, the fraction of the millisecond in the
-- 12 bits that follow, so that rows of one millisecond still sort. The last 8 bytes are those of a random version 4
-- id, whose variant bits are the same.
create function private.uuid_v7()
returns uuid
language plpgsql
volatile
parallel safe
set search_path = ''
as $$
declare
  v_microseconds constant bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
  return encode(
    substring(int8send(v_microseconds / 1000) from 3)
      || int2send((x'7000'::integer + v_microseconds % 1000 * 4096 / 1000)::smallint)
      || substring(uuid_send(gen_random_uuid()) from 9),
    'hex'
  )::uuid;
end
$$;
comment on function private.uuid_v7() is 'A new id that sorts by the time it was made (UUID version 7).';
-- A column default runs as whoever inserts.
grant execute on function private.uuid_v7() to authenticated, service_role;
