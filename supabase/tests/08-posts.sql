-- Who sees, writes, changes and deletes posts. Ada is the owner, Ben is mentioned, Cleo is a stranger, and Dan hides
-- all of his posts.
begin;
set local search_path = public, extensions;
select plan(50);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "tap_ada"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "tap_ben"}'),
  ('00000000-0000-4000-a000-00000000000c', 'cleo@tap.test', '{"username": "tap_cleo"}'),
  ('00000000-0000-4000-a000-00000000000d', 'dan@tap.test', '{"username": "tap_dan"}');
update public.profiles set is_public = false where id = '00000000-0000-4000-a000-00000000000d';
insert into public.posts (id, owner_id, caption, is_public, created_at, updated_at)
values
  ('00000000-0000-7000-a000-0000000000a1', '00000000-0000-4000-a000-00000000000a', 'For all', true, '2020-01-01', '2020-01-01'),
  ('00000000-0000-7000-a000-0000000000a2', '00000000-0000-4000-a000-00000000000a', 'For me, @tap_ben', false, '2020-01-01', '2020-01-01'),
  ('00000000-0000-7000-a000-0000000000d1', '00000000-0000-4000-a000-00000000000d', 'Hidden with its owner', true, '2020-01-01', '2020-01-01');
insert into public.posts (owner_id, caption, original_post_id, created_at, updated_at)
values ('00000000-0000-4000-a000-00000000000b', 'Look', '00000000-0000-7000-a000-0000000000a1', '2020-01-01', '2020-01-01');

create temporary view seen with (security_invoker = true) as
select caption from public.posts
where id in (
  '00000000-0000-7000-a000-0000000000a1', '00000000-0000-7000-a000-0000000000a2',
  '00000000-0000-7000-a000-0000000000d1'
);
grant select on seen to anon, authenticated, service_role;

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
grant execute on function pg_temp.refusal(text) to authenticated;

-- Acting as nobody

set local role anon;
set local request.jwt.claims = '{"role": "anon"}';
select throws_ok('select * from seen', '42501', null, 'nobody sees no post');
select throws_ok($$insert into public.posts (caption) values ('x')$$, '42501', null, 'nobody publishes none');
select throws_ok($$update public.posts set caption = 'x'$$, '42501', null, 'nobody changes none');
select throws_ok('delete from public.posts', '42501', null, 'nobody deletes none');

-- Acting as Ada, the owner

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select set_eq(
  'select caption from seen', array['For all', 'For me, @tap_ben'],
  'Ada sees all of hers, and nothing of Dan''s'
);
select results_eq(
  $$
    insert into public.posts (caption, is_public, original_post_id)
    values ('Passed on', false, '00000000-0000-7000-a000-0000000000a1')
    returning owner_id, created_at, updated_at, uuid_extract_version(id)
  $$,
  $$values ('00000000-0000-4000-a000-00000000000a'::uuid, now(), now(), 7::smallint)$$,
  'she publishes; owner, times and id are the server''s'
);
select results_eq(
  $$insert into public.posts (caption) values ('Plain') returning is_public, original_post_id$$,
  $$values (true, null::uuid)$$,
  'a post is public and original unless it says otherwise'
);
select throws_ok(
  $$insert into public.posts (caption, owner_id) values ('x', '00000000-0000-4000-a000-00000000000b')$$,
  '42501', null, 'she does not publish in Ben''s name'
);
select throws_ok(
  $$insert into public.posts (caption, id) values ('x', gen_random_uuid())$$, '42501', null,
  'she chooses no id'
);
select throws_ok($$insert into public.posts (caption, created_at) values ('x', now())$$, '42501', null, 'nor a time');
select throws_ok(
  format('insert into public.posts (caption, %I) values (''x'', %s)', field, value), '42501', null, label
)
from (
  values
    ('is_repost', 'true', 'whether it is a repost follows from what it passes on'),
    ('hidden_at', 'now()', 'she does not hide it as a moderator would')
) as foreign_field (field, value, label);
select results_eq(
  $$
    update public.posts set caption = 'For all, edited', is_public = false
    where id = '00000000-0000-7000-a000-0000000000a1' returning caption, is_public, updated_at
  $$,
  $$values ('For all, edited', false, now())$$,
  'she edits, and the change is stamped'
);
select lives_ok(
  $$update public.posts set is_public = true, caption = 'For all' where id = '00000000-0000-7000-a000-0000000000a1'$$,
  'she takes it back'
);
select throws_ok($$update public.posts set owner_id = auth.uid()$$, '42501', null, 'a post has one owner for ever');
select throws_ok($$update public.posts set original_post_id = null$$, '42501', null, 'what it passes on stays');
select throws_ok($$update public.posts set is_repost = false$$, '42501', null, 'and that it is a repost');
select throws_ok($$update public.posts set hidden_at = null$$, '42501', null, 'what a moderator hid she does not show');
select throws_ok($$update public.posts set created_at = now()$$, '42501', null, 'when it was published stays');
select throws_ok(
  $$update public.posts set updated_at = now()$$, '42501', null,
  'when it was changed is not hers to say'
);
select is_empty(
  $$update public.posts set caption = 'x' where id = '00000000-0000-7000-a000-0000000000d1' returning id$$,
  'she does not change Dan''s post'
);
select is_empty(
  $$delete from public.posts where id = '00000000-0000-7000-a000-0000000000d1' returning id$$,
  'she does not delete it'
);
select throws_matching(format('insert into public.posts (caption) values (%L)', caption), 'posts_caption_check', label)
from (
  values
    ('', 'a caption is not empty'),
    (E' \t\r\n', 'nor only white space'),
    (E'\u00a0\u2003\u3000\u2029', 'in any script'),
    (repeat('x', 2201), 'it has at most 2,200 characters')
) as malformed (caption, label);
select throws_ok('insert into public.posts (caption) values (null)', '23502', null, 'a post has a caption');
select throws_matching(
  $$update public.posts set caption = ' ' where id = '00000000-0000-7000-a000-0000000000a1'$$,
  'posts_caption_check', 'an edited caption keeps the rules'
);
select lives_ok(
  format('insert into public.posts (caption) values (%L)', repeat('😀', 2200)),
  'characters are counted, not bytes'
);
select lives_ok($$insert into public.posts (caption) values ('x')$$, 'one character will do');
select is(
  pg_temp.refusal(format($$insert into public.posts (caption, original_post_id) values ('x', %L)$$, original)),
  'PT422 original_post_not_found original_post', label
)
from (
  values
    ('00000000-0000-7000-a000-0000000000d1', 'a post that she may not see is not passed on'),
    ('00000000-0000-7000-a000-0000000000ff', 'nor one that does not exist')
) as hidden (original, label);

