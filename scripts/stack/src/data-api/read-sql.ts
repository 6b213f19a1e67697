import type { Condition, OrderTerm } from './filters.ts';
import {
  type Embed,
  embedsOf,
  emptyPlan,
  findEmbed,
  isGrouped,
  type ReadPlan,
  refuseNotEmbedded,
} from './plan.ts';
import { refuse } from './refusals.ts';
import type { ColumnPair } from './schema.ts';
import type { SelectField } from './select.ts';
import {
  fieldSql,
  filterSql,
  identifier,
  literal,
  orderSql,
  type Place,
  qualified,
  type SqlBuilder,
} from './sql.ts';

/** A table as an item of `from`. It has no alias, so that PostgreSQL's messages show its name. */
export function tablePlace(table: NonNullable<Place['table']>): Place {
  const name = qualified(table);
  return { ref: name, table, from: name, row: `${name}.*` };
}

/** What the query of an embedded table has besides its plan. */
interface EmbedParts {
  /** The conditions that relate it to its parent. */
  conditions: string[];
  /** Columns that order its parent. */
  orderColumns: string[];
}

/** The query of a plan; `depth` is the number of tables that it is embedded in. */
export function readSql(
  builder: SqlBuilder,
  plan: ReadPlan,
  place: Place,
  depth = 0,
  { conditions, orderColumns }: EmbedParts = { conditions: [], orderColumns: [] },
): string {
  const joined = joinEmbeds(builder, plan, place, depth + 1);
  const grouped = isGrouped(plan);
  const items = grouped ? plan.items.flatMap((item) => withoutStar(place, item)) : plan.items;
  const columns = items.flatMap((item) =>
    item.kind === 'field'
      ? columnOf(place, item)
      : embedColumns(builder, item, place, joined, depth + 1, grouped),
  );
  columns.push(...orderColumns.map((sql) => ({ sql, isAggregate: false })));
  const list = columns.length > 0 ? columns.map(({ sql }) => sql).join(', ') : 'true as "_"';
  const keys = columns.flatMap(({ isAggregate }, index) => (grouped && !isAggregate ? index + 1 : []));
  return `select ${list} from ${place.from}${restSql(builder, plan, place, joined, conditions, keys)}`;
}

/** The columns of `*`: rows are grouped by them one by one. */
function withoutStar({ table }: Place, item: SelectField | Embed): (SelectField | Embed)[] {
  if (item.kind === 'embed' || item.aggregate !== null || item.field.name !== '*') return [item];
  return [...(table?.columns.keys() ?? [])].map((name) => ({ ...item, field: { name, path: [] } }));
}

/** A query with a row for each row of the plan, without limit and offset: for counting. */
export function countedSql(builder: SqlBuilder, plan: ReadPlan, place: Place): string {
  const all = { ...plan, order: [], limit: null, offset: 0n };
  return `select 1 from ${place.from}${restSql(builder, all, place, joinEmbeds(builder, all, place, 1), [])}`;
}

/** Joins, conditions, order, limit and offset. */
function restSql(
  builder: SqlBuilder,
  plan: ReadPlan,
  place: Place,
  joined: Joined,
  conditions: string[],
  groupBy: readonly number[] = [],
): string {
  const where = [
    ...conditions,
    ...plan.conditions.map((condition) => conditionSql(builder, plan, place, condition, joined)),
  ];
  const order = plan.order.map((term) => orderTermSql(plan, place, term, joined));
  return [
    ...[...joined.values()].map(({ sql }) => sql),
    where.length > 0 ? ` where ${where.join(' and ')}` : '',
    groupBy.length > 0 ? ` group by ${groupBy.join(', ')}` : '',
    order.length > 0 ? ` order by ${order.join(', ')}` : '',
    // A constant, so that the planner knows it.
    plan.limit === null ? '' : ` limit ${plan.limit}`,
    plan.offset === 0n ? '' : ` offset ${builder.add(String(plan.offset))}::bigint`,
  ].join('');
}

/** The name of a column in the answer: its alias, its aggregate's, the last key of its path, or its own name. */
function outputName({ field, alias, aggregate }: SelectField): string {
  return alias ?? aggregate ?? field.path.findLast(({ isIndex }) => !isIndex)?.key ?? field.name;
}

/** A column of a query. */
interface OutputColumn {
  sql: string;
  isAggregate: boolean;
}

function columnOf(place: Place, item: SelectField): OutputColumn {
  const { field, cast, aggregate, aggregateCast, alias } = item;
  const isRow = field.name === '*';
  if (isRow && aggregate === null && alias === null)
    return { sql: fieldSql(place, field), isAggregate: false };
  // A row has no value but that it is there.
  const value = isRow ? 'true' : castSql(fieldSql(place, field), cast);
  const sql = aggregate === null ? value : castSql(`${aggregate}(${value})`, aggregateCast);
  return { sql: `${sql} as ${identifier(outputName(item))}`, isAggregate: aggregate !== null };
}

