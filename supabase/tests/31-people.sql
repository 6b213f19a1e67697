-- Follows, requests, blocks, mutes, the lists of people and the counts of profiles. Ada and Ben are public, Cleo and Dan
-- private, Mia is a moderator.
begin;
set local search_path = public, extensions;
select plan(130);

select tests.create_user(name, case name when 'mia' then 'moderator' else 'user' end::public.profile_role)
from unnest(array['ada', 'ben', 'cleo', 'dan', 'mia', 'banned']) as name;
update public.profiles set is_public = false where id in (tests.id_of('cleo'), tests.id_of('dan'));
update auth.users set banned_until = now() + interval '1 hour' where id = tests.id_of('banned');

-- What a call of a user does, in one line: its result, or how it is refused.
create function pg_temp.call(caller text, call text) returns text
language plpgsql
as $$
declare
  v_result text;
  v_hint text;
begin
  perform tests.authenticate_as(caller);
  execute 'select ' || call into v_result;
  perform tests.clear_authentication();
  return coalesce(v_result, 'null');
exception when others then
  get stacked diagnostics v_hint = pg_exception_hint;
  perform tests.clear_authentication();
  return concat_ws(' ', sqlstate, nullif(v_hint, ''));
end
$$;
-- The follows, as "follower followee state".
create function pg_temp.graph() returns setof text
language sql
as $$
  select substr(follower.username, 5) || ' ' || substr(followee.username, 5) || ' ' || follows.state
  from public.follows
  join public.profiles as follower on follower.id = follows.follower_id
  join public.profiles as followee on followee.id = follows.followee_id
  where follower.username like 'tap_%'
$$;
-- The names of a list of people, in order.
create function pg_temp.people(caller text, list text) returns text
language plpgsql
as $$
declare
  v_people text;
begin
  perform tests.authenticate_as(caller);
  execute format('select string_agg(substr(username, 5), '' '' order by place) from public.%s with ordinality as page (id, username, picture, vip, following, requested, followed_by, cursor, place)', list)
  into v_people;
  perform tests.clear_authentication();
  return coalesce(v_people, '');
end
$$;
-- "followers following" of a profile.
create function pg_temp.counts(name text) returns text
language sql
as $$
  select concat_ws(' ', private.count_of(tests.id_of(name), 'profile_followers'), private.count_of(tests.id_of(name), 'profile_following'))
$$;
-- Counts that differ from a recount.
create temporary view wrong as
select profiles.username, counted, private.count_of(profiles.id, counted) as count, recounted.number
from public.profiles
cross join unnest(array['profile_followers', 'profile_following']::private.counted[]) as counted
cross join lateral (
  select count(*)
  from public.follows
  where state = 'accepted' and profiles.id = case counted when 'profile_followers' then followee_id else follower_id end
) as recounted (number)
where private.count_of(profiles.id, counted) <> recounted.number;

-- Following

