-- Foundations: the base of every later file.
--
-- Two schemas. `public` is for clients: tables behind row-level security and functions that they may call. `private` is
-- for everything else. Nothing is open by default: each right is granted object by object, so a migration
-- that forgets a grant leaves the object closed.

-- Extensions live in their own schema, so that the Data API exposes nothing of theirs. citext compares user names
-- without case, so that no query has to.
create extension if not exists citext with schema extensions;

comment on schema public is 'For clients: tables behind row-level security, and functions that they may call.';

create schema private;
comment on schema private is 'Helpers, trigger functions and bookkeeping. The Data API does not expose it.';

-- Policies, and functions that run as the caller, use helpers of this schema. Each helper is granted by itself.
grant usage on schema private to authenticated, service_role;

-- PostgreSQL grants execute to everyone; this default can only be revoked for all schemas at once.
alter default privileges revoke execute on functions from public;
-- Without their functions, the types and operators of extensions would not work.
alter default privileges in schema extensions grant execute on functions to public;
-- Supabase projects may grant everything in `public` to the API roles by default.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;

-- Some filters of the Data API read a whole table, so the time of one request is bounded. Supabase's default is 8
-- seconds. Functions that need longer set their own.
alter role authenticated set statement_timeout = '5s';

-- Limits

-- Each limit is written here and nowhere else. Large networks also allow 2,200 characters, 30 tags, 20 mentions and
-- 1,000 characters of alternative text; 50 MiB is the largest upload on Supabase's free plan; 255 is the width of
-- profile texts in the clients; bcrypt, with which Auth hashes passwords, reads 72 bytes; no living user was born
-- before 1900; clients show more than 99 unread notifications as 99+.
create function public.limits()
returns jsonb
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return jsonb '{
    "caption_length": 2200,
    "comment_length": 2200,
    "tags": 30,
    "tag_length": 50,
    "mentions": 20,
    "media": 10,
    "media_size": 52428800,
    "alt_text_length": 1000,
    "avatar_size": 5242880,
    "cover_size": 10485760,
    "username_min": 3,
    "username_max": 30,
    "bio_length": 255,
    "playlist_length": 255,
    "reason_length": 1000,
    "report_length": 1000,
    "password_min": 8,
    "password_max_bytes": 72,
    "birth_year_min": 1900,
    "idempotency_key_length": 255,
    "page_size": 20,
    "page_size_max": 100,
    "export_page_size": 1000,
    "unread_max": 100,
    "missed_seconds": 3600,
    "missed_events": 500,
    "query_length": 100,
    "follows": 10000,
    "blocks": 10000,
    "mutes": 10000
  }';
end
$$;
comment on function public.limits() is
  'Every limit, in one place: lengths in characters, sizes in bytes. Constraints, functions, buckets and the generated clients read it.';
grant execute on function public.limits() to authenticated, service_role;

create function private.limit_of(name text)
returns integer
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return (public.limits() ->> limit_of.name)::integer;
end
$$;
comment on function private.limit_of(text) is 'One of public.limits().';
grant execute on function private.limit_of(text) to authenticated, service_role;

-- Errors

-- The list of codes is supabase/functions/api/http/errors.ts; a check compares it with the calls of this function, so
-- status and code are always literals. Two kinds of errors do not come from here: sign-up answers in the form of Auth
-- (public.before_user_created), and a broken constraint answers with PostgreSQL's own code and the constraint's name.
create function private.raise_error(status integer, code text, message text, field text default null)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_message text := raise_error.message;
  v_limit record;
begin
  for v_limit in select each.key, each.value from jsonb_each_text(public.limits()) as each loop
    v_message := replace(v_message, '{' || v_limit.key || '}', to_char(v_limit.value::bigint, 'FM999,999,999'));
  end loop;
  -- RAISE refuses an option that is null.
  if field is null then
    raise exception using errcode = 'PT' || status, hint = code, message = v_message;
  end if;
  raise exception using errcode = 'PT' || status, hint = code, message = v_message, detail = field;
end
$$;
comment on function private.raise_error(integer, text, text, text) is
  'Ends the request with an HTTP status (SQLSTATE PTnnn), a stable code (hint), a sentence (message) and the field at fault (detail). {name} in the message becomes that limit.';
grant execute on function private.raise_error(integer, text, text, text) to authenticated, service_role;

-- Ids and times

-- Ids sort by time, so the primary key is also the order of every list and its cursor, and new rows are appended to
-- the index. PostgreSQL 17 has no generator for them.
create function private.uuid_v7()
returns uuid
language plpgsql
volatile
-- A volatile plpgsql function begins a command, which a parallel worker may not.
parallel restricted
set search_path = ''
as $$
declare
  v_microseconds constant bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
  -- RFC 9562: 48 bits of milliseconds, then (method 3) the fraction of the millisecond in 12 bits, so that rows of one
  -- millisecond sort as well. The last 8 bytes are those of a random version 4 id, with the same variant bits.
  return encode(
    substring(int8send(v_microseconds / 1000) from 3)
      || int2send((x'7000'::integer + v_microseconds % 1000 * 4096 / 1000)::smallint)
      || substring(uuid_send(gen_random_uuid()) from 9),
    'hex'
  )::uuid;
end
$$;
comment on function private.uuid_v7() is 'A new id that sorts by the time it was made (UUID version 7).';
-- A column default runs with the rights of the role that inserts.
grant execute on function private.uuid_v7() to service_role;

create function private.tg__touch_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.tg__touch_updated_at() is 'Trigger: sets updated_at, whatever the client sent.';
