-- Housekeeping: periodic jobs.
--
-- The edge function's /sweep/ calls these functions with the secret key, removes objects through the Storage API,
-- because SQL must not delete them, and reports the removed ones. One file that cannot be removed does not block the
-- others: each attempt doubles the time until the next one.
--
-- Each job is a function of its own, so that no failure of one stops another, and each call works on a bounded number of
-- rows, so that it ends within the time limit of a statement however much has piled up.

create function public.forget_expired()
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_ids uuid[];
  v_number integer;
  v_is_more boolean := false;
begin
  -- A client that repeats a request does so within minutes; a day covers a phone that was off. Locked rows are in use,
  -- and wait for the next sweep.
  with expired as materialized (
    select idempotency_keys.owner_id, idempotency_keys.key
    from private.idempotency_keys
    where idempotency_keys.created_at < now() - interval '1 day'
    order by idempotency_keys.created_at
    limit 10000
    for update skip locked
  )
  delete from private.idempotency_keys
  using expired
  where idempotency_keys.owner_id = expired.owner_id and idempotency_keys.key = expired.key;
  get diagnostics v_number = row_count;
  v_is_more := v_is_more or v_number = 10000;
  with expired as materialized (
    select rate_counters.action, rate_counters.subject
    from private.rate_counters
    join public.rate_limits on rate_limits.action = rate_counters.action
    where rate_counters.started_at < now() - make_interval(secs => rate_limits.per_seconds)
    limit 10000
    for update of rate_counters skip locked
  )
  delete from private.rate_counters
  using expired
  where rate_counters.action = expired.action and rate_counters.subject = expired.subject;
  get diagnostics v_number = row_count;
  v_is_more := v_is_more or v_number = 10000;
  with expired as materialized (
    select username_reservations.username
    from private.username_reservations
    where username_reservations.reserved_until <= now()
    limit 10000
    for update skip locked
  )
  delete from private.username_reservations
  using expired
  where username_reservations.username operator(extensions.=) expired.username;
  get diagnostics v_number = row_count;
  v_is_more := v_is_more or v_number = 10000;
  with expired as materialized (
    select sent_counts.post_id
    from private.sent_counts
    where sent_counts.sent_at < now() - interval '1 minute'
    limit 10000
    for update skip locked
  )
  delete from private.sent_counts
  using expired
  where sent_counts.post_id = expired.post_id;
  get diagnostics v_number = row_count;
  v_is_more := v_is_more or v_number = 10000;
  -- A bundle grows for a day, so after 91 days its newest event is 90 days old. It goes with the last of its users, which
  -- are deleted first: one bundle may have millions.
  v_ids := array(
    select notifications.id
    from public.notifications
    where notifications.id < private.first_id_at(now() - interval '91 days')
    order by notifications.id
    limit 1000
    for update skip locked
  );
  with expired as materialized (
    select notification_actors.notification_id, notification_actors.id
    from public.notification_actors
    where notification_actors.notification_id = any (v_ids)
    limit 10000
    for update skip locked
  )
  delete from public.notification_actors
  using expired
  where notification_actors.notification_id = expired.notification_id and notification_actors.id = expired.id;
  get diagnostics v_number = row_count;
  return v_is_more or v_number > 0 and (v_number = 10000 or cardinality(v_ids) = 1000);
end
$$;
comment on function public.forget_expired() is
  'Deletes idempotency keys after a day, notifications after 90 days, and rate counters, reserved user names and the times of sent counts when their time is over, a bounded number of each. Returns whether there may be more of them. For the edge function. Security definer: service_role has no grant on private tables.';
grant execute on function public.forget_expired() to service_role;

create function public.enqueue_uploads()
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_number integer;
begin
  -- The function removes an upload when it has published it; after a day an upload is abandoned.
  insert into private.unused_files (bucket_id, name, remove_at)
  select objects.bucket_id, objects.name, now()
  from storage.objects
  where objects.bucket_id = 'uploads' and objects.created_at <= now() - interval '1 day'
    and not exists (
      select
      from private.unused_files
      where unused_files.bucket_id = objects.bucket_id and unused_files.name = objects.name
    )
  limit 1000
  on conflict on constraint unused_files_pkey do nothing;
  get diagnostics v_number = row_count;
  return v_number = 1000;
