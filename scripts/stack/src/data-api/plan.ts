import { refuse } from './errors.ts';
import type { Condition, OrderTerm } from './filters.ts';
import { findRelationship } from './find-relationship.ts';
import type { Placed, Query, Range } from './query.ts';
import { isToOne, type Relationship } from './relationships.ts';
import type { SchemaCache, Table } from './schema-cache.ts';
import type { SelectField, SelectItem } from './select.ts';

/** What is read of one table, and of those embedded in it. */
export interface ReadPlan {
  table: Table | null;
  /** Columns and embedded tables in the order of the answer. */
  items: (SelectField | Embed)[];
  conditions: Condition[];
  order: OrderTerm[];
  limit: bigint | null;
  offset: bigint;
}

/** A table embedded in another. */
export interface Embed extends ReadPlan {
  kind: 'embed';
  relationship: Relationship;
  toOne: boolean;
  /** How the request calls it: its alias, or else the name that was asked for. */
  name: string;
  /** The name that was asked for. */
  target: string;
  join: 'inner' | 'left' | null;
  spread: boolean;
}

/** Where a request reads from. */
export interface Root {
  schema: string;
  /** The table's or function's name. */
  name: string;
  /** Null for a function that gives no table's rows. */
  table: Table | null;
}

/** Makes the plan of what a query reads. `maxRows` bounds every table in it; null does not. */
export function planRead(cache: SchemaCache, root: Root, query: Query, maxRows: number | null): ReadPlan {
  const items = query.select ?? [everything];
  const plan: ReadPlan = {
    table: root.table,
    items: planItems(cache, root, items),
    conditions: [],
    order: [],
    limit: null,
    offset: 0n,
  };
  for (const { path, value } of query.conditions) find(plan, path).conditions.push(value);
  for (const { path, value } of query.orders) {
    const placed = find(plan, path);
    // The first of several counts.
    if (placed.order.length === 0) placed.order = value;
  }
  for (const range of query.ranges) setRange(plan, range);
  if (maxRows !== null) boundRows(plan, BigInt(maxRows));
  return plan;
}

/** What `select=*` selects. */
export const everything: SelectItem = {
  kind: 'field',
  field: { name: '*', path: [] },
  aggregate: null,
  cast: null,
  alias: null,
};

/** The embedded tables of a plan. */
export function embedsOf(plan: ReadPlan): Embed[] {
  return plan.items.filter((item) => item.kind === 'embed');
}

/** The embedded table that a condition or an order calls by this name. */
export function findEmbed(plan: ReadPlan, name: string): Embed | undefined {
  const embeds = embedsOf(plan);
  return embeds.find((embed) => embed.name === name) ?? embeds.find((embed) => embed.target === name);
}

function planItems(cache: SchemaCache, from: Root, items: readonly SelectItem[]): (SelectField | Embed)[] {
  return items.map((item) => {
    if (item.kind === 'field') {
      if (item.aggregate !== null) refuse(400, 'PGRST123', 'Use of aggregate functions is not allowed');
      return item;
    }
    const relationship = findRelationship(cache, from, item.name, item.hint);
    const table = relationship.to;
    return {
      kind: 'embed',
      table,
      items: planItems(cache, { schema: from.schema, name: table.name, table }, item.items),
      conditions: [],
      order: [],
      limit: null,
      offset: 0n,
      relationship,
      toOne: isToOne(relationship),
      name: item.alias ?? item.name,
      target: item.name,
      join: item.join,
      spread: item.spread,
    };
  });
}

function find(plan: ReadPlan, path: readonly string[]): ReadPlan {
  let placed = plan;
  for (const name of path) placed = findEmbed(placed, name) ?? refuseNotEmbedded(name);
  return placed;
}

/** Refuses a part of the query for a table that is not embedded. */
export function refuseNotEmbedded(name: string): never {
  refuse(400, 'PGRST108', `'${name}' is not an embedded resource in this request`, {
    hint: `Verify that '${name}' is included in the 'select' query parameter.`,
  });
}

function setRange(plan: ReadPlan, { path, value }: Placed<Range>): void {
  const placed = find(plan, path);
  placed.limit = value.limit;
  placed.offset = value.offset ?? 0n;
}

function boundRows(plan: ReadPlan, most: bigint): void {
  if (plan.limit === null || plan.limit > most) plan.limit = most;
  for (const embed of embedsOf(plan)) boundRows(embed, most);
}