select is(pg_temp.call(caller, call), wanted, label)
from (
  values
    ('ada', 'public.follow_user(''tap_ben'')', 'accepted', 'a public profile is followed at once'),
    ('ada', 'public.follow_user(''@TAP_Ben'')', 'accepted', 'following again changes nothing'),
    ('ada', format('public.follow_user(%L)', tests.id_of('cleo')), 'requested', 'a private profile is asked'),
    ('ada', 'public.follow_user(''tap_cleo'')', 'requested', 'asking again changes nothing'),
    ('ben', 'public.follow_user(''tap_ada'')', 'accepted', 'two users follow each other'),
    ('ada', 'public.follow_user(''me'')', 'PT422 not_yourself', 'nobody follows themselves'),
    ('ada', 'public.follow_user(''tap_ada'')', 'PT422 not_yourself', 'nobody follows themselves by name'),
    ('ada', 'public.follow_user(''tap_nobody'')', 'PT404 profile_not_found', 'nobody follows an unknown user'),
    ('banned', 'public.follow_user(''tap_ada'')', 'PT403 user_banned', 'a banned user follows nobody'),
    ('eve', 'public.follow_user(''tap_ada'')', 'PT401 not_signed_in', 'a deleted user follows nobody'),
    (null, 'public.follow_user(''tap_ada'')', 'PT401 not_signed_in', 'a token without a user follows nobody')
) as attempt (caller, call, wanted, label);
select set_eq('select pg_temp.graph()', array['ada ben accepted', 'ada cleo requested', 'ben ada accepted'], 'a follow has one row');
select is(pg_temp.counts(name), wanted, 'counts followers and following of ' || name)
from (values ('ada', '1 1'), ('ben', '1 1'), ('cleo', '0 0')) as counted (name, wanted);
select is(
  pg_temp.call('ada', 'to_jsonb(profile) from public.get_profile(''tap_ben'') as profile')::jsonb
    - array['id', 'username', 'bio', 'playlist', 'profile_pic', 'profile_pic_url', 'cover_pic', 'cover_pic_url', 'is_vip',
      'role', 'role_display_name', 'publicProfile', 'anonymous', 'created_at', 'updated_at', 'email', 'date_of_birth', 'age'],
  '{"post_count": 0, "follower_count": 1, "following_count": 1, "following": true, "requested": false, "followed_by": true, "blocking": false, "muting": false}'::jsonb,
  'a profile has counts, and what the two users are to each other'
);
select is(
  pg_temp.call('ada', 'concat_ws('' '', following, requested, followed_by) from public.get_profile(''tap_cleo'')'), 'f t f',
  'a profile says that the caller asks to follow it'
);
select is(
  pg_temp.call('cleo', 'concat_ws('' '', following, requested, followed_by) from public.get_profile(''tap_ada'')'), 'f f f',
  'a request is no follow'
);
select is(
  pg_temp.call('ada', 'concat_ws('' '', following, requested, followed_by, blocking, muting) from public.get_profile()'), 'f f f f f',
  'every relation to oneself is false'
);

-- Requests

select is(pg_temp.people('cleo', 'list_follow_requests()'), 'ada', 'a user sees who asks');
select is(pg_temp.people('ben', 'list_follow_requests()'), '', 'other users do not see the requests to follow a user');
create temporary table before as select id from public.follows where followee_id = tests.id_of('cleo');
select is(pg_temp.call(caller, call), wanted, label)
from (
  values
    ('cleo', 'public.accept_follow_request(''tap_ben'')', 'PT404 follow_request_not_found', 'nobody accepts what nobody asks'),
    ('ada', 'public.accept_follow_request(''tap_cleo'')', 'PT404 follow_request_not_found', 'nobody accepts their own request'),
    ('cleo', 'public.accept_follow_request(''tap_ada'')', '', 'a request is accepted'),
    ('cleo', 'public.accept_follow_request(''tap_ada'')', '', 'accepting again changes nothing'),
    ('banned', 'public.accept_follow_request(''tap_ada'')', 'PT403 user_banned', 'a banned user accepts nobody')
) as attempt (caller, call, wanted, label);
select set_has('select pg_temp.graph()', $$select unnest(array['ada cleo accepted'])$$, 'an accepted request is a follow');
select is(
  (select (select id from public.follows where followee_id = tests.id_of('cleo')) > before.id from before), true,
  'an accepted follow comes first in the lists'
);
select is(pg_temp.counts(name), wanted, 'an accepted request counts for ' || name)
from (values ('ada', '1 2'), ('cleo', '1 0')) as counted (name, wanted);
select is(pg_temp.people('cleo', 'list_follow_requests()'), '', 'an accepted request is no request any more');

select pg_temp.call('ben', 'public.follow_user(''tap_cleo'')');
select is(pg_temp.call('cleo', 'public.decline_follow_request(''tap_ben'')'), '', 'a request is declined');
select is(pg_temp.call('cleo', 'public.decline_follow_request(''tap_ben'')'), '', 'declining again changes nothing');
select is(pg_temp.call('cleo', 'public.decline_follow_request(''tap_ada'')'), '', 'declining somebody who follows changes nothing');
select set_eq(
  'select pg_temp.graph()', array['ada ben accepted', 'ada cleo accepted', 'ben ada accepted'], 'a declined request is gone'
);
select is(pg_temp.call('ben', 'public.follow_user(''tap_cleo'')'), 'requested', 'a declined user may ask again');
select is(pg_temp.call('ben', 'public.unfollow_user(''tap_cleo'')'), '', 'a request is withdrawn');
select is(pg_temp.people('cleo', 'list_follow_requests()'), '', 'a withdrawn request is gone');

-- Ends

