-- When everybody sees a tag. Ada writes, Cleo, a stranger, looks, Mia is a moderator.
begin;
set local search_path = public, extensions;
select plan(11);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}'),
  ('00000000-0000-4000-a000-00000000000e', 'mia@tap.test', '{"username": "tap_mia"}');
update public.profiles set role = 'moderator' where username = 'tap_mia';

create function pg_temp.act_as(person text) returns void
language sql
as $$
  select set_config('request.jwt.claims', json_build_object(
    'sub', '00000000-0000-4000-a000-00000000000' || person, 'role', 'authenticated'
  )::text, true)
$$;
-- What a person sees of the tags here.
create function pg_temp.seen_by(person text) returns text
language sql
as $$
  select pg_temp.act_as(person);
  select coalesce(string_agg(tags.name, ' ' order by tags.name), '') from public.tags where tags.name like 'tap%'
$$;
grant execute on function pg_temp.act_as(text), pg_temp.seen_by(text) to authenticated;

set local role authenticated;
select pg_temp.act_as('a');
insert into public.posts (caption) values ('#tap1 for all');
select public.create_post('#tap2 for me', tags => '{tap3}', is_public => false);
select is(pg_temp.seen_by('c'), 'tap1', 'a stranger sees the tags of what everybody sees');
select is(pg_temp.seen_by('a'), 'tap1 tap2 tap3', 'the owner sees those of her own posts, too');
select is(pg_temp.seen_by('e'), 'tap1 tap2 tap3', 'so does a moderator, who sees every post');

select pg_temp.act_as('a');
update public.posts set caption = '#tap4 for all', is_public = true where caption like '#tap2%';
select is(pg_temp.seen_by('c'), 'tap1 tap3 tap4', 'a post that becomes public with other words publishes these, and not the old ones');
select is(pg_temp.seen_by('a'), 'tap1 tap3 tap4', 'and what no post has any more, and nobody else has seen, nobody sees');

select pg_temp.act_as('a');
update public.profiles set is_public = false where id = auth.uid();
insert into public.posts (caption) values ('#tap5 of a private profile');
select is(pg_temp.seen_by('c'), 'tap1 tap3 tap4', 'a private profile publishes none, and takes back none');
select pg_temp.act_as('a');
update public.profiles set is_public = true where id = auth.uid();
select is(pg_temp.seen_by('c'), 'tap1 tap3 tap4 tap5', 'until it is public');

select pg_temp.act_as('e');
select public.hide_post(id) from public.posts where caption like '#tap5%';
select pg_temp.act_as('a');
update public.posts set caption = '#tap6 hidden' where caption like '#tap5%';
select is(pg_temp.seen_by('c'), 'tap1 tap3 tap4 tap5', 'a hidden post publishes none');
select pg_temp.act_as('e');
select public.hide_post(id, hidden => false) from public.posts where caption like '#tap6%';
select is(pg_temp.seen_by('c'), 'tap1 tap3 tap4 tap5 tap6', 'until it is shown again');

select pg_temp.act_as('a');
delete from public.posts where owner_id = auth.uid();
select is(pg_temp.seen_by('c'), 'tap1 tap3 tap4 tap5 tap6', 'what was public stays a word, of which nobody can tell whose it was');

reset role;
insert into public.tags (name) values ('tap7'), ('tap8');
insert into public.posts (id, owner_id, caption, is_public)
values ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'For me', false);
insert into public.post_tags (post_id, tag_id, source)
select '00000000-0000-7000-a000-0000000000a1', id, 'explicit' from public.tags where name in ('tap7', 'tap8');
update public.posts set is_public = true where id = '00000000-0000-7000-a000-0000000000a1';
set local role authenticated;
select is(pg_temp.seen_by('c'), 'tap1 tap3 tap4 tap5 tap6 tap7 tap8', 'also by the dashboard');

select * from finish();
rollback;
