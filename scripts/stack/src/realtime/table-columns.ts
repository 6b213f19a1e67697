import type { Sql } from 'postgres';

/** A column of a table. */
export interface Column {
  name: string;
  /** The name of its type, and the type as a cast names it. */
  type: string;
  cast: string;
  isKey: boolean;
  /** The roles that may select it. */
  readers: string[];
}

/** A table as the catalogue has it now. */
export interface Table {
  schema: string;
  table: string;
  isSecured: boolean;
  /** In the order of the table. */
  columns: Column[];
}

/** Which tables: one by its id, or those of the publication by their names, `*` for all. */
export type Which = { id: number } | { publication: string; schema: string; table: string };

/** The tables, with what each of the roles may select. */
export async function readTables(sql: Sql, which: Which, roles: string[]): Promise<Table[]> {
  const condition =
    'id' in which
      ? sql`c.oid = ${which.id}`
      : sql`exists (
          select from pg_publication_tables p
          where p.pubname = ${which.publication} and p.schemaname = n.nspname and p.tablename = c.relname
          and ${which.schema}::text in ('*', p.schemaname) and ${which.table}::text in ('*', p.tablename)
        )`;
  return sql<Table[]>`
    select n.nspname as schema, c.relname as table, c.relrowsecurity as "isSecured", (
      select coalesce(json_agg(json_build_object(
        'name', a.attname,
        'type', t.typname,
        -- With -1, char and bit have no length of 1.
        'cast', format_type(a.atttypid, -1),
        'isKey', exists (
          select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p' and a.attnum = any(k.conkey)
        ),
        'readers', array(
          select role from unnest(${roles}::text[]) role where has_column_privilege(role, c.oid, a.attnum, 'select')
        )
      ) order by a.attnum), '[]')
      from pg_attribute a join pg_type t on t.oid = a.atttypid
      where a.attrelid = c.oid and a.attnum > 0
    ) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where ${condition}`;
}

/** Collects the parameters of a statement. */
export function createParameters() {
  const parameters: (string | null)[] = [];
  const parameter = (text: string | null) => `$${parameters.push(text)}::text`;
  return { parameters, parameter };
}
