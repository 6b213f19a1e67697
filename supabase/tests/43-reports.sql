-- Reports. Ada is reported by Ben and Cleo; Mia is a moderator, Zoe an admin. Who may call what is in the access matrices.
begin;
set local search_path = public, extensions;
select plan(49);

select tests.create_user('ada'), tests.create_user('ben'), tests.create_user('cleo'), tests.create_user('mia', 'moderator'), tests.create_user('zoe', 'admin');
select tests.insert_post('ada', 'Post'), tests.insert_post('ada', 'Private', false), tests.insert_post('ben', 'By Ben');
insert into public.comments (id, post_id, owner_id, text)
values
  (tests.id_of('Comment'), tests.id_of('Post'), tests.id_of('ada'), 'Comment'), (tests.id_of('Reply'), tests.id_of('Post'), tests.id_of('ben'), 'Reply'),
  (tests.id_of('Unseen'), tests.id_of('Private'), tests.id_of('ada'), 'Unseen');
insert into public.comments (id, post_id, parent_id, owner_id, text)
values (tests.id_of('Answer'), tests.id_of('Post'), tests.id_of('Reply'), tests.id_of('ada'), 'Answer');

create function pg_temp.reports(state public.report_state default null, before uuid default null, page_limit integer default 20) returns text[]
language sql
as $$
  select array(
    select concat_ws(' ', substr(reporter ->> 'username', 5), coalesce(preview, 'user'), 'by', substr(owner ->> 'username', 5), reason, reports.state)
    from public.list_reports(state, before, page_limit) as reports
  )
$$;
create function pg_temp.newest_report() returns uuid
language sql security definer
as $$select id from public.reports order by id desc limit 1$$;
grant execute on all functions in schema pg_temp to authenticated, service_role;

-- Reporting

select tests.authenticate_as('ben');
select is(tests.refusal(format('select public.create_report(%s)', arguments)), wanted, 'refuses a report ' || label)
from (
  values
    ($$'spam'$$, 'PT422 report_target_invalid', 'of nothing'),
    ($$'spam', tests.id_of('Post'), tests.id_of('Comment')$$, 'PT422 report_target_invalid', 'of two things'),
    ($$'spam', tests.id_of('Post'), person => 'tap_ada'$$, 'PT422 report_target_invalid', 'of a post and a user'),
    ($$null, tests.id_of('Post')$$, 'PT422 report_reason_invalid reason', 'without a reason'),
    ($$'poor taste', tests.id_of('Post')$$, '22P02', 'with an unknown reason'),
    ($$'spam', tests.id_of('Post'), text => repeat('x', 1001)$$, 'PT422 report_text_invalid text', 'with 1,001 characters'),
    ($$'spam', tests.id_of('none')$$, 'PT404 post_not_found', 'of a post that does not exist'),
    ($$'spam', tests.id_of('Private')$$, 'PT404 post_not_found', 'of a post that the user does not see'),
    ($$'spam', comment_id => tests.id_of('none')$$, 'PT404 comment_not_found', 'of a comment that does not exist'),
    ($$'spam', comment_id => tests.id_of('Unseen')$$, 'PT404 comment_not_found', 'of a comment that the user does not see'),
    ($$'spam', person => 'tap_nobody'$$, 'PT404 profile_not_found', 'of nobody'),
    ($$'spam', tests.id_of('By Ben')$$, 'PT422 not_yourself', 'of an own post'),
    ($$'spam', comment_id => tests.id_of('Reply')$$, 'PT422 not_yourself', 'of an own comment'),
    ($$'spam', person => 'me'$$, 'PT422 not_yourself', 'of the reporter')
) as refused (arguments, wanted, label);
select results_eq(
  $$select post, comment, person, reason::text, text, state, note, reporter, owner, preview, handled_by, updated_at from public.create_report('illegal', tests.id_of('Post'), text => 'Look') where id is not null$$,
  $$values (tests.id_of('Post'), null::uuid, null::uuid, 'illegal', 'Look', null::public.report_state, null::text, null::jsonb, null::jsonb, null::text, null::jsonb, null::timestamptz)$$,
  'takes a report of a post, and shows the reporter what they sent'
);
select is(
  (select (id, reason, text)::text from public.create_report('spam', tests.id_of('Post'), text => 'Again')),
  (select (pg_temp.newest_report(), 'illegal', 'Look')::text), 'a second report of the same post returns the first'
);
select is((public.create_report('harassment', comment_id => tests.id_of('Comment'))).comment, tests.id_of('Comment'), 'takes a report of a comment');
select is((public.create_report('other', person => '@tap_ada')).person, tests.id_of('ada'), 'takes a report of a user');
select is_empty('select from public.reports', 'the reporter does not see the report');
select is(tests.refusal('select public.list_reports()'), 'PT403 forbidden', 'the reporter does not see the queue');
select tests.authenticate_as('ada');
select is_empty('select from public.reports', 'the reported user does not see the report');
select is((public.create_report('spam', comment_id => tests.id_of('Reply'))).reason, 'spam', 'takes a report of the comment of another user');
select public.block_user('tap_cleo');
select tests.authenticate_as('cleo');
select is(tests.refusal($$select public.create_report('spam', tests.id_of('Post'))$$), 'PT404 post_not_found', 'a post of a blocked pair is not found');
select is((public.create_report('harassment', person => 'tap_ada')).person, tests.id_of('ada'), 'users may report users who block them');
select tests.clear_authentication();
select is((select count(*) from public.reports where reporter_id = tests.id_of('ben')), 3::bigint, 'has one report for each thing that a user reports');