select is(pg_temp.call('ada', 'public.unfollow_user(''tap_ben'')'), '', 'a user unfollows');
select is(pg_temp.call('ada', 'public.unfollow_user(''tap_ben'')'), '', 'unfollowing again changes nothing');
select is(pg_temp.counts('ben'), '0 1', 'a follow that ends counts no more');
select is(pg_temp.call('cleo', 'public.remove_follower(''tap_ada'')'), '', 'a user removes a follower');
select is(pg_temp.call('cleo', 'public.remove_follower(''tap_ada'')'), '', 'removing again changes nothing');
select set_eq('select pg_temp.graph()', array['ben ada accepted'], 'the follows are gone');
select is(pg_temp.counts('ada'), '1 0', 'a removed follower follows no more');

-- Opening and closing

select pg_temp.call(caller, 'public.follow_user(''tap_cleo'')') from unnest(array['ada', 'ben', 'dan']) as caller;
select pg_temp.call('cleo', 'public.accept_follow_request(''tap_dan'')');
select pg_temp.call('cleo', 'public.update_profile(''{"is_public": true}'')');
select set_has(
  'select pg_temp.graph()', $$select unnest(array['ada cleo accepted', 'ben cleo accepted', 'dan cleo accepted'])$$, 'a profile that opens accepts all requests'
);
select is(pg_temp.counts('cleo'), '3 0', 'an opened profile counts the followers whom it accepted');
select pg_temp.call('cleo', 'public.update_profile(''{"is_public": false}'')');
select is(pg_temp.counts('cleo'), '3 0', 'a profile that closes keeps its followers');

-- What the dashboard and the secret key write

select tests.authenticate_as_service_role();
delete from public.follows;
select tests.clear_authentication();
select is_empty('select * from wrong', 'deleting all rows at once counts right');
select tests.authenticate_as_service_role();
insert into public.follows (follower_id, followee_id, state)
select follower.id, followee.id, case when follower.username < followee.username then 'accepted' else 'requested' end::public.follow_state
from public.profiles as follower
join public.profiles as followee on followee.id <> follower.id
where follower.username like 'tap_%' and followee.username like 'tap_%';
select tests.clear_authentication();
select is_empty('select * from wrong', 'inserting many rows at once counts right');
select set_eq(
  $$select line from pg_temp.graph() as line where line like '% requested'$$,
  $$
    select concat_ws(' ', substr(follower.username, 5), substr(followee.username, 5), 'requested')
    from public.profiles as follower
    join public.profiles as followee on follower.username > followee.username and not followee.is_public
    where follower.username like 'tap_%' and followee.username like 'tap_%'
  $$,
  'there are requests to private profiles only, whatever is written'
);
select tests.authenticate_as_service_role();
update public.follows set state = case state when 'accepted' then 'requested' else 'accepted' end::public.follow_state;
select tests.clear_authentication();
select is_empty('select * from wrong', 'changing many rows at once counts right');
select throws_matching(
  $$insert into public.follows (follower_id, followee_id) values (tests.id_of('ada'), tests.id_of('ada'))$$, 'follows_followee_id_check',
  'no row follows itself'
);
insert into public.blocks (blocker_id, blocked_id) values (tests.id_of('ada'), tests.id_of('ben'));
select is_empty(
  $$select from pg_temp.graph() as line where line ~ '^(ada ben|ben ada)'$$, 'a block that the dashboard writes ends follows as well'
);
select is(
  tests.refusal(format('insert into public.follows (follower_id, followee_id, state) values (%L, %L, %L)', tests.id_of(a), tests.id_of(b), 'accepted')),
  'PT403 blocked', 'the dashboard writes no follow of a blocked pair: ' || a || ' ' || b
)
from (values ('ada', 'ben'), ('ben', 'ada')) as pair (a, b);
select is(
  tests.refusal(format('insert into public.follows (follower_id, followee_id) values (%L, %L)', tests.id_of('ada'), tests.id_of('eve'))),
  'PT404 profile_not_found', 'nobody follows a user who is gone'
);
delete from public.blocks;
delete from public.follows;

-- Blocks

