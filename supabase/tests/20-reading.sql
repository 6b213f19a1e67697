-- get_post, list_posts, get_profile and update_profile. Ada, Ben and Dan publish, Dan's profile is private, Cleo reads.
begin;
set local search_path = public, extensions;
select plan(63);

select tests.create_user('ada', metadata => '{"date_of_birth": "1990-05-17"}'), tests.create_user('ben'), tests.create_user('cleo'), tests.create_user('dan');
update public.profiles set is_public = false where id = tests.id_of('dan');
-- Ids from the far future: other data of the database comes after them.
insert into public.posts (id, owner_id, caption, is_public, created_at)
select ('ffffffff-0000-7000-a000-0000000000' || lpad(place::text, 2, '0'))::uuid, tests.id_of(owner), caption, is_public, '2020-01-01'
from (
  values
    (1, 'ada', '1 #tap_sea', true), (2, 'ben', '2 #tap_sea @tap_cleo', true), (3, 'ada', '3 #tap_sea @tap_cleo', true),
    (4, 'ada', '4 #tap_dawn @tap_cleo', true), (5, 'dan', '5 #tap_sea @tap_cleo', true), (6, 'ada', '6 #tap_sea @tap_cleo', false),
    (7, 'ben', '7', true), (8, 'ada', '8 #tap_sea #tap_dawn', true)
) as post (place, owner, caption, is_public);
select tests.insert_file('ffffffff-0000-7000-a000-000000000003', tests.path_of('ada', file), place)
from (values ('b.jpg', 1), ('a.jpg', 0)) as file (file, place);

-- One post

select tests.authenticate_as('cleo');
select is(
  to_jsonb(public.get_post('ffffffff-0000-7000-a000-000000000003')) #- '{media,0,id}' #- '{media,1,id}',
  jsonb_build_object(
    'id', 'ffffffff-0000-7000-a000-000000000003',
    'owner', jsonb_build_object(
      'id', tests.id_of('ada'), 'username', 'tap_ada', 'profile_pic_url', '/functions/v1/api/assets/default-avatar.svg', 'is_vip', false
    ),
    'caption', '3 #tap_sea @tap_cleo', 'is_public', true,
    'tags', jsonb_build_array(jsonb_build_object('id', md5('tap_sea')::uuid, 'name', 'tap_sea')),
    'mentions', jsonb_build_array(jsonb_build_object('id', tests.id_of('cleo'), 'username', 'tap_cleo')),
    'media', jsonb_build_array(
      jsonb_build_object(
        'file', tests.path_of('ada', 'a.jpg'), 'file_type', 'image', 'mime_type', 'image/jpeg', 'size', 100,
        'width', null, 'height', null, 'duration_ms', null, 'alt_text', ''
      ),
      jsonb_build_object(
        'file', tests.path_of('ada', 'b.jpg'), 'file_type', 'image', 'mime_type', 'image/jpeg', 'size', 100,
        'width', null, 'height', null, 'duration_ms', null, 'alt_text', ''
      )
    ),
    'original_post', null, 'is_repost', false, 'like_count', 0, 'comment_count', 0, 'repost_count', 0,
    'liked', false, 'saved', false, 'reposted', false, 'hidden_at', null,
    'created_at', timestamptz '2020-01-01', 'updated_at', now()
  ),
  'returns a post with its owner, tags, mentions, files, counts and flags'
);
select is(tests.refusal(format('select public.get_post(%L)', id)), 'PT404 post_not_found', 'does not find ' || label)
from (
  values
    ('ffffffff-0000-7000-a000-000000000005', 'a post of a private profile'), ('ffffffff-0000-7000-a000-000000000006', 'a private post'),
    ('ffffffff-0000-7000-a000-0000000000ff', 'a post that does not exist'), (null, 'null')
) as unseen (id, label);

-- Pages

create function pg_temp.page(arguments text default '') returns text
language plpgsql
as $$
declare
  v_page text;
begin
  execute format(
    $query$
      select string_agg(left(caption, 1), '' order by place)
      from (select *, row_number() over () as place from public.list_posts(%s)) as page
      where id >= 'ffffffff-0000-7000-a000-000000000000'
    $query$,
    arguments
  ) into v_page;
  return coalesce(v_page, '');
