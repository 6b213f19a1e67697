-- When a tag becomes visible to everybody: with the first post that everybody may see. It then stays so, because what was
-- read cannot be taken back, and because a mark that only ever goes up needs no lock against those who use the tag.

create function private.publish_tags(post_ids uuid[])
returns void
language sql
set search_path = ''
as $$
  -- A profile that becomes public at the same time waits for this, or this for it: one of the two sees both.
  select
  from public.profiles
  where profiles.id in (select posts.owner_id from public.posts where posts.id = any (publish_tags.post_ids))
  order by profiles.id
  for share;
  update public.tags
  set is_published = true
  where tags.id in (
    select named.id
    from public.tags as named
    where not named.is_published
      and named.id in (
        select post_tags.tag_id
        from public.post_tags
        join public.posts on posts.id = post_tags.post_id
        join public.profiles on profiles.id = posts.owner_id
        where post_tags.post_id = any (publish_tags.post_ids)
          -- As select_visible on public.posts has it for everybody.
          and posts.is_public
          and posts.hidden_at is null
          and profiles.is_public
      )
    -- As private.ensure_tags sorts them: no deadlocks.
    order by named.name
    for no key update
  )
$$;
comment on function private.publish_tags(uuid[]) is
  'Marks the tags of those posts that everybody may see as published. Granted to nobody: triggers with their owner''s rights call it.';

create function private.publish_tags_of_references()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Nearly every tag is published already, and then this is all.
  if exists (select from inserted join public.tags on tags.id = inserted.tag_id where not tags.is_published) then
    perform private.publish_tags(array(select inserted.post_id from inserted));
  end if;
  return null;
end
$$;
comment on function private.publish_tags_of_references() is
  'Trigger: publishes tags with the first public post that uses them. Security definer: clients have no write grant on tags.';

create function private.publish_tags_of_posts()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_shown constant uuid[] := array(
    select updated.id
    from updated
    join outdated on outdated.id = updated.id
    where updated.is_public
      and updated.hidden_at is null
      and not (outdated.is_public and outdated.hidden_at is null)
  );
begin
  if cardinality(v_shown) > 0 then
    perform private.publish_tags(v_shown);
  end if;
  return null;
end
$$;
comment on function private.publish_tags_of_posts() is
  'Trigger: publishes the tags of posts that everybody may see from now on. Security definer: clients have no write grant on tags.';

create function private.publish_tags_of_profile()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.publish_tags(array(select posts.id from public.posts where posts.owner_id = new.id));
  return null;
end
$$;
comment on function private.publish_tags_of_profile() is
  'Trigger: publishes the tags of a person whose profile becomes public. Security definer: clients have no write grant on tags.';

create trigger _200_publish_tags after insert on public.post_tags
  referencing new table as inserted
  for each statement execute function private.publish_tags_of_references();
-- Behind _400_refresh_references_on_update: a post may become public with another caption, whose tags count, and not
-- those that it had while nobody saw it.
create trigger _600_publish_tags after update on public.posts
  referencing old table as outdated new table as updated
  for each statement execute function private.publish_tags_of_posts();
create trigger _500_publish_tags after update on public.profiles
  for each row
  when (new.is_public and not old.is_public)
  execute function private.publish_tags_of_profile();
