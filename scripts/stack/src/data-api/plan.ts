import type { Condition, OrderTerm } from './filters.ts';
import { findRelationship, type Root } from './find-relationship.ts';
import type { Placed, Query, Range } from './query.ts';
import { refuse } from './refusals.ts';
import type { Relationship, SchemaCache, Table } from './schema.ts';
import { everything, type SelectField, type SelectItem } from './select.ts';

/** What to read of one table, and of the tables embedded in it. */
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
  /** Its name in the answer: the alias, or else the target. */
  name: string;
  /** The name in the request: of a table, foreign key, column or function. */
  target: string;
  join: 'inner' | 'left' | null;
  spread: boolean;
  /** Aggregates that its parent computes over columns of this table, by the names of those. */
  hoisted: Map<string, SelectField>;
}

/** Plans a query. `maxRows` limits every table in it, null none. */
export function planRead(cache: SchemaCache, root: Root, query: Query, maxRows: number | null): ReadPlan {
  const items = query.select ?? [everything];
  const plan = { ...emptyPlan(root.table), items: planItems(cache, root, items, []) };
  for (const { path, value } of query.conditions) find(plan, path).conditions.push(value);
  for (const { path, value } of query.orders) {
    const placed = find(plan, path);
    // The first of several `order` counts.
    if (placed.order.length === 0) placed.order = value;
  }
  for (const range of query.ranges) setRange(plan, range);
  if (maxRows !== null) boundRows(plan, BigInt(maxRows));
  return plan;
}

/** A plan that reads nothing of a table yet. */
export function emptyPlan(table: Table | null): ReadPlan {
  return { table, items: [], conditions: [], order: [], limit: null, offset: 0n };
}

/** Whether a plan has aggregates over its rows, which are then grouped by everything else. */
export function isGrouped({ items }: ReadPlan): boolean {
  return items.some((item) => (item.kind === 'field' ? item.aggregate !== null : item.hoisted.size > 0));
}

/** The embedded tables of a plan. */
export function embedsOf(plan: ReadPlan): Embed[] {
  return plan.items.filter((item) => item.kind === 'embed');
}

/** The embedded table with this name in a condition or an order. */
export function findEmbed(plan: ReadPlan, name: string): Embed | undefined {
  const embeds = embedsOf(plan);
  return embeds.find((embed) => embed.name === name) ?? embeds.find((embed) => embed.target === name);
}

function planItems(
  cache: SchemaCache,
  from: Root,
  items: readonly SelectItem[],
  path: readonly number[],
): (SelectField | Embed)[] {
  const names = new Set<string>();
  return items.map((item, index) => {
    if (item.kind === 'field') {
      if (item.aggregate !== null && !cache.settings.aggregates)
        refuse(400, 'PGRST123', 'Use of aggregate functions is not allowed');
      return item;
    }
    const relationship = findRelationship(cache, from, item.name, item.hint);
    const table = relationship.to;
    const name = item.alias ?? item.name;
    // PostgREST gives both to PostgreSQL as one name.
    if (names.has(name))
      refuse(400, '42712', `table name "${from.name}_${name}_${path.length + 1}" specified more than once`);
    names.add(name);
    const toOne = isToOne(relationship);
    const inner = planItems(cache, { schema: from.schema, name: table.name, table }, item.items, [
      ...path,
      index,
    ]);
    return {
      ...emptyPlan(table),
      kind: 'embed',
      ...(item.spread
        ? hoistAggregates(inner, toOne, [...path, index])
        : { items: inner, hoisted: new Map() }),
      relationship,
      toOne,
      name,
      target: item.name,
      join: item.join,
      spread: item.spread,
    };
  });
}

/**
 * Of a spread table, aggregates are over the rows of its parent: it gives their values only, under names of their own.
 * `path` is its place among all items.
 */
function hoistAggregates(
  items: Embed['items'],
  toOne: boolean,
  path: readonly number[],
): Pick<Embed, 'items' | 'hoisted'> {
  const hoisted: Embed['hoisted'] = new Map();
  const inner = items.map((item, index) => {
    const isAggregate = item.kind === 'embed' ? item.hoisted.size > 0 : item.aggregate !== null;
    if (!isAggregate) return item;
    if (!toOne) {
      refuse(400, 'PGRST127', 'Feature not implemented', {
        details: 'Aggregates are not implemented for one-to-many or many-to-many spreads.',
      });
    }
    if (item.kind === 'embed') {
      for (const [alias, field] of item.hoisted) hoisted.set(alias, field);
      return { ...item, hoisted: new Map() };
    }
    const alias = ['_aggregate', ...path, index].join('_');
    hoisted.set(alias, { ...item, field: { name: alias, path: [] }, cast: null });
    return { ...item, aggregate: null, aggregateCast: null, alias };
  });
  return { items: inner, hoisted };
}

/** Whether a row is related to at most one row. */
function isToOne(relationship: Relationship): boolean {
  if (relationship.kind === 'computed') return relationship.toOne;
  return relationship.kind === 'many-to-one' || relationship.kind === 'one-to-one';
}

function find(plan: ReadPlan, path: readonly string[]): ReadPlan {
  let placed = plan;
  for (const name of path) placed = findEmbed(placed, name) ?? refuseNotEmbedded(name);
  return placed;
}

/** Refuses a parameter for a table that is not embedded. */
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
