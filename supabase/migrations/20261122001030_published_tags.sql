-- When a tag becomes visible to everybody: with the first post that everybody may see. It then stays so, because what was
-- read cannot be taken back, and because a mark that only ever goes up needs no lock against those who use the tag.

create function private.publish_tags(tag_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.tags
  set is_published = true
  where tags.id in (
    select named.id
    from public.tags as named
    where named.id = any (publish_tags.tag_ids) and not named.is_published
    -- As private.ensure_tags sorts them: no deadlocks.
    order by named.name
    for no key update
  );
end
$$;
comment on function private.publish_tags(uuid[]) is
  'Marks tags as published. Granted to nobody: triggers with their owner''s rights call it.';

create function private.publish_tags_of_references()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_tag_ids constant uuid[] := array(
    select inserted.tag_id
    from inserted
    join public.tags on tags.id = inserted.tag_id
    where inserted.is_visible_to_all and not tags.is_published
  );
begin
  -- Nearly every tag is published already.
  if cardinality(v_tag_ids) > 0 then
    perform private.publish_tags(v_tag_ids);
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
  v_tag_ids constant uuid[] := array(
    select distinct post_tags.tag_id
    from updated
    join outdated on outdated.id = updated.id
    join public.post_tags on post_tags.post_id = updated.id
    where updated.is_visible_to_all and not outdated.is_visible_to_all
  );
begin
  if cardinality(v_tag_ids) > 0 then
    perform private.publish_tags(v_tag_ids);
  end if;
  return null;
end
$$;
comment on function private.publish_tags_of_posts() is
  'Trigger: publishes the tags of posts that everybody may see from now on. Security definer: clients have no write grant on tags.';

create trigger _200_publish_tags after insert on public.post_tags
  referencing new table as inserted
  for each statement execute function private.publish_tags_of_references();
-- Behind _400_refresh_references_on_update: a post may become public with another caption, whose tags count, and not
-- those that it had while nobody saw it.
create trigger _600_publish_tags after update on public.posts
  referencing old table as outdated new table as updated
  for each statement execute function private.publish_tags_of_posts();