end
$$;
grant execute on function pg_temp.page(text) to authenticated;
select is(pg_temp.page(arguments), wanted, 'lists ' || label)
from (
  values
    ('', '874321', 'what the caller may see, newest first'),
    ('owner => tests.id_of(''ada'')::text', '8431', 'the posts of a user by id'),
    ('owner => ''@TAP_Ada''', '8431', 'the posts of a user by name'),
    ('owner => ''tap_dan''', '', 'nothing of a private profile'),
    ('owner => ''me''', '', 'the posts of the caller'),
    ('tag => ''tap_sea''', '8321', 'the posts of a tag'),
    ('tag => '' #TAP_Sea ''', '8321', 'the posts of a tag, however it is written'),
    ('tag => ''tap_none''', '', 'nothing for an unknown tag'),
    ('tag => ''''', '', 'nothing for an empty tag'),
    ('tag => repeat(''x'', 1000000)', '', 'nothing for an endless tag'),
    ('mentions => ''me''', '432', 'the posts that mention the caller'),
    ('mentions => ''tap_cleo''', '432', 'the posts that mention a user'),
    ('mentions => tests.id_of(''ben'')::text', '', 'nothing for a user whom no post mentions'),
    ('owner => ''tap_ada'', tag => ''tap_sea''', '831', 'by owner and tag'),
    ('owner => ''tap_ada'', mentions => ''me''', '43', 'by owner and mention'),
    ('tag => ''tap_sea'', mentions => ''me''', '32', 'by tag and mention'),
    ('owner => ''tap_ben'', tag => ''tap_sea'', mentions => ''me''', '2', 'by owner, tag and mention'),
    ('page_limit => 2', '87', 'a page of two'),
    ('page_limit => 2, before => ''ffffffff-0000-7000-a000-000000000007''', '43', 'the page after it'),
    ('owner => ''tap_ada'', page_limit => 2, before => ''ffffffff-0000-7000-a000-000000000008''', '43', 'the second page of a user'),
    ('tag => ''tap_sea'', page_limit => 2, before => ''ffffffff-0000-7000-a000-000000000008''', '32', 'the second page of a tag'),
    ('mentions => ''me'', page_limit => 2, before => ''ffffffff-0000-7000-a000-000000000004''', '32', 'the second page of mentions'),
    ('owner => ''tap_ada'', tag => ''tap_sea'', mentions => ''me'', before => ''ffffffff-0000-7000-a000-000000000003''', '', 'nothing after the end'),
    ('before => ''ffffffff-0000-7000-a000-0000000000ff''', '874321', 'from a cursor that is no post'),
    ('page_limit => 0', '8', 'at least one post'),
    ('page_limit => -5', '8', 'at least one post for a negative limit'),
    ('null, null, null, null, null', '874321', 'everything for nulls')
) as page (arguments, wanted, label);
select is(tests.refusal(format('select public.list_posts(%s => %L)', filter, person)), 'PT404 profile_not_found', format('%s: does not find %L', filter, person))
from unnest(array['owner', 'mentions']) as filter, unnest(array['tap_nobody', tests.id_of('eve')::text, '', '@']) as person;
select tests.clear_authentication();
insert into public.posts (owner_id, caption) select tests.id_of('ben'), 'One of many' from generate_series(1, 110);
select tests.authenticate_as('cleo');
select is((select count(*) from public.list_posts()), 20::bigint, 'a page has 20 posts');
select is((select count(*) from public.list_posts(page_limit => 1000000)), 101::bigint, 'a page has at most 100 posts and one to show that there are more');
select tests.authenticate_as('dan');
select is(pg_temp.page(), '8754321', 'lists the own posts of a private profile');

-- The conditions of list_posts find the posts that row-level security shows.

select tests.clear_authentication();
select tests.create_user('mia', 'moderator');
update public.posts set hidden_at = now() where id = 'ffffffff-0000-7000-a000-000000000001';
update public.post_tags set source = 'explicit' where tag = 'tap_dawn';
create function pg_temp.difference(name text) returns text
language plpgsql
as $$
declare
  v_owner text;
  v_tag text;
  v_mentioned text;
  v_listed uuid[];
  v_shown uuid[];
begin
  perform tests.authenticate_as(name);
  foreach v_owner in array array[null, 'ada', 'ben', 'cleo', 'dan'] loop
    foreach v_tag in array array[null, 'tap_sea', 'tap_dawn'] loop
      foreach v_mentioned in array array[null, 'cleo', 'ada'] loop
        v_listed := array(
          select id from public.list_posts(
            case when v_owner is not null then tests.id_of(v_owner)::text end, v_tag,
            case when v_mentioned is not null then tests.id_of(v_mentioned)::text end, page_limit => 101
          )
        );
        v_shown := array(
          select posts.id from public.posts
          where (v_owner is null or owner_id = tests.id_of(v_owner))
            and (v_tag is null or exists (select from public.post_tags where post_id = posts.id and tag = v_tag))
            and (
              v_mentioned is null
              or exists (select from public.post_mentions where post_id = posts.id and profile_id = tests.id_of(v_mentioned))
            )
          order by posts.id desc
          limit 101
        );
        if v_listed <> v_shown then
          return concat_ws(', ', v_owner, v_tag, v_mentioned, v_listed::text, v_shown::text);
        end if;
      end loop;
    end loop;
  end loop;
  return 'none';
