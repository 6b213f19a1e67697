-- Who sees and changes profiles. Ada is the owner, Ben a stranger.
begin;
set local search_path = public, extensions;
select plan(45);

insert into auth.users (id, email, raw_user_meta_data)
values
  ('00000000-0000-4000-a000-00000000000a', 'ada@tap.test', '{"username": "Tap_Ada"}'),
  ('00000000-0000-4000-a000-00000000000b', 'ben@tap.test', '{"username": "tap_ben"}');
insert into storage.objects (bucket_id, name, owner_id)
values
  ('avatars', '00000000-0000-4000-a000-00000000000a/face.png', '00000000-0000-4000-a000-00000000000a'),
  ('covers', '00000000-0000-4000-a000-00000000000a/sea.png', '00000000-0000-4000-a000-00000000000a'),
  ('avatars', '00000000-0000-4000-a000-00000000000b/face.png', '00000000-0000-4000-a000-00000000000b');
-- A time that differs from now() shows whether a trigger has stamped the row.
update public.profiles set is_public = false where id = '00000000-0000-4000-a000-00000000000a';
alter table public.profiles disable trigger _200_set_updated_at;
update public.profiles set updated_at = '2020-01-01' where username in ('tap_ada', 'tap_ben');
alter table public.profiles enable trigger _200_set_updated_at;

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
select throws_ok('select * from public.profiles', '42501', null, 'nobody sees no profile');
select throws_ok($$update public.profiles set bio = 'x'$$, '42501', null, 'nobody changes none');

-- Acting as Ada

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000a", "role": "authenticated"}';
select results_eq(
  $$select username::text from public.profiles where id = '00000000-0000-4000-a000-00000000000a'$$,
  array['Tap_Ada'],
  'Ada sees her own profile, her name as she wrote it'
);
select results_eq(
  $$select id from public.profiles where username = 'TAP_BEN'$$,
  array['00000000-0000-4000-a000-00000000000b'::uuid],
  'she finds others whatever the case of their name'
);
select results_eq(
  $$
    update public.profiles
    set username = 'tap_ada2', bio = 'Sea.', playlist = 'Waves', is_public = true, is_anonymous = true,
      avatar_path = '00000000-0000-4000-a000-00000000000a/face.png',
      cover_path = '00000000-0000-4000-a000-00000000000a/sea.png'
    where id = '00000000-0000-4000-a000-00000000000a'
    returning bio
  $$,
  array['Sea.'],
  'she changes what is hers to change'
);
select is(
  (select updated_at from public.profiles where id = '00000000-0000-4000-a000-00000000000a'), now(),
  'the change is stamped'
);
select lives_ok(
  $$update public.profiles set avatar_path = null, cover_path = null where id = '00000000-0000-4000-a000-00000000000a'$$,
  'she takes her pictures away'
);
select is_empty(
  $$update public.profiles set bio = 'x' where id = '00000000-0000-4000-a000-00000000000b' returning id$$,
  'she does not change Ben''s profile'
);
select throws_ok($$update public.profiles set role = 'admin'$$, '42501', null, 'she does not make herself an admin');
select throws_ok($$update public.profiles set is_vip = true$$, '42501', null, 'nor a VIP');
select throws_ok($$update public.profiles set created_at = now()$$, '42501', null, 'nor older');
select throws_ok(
  $$update public.profiles set updated_at = now()$$, '42501', null,
  'she does not say when she changed it'
);
select throws_ok($$update public.profiles set id = gen_random_uuid()$$, '42501', null, 'nor who she is');
select throws_ok(
  $$insert into public.profiles (id, username) values ('00000000-0000-4000-a000-00000000000c', 'tap_cleo')$$,
  '42501', null, 'she makes no profile'
);
select throws_ok('delete from public.profiles', '42501', null, 'she deletes none');

