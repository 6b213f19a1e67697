-- Groups of several bundles, order and pages, what is read, what the sweep forgets, and what it costs. Ada is notified of
-- what Ben, Cleo, Dan and Eve do.
begin;
set local search_path = public, extensions;
select plan(46);

select tests.create_user(name) from unnest(array['ada', 'ben', 'cleo', 'dan', 'eve']) as name;
select tests.insert_post('ada', 'Post ' || n) from generate_series(1, 5) as n;

create function pg_temp.page(unread boolean default false, before uuid default null, page_limit integer default 20) returns text[]
language sql
as $$
  select array(
    select concat_ws(' ', preview, actor_count, case when is_read then 'read' end) from public.list_notifications(unread, before, page_limit)
  )
$$;
create function pg_temp.like_by(name text, number integer) returns void
language sql
as $$insert into public.post_likes (profile_id, post_id) values (tests.id_of(name), tests.id_of('Post ' || number))$$;
create function pg_temp.id_of(number integer) returns uuid
language sql
as $$select id from public.list_notifications(page_limit => 100) where post = tests.id_of('Post ' || number) order by id desc limit 1$$;
grant execute on all functions in schema pg_temp to authenticated;

-- Ids and times

select is(private.time_of('01932c07-2ac5-7000-8000-000000000000'), '2024-11-14 18:54:47.493+00', 'an id has the time at which it was made');
select ok(private.time_of(private.uuid_v7()) between clock_timestamp() - interval '1 second' and clock_timestamp(), 'a new id has the time of now');
select is(private.first_id_at(private.time_of(id)), '01932c07-2ac5-0000-0000-000000000000', 'a time has a first id') from (values (uuid '01932c07-2ac5-7abc-8000-000000000000')) as made (id);
select ok(private.first_id_at(clock_timestamp()) <= private.uuid_v7(), 'ids made later sort behind it');

-- Order and pages

select pg_temp.like_by('ben', n) from generate_series(1, 5) as n;
create temporary table keys as select post, key from public.list_notifications() as listed limit 0;
grant select, insert on keys to authenticated;
select tests.authenticate_as('ada');
insert into keys select post, key from public.list_notifications();
select tests.clear_authentication();
select pg_temp.like_by('cleo', 2);
select tests.authenticate_as('ada');
select is(pg_temp.page(), array['Post 2 2', 'Post 5 1', 'Post 4 1', 'Post 3 1', 'Post 1 1'], 'a group moves to the top with what is new');
select set_eq('select post, key from public.list_notifications()', 'select post, key from keys', 'and keeps its key');
select is((select count(distinct key) from keys), 5::bigint, 'each group has a key of its own');
select is(pg_temp.page(page_limit => 2), array['Post 2 2', 'Post 5 1'], 'a page has as many as asked for');
select is(pg_temp.page(before => pg_temp.id_of(5), page_limit => 2), array['Post 4 1', 'Post 3 1'], 'the next page begins after the last one');
select is(pg_temp.page(before => pg_temp.id_of(1)), '{}', 'the page after the last notification is empty');
select is(pg_temp.page(page_limit => null) || pg_temp.page(page_limit => 0), array['Post 2 2', 'Post 5 1', 'Post 4 1', 'Post 3 1', 'Post 1 1', 'Post 2 2'], 'a page has its usual size, and at least one row');
select is(
  (select array_agg(keys order by keys) from jsonb_object_keys((select actors -> 0 from public.list_notifications() limit 1)) as keys),
  array['id', 'is_vip', 'profile_pic_url', 'username'], 'an actor is shown as the owner of a post'
);
select ok(
  (select bool_and(created_at between now() and clock_timestamp()) from public.list_notifications()), 'a notification has the time of its newest event'
);
select tests.clear_authentication();
update public.posts set caption = repeat('é', 150) where id = tests.id_of('Post 1');
select tests.authenticate_as('ada');
select is((select preview from public.list_notifications() where post = tests.id_of('Post 1')), repeat('é', 100), 'a preview has 100 characters');
select tests.clear_authentication();
update public.posts set caption = 'Post 1' where id = tests.id_of('Post 1');

-- What is read

select tests.authenticate_as('ada');
select is(public.count_unread_notifications(), 5, 'everything is unread at first');
select is(public.mark_notifications_read(pg_temp.id_of(3)), 3, 'marks as read up to a notification, and counts the others');
select is(pg_temp.page(), array['Post 2 2', 'Post 5 1', 'Post 4 1', 'Post 3 1 read', 'Post 1 1 read'], 'shows which notifications are read');
select is(pg_temp.page(true), array['Post 2 2', 'Post 5 1', 'Post 4 1'], 'lists the unread notifications');
select is(public.mark_notifications_read(pg_temp.id_of(1)), 3, 'does not mark as unread what is read');
select is(public.mark_notifications_read(null), 3, 'marks nothing without an id');
select is(public.mark_notifications_read('00000000-0000-7000-8000-000000000000'), 3, 'marks nothing with an id before all');
select is(public.mark_notifications_read('ffffffff-ffff-ffff-ffff-ffffffffffff'), 0, 'marks everything that is there with an id from the future');
select tests.clear_authentication();
select pg_temp.like_by('dan', 3);
select tests.authenticate_as('ada');
select is(pg_temp.page(true), array['Post 3 2'], 'what is new is unread after a mark from the future, with its whole group');
select tests.clear_authentication();
delete from public.post_likes where profile_id = tests.id_of('dan');
select tests.authenticate_as('ada');
select is(pg_temp.page(true), '{}', 'a group is read again when what is new is taken back');
select tests.clear_authentication();