end
$$;
comment on function public.enqueue_uploads() is
  'Enqueues uploads that nobody used for a day for removal, a bounded number of them. Returns whether there may be more of them. For the edge function. Security definer: service_role has no grant on private tables.';
grant execute on function public.enqueue_uploads() to service_role;

create function public.take_removals(max integer default 100)
returns table (bucket_id text, name text)
language plpgsql
security definer
set search_path = ''
as $$
begin
  return query
  with due as materialized (
    select
      unused_files.bucket_id,
      unused_files.name,
      -- A repeated request may have registered a file that its first attempt put into a post.
      unused_files.bucket_id = 'post-media'
        and exists (select from public.post_media where post_media.path = unused_files.name) as is_shown
    from private.unused_files
    where unused_files.remove_at <= now()
    order by unused_files.remove_at
    limit least(greatest(take_removals.max, 0), 1000)
    for update skip locked
  ),
  kept as (
    delete from private.unused_files
    using due
    where unused_files.bucket_id = due.bucket_id and unused_files.name = due.name and due.is_shown
  )
  update private.unused_files
  -- Without an owner, nobody can claim it any more. Five minutes: a function runs for less than that.
  set owner_id = null,
    attempts = unused_files.attempts + 1,
    remove_at = now() + interval '5 minutes' * 2 ^ least(unused_files.attempts, 10)
  from due
  where unused_files.bucket_id = due.bucket_id and unused_files.name = due.name and not due.is_shown
  returning unused_files.bucket_id, unused_files.name;
end
$$;
comment on function public.take_removals(integer) is
  'Objects to remove through the Storage API now, at most max (and 1,000). The caller has five minutes for them; an object that is not reported to finish_removals by then is returned again. For the edge function. Security definer: service_role has no grant on private tables.';
grant execute on function public.take_removals(integer) to service_role;

create function public.finish_removals(bucket_id text, names text[])
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from private.unused_files
  where unused_files.bucket_id = finish_removals.bucket_id
    and unused_files.name = any (finish_removals.names)
    and unused_files.owner_id is null
    -- An object that is still there is tried again.
    and not exists (
      select
      from storage.objects
      where objects.bucket_id = finish_removals.bucket_id and objects.name = unused_files.name
    );
end
$$;
comment on function public.finish_removals(text, text[]) is
  'Forgets removals whose object is gone. For the edge function. Security definer: service_role has no grant on private tables.';
grant execute on function public.finish_removals(text, text[]) to service_role;

create function private.schedule_sweep(url text, secret text, schedule text default '*/5 * * * *')
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_missing text;
  v_secret_id uuid;
begin
  select string_agg(needed.name, ', ') into v_missing
  from unnest(array['pg_cron', 'pg_net', 'supabase_vault']) as needed (name)
  where not exists (select from pg_extension where pg_extension.extname = needed.name);
  if v_missing is not null then
    raise exception using
      errcode = '0A000',
      message = format('The sweep cannot be scheduled here: the database lacks %s.', v_missing),
      hint = 'Enable them in the dashboard, under Database and Extensions, or call the address from a scheduler of your own.';
  end if;

  -- In the vault, because the commands of pg_cron, and its log of them, are plain text. Dynamic, because these schemas
  -- are not there before their extensions.
  execute 'select secrets.id from vault.secrets where secrets.name = $1' into v_secret_id using 'noctra_sweep';
  if v_secret_id is null then
    execute 'select vault.create_secret($1, $2, $3)'
    using schedule_sweep.secret, 'noctra_sweep', 'The secret key with which the database calls the sweep.';
  else
    execute 'select vault.update_secret($1, $2)' using v_secret_id, schedule_sweep.secret;
  end if;
  execute 'select cron.schedule($1, $2, $3)'
  using 'noctra_sweep', schedule_sweep.schedule, format(
    $command$
      select net.http_post(
        url := %L,
        headers := jsonb_build_object(
          'apikey', (select decrypted_secret from vault.decrypted_secrets where name = 'noctra_sweep')
        ),
        -- The longest that a function may run for.
        timeout_milliseconds := 150000
      )
    $command$,
    schedule_sweep.url
  );
end
$$;
comment on function private.schedule_sweep(text, text, text) is
  'Has the database call the sweep every five minutes, or as the schedule (cron) says. url: the edge function''s /sweep/. secret: the secret key. Call it once, in the SQL editor; again to change any of them. select cron.unschedule(''noctra_sweep'') ends it.';
