import { closestName } from './closest-name.ts';
import { refuse } from './refusals.ts';
import type { KeyRelationship, Relationship, SchemaCache, Table } from './schema.ts';

/** The table or function that a request reads. */
export interface Root {
  schema: string;
  /** The table's or function's name. */
  name: string;
  /** Null for a function that returns no table's rows. */
  table: Table | null;
}

/**
 * Finds the relationship that `target` and `hint` name. Refuses none (PGRST200) and several (PGRST201).
 * A target is a table, a foreign key, a column that holds one, or a function; a hint is a foreign key, a column of it,
 * or a junction table.
 */
export function findRelationship(
  cache: SchemaCache,
  from: Root,
  target: string,
  hint: string | null,
): Relationship {
  const all = (from.table ? cache.relationships.get(from.table.oid) : undefined) ?? [];
  const reachable = all.filter(({ to }) => to.schema === from.schema);
  // A computed relationship replaces those by keys.
  const computed = reachable.find(
    (way) => way.kind === 'computed' && way.routine.name === target && way.routine.schema === from.schema,
  );
  if (computed && hint === null) return computed;
  const matching = reachable.filter((way) => isMeant(way, target, hint));
  const [only, ...others] = matching;
  if (!only) return refuseUnknown(cache, from, target, hint);
  return others.length === 0 ? only : refuseAmbiguous(from.name, target, matching);
}

function isMeant(way: Relationship, target: string, hint: string | null): boolean {
  if (way.kind === 'computed') return false;
  const byName = way.to.name === target;
  if (way.kind === 'many-to-many')
    return (
      byName &&
      (hint === null ||
        way.junction.name === hint ||
        way.near.constraint === hint ||
        way.far.constraint === hint)
    );
  if (way.from === way.to) return isMeantOfItself(way, byName, target, hint);
  if (hint === null) {
    // A key that is named itself, or by its column, leads to the table that it references, never to a view of it.
    const byKey = way.constraint === target || (way.holdsKey && isColumn(way, target, 0));
    return byName || (byKey && !way.to.isView);
  }
  return byName && (way.constraint === hint || isColumn(way, hint, 0) || isColumn(way, hint, 1));
}

/**
 * A foreign key from a table to itself has two directions. The table's name, with or without the column as a hint, means
 * the many rows that reference this one; the column's name alone means the one row that this one references.
 */
function isMeantOfItself(
  way: KeyRelationship,
  byName: boolean,
  target: string,
  hint: string | null,
): boolean {
  if (way.holdsKey) return hint === null && isColumn(way, target, 0);
  return byName && (hint === null || isColumn(way, hint, 1));
}

function isColumn({ columns }: KeyRelationship, name: string, side: 0 | 1): boolean {
  return columns.length === 1 && columns[0]?.[side] === name;
}

/** The closest name of a table related to `from`, or of a table with relationships if `from` has none. */
function hintOf(cache: SchemaCache, { schema, name, table }: Root, target: string): string | null {
  const reachable = (oid: number) =>
    (cache.relationships.get(oid) ?? []).map(({ to }) => to).filter((to) => to.schema === schema);
  const related = table ? reachable(table.oid) : [];
  const parents = () =>
    [...(cache.tables.get(schema)?.values() ?? [])].filter(({ oid }) => reachable(oid).length > 0);
  const [mistyped, known] = related.length > 0 ? [target, related] : [name, parents()];
  const closest = closestName(
    mistyped,
    known.map((one) => one.name),
  );
  // A related table may be named correctly, with a wrong hint.
  if (closest === null || closest.toLowerCase() === mistyped.toLowerCase()) return null;
  return `Perhaps you meant '${closest}' instead of '${mistyped}'.`;
}

function refuseUnknown(cache: SchemaCache, from: Root, target: string, hint: string | null): never {
  const using = hint === null ? '' : ` using the hint '${hint}'`;
  refuse(
    400,
    'PGRST200',
    `Could not find a relationship between '${from.name}' and '${target}' in the schema cache`,
    {
      details: `Searched for a foreign key relationship between '${from.name}' and '${target}'${using} in the schema '${from.schema}', but no matches were found.`,
      hint: hintOf(cache, from, target),
    },
  );
}

function refuseAmbiguous(from: string, target: string, ways: Relationship[]): never {
  const named = ways.map((way) => `'${way.to.name}!${nameOf(way)}'`).join(', ');
  refuse(
    300,
    'PGRST201',
    `Could not embed because more than one relationship was found for '${from}' and '${target}'`,
    {
      details: ways.map((way) => ({
        cardinality: way.kind,
        embedding: `${way.from.name} with ${way.to.name}`,
        relationship: describe(way),
      })),
      hint: `Try changing '${target}' to one of the following: ${named}. Find the desired relationship in the 'details' key.`,
    },
  );
}

function nameOf(way: Relationship): string {
  if (way.kind === 'computed') return way.routine.name;
  return way.kind === 'many-to-many' ? way.junction.name : way.constraint;
}

function describe(way: Relationship): string {
  if (way.kind === 'computed') return way.routine.name;
  const list = (pairs: readonly (readonly [string, string])[], side: 0 | 1) =>
    `(${pairs.map((pair) => pair[side]).join(', ')})`;
  if (way.kind === 'many-to-many') {
    const { junction, near, far } = way;
    return `${junction.name} using ${near.constraint}${list(near.columns, 1)} and ${far.constraint}${list(far.columns, 0)}`;
  }
  return `${way.constraint} using ${way.from.name}${list(way.columns, 0)} and ${way.to.name}${list(way.columns, 1)}`;
}
