-- Leaving, for good.

create function public.delete_account()
returns void
language plpgsql
security definer
set search_path = ''
-- The Data API takes this over: whoever has published for years takes longer to delete than the usual 8 seconds.
set statement_timeout = '60s'
as $$
begin
  -- Not to the banned: with the account, the ban would go, and the address be free to register again.
  perform private.require_writer();
  perform private.keep_an_admin(auth.uid());
  -- Profile, posts, tags, mentions, files and sessions go with the user; triggers queue the bytes for removal.
  delete from auth.users where users.id = auth.uid();
end
$$;
comment on function public.delete_account() is
  'Deletes the caller''s account with all that belongs to it. There is no way back. The last admin has to appoint another one first. Security definer: users are Auth''s. Only the caller''s own is deleted.';
grant execute on function public.delete_account() to authenticated;
