-- Accounts: signing up, signing in, leaving.
--
-- Auth keeps the users; this file makes each of them a user of Noctra. Every user has a profile from the first moment,
-- and a user name that cannot be had is refused before the user exists, not after.

-- Signing up

create function private.valid_date_of_birth(value text)
returns date
language plpgsql
stable
set search_path = ''
as $$
begin
  -- One spelling only. PostgreSQL reads more as a date ('today', '1/2/3') than anybody means.
  if value ~ '^\d{4}-\d{2}-\d{2}$' and pg_input_is_valid(value, 'date')
    and value::date between make_date(private.limit_of('birth_year_min'), 1, 1) and current_date
  then
    return value::date;
  end if;
  return null;
end
$$;
comment on function private.valid_date_of_birth(text) is 'The date, if it is a possible date of birth, written YYYY-MM-DD; else null.';

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
  'Whether a user may sign up with the name: well formed, and not taken, whatever its case.';
-- Not for clients: Auth limits sign-ups, and this would answer as often as asked.
grant execute on function public.username_available(text) to service_role;

-- Names that nobody may take, because others would trust their holder.
create table public.reserved_usernames (
  username extensions.citext primary key,
  constraint reserved_usernames_username_check check (private.is_valid_username(username::text))
);

alter table public.reserved_usernames enable row level security;

grant select, delete on public.reserved_usernames to authenticated;
grant insert (username) on public.reserved_usernames to authenticated;
grant select, insert, update, delete on public.reserved_usernames to service_role;

create policy select_admin on public.reserved_usernames for select to authenticated
  using ((select private.has_role('admin')));
create policy insert_admin on public.reserved_usernames for insert to authenticated
  with check ((select private.has_role('admin')));
create policy delete_admin on public.reserved_usernames for delete to authenticated
  using ((select private.has_role('admin')));

comment on table public.reserved_usernames is
  'User names that nobody can sign up with or change to. Admins change the list. Who has such a name keeps it; the dashboard and the secret key may give one.';
comment on column public.reserved_usernames.username is 'The name, without regard to case.';

insert into public.reserved_usernames (username)
values
  ('noctra'), ('noctra_official'), ('noctra_support'), ('noctra_team'),
  ('admin'), ('administrator'), ('moderator'), ('mod'), ('mods'), ('staff'), ('team'), ('official'), ('owner'),
  ('support'), ('help'), ('helpdesk'), ('service'), ('contact'), ('info'), ('press'), ('legal'), ('abuse'), ('privacy'),
  ('security'), ('safety'), ('trust'), ('billing'), ('payments'), ('verify'), ('verified'), ('notifications'), ('news'),
  ('root'), ('system'), ('sysadmin'), ('superuser'), ('postmaster'), ('hostmaster'), ('webmaster'), ('noreply'),
  ('no_reply'), ('bot'), ('api'), ('everyone'), ('all'), ('here'), ('nobody'), ('anonymous'), ('deleted'), ('unknown'),
  ('null'), ('undefined');

create table private.username_reservations (
  username extensions.citext primary key,
  reserved_for text not null,
  reserved_until timestamptz not null
);
comment on table private.username_reservations is
  'User names that only one user can have for a time. Names of sign-ups, between Auth''s hook and the new user, a moment later: without them, two users who sign up with one name at the same time would both pass the hook, and Auth would answer the second with a server error. And names that were given up, so that nobody takes the place of their former owner.';
comment on column private.username_reservations.username is 'The name.';
comment on column private.username_reservations.reserved_for is
  'The user who can have it: the id of a user who has another name now, or the hash of the e-mail address or telephone number of a user who does not exist yet, or any more.';
comment on column private.username_reservations.reserved_until is 'Until when others cannot have it.';

create function private.hash_of_contact(email text, phone text, id text)
returns text
language sql
immutable
set search_path = ''
as $$
  select encode(sha256(convert_to(lower(coalesce(nullif(email, ''), nullif(phone, ''), id, '')), 'UTF8')), 'hex')
$$;
comment on function private.hash_of_contact(text, text, text) is
  'A user who may not exist, by e-mail address, else telephone number, else id. Hashed: a deleted user''s address is not kept.';

create function private.is_withheld(username text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select from public.reserved_usernames
    where reserved_usernames.username operator(extensions.=) is_withheld.username::extensions.citext
  ) or exists (
    select from private.username_reservations
    where username_reservations.username operator(extensions.=) is_withheld.username::extensions.citext
      and username_reservations.reserved_until > now()
  )