-- The queue

select tests.authenticate_as('mia');
select is(
  pg_temp.reports(),
  array[
    'cleo user by ada harassment open', 'ada Reply by ben spam open', 'ben user by ada other open', 'ben Comment by ada harassment open',
    'ben Post by ada illegal open'
  ],
  'a moderator sees all reports, newest first'
);
select is(
  (select array_agg(reports.id order by place) from public.list_reports(newest_first => false) with ordinality as reports (id, post, comment, person, reason, text, created_at, state, note, reporter, owner, preview, handled_by, updated_at, place)),
  (select array_agg(id order by id) from public.list_reports()), 'or oldest first'
);
select is(pg_temp.reports(page_limit => 2), array['cleo user by ada harassment open', 'ada Reply by ben spam open'], 'a page has as many as asked for');
select is(
  pg_temp.reports(before => (select id from public.list_reports() offset 3 limit 1)), array['ben Post by ada illegal open'], 'the next page begins after the last one'
);
select is(
  (
    select (state, note, text, owner ->> 'username', reporter ->> 'username', handled_by ->> 'username')::text
    from public.update_report((select id from public.list_reports() offset 4), 'resolved', 'Hidden')
  ),
  '(resolved,Hidden,Look,tap_ada,tap_ben,tap_mia)', 'a moderator sets state and note'
);
select is(pg_temp.reports('resolved'), array['ben Post by ada illegal resolved'], 'lists the reports of a state');
select is(cardinality(pg_temp.reports('open')), 4, 'lists the reports that wait');
select is((public.update_report((select id from public.list_reports('resolved')), note => 'And told')).state, 'resolved', 'a note alone leaves the state');
select is((public.update_report((select id from public.list_reports('resolved')), 'dismissed')).note, 'And told', 'a state alone leaves the note');
select is(tests.refusal($$select public.update_report(tests.id_of('none'), 'resolved')$$), 'PT404 report_not_found', 'does not find a report that does not exist');
select is(
  tests.refusal($$select public.update_report(pg_temp.newest_report(), note => repeat('x', 1001))$$), 'PT422 report_note_invalid note', 'refuses a note of 1,001 characters'
);
select tests.authenticate_as('ben');
select isnt((public.create_report('spam', tests.id_of('Post'))).id, null, 'what was reported before can be reported again');
select tests.clear_authentication();
select is((select count(*) from public.reports where reporter_id = tests.id_of('ben') and post_id = tests.id_of('Post')), 2::bigint, 'a second report of what was handled is another report');
select tests.authenticate_as_service_role();
select is((public.update_report(pg_temp.newest_report(), 'resolved')).handled_by, null, 'the secret key is no moderator');
select tests.clear_authentication();
update public.reports set state = 'open' where id = pg_temp.newest_report();
select results_eq(
  $$
    select (select username::text from public.profiles where id = actor_id), details
    from public.audit_log where action = 'report_changed' and created_at = now() order by audit_log.id
  $$,
  $$
    values
      ('tap_mia', '{"from": {"state": "open", "note": ""}, "to": {"state": "resolved", "note": "Hidden"}}'::jsonb),
      ('tap_mia', '{"from": {"state": "resolved", "note": "Hidden"}, "to": {"state": "resolved", "note": "And told"}}'),
      ('tap_mia', '{"from": {"state": "resolved", "note": "And told"}, "to": {"state": "dismissed", "note": "And told"}}'),
      (null, '{"from": {"state": "open", "note": ""}, "to": {"state": "resolved", "note": ""}}'),
      (null, '{"from": {"state": "resolved", "note": ""}, "to": {"state": "open", "note": ""}}')
  $$,
  'the audit log has every change, the dashboard''s included'
);
select tests.authenticate_as('zoe');
select is(cardinality(pg_temp.reports()), 6, 'an admin sees the queue as well');

