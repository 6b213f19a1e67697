-- What is sent over Realtime, to whom, and who may listen. Ada owns the posts; Ben and Cleo do something to them; Mia is a
-- moderator.
begin;
set local search_path = public, extensions;
select plan(58);

select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('cleo'), tests.create_user('mia', 'moderator'), tests.create_user('eve');
select tests.insert_post('ada', 'Post'), tests.insert_post('ada', 'Private', false), tests.insert_post('ada', 'Hidden', hidden_at => now());

-- What was sent since the last call, in order: topic, event, and the payload with names for ids.
create temporary table heard (id uuid primary key);
create function pg_temp.sent(topic text default '%') returns text[]
language plpgsql
as $$
declare
  v_lines text[];
begin
  v_lines := array(
    select concat_ws(
      ' ', (select name from pg_temp.topics where topics.topic = messages.topic), event,
      case event
        when 'counts' then concat_ws('/', payload ->> 'like_count', payload ->> 'comment_count', payload ->> 'repost_count')
        when 'notification' then payload ->> 'kind'
        when 'read' then payload ->> 'unread_count'
        else concat_ws(' < ', (select text from pg_temp.texts where texts.id::text = payload ->> 'id'), (select text from pg_temp.texts where texts.id::text = payload ->> 'parent'))
      end
    )
    from realtime.messages
    where extension = 'broadcast' and private and messages.id not in (select heard.id from heard)
      and messages.topic like sent.topic
    -- In one transaction all have one time: the order in which they were written.
    order by messages.tableoid, messages.ctid
  );
  insert into heard select messages.id from realtime.messages on conflict do nothing;
  -- The next counts do not wait for a second.
  delete from private.sent_counts;
  return v_lines;
end
$$;
create temporary table topics (topic text, name text);
insert into topics
select 'person:' || tests.id_of(name), name from unnest(array['ada', 'ben', 'cleo', 'mia']) as name
union all select 'post:' || tests.id_of(caption), caption from unnest(array['Post', 'Private', 'Hidden']) as caption;
create temporary table texts (id uuid, text text);
create function pg_temp.comment_as(name text, text text, parent text default null) returns void
language plpgsql
as $$
declare
  v_id text;
begin
  v_id := tests.call_as(name, format(
    '(public.create_comment(tests.id_of(''Post''), %L, %L)).id', comment_as.text, (select id from pg_temp.texts where texts.text = parent)
  ));
  insert into pg_temp.texts values (v_id::uuid, comment_as.text);
end
$$;
create function pg_temp.id_of(text text) returns uuid language sql as $$select id from pg_temp.texts where texts.text = id_of.text$$;
grant select on heard, topics, texts to authenticated;
grant execute on all functions in schema pg_temp to authenticated;
select pg_temp.sent();

-- Notifications

select tests.call_as('ben', $$public.follow_user(tests.id_of('ada')::text)$$);
select is(pg_temp.sent(), array['ada notification follow'], 'tells a user of a follower, and nobody else');
select tests.call_as('ben', $$public.like_post(tests.id_of('Post'))$$);
select is(pg_temp.sent(), array['Post counts 1/0/0', 'ada notification like'], 'tells the owner of a post of a like, and those who look at it of the counts');
select is(
  (select payload from realtime.messages where topic = 'person:' || tests.id_of('ada') order by inserted_at, ctid desc limit 1),
  jsonb_build_object('id', (select max(newest::text) from public.notifications where recipient_id = tests.id_of('ada')), 'kind', 'like'),
  'sends the id of the notification, as the list has it, and its kind'
);
select tests.call_as('ben', $$public.like_post(tests.id_of('Post'))$$);
select is(pg_temp.sent(), '{}', 'sends nothing where nothing changed');
select tests.call_as('ben', $$public.unlike_post(tests.id_of('Post'))$$);
select is(pg_temp.sent(), array['Post counts 0/0/0'], 'sends the counts when a like is taken back');
select tests.call_as('ada', $$public.like_post(tests.id_of('Post'))$$);
select is(pg_temp.sent('person:%'), '{}', 'tells nobody of what they did themselves');
select tests.call_as('ada', $$public.mute_user(tests.id_of('cleo')::text)$$);
select tests.call_as('cleo', $$public.like_post(tests.id_of('Post'))$$);
select is(pg_temp.sent('person:%'), '{}', 'tells nobody of a muted user');
select tests.call_as('ada', $$public.update_notification_settings('{"like": false}')$$);
select pg_temp.sent();
select tests.call_as('ben', $$public.like_post(tests.id_of('Post'))$$);
select is(pg_temp.sent('person:%'), '{}', 'tells nobody of a kind that is switched off');
select tests.call_as('ada', $$public.unmute_user(tests.id_of('cleo')::text)$$);
select pg_temp.sent();

