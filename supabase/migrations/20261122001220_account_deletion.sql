-- Leaving, for good.

create function private.hold_posts_of(user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform
  from public.posts
  where posts.id = any (array(
    select own.id from public.posts as own where own.owner_id = hold_posts_of.user_id
    union
    select reposts.id
    from public.posts as reposts
    join public.posts as own on own.id = reposts.original_post_id
    where own.owner_id = hold_posts_of.user_id
    union
    select post_mentions.post_id from public.post_mentions where post_mentions.profile_id = hold_posts_of.user_id
  ))
  order by posts.id
  for update;
end
$$;
comment on function private.hold_posts_of(uuid) is
  'Holds all posts that go or change with a user, in one order, before the user''s profile is: whoever writes a post holds it first and then the people in it, so that the two wait for each other in one direction only. Granted to nobody.';

create function private.hold_posts_of_leaving()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.hold_posts_of(old.id);
  return old;
end
$$;
comment on function private.hold_posts_of_leaving() is
  'Trigger: a deletion waits for edits at the same time before it deletes anything. Security definer: Auth deletes as supabase_auth_admin, who has no grant on posts.';

create trigger _100_hold_posts before delete on auth.users
  for each row execute function private.hold_posts_of_leaving();

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
  -- Posts before people: keep_an_admin holds the profile.
  perform private.hold_posts_of(auth.uid());
  perform private.keep_an_admin(auth.uid());
  -- Profile, posts, tags, mentions, files and sessions go with the user; triggers queue the bytes for removal.
  delete from auth.users where users.id = auth.uid();
end
$$;
comment on function public.delete_account() is
  'Deletes the caller''s account with all that belongs to it. There is no way back. The last admin has to appoint another one first. Security definer: users are Auth''s. Only the caller''s own is deleted.';
grant execute on function public.delete_account() to authenticated;
