import type { Condition } from './filters.ts';
import type { Payload } from './payload.ts';
import type { ReadPlan } from './plan.ts';
import { conditionsSql, tablePlace } from './read-sql.ts';
import { refuse } from './refusals.ts';
import type { Column, ColumnPair, JunctionRelationship, KeyRelationship, Table } from './schema.ts';
import { fieldSql, identifier, literal, type Place, qualified, type SqlBuilder } from './sql.ts';
import { updatedSetting } from './statement.ts';

/** Rows to insert into a table. */
export interface Insertion {
  table: Table;
  payload: Payload;
  /** Whether a missing field gets its column's default instead of null. */
  missingDefault: boolean;
  /** How to resolve conflicts on these columns; null to fail. */
  conflict: { columns: string[]; resolution: 'merge-duplicates' | 'ignore-duplicates' } | null;
  /** Rows of the body that do not meet these are left out. */
  conditions: Condition[];
  returning: string;
}

/** The statement that inserts, or upserts. */
export function insertSql(
  builder: SqlBuilder,
  { table, payload, missingDefault, conflict, conditions, returning }: Insertion,
): string {
  const columns = columnsOf(table, payload.keys);
  const names = columns.map(({ name }) => identifier(name));
  const target = `insert into ${qualified(table)}${names.length > 0 ? `(${names.join(', ')})` : ''}`;
  const source = payloadSql(builder, columns, payload, missingDefault);
  const where =
    conditions.length > 0 ? ` where ${conditionsSql(builder, conditions, payloadPlace(table))}` : '';
  return `${target} select ${source.columns} from ${source.from}${where}${conflictSql(conflict, names)} returning ${returning}`;
}

function conflictSql(conflict: Insertion['conflict'], names: string[]): string {
  if (!conflict || conflict.columns.length === 0) return '';
  const target = `on conflict(${conflict.columns.map(identifier).join(', ')})`;
  if (conflict.resolution === 'ignore-duplicates' || names.length === 0) return ` ${target} do nothing`;
  const set = names.map((name) => `${name} = excluded.${name}`).join(', ');
  // Counts the updated rows, which decides between 200 and 201.
  const count = `set_config('${updatedSetting}', (coalesce(nullif(current_setting('${updatedSetting}', true), ''), '0')::int + 1)::text, true)`;
  return ` ${target} do update set ${set} where ${count} <> ''`;
}

/** The statement that updates. It changes no row where the body has no fields. */
export function updateSql(
  builder: SqlBuilder,
  table: Table,
  payload: Payload,
  missingDefault: boolean,
  conditions: readonly Condition[],
  returning: string,
): string {
  const place = tablePlace(table);
  const columns = columnsOf(table, payload.keys);
  if (columns.length === 0 || payload.count === 0)
    return `select ${returning} from ${place.from} where false`;
  const source = payloadSql(builder, columns, payload, missingDefault);
  const set = columns.map(({ name }) => `${identifier(name)} = _p.${identifier(name)}`).join(', ');
  const where = conditionsSql(builder, conditions, place);
  const from = `(select ${source.columns} from ${source.from} limit 1) as _p`;
  return `update ${place.from} set ${set} from ${from} where ${where} returning ${returning}`;
}

/** The statement that deletes. */
export function deleteSql(
  builder: SqlBuilder,
  table: Table,
  conditions: readonly Condition[],
  returning: string,
): string {
  const place = tablePlace(table);
  return `delete from ${place.from} where ${conditionsSql(builder, conditions, place)} returning ${returning}`;
}

/** As on the platform, with safeupdate, changing all rows of a table is refused. */
export function requireConditions(conditions: readonly Condition[], statement: 'UPDATE' | 'DELETE'): void {
  if (conditions.length === 0) refuse(400, '21000', `${statement} requires a WHERE clause`);
}

/** The columns that a body sets. Refuses unknown ones (PGRST204). */
function columnsOf(table: Table, keys: readonly string[]): Column[] {
  return [...new Set(keys)].map(
    (key) =>
      table.columns.get(key) ??
      refuse(400, 'PGRST204', `Could not find the '${key}' column of '${table.name}' in the schema cache`),
  );
}

function payloadPlace(table: Table): Place {
  return { ref: '_p', table, from: '_p', row: '_p.*' };
}

/** The rows of a body. They are one value, so that the number of parameters sets no limit. */
function payloadSql(
  builder: SqlBuilder,
  columns: readonly Column[],
  payload: Payload,
  missingDefault: boolean,
): { columns: string; from: string } {
  const body = `${builder.add(payload.rows)}::json`;
  if (columns.length === 0) return { columns: '', from: `json_array_elements(${body}) as _p` };
  const definition = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
  const withDefault = columns.filter((column) => column.default !== null);
  if (!missingDefault || withDefault.length === 0) {
    return {
      columns: columns.map(({ name }) => `_p.${identifier(name)}`).join(', '),
      from: `json_to_recordset(${body}) as _p(${definition})`,
    };
  }
  // A null field is JSON's null here, a missing one SQL's.
  const given = columns.map((column) => {
    const name = identifier(column.name);
    if (column.default === null) return `_p.${name}`;
    return `case when _row.value->${literal(column.name)} is null then _d.${name} else _p.${name} end as ${name}`;
  });
  // As with PostgREST, each row takes the next number of a sequence, also one that brings its own.
  const defaults = withDefault.map((column) => `${column.default} as ${identifier(column.name)}`).join(', ');
  return {
    columns: given.join(', '),
    from: `json_array_elements(${body}) as _row, lateral json_to_record(_row.value) as _p(${definition}), lateral (select ${defaults} where _row.value is not null) as _d`,
  };
}

/** The columns of the changed rows that the answer and its embeds need. */
export function returningSql(table: Table, plan: ReadPlan, more: readonly string[]): string {
  const { ref } = tablePlace(table);
  const names = new Set(more);
  let all = false;
  for (const item of plan.items) {
    if (item.kind === 'field' && item.field.name !== '*') names.add(item.field.name);
    else if (item.kind === 'field' || item.relationship.kind === 'computed') all = true;
    else for (const [here] of pairsOf(item.relationship)) names.add(here);
  }
  for (const { relation, field } of plan.order) if (relation === null) names.add(field.name);
  const columns = [...names]
    .filter((name) => !all || !table.columns.has(name))
    .map((name) => `${fieldSql({ ref, table }, { name, path: [] })} as ${identifier(name)}`);
  if (all) columns.unshift(`${ref}.*`);
  return columns.length > 0 ? columns.join(', ') : '1';
}

/** The pairs of columns that relate a table to another or to a junction table. */
function pairsOf(relationship: KeyRelationship | JunctionRelationship): ColumnPair[] {
  return relationship.kind === 'many-to-many' ? relationship.near.columns : relationship.columns;
}

/** `Location` of a single new row: its primary key as a query. */
export function locationSql(table: Table): string | null {
  if (table.primaryKey.length === 0) return null;
  const pairs = table.primaryKey.map(
    (name) =>
      `${literal(`${encodeURIComponent(name)}=`)} || coalesce('eq.' || min(_t.${identifier(name)}::text), 'is.null')`,
  );
  return `case when count(*) = 1 then ${pairs.join(" || '&' || ")} end`;
}