$$;
comment on function private.is_withheld(text) is 'Whether the name is reserved, for everybody or for one user.';

create function private.reserve_username(username text, reserved_for text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  -- Requests for one name at the same time wait here for the first, and then find it reserved. A minute is more than
  -- Auth takes from here to the user's row, also while it has many passwords to hash.
  insert into private.username_reservations as reservation (username, reserved_for, reserved_until)
  values (reserve_username.username::extensions.citext, reserve_username.reserved_for, now() + interval '1 minute')
  on conflict on constraint username_reservations_pkey do update
  set reserved_for = excluded.reserved_for,
    -- A former owner who signs up again does not lose the name when that fails.
    reserved_until = greatest(reservation.reserved_until, excluded.reserved_until)
  where reservation.reserved_until <= now() or reservation.reserved_for = excluded.reserved_for;
  return found;
end
$$;
comment on function private.reserve_username(text, text) is
  'Reserves a free user name for one sign-up. False if it is reserved for another user. Not granted: the hook calls it.';

create function private.refuse_sign_up(status integer, message text)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object('error', jsonb_build_object('http_code', status, 'message', message))
$$;
comment on function private.refuse_sign_up(integer, text) is 'The answer with which a hook of Auth refuses a user.';

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
  v_reserved_for constant text := private.hash_of_contact(
    event #>> '{user,email}', event #>> '{user,phone}', event #>> '{user,id}'
  );
begin
  if not private.is_valid_username(v_username) then
    return private.refuse_sign_up(422, format(
      'username_invalid: A user name has %s to %s of the characters A-Z a-z 0-9 _.',
      private.limit_of('username_min'), private.limit_of('username_max')
    ));
  end if;
  if v_date_of_birth is not null and private.valid_date_of_birth(v_date_of_birth) is null then
    return private.refuse_sign_up(422, format(
      'date_of_birth_invalid: A date of birth is a day from %s-01-01 to today.', private.limit_of('birth_year_min')
    ));
  end if;
  if exists (
    select from public.reserved_usernames
    where reserved_usernames.username operator(extensions.=) v_username::extensions.citext
  ) then
    return private.refuse_sign_up(422, 'username_reserved: The user name is reserved.');
  end if;
  -- Last, so that a sign-up that is refused for another reason reserves no name.
  if v_username is not null
    and (
      not public.username_available(v_username)
      or not private.reserve_username(v_username, v_reserved_for)
    )
  then
    return private.refuse_sign_up(409, 'username_taken: The user name is taken.');
  end if;
  -- Asked again in a statement of its own, which sees a user who was created while this one waited.
  if v_username is not null and not public.username_available(v_username) then
    return private.refuse_sign_up(409, 'username_taken: The user name is taken.');
  end if;
  return '{}';
end
$$;
comment on function public.before_user_created(jsonb) is
  'Auth''s "Before User Created" hook: refuses a user name that is malformed, reserved or taken, and an impossible date of birth. The message starts with a stable code. Security definer: Auth calls it as supabase_auth_admin, which has no grant on profiles.';
grant usage on schema public to supabase_auth_admin;
grant execute on function public.before_user_created(jsonb) to supabase_auth_admin;

create function private.derived_username(metadata jsonb, email text)
returns text
language sql
immutable
set search_path = ''
as $$
  -- 'José García' becomes Jose_Garcia: first the accents go, then each run of other characters becomes one underscore.
  -- 22 characters leave room for a suffix.
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
  'A well-formed user name from what a provider says about a user, or else from their e-mail address. Not necessarily free.';

create function private.tg_users__create_profile()
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
    -- The hook has checked the name. Where the hook is not set up, the constraints of profiles end the sign-up.
    insert into public.profiles (id, username)
    values (new.id, (v_metadata ->> 'username')::extensions.citext);
  else
    v_base := private.derived_username(v_metadata, new.email);
    loop
      -- Waits for another sign-up that is about to take the same name, and then tries the next one.
      insert into public.profiles (id, username)
      select new.id, (v_base || v_suffix)::extensions.citext
      where not private.is_withheld(v_base || v_suffix)
      on conflict (username) do nothing;
      exit when found;
      v_attempts := v_attempts + 1;
      v_suffix := '_' || case
        -- Four digits read well; seven hexadecimal ones are for a name that thousands have.
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
comment on function private.tg_users__create_profile() is
  'Trigger: a new user''s profile, with the user name asked for or, without one, a derived name. Security definer: Auth inserts as supabase_auth_admin, which has no grant on profiles.';

create trigger _100_create_profile after insert on auth.users
  for each row execute function private.tg_users__create_profile();

-- Former names

create function private.withhold_username(username extensions.citext, reserved_for text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- A month is long enough for others to notice that the name has changed.
  insert into private.username_reservations as reservation (username, reserved_for, reserved_until)
  values (withhold_username.username, withhold_username.reserved_for, now() + interval '30 days')
  on conflict on constraint username_reservations_pkey do update
  set reserved_for = excluded.reserved_for, reserved_until = excluded.reserved_until;
end
$$;
comment on function private.withhold_username(extensions.citext, text) is
  'Reserves a former name for its user for a time. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.tg_profiles__take_username()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user auth.users;
begin
  if tg_op = 'UPDATE' and new.username::text = old.username::text then
    return null;
  end if;
  if tg_op = 'UPDATE' and auth.uid() is not null then
    perform private.count_action('rename', auth.uid()::text);
  end if;
  select * into v_user from auth.users where users.id = new.id;
  -- The dashboard and the secret key may give a reserved name to a user, but not to one who signs up.
  if (tg_op = 'INSERT' or auth.uid() is not null) and exists (
    select from public.reserved_usernames where reserved_usernames.username operator(extensions.=) new.username
  ) then
    perform private.raise_error(422, 'username_reserved', 'The user name is reserved.', 'username');
  end if;
  -- After the name is written: a user who gives it up at the same time has then committed.
  delete from private.username_reservations
  where username_reservations.username operator(extensions.=) new.username
    and (
      username_reservations.reserved_until <= now()
      or username_reservations.reserved_for
        in (new.id::text, private.hash_of_contact(v_user.email, v_user.phone, v_user.id::text))
    );
  if exists (
    select from private.username_reservations where username_reservations.username operator(extensions.=) new.username
  ) then
    perform private.raise_error(409, 'username_taken', 'The user name is taken.', 'username');
  end if;
  if tg_op = 'UPDATE' then
    if new.username operator(extensions.<>) old.username then
      perform private.withhold_username(old.username, new.id::text);
    end if;
    -- Tokens carry the metadata, and clients show it.
    update auth.users
    set raw_user_meta_data = coalesce(users.raw_user_meta_data, '{}')
      || jsonb_build_object('username', new.username::text)
    where users.id = new.id;
  end if;
  return null;
end
$$;
comment on function private.tg_profiles__take_username() is
  'Trigger: counts changes of the user name, refuses a reserved name, reserves the former name for its user, and updates Auth''s metadata. Security definer: reservations are granted to nobody, and users belong to Auth.';

create trigger _600_take_username after insert or update of username on public.profiles
  for each row execute function private.tg_profiles__take_username();

create function private.tg_users__keep_username()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_username constant text := (select profiles.username::text from public.profiles where profiles.id = new.id);
begin
  if v_username is not null then
    new.raw_user_meta_data := coalesce(new.raw_user_meta_data, '{}') || jsonb_build_object('username', v_username);
  end if;
  return new;
end
$$;
comment on function private.tg_users__keep_username() is
  'Trigger: users write their metadata in Auth, but the user name there is that of the profile. Security definer: Auth updates as supabase_auth_admin, which has no grant on profiles.';

create trigger _100_keep_username before update of raw_user_meta_data on auth.users
  for each row
  when (new.raw_user_meta_data is distinct from old.raw_user_meta_data)
  execute function private.tg_users__keep_username();

create function private.tg_users__withhold_username()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.withhold_username(
    profiles.username, private.hash_of_contact(old.email, old.phone, old.id::text)
  )
  from public.profiles where profiles.id = old.id;
  return old;
end
$$;
comment on function private.tg_users__withhold_username() is
  'Trigger: the name of a deleted user is kept from others; who has the same e-mail address can have it again. Security definer: Auth deletes as supabase_auth_admin, which has no grant on profiles.';

create trigger _100_withhold_username before delete on auth.users
  for each row execute function private.tg_users__withhold_username();

-- Signing in

-- The edge function calls begin_sign_in before Auth checks the password. Every attempt counts as failed; a sign-in that
-- succeeds, by whatever way, forgets the count of the account.

create function private.account_subject(identifier text)
returns text
language sql
immutable
set search_path = ''
as $$
  -- A user name and an e-mail address are counted apart, and unknown ones as well. Counted together, an attacker who
  -- has used up the attempts of a name could try addresses until one is refused, and would know whose it is. Hashed,
  -- because users type passwords into the wrong field.
  select encode(sha256(convert_to(lower(btrim(coalesce(identifier, ''))), 'UTF8')), 'hex')
$$;
comment on function private.account_subject(text) is 'Under which name sign-ins with a user name or an e-mail address are counted.';

create function public.begin_sign_in(identifier text, address inet default null)
returns table (email text, username text)
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Counted before the password is checked, so that many guesses at once are all counted before one is answered.
  perform private.count_action('sign_in_account', private.account_subject(begin_sign_in.identifier));
  if begin_sign_in.address is not null then
    perform private.count_action('sign_in_address', private.address_subject(begin_sign_in.address));
  end if;
  return query
  select users.email::text, profiles.username::text
  from auth.users
  join public.profiles on profiles.id = users.id
  where begin_sign_in.identifier like '%@%'
    and users.email = lower(btrim(begin_sign_in.identifier))
    and not users.is_sso_user
  union all
  -- A user name has no @, so at most one half answers.
  select users.email::text, profiles.username::text
  from public.profiles
  join auth.users on users.id = profiles.id
  -- A longer name is nobody's: as in find_profile.
  where char_length(btrim(begin_sign_in.identifier)) <= private.limit_of('username_max')
    and profiles.username operator(extensions.=) btrim(begin_sign_in.identifier)::extensions.citext;
end
$$;
comment on function public.begin_sign_in(text, inet) is
  'Counts a sign-in of an account and of a network address, refuses when there were too many, and returns whom a user name or an e-mail address means (no row for nobody). For the edge function. Security definer: e-mail addresses belong to Auth, and counters are granted to nobody.';
-- Not for clients: they would learn e-mail addresses.
grant execute on function public.begin_sign_in(text, inet) to service_role;

create function private.tg_users__forget_failed_sign_ins()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from private.rate_counters
  where rate_counters.action = 'sign_in_account'
    and rate_counters.subject in (
      private.account_subject(new.email),
      private.account_subject((select profiles.username::text from public.profiles where profiles.id = new.id))
    );
  return null;
end
$$;
comment on function private.tg_users__forget_failed_sign_ins() is
  'Trigger: a sign-in forgets the counts of the account''s user name and e-mail address. Security definer: Auth updates as supabase_auth_admin, which has no grant on counters.';

create trigger _100_forget_failed_sign_ins after update of last_sign_in_at on auth.users
  for each row
  when (new.last_sign_in_at is distinct from old.last_sign_in_at)
  execute function private.tg_users__forget_failed_sign_ins();

create function public.begin_registration(address inet)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  if begin_registration.address is not null then
    perform private.count_action('register_address', private.address_subject(begin_registration.address));
  end if;
end
$$;
comment on function public.begin_registration(inet) is
  'Counts a registration of a network address, and refuses when there were too many. For the edge function. Security definer: counters are granted to nobody.';
grant execute on function public.begin_registration(inet) to service_role;

-- Leaving

create function private.lock_deletions()
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('private.lock_deletions', 0));
end
$$;
comment on function private.lock_deletions() is
  'Locks the deletion of accounts against each other until the transaction ends: two users who liked each other''s posts would delete the same likes in opposite order. Not granted: SECURITY DEFINER functions call it.';

create function private.tg_users__lock_deletions()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.lock_deletions();
  return null;
end
$$;
comment on function private.tg_users__lock_deletions() is
  'Trigger: accounts are deleted one at a time, whoever deletes them. Security definer: Auth deletes as supabase_auth_admin, which may call no helper.';

-- Once a statement: before any row is locked.
create trigger _100_lock_deletions before delete on auth.users
  for each statement execute function private.tg_users__lock_deletions();

create function public.delete_account()
returns void
language plpgsql
security definer
set search_path = ''
-- The Data API takes this over: a user who has published for years takes longer to delete than any other request may
-- take.
set statement_timeout = '60s'
as $$
begin
  -- Again, before the profile, which another deletion of the same account takes along.
  perform private.lock_deletions();
  -- Before lock_writer, because it takes the stronger lock on the profile.
  perform private.require_other_admin(auth.uid());
  -- Banned users cannot delete their account, because they could register again with the same address.
  perform private.lock_writer();
  -- Profile, posts, tags, mentions, files and sessions go with the user; triggers enqueue the objects for removal.
  delete from auth.users where users.id = auth.uid();
end
$$;
comment on function public.delete_account() is
  'Deletes the caller''s account with everything that belongs to it, for good. The last admin has to appoint another one first. Security definer: users belong to Auth. Only the caller''s own account is deleted.';
grant execute on function public.delete_account() to authenticated;