-- Several bundles of one group, as writers at the same time make them

create function pg_temp.add_bundle(number integer, names text[]) returns void
language plpgsql
as $$
declare
  v_id constant uuid := private.uuid_v7();
begin
  insert into public.notifications (id, recipient_id, kind, post_id, newest, actor_count)
  values (v_id, tests.id_of('ada'), 'like', tests.id_of('Post ' || number), v_id, cardinality(names));
  insert into public.notification_actors (notification_id, id, actor_id, recipient_id)
  select v_id, case place when cardinality(names) then v_id else private.first_id_at(now() - interval '1 minute' * place) end, tests.id_of(name), tests.id_of('ada')
  from unnest(names) with ordinality as actor (name, place);
end
$$;
select pg_temp.add_bundle(4, array['cleo']), pg_temp.add_bundle(5, array['cleo']), pg_temp.add_bundle(4, array['dan', 'eve']);
select tests.authenticate_as('ada');
select is(pg_temp.page(), array['Post 4 4', 'Post 5 2', 'Post 2 2 read', 'Post 3 1 read', 'Post 1 1 read'], 'shows the bundles of a group as one, at its newest');
select is(
  (select string_agg(substr(actor ->> 'username', 5), ' ' order by place) from public.list_notifications(page_limit => 1), jsonb_array_elements(actors) with ordinality as listed (actor, place)),
  'eve cleo ben', 'shows the newest three users of all its bundles'
);
select is(public.count_unread_notifications(), 2, 'counts the bundles of a group as one');
select is(pg_temp.page(true), array['Post 4 4', 'Post 5 2'], 'lists the bundles of a group as one unread notification');
select is(pg_temp.page(before => pg_temp.id_of(4)), array['Post 5 2', 'Post 2 2 read', 'Post 3 1 read', 'Post 1 1 read'], 'a group is not listed again on the next page');
select tests.clear_authentication();
update public.notifications set day = day - 1 where post_id = tests.id_of('Post 4') and actor_count = 1;
select tests.authenticate_as('ada');
select is(pg_temp.page(page_limit => 2), array['Post 4 2', 'Post 5 2'], 'another day is another group');
select tests.clear_authentication();

-- The count ends at its limit

insert into public.posts (owner_id, caption) select tests.id_of('ada'), 'Many ' || n from generate_series(1, private.limit_of('unread_max') + 5) as n;
insert into public.post_likes (profile_id, post_id) select tests.id_of('ben'), id from public.posts where caption like 'Many %';
select tests.authenticate_as('ada');
select is(public.count_unread_notifications(), private.limit_of('unread_max'), 'counts no further than its limit');
select tests.clear_authentication();
delete from public.posts where caption like 'Many %';

-- Posts and accounts with many likes: the work grows with the rows, not with their square

insert into auth.users (id, email, raw_user_meta_data)
select md5('tap' || n)::uuid, 'tap' || n || '@tap.test', jsonb_build_object('username', 'tapmany' || n) from generate_series(1, 3000) as n;
select tests.insert_post('ada', 'Popular');
insert into public.post_likes (profile_id, post_id) select md5('tap' || n)::uuid, tests.id_of('Popular') from generate_series(1, 3000) as n;
select is((select (count(*), sum(actor_count))::text from public.notifications where post_id = tests.id_of('Popular')), '(1,3000)', 'a statement with many likes makes one bundle');
select is((select count(*) from public.notification_actors where actor_id = md5('tap1')::uuid), 1::bigint, 'a bundle of many likes has each user');
delete from public.post_likes where post_id = tests.id_of('Popular') and profile_id <> md5('tap1')::uuid;
select is((select (count(*), sum(actor_count))::text from public.notifications where post_id = tests.id_of('Popular')), '(1,1)', 'a bundle loses the users who take their likes back');
insert into public.post_likes (profile_id, post_id) select md5('tap' || n)::uuid, tests.id_of('Popular') from generate_series(2, 3000) as n;
delete from public.posts where id = tests.id_of('Popular');
select is_empty('select from public.notifications where post_id is not null and actor_count > 5', 'a deleted post takes its notifications along');
select is((select count(*) from public.notification_actors where actor_id = md5('tap1')::uuid), 0::bigint, 'a deleted post takes the users of its notifications along');