update public.profiles set is_public = false where id = tests.id_of('ada');
select tests.call_as('cleo', $$public.follow_user(tests.id_of('ada')::text)$$);
select is(pg_temp.sent(), array['ada notification follow_request'], 'tells a user of a request');
select tests.call_as('ada', $$public.accept_follow_request(tests.id_of('cleo')::text)$$);
select is(pg_temp.sent(), array['cleo notification follow_accepted'], 'tells a user of an accepted request');
select tests.call_as('cleo', $$public.unfollow_user(tests.id_of('ada')::text)$$);
select tests.call_as('mia', $$public.like_post(tests.id_of('Post'))$$);
select pg_temp.sent();
select tests.call_as('ada', $$public.create_post('Hello @tap_mia')$$);
select is(pg_temp.sent('person:%'), '{}', 'does not tell a user of a post that they do not see');
update public.profiles set is_public = true where id = tests.id_of('ada');
select pg_temp.sent();

-- What is read

select tests.call_as('ada', $$public.mark_notifications_read((select min(newest::text)::uuid from public.notifications))$$);
select matches(array_to_string(pg_temp.sent(), ','), '^ada read \d+$', 'tells the other devices of a user how many notifications are unread');
select tests.call_as('ada', $$public.mark_notifications_read((select min(newest::text)::uuid from public.notifications))$$);
select is(pg_temp.sent(), '{}', 'sends nothing where nothing was unread');

-- Comments

select pg_temp.comment_as('ben', 'First');
select is(
  pg_temp.sent(), array['ada notification comment', 'Post counts 4/1/0', 'Post comment_added First'],
  'tells those who look at a post of a comment, and of the counts'
);
select pg_temp.comment_as('cleo', 'Reply', 'First');
select is(pg_temp.sent('post:%'), array['Post counts 4/2/0', 'Post comment_added Reply < First'], 'tells of a reply, and what it is below');
select tests.call_as('ben', format('public.update_comment(%L, %L)', pg_temp.id_of('First'), 'Other'));
select is(pg_temp.sent(), array['Post comment_changed First'], 'tells of an edit');
select tests.call_as('ben', format('public.update_comment(%L, %L)', pg_temp.id_of('First'), 'Other'));
select is(pg_temp.sent(), '{}', 'sends nothing of an edit that changes nothing');
select tests.call_as('mia', format('public.hide_comment(%L, true, %L)', pg_temp.id_of('Reply'), 'rude'));
select is(pg_temp.sent('post:%'), array['Post counts 4/1/0', 'Post comment_removed Reply < First'], 'tells that a comment is hidden as if it were deleted');
select tests.call_as('cleo', format('public.update_comment(%L, %L)', pg_temp.id_of('Reply'), 'Rude, @tap_eve'));
select is(pg_temp.sent(), '{}', 'sends nothing of an edit of a hidden comment, not to those whom it mentions');
select tests.call_as('mia', format('public.hide_comment(%L, false, %L)', pg_temp.id_of('Reply'), 'fine'));
select is(pg_temp.sent('post:%'), array['Post counts 4/2/0', 'Post comment_added Reply < First'], 'tells that it is shown again as if it were new');
select tests.call_as('ben', format('public.delete_comment(%L)', pg_temp.id_of('First')));
select is(pg_temp.sent('post:%'), array['Post counts 4/1/0', 'Post comment_removed First'], 'tells that a comment is deleted, also where a tombstone stays');
select tests.call_as('cleo', format('public.delete_comment(%L)', pg_temp.id_of('Reply')));
select is(
  pg_temp.sent('post:%'), array['Post counts 4/0/0', 'Post comment_removed First', 'Post comment_removed Reply < First'],
  'tells once that a comment goes, and the tombstone above its last reply'
);
select pg_temp.comment_as('ben', 'Alone');
select pg_temp.sent();
select tests.call_as('ben', format('public.delete_comment(%L)', pg_temp.id_of('Alone')));
select is(pg_temp.sent('post:%'), array['Post counts 4/0/0', 'Post comment_removed Alone'], 'tells once that a comment without replies is deleted');
select pg_temp.comment_as('ben', 'Alone');
delete from public.comments where text = 'Alone';
select is((select array_agg(line) from unnest(pg_temp.sent('post:%')) as line where line like '% comment_removed %'), array['Post comment_removed Alone'], 'and also once where the row is deleted');

