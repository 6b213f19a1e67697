-- What people publish.

create table public.posts (
  id uuid primary key default private.uuid_v7(),
  owner_id uuid not null default auth.uid() references public.profiles (id) on delete cascade,
  caption text not null,
  is_public boolean not null default true,
  original_post_id uuid references public.posts (id) on delete set null,
  is_repost boolean not null default false,
  hidden_at timestamptz,
  is_visible_to_all boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint posts_caption_check check (
    char_length(caption) between 1 and (public.limits() ->> 'caption_length')::integer
    -- The pinned collation knows every white space of Unicode.
    and caption collate "und-x-icu" ~ '\S'
  ),
  constraint posts_is_repost_check check (is_repost or original_post_id is null),
  constraint posts_is_visible_to_all_check check (is_public and hidden_at is null or not is_visible_to_all)
);

-- One person's posts, newest first; also what the foreign key needs.
create index posts_owner_id_id_idx on public.posts (owner_id, id);
create index posts_original_post_id_idx on public.posts (original_post_id) where original_post_id is not null;

alter table public.posts enable row level security;
-- See 20261122000200: estimates would tell.
alter table public.posts alter column caption set statistics 0;

-- No grant for id, owner and times: they are the server's. original_post_id is said once and then stays; is_repost
-- follows from it. Hiding is for moderators: public.hide_post. is_visible_to_all follows from all of that.
grant select, delete on public.posts to authenticated;
grant insert (caption, is_public, original_post_id) on public.posts to authenticated;
grant update (caption, is_public) on public.posts to authenticated;
grant select, insert, update, delete on public.posts to service_role;

-- One column decides for nearly every row. The user and his role are asked for once a statement, and only if a row is
-- met that not everybody may see.
create policy select_visible on public.posts for select to authenticated
  using (
    is_visible_to_all
    or owner_id = (select auth.uid())
    or (select private.has_role('moderator'))
  );
create policy insert_own on public.posts for insert to authenticated
  with check (owner_id = (select auth.uid()) and (select private.may_write()));
create policy update_own on public.posts for update to authenticated
  using (owner_id = (select auth.uid()) and (select private.may_write()))
  with check (owner_id = (select auth.uid()));
create policy delete_own on public.posts for delete to authenticated
  using (owner_id = (select auth.uid()) and (select private.may_write()));

comment on table public.posts is
  'What people publish. A post is visible to its owner and to moderators, and to everybody signed in if both the post and its owner''s profile are public and no moderator has hidden it.';
comment on column public.posts.id is 'Sorts by the time of publication: the order of the feed and its cursor.';
comment on column public.posts.owner_id is 'Who published it.';
comment on column public.posts.caption is 'The text, 1 to 2,200 characters. Its @mentions and #hashtags are kept in post_mentions and post_tags.';
comment on column public.posts.is_public is 'False shows the post to its owner, and to moderators, only.';
comment on column public.posts.original_post_id is
  'The post that this one passes on, never itself a repost; null if there is none or it was deleted.';
comment on column public.posts.is_repost is 'Whether it passes another post on; stays true when that one is deleted.';
comment on column public.posts.hidden_at is 'When a moderator hid it from everybody but its owner; null if none did. Which one is in audit_log, and not the owner''s to know.';
comment on column public.posts.is_visible_to_all is
  'Whether everybody signed in sees it: post and owner''s profile are public, and no moderator has hidden it. Kept by triggers.';
comment on column public.posts.created_at is 'When it was published.';
comment on column public.posts.updated_at is 'When caption or visibility last changed.';
comment on policy select_visible on public.posts is
  'Own posts, and public posts, not hidden, of people whose profile is public; moderators and admins see every post.';

