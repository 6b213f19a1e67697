-- The days of realtime.messages: yesterday to three days ahead are made, days that ended three days ago are dropped.
-- Runs as the superuser at every start and every hour.
do $$
declare
  v_day date;
  v_name text;
begin
  for v_day in select generate_series(current_date - 1, current_date + 3, '1 day') loop
    v_name := 'messages_' || to_char(v_day, 'YYYY_MM_DD');
    if to_regclass('realtime.' || v_name) is null then
      execute format(
        'create table realtime.%I partition of realtime.messages for values from (%L) to (%L)',
        v_name, v_day, v_day + 1
      );
      execute format('alter table realtime.%I owner to supabase_realtime_admin', v_name);
    end if;
  end loop;
  for v_name in
    select relname from pg_class
    where relnamespace = 'realtime'::regnamespace and relispartition and relkind = 'r'
    and relname < 'messages_' || to_char(current_date - 3, 'YYYY_MM_DD')
  loop
    execute format('drop table realtime.%I', v_name);
  end loop;
end
$$;