-- Many comments at once

create function pg_temp.comment_often(number integer) returns void
language sql
as $$
  insert into public.comments (post_id, owner_id, text)
  select tests.id_of('Post'), tests.id_of('dan'), 'Again ' || n from generate_series(1, number) as n
$$;
create function pg_temp.count_sent(out event text, out number bigint) returns setof record
language sql
as $$
  select split_part(line, ' ', 2), count(*) from unnest(pg_temp.sent('post:%')) as line where line not like '% counts %' group by 1 order by 1
$$;
select tests.create_user('dan');
select pg_temp.comment_often(100);
select results_eq('select * from pg_temp.count_sent()', $$values ('comment_added', 100::bigint)$$, 'tells of each comment of a page at once');
select pg_temp.comment_often(1);
insert into public.comments (post_id, owner_id, text) select tests.insert_post('ada', 'Quiet'), tests.id_of('dan'), 'Once';
insert into topics values ('post:' || tests.id_of('Quiet'), 'Quiet');
select pg_temp.sent();
delete from auth.users where id = tests.id_of('dan');
select is(
  array(select trim(line) from unnest(pg_temp.sent('post:%')) as line order by 1), array['Post comments_outdated', 'Quiet comment_removed'],
  'tells of more comments on one post than a page with one event, when an account is deleted'
);
select is(
  (select array_agg(distinct key) from realtime.messages, jsonb_object_keys(payload) as key where event = 'comments_outdated'), array['id'],
  'which tells nothing but an id of its own'
);

-- A post that only its owner sees

select tests.call_as('ada', $$public.create_comment(tests.id_of('Private'), 'Mine')$$);
select tests.call_as('ada', $$public.like_post(tests.id_of('Private'))$$);
select tests.call_as('ada', $$public.create_comment(tests.id_of('Hidden'), 'Mine')$$);
select is(pg_temp.sent('post:%'), '{}', 'sends nothing of a post that only its owner sees');
update public.posts set is_public = false where id = tests.id_of('Post');
delete from public.post_likes where post_id = tests.id_of('Post');
select is(pg_temp.sent('post:%'), '{}', 'sends nothing of a post from the moment it becomes private');
update public.posts set is_public = true where id = tests.id_of('Post');
select pg_temp.comment_as('ben', 'Last');
select pg_temp.sent();
delete from public.posts where id = tests.id_of('Post');
select is(pg_temp.sent(), '{}', 'sends nothing of the comments of a post that is deleted');

-- At most one event a second