-- What is deleted

select tests.clear_authentication();
update public.comments set owner_id = null where id = tests.id_of('Reply');
select tests.authenticate_as('mia');
select is((pg_temp.reports())[3], 'ada Reply by ben spam open', 'a report of a deleted comment keeps its author and its text');
select is((select comment from public.list_reports() offset 2 limit 1), tests.id_of('Reply'), 'while the comment is a tombstone it is named');
select is(tests.refusal($$select public.create_report('spam', comment_id => tests.id_of('Reply'))$$), 'PT404 comment_not_found', 'a deleted comment cannot be reported');
select tests.clear_authentication();
-- One after the other, because the reports are of this transaction: PostgreSQL then checks all their references at each step.
delete from public.comments;
delete from public.posts where owner_id = tests.id_of('ada');
select tests.authenticate_as('mia');
select is(
  pg_temp.reports(),
  array[
    'ben Post by ada spam open', 'cleo user by ada harassment open', 'ada Reply by ben spam open', 'ben user by ada other open',
    'ben Comment by ada harassment open', 'ben Post by ada illegal dismissed'
  ],
  'reports of deleted posts and comments keep their owners and their texts'
);
select tests.clear_authentication();
delete from auth.users where id in (tests.id_of('ada'), tests.id_of('cleo'));
select tests.authenticate_as('mia');
select is(
  (select array_agg(concat_ws(' ', substr(reporter ->> 'username', 5), coalesce(post, comment, person)::text, reason) order by id desc) from public.list_reports()),
  array['ben spam', 'harassment', 'spam', 'ben other', 'ben harassment', 'ben illegal'], 'reports outlive the accounts of those who are reported and who report'
);
select is(
  (select array_agg(concat_ws(' ', substr(owner ->> 'username', 5), preview) order by id desc) from public.list_reports()),
  array['', '', 'ben Reply', '', '', ''], 'reports forget what deleted accounts wrote'
);
select tests.clear_authentication();
delete from auth.users where id = tests.id_of('mia');
select is((select count(*) from public.reports where handled_by is not null), 0::bigint, 'reports outlive the account of the moderator who worked on them');
select tests.authenticate_as('ben');
select is(
  (
    select string_agg(distinct tests.refusal(format('select public.create_report(''spam'', person => %L)', name)), ', ')
    from generate_series(1, 31), (values ('tap_zoe')) as reported (name)
  ),
  'PGRST {"status" : 429, "headers" : {"Retry-After" : "3600"}}, not refused', 'repeated reports count towards the rate limit'
);

select * from finish();
rollback;