insert into public.posts (owner_id, caption) select md5('tap' || n)::uuid, 'Liked ' || n from generate_series(1, 3000) as n;
insert into public.post_likes (profile_id, post_id) select tests.id_of('eve'), id from public.posts where caption like 'Liked %';
insert into public.post_likes (profile_id, post_id) select tests.id_of('dan'), id from public.posts where caption like 'Liked %';
delete from auth.users where id = tests.id_of('eve');
select is((select (count(*), sum(actor_count), min(actor_count))::text from public.notifications join public.posts on posts.id = post_id where caption like 'Liked %'), '(3000,3000,1)', 'a deleted account leaves the groups in which it was without it');
select is_empty(
  $$
    select notifications.id, actor_count, newest
    from public.notifications
    left join public.notification_actors on notification_id = notifications.id
    group by notifications.id
    having count(notification_actors.id) <> actor_count or newest <> (array_agg(notification_actors.id order by notification_actors.id desc))[1]
  $$,
  'every bundle knows its count and its newest'
);

-- The sweep

insert into public.notifications (id, recipient_id, kind, newest, actor_count)
select private.first_id_at(now() - make_interval(days => days)), tests.id_of('ada'), 'follow', private.first_id_at(now() - make_interval(days => days)), 1
from unnest(array[90, 92]) as days;
insert into public.notification_actors (notification_id, id, actor_id, recipient_id)
select id, newest, tests.id_of('ben'), recipient_id from public.notifications where kind = 'follow';
select public.forget_expired() from tests.authenticate_as_service_role();
select tests.clear_authentication();
select is(
  (select array_agg(age(now(), private.time_of(newest)) > interval '91 days') from public.notifications where kind = 'follow'), array[false],
  'the sweep forgets notifications after 90 days and the day of their bundle'
);

-- 12,000 rows of four bundles.
insert into public.notifications (id, recipient_id, kind, newest, actor_count)
select id, tests.id_of('ada'), 'follow', id, 3000
from (select private.first_id_at(now() - make_interval(days => 100 + n)) as id from generate_series(1, 4) as n) as made;
insert into public.notification_actors (notification_id, id, actor_id, recipient_id)
select notifications.id, private.uuid_v7(), md5('tap' || n)::uuid, recipient_id
from public.notifications, generate_series(1, 3000) as n
where actor_count = 3000 and kind = 'follow';
select is(public.forget_expired(), true, 'a sweep forgets a bounded number of rows, and knows that there are more') from tests.authenticate_as_service_role();
select tests.clear_authentication();
select is(
  (select (count(*), sum(actor_count))::text from public.notifications where kind = 'follow' and id < private.first_id_at(now() - interval '99 days')),
  '(1,2000)', 'the last bundle counts the users whom it still has'
);
select is(public.forget_expired(), false, 'the next sweep forgets the rest') from tests.authenticate_as_service_role();
select tests.clear_authentication();
select is((select count(*) from public.notifications where kind = 'follow'), 1::bigint, 'no bundle remains that is older than 91 days');

-- One index serves list and count. The statements are those of the functions themselves. The tables are small here, so
-- the plans for small tables are off; a join of any kind is on.

set local enable_seqscan = off;
set local enable_bitmapscan = off;
set local enable_sort = off;
create function pg_temp.plan_of(function regproc, statement text) returns text
language plpgsql
as $$
declare
  v_statement text := substring((select prosrc from pg_proc where oid = function) from statement);
  v_line text;
  v_plan text := '';
begin
  v_statement := replace(replace(replace(v_statement, 'v_before', '''ffffffff-ffff-ffff-ffff-ffffffffffff'''), 'v_after', '''00000000-0000-0000-0000-000000000000'''), 'v_limit', '21');
  for v_line in execute 'explain (costs off) ' || v_statement loop
    v_plan := v_plan || v_line || E'\n';
  end loop;
  return v_plan;
end
$$;
grant execute on function pg_temp.plan_of(regproc, text) to authenticated;
create temporary table plans (plan text);
grant insert, select on plans to authenticated;
select tests.authenticate_as('ada');
insert into plans
values
  (pg_temp.plan_of('public.list_notifications', 'array\((\s*select notifications\.id.*limit v_limit)')),
  (pg_temp.plan_of('public.count_unread_notifications', 'return \((\s*select count.*\) as unread)'));
select is(
  (select count(*) from plans where plan ~ 'Index (Only )?Scan Backward using notifications_recipient_id_newest_idx on notifications'), 1::bigint,
  'a page of notifications comes from the index in its order'
);
select is(
  (select count(*) from plans where plan ~ 'Index (Only )?Scan (Backward )?using notifications_recipient_id_newest_idx on notifications'), 2::bigint,
  'the unread notifications are counted in the index'
);
select is_empty($$select plan from plans where plan ~ 'Join|Nested Loop|Hash|Seq Scan|Sort'$$, 'neither joins all notifications');

select * from finish();
rollback;
