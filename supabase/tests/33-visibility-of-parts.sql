-- A post, its tags, its mentions and its files are shown and hidden together. Ada writes, Cleo, a stranger, looks, Mia is
-- a moderator.
begin;
set local search_path = public, extensions;
select plan(19);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}'),
  ('00000000-0000-4000-a000-00000000000e', 'mia@tap.test', '{"username": "tap_mia"}');
update public.profiles set role = 'moderator' where username = 'tap_mia';
insert into storage.objects (bucket_id, name, owner_id, metadata)
select
  'post-media', '00000000-0000-4000-a000-00000000000a/00000000-0000-4000-8000-00000000000' || number || '.jpg',
  '00000000-0000-4000-a000-00000000000a', '{"size": 1, "mimetype": "image/jpeg"}'
from generate_series(1, 2) as number;

create function pg_temp.act_as(person text) returns void
language sql
as $$
  select set_config('request.jwt.claims', json_build_object(
    'sub', '00000000-0000-4000-a000-00000000000' || person, 'role', 'authenticated'
  )::text, true)
$$;
-- What a person sees of the one post: the post, its tags, mentions and files.
create function pg_temp.seen_by(person text) returns text
language sql
as $$
  select pg_temp.act_as(person);
  select concat_ws(' ', (
    select count(*) from public.posts where owner_id = '00000000-0000-4000-a000-00000000000a'
  ), (select count(*) from public.post_tags), (
    select count(*) from public.post_mentions
  ), (select count(*) from public.post_media))
$$;
-- What the columns say of the same, past every policy.
create function pg_temp.marked() returns text
language sql
security definer
as $$
  select concat_ws(' ',
    (select count(*) from public.posts where is_visible_to_all), (select count(*) from public.post_tags where is_visible_to_all),
    (select count(*) from public.post_mentions where is_visible_to_all), (select count(*) from public.post_media where is_visible_to_all)
  )
$$;
grant execute on function pg_temp.act_as(text), pg_temp.seen_by(text), pg_temp.marked() to authenticated, service_role;
delete from public.posts;

set local role authenticated;
select pg_temp.act_as('a');
select public.create_post(
  '#tap1 with @tap_cleo', tags => '{tap2}', mentions => '{tap_mia}',
  media => '["00000000-0000-4000-a000-00000000000a/00000000-0000-4000-8000-000000000001.jpg"]'
);
select is(pg_temp.marked(), '1 2 2 1', 'what belongs to a public post is marked with it, from the caption and listed');
reset role;
update public.post_media set inspected_at = now();
set local role authenticated;
select is(pg_temp.seen_by('c'), '1 2 2 1', 'a stranger sees all of it');

select pg_temp.act_as('a');
update public.posts set is_public = false;
select is(pg_temp.marked(), '0 0 0 0', 'a post that becomes private takes everything with it');
select is(pg_temp.seen_by('c'), '0 0 0 0', 'from a stranger''s sight');
select is(pg_temp.seen_by('a'), '1 2 2 1', 'not from the owner''s');
select is(pg_temp.seen_by('e'), '1 2 2 1', 'nor from a moderator''s');
select pg_temp.act_as('a');
select public.update_post(
  (select id from public.posts), caption => '#tap3 #tap4', is_public => true,
  add_media => '["00000000-0000-4000-a000-00000000000a/00000000-0000-4000-8000-000000000002.jpg"]'
);
select is(pg_temp.marked(), '1 3 1 2', 'one that becomes public with other words brings those, and what was added');

select pg_temp.act_as('e');
select public.hide_post(id) from public.posts;
select is(pg_temp.marked(), '0 0 0 0', 'hiding a post hides everything');
select is(pg_temp.seen_by('c'), '0 0 0 0', 'from a stranger');
select pg_temp.act_as('a');
update public.posts set caption = '#tap5 hidden';
select is(pg_temp.marked(), '0 0 0 0', 'and what comes to a hidden post');
select pg_temp.act_as('e');
select public.hide_post(id, hidden => false) from public.posts;
select is(pg_temp.marked(), '1 2 1 2', 'showing it again shows everything');

select pg_temp.act_as('a');
update public.profiles set is_public = false where id = auth.uid();
select is(pg_temp.marked(), '0 0 0 0', 'closing the profile hides all its posts');
insert into public.posts (caption) values ('#tap6 of a closed profile');
select is(pg_temp.marked(), '0 0 0 0', 'and those that come later');
select is(pg_temp.seen_by('c'), '0 0 0 0', 'from a stranger');
select pg_temp.act_as('a');
update public.profiles set is_public = true where id = auth.uid();
select is(pg_temp.marked(), '2 3 1 2', 'opening it shows them all');

-- Acting as the secret key

reset role;
set local role service_role;
update public.posts set is_visible_to_all = false;
select is(pg_temp.marked(), '2 3 1 2', 'what is written into the column itself does not stay');
update public.posts set is_public = false where caption like '#tap6%';
insert into public.posts (owner_id, caption, is_public, is_visible_to_all)
values ('00000000-0000-4000-a000-00000000000a', '#tap7 for one', false, true);
select is(pg_temp.marked(), '1 2 1 2', 'nor does what is written with a new post');
insert into public.post_tags (post_id, tag_id, source)
select posts.id, tags.id, 'explicit' from public.posts, public.tags where posts.caption like '#tap5%' and tags.name = 'tap7';
select is(pg_temp.marked(), '1 2 1 2', 'a tag that it adds by hand is not marked');
reset role;
set local role authenticated;
select is(pg_temp.seen_by('c'), '1 3 1 1', 'and is seen with its post all the same; a file waits until it is inspected');

select * from finish();
rollback;