-- Acting as Ben, who is mentioned

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000b", "role": "authenticated"}';
select set_eq('select caption from seen', array['For all'], 'a mention does not open a post that is not public');
select is_empty(
  $$update public.posts set caption = 'x' where id = '00000000-0000-7000-a000-0000000000a1' returning id$$,
  'Ben does not change Ada''s post'
);
select is_empty(
  $$delete from public.posts where id = '00000000-0000-7000-a000-0000000000a1' returning id$$, 'he does not delete it'
);

-- Acting as Cleo, a stranger

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000c", "role": "authenticated"}';
select set_eq('select caption from seen', array['For all'], 'Cleo sees what is public');
select lives_ok(
  $$insert into public.posts (caption, original_post_id) values ('Look', '00000000-0000-7000-a000-0000000000a1')$$,
  'she passes it on'
);
select results_eq(
  $$
    insert into public.posts (caption, original_post_id)
    select 'Look again', id from public.posts where owner_id = '00000000-0000-4000-a000-00000000000b'
    returning original_post_id, is_repost
  $$,
  $$values ('00000000-0000-7000-a000-0000000000a1'::uuid, true)$$,
  'when she passes Ben''s repost on, it is Ada''s post that she passes on'
);
select results_eq(
  $$insert into public.posts (caption) values ('Own words') returning original_post_id, is_repost$$,
  $$values (null::uuid, false)$$,
  'a post of her own is no repost'
);

-- What is passed on may be out of sight by then

reset role;
update public.posts set is_public = false where id = '00000000-0000-7000-a000-0000000000a1';
set local role authenticated;
select is(
  pg_temp.refusal($$
    insert into public.posts (caption, original_post_id)
    select 'x', id from public.posts where owner_id = '00000000-0000-4000-a000-00000000000b'
  $$),
  'PT422 original_post_not_found original_post', 'a repost does not lead to a post that she may no longer see'
);
reset role;
update public.posts set is_public = true, updated_at = '2020-01-01' where id = '00000000-0000-7000-a000-0000000000a1';
set local role authenticated;

-- Acting as Dan, who hides his posts

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000d", "role": "authenticated"}';
select set_eq('select caption from seen', array['For all', 'Hidden with its owner'], 'Dan sees his own post');
select lives_ok($$update public.profiles set is_public = true where id = auth.uid()$$, 'he shows himself');
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000c", "role": "authenticated"}';
select set_eq(
  'select caption from seen', array['For all', 'Hidden with its owner'],
  'then Cleo sees his posts at once'
);

-- Acting as a user whose token names nobody

set local request.jwt.claims = '{"role": "authenticated"}';
select throws_ok(
  $$insert into public.posts (caption) values ('x')$$, '42501', null,
  'without a user there is no owner'
);
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-0000000000ee", "role": "authenticated"}';
select throws_ok($$insert into public.posts (caption) values ('x')$$, '42501', null, 'nor with one who is gone');

-- Acting with the secret key

set local role service_role;
select is((select count(*) from seen), 3::bigint, 'the secret key sees every post');

-- What a deletion takes along

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select results_eq(
  $$delete from public.posts where id = '00000000-0000-7000-a000-0000000000a1' returning caption$$,
  array['For all'], 'Ada deletes her post'
);
reset role;
select results_eq(
  $$
    select caption, original_post_id, is_repost, updated_at
    from public.posts
    where owner_id = '00000000-0000-4000-a000-00000000000b'
  $$,
  $$values ('Look', null::uuid, true, timestamptz '2020-01-01')$$,
  'who passed it on keeps his post, still a repost, and it does not count as edited'
);
select is(
  pg_temp.refusal($$
    insert into public.posts (caption, original_post_id)
    select 'x', id from public.posts where owner_id = '00000000-0000-4000-a000-00000000000b'
  $$),
  'PT422 original_post_not_found original_post', 'but there is nothing left of it to pass on'
);
delete from auth.users where id = '00000000-0000-4000-a000-00000000000a';
select is_empty(
  $$select from public.posts where owner_id = '00000000-0000-4000-a000-00000000000a'$$, 'posts go with their owner'
);

select * from finish();
rollback;