select pg_temp.call('ada', 'public.follow_user(''tap_ben'')'), pg_temp.call('ben', 'public.follow_user(''tap_ada'')');
select is(pg_temp.call(caller, call), wanted, label)
from (
  values
    ('ada', 'public.block_user(''tap_ben'')', '', 'a user blocks another one'),
    ('ada', 'public.block_user(''tap_ben'')', '', 'blocking again changes nothing'),
    ('ada', 'public.block_user(''me'')', 'PT422 not_yourself', 'nobody blocks themselves'),
    ('ada', 'public.block_user(''tap_nobody'')', 'PT404 profile_not_found', 'nobody blocks an unknown user'),
    ('ada', 'public.follow_user(''tap_ben'')', 'PT403 blocked', 'nobody follows a user whom they block'),
    ('ben', 'public.follow_user(''tap_ada'')', 'PT403 blocked', 'nobody follows a user who blocks them'),
    ('ben', 'public.accept_follow_request(''tap_ada'')', 'PT404 follow_request_not_found', 'a blocked pair has no request'),
    ('banned', 'public.block_user(''tap_ada'')', 'PT403 user_banned', 'a banned user blocks nobody'),
    ('ben', 'public.unblock_user(''tap_ada'')', '', 'unblocking a user who is not blocked changes nothing'),
    ('ben', 'public.follow_user(''tap_ada'')', 'PT403 blocked', 'nobody ends the block of another user')
) as attempt (caller, call, wanted, label);
select is_empty('select pg_temp.graph()', 'a block ends follows in both directions');
select is_empty('select * from wrong', 'follows are counted right after blocks');
select is(pg_temp.people('ada', 'list_blocks()'), 'ben', 'users see whom they block');
select is(pg_temp.people('ben', 'list_blocks()'), '', 'users do not see who blocks them');
select is(pg_temp.call('ada', 'blocking from public.get_profile(''tap_ben'')'), 'true', 'the profile says that the caller blocks it');
select is(pg_temp.call('ben', 'blocking from public.get_profile(''tap_ada'')'), 'false', 'a profile does not say that its user blocks the caller');
select is(pg_temp.call(caller, format('count(*) from public.%s(''tap_%s'')', list, person)), 'PT403 blocked', caller || ' does not see ' || list || ' of ' || person)
from (values ('ada', 'ben'), ('ben', 'ada')) as pair (caller, person), unnest(array['list_followers', 'list_following']) as list;

-- Cleo, public for this, follows and is followed by both.
update public.profiles set is_public = true where id = tests.id_of('cleo');
insert into public.follows (follower_id, followee_id)
select tests.id_of(follower), tests.id_of(followee)
from (values ('ada', 'cleo'), ('ben', 'cleo'), ('dan', 'cleo'), ('cleo', 'ada'), ('cleo', 'ben'), ('cleo', 'mia')) as pair (follower, followee);
select is(pg_temp.people(caller, list || '(''tap_cleo'')'), wanted, caller || ' sees in ' || list || ' nobody beyond a block')
from (
  values
    ('ada', 'list_followers', 'dan ada'), ('ada', 'list_following', 'mia ada'), ('ben', 'list_followers', 'dan ben'),
    ('ben', 'list_following', 'mia ben'), ('dan', 'list_followers', 'dan ben ada'), ('dan', 'list_following', 'mia ben ada')
) as page (caller, list, wanted);
select is(
  (select private.count_of(tests.id_of('cleo'), 'profile_followers')), 3, 'the count has all of them'
);
select is(pg_temp.call('ada', 'public.mute_user(''tap_ben'')'), '', 'a blocked user can be muted');
select is(pg_temp.people('ada', 'list_mutes()'), 'ben', 'users see whom they mute, also across a block');
select is(pg_temp.call('ada', 'public.unblock_user(''tap_ben'')'), '', 'a user unblocks');
select is(pg_temp.call('ada', 'public.unblock_user(''tap_ben'')'), '', 'unblocking again changes nothing');
select is(pg_temp.people('ada', 'list_blocks()'), '', 'an ended block is gone from the list');
select is(pg_temp.call('ben', 'public.follow_user(''tap_ada'')'), 'accepted', 'users may follow again after a block');

-- Mutes

