-- Hidden posts. Ada is the owner, Ben is mentioned, Cleo a stranger, Dan hides his posts, Mia is a moderator, Zoe an admin.
begin;
set local search_path = public, extensions;
select plan(29);

insert into auth.users (id, email, raw_user_meta_data)
select ('00000000-0000-4000-a000-00000000000' || place)::uuid, name || '@tap.test', jsonb_build_object('username', 'tap_' || name)
from (
  values ('a', 'ada'), ('b', 'ben'), ('c', 'cleo'), ('d', 'dan'), ('e', 'mia'), ('f', 'zoe')
) as person (place, name);
update public.profiles set role = 'moderator' where username = 'tap_mia';
update public.profiles set role = 'admin' where username = 'tap_zoe';
update public.profiles set is_public = false where username = 'tap_dan';
insert into public.posts (id, owner_id, caption, is_public, created_at, updated_at)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'For all #tap_sea @tap_ben', true, '2020-01-01', '2020-01-01'),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a', 'For me', false, '2020-01-01', '2020-01-01'),
  ('00000000-0000-7000-a000-0000000000d1', '00000000-0000-4000-a000-00000000000d', 'Not shown', true, '2020-01-01', '2020-01-01'),
  ('00000000-0000-7000-a000-0000000000e1', '00000000-0000-4000-a000-00000000000e', 'A moderator''s', true, '2020-01-01', '2020-01-01');
insert into storage.objects (bucket_id, name) values ('post-media', '00000000-0000-4000-a000-00000000000a/1.jpg');
insert into public.post_media (post_id, path, position, file_type, mime_type, size, inspected_at)
values (
  '00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a/1.jpg', 0, 'image', 'image/jpeg', 1, now()
);

create function pg_temp.refusal(statement text) returns text
language plpgsql
as $$
declare
  v_hint text;
  v_detail text;
begin
  execute statement;
  return 'not refused';
exception when others then
  get stacked diagnostics v_hint = pg_exception_hint, v_detail = pg_exception_detail;
  return concat_ws(' ', sqlstate, nullif(v_hint, ''), nullif(v_detail, ''));
end
$$;
grant execute on function pg_temp.refusal(text) to anon, authenticated, service_role;

-- What a person sees of all this, in one line.
create function pg_temp.seen_by(person text) returns text
language plpgsql
as $$
declare
  v_seen text;
begin
  perform set_config('request.jwt.claims', json_build_object(
    'sub', '00000000-0000-4000-a000-00000000000' || person, 'role', 'authenticated'
  )::text, true);
  select concat_ws(
    ' ',
    (select string_agg(right(id::text, 2), ' ' order by id) from public.posts where id::text like '00000000-0000-7000-a000-0000000000%'),
    (select 'tag' from public.post_tags where post_id = '00000000-0000-7000-a000-0000000000a1'),
    (select 'mention' from public.post_mentions where post_id = '00000000-0000-7000-a000-0000000000a1'),
    (select 'file' from public.post_media where post_id = '00000000-0000-7000-a000-0000000000a1'),
    (select 'bytes' from storage.objects where name = '00000000-0000-4000-a000-00000000000a/1.jpg')
  ) into v_seen;
  return v_seen;
end
$$;
grant execute on function pg_temp.seen_by(text) to authenticated;

-- Before

set local role authenticated;
select is(pg_temp.seen_by(person), wanted, label)
from (
  values
    ('a', 'a1 a2 e1 tag mention file bytes', 'Ada sees hers, and what is public'),
    ('c', 'a1 e1 tag mention file bytes', 'Cleo sees what is public'),
    ('e', 'a1 a2 d1 e1 tag mention file bytes', 'a moderator sees every post'),
    ('f', 'a1 a2 d1 e1 tag mention file bytes', 'so does an admin')
) as person (person, wanted, label);

-- Acting as nobody, as users, and as the owner

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select is(pg_temp.refusal($$select public.hide_post('00000000-0000-7000-a000-0000000000a1')$$), '42501', 'nobody hides a post');
set local role authenticated;
select is(
  (
    select pg_temp.refusal($$select public.hide_post('00000000-0000-7000-a000-0000000000a1')$$)
    from set_config('request.jwt.claims', json_build_object('sub', sub, 'role', 'authenticated')::text, true)
  ),
  'PT403 forbidden', label
)
from (
  values
    ('00000000-0000-4000-a000-00000000000c', 'a stranger does not'),
    ('00000000-0000-4000-a000-00000000000b', 'nor who is mentioned'),
    ('00000000-0000-4000-a000-00000000000a', 'nor its owner, who can make it private'),
    ('00000000-0000-4000-a000-0000000000ee', 'nor a moderator who is gone')
) as caller (sub, label);