select throws_matching(
  $$update public.profiles set username = 'TAP_BEN' where id = '00000000-0000-4000-a000-00000000000a'$$,
  'profiles_username_key', 'a name is unique without regard to case'
);
select lives_ok(
  $$update public.profiles set username = 'TAP_ADA2' where id = '00000000-0000-4000-a000-00000000000a'$$,
  'the case of one''s own name may change'
);
select throws_matching(
  format($$update public.profiles set username = %L where id = '00000000-0000-4000-a000-00000000000a'$$, name),
  'profiles_username_check', label
)
from (
  values
    ('ab', 'a name has at least three characters'),
    (repeat('a', 31), 'a name has at most thirty'),
    ('tap ada', 'a name has no space'),
    (E'tap_ada\n', 'a name has no line break, not even at its end'),
    ('tap-ada', 'a name has no hyphen'),
    ('tap_ádá', 'a name has no accent'),
    ('tap_аda', 'a name has no letter that only looks like one of ours'),
    ('', 'a name is not empty')
) as malformed (name, label);
select lives_ok(
  format($$update public.profiles set username = %L where id = '00000000-0000-4000-a000-00000000000a'$$, name), label
)
from (
  values
    ('t_A', 'three characters do'), (repeat('Z', 15) || repeat('_', 6) || repeat('9', 9), 'thirty do')
) as well_formed (name, label);
select lives_ok(
  $$
    update public.profiles set bio = repeat('é', 255), playlist = repeat('é', 255)
    where id = '00000000-0000-4000-a000-00000000000a'
  $$,
  'bio and playlist have up to 255 characters'
);
select throws_matching(
  $$update public.profiles set bio = repeat('x', 256) where id = '00000000-0000-4000-a000-00000000000a'$$,
  'profiles_bio_check', 'a bio has no more'
);
select throws_matching(
  $$update public.profiles set playlist = repeat('x', 256) where id = '00000000-0000-4000-a000-00000000000a'$$,
  'profiles_playlist_check', 'a playlist has no more'
);
select is(
  pg_temp.refusal(
    format($$update public.profiles set %I = %L where id = '00000000-0000-4000-a000-00000000000a'$$, field, path)
  ),
  'PT422 picture_not_found ' || field, label
)
from (
  values
    ('avatar_path', '00000000-0000-4000-a000-00000000000b/face.png', 'Ben''s picture does not become hers'),
    ('avatar_path', '00000000-0000-4000-a000-00000000000a/none.png', 'a picture that is not there is none'),
    ('avatar_path', '00000000-0000-4000-a000-00000000000a/sea.png', 'an avatar lies in bucket avatars'),
    ('cover_path', '00000000-0000-4000-a000-00000000000a/face.png', 'a cover lies in bucket covers'),
    ('cover_path', '', 'an empty path is none'),
    ('avatar_path', 'https://example.com/face.png', 'a picture lies in Storage')
) as picture (field, path, label);

-- A picture that is gone is no reason to refuse another

reset role;
insert into storage.objects (bucket_id, name, owner_id)
values
  ('avatars', '00000000-0000-4000-a000-00000000000a/lost.png', '00000000-0000-4000-a000-00000000000a'),
  ('covers', '00000000-0000-4000-a000-00000000000a/hill.png', '00000000-0000-4000-a000-00000000000a');
set local storage.allow_delete_query = 'true';
set local role authenticated;
update public.profiles set avatar_path = '00000000-0000-4000-a000-00000000000a/lost.png' where id = auth.uid();
delete from storage.objects where name = '00000000-0000-4000-a000-00000000000a/lost.png';
select lives_ok(
  $$update public.profiles set cover_path = '00000000-0000-4000-a000-00000000000a/hill.png' where id = auth.uid()$$,
  'only a picture that changes is looked for'
);

-- Acting as Ben, a stranger

set local request.jwt.claims = '{"sub": "00000000-0000-4000-a000-00000000000b", "role": "authenticated"}';
select isnt_empty(
  $$select from public.profiles where id = '00000000-0000-4000-a000-00000000000a'$$,
  'Ben sees Ada''s profile'
);
select is_empty(
  $$update public.profiles set bio = 'x' where id = '00000000-0000-4000-a000-00000000000a' returning id$$,
  'he does not change it'
);
select is(
  (select updated_at from public.profiles where id = '00000000-0000-4000-a000-00000000000b'), '2020-01-01'::timestamptz,
  'what nobody changed is not stamped'
);

-- Acting as a user whose token names nobody

set local request.jwt.claims = '{"role": "authenticated"}';
select is_empty($$update public.profiles set bio = 'x' returning id$$, 'a token without a user changes nothing');

-- Acting with the secret key

set local role service_role;
select lives_ok(
  $$update public.profiles set role = 'moderator', is_vip = true where id = '00000000-0000-4000-a000-00000000000b'$$,
  'the secret key gives roles'
);
select throws_ok(
  $$insert into public.profiles (id, username) values (gen_random_uuid(), 'tap_nobody')$$,
  '23503', null, 'a profile belongs to a user'
);

-- Acting as the administrator of the database

reset role;
select throws_matching(
  $$insert into public.profiles (id, username, avatar_path) values (gen_random_uuid(), 'tap_nobody', 'x/y.png')$$,
  'picture', 'a new profile has no borrowed picture either'
);
delete from auth.users where id = '00000000-0000-4000-a000-00000000000a';
select is_empty(
  $$select from public.profiles where id = '00000000-0000-4000-a000-00000000000a'$$,
  'a profile goes with its user'
);

select * from finish();
rollback;
