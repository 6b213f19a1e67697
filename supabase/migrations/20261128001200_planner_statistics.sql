-- Planner statistics: none of tables with rows that not everybody may read.
--
-- PostgreSQL makes its statistics from all rows, and the Data API tells its estimates to every client that asks for a
-- planned count. Estimates of ranges and filters would disclose hidden facts: when a private post was written, how
-- often it was edited, which users the audit log names. So no statistics are kept of any column of a table of
-- which not everybody sees every row; estimates then depend on the table's size only. Queries by such columns use an
-- index that serves filter and order at once, so that no plan needs to know more.

do $$
declare
  v_column record;
begin
  for v_column in
    select pg_class.oid::regclass as table_name, pg_attribute.attname
    from pg_class
    join pg_attribute on pg_attribute.attrelid = pg_class.oid and pg_attribute.attnum > 0 and not pg_attribute.attisdropped
    where pg_class.relnamespace = 'public'::regnamespace
      and pg_class.relkind = 'r'
      and not exists (
        select
        from pg_policy
        where pg_policy.polrelid = pg_class.oid
          and pg_policy.polcmd = 'r'
          and pg_get_expr(pg_policy.polqual, pg_policy.polrelid) = 'true'
      )
  loop
    execute format('alter table %s alter column %I set statistics 0', v_column.table_name, v_column.attname);
  end loop;
end
$$;