end
$$;
grant execute on function pg_temp.difference(text) to authenticated;
select is(pg_temp.difference(name), 'none', 'every list shows what row-level security shows to ' || label)
from (
  values
    ('ada', 'an owner with a private and a hidden post'), ('cleo', 'a stranger'), ('mia', 'a moderator'), ('dan', 'the owner of a private profile')
) as reader (name, label);

-- Profiles

select tests.authenticate_as('ada');
select is(
  to_jsonb(public.get_profile()) - 'post_count',
  jsonb_build_object(
    'id', tests.id_of('ada'), 'username', 'tap_ada', 'bio', '', 'playlist', '',
    'profile_pic', '/functions/v1/api/assets/default-avatar.svg', 'profile_pic_url', '/functions/v1/api/assets/default-avatar.svg',
    'cover_pic', '/functions/v1/api/assets/default-cover.svg', 'cover_pic_url', '/functions/v1/api/assets/default-cover.svg',
    'is_vip', false, 'role', 'user', 'role_display_name', 'User', 'publicProfile', true, 'anonymous', false,
    'created_at', now(), 'updated_at', now(), 'follower_count', 0, 'following_count', 0,
    'following', false, 'requested', false, 'followed_by', false, 'blocking', false, 'muting', false,
    'email', 'ada@tap.test', 'date_of_birth', '1990-05-17', 'age', extract(year from age(current_date, date '1990-05-17'))
  ),
  'returns the own profile with its private facts'
);
select tests.clear_authentication();
select tests.publish_file('ada', 'face.png', 'avatars'), tests.publish_file('ada', 'sea.png', 'covers');
update public.profiles
set avatar_path = tests.path_of('ada', 'face.png'), cover_path = tests.path_of('ada', 'sea.png'), role = 'moderator', is_vip = true
where id = tests.id_of('ada');
select tests.authenticate_as('cleo');
select results_eq(
  format(
    'select profile_pic, profile_pic_url, cover_pic, cover_pic_url, role_display_name, is_vip, email, date_of_birth, age from public.get_profile(%L)',
    person
  ),
  $$
    values (
      '/storage/v1/object/public/avatars/' || tests.path_of('ada', 'face.png'), '/storage/v1/object/public/avatars/' || tests.path_of('ada', 'face.png'),
      '/storage/v1/object/public/covers/' || tests.path_of('ada', 'sea.png'), '/storage/v1/object/public/covers/' || tests.path_of('ada', 'sea.png'),
      'Moderator', true, null::text, null::date, null::integer
    )
  $$,
  'returns the profile of another user without private facts, by ' || label
)
from (values (tests.id_of('ada')::text, 'id'), ('tap_ADA', 'name'), (' @tap_ada', 'name with @')) as known (person, label);
select is(
  (select owner ->> 'profile_pic_url' from public.get_post('ffffffff-0000-7000-a000-000000000003')),
  '/storage/v1/object/public/avatars/' || tests.path_of('ada', 'face.png'), 'a post has the picture of its owner'
);
select is(
  (select tests.refusal(format('select public.get_profile(%L)', person)) from tests.authenticate_as(name)), wanted, label
)
from (
  values
    ('cleo', 'tap_nobody', 'PT404 profile_not_found', 'does not find an unknown name'),
    ('eve', 'me', 'PT401 not_signed_in', 'refuses a deleted user their own profile'),
    (null, 'me', 'PT401 not_signed_in', 'refuses a token without a user')
) as caller (name, person, wanted, label);

-- Edits of the profile

select tests.authenticate_as('ben');
select results_eq(
  $$
    select bio, "publicProfile", date_of_birth, role::text
    from public.update_profile('{"bio": "Sea", "is_public": false, "date_of_birth": "1991-02-03"}')
  $$,
  $$values ('Sea', false, date '1991-02-03', 'user')$$, 'edits what a user may edit'
);
select is(
  tests.refusal($$select public.update_profile('{"bio": "Lost", "date_of_birth": "1891-02-03"}')$$), '23514', 'refuses an impossible date of birth'
);
select results_eq(
  $$select bio, "publicProfile", date_of_birth, updated_at from public.update_profile('{}')$$,
  $$values ('Sea', false, date '1991-02-03', now())$$, 'a refused edit changes nothing, nor does an empty one'
);
select is(tests.refusal(format('select public.update_profile(%L)', changes)), refusal, 'refuses to change ' || changes)
from (
  values ('{"role": "admin"}', 'PT422 field_unknown role'), ('{"bio": "Lost", "publicProfile": false}', 'PT422 field_unknown publicProfile'),
    ('[]', 'PT422 validation_failed changes'), ('null', 'PT422 validation_failed changes')
) as refused (changes, refusal);
select is((select date_of_birth from public.update_profile('{"date_of_birth": null}')), null, 'null takes the date of birth away');

select * from finish();
rollback;
