-- A user of Auth is a person of Noctra from the first moment: every user has a profile, and a user name that was
-- asked for is refused before the user exists, not after.

create function private.valid_date_of_birth(value text)
returns date
language plpgsql
stable
set search_path = ''
as $$
begin
  -- One spelling only: what else PostgreSQL takes for a date ('today', '1/2/3') nobody means.
  if value ~ '^\d{4}-\d{2}-\d{2}$' and pg_input_is_valid(value, 'date')
    and value::date between date '1900-01-01' and current_date
  then
    return value::date;
  end if;
  return null;
end
$$;
comment on function private.valid_date_of_birth(text) is 'The date, if it is one (YYYY-MM-DD) that somebody can be born on; else null.';

create function public.username_available(username text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select coalesce(private.is_valid_username(username_available.username), false)
    and not exists (
      select
      from public.profiles
      -- With an empty search_path a plain = would compare as text, that is with case.
      where profiles.username operator(extensions.=) username_available.username::extensions.citext
    )
$$;
comment on function public.username_available(text) is
  'Whether somebody may sign up with the name: well formed, and nobody''s yet, whatever its case.';
-- Not for clients: asking would be free, while Auth limits sign-ups.
grant execute on function public.username_available(text) to service_role;

create table private.username_reservations (
  username extensions.citext primary key,
  reserved_for text not null,
  reserved_until timestamptz not null
);
comment on table private.username_reservations is
  'User names between Auth''s question and the new user, a moment later. Without them two people who sign up with one name at once would both be let through, and the second would see Auth fail.';
comment on column private.username_reservations.username is 'The name.';
comment on column private.username_reservations.reserved_for is 'Whose sign-up: an e-mail address or telephone number, who may ask again.';
comment on column private.username_reservations.reserved_until is 'Until when it is kept from others; by then the user is there, or the sign-up has failed.';

create function private.reserve_username(username text, reserved_for text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  -- Asked for by many at once, the others wait here for the first, and then find it reserved. A minute is more
  -- than Auth takes from here to the user's row, also while it has many passwords to hash.
  insert into private.username_reservations as reservation (username, reserved_for, reserved_until)
  values (reserve_username.username::extensions.citext, reserve_username.reserved_for, now() + interval '1 minute')
  on conflict on constraint username_reservations_pkey do update
  set reserved_for = excluded.reserved_for, reserved_until = excluded.reserved_until
  where reservation.reserved_until <= now() or reservation.reserved_for = excluded.reserved_for;
  return found;
end
$$;
comment on function private.reserve_username(text, text) is
  'Keeps a free user name for one sign-up. False where another one has it. Granted to nobody: the hook calls it.';

create function public.before_user_created(event jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_metadata constant jsonb := event -> 'user' -> 'user_metadata';
  v_username constant text := v_metadata ->> 'username';
  v_date_of_birth constant text := v_metadata ->> 'date_of_birth';
  v_reserved_for constant text := lower(coalesce(
    nullif(event #>> '{user,email}', ''), nullif(event #>> '{user,phone}', ''), event #>> '{user,id}', ''
  ));
  v_free boolean;
begin
  if v_username is not null then
    if not private.is_valid_username(v_username) then
      return jsonb_build_object('error', jsonb_build_object(
        'http_code', 422, 'message', 'username_invalid: A user name has 3 to 30 of the characters A-Z a-z 0-9 _.'
      ));
    end if;
  end if;
  if v_date_of_birth is not null and private.valid_date_of_birth(v_date_of_birth) is null then
    return jsonb_build_object('error', jsonb_build_object(
      'http_code', 422, 'message', 'date_of_birth_invalid: A date of birth is a day from 1900-01-01 to today.'
    ));
  end if;
  if v_username is not null then
    -- Last, because it reserves: whoever is refused for another reason has reserved nothing.
    v_free := public.username_available(v_username);
    if v_free then
      v_free := private.reserve_username(v_username, v_reserved_for);
    end if;
    -- Asked again, in a statement of its own, so that a user who came to be while this one waited is seen.
    if not v_free or not public.username_available(v_username) then
      return jsonb_build_object('error', jsonb_build_object(
        'http_code', 409, 'message', 'username_taken: The user name is taken.'
      ));
    end if;
  end if;
  return '{}';
end
$$;
comment on function public.before_user_created(jsonb) is
  'Auth''s "Before User Created" hook: refuses a user name that is malformed or taken, and an impossible date of birth. The message starts with a stable code. Security definer: Auth calls it as supabase_auth_admin, who has no grant on profiles.';
grant usage on schema public to supabase_auth_admin;
grant execute on function public.before_user_created(jsonb) to supabase_auth_admin;

create function private.derived_username(metadata jsonb, email text)
returns text
language sql
immutable
set search_path = ''
as $$
  -- 'José García' becomes Jose_Garcia: accents are taken off first, then what is left outside the alphabet becomes
  -- one underscore. 22 characters leave room for the suffix of a name that is taken.
  select coalesce(
    (
      select cleaned.name
      from unnest(array[
        metadata ->> 'preferred_username',
        metadata ->> 'user_name',
        metadata ->> 'name',
        metadata ->> 'full_name',
        split_part(email, '@', 1)
      ]) with ordinality as candidate (name, place)
      cross join lateral (
        select btrim(left(regexp_replace(
          regexp_replace(normalize(left(candidate.name, 100), nfkd), '[\u0300-\u036f]', '', 'g'),
          '[^A-Za-z0-9]+', '_', 'g'
        ), 22), '_') as name
      ) as cleaned
      where private.is_valid_username(cleaned.name)
      order by candidate.place
      limit 1
    ),
    'user'
  )
$$;
comment on function private.derived_username(jsonb, text) is
  'A well-formed user name from what a provider says about a person, or else from his e-mail address. Not necessarily free.';

create function private.create_profile()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_metadata constant jsonb := new.raw_user_meta_data;
  v_base text;
  v_suffix text := '';
  v_attempts integer := 0;
begin
  if v_metadata ->> 'username' is not null then
    -- The hook has looked already. Where it is not set up, or two people sign up with one name at once, the
    -- constraints of profiles end the sign-up.
    insert into public.profiles (id, username)
    values (new.id, (v_metadata ->> 'username')::extensions.citext);
    delete from private.username_reservations
    where username_reservations.username operator(extensions.=) (v_metadata ->> 'username')::extensions.citext;
  else
    v_base := private.derived_username(v_metadata, new.email);
    loop
      -- Waits for another sign-up that is about to take the same name, and then tries the next one.
      insert into public.profiles (id, username)
      values (new.id, (v_base || v_suffix)::extensions.citext)
      on conflict (username) do nothing;
      exit when found;
      v_attempts := v_attempts + 1;
      v_suffix := '_' || case
        -- Four digits read well; seven hexadecimal ones are there for a name that thousands have.
        when v_attempts <= 8 then lpad((random() * 9999)::integer::text, 4, '0')
        else substring(md5(gen_random_uuid()::text) for 7)
      end;
    end loop;
  end if;
  insert into public.private_profiles (id, date_of_birth)
  values (new.id, private.valid_date_of_birth(v_metadata ->> 'date_of_birth'));
  return null;
end
$$;
comment on function private.create_profile() is
  'Trigger: a new user''s profile, with the user name asked for at sign-up or, where none was, one derived from what is known. Security definer: Auth inserts as supabase_auth_admin, who has no grant on profiles.';

create trigger _100_create_profile after insert on auth.users
  for each row execute function private.create_profile();
