-- Moderation: hiding posts, and a log of the actions of moderators and admins.
--
-- The log is written by triggers, so that no way of doing it is left out, the dashboard included.

create type public.audit_action as enum (
  'role_changed', 'vip_changed', 'post_hidden', 'post_unhidden', 'rate_limit_changed', 'account_deleted'
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
comment on column public.audit_log.target_id is 'The post or user it was done to, also after that one is deleted; null for a rate limit.';
comment on column public.audit_log.details is 'The values before and after ("from", "to"), and the reason if one was given.';
comment on column public.audit_log.created_at is 'When.';

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

create function private.tg_posts__record_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.record_action(
    case when new.hidden_at is null then 'post_unhidden'::public.audit_action else 'post_hidden' end,
    new.id,
    jsonb_strip_nulls(jsonb_build_object('reason', nullif(current_setting('noctra.reason', true), '')))
  );
  return null;
end
$$;
comment on function private.tg_posts__record_change() is
  'Trigger: records that a post was hidden or shown again, and why. Security definer: the log is granted to nobody.';

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
  execute function private.tg_posts__record_change();
create trigger _400_record_change after update on public.rate_limits
  for each row
  when ((new.max_count, new.per_seconds) is distinct from (old.max_count, old.per_seconds))
  execute function private.tg_rate_limits__record_change();

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
  if char_length(hide_post.reason) > private.limit_of('reason_length') then
    perform private.raise_error(422, 'reason_invalid', 'A reason has at most {reason_length} characters.', 'reason');
  end if;
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
