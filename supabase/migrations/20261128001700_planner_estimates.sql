-- Planner estimates: none for clients.
--
-- The Data API answers a planned or estimated count with PostgreSQL's estimate, which is made from all rows. With ranges of
-- ids, it tells the ids and times of rows that row-level security hides. So the Data API may not explain a client's
-- statement. Only the planner knows that it explains: a function that PostgREST calls before each request sees the last of
-- several `Prefer` headers, and PostgREST obeys the first.

-- Planning calls an immutable function without arguments once and keeps its result, so a statement that runs costs one
-- call when it is planned, and nothing for its rows.
create function private.refuse_estimates()
returns boolean
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  -- Not in a session of SQL, where a developer may try a plan as a user.
  if current_query() ~* '^\s*explain\M' and coalesce(current_setting('request.method', true), '') <> '' then
    perform private.raise_error(400, 'count_not_exact', 'Planned and estimated counts are not answered. Use count=exact.');
  end if;
  return true;
end
$$;
comment on function private.refuse_estimates() is
  'True, unless the Data API has a statement explained for a planned or estimated count. Declared immutable, so that the planner calls it.';
grant execute on function private.refuse_estimates() to authenticated;

do $$
declare
  v_table regclass;
begin
  for v_table in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') loop
    execute format(
      'create policy refuse_estimates on %s as restrictive for select to authenticated using (private.refuse_estimates())',
      v_table
    );
    execute format('comment on policy refuse_estimates on %s is %L', v_table, 'No planned and estimated counts.');
  end loop;
end
$$;
