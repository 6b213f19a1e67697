-- Every path to the posts of a user: for accepted followers of a private profile, and between two users of whom one blocks
-- the other. Ada, Ben and Cleo each have a post with a tag, a mention of Dan and a file, which Dan reposts. Mia is a
-- moderator. Comments, likes and notifications are in the tests of their own tables.
begin;
set local search_path = public, extensions;
select plan(63);

select tests.create_user(name, case name when 'mia' then 'moderator' else 'user' end::public.profile_role)
from unnest(array['ada', 'ben', 'cleo', 'dan', 'mia']) as name;
select tests.insert_post(name, format('#tap_%s @tap_dan', name)) from unnest(array['ada', 'ben', 'cleo']) as name;
select tests.insert_file(tests.id_of(format('#tap_%s @tap_dan', name)), tests.publish_file(name, '1.jpg')) from unnest(array['ada', 'ben', 'cleo']) as name;
insert into public.posts (id, owner_id, caption, original_post_id)
select tests.id_of('repost of ' || name), tests.id_of('dan'), 'Look', tests.id_of(format('#tap_%s @tap_dan', name)) from unnest(array['ada', 'ben', 'cleo']) as name;

-- The paths by which a reader finds the post of a user.
create function pg_temp.paths(reader text, name text) returns text
language plpgsql
as $$
declare
  v_id constant uuid := tests.id_of(format('#tap_%s @tap_dan', name));
  v_owner constant text := 'tap_' || name;
  v_paths text;
begin
  perform tests.authenticate_as(reader);
  v_paths := concat_ws(
    ' ',
    (select 'table' from public.posts where id = v_id),
    (select 'tags' from public.post_tags where post_id = v_id),
    (select 'mentions' from public.post_mentions where post_id = v_id),
    (select 'files' from public.post_media where post_id = v_id),
    (select 'objects' from storage.objects where bucket_id = 'post-media' and objects.name = tests.path_of(paths.name, '1.jpg')),
    (select 'embeds' from public.post_tags join public.posts on posts.id = post_id where tag = v_owner and posts.id = v_id),
    case tests.refusal(format('select public.get_post(%L)', v_id)) when 'not refused' then 'get' end,
    (select 'newest' from public.list_posts(page_limit => 100) where id = v_id),
    (select 'owner' from public.list_posts(owner => v_owner) where id = v_id),
    (select 'tag' from public.list_posts(tag => v_owner) where id = v_id),
    (select 'mention' from public.list_posts(mentions => 'tap_dan') where id = v_id),
    (select 'combined' from public.list_posts(owner => v_owner, tag => v_owner, mentions => 'tap_dan') where id = v_id),
    (select 'original' from public.get_post(tests.id_of('repost of ' || name)) where original_post = v_id),
    case tests.refusal(format('select public.list_reposts(%L)', v_id)) when 'not refused' then 'reposts' end,
    (select 'repost' from private.original_of(v_id) as original where original = v_id)
  );
  perform tests.clear_authentication();
  return v_paths;
end
$$;
create function pg_temp.all_paths() returns text
language sql
as $$select 'table tags mentions files objects embeds get newest owner tag mention combined original reposts repost'$$;

-- A private profile