select is(pg_temp.people('ada', 'list_mutes()'), 'ben', 'users see whom they mute');
select is(pg_temp.people('ben', 'list_mutes()'), '', 'users do not see who mutes them');
select is(pg_temp.call('ada', 'concat_ws('' '', muting, followed_by) from public.get_profile(''tap_ben'')'), 't t', 'the profile says that the caller mutes it; a mute ends no follow');
select is(pg_temp.call('ben', 'muting from public.get_profile(''tap_ada'')'), 'false', 'a profile does not say that its user mutes the caller');
select is(pg_temp.call('ada', 'public.mute_user(''tap_ben'')'), '', 'muting again changes nothing');
select is(pg_temp.call('ada', 'public.mute_user(''me'')'), 'PT422 not_yourself', 'nobody mutes themselves');
select is(pg_temp.call('ada', 'public.unmute_user(''tap_ben'')'), '', 'a user unmutes');
select is(pg_temp.people('ada', 'list_mutes()'), '', 'an ended mute is gone from the list');

-- Lists

delete from public.follows;
update public.profiles set is_public = false where id = tests.id_of('cleo');
insert into public.follows (follower_id, followee_id, state)
values
  (tests.id_of('ada'), tests.id_of('cleo'), 'accepted'), (tests.id_of('ben'), tests.id_of('cleo'), 'accepted'),
  (tests.id_of('mia'), tests.id_of('cleo'), 'accepted'), (tests.id_of('dan'), tests.id_of('cleo'), 'requested'),
  (tests.id_of('cleo'), tests.id_of('dan'), 'accepted'), (tests.id_of('ada'), tests.id_of('dan'), 'requested'),
  (tests.id_of('ben'), tests.id_of('ada'), 'accepted');
select is(pg_temp.call(caller, format('string_agg(substr(username, 5), '' '') from public.%s(''tap_cleo'')', list)), wanted, label || ': ' || list)
from (
  values
    ('cleo', 'list_followers', 'mia ben ada', 'the owner of a private profile sees its lists'),
    ('cleo', 'list_following', 'dan', 'the owner of a private profile sees its lists'),
    ('ada', 'list_followers', 'mia ben ada', 'a follower sees the lists of a private profile'),
    ('ada', 'list_following', 'dan', 'a follower sees the lists of a private profile'),
    ('mia', 'list_followers', 'mia ben ada', 'a moderator sees the lists of a private profile'),
    ('dan', 'list_followers', 'PT403 profile_private', 'a user who asks does not see the lists of a private profile'),
    ('dan', 'list_following', 'PT403 profile_private', 'a user who asks does not see the lists of a private profile'),
    ('banned', 'list_followers', 'PT403 profile_private', 'a stranger does not see the lists of a private profile')
) as page (caller, list, wanted, label);
select is(pg_temp.call(caller, format('count(*) from public.list_followers(%L)', person)), wanted, label)
from (
  values
    ('ada', 'me', '1', 'lists the own followers'), ('ada', null, '1', 'lists the own followers for null'),
    ('ada', 'tap_nobody', 'PT404 profile_not_found', 'does not list the followers of an unknown user'),
    (null, 'me', 'PT401 not_signed_in', 'lists nothing for a token without a user')
) as page (caller, person, wanted, label);
select tests.authenticate_as('ada');
select results_eq(
  $$
    select substr(username, 5), profile_pic_url, is_vip, following, requested, followed_by
    from public.list_followers('tap_cleo')
    union all
    select substr(username, 5), profile_pic_url, is_vip, following, requested, followed_by
    from public.list_following('tap_cleo')
  $$,
  $$
    values
      ('mia', '/functions/v1/api/assets/default-avatar.svg', false, false, false, false),
      ('ben', '/functions/v1/api/assets/default-avatar.svg', false, false, false, true),
      ('ada', '/functions/v1/api/assets/default-avatar.svg', false, false, false, false),
      ('dan', '/functions/v1/api/assets/default-avatar.svg', false, false, true, false)
  $$,
  'a list says of each what the caller and they are to each other'
);
select results_eq(
  $$
    with first as (select * from public.list_followers('tap_cleo', page_limit => 2))
    select username from first
    union all
    select username
    from public.list_followers('tap_cleo', (select cursor from first order by cursor limit 1), 2)
  $$,
  $$values ('tap_mia'), ('tap_ben'), ('tap_ada')$$, 'the cursor of the last row leads to the next page'
);
select tests.clear_authentication();
select tests.create_user('many' || place) from generate_series(1, 105) as place;
insert into public.follows (follower_id, followee_id) select tests.id_of('many' || place), tests.id_of('ada') from generate_series(1, 105) as place;
insert into public.follows (follower_id, followee_id) select tests.id_of('ada'), tests.id_of('many' || place) from generate_series(1, 105) as place;
insert into public.blocks (blocker_id, blocked_id) select tests.id_of('mia'), tests.id_of('many' || place) from generate_series(1, 105) as place;
insert into public.mutes (muter_id, muted_id) select tests.id_of('ada'), tests.id_of('many' || place) from generate_series(1, 105) as place;
select is(
  pg_temp.call(caller, format('concat_ws('' '', (select count(*) from public.%s()), (select count(*) from public.%1$s(page_limit => 1000)), (select count(*) from public.%1$s(page_limit => 0)))', list)),
  '20 101 1', list || ' has pages of 20, at most 100 and one more, and at least one'
)
from (values ('ada', 'list_followers'), ('ada', 'list_following'), ('mia', 'list_blocks'), ('ada', 'list_mutes')) as page (caller, list);
select tests.authenticate_as('cleo');
select is((select count(*) from public.follows), 5::bigint, 'the table shows users their own follows only');

