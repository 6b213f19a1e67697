-- A ban is Auth's. It refuses sign-in and renewal, but ends no token that was given out before it: those are good until
-- they expire. What such a token may still do is read, which needs no check on every row; write it may not.

create function private.may_write()
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from auth.users
    where users.id = auth.uid()
      and (users.banned_until is null or users.banned_until <= now())
      and users.deleted_at is null
  );
end
$$;
comment on function private.may_write() is
  'Whether the caller is a user who is still there and not banned. Every policy for a write asks, in a subquery: once a statement, not once a row. Security definer: bans are Auth''s to know. Only the caller is looked up.';
grant execute on function private.may_write() to authenticated;

create function private.require_writer()
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if private.may_write() then
    return;
  end if;
  -- A token outlives its user by up to an hour. The profile goes with the user, a ban leaves it.
  if auth.uid() is null or not exists (select from public.profiles where profiles.id = auth.uid()) then
    perform private.raise_error(401, 'not_signed_in', 'Sign in first.');
  end if;
  perform private.raise_error(403, 'user_banned', 'This account is closed.');
end
$$;
comment on function private.require_writer() is
  'Refuses a caller who may not write, in words that a client understands: nobody, a user who is gone, or one who is banned.';
grant execute on function private.require_writer() to authenticated;