select is(pg_temp.paths('ben', 'ada'), pg_temp.all_paths(), 'every path leads to a public post');
select tests.call_as('ada', 'public.update_profile(''{"is_public": false}'')');
select is(pg_temp.paths('ben', 'ada'), '', 'no path leads a stranger to a post of a private profile');
select tests.call_as('ben', 'public.follow_user(''tap_ada'')');
select is(pg_temp.paths('ben', 'ada'), '', 'no path leads a user who asks to follow there');
select tests.call_as('ada', 'public.accept_follow_request(''tap_ben'')');
select is(pg_temp.paths('ben', 'ada'), pg_temp.all_paths(), 'every path leads an accepted follower there');
select is(pg_temp.paths('cleo', 'ada'), '', 'no path leads a stranger to a post of a private profile that has followers');
select is(pg_temp.paths('ada', 'ada'), pg_temp.all_paths(), 'every path leads the owner to the own post');
select is(pg_temp.paths('mia', 'ada'), pg_temp.all_paths(), 'every path leads a moderator to a post of a private profile');
select tests.call_as('ada', 'public.follow_user(''tap_cleo'')');
select is(pg_temp.paths('cleo', 'ada'), '', 'to be followed by the owner shows nothing');
update public.posts set is_public = false where id = tests.id_of('#tap_ada @tap_dan');
select is(pg_temp.paths('ben', 'ada'), '', 'a private post is for its owner, also where followers see the others');
update public.posts set is_public = true, hidden_at = now() where id = tests.id_of('#tap_ada @tap_dan');
select is(pg_temp.paths('ben', 'ada'), '', 'a post that a moderator hid is hidden from followers as well');
update public.posts set hidden_at = null where id = tests.id_of('#tap_ada @tap_dan');
select is(pg_temp.paths('ben', 'ada'), pg_temp.all_paths(), 'a post that is shown again is shown to followers');
select tests.authenticate_as('ben');
select isnt_empty($$select public.create_post('Look', original_post => tests.id_of('#tap_ada @tap_dan'))$$, 'a follower may repost it');
select is(
  (select count(*) from public.posts where original_post_id = tests.id_of('#tap_ada @tap_dan') and owner_id = auth.uid()), 1::bigint,
  'the repost of a follower is there'
);
select tests.authenticate_as('cleo');
select is(
  (select array_agg(coalesce(original_post::text, 'none')) from public.list_posts(owner => 'tap_ben') where is_repost), array['none'],
  'a stranger sees the repost, and not what it reposts'
);
select tests.clear_authentication();
select tests.call_as('ben', 'public.unfollow_user(''tap_ada'')');
select is(pg_temp.paths('ben', 'ada'), '', 'no path is left after unfollowing');
select tests.call_as('ben', 'public.follow_user(''tap_ada'')'), tests.call_as('ada', 'public.accept_follow_request(''tap_ben'')');
select is(pg_temp.paths('ben', 'ada'), pg_temp.all_paths(), 'every path is back with a new follow');
select tests.call_as('ada', 'public.remove_follower(''tap_ben'')');
select is(pg_temp.paths('ben', 'ada'), '', 'no path is left after the owner removed the follower');
select tests.call_as('ben', 'public.follow_user(''tap_ada'')'), tests.call_as('ada', 'public.accept_follow_request(''tap_ben'')');
select tests.call_as('ada', 'public.block_user(''tap_ben'')');
select is(pg_temp.paths('ben', 'ada'), '', 'no path is left after the owner blocks the follower');
select tests.call_as('ada', 'public.unblock_user(''tap_ben'')');
select is(pg_temp.paths('ben', 'ada'), '', 'the end of a block makes nobody a follower again');
select tests.call_as('ben', 'public.follow_user(''tap_ada'')'), tests.call_as('ada', 'public.accept_follow_request(''tap_ben'')');
select tests.call_as('ben', 'public.block_user(''tap_ada'')'), tests.call_as('ben', 'public.unblock_user(''tap_ada'')');
select is(pg_temp.paths('ben', 'ada'), '', 'the end of a block by the follower does not bring the follow back');
select tests.call_as('ben', 'public.follow_user(''tap_ada'')');
select tests.call_as('ada', 'public.update_profile(''{"is_public": true}'')');
select is(pg_temp.paths('cleo', 'ada'), pg_temp.all_paths(), 'every path is open when the profile is');
select is_empty($$select from public.follows where state = 'requested' and followee_id = tests.id_of('ada')$$, 'a profile that opens accepts the requests to follow it');

-- Blocks

delete from public.follows;
delete from public.posts where caption = 'Look' and owner_id = tests.id_of('ben');
select is(pg_temp.paths(reader, name), pg_temp.all_paths(), format('before: every path leads %s to %s', reader, name))
from (values ('ada', 'ben'), ('ben', 'ada'), ('cleo', 'ada'), ('cleo', 'ben'), ('ada', 'cleo')) as pair (reader, name);
-- Mentions of each other, listed and in the caption, old ones.
insert into public.posts (id, owner_id, caption)
values
  (tests.id_of('ada to ben'), tests.id_of('ada'), 'Hello @tap_ben and @tap_cleo'), (tests.id_of('ben to ada'), tests.id_of('ben'), 'Hello @tap_ada and @tap_cleo'),
  (tests.id_of('ada lists'), tests.id_of('ada'), 'Hello'), (tests.id_of('cleo to both'), tests.id_of('cleo'), '@tap_ada @tap_ben');