function castSql(sql: string, type: string | null): string {
  return type === null ? sql : `cast(${sql} as ${type})`;
}

/** The embedded tables that are joined, each with the alias and the SQL of its join. */
type Joined = Map<Embed, { alias: string; sql: string }>;

/**
 * Joins the embedded tables that filter or order rows, or that are spread over several columns. The others become
 * subqueries in the select list: PostgreSQL computes those only for the rows that remain after order and limit.
 */
function joinEmbeds(builder: SqlBuilder, plan: ReadPlan, place: Place, depth: number): Joined {
  const joined: Joined = new Map();
  for (const embed of embedsOf(plan)) {
    const orders = plan.order.filter(
      ({ relation }) => relation !== null && findEmbed(plan, relation) === embed,
    );
    const filters = plan.conditions.some((condition) => mentions(plan, condition, embed));
    if (embed.join !== 'inner' && !embed.spread && orders.length === 0 && !filters) continue;
    const alias = builder.alias();
    joined.set(embed, { alias, sql: joinSql(builder, embed, place, alias, orders, depth) });
  }
  return joined;
}

function joinSql(
  builder: SqlBuilder,
  embed: Embed,
  place: Place,
  alias: string,
  orders: OrderTerm[],
  depth: number,
): string {
  const join = embed.join === 'inner' ? 'inner' : 'left';
  const lateral = (query: string, on: string) => ` ${join} join lateral (${query}) as ${alias} on ${on}`;
  if (embed.toOne) {
    const query = embedSql(builder, embed, place, depth, orders);
    if (embed.spread) return lateral(query, 'true');
    const names = orders.map((_, index) => orderColumn(index));
    const kept = names.map((name) => `, _r.${name}`).join('');
    // The columns that order must not become part of the row's JSON.
    const value =
      names.length === 0
        ? 'row_to_json(_r)'
        : `to_json(_r)::jsonb - ${literal(`{${names.join(',')}}`)}::text[]`;
    return lateral(`select ${value} as v${kept} from (${query}) as _r`, 'true');
  }
  const query = embedSql(builder, embed, place, depth);
  if (!embed.spread)
    return lateral(
      `select json_agg(_r) as v from (${query}) as _r`,
      join === 'inner' ? `${alias}.v is not null` : 'true',
    );
  const arrays = outputNames(embed).map(
    (name) => `, json_agg(_r.${identifier(name)}) as ${identifier(name)}`,
  );
  return lateral(
    `select count(*) as _n${arrays.join('')} from (${query}) as _r`,
    join === 'inner' ? `${alias}._n > 0` : 'true',
  );
}

const orderColumn = (index: number) => `_order${index + 1}`;

/** The columns of an embedded table in the answer. */
function embedColumns(
  builder: SqlBuilder,
  embed: Embed,
  place: Place,
  joined: Joined,
  depth: number,
  grouped: boolean,
): OutputColumn[] {
  // An embed without columns only filters rows.
  if (embed.items.length === 0) return [];
  const alias = joined.get(embed)?.alias;
  const name = identifier(embed.name);
  // PostgreSQL groups by jsonb, not by json.
  const column = (sql: string, as: string) => ({
    sql: `${grouped ? `(${sql})::jsonb` : sql} as ${as}`,
    isAggregate: false,
  });
  if (alias === undefined) {
    const query = embedSql(builder, embed, place, depth);
    const value = embed.toOne ? 'row_to_json(_r)' : "coalesce(json_agg(_r), '[]')";
    return [column(`(select ${value} from (${query}) as _r)`, name)];
  }
  if (!embed.spread) return [column(embed.toOne ? `${alias}.v` : `coalesce(${alias}.v, '[]')`, name)];
  return outputNames(embed).map((output) => {
    const hoisted = embed.hoisted.get(output);
    if (hoisted) return columnOf({ ref: alias, table: null, from: '', row: '' }, hoisted);
    const sql = `${alias}.${identifier(output)}`;
    return embed.toOne
      ? { sql: `${sql} as ${identifier(output)}`, isAggregate: false }
      : column(`coalesce(${sql}, '[]')`, identifier(output));
  });
}

/** The names of the columns of a spread table. */
function outputNames(plan: ReadPlan): string[] {
  return plan.items.flatMap((item) => {
    if (item.kind === 'embed')
      return item.items.length === 0 ? [] : item.spread ? outputNames(item) : [item.name];
    return item.field.name === '*' && item.alias === null
      ? [...(plan.table?.columns.keys() ?? [])]
      : [outputName(item)];
  });
}

