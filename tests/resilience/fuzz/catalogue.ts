import type postgres from 'postgres';

/** A column of a table, or an argument of a function. */
export interface Column {
  name: string;
  type: string;
}

/** A table, view or function that the Data API serves. */
export interface Relation {
  kind: 'table' | 'function';
  name: string;
  /** The columns of a table, or the arguments of a function. */
  columns: Column[];
}

/** Everything that the Data API serves, from the catalogue of the database. */
export async function readCatalogue(sql: postgres.Sql): Promise<Relation[]> {
  return sql<Relation[]>`
    select 'table' as kind, relname::text as name,
      (
        select jsonb_agg(jsonb_build_object('name', attname, 'type', atttypid::regtype::text) order by attnum)
        from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped
      ) as columns
    from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
    union all
    select 'function', proname,
      coalesce(
        (
          select jsonb_agg(jsonb_build_object('name', proargnames[at], 'type', proargtypes[at - 1]::regtype::text))
          from generate_series(1, pronargs) as at
        ),
        '[]'
      )
    from pg_proc
    where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype
    order by 1, 2`;
}
