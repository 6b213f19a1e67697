-- Leaving, for good.

create function public.delete_account()
returns void
language plpgsql
-- Definer: users are Auth's. Only the caller's own is deleted.
security definer
set search_path = ''
-- The Data API takes this over: whoever has published for years takes longer to delete than the usual 8 seconds.
set statement_timeout = '60s'
as $$
begin
  if not exists (select from public.profiles where profiles.id = auth.uid()) then
    perform private.raise_error(401, 'not_signed_in', 'Sign in to delete your account.');
  end if;
  perform private.keep_an_admin(auth.uid());
  -- Profile, posts, tags, mentions, files and sessions go with the user; triggers queue the bytes for removal.
  delete from auth.users where users.id = auth.uid();
end
$$;
comment on function public.delete_account() is
  'Deletes the caller''s account with all that belongs to it. There is no way back. The last admin has to appoint another one first.';
grant execute on function public.delete_account() to authenticated;