-- Acting as Mia, a moderator

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000e", "role": "authenticated"}';
select results_eq(
  $$select hidden_at, updated_at, is_public from public.hide_post('00000000-0000-7000-a000-0000000000a1', reason => 'Spam')$$,
  $$values (now(), timestamptz '2020-01-01', true)$$,
  'a moderator hides a post, which does not count as edited'
);
select is(pg_temp.seen_by(person), wanted, label)
from (
  values
    ('a', 'a1 a2 e1 tag mention file bytes', 'its owner still sees it'),
    ('b', 'e1', 'who is mentioned does not'),
    ('c', 'e1', 'nor does a stranger, and nothing of it: no tags, no files'),
    ('e', 'a1 a2 d1 e1 tag mention file bytes', 'a moderator does'),
    ('f', 'a1 a2 d1 e1 tag mention file bytes', 'so does an admin'),
    ('0', 'e1', 'a user who is gone does not')
) as person (person, wanted, label);
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select isnt(
  (select hidden_at from public.posts where id = '00000000-0000-7000-a000-0000000000a1'), null, 'its owner sees that it is hidden'
);
select lives_ok(
  $$update public.posts set is_public = true, caption = 'Better' where id = '00000000-0000-7000-a000-0000000000a1'$$,
  'he may edit it'
);
select is(pg_temp.seen_by('c'), 'e1', 'but that does not show it again');
select is(
  pg_temp.refusal($$insert into public.posts (caption, original_post_id) values ('x', '00000000-0000-7000-a000-0000000000a1')$$),
  'PT422 original_post_not_found original_post', 'nobody passes on what is hidden'
);

-- Acting as Zoe, an admin

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000f", "role": "authenticated"}';
select public.hide_post('00000000-0000-7000-a000-0000000000a1');
select results_eq(
  $$select actor_id from public.audit_log where target_id = '00000000-0000-7000-a000-0000000000a1'$$,
  $$values ('00000000-0000-4000-a000-00000000000e'::uuid)$$, 'who hid it first stays noted, in the log'
);
select is(
  (public.hide_post('00000000-0000-7000-a000-0000000000a1', false)).hidden_at, null, 'an admin shows it again'
);
select matches(pg_temp.seen_by('c'), '^a1 e1 .*file bytes$', 'then everybody sees it again');
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000f", "role": "authenticated"}';
select is((public.hide_post('00000000-0000-7000-a000-0000000000e1')).hidden_at, now(), 'a moderator''s post is like any other');
select is(
  pg_temp.refusal($$select public.hide_post('00000000-0000-7000-a000-0000000000ff')$$), 'PT404 post_not_found',
  'what is not there is not hidden'
);
select is(
  pg_temp.refusal($$select public.hide_post('00000000-0000-7000-a000-0000000000a1', reason => repeat('x', 1001))$$),
  'PT422 reason_invalid reason', 'a reason has at most 1,000 characters'
);

-- Acting with the secret key, and when the moderator leaves

set local role service_role;
set local request.jwt.claims = '{"role": "service_role"}';
select is(
  (public.hide_post('00000000-0000-7000-a000-0000000000a2')).hidden_at, now(), 'the secret key hides a post'
);
set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000e", "role": "authenticated"}';
select public.hide_post('00000000-0000-7000-a000-0000000000d1');
reset role;
delete from auth.users where id = '00000000-0000-4000-a000-00000000000e';
select results_eq(
  $$select hidden_at, updated_at from public.posts where id = '00000000-0000-7000-a000-0000000000d1'$$,
  $$values (now(), timestamptz '2020-01-01')$$, 'what a moderator hid stays hidden when he leaves'
);
select throws_matching(
  $$update public.posts set original_post_id = '00000000-0000-7000-a000-0000000000a2' where id = '00000000-0000-7000-a000-0000000000a1'$$,
  'posts_is_repost_check', 'only a repost passes something on'
);

select * from finish();
rollback;