/** The query of an embedded table, for one row of its parent. */
function embedSql(
  builder: SqlBuilder,
  embed: Embed,
  parent: Place,
  depth: number,
  orders: OrderTerm[] = [],
): string {
  const { place, conditions } = embedPlace(builder, embed, parent, depth);
  const orderColumns = orders.map(({ field }, index) => `${fieldSql(place, field)} as ${orderColumn(index)}`);
  // A function that promises one row may return more.
  const limit = embed.relationship.kind === 'computed' ? 1n : null;
  const plan = embed.toOne ? { ...embed, limit } : embed;
  return readSql(builder, plan, place, depth, { conditions, orderColumns });
}

/** An embedded table as an item of `from`, and the conditions that relate it to its parent. */
function embedPlace(
  builder: SqlBuilder,
  { relationship }: Embed,
  parent: Place,
  depth: number,
): { place: Place; conditions: string[] } {
  const { to } = relationship;
  const ref = identifier(`${to.name}_${depth}`);
  const equal = (pairs: readonly ColumnPair[], here: string, there: string) =>
    pairs.map(([a, b]) => `${there}.${identifier(b)} = ${here}.${identifier(a)}`);
  const place: Place = { ref, table: to, from: `${qualified(to)} as ${ref}`, row: `${ref}.*` };
  if (relationship.kind === 'computed') {
    const from = `${qualified(relationship.routine)}(${parent.row}) as ${ref}`;
    return { place: { ...place, from }, conditions: [] };
  }
  if (relationship.kind !== 'many-to-many')
    return { place, conditions: equal(relationship.columns, parent.ref, ref) };
  const { junction, near, far } = relationship;
  const alias = builder.alias();
  const from = `${place.from}, ${qualified(junction)} as ${alias}`;
  const conditions = [...equal(near.columns, parent.ref, alias), ...equal(far.columns, alias, ref)];
  return { place: { ...place, from }, conditions };
}

/** Whether a condition tests if an embedded table has rows. */
function mentions(plan: ReadPlan, condition: Condition, embed: Embed): boolean {
  if (condition.kind === 'logic') return condition.terms.some((term) => mentions(plan, term, embed));
  return embedOfCondition(plan, condition) === embed;
}

function embedOfCondition(
  plan: ReadPlan,
  { field }: Extract<Condition, { kind: 'filter' }>,
): Embed | undefined {
  if (field.path.length > 0 || plan.table?.columns.has(field.name)) return undefined;
  return findEmbed(plan, field.name);
}

/** A condition, or several, in SQL. */
function conditionSql(
  builder: SqlBuilder,
  plan: ReadPlan,
  place: Place,
  condition: Condition,
  joined: Joined,
): string {
  if (condition.kind === 'logic') {
    const terms = condition.terms.map((term) => conditionSql(builder, plan, place, term, joined));
    return `${condition.negated ? 'not ' : ''}(${terms.join(` ${condition.operator} `)})`;
  }
  const embed = embedOfCondition(plan, condition);
  if (!embed) return filterSql(place, condition, builder);
  const { operation, negated } = condition;
  if (operation.kind !== 'is' || (operation.value !== 'null' && operation.value !== 'not null')) {
    refuse(400, 'PGRST120', `Bad operator on the '${embed.name}' embedded resource`, {
      details: 'Only is null or not is null filters are allowed on embedded resources',
    });
  }
  const alias = joined.get(embed)?.alias ?? '';
  const isAbsent = !embed.spread
    ? `${alias}.v is null`
    : embed.toOne
      ? `${alias} is not distinct from null`
      : `${alias}._n = 0`;
  return (operation.value === 'null') !== negated ? isAbsent : `not (${isAbsent})`;
}

/** Conditions on a table without embeds, joined by `and`; an empty text for none. */
export function conditionsSql(builder: SqlBuilder, conditions: readonly Condition[], place: Place): string {
  const plan = emptyPlan(place.table);
  return conditions
    .map((condition) => conditionSql(builder, plan, place, condition, new Map()))
    .join(' and ');
}

function orderTermSql(plan: ReadPlan, place: Place, term: OrderTerm, joined: Joined): string {
  if (term.relation === null) return orderSql(fieldSql(place, term.field), term);
  const embed = findEmbed(plan, term.relation) ?? refuseNotEmbedded(term.relation);
  if (!embed.toOne) {
    refuse(400, 'PGRST118', `A related order on '${embed.target}' is not possible`, {
      details: `'${plan.table?.name ?? ''}' and '${embed.target}' do not form a many-to-one or one-to-one relationship`,
    });
  }
  const related = plan.order.filter(
    ({ relation }) => relation !== null && findEmbed(plan, relation) === embed,
  );
  return orderSql(`${joined.get(embed)?.alias}.${orderColumn(related.indexOf(term))}`, term);
}