-- Rates

select tests.clear_authentication();
update public.rate_limits set max_count = 3 where action = 'follow';
delete from private.rate_counters;
select is(
  pg_temp.call('ben', call), wanted, label
)
from (
  values
    ('public.follow_user(''tap_mia'')', 'accepted', 'the first is allowed'), ('public.block_user(''tap_dan'')', '', 'a block counts'),
    ('public.unblock_user(''tap_dan'')', '', 'an end does not count'), ('public.unfollow_user(''tap_mia'')', '', 'an end does not count'),
    ('public.mute_user(''tap_dan'')', '', 'a mute counts'), ('public.follow_user(''tap_mia'')', 'PGRST', 'the fourth is refused')
) as attempt (call, wanted, label);

-- Leaving

select is_empty('select * from wrong', 'all counts are right before');
select tests.authenticate_as('ada');
select public.delete_account();
select tests.clear_authentication();
select is_empty('select * from wrong', 'all counts are right when an account with many follows is deleted');
select is_empty(
  $$
    select 'follow' from public.follows where tests.id_of('ada') in (follower_id, followee_id)
    union all select 'block' from public.blocks where tests.id_of('ada') in (blocker_id, blocked_id)
    union all select 'mute' from public.mutes where tests.id_of('ada') in (muter_id, muted_id)
    union all select 'counter' from private.counters where subject_id = tests.id_of('ada')
  $$,
  'follows, blocks, mutes and counts go with the account'
);
delete from auth.users where email like '%@tap.test';
select is_empty('select * from private.counters', 'no count is left when all accounts are deleted');

-- The most that one user may follow, block and mute

select tests.create_user(name) from unnest(array['eve', 'fay', 'gil']) as name;
update public.rate_limits set max_count = 100 where action = 'follow';
alter table public.follows drop constraint follows_followee_id_fkey, disable trigger user;
alter table public.blocks drop constraint blocks_blocked_id_fkey, disable trigger user;
alter table public.mutes drop constraint mutes_muted_id_fkey, disable trigger user;
insert into public.follows (follower_id, followee_id, state)
select tests.id_of('eve'), gen_random_uuid(), 'accepted' from generate_series(2, private.limit_of('follows'));
insert into public.blocks (blocker_id, blocked_id)
select tests.id_of('eve'), gen_random_uuid() from generate_series(2, private.limit_of('blocks'));
insert into public.mutes (muter_id, muted_id)
select tests.id_of('eve'), gen_random_uuid() from generate_series(2, private.limit_of('mutes'));
alter table public.follows enable trigger user;
alter table public.blocks enable trigger user;
alter table public.mutes enable trigger user;
select is(
  array[
    pg_temp.call('eve', format('public.%s(''tap_fay'')', name)), pg_temp.call('eve', format('public.%s(''tap_fay'')', name)),
    pg_temp.call('eve', format('public.%s(''tap_gil'')', name))
  ],
  array[answer, answer, 'PT422 ' || code],
  format('%s refuses one user more than public.limits() allows, and repeats the last one', name)
)
from (
  values
    ('follow_user', 'accepted', 'follows_too_many'), ('mute_user', '', 'mutes_too_many'), ('block_user', '', 'blocks_too_many')
) as action (name, answer, code);

select * from finish();
rollback;