select tests.insert_post('ada', 'Popular');
insert into topics values ('post:' || tests.id_of('Popular'), 'Popular');
select tests.call_as(name, $$public.like_post(tests.id_of('Popular'))$$) from unnest(array['ben', 'cleo', 'mia']) as name;
select is(pg_temp.sent('post:%'), array['Popular counts 1/0/0'], 'sends the counts of a post once, however many likes come in one second');
select tests.call_as('ben', $$public.unlike_post(tests.id_of('Popular'))$$);
update private.sent_counts set sent_at = sent_at - interval '1 second';
select tests.call_as('ben', $$public.like_post(tests.id_of('Popular'))$$);
select is(pg_temp.sent('post:%'), array['Popular counts 2/0/0', 'Popular counts 3/0/0'], 'sends them again after a second');
select tests.call_as('cleo', $$public.create_post('Look', original_post => tests.id_of('Popular'))$$);
select is(pg_temp.sent('post:%'), array['Popular counts 3/0/1'], 'sends the counts of a post that is reposted');
set local timezone = 'Pacific/Kiritimati';
select tests.call_as('cleo', $$public.unlike_post(tests.id_of('Popular'))$$);
select is(
  (select distinct inserted_at from realtime.messages where topic = 'post:' || tests.id_of('Popular')), now() at time zone 'UTC',
  'keeps the time in UTC, whatever the time zone of a request is'
);
set local timezone = 'UTC';
select tests.call_as('cleo', $$public.like_post(tests.id_of('Popular'))$$);
select pg_temp.sent();
insert into private.sent_counts values (tests.id_of('old'), now() - interval '1 hour'), (tests.id_of('new'), now());
select public.forget_expired();
select results_eq('select post_id from private.sent_counts', $$values (tests.id_of('new'))$$, 'forgets when the counts were last sent');

-- What was missed

select pg_temp.comment_as('ben', 'Seen') from (select tests.insert_post('ada', 'Post')) as again;
select tests.call_as('ben', format('public.update_comment(%L, %L)', pg_temp.id_of('Seen'), 'Changed'));
create function pg_temp.missed(name text, seconds integer) returns text[]
language plpgsql
as $$
declare
  v_lines text[];
begin
  perform tests.authenticate_as(name);
  select array_agg(concat_ws(' ', event, text) order by event) into v_lines
  from public.list_comment_events(tests.id_of('Post'), seconds) as missed
  join pg_temp.texts on texts.id = missed.id
  where text = 'Seen';
  perform tests.clear_authentication();
  return v_lines;
end
$$;
select is(pg_temp.missed('cleo', 60), array['comment_added Seen', 'comment_changed Seen'], 'lists what happened to the comments on a post');
update realtime.messages set inserted_at = inserted_at - interval '1 minute' where event = 'comment_added';
select is(pg_temp.missed('cleo', 30), array['comment_changed Seen'], 'lists the events of so many seconds');
update realtime.messages set inserted_at = inserted_at - interval '2 hours' where event = 'comment_changed';
select is(pg_temp.missed('cleo', 100000), array['comment_added Seen'], 'goes back no further than its limit');
select is(tests.refusal($$select tests.call_as('ben', 'public.list_comment_events(tests.id_of(''Private''), 60)')$$), 'PT404 post_not_found', 'lists no events of a post that the caller does not see');
select tests.clear_authentication();
insert into realtime.messages (topic, extension, event, private, payload, inserted_at)
select 'post:' || n, 'broadcast', 'comment_changed', true, jsonb_build_object('id', gen_random_uuid(), 'parent', null), localtimestamp - interval '50 min' * random() from generate_series(1, 2000) as n;
-- As with many messages: the planner would rather read them all than use an index.
set local random_page_cost = 1000;
discard plans;
create function pg_temp.messages_read() returns numeric
language sql
as $$select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_all_tables where schemaname = 'realtime'$$;
create temporary table reading as select count(*) as there, 0::numeric as before, 0 as found from realtime.messages where topic = 'post:' || tests.id_of('Post');
update reading set before = pg_temp.messages_read();
update reading set found = (select count(*) from private.read_comment_events(tests.id_of('Post'), 3600));
select ok(found > 0 and pg_temp.messages_read() - before <= there, 'reads no messages of other posts to list the events of one') from reading;
insert into realtime.messages (topic, extension, event, private, payload)
select 'post:' || tests.id_of('Post'), 'broadcast', 'comment_changed', true, jsonb_build_object('id', tests.id_of('Post')) from generate_series(1, 600);
update reading set before = pg_temp.messages_read();
update reading set found = (select count(*) from private.read_comment_events(tests.id_of('Post'), 1));
select is(array[found, pg_temp.messages_read() - before], array_fill((public.limits() ->> 'missed_events')::numeric, array[2]), 'reads no more of them than it answers') from reading;

-- Listening

create function pg_temp.hears(name text, topic text) returns boolean
language plpgsql
as $$
declare
  v_hears boolean;
