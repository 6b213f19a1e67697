-- Moderation: hiding posts and comments, reports of users, and a log of the actions of moderators and admins.
--
-- The log is written by triggers, so that no way of doing it is left out, the dashboard included. Reports are for
-- moderators alone: who reports learns that the report was taken, and the user who is reported learns nothing.

create type public.audit_action as enum (
  'role_changed', 'vip_changed', 'post_hidden', 'post_unhidden', 'comment_hidden', 'comment_unhidden', 'comment_deleted',
  'rate_limit_changed', 'account_deleted', 'report_changed'
);
comment on type public.audit_action is 'An action with the rights of a moderator or an admin.';

create table public.audit_log (
  id uuid primary key default private.uuid_v7(),
  actor_id uuid references public.profiles (id) on delete set null,
  action public.audit_action not null,
  target_id uuid,
  details jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index audit_log_actor_id_idx on public.audit_log (actor_id);
-- The actions on one post or user, in order.
create index audit_log_target_id_id_idx on public.audit_log (target_id, id);

alter table public.audit_log enable row level security;

-- No write for anybody: users whom a log is about must not edit it.
grant select on public.audit_log to authenticated, service_role;

create policy select_admin on public.audit_log for select to authenticated
  using ((select private.has_role('admin')));

comment on table public.audit_log is 'The actions of moderators, admins, the dashboard and the secret key. Nobody can change it.';
comment on column public.audit_log.id is 'Sorts by time.';
comment on column public.audit_log.actor_id is
  'The user who did it; null for the dashboard or the secret key, and once the user''s account is deleted.';
comment on column public.audit_log.action is 'The action.';
comment on column public.audit_log.target_id is 'The post, comment, user or report it was done to, also after that one is deleted; null for a rate limit.';
comment on column public.audit_log.details is 'The values before and after ("from", "to"), and the reason if one was given.';
comment on column public.audit_log.created_at is 'When it was done.';

create function private.tg_audit_log__refuse_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- The one exception is the foreign key, when the actor's account is deleted.
  if tg_op = 'UPDATE' then
    old.actor_id := null;
    if new is not distinct from old then
      return new;
    end if;
  end if;
  raise exception using errcode = '42501', message = format('%s is never changed.', tg_relid::regclass);
end
$$;
comment on function private.tg_audit_log__refuse_change() is 'Trigger: rows of the audit log stay as they were written.';

create trigger _100_refuse_change before update or delete on public.audit_log
  for each row execute function private.tg_audit_log__refuse_change();
create trigger _100_refuse_truncate before truncate on public.audit_log
  for each statement execute function private.tg_audit_log__refuse_change();

create function private.record_action(action public.audit_action, target_id uuid, details jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into public.audit_log (actor_id, action, target_id, details)
  values (
    -- A token may outlive its user.
    (select profiles.id from public.profiles where profiles.id = auth.uid()),
    record_action.action, record_action.target_id, record_action.details
  );
end
$$;
comment on function private.record_action(public.audit_action, uuid, jsonb) is
  'Writes a line of the audit log. Not granted: SECURITY DEFINER trigger functions call it.';

create function private.tg_profiles__record_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.role <> old.role then
    perform private.record_action('role_changed', new.id, jsonb_build_object('from', old.role, 'to', new.role));
  end if;
  if new.is_vip <> old.is_vip then
    perform private.record_action('vip_changed', new.id, jsonb_build_object('from', old.is_vip, 'to', new.is_vip));
  end if;
  return null;
end
$$;
comment on function private.tg_profiles__record_change() is
  'Trigger: records changes of role and badge. Security definer: the log is granted to nobody.';

create function private.tg_profiles__record_deletion()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Users who delete their own account are not recorded, except moderators and admins.
  if old.id is distinct from auth.uid() or old.role <> 'user' then
    -- Without the name, which is forgotten with the account.
    perform private.record_action('account_deleted', old.id, jsonb_build_object('role', old.role));
  end if;
  return null;
end
$$;
comment on function private.tg_profiles__record_deletion() is
  'Trigger: records accounts that somebody else deleted, and those of moderators and admins. Security definer: the log is granted to nobody.';

create function private.tg__record_hiding()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.record_action(
    (tg_argv[0] || case when new.hidden_at is null then '_unhidden' else '_hidden' end)::public.audit_action,
    new.id,
    jsonb_strip_nulls(jsonb_build_object('reason', nullif(current_setting('noctra.reason', true), '')))
  );
  return null;
end
$$;
comment on function private.tg__record_hiding() is
  'Trigger: records that a post or a comment (its argument) was hidden or shown again, and why. Security definer: the log is granted to nobody.';

create function private.tg_comments__record_deletion()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Authors, owners of posts, and accounts that are deleted with their comments are not recorded.
  if old.owner_id is distinct from auth.uid()
    and auth.uid() is distinct from (select posts.owner_id from public.posts where posts.id = new.post_id)
    and exists (select from public.profiles where profiles.id = old.owner_id)
  then
    perform private.record_action('comment_deleted', new.id, jsonb_build_object('owner', old.owner_id, 'post', new.post_id));
  end if;
  return null;
end
$$;
comment on function private.tg_comments__record_deletion() is
  'Trigger: records comments that a moderator, the dashboard or the secret key deleted. Security definer: the log is granted to nobody.';

create function private.tg_rate_limits__record_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.record_action('rate_limit_changed', null, jsonb_build_object(
    'action', new.action,
    'from', jsonb_build_object('max_count', old.max_count, 'per_seconds', old.per_seconds),
    'to', jsonb_build_object('max_count', new.max_count, 'per_seconds', new.per_seconds)
  ));
  return null;
end
$$;
comment on function private.tg_rate_limits__record_change() is
  'Trigger: records changes of the rate limits. Security definer: the log is granted to nobody.';

create trigger _400_record_change after update of role, is_vip on public.profiles
  for each row
  when ((new.role, new.is_vip) is distinct from (old.role, old.is_vip))
  execute function private.tg_profiles__record_change();
create trigger _400_record_deletion after delete on public.profiles
  for each row execute function private.tg_profiles__record_deletion();
create trigger _500_record_change after update of hidden_at on public.posts
  for each row
  when ((new.hidden_at is null) <> (old.hidden_at is null))
  execute function private.tg__record_hiding('post');
create trigger _500_record_deletion after update of owner_id on public.comments
  for each row
  when (old.owner_id is not null and new.owner_id is null)
  execute function private.tg_comments__record_deletion();
-- Not for the replies that are hidden with their comment.
create trigger _600_record_change after update of hidden_at on public.comments
  for each row
  when ((new.hidden_at is null) <> (old.hidden_at is null) and pg_trigger_depth() = 0)
  execute function private.tg__record_hiding('comment');
create trigger _400_record_change after update on public.rate_limits
  for each row
  when ((new.max_count, new.per_seconds) is distinct from (old.max_count, old.per_seconds))
  execute function private.tg_rate_limits__record_change();

create function private.check_reason(reason text)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  if char_length(check_reason.reason) > private.limit_of('reason_length') then
    perform private.raise_error(422, 'reason_invalid', 'A reason has at most {reason_length} characters.', 'reason');
  end if;
end
$$;
comment on function private.check_reason(text) is
  'Refuses a reason that is too long. Not granted: SECURITY DEFINER functions call it.';

create function public.hide_post(post_id uuid, hidden boolean default true, reason text default null)
returns public.posts
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_post public.posts;
begin
  perform private.require_role('moderator');
  perform private.check_reason(hide_post.reason);
  -- The profile before the post, as wherever visibility changes.
  perform
  from public.profiles
  where profiles.id = (select posts.owner_id from public.posts where posts.id = hide_post.post_id)
  for share;
  -- For the trigger that writes the log, and for this statement only.
  perform set_config('noctra.reason', coalesce(hide_post.reason, ''), true);
  -- Hiding a hidden post again changes nothing.
  update public.posts
  set hidden_at = case when hide_post.hidden then coalesce(posts.hidden_at, now()) end
  where posts.id = hide_post.post_id
  returning * into v_post;
  perform set_config('noctra.reason', '', true);
  if v_post.id is null then
    perform private.raise_error(404, 'post_not_found', 'There is no such post.');
  end if;
  return v_post;
end
$$;
comment on function public.hide_post(uuid, boolean, text) is
  'Hides a post from everybody but its owner and moderators, or (hidden: false) shows it again. For moderators and admins. The reason goes into the audit log. Security definer: posts are granted to nobody for writing. The caller''s role is checked here.';
grant execute on function public.hide_post(uuid, boolean, text) to authenticated, service_role;

create function public.hide_comment(comment_id uuid, hidden boolean default true, reason text default null)
returns public.comment_view
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_comment public.comment_view;
begin
  perform private.require_role('moderator');
  perform private.check_reason(hide_comment.reason);
  -- The post before the comment, which a deletion of the post takes along.
  perform
  from public.posts
  where posts.id = (select comments.post_id from public.comments where comments.id = hide_comment.comment_id)
  for key share;
  -- For the trigger that writes the log, and for this statement only.
  perform set_config('noctra.reason', coalesce(hide_comment.reason, ''), true);
  perform
  from public.comments
  where comments.id = (select reply.parent_id from public.comments as reply where reply.id = hide_comment.comment_id)
  for share;
  -- Hiding a hidden comment again changes nothing. Below a hidden comment, a reply stays hidden.
  update public.comments
  set hidden_at = case
    when hide_comment.hidden then coalesce(comments.hidden_at, now())
    else (select parent.hidden_at from public.comments as parent where parent.id = comments.parent_id)
  end
  where comments.id = hide_comment.comment_id and comments.owner_id is not null;
  if not found then
    perform private.raise_error(404, 'comment_not_found', 'There is no such comment.');
  end if;
  perform set_config('noctra.reason', '', true);
  select * into v_comment from private.compose_comments(array[hide_comment.comment_id]);
  return v_comment;
end
$$;
comment on function public.hide_comment(uuid, boolean, text) is
  'Hides a comment with its replies from everybody but their authors and moderators, or (hidden: false) shows it again. For moderators and admins. The reason goes into the audit log. Security definer: comments are granted to nobody for writing. The caller''s role is checked here.';
grant execute on function public.hide_comment(uuid, boolean, text) to authenticated, service_role;

-- Reports

create type public.report_reason as enum ('spam', 'harassment', 'violence', 'sexual', 'illegal', 'other');
comment on type public.report_reason is 'Why a post, a comment or a user is reported.';

create type public.report_state as enum ('open', 'resolved', 'dismissed');
comment on type public.report_state is
  'What became of a report: open waits for a moderator, resolved led to something, dismissed did not.';

create table public.reports (
  id uuid primary key default private.uuid_v7(),
  reporter_id uuid references public.profiles (id) on delete set null,
  post_id uuid references public.posts (id) on delete set null,
  comment_id uuid references public.comments (id) on delete set null,
  profile_id uuid references public.profiles (id) on delete set null,
  owner_id uuid references public.profiles (id) on delete set null,
  preview text,
  reason public.report_reason not null,
  text text not null default '',
  state public.report_state not null default 'open',
  note text not null default '',
  handled_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- None once it is deleted.
  constraint reports_target_check check (num_nonnulls(post_id, comment_id, profile_id) <= 1),
  constraint reports_text_check check (char_length(text) <= private.limit_of('report_length')),
  constraint reports_note_check check (char_length(note) <= private.limit_of('report_length'))
);
-- The queue: the reports of a state, newest first.
create index reports_state_id_idx on public.reports (state, id);
create index reports_reporter_id_idx on public.reports (reporter_id);
create index reports_post_id_idx on public.reports (post_id) where post_id is not null;
create index reports_comment_id_idx on public.reports (comment_id) where comment_id is not null;
create index reports_profile_id_idx on public.reports (profile_id) where profile_id is not null;
create index reports_owner_id_idx on public.reports (owner_id) where owner_id is not null;
create index reports_handled_by_idx on public.reports (handled_by) where handled_by is not null;

alter table public.reports enable row level security;

grant select on public.reports to authenticated;
grant select, delete, update (state, note, handled_by) on public.reports to service_role;

create policy select_moderator on public.reports for select to authenticated
  using ((select private.has_role('moderator')));

comment on table public.reports is
  'The posts, comments and users that users report. For moderators: neither who reports nor who is reported sees a report. Work on those whose state is open, and set state and note.';
comment on column public.reports.id is 'Sorts by time: the order of the queue, and its cursor.';
comment on column public.reports.reporter_id is 'The user who reports; null once their account is deleted.';
comment on column public.reports.post_id is 'The post that is reported; null if it is another thing, or deleted.';
comment on column public.reports.comment_id is 'The comment that is reported; null if it is another thing, or deleted.';
comment on column public.reports.profile_id is 'The user who is reported; null if it is another thing, or deleted.';
comment on column public.reports.owner_id is
  'The user who is reported, or whose post or comment is; also once that is deleted. Null once the account is deleted.';
comment on column public.reports.preview is
  'The first 100 characters of the post or comment as it was reported, also once that is deleted. Null for a user, and once the author''s account is deleted.';
comment on column public.reports.reason is 'Why it is reported.';
comment on column public.reports.text is 'What the reporter says about it; may be empty.';
comment on column public.reports.state is 'Whether it waits for a moderator, or what became of it.';
comment on column public.reports.note is 'What moderators say about it; may be empty.';
comment on column public.reports.handled_by is
  'The moderator who last changed it; null if none did, or it was the dashboard or the secret key, and once the account is deleted.';
comment on column public.reports.created_at is 'When it was reported.';
comment on column public.reports.updated_at is 'When state or note last changed.';

create trigger _200_touch_updated_at before update of state, note on public.reports
  for each row
  when ((new.state, new.note) is distinct from (old.state, old.note))
  execute function private.tg__touch_updated_at();

create function private.tg_reports__clear_preview()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.preview := null;
  return new;
end
$$;
comment on function private.tg_reports__clear_preview() is 'Trigger: a deleted account takes along what it wrote.';

create trigger _100_clear_preview before update of owner_id on public.reports
  for each row
  when (new.owner_id is null)
  execute function private.tg_reports__clear_preview();

create function private.tg_reports__record_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.record_action('report_changed', new.id, jsonb_build_object(
    'from', jsonb_build_object('state', old.state, 'note', old.note),
    'to', jsonb_build_object('state', new.state, 'note', new.note)
  ));
  return null;
end
$$;
comment on function private.tg_reports__record_change() is
  'Trigger: records changes of reports. Security definer: the log is granted to nobody.';

create trigger _400_record_change after update of state, note on public.reports
  for each row
  when ((new.state, new.note) is distinct from (old.state, old.note))
  execute function private.tg_reports__record_change();

create type public.report_view as (
  id uuid,
  post uuid,
  comment uuid,
  person uuid,
  reason public.report_reason,
  text text,
  created_at timestamptz,
  state public.report_state,
  note text,
  reporter jsonb,
  owner jsonb,
  preview text,
  handled_by jsonb,
  updated_at timestamptz
);
comment on type public.report_view is 'A report as clients show it. What follows created_at is for moderators, and null for the reporter.';
comment on column public.report_view.id is 'As reports.id.';
comment on column public.report_view.post is 'As reports.post_id.';
comment on column public.report_view.comment is 'As reports.comment_id.';
comment on column public.report_view.person is 'As reports.profile_id.';
comment on column public.report_view.reason is 'As reports.reason.';
comment on column public.report_view.text is 'As reports.text.';
comment on column public.report_view.created_at is 'As reports.created_at.';
comment on column public.report_view.state is 'As reports.state.';
comment on column public.report_view.note is 'As reports.note.';
comment on column public.report_view.reporter is 'The user who reports: {id, username, profile_pic_url, is_vip}; null once deleted.';
comment on column public.report_view.owner is
  'As reports.owner_id: {id, username, profile_pic_url, is_vip}; null once deleted.';
comment on column public.report_view.preview is 'As reports.preview.';
comment on column public.report_view.handled_by is 'The moderator who last changed it: {id, username, profile_pic_url, is_vip}.';
comment on column public.report_view.updated_at is 'As reports.updated_at.';

create function private.insert_report(
  reason public.report_reason, post_id uuid, comment_id uuid, profile_id uuid, text text
)
returns public.report_view
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_report public.reports;
  v_view public.report_view;
  v_owner_id constant uuid := coalesce(
    insert_report.profile_id,
    (select posts.owner_id from public.posts where posts.id = insert_report.post_id),
    (select comments.owner_id from public.comments where comments.id = insert_report.comment_id)
  );
  v_preview text;
begin
  perform private.lock_writer();
  -- Also locks the caller's counter: of two reports at the same time, the second finds the first.
  perform private.count_action('report', auth.uid()::text);
  -- Locked, or a deletion at the same time would end this in an error of the foreign key. The owner before the post or
  -- comment, which the deletion of an account takes along.
  perform from public.profiles where profiles.id = v_owner_id for key share;
  if insert_report.post_id is not null then
    select private.preview(posts.caption) into v_preview
    from public.posts where posts.id = insert_report.post_id
    for key share;
    if not found then
      perform private.raise_error(404, 'post_not_found', 'There is no such post.');
    end if;
  elsif insert_report.comment_id is not null then
    select private.preview(comments.text) into v_preview
    from public.comments where comments.id = insert_report.comment_id and comments.owner_id is not null
    for key share;
    if not found then
      perform private.raise_error(404, 'comment_not_found', 'There is no such comment.');
    end if;
  elsif not found then
    perform private.raise_error(404, 'profile_not_found', 'There is no such user.');
  end if;
  select * into v_report
  from public.reports
  where reports.reporter_id = auth.uid()
    and reports.state = 'open'
    and (reports.post_id = insert_report.post_id
      or reports.comment_id = insert_report.comment_id
      or reports.profile_id = insert_report.profile_id)
  order by reports.id
  limit 1;
  if not found then
    insert into public.reports (reporter_id, post_id, comment_id, profile_id, owner_id, preview, reason, text)
    values (
      auth.uid(), insert_report.post_id, insert_report.comment_id, insert_report.profile_id, v_owner_id, v_preview,
      insert_report.reason, insert_report.text
    )
    returning * into v_report;
  end if;
  v_view.id := v_report.id;
  v_view.post := v_report.post_id;
  v_view.comment := v_report.comment_id;
  v_view.person := v_report.profile_id;
  v_view.reason := v_report.reason;
  v_view.text := v_report.text;
  v_view.created_at := v_report.created_at;
  return v_view;
end
$$;
comment on function private.insert_report(public.report_reason, uuid, uuid, uuid, text) is
  'Writes a report of the caller''s, unless one of the same thing is open, and returns it. Whether the caller sees what is reported is asked by create_report. Security definer: reports are granted to nobody for writing. It writes in the caller''s name only.';
grant execute on function private.insert_report(public.report_reason, uuid, uuid, uuid, text) to authenticated;

create function public.create_report(
  reason public.report_reason,
  post_id uuid default null,
  comment_id uuid default null,
  person text default null,
  text text default null
)
returns public.report_view
language plpgsql
-- Invoker: row-level security decides which posts and comments the caller may report.
set search_path = ''
as $$
declare
  v_owner_id uuid;
begin
  if num_nonnulls(create_report.post_id, create_report.comment_id, create_report.person) <> 1 then
    perform private.raise_error(422, 'report_target_invalid', 'A report is about one post, one comment or one user.');
  elsif create_report.reason is null then
    perform private.raise_error(422, 'report_reason_invalid', 'A report has a reason.', 'reason');
  elsif char_length(create_report.text) > private.limit_of('report_length') then
    perform private.raise_error(
      422, 'report_text_invalid', 'The text of a report has at most {report_length} characters.', 'text'
    );
  end if;
  if create_report.post_id is not null then
    select posts.owner_id into v_owner_id from public.posts where posts.id = create_report.post_id;
    if not found then
      perform private.raise_error(404, 'post_not_found', 'There is no such post.');
    end if;
  elsif create_report.comment_id is not null then
    select comments.owner_id into v_owner_id
    from public.comments
    -- What is deleted has nothing to report.
    where comments.id = create_report.comment_id and comments.owner_id is not null;
    if not found then
      perform private.raise_error(404, 'comment_not_found', 'There is no such comment.');
    end if;
  else
    v_owner_id := private.require_profile(create_report.person);
  end if;
  if v_owner_id = auth.uid() then
    perform private.raise_error(422, 'not_yourself', 'Users cannot follow, block, mute or report themselves.');
  end if;
  return private.insert_report(
    create_report.reason,
    create_report.post_id,
    create_report.comment_id,
    case when create_report.person is not null then v_owner_id end,
    coalesce(create_report.text, '')
  );
end
$$;
comment on function public.create_report(public.report_reason, uuid, uuid, text, text) is
  'Reports a post, a comment or a user (an id or a user name) to the moderators: exactly one of them, which the caller sees and which is not the caller''s. As long as a report of the same thing is open, it is returned, and none is written. The fields for moderators are null.';
grant execute on function public.create_report(public.report_reason, uuid, uuid, text, text) to authenticated;

create function private.summary_of(profile_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select private.profile_summary(profiles) from public.profiles where profiles.id = summary_of.profile_id
  );
end
$$;
comment on function private.summary_of(uuid) is 'As profile_summary, of the user with an id; null for nobody.';

create function private.compose_reports(ids uuid[])
returns setof public.report_view
language plpgsql
stable
rows 20
set search_path = ''
as $$
begin
  return query
  select
    reports.id,
    reports.post_id,
    reports.comment_id,
    reports.profile_id,
    reports.reason,
    reports.text,
    reports.created_at,
    reports.state,
    reports.note,
    private.summary_of(reports.reporter_id),
    private.summary_of(reports.owner_id),
    reports.preview,
    private.summary_of(reports.handled_by),
    reports.updated_at
  from unnest(compose_reports.ids) with ordinality as page (id, place)
  join public.reports on reports.id = page.id
  order by page.place;
end
$$;
comment on function private.compose_reports(uuid[]) is
  'Reports as moderators see them, in the order of the ids. Not granted: SECURITY DEFINER functions call it.';

create function public.list_reports(
  state public.report_state default null, before uuid default null, page_limit integer default 20,
  newest_first boolean default true
)
returns setof public.report_view
language plpgsql
stable
security definer
rows 20
set search_path = ''
as $$
declare
  v_before constant uuid := coalesce(list_reports.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_after constant uuid := coalesce(list_reports.before, '00000000-0000-0000-0000-000000000000');
  v_limit constant integer := private.page_size(list_reports.page_limit);
  v_ids uuid[];
begin
  perform private.require_role('moderator');
  -- One query for each order and filter: each reads a page from an index.
  if list_reports.newest_first and list_reports.state is null then
    v_ids := array(
      select reports.id from public.reports where reports.id < v_before order by reports.id desc limit v_limit
    );
  elsif list_reports.newest_first then
    v_ids := array(
      select reports.id
      from public.reports
      where reports.state = list_reports.state and reports.id < v_before
      order by reports.id desc
      limit v_limit
    );
  elsif list_reports.state is null then
    v_ids := array(select reports.id from public.reports where reports.id > v_after order by reports.id limit v_limit);
  else
    v_ids := array(
      select reports.id
      from public.reports
      where reports.state = list_reports.state and reports.id > v_after
      order by reports.id
      limit v_limit
    );
  end if;
  return query select * from private.compose_reports(v_ids);
end
$$;
comment on function public.list_reports(public.report_state, uuid, integer, boolean) is
  'A page of the reports, newest first unless newest_first is false; state: only those in it. before: the id that the last page ended with, in either order. page_limit: as in list_posts. For moderators and admins. Security definer: one check of the role, and not one for each table. The caller''s role is checked here.';
grant execute on function public.list_reports(public.report_state, uuid, integer, boolean) to authenticated, service_role;

create function public.update_report(report_id uuid, state public.report_state default null, note text default null)
returns public.report_view
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_report public.report_view;
begin
  perform private.require_role('moderator');
  if char_length(update_report.note) > private.limit_of('report_length') then
    perform private.raise_error(
      422, 'report_note_invalid', 'The note of a report has at most {report_length} characters.', 'note'
    );
  end if;
  update public.reports
  set state = coalesce(update_report.state, reports.state),
    note = coalesce(update_report.note, reports.note),
    -- The secret key is no user.
    handled_by = (select profiles.id from public.profiles where profiles.id = auth.uid())
  where reports.id = update_report.report_id;
  if not found then
    perform private.raise_error(404, 'report_not_found', 'There is no such report.');
  end if;
  select * into v_report from private.compose_reports(array[update_report.report_id]);
  return v_report;
end
$$;
comment on function public.update_report(uuid, public.report_state, text) is
  'Sets state and note of a report; null leaves them as they are. For moderators and admins. The audit log records it. Security definer: reports are granted to nobody for writing. The caller''s role is checked here.';
grant execute on function public.update_report(uuid, public.report_state, text) to authenticated, service_role;
