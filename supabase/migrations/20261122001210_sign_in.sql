-- Signing in with a user name, and the end of guessing passwords. The edge function calls these with the secret key,
-- around the call to Auth that checks the password.

create function private.find_account(identifier text, out user_id uuid, out email text)
language sql
stable
set search_path = ''
as $$
  select users.id, users.email::text
  from auth.users
  where not users.is_sso_user
    and users.email = lower(btrim(identifier))
    and identifier like '%@%'
  union all
  select users.id, users.email::text
  from public.profiles
  join auth.users on users.id = profiles.id
  where profiles.username operator(extensions.=) btrim(identifier)::extensions.citext
  -- A user name has no @, so at most one half answers.
  limit 1
$$;
comment on function private.find_account(text) is
  'The user whom a user name or an e-mail address means, and the address that Auth knows; nulls for nobody''s.';

create function private.account_subject(identifier text)
returns text
language sql
immutable
set search_path = ''
as $$
  -- What was typed and not whom it means. A name that nobody has is counted like any other, and a user name and an
  -- e-mail address apart: were they counted together, whoever has used up the attempts of the one could try addresses
  -- until one is refused, and know whose it is. Hashed, because people type passwords into the wrong field.
  select encode(sha256(convert_to(lower(btrim(coalesce(identifier, ''))), 'UTF8')), 'hex')
$$;
comment on function private.account_subject(text) is 'Under which name failed sign-ins are counted.';

create function public.begin_sign_in(identifier text, address inet default null)
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_account record;
begin
  select * into v_account from private.find_account(begin_sign_in.identifier);
  -- Counted as failed before the password is checked: many guesses at once are counted before one is answered. The
  -- account first, then the address, in every function that counts both: no deadlocks.
  perform private.count_action('sign_in_account', private.account_subject(begin_sign_in.identifier));
  if begin_sign_in.address is not null then
    perform private.count_action('sign_in_address', private.address_subject(begin_sign_in.address));
  end if;
  return v_account.email;
end
$$;
comment on function public.begin_sign_in(text, inet) is
  'The e-mail address that Auth knows for a user name or an e-mail address, null for nobody''s; counts a failed attempt of the account and of the caller''s network address, and refuses when there were too many. For the edge function. Security definer: e-mail addresses are Auth''s, counters nobody''s, and service_role has no grant on either.';
-- Not for clients: they would learn each other's addresses.
grant execute on function public.begin_sign_in(text, inet) to service_role;

create function public.sign_in_succeeded(identifier text, address inet default null)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.uncount_action('sign_in_account', private.account_subject(sign_in_succeeded.identifier));
  if sign_in_succeeded.address is not null then
    perform private.uncount_action('sign_in_address', private.address_subject(sign_in_succeeded.address));
  end if;
end
$$;
comment on function public.sign_in_succeeded(text, inet) is
  'Takes back what begin_sign_in counted, because the password was right. Same arguments. For the edge function. Security definer: counters are nobody''s to write.';
grant execute on function public.sign_in_succeeded(text, inet) to service_role;

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
  'Counts a registration of a network address, and refuses when there were too many. For the edge function. Security definer: counters are nobody''s to write.';
grant execute on function public.begin_registration(inet) to service_role;
