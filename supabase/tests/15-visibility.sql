-- Who sees a post, and with it its tags, mentions and files. Ada writes, Ben is mentioned, Cleo is a stranger, Mia a
-- moderator, Zoe an admin. How the same holds under concurrency is in the concurrency tests.
begin;
set local search_path = public, extensions;
select plan(39);

select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('cleo'), tests.create_user('mia', 'moderator'), tests.create_user('zoe', 'admin');
select tests.insert_post('ada', '#tap_sea @tap_ben');
select tests.insert_file(tests.id_of('#tap_sea @tap_ben'), tests.publish_file('ada', '1.jpg'));
create function pg_temp.seen_by(name text) returns text
language sql
as $$
  select tests.authenticate_as(name);
  select tests.seen_of(tests.id_of('#tap_sea @tap_ben'));
$$;
grant execute on function pg_temp.seen_by(text) to authenticated, service_role;
create function pg_temp.write(change text) returns void
language plpgsql
as $$
begin
  perform tests.clear_authentication();
  execute format('update public.posts set %s where id = tests.id_of(''#tap_sea @tap_ben'')', change);
end
$$;

select is(pg_temp.seen_by(name), 'post #tap_sea @tap_ben file object', 'shows a public post to ' || label)
from (
  values ('ada', 'its owner'), ('ben', 'a user whom it mentions'), ('cleo', 'a stranger'), ('mia', 'a moderator'), ('zoe', 'an admin')
) as reader (name, label);

select tests.authenticate_as('ada');
select public.update_post(tests.id_of('#tap_sea @tap_ben'), is_public => false);
select is(pg_temp.seen_by(name), wanted, label)
from (
  values
    ('ada', 'post #tap_sea @tap_ben file object', 'shows a private post to its owner'),
    ('ben', '', 'hides a private post from a user whom it mentions'),
    ('cleo', '', 'hides a private post from a stranger'),
    ('mia', 'post #tap_sea @tap_ben file object', 'shows a private post to a moderator'),
    ('zoe', 'post #tap_sea @tap_ben file object', 'shows a private post to an admin')
) as reader (name, wanted, label);
select tests.authenticate_as('ada');
select public.update_post(tests.id_of('#tap_sea @tap_ben'), is_public => true);
select is(pg_temp.seen_by('cleo'), 'post #tap_sea @tap_ben file object', 'shows it again when it is public again');

select tests.authenticate_as('mia');
select results_eq(
  $$select hidden_at, updated_at, is_public from public.hide_post(tests.id_of('#tap_sea @tap_ben'), reason => 'Spam')$$,
  $$values (now(), (select updated_at from public.posts where id = tests.id_of('#tap_sea @tap_ben')), true)$$,
  'a moderator hides a post, which does not count as edited'
);
select is(pg_temp.seen_by(name), wanted, label)
from (
  values
    ('ada', 'post #tap_sea @tap_ben file object', 'shows a hidden post to its owner'),
    ('ben', '', 'hides a hidden post from a user whom it mentions'),
    ('cleo', '', 'hides a hidden post from a stranger'),
    ('eve', '', 'hides a hidden post from a deleted user'),
    ('mia', 'post #tap_sea @tap_ben file object', 'shows a hidden post to a moderator'),
    ('zoe', 'post #tap_sea @tap_ben file object', 'shows a hidden post to an admin')
) as reader (name, wanted, label);
select tests.authenticate_as('ada');
select public.update_post(tests.id_of('#tap_sea @tap_ben'), caption => '#tap_dusk', is_public => true);
select is(pg_temp.seen_by('cleo'), '', 'an edit does not show a hidden post again');
select is(
  tests.refusal($$select public.create_post('x', original_post => tests.id_of('#tap_sea @tap_ben'))$$),
  'PT422 original_post_not_found original_post', 'nobody reposts a post that is hidden from them'
);
select tests.authenticate_as('mia');
select public.hide_post(tests.id_of('#tap_sea @tap_ben'), false);
select is(pg_temp.seen_by('cleo'), 'post #tap_dusk file object', 'a moderator shows it again, with its new tags');

select tests.authenticate_as('ada');
update public.profiles set is_public = false where id = auth.uid();
select is(pg_temp.seen_by(name), wanted, label)
from (
  values
    ('ada', 'post #tap_dusk file object', 'shows the posts of a private profile to their owner'),
    ('cleo', '', 'hides the posts of a private profile from a stranger'),
    ('mia', 'post #tap_dusk file object', 'shows the posts of a private profile to a moderator')
) as reader (name, wanted, label);
select tests.authenticate_as('ada');
select public.create_post('#tap_later');
select tests.authenticate_as('cleo');
select is_empty($$select from public.posts where owner_id = tests.id_of('ada')$$, 'hides later posts of a private profile');
select is_empty($$select from public.post_tags where tag = 'tap_later'$$, 'hides the tags of later posts as well');
select tests.authenticate_as('ada');
update public.profiles set is_public = true where id = auth.uid();
select tests.authenticate_as('cleo');
select is(
  (select count(*) from public.posts where owner_id = tests.id_of('ada')), 2::bigint, 'shows all public posts when the profile is public again'
);

-- The column, whatever is written. Every pair of states of post, moderation and profile is compared with the rule.

select tests.clear_authentication();
create temporary view wrong as
select posts.id
from public.posts
join public.profiles on profiles.id = posts.owner_id
where posts.is_visible_to_all <> (posts.is_public and posts.hidden_at is null and profiles.is_public);
select is_empty('select from wrong', 'the column follows from post and profile at first');
select lives_ok(format('select pg_temp.write(%L)', change), 'the dashboard writes ' || change)
from unnest(array[
  'is_visible_to_all = false', 'is_public = false', 'is_visible_to_all = true', 'hidden_at = now(), is_visible_to_all = true',
  'is_public = true, is_visible_to_all = true', 'hidden_at = null'
]) as change;
select is_empty('select from wrong', 'the column follows from post and profile then');
create temporary table steps (place integer generated always as identity, change text);
insert into steps (change)
select format(
  'update public.profiles set is_public = %L where id = tests.id_of(''ada''); '
    'update public.posts set is_public = %L, hidden_at = %L, is_visible_to_all = %L where owner_id = tests.id_of(''ada'')',
  profile, post, hidden, written
)
from unnest(array[true, false]) as profile, unnest(array[true, false]) as post, unnest(array[null, now()]) as hidden,
  unnest(array[true, false]) as written;
create function pg_temp.wrong_after_steps() returns setof text
language plpgsql
as $$
declare
  v_first record;
  v_second record;
begin
  for v_first in select * from steps loop
    for v_second in select * from steps loop
      execute v_first.change;
      execute v_second.change;
      if exists (select from wrong) then
        return next v_first.change || ' / ' || v_second.change;
      end if;
    end loop;
  end loop;
end
$$;
select is_empty('select pg_temp.wrong_after_steps()', 'the column is right after any two changes of post and profile');
select lives_ok(
  $$
    insert into public.posts (owner_id, caption, is_public, is_visible_to_all)
    select tests.id_of('ada'), 'Written #tap_sea @tap_ben', place % 2 = 0, true from generate_series(1, 4) as place
  $$,
  'the dashboard writes new posts with the column'
);
select is_empty('select from wrong', 'the column of new posts follows from post and profile');
update public.profiles set is_public = false where id = tests.id_of('ben');
update public.posts set owner_id = tests.id_of('ben') where caption like 'Written%';
select is_empty('select from wrong', 'the column follows the new owner when a post changes hands');

select * from finish();
rollback;