insert into public.post_mentions (post_id, profile_id, source) values (tests.id_of('ada lists'), tests.id_of('ben'), 'explicit');
insert into public.follows (follower_id, followee_id)
values (tests.id_of('ada'), tests.id_of('ben')), (tests.id_of('ben'), tests.id_of('ada')), (tests.id_of('ben'), tests.id_of('cleo'));
select tests.call_as('ada', 'public.block_user(''tap_ben'')');

select is(pg_temp.paths(reader, name), wanted, label)
from (
  values
    ('ben', 'ada', '', 'no path leads the blocked user to the post'), ('ada', 'ben', '', 'no path leads the user who blocks to the other''s post'),
    ('ada', 'ada', pg_temp.all_paths(), 'the own posts stay'), ('ben', 'ben', pg_temp.all_paths(), 'the blocked user sees the own posts'),
    ('cleo', 'ada', pg_temp.all_paths(), 'a third user sees the posts of the blocking user'), ('cleo', 'ben', pg_temp.all_paths(), 'a third user sees the posts of the blocked user'),
    ('ada', 'cleo', pg_temp.all_paths(), 'the blocking user sees the posts of third users'), ('mia', 'ada', pg_temp.all_paths(), 'a moderator sees both'),
    ('mia', 'ben', pg_temp.all_paths(), 'a moderator sees the other')
) as pair (reader, name, wanted, label);
select is(
  (select original_post from tests.authenticate_as(reader), public.get_post(tests.id_of('repost of ' || name))), null,
  format('the repost of somebody else shows %s not what %s wrote', reader, name)
)
from (values ('ada', 'ben'), ('ben', 'ada')) as pair (reader, name);
select tests.clear_authentication();
select is(tests.references_of(tests.id_of(post)), wanted, 'mentions of each other are gone: ' || post)
from (
  values
    ('ada to ben', array['@tap_cleo caption']), ('ben to ada', array['@tap_cleo caption']), ('ada lists', '{}'::text[]),
    ('cleo to both', array['@tap_ada caption', '@tap_ben caption'])
) as kept (post, wanted);
select is((select caption from public.posts where id = tests.id_of('ada to ben')), 'Hello @tap_ben and @tap_cleo', 'the caption stays');
select tests.authenticate_as('ben');
select results_eq(
  $$select id from public.list_posts(mentions => 'tap_ada') where owner ->> 'username' like 'tap_%'$$, array[tests.id_of('cleo to both')],
  'posts of others that mention the other user stay'
);

-- New mentions

create function pg_temp.publish(caller text, arguments text) returns text
language plpgsql
as $$
declare
  v_id uuid;
  v_hint text;
begin
  perform tests.authenticate_as(caller);
  execute format('select id from public.create_post(%s)', arguments) into v_id;
  perform tests.clear_authentication();
  return array_to_string(tests.references_of(v_id), ' ');
exception when others then
  get stacked diagnostics v_hint = pg_exception_hint;
  perform tests.clear_authentication();
  return concat_ws(' ', sqlstate, v_hint);
