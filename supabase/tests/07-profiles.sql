-- The rules that every profile keeps. Ada owns hers, Ben has another. Who may do what is in the access matrices.
begin;
set local search_path = public, extensions;
select plan(63);

select tests.create_user('ada', metadata => '{"username": "Tap_Ada", "date_of_birth": "1990-05-17"}'), tests.create_user('ben');
select tests.publish_file(owner, file, bucket)
from (
  values ('ada', 'face.png', 'avatars'), ('ada', 'sea.png', 'covers'), ('ada', 'hill.png', 'covers'), ('ben', 'face.png', 'avatars')
) as file (owner, file, bucket);
-- A time that differs from now() shows whether a trigger has set it.
alter table public.profiles disable trigger _200_touch_updated_at;
update public.profiles set updated_at = '2020-01-01' where id in (tests.id_of('ada'), tests.id_of('ben'));
alter table public.profiles enable trigger _200_touch_updated_at;
create temporary view me with (security_invoker = true) as select * from public.profiles where id = tests.id_of('ada');
grant select, update on me to authenticated;

select tests.authenticate_as('ada');
select is((select username::text from me), 'Tap_Ada', 'keeps a user name as it was written');
select is(
  (select id from public.profiles where username = 'TAP_BEN'), tests.id_of('ben'), 'finds a user name whatever its case'
);
update me set bio = 'Sea.', is_public = false, is_anonymous = true;
select is((select updated_at from me), now(), 'a change sets the time');
select throws_matching($$update me set username = 'TAP_BEN'$$, 'profiles_username_key', 'a user name is unique without regard to case');
select lives_ok($$update me set username = 'TAP_ADA'$$, 'a user may change the case of their own name');
select throws_matching(format('update me set username = %L', name), 'profiles_username_check', 'refuses a user name that ' || label)
from (
  values
    ('ab', 'has two characters'),
    (repeat('a', 31), 'has 31 characters'),
    ('tap ada', 'has a space'),
    (E'tap_ada\n', 'ends with a line break'),
    ('tap-ada', 'has a hyphen'),
    ('tap_ádá', 'has an accent'),
    ('tap_аda', 'has a letter that only looks like a Latin one'),
    ('', 'is empty')
) as malformed (name, label);
select lives_ok(format('update me set username = %L', name), 'takes a user name of ' || label)
from (
  values ('t_A', 'three characters'), (repeat('Z', 15) || repeat('_', 6) || repeat('9', 9), 'thirty characters')
) as well_formed (name, label);
select lives_ok($$update me set bio = repeat('é', 255), playlist = 'https://music.example/' || repeat('é', 233)$$, 'bio and playlist have up to 255 characters');
select throws_matching(
  format('update me set %I = %L || repeat(''x'', 256)', field, prefix), 'profiles_' || field || '_check', 'a ' || field || ' has at most 255 characters'
)
from (values ('bio', ''), ('playlist', 'https://music.example/')) as long (field, prefix);
select lives_ok(format('update me set playlist = %L', url), format('takes %L as a playlist', url))
from unnest(array[
  '', 'https://open.example/playlist/37i9?si=1#t', 'HTTP://music.example', 'http://127.0.0.1:8080/a b'::text, 'https://müsik.example/ä',
  'https://[2001:db8::1]/x'
]) as url
where url !~ ' ';
select throws_matching(format('update me set playlist = %L', text), 'profiles_playlist_check', format('refuses %L as a playlist', text))
from unnest(array[
  'abc', 'javascript:alert(1)', ' javascript:alert(1)', E'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd',
  '//evil.example', 'https://', 'https:///x', 'https:evil.example', 'https://a b', E'https://a.example/\n', E'https://a.example/\u0007',
  'https://bank.example@evil.example', 'https://a.example\@b', 'https://a.example/"onload=', 'ftp://a.example', 'Blue in Green'
]) as text;

-- Private facts

select lives_ok('update public.private_profiles set date_of_birth = null', 'a user takes their date of birth away');
select lives_ok(format('update public.private_profiles set date_of_birth = %L', day), 'takes the date of birth ' || label)
from (values (date '1900-01-01', '1900-01-01'), (current_date, 'today')) as possible (day, label);
select is((select updated_at from public.private_profiles), now(), 'a change of private facts sets the time');
select throws_matching(
  format('update public.private_profiles set date_of_birth = %L', day), 'private_profiles_date_of_birth_check',
  'refuses the date of birth ' || label
)
from (
  values (date '1899-12-31', '1899-12-31'), (current_date + 1, 'tomorrow'), ('infinity', 'infinity')
) as impossible (day, label);

-- Pictures

select lives_ok(
  $$update me set avatar_path = tests.path_of('ada', 'face.png'), cover_path = tests.path_of('ada', 'sea.png')$$,
  'a profile claims published pictures of its user'
);
select is(tests.refusal(format('update me set %I = %L', field, path)), wanted, 'refuses ' || label)
from (
  values
    ('avatar_path', tests.path_of('ben', 'face.png'), 'PT422 picture_not_found avatar_path', 'the picture of another user'),
    ('avatar_path', tests.path_of('ada', 'none.png'), 'PT422 picture_not_found avatar_path', 'a picture that was not published'),
    ('avatar_path', tests.path_of('ada', 'hill.png'), 'PT422 picture_not_found avatar_path', 'a cover as an avatar'),
    ('cover_path', tests.path_of('ada', 'face.png'), 'PT422 picture_not_found cover_path', 'an avatar as a cover'),
    ('cover_path', '', 'PT422 picture_not_found cover_path', 'an empty path'),
    ('avatar_path', 'https://example.com/face.png', 'PT422 picture_not_found avatar_path', 'a picture outside Storage')
) as picture (field, path, wanted, label);
select lives_ok($$update me set cover_path = tests.path_of('ada', 'hill.png')$$, 'a change of one picture does not ask for the other again');

-- What others did

select tests.clear_authentication();
select is(
  (select updated_at from public.profiles where id = tests.id_of('ben')), '2020-01-01'::timestamptz,
  'the time of a profile that nobody changed stays'
);
select is(
  tests.refusal($$insert into public.profiles (id, username) values (gen_random_uuid(), 'tap_nobody')$$), '23503',
  'refuses a profile without a user'
);
select throws_matching(
  $$insert into public.profiles (id, username, avatar_path) values (gen_random_uuid(), 'tap_nobody', 'x/y.png')$$,
  'picture', 'refuses a new profile with a picture that is not its own'
);
select throws_matching(
  $$
    insert into private.unused_files (bucket_id, name, owner_id, remove_at)
    values ('avatars', 'x/y.png', tests.id_of('ada'), now())
  $$,
  'unused_files_name_check', 'nobody owns a file outside their own folder'
);
delete from auth.users where id = tests.id_of('ada');
select is_empty('select from me', 'a profile is deleted with its user');
select is_empty(
  $$select from public.private_profiles where id = tests.id_of('ada')$$, 'private facts are deleted with their user'
);

select * from finish();
rollback;
