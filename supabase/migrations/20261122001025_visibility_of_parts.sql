-- Tags, mentions and files carry the visibility of their post, so that their policies, which a page asks about a hundred
-- times, need not look at it. A true that is no longer so would show what is hidden: it is taken back with the change
-- of the post, whoever makes it. A false only costs the look.

create function private.pass_visibility_on()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_shown constant uuid[] := array(
    select updated.id
    from updated join outdated on outdated.id = updated.id
    where updated.is_visible_to_all and not outdated.is_visible_to_all
  );
  v_hidden constant uuid[] := array(
    select updated.id
    from updated join outdated on outdated.id = updated.id
    where outdated.is_visible_to_all and not updated.is_visible_to_all
  );
begin
  if cardinality(v_shown) > 0 then
    update public.post_tags set is_visible_to_all = true where post_tags.post_id = any (v_shown);
    update public.post_mentions set is_visible_to_all = true where post_mentions.post_id = any (v_shown);
    update public.post_media set is_visible_to_all = true where post_media.post_id = any (v_shown);
  end if;
  if cardinality(v_hidden) > 0 then
    update public.post_tags set is_visible_to_all = false where post_tags.post_id = any (v_hidden);
    update public.post_mentions set is_visible_to_all = false where post_mentions.post_id = any (v_hidden);
    update public.post_media set is_visible_to_all = false where post_media.post_id = any (v_hidden);
  end if;
  return null;
end
$$;
comment on function private.pass_visibility_on() is
  'Trigger: what belongs to a post is shown and hidden with it. Security definer: clients have no write grant on those tables.';

create trigger _500_pass_visibility_on after update on public.posts
  referencing old table as outdated new table as updated
  for each statement execute function private.pass_visibility_on();