begin
  -- As Realtime asks: it writes a row, and reads it as the user.
  insert into realtime.messages (topic, extension) values (hears.topic, 'broadcast');
  if name is null then perform tests.authenticate_as_nobody(); else perform tests.authenticate_as(name); end if;
  perform set_config('realtime.topic', hears.topic, true);
  select count(*) > 0 into v_hears from realtime.messages where messages.topic = hears.topic;
  perform tests.clear_authentication();
  return v_hears;
end
$$;
select ok(pg_temp.hears('ada', 'person:' || tests.id_of('ada')), 'a user listens to their own topic');
select ok(not pg_temp.hears('ben', 'person:' || tests.id_of('ada')), 'and to nobody else''s');
select ok(not pg_temp.hears('mia', 'person:' || tests.id_of('ada')), 'nor does a moderator');
select ok(pg_temp.hears('ben', 'post:' || tests.id_of('Post')), 'a user listens to a post that they see');
select is(
  array(select concat_ws(' ', name, post) from unnest(array['ada', 'ben', 'mia']) as name, unnest(array['Private', 'Hidden']) as post where pg_temp.hears(name, 'post:' || tests.id_of(post)) order by 1),
  array['ada Hidden', 'ada Private', 'mia Hidden', 'mia Private'],
  'and not to one that they do not see; its owner and moderators do'
);
select tests.call_as('ada', $$public.block_user(tests.id_of('ben')::text)$$);
select ok(not pg_temp.hears('ben', 'post:' || tests.id_of('Post')), 'a block ends it');
update public.profiles set is_public = false where id = tests.id_of('ada');
select ok(not pg_temp.hears('cleo', 'post:' || tests.id_of('Post')), 'a profile that becomes private ends it');
select ok(not pg_temp.hears(null, 'post:' || tests.id_of('Post')), 'nobody listens without signing in');
select is(
  array(
    select topic
    from unnest(array[
      'person:', 'person', 'post:', 'post', '', 'post:x', 'post:' || tests.id_of('Popular') || 'x', 'post:%', 'person:%', 'PERSON:' || tests.id_of('cleo'),
      'person:' || upper(tests.id_of('cleo')::text), 'room', repeat('post:', 10000), 'post:null', E'post:\n'
    ]) as topic
    where pg_temp.hears('cleo', topic)
  ),
  '{}', 'a topic that is none lets nobody in, and fails nowhere'
);
update auth.users set banned_until = now() + interval '1 hour' where id = tests.id_of('cleo');
select ok(not pg_temp.hears('cleo', 'person:' || tests.id_of('cleo')), 'a banned user hears nothing');
select ok(not pg_temp.hears('nobody', 'person:' || tests.id_of('nobody')), 'a deleted user hears nothing');

-- Realtime that fails, or is not there

create function pg_temp.fail(payload jsonb, event text, topic text, private boolean) returns void
language plpgsql
as $$begin raise exception 'Realtime fails'; end$$;
create function pg_temp.like_with(sender text) returns text
language plpgsql
as $$
begin
  execute replace(pg_get_functiondef('private.send_event(text, text, jsonb)'::regprocedure), 'realtime.send(', sender || '(');
  perform tests.call_as('mia', 'public.unlike_post(tests.id_of(''Popular''))');
  return tests.call_as('mia', 'public.like_post(tests.id_of(''Popular''))');
end
$$;
set local client_min_messages = error;
select is(pg_temp.like_with('realtime.send'), '3', 'a like works with Realtime');
select is(pg_temp.like_with('nowhere.send'), '3', 'and without it');
select is(pg_temp.like_with('private.send'), '3', 'and with a Realtime that lacks the function');
select is(pg_temp.like_with('pg_temp.fail'), '3', 'and with one that fails');
select is(
  tests.call_as('ada', $$public.mark_notifications_read((select max(newest::text)::uuid from public.notifications))$$), '0',
  'and so does reading'
);
select is(
  (select count(*)::integer from realtime.messages where topic not like 'person:%' and topic not like 'post:%' and private), 0,
  'nothing is sent to other topics'
);

select * from finish();
rollback;
