import type { Condition } from './filters.ts';
import type { Payload } from './payload.ts';
import { embedsOf, type ReadPlan } from './plan.ts';
import { conditionsSql, tablePlace, type Writing } from './read-sql.ts';
import { refuse } from './refusals.ts';
import type { Column, Table } from './schema.ts';
import { fieldSql, identifier, literal, type Place, qualified, type Values } from './sql.ts';
import { updatedSetting } from './statement.ts';

/** Rows to put into a table. */
export interface Insertion {
  table: Table;
  payload: Payload;
  /** Whether a field that a row lacks gets its column's default, instead of null. */
  missingDefault: boolean;
  /** What to do with rows that are already there by these columns; null to fail. */
  conflict: { columns: string[]; resolution: 'merge-duplicates' | 'ignore-duplicates' } | null;
  /** Conditions that a row of the body must meet, or it is left out. */
  conditions: Condition[];
  returning: string;
}

/** The statement that inserts, or upserts. */
export function insertSql(
  writing: Writing,
  { table, payload, missingDefault, conflict, conditions, returning }: Insertion,
): string {
  const columns = columnsOf(table, payload.keys);
  const names = columns.map(({ name }) => identifier(name));
  const target = `insert into ${qualified(table)}${names.length > 0 ? `(${names.join(', ')})` : ''}`;
  const source = payloadSql(writing.values, columns, payload, missingDefault);
  const where =
    conditions.length > 0 ? ` where ${conditionsSql(writing, conditions, payloadPlace(table))}` : '';
  return `${target} select ${source.columns} from ${source.from}${where}${conflictSql(conflict, names)} returning ${returning}`;
}

function conflictSql(conflict: Insertion['conflict'], names: string[]): string {
  if (!conflict || conflict.columns.length === 0) return '';
  const target = `on conflict(${conflict.columns.map(identifier).join(', ')})`;
  if (conflict.resolution === 'ignore-duplicates' || names.length === 0) return ` ${target} do nothing`;
  const set = names.map((name) => `${name} = excluded.${name}`).join(', ');
  // Counts the rows that were there already, which decides between 200 and 201.
  const count = `set_config('${updatedSetting}', (coalesce(nullif(current_setting('${updatedSetting}', true), ''), '0')::int + 1)::text, true)`;
  return ` ${target} do update set ${set} where ${count} <> ''`;
}

/** The statement that updates. Nothing to set changes nothing. */
export function updateSql(
  writing: Writing,
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
  const source = payloadSql(writing.values, columns, payload, missingDefault);
  const set = columns.map(({ name }) => `${identifier(name)} = _p.${identifier(name)}`).join(', ');
  const where = conditionsSql(writing, conditions, place);
  const from = `(select ${source.columns} from ${source.from} limit 1) as _p`;
  return `update ${place.from} set ${set} from ${from} where ${where} returning ${returning}`;
}

/** The statement that deletes. */
export function deleteSql(
  writing: Writing,
  table: Table,
  conditions: readonly Condition[],
  returning: string,
): string {
  const place = tablePlace(table);
  return `delete from ${place.from} where ${conditionsSql(writing, conditions, place)} returning ${returning}`;
}

/** Hosted projects run with safeupdate: what would change every row of a table is refused. */
export function requireConditions(conditions: readonly Condition[], statement: 'UPDATE' | 'DELETE'): void {
  if (conditions.length === 0) refuse(400, '21000', `${statement} requires a WHERE clause`);
}

/** The columns that a body sets; PGRST204 for one that the table does not have. */
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

/** The rows of a body, as PostgreSQL reads them from one value: there is no limit to how many. */
function payloadSql(
  values: Values,
  columns: readonly Column[],
  payload: Payload,
  missingDefault: boolean,
): { columns: string; from: string } {
  const body = `${values.add(payload.rows)}::json`;
  if (columns.length === 0) return { columns: '', from: `json_array_elements(${body}) as _p` };
  const definition = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
  if (!missingDefault || columns.every((column) => column.default === null)) {
    return {
      columns: columns.map(({ name }) => `_p.${identifier(name)}`).join(', '),
      from: `json_to_recordset(${body}) as _p(${definition})`,
    };
  }
  const given = columns.map((column) => {
    const name = identifier(column.name);
    if (column.default === null) return `_p.${name}`;
    // A field that is null is JSON's null here; one that is missing is SQL's.
    return `case when _row.value->${literal(column.name)} is null then ${column.default} else _p.${name} end as ${name}`;
  });
  return {
    columns: given.join(', '),
    from: `json_array_elements(${body}) as _row, lateral json_to_record(_row.value) as _p(${definition})`,
  };
}

/** What of the changed rows an answer needs: its columns, and those by which others are embedded. */
export function returningSql(table: Table, plan: ReadPlan, more: readonly string[]): string {
  const { ref } = tablePlace(table);
  const names = new Set(more);
  let all = false;
  for (const item of plan.items) {
    if (item.kind === 'field') {
      if (item.field.name === '*') all = true;
      else names.add(item.field.name);
    }
  }
  for (const { relationship } of embedsOf(plan)) {
    if (relationship.kind === 'computed') all = true;
    const pairs =
      relationship.kind === 'computed'
        ? []
        : relationship.kind === 'many-to-many'
          ? relationship.near.columns
          : relationship.columns;
    for (const [here] of pairs) names.add(here);
  }
  for (const { relation, field } of plan.order) if (relation === null) names.add(field.name);
  const columns = [...names]
    .filter((name) => !all || !table.columns.has(name))
    .map((name) => `${fieldSql({ ref, table }, { name, path: [] })} as ${identifier(name)}`);
  if (all) columns.unshift(`${ref}.*`);
  return columns.length > 0 ? columns.join(', ') : '1';
}

/** `Location` of the one row that was made: its primary key as a query. */
export function locationSql(table: Table): string | null {
  if (table.primaryKey.length === 0) return null;
  const pairs = table.primaryKey.map(
    (name) =>
      `${literal(`${encodeURIComponent(name)}=`)} || coalesce('eq.' || min(_t.${identifier(name)}::text), 'is.null')`,
  );
  return `case when count(*) = 1 then ${pairs.join(" || '&' || ")} end`;
}
