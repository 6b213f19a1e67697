import type {
  ColumnPair,
  ComputedRelationship,
  JunctionRelationship,
  KeyRelationship,
  Relationship,
  Routine,
  Table,
} from './schema.ts';
import type { Origins } from './view-origins.ts';

/** A key of a table, as the catalog has it. */
export interface Constraint {
  name: string;
  /** primary, unique, foreign. */
  kind: 'p' | 'u' | 'f';
  table: number;
  columns: number[];
  foreignTable: number;
  foreignColumns: number[] | null;
}

/** A table, or a view of it, with the names of the table's columns in it by their numbers in the table. */
interface Face {
  table: Table;
  names: Map<number, string>;
}

/**
 * Finds the relationships between exposed tables and views, by the `oid` of the table that they start from, and sets the
 * primary keys. A view has the keys of the tables whose columns it shows.
 */
export function relate(
  tables: readonly Table[],
  constraints: readonly Constraint[],
  origins: Origins,
  routines: readonly Routine[],
): Map<number, Relationship[]> {
  const faces = facesOf(tables, origins);
  const unique = new Map<number, number[][]>();
  for (const { kind, table, columns } of constraints) {
    if (kind === 'f') continue;
    unique.set(table, [...(unique.get(table) ?? []), columns]);
    if (kind !== 'p') continue;
    for (const face of faces.get(table) ?? []) {
      const names = namesOf(face, columns);
      if (names && face.table.primaryKey.length === 0) face.table.primaryKey = names;
    }
  }
  const found: Relationship[] = [];
  for (const key of constraints) if (key.kind === 'f') found.push(...relateByKey(key, faces, unique));
  found.push(...relateByJunction(found));
  found.push(...relateByRoutine(tables, routines));
  const byTable = new Map<number, Relationship[]>();
  for (const relationship of found) {
    const { oid } = relationship.from;
    byTable.set(oid, [...(byTable.get(oid) ?? []), relationship]);
  }
  return byTable;
}

function facesOf(tables: readonly Table[], origins: Origins): Map<number, Face[]> {
  const faces = new Map<number, Face[]>();
  const add = (oid: number, face: Face) => faces.set(oid, [...(faces.get(oid) ?? []), face]);
  for (const table of tables) {
    const columns = [...table.columns.values()];
    const byTable = new Map<number, Map<number, string>>();
    for (const { position, name } of columns) {
      const origin = table.isView
        ? origins.get(table.oid)?.get(position)
        : { table: table.oid, column: position };
      if (!origin) continue;
      const names = byTable.get(origin.table) ?? new Map<number, string>();
      // The first counts where a view shows a column twice.
      if (!names.has(origin.column)) names.set(origin.column, name);
      byTable.set(origin.table, names);
    }
    for (const [oid, names] of byTable) add(oid, { table, names });
  }
  return faces;
}

/** The names of columns in a face, null if one is missing. */
function namesOf({ names }: Face, columns: readonly number[]): string[] | null {
  const found = columns.map((column) => names.get(column));
  return found.every((name) => name !== undefined) ? found : null;
}

function relateByKey(
  key: Constraint,
  faces: Map<number, Face[]>,
  unique: Map<number, number[][]>,
): KeyRelationship[] {
  const found: KeyRelationship[] = [];
  const one = (unique.get(key.table) ?? []).some(
    (columns) =>
      columns.length === key.columns.length && columns.every((column) => key.columns.includes(column)),
  );
  for (const child of faces.get(key.table) ?? []) {
    const here = namesOf(child, key.columns);
    if (!here) continue;
    for (const parent of faces.get(key.foreignTable) ?? []) {
      const there = namesOf(parent, key.foreignColumns ?? []);
      if (!there) continue;
      const columns = here.map((name, index): ColumnPair => [name, there[index] ?? '']);
      const constraint = key.name;
      found.push({
        kind: one ? 'one-to-one' : 'many-to-one',
        from: child.table,
        to: parent.table,
        constraint,
        columns,
        holdsKey: true,
      });
      found.push({
        kind: one ? 'one-to-one' : 'one-to-many',
        from: parent.table,
        to: child.table,
        constraint,
        columns: columns.map(([a, b]): ColumnPair => [b, a]),
        holdsKey: false,
      });
    }
  }
  return found;
}

/** A junction table has foreign keys to two tables, both part of its primary key. */
function relateByJunction(keys: readonly Relationship[]): JunctionRelationship[] {
  const byJunction = new Map<Table, KeyRelationship[]>();
  for (const key of keys) {
    if (key.kind === 'computed' || key.kind === 'many-to-many' || !key.holdsKey) continue;
    byJunction.set(key.from, [...(byJunction.get(key.from) ?? []), key]);
  }
  const found: JunctionRelationship[] = [];
  for (const [junction, own] of byJunction) {
    const isPart = ({ columns }: KeyRelationship) =>
      columns.every(([here]) => junction.primaryKey.includes(here));
    for (const near of own.filter(isPart)) {
      for (const far of own.filter(isPart)) {
        if (near.constraint === far.constraint) continue;
        found.push({
          kind: 'many-to-many',
          from: near.to,
          to: far.to,
          junction,
          near: {
            constraint: near.constraint,
            columns: near.columns.map(([here, there]): ColumnPair => [there, here]),
          },
          far: { constraint: far.constraint, columns: far.columns },
        });
      }
    }
  }
  return found;
}

function relateByRoutine(tables: readonly Table[], routines: readonly Routine[]): ComputedRelationship[] {
  const find = (named: { schema: string; name: string } | null | undefined) =>
    tables.find(({ schema, name }) => schema === named?.schema && name === named?.name);
  return routines.flatMap((routine) => {
    const from = routine.inputs.length === 1 ? find(routine.inputs[0]?.table) : undefined;
    const to = find(routine.returnTable);
    if (!from || !to) return [];
    return [
      { kind: 'computed' as const, from, to, routine, toOne: !routine.returnsSet || routine.rows === 1 },
    ];
  });
}
