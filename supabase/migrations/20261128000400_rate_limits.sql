-- Rate limits: how often each action may happen.
--
-- Counted in the database, so that a limit holds for every client and on any number of instances. The functions that
-- do the work count it; there is no other way to do that work.

create type public.rate_limited_action as enum (
  'create_post', 'update_post', 'rename', 'follow', 'react', 'comment', 'report', 'search', 'export',
  'sign_in_account', 'sign_in_address', 'register_address'
);
comment on type public.rate_limited_action is
  'The counted actions: new posts, edits, changes of the user name, follows (with blocks and mutes), reactions (likes and saves), comments, reports, searches and exports per user, sign-ins per account and per network address, registrations per network address.';

create table public.rate_limits (
  action public.rate_limited_action primary key,
  max_count integer not null,
  per_seconds integer not null,
  updated_at timestamptz not null default now(),
  constraint rate_limits_max_count_check check (max_count >= 0),
  -- At most a week: a longer wait is a ban, and bans belong to Auth.
  constraint rate_limits_per_seconds_check check (per_seconds between 1 and 604800)
);

alter table public.rate_limits enable row level security;

-- No insert and no delete: there is always one row for each action.
grant select on public.rate_limits to authenticated;
grant update (max_count, per_seconds) on public.rate_limits to authenticated;
grant select, update on public.rate_limits to service_role;

create policy select_admin on public.rate_limits for select to authenticated
  using ((select private.has_role('admin')));
create policy update_admin on public.rate_limits for update to authenticated
  using ((select private.has_role('admin')))
  with check ((select private.has_role('admin')));

comment on table public.rate_limits is 'How often each action may happen. Admins change the numbers; they apply from the next request on.';
comment on column public.rate_limits.action is 'The counted action.';
comment on column public.rate_limits.max_count is 'How often it may happen in the time; 0 stops it altogether.';
comment on column public.rate_limits.per_seconds is 'The time, in seconds, from the first time on.';
comment on column public.rate_limits.updated_at is 'When the numbers last changed.';

create trigger _200_touch_updated_at before update on public.rate_limits
  for each row
  when (new is distinct from old)
  execute function private.tg__touch_updated_at();

insert into public.rate_limits (action, max_count, per_seconds)
values
  -- Far more than a user does by hand, and far less than a script could. By the hour: 120 a minute would be 170,000 a day,
  -- and who lists or searches posts reads past those of one user that they do not see.
  ('create_post', 600, 3600),
  ('update_post', 600, 3600),
  -- Each name that is given up is held for a month.
  ('rename', 10, 86400),
  ('follow', 200, 3600),
  ('react', 600, 600),
  ('comment', 600, 3600),
  ('report', 30, 3600),
  -- A suggestion for each character that is typed.
  ('search', 300, 60),
  -- An export reads everything.
  ('export', 5, 86400),
  -- Ten attempts in 15 minutes cover a forgotten password, and 40 an hour are too few to guess one.
  ('sign_in_account', 10, 900),
  -- Every sign-in counts, and a school or a company has one address.
  ('sign_in_address', 300, 900),
  ('register_address', 100, 3600);

create table private.rate_counters (
  action public.rate_limited_action not null,
  subject text not null,
  started_at timestamptz not null,
  count integer not null,
  primary key (action, subject)
);
comment on table private.rate_counters is 'The counts. The sweep removes counters whose time is over.';
comment on column private.rate_counters.action is 'The counted action.';
comment on column private.rate_counters.subject is 'A user''s id, a network address, or the hash of a name that was typed at sign-in.';
comment on column private.rate_counters.started_at is 'When the first of them happened.';
comment on column private.rate_counters.count is 'How many since.';

create function private.raise_rate_limited(retry_after integer)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- PostgREST's form for an answer with headers. The sentence repeats the header for libraries that hide headers.
  raise sqlstate 'PGRST' using
    message = json_build_object(
      'code', 'PT429',
      'message', format('Too many requests: try again in %s seconds.', retry_after),
      'details', null,
      'hint', 'rate_limited'
    ),
    detail = json_build_object('status', 429, 'headers', json_build_object('Retry-After', retry_after::text));
end
$$;
comment on function private.raise_rate_limited(integer) is
  'Ends the request with 429, the code rate_limited and the header Retry-After (seconds).';

create function private.count_action(action public.rate_limited_action, subject text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_limit public.rate_limits;
  v_counter private.rate_counters;
  v_since timestamptz;
begin
  select * into strict v_limit from public.rate_limits where rate_limits.action = count_action.action;
  v_since := now() - make_interval(secs => v_limit.per_seconds);
  -- The row stays locked until the transaction ends, so that requests at the same time are counted one by one.
  insert into private.rate_counters as counter (action, subject, started_at, count)
  values (count_action.action, count_action.subject, now(), 1)
  on conflict on constraint rate_counters_pkey do update
  set started_at = case when counter.started_at > v_since then counter.started_at else excluded.started_at end,
    count = case when counter.started_at > v_since then counter.count + 1 else 1 end
  returning * into v_counter;
  -- The error rolls the count back: waiting is enough, however often the client tries meanwhile.
  if v_counter.count > v_limit.max_count then
    perform private.raise_rate_limited(greatest(
      ceil(extract(epoch from v_counter.started_at - now()) + v_limit.per_seconds)::integer, 1
    ));
  end if;
end
$$;
comment on function private.count_action(public.rate_limited_action, text) is
  'Counts an action once, and refuses it when it happened too often. Not granted: SECURITY DEFINER functions call it.';

create function private.address_subject(address inet)
returns text
language sql
immutable
set search_path = ''
as $$
  -- The owner of one IPv6 address has the 64 bits behind it as well.
  select case when family(address) = 6 then host(network(set_masklen(address, 64))) else host(address) end
$$;
comment on function private.address_subject(inet) is 'How a network address is counted: itself, or its IPv6 network.';
