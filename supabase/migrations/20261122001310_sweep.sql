-- What runs now and then: removes files that nothing shows, and forgets what has expired. The edge function's /sweep/
-- calls these with the secret key and does with Storage what SQL must not do.

create function public.sweep_take(max integer default 100)
returns table (bucket_id text, name text)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_wanted integer := least(greatest(sweep_take.max, 0), 1000);
  v_given integer;
begin
  -- A client that repeats a request does so within minutes; a day covers a phone that was off. Skipping what is
  -- locked keeps requests at the same time out of the way.
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

  -- Again, until there are as many as were asked for: entries that need no removal are dropped on the way.
  while v_wanted > 0 loop
    return query
    with due as materialized (
      select storage_removals.bucket_id, storage_removals.name
      from private.storage_removals
      where storage_removals.due_at <= now()
        and (storage_removals.leased_until is null or storage_removals.leased_until <= now())
      -- An object that cannot be removed must not keep the others waiting.
      order by storage_removals.attempts, storage_removals.due_at
      limit v_wanted
      for update skip locked
    ),
    judged as materialized (
      select
        due.bucket_id,
        due.name,
        exists (select from storage.objects where objects.bucket_id = due.bucket_id and objects.name = due.name)
          and not private.is_shown(due.bucket_id, due.name) as removable
      from due
    ),
    dropped as (
      delete from private.storage_removals
      using judged
      where storage_removals.bucket_id = judged.bucket_id
        and storage_removals.name = judged.name
        and not judged.removable
    ),
    leased as (
      update private.storage_removals
      -- Five minutes: a function may run for less than that.
      set leased_until = now() + interval '5 minutes', attempts = storage_removals.attempts + 1
      from judged
      where storage_removals.bucket_id = judged.bucket_id
        and storage_removals.name = judged.name
        and judged.removable
      returning storage_removals.bucket_id, storage_removals.name
    )
    select leased.bucket_id, leased.name from leased order by leased.bucket_id, leased.name;
    get diagnostics v_given = row_count;
    v_wanted := v_wanted - v_given;
    perform
    from private.storage_removals
    where storage_removals.due_at <= now()
      and (storage_removals.leased_until is null or storage_removals.leased_until <= now())
    limit 1
    for update skip locked;
    exit when not found;
  end loop;
end
$$;
comment on function public.sweep_take(integer) is
  'Objects to remove through the Storage API now, at most max (and 1,000). Whoever is given one has five minutes for it; what is then still there is given out again. Also forgets idempotency keys after a day, and rate counters and reserved user names when their time is over. For the sweep. Security definer: service_role has no grant on private tables.';
grant execute on function public.sweep_take(integer) to service_role;

create function public.sweep_done(bucket_id text, names text[])
returns void
language sql
security definer
set search_path = ''
as $$
  delete from private.storage_removals
  where storage_removals.bucket_id = sweep_done.bucket_id
    and storage_removals.name = any (sweep_done.names)
    and storage_removals.leased_until is not null
    -- What is said to be gone, but is not, is tried again when its lease ends.
    and not exists (
      select from storage.objects where objects.bucket_id = sweep_done.bucket_id and objects.name = storage_removals.name
    )
$$;
comment on function public.sweep_done(text, text[]) is
  'Notes that objects given out by sweep_take are removed. For the sweep. Security definer: service_role has no grant on private tables.';
grant execute on function public.sweep_done(text, text[]) to service_role;

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