end
$$;
select is(pg_temp.publish(caller, arguments), wanted, label)
from (
  values
    ('ben', '''@tap_ada @TAP_Ada @tap_cleo''', '@tap_cleo caption', 'a caption mentions nobody who blocks the author'),
    ('ada', '''@tap_ben @tap_cleo''', '@tap_cleo caption', 'a caption mentions nobody whom the author blocks'),
    ('ben', '''x'', mentions => array[''tap_ada'']', 'PT422 mention_unknown', 'a list mentions nobody who blocks the author'),
    ('ada', '''x'', mentions => array[tests.id_of(''ben'')::text]', 'PT422 mention_unknown', 'a list mentions nobody whom the author blocks'),
    ('ben', '''@tap_ben'', mentions => array[''me'']', '@tap_ben explicit', 'authors may mention themselves'),
    ('cleo', '''@tap_ada @tap_ben''', '@tap_ada caption @tap_ben caption', 'third users mention both users of a blocked pair')
) as post (caller, arguments, wanted, label);
select tests.authenticate_as('ben');
select public.update_post(tests.id_of('ben to ada'), caption => 'Hello again @tap_ada, @tap_dan');
select is(
  tests.refusal($$select public.update_post(tests.id_of('ben to ada'), mentions => array['tap_ada'])$$), 'PT422 mention_unknown mentions',
  'an edit lists nobody beyond a block'
);
select tests.clear_authentication();
select is(tests.references_of(tests.id_of('ben to ada')), array['@tap_dan caption'], 'an edit mentions nobody beyond a block');

-- Both block, one ends it

select tests.call_as('ben', 'public.block_user(''tap_ada'')'), tests.call_as('ada', 'public.unblock_user(''tap_ben'')');
select is(pg_temp.paths(reader, name), '', format('no path leads %s to %s while one of two blocks is left', reader, name))
from (values ('ada', 'ben'), ('ben', 'ada')) as pair (reader, name);
select tests.call_as('ben', 'public.unblock_user(''tap_ada'')');
select is(pg_temp.paths(reader, name), pg_temp.all_paths(), format('every path leads %s to %s again', reader, name))
from (values ('ada', 'ben'), ('ben', 'ada')) as pair (reader, name);
select is_empty($$select from public.follows where followee_id in (tests.id_of('ada'), tests.id_of('ben'))$$, 'the follows do not come back');
select is(tests.references_of(tests.id_of('ada to ben')), array['@tap_cleo caption'], 'the end of a block does not bring the mentions back');
select tests.authenticate_as('ada');
select public.update_post(tests.id_of('ada to ben'), caption => 'Hello @tap_ben, @tap_cleo and @tap_dan');
select tests.clear_authentication();
select is(tests.references_of(tests.id_of('ada to ben')), array['@tap_cleo caption', '@tap_dan caption'], 'a name that the caption had before is not looked up again');

-- Moderators beyond a block

select tests.call_as('ada', 'public.block_user(''tap_mia'')');
select is(pg_temp.paths('mia', 'ada'), pg_temp.all_paths(), 'a moderator sees the posts of a user who blocks them');
select tests.insert_post('mia', 'By a moderator');
select tests.authenticate_as('ada');
select is_empty($$select from public.posts where caption = 'By a moderator'$$, 'the user sees nothing of the moderator');
select tests.clear_authentication();

-- Every state of post, profile, follow and block, against the rule in words.

delete from public.blocks;
delete from public.follows;
create temporary table states as
select row_number() over () as place, *
from unnest(array[true, false]) as post_public, unnest(array[true, false]) as post_hidden, unnest(array[true, false]) as profile_public,
  unnest(array['none', 'requested', 'accepted']) as follow, unnest(array['none', 'by reader', 'of reader']) as block,
  unnest(array['user', 'moderator']) as role
-- There is no follow of a blocked pair, and no request to a public profile.
where (follow = 'none' or block = 'none') and not (follow = 'requested' and profile_public);
create function pg_temp.wrong_states() returns setof text
language plpgsql
as $$
declare
  v_state record;
  v_wanted text;
  v_paths text;
begin
  for v_state in select * from states order by place loop
    delete from public.blocks;
    delete from public.follows;
    update public.profiles set is_public = v_state.profile_public where id = tests.id_of('ada');
    update public.profiles set role = v_state.role::public.profile_role where id = tests.id_of('ben');
    update public.posts
    set is_public = v_state.post_public, hidden_at = case when v_state.post_hidden then now() end
    where id = tests.id_of('#tap_ada @tap_dan');
    if v_state.follow <> 'none' then
      insert into public.follows (follower_id, followee_id, state) values (tests.id_of('ben'), tests.id_of('ada'), v_state.follow::public.follow_state);
    end if;
    if v_state.block <> 'none' then
      insert into public.blocks (blocker_id, blocked_id)
      select tests.id_of(blocker), tests.id_of(blocked)
      from (values ('by reader', 'ben', 'ada'), ('of reader', 'ada', 'ben')) as pair (kind, blocker, blocked)
      where kind = v_state.block;
    end if;
    v_wanted := case
      when v_state.role = 'moderator'
        or v_state.block = 'none' and v_state.post_public and not v_state.post_hidden
          and (v_state.profile_public or v_state.follow = 'accepted')
        then pg_temp.all_paths()
      else ''
    end;
    v_paths := pg_temp.paths('ben', 'ada');
    if v_paths <> v_wanted then
      return next concat_ws(': ', v_state, v_paths);
    end if;
  end loop;
end
$$;
select is((select count(*) from states), 72::bigint, 'there are 72 states');
select is_empty('select pg_temp.wrong_states()', 'in each state every path shows the post, or none, as the rule says');

select * from finish();
rollback;
