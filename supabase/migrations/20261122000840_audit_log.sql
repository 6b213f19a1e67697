-- Who used which power over whom. Written by triggers, so that no way of doing it, the dashboard included, is left out.

create type public.audit_action as enum (
  'role_changed', 'vip_changed', 'post_hidden', 'post_unhidden', 'rate_limit_changed', 'account_deleted'
);
comment on type public.audit_action is 'What was done with the rights of a moderator or an admin.';

create table public.audit_log (
  id uuid primary key default private.uuid_v7(),
  actor_id uuid references public.profiles (id) on delete set null,
  action public.audit_action not null,
  target_id uuid,
  details jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index audit_log_actor_id_idx on public.audit_log (actor_id);
-- What happened to one post or person, in order.
create index audit_log_target_id_id_idx on public.audit_log (target_id, id);

alter table public.audit_log enable row level security;
-- See 20261122000200: estimates would tell.
alter table public.audit_log alter column details set statistics 0;

-- No write is granted, to nobody: a log that its subjects can edit proves nothing.
grant select on public.audit_log to authenticated, service_role;

create policy select_admin on public.audit_log for select to authenticated
  using ((select private.has_role('admin')));

comment on table public.audit_log is 'What moderators, admins, the dashboard and the secret key did to others. Nobody can change it.';
comment on column public.audit_log.id is 'Sorts by time.';
comment on column public.audit_log.actor_id is
  'Who did it; null for the dashboard or the secret key, and once the person''s account is gone.';
comment on column public.audit_log.action is 'What was done.';
comment on column public.audit_log.target_id is 'The post or person it was done to; null for a rate limit. Kept when that one is gone.';
comment on column public.audit_log.details is 'What it was before and is now ("from", "to"), and the reason if one was given.';
comment on column public.audit_log.created_at is 'When.';

create function private.refuse_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- The one exception is the foreign key's: an actor whose account goes.
  if tg_op = 'UPDATE' then
    old.actor_id := null;
    if new is not distinct from old then
      return new;
    end if;
  end if;
  raise exception using errcode = '42501', message = format('%s is never changed.', tg_relid::regclass);
end
$$;
comment on function private.refuse_change() is 'Trigger: rows of the audit log stay as they were written.';

create trigger _100_refuse_change before update or delete on public.audit_log
  for each row execute function private.refuse_change();
create trigger _100_refuse_truncate before truncate on public.audit_log
  for each statement execute function private.refuse_change();

create function private.record_action(action public.audit_action, target_id uuid, details jsonb)
returns void
language sql
set search_path = ''
as $$
  insert into public.audit_log (actor_id, action, target_id, details)
  values (
    -- A token may outlive its user.
    (select profiles.id from public.profiles where profiles.id = auth.uid()),
    record_action.action, record_action.target_id, record_action.details
  )
$$;
comment on function private.record_action(public.audit_action, uuid, jsonb) is
  'Writes a line of the audit log. Granted to nobody: triggers with their owner''s rights call it.';

create function private.record_profile_change()
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
comment on function private.record_profile_change() is
  'Trigger: notes changes of role and badge. Security definer: the log is nobody''s to write.';

create function private.record_account_deletion()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Who leaves of his own will leaves no trace, unless he had power over others.
  if old.id is distinct from auth.uid() or old.role <> 'user' then
    -- Without the name: who asked to be forgotten is.
    perform private.record_action('account_deleted', old.id, jsonb_build_object('role', old.role));
  end if;
  return null;
end
$$;
comment on function private.record_account_deletion() is
  'Trigger: notes accounts that somebody else deleted, and those of moderators and admins. Security definer: the log is nobody''s to write.';

create function private.record_post_change()
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
comment on function private.record_post_change() is
  'Trigger: notes that a post was hidden or shown again, and why. Security definer: the log is nobody''s to write.';

create function private.record_rate_limit_change()
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
comment on function private.record_rate_limit_change() is
  'Trigger: notes changes of the rate limits. Security definer: the log is nobody''s to write.';

create trigger _400_record_change after update on public.profiles
  for each row
  when ((new.role, new.is_vip) is distinct from (old.role, old.is_vip))
  execute function private.record_profile_change();
create trigger _400_record_deletion after delete on public.profiles
  for each row execute function private.record_account_deletion();
create trigger _500_record_change after update on public.posts
  for each row
  when ((new.hidden_at is null) <> (old.hidden_at is null))
  execute function private.record_post_change();
create trigger _200_record_change after update on public.rate_limits
  for each row
  when ((new.max_count, new.per_seconds) is distinct from (old.max_count, old.per_seconds))
  execute function private.record_rate_limit_change();