create function private.hold_post(post_id uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform from public.posts where posts.id = hold_post.post_id for key share;
  return found;
end
$$;
comment on function private.hold_post(uuid) is
  'Keeps a post from being deleted until the transaction ends. False where it is gone. Security definer: whoever may see a post may pass it on, while holding a row asks for the right to change it.';
grant execute on function private.hold_post(uuid) to authenticated, service_role;

create function private.resolve_original_post()
returns trigger
language plpgsql
-- Invoker: row-level security decides which posts the caller may pass on.
set search_path = ''
as $$
declare
  v_named record;
begin
  select posts.is_repost, posts.original_post_id into v_named from public.posts where posts.id = new.original_post_id;
  if v_named.is_repost then
    -- Chains are flat: whoever passes a repost on passes its original on, so that a post has all its reposts around
    -- it, and not a tail of them. The original must be there and visible itself.
    new.original_post_id := v_named.original_post_id;
    select posts.is_repost, posts.original_post_id into v_named from public.posts where posts.id = new.original_post_id;
  end if;
  -- Held, or a deletion at the same time would end this in an error of the foreign key.
  if v_named.is_repost is null or not private.hold_post(new.original_post_id) then
    perform private.raise_error(
      422, 'original_post_not_found', 'The post to pass on does not exist.', 'original_post'
    );
  end if;
  new.is_repost := true;
  return new;
end
$$;
comment on function private.resolve_original_post() is
  'Trigger: only a post that the caller may see can be passed on; of a repost it is the original that is passed on.';

create function private.set_post_visibility()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if not new.is_public or new.hidden_at is not null then
    new.is_visible_to_all := false;
  elsif tg_op = 'INSERT' then
    -- Held against a change of the profile, whose own trigger could not see this post yet.
    select profiles.is_public into new.is_visible_to_all
    from public.profiles where profiles.id = new.owner_id
    for share;
  else
    -- Not held: the profile's trigger waits for this row, and then finds it as it is written here.
    select profiles.is_public into new.is_visible_to_all
    from public.profiles where profiles.id = new.owner_id;
  end if;
  -- An owner without a profile is refused by the foreign key, in its own words.
  new.is_visible_to_all := coalesce(new.is_visible_to_all, false);
  return new;
end
$$;
comment on function private.set_post_visibility() is
  'Trigger: is_visible_to_all says what post and profile say, whatever was written. Security definer: that must not depend on what the writer may see or hold of profiles.';

create function private.refresh_visibility_of_posts()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- What it becomes is private.set_post_visibility's to say; this brings it about.
  update public.posts
  set is_visible_to_all = new.is_public
  where posts.owner_id = new.id and posts.is_public and posts.hidden_at is null;
  return null;
end
$$;
comment on function private.refresh_visibility_of_posts() is
  'Trigger: opening or closing a profile opens or closes its posts. Security definer: the column is nobody''s to write.';

create function private.count_inserted_posts()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  -- What the dashboard and the secret key write counts for nobody.
  v_times constant integer := (select count(*) from inserted where inserted.owner_id = auth.uid());
begin
  if v_times > 0 then
    perform private.count_action('create_post', auth.uid()::text, v_times);
  end if;
  return null;
end
$$;
comment on function private.count_inserted_posts() is
  'Trigger: a person publishes no more often than public.rate_limits allows. Security definer: counters are nobody''s to write.';

create function private.count_updated_posts()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  -- An edit is what stamps the post. Losing its original, or being hidden, is not its owner's doing.
  v_times constant integer := (
    select count(*)
    from updated
    join outdated on outdated.id = updated.id
    where updated.updated_at <> outdated.updated_at and updated.owner_id = auth.uid()
  );
begin
  if v_times > 0 then
    perform private.count_action('update_post', auth.uid()::text, v_times);
  end if;
  return null;
end
$$;
comment on function private.count_updated_posts() is
  'Trigger: a person edits posts no more often than public.rate_limits allows. Security definer: counters are nobody''s to write.';

create trigger _100_resolve_original_post before insert on public.posts
  for each row
  when (new.original_post_id is not null)
  execute function private.resolve_original_post();
create trigger _300_set_visibility_on_insert before insert on public.posts
  for each row execute function private.set_post_visibility();
create trigger _300_set_visibility_on_update before update on public.posts
  for each row
  when (
    (new.is_public, new.hidden_at, new.is_visible_to_all)
      is distinct from (old.is_public, old.hidden_at, old.is_visible_to_all)
  )
  execute function private.set_post_visibility();
create trigger _500_refresh_visibility_of_posts after update on public.profiles
  for each row
  when (new.is_public <> old.is_public)
  execute function private.refresh_visibility_of_posts();
-- Only these columns: losing its original, or being hidden, does not make a post edited.
create trigger _200_set_updated_at before update on public.posts
  for each row
  when ((new.caption, new.is_public) is distinct from (old.caption, old.is_public))
  execute function private.set_updated_at();
-- Before the tags and mentions are looked for, which is the expensive part, and for the order of locks: see
-- private.hold_counter.
create trigger _300_count_inserted after insert on public.posts
  referencing new table as inserted
  for each statement execute function private.count_inserted_posts();
create trigger _300_count_updated after update on public.posts
  referencing old table as outdated new table as updated
  for each statement execute function private.count_updated_posts();
