-- What a sweep forgets besides files. Ben has sent requests.
begin;
set local search_path = public, extensions;
select plan(5);

select tests.create_user('ben');
insert into private.idempotency_keys (owner_id, key, request_hash, created_at)
select tests.id_of('ben'), hours::text, '', now() - make_interval(hours => hours) from unnest(array[23, 25]) as hours;
insert into private.rate_counters (action, subject, started_at, count)
values
  ('sign_in_account', 'tap old', now() - interval '901 seconds', 1),
  ('sign_in_account', 'tap new', now() - interval '899 seconds', 1),
  ('register_address', 'tap new', now() - interval '901 seconds', 1);
insert into private.username_reservations (username, reserved_for, reserved_until)
values ('tap_sweep_old', '', now()), ('tap_sweep_new', '', now() + interval '1 second');
select tests.authenticate_as_service_role();
select is(public.forget_expired(), false, 'a sweep knows that it forgot everything');
select tests.clear_authentication();
select results_eq(
  $$select key from private.idempotency_keys where owner_id = tests.id_of('ben')$$, array['23'], 'forgets idempotency keys after a day'
);
select set_eq(
  $$select action || ' ' || subject from private.rate_counters where subject like 'tap%'$$,
  array['sign_in_account tap new', 'register_address tap new'],
  'forgets counters when their time is over'
);
select results_eq(
  $$select username::text from private.username_reservations where username::text like 'tap\_sweep%'$$,
  array['tap_sweep_new'], 'forgets reserved names when their time is over'
);
select is(
  tests.refusal($$select private.schedule_sweep('https://tap.test/sweep/', 'secret')$$) = '0A000',
  (select count(*) < 3 from pg_extension where extname in ('pg_cron', 'pg_net', 'supabase_vault')),
  'a database without a scheduler refuses to schedule'
);

select * from finish();
rollback;
