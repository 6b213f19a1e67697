-- What people publish.

create table public.posts (
  id uuid primary key default private.uuid_v7(),
  owner_id uuid not null default auth.uid() references public.profiles (id) on delete cascade,
  caption text not null,
  is_public boolean not null default true,
  original_post_id uuid references public.posts (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint posts_caption_check check (
    char_length(caption) between 1 and (public.limits() ->> 'caption_length')::integer
    -- The pinned collation knows every white space of Unicode.
    and caption collate "und-x-icu" ~ '\S'
  )
);

-- One person's posts, newest first; also what the foreign key needs.
create index posts_owner_id_id_idx on public.posts (owner_id, id);
create index posts_original_post_id_idx on public.posts (original_post_id) where original_post_id is not null;

alter table public.posts enable row level security;

-- No grant for id, owner and times: they are the server's. original_post_id is said once and then stays.
grant select, delete on public.posts to authenticated;
grant insert (caption, is_public, original_post_id) on public.posts to authenticated;
grant update (caption, is_public) on public.posts to authenticated;
grant select, insert, update, delete on public.posts to service_role;

-- The owner's profile is asked for with a scalar subquery on purpose: `exists` and `in` let the planner read all
-- public profiles into a hash table before the first row of a feed.
create policy select_visible on public.posts for select to authenticated
  using (
    owner_id = (select auth.uid())
    or (is_public and (select profiles.is_public from public.profiles where profiles.id = posts.owner_id))
  );
create policy insert_own on public.posts for insert to authenticated
  with check (owner_id = (select auth.uid()));
create policy update_own on public.posts for update to authenticated
  using (owner_id = (select auth.uid()))
  with check (owner_id = (select auth.uid()));
create policy delete_own on public.posts for delete to authenticated
  using (owner_id = (select auth.uid()));

comment on table public.posts is
  'What people publish. A post is visible to its owner, and to everybody signed in if both the post and its owner''s profile are public.';
comment on column public.posts.id is 'Sorts by the time of publication: the order of the feed and its cursor.';
comment on column public.posts.owner_id is 'Who published it.';
comment on column public.posts.caption is 'The text, 1 to 2,200 characters. Its @mentions and #hashtags are kept in post_mentions and post_tags.';
comment on column public.posts.is_public is 'False shows the post to its owner only.';
comment on column public.posts.original_post_id is 'The post that this one passes on; null if there is none or it was deleted.';
comment on column public.posts.created_at is 'When it was published.';
comment on column public.posts.updated_at is 'When caption or visibility last changed.';
comment on policy select_visible on public.posts is
  'Own posts, and public posts of people whose profile is public.';

create function private.check_original_post()
returns trigger
language plpgsql
-- Invoker: row-level security decides which posts the caller may pass on.
set search_path = ''
as $$
begin
  if not exists (select from public.posts where posts.id = new.original_post_id) then
    perform private.raise_error(
      422, 'original_post_not_found', 'The post to pass on does not exist.', 'original_post'
    );
  end if;
  return new;
end
$$;
comment on function private.check_original_post() is 'Trigger: only a post that the caller may see can be passed on.';

create trigger _100_check_original_post before insert on public.posts
  for each row
  when (new.original_post_id is not null)
  execute function private.check_original_post();
-- Only these columns: losing its original does not make a post edited.
create trigger _200_set_updated_at before update on public.posts
  for each row
  when ((new.caption, new.is_public) is distinct from (old.caption, old.is_public))
  execute function private.set_updated_at();
