import type { Condition, OrderTerm } from './filters.ts';
import { type Embed, embedsOf, emptyPlan, findEmbed, type ReadPlan, refuseNotEmbedded } from './plan.ts';
import { refuse } from './refusals.ts';
import type { SelectField } from './select.ts';
import {
  fieldSql,
  filterSql,
  identifier,
  literal,
  orderSql,
  type Place,
  qualified,
  type Values,
} from './sql.ts';

/** What is shared while one statement is written. */
export interface Writing {
  values: Values;
  /** Gives a name that nothing else in the statement has. */
  alias(): string;
}

/** Starts to write a statement. */
export function startWriting(values: Values): Writing {
  let count = 0;
  return { values, alias: () => `_e${++count}` };
}

/** A table as a request reads it. It keeps its own name, which PostgreSQL's messages then show. */
export function tablePlace(table: NonNullable<Place['table']>): Place {
  const name = qualified(table);
  return { ref: name, table, from: name, row: `${name}.*` };
}

/** The query that a plan describes. `columns` are more columns that it gives, each with its name. */
export function readSql(writing: Writing, plan: ReadPlan, place: Place): string {
  const joined = joinEmbeds(writing, plan, place, 1);
  const columns = plan.items.flatMap((item) =>
    item.kind === 'field' ? [columnSql(place, item)] : embedColumns(writing, item, place, joined, 1),
  );
  return `select ${columns.length > 0 ? columns.join(', ') : 'true as "_"'} from ${place.from}${restSql(writing, plan, place, joined)}`;
}

/** A query that gives a row for each row of the plan, before limit and offset: for counting. */
export function countedSql(writing: Writing, plan: ReadPlan, place: Place): string {
  const all = { ...plan, order: [], limit: null, offset: 0n };
  return `select 1 from ${place.from}${restSql(writing, all, place, joinEmbeds(writing, all, place, 1))}`;
}

/** Joins, conditions, order, limit and offset. */
function restSql(
  writing: Writing,
  plan: ReadPlan,
  place: Place,
  joined: Joined,
  more: string[] = [],
): string {
  const where = [
    ...more,
    ...plan.conditions.map((condition) => conditionSql(writing, plan, place, condition, joined)),
  ];
  const order = plan.order.map((term) => orderTermSql(plan, place, term, joined));
  return [
    ...[...joined.values()].map(({ sql }) => sql),
    where.length > 0 ? ` where ${where.join(' and ')}` : '',
    order.length > 0 ? ` order by ${order.join(', ')}` : '',
    // Few limits are asked for, so each may have a statement of its own: the planner then knows it.
    plan.limit === null ? '' : ` limit ${plan.limit}`,
    plan.offset === 0n ? '' : ` offset ${writing.values.add(String(plan.offset))}::bigint`,
  ].join('');
}

/** The name of a column in the answer: its alias, or else the last key of its path. */
export function outputName({ field, alias }: SelectField): string {
  return alias ?? field.path.findLast(({ isIndex }) => !isIndex)?.key ?? field.name;
}

function columnSql(place: Place, item: SelectField): string {
  const sql = fieldSql(place, item.field);
  if (item.field.name === '*') return sql;
  return `${item.cast === null ? sql : `cast(${sql} as ${item.cast})`} as ${identifier(outputName(item))}`;
}

/** Embedded tables that are joined, since rows are chosen or ordered by them, or since they give several columns. */
type Joined = Map<Embed, { alias: string; sql: string }>;

/**
 * Others are written as a column of their own: that one PostgreSQL computes only for the rows that order and limit
 * leave.
 */
function joinEmbeds(writing: Writing, plan: ReadPlan, place: Place, depth: number): Joined {
  const joined: Joined = new Map();
  for (const embed of embedsOf(plan)) {
    const orders = plan.order.filter(
      ({ relation }) => relation !== null && findEmbed(plan, relation) === embed,
    );
    const chooses = plan.conditions.some((condition) => mentions(plan, condition, embed));
    if (embed.join !== 'inner' && !embed.spread && orders.length === 0 && !chooses) continue;
    const alias = writing.alias();
    joined.set(embed, { alias, sql: joinSql(writing, embed, place, alias, orders, depth) });
  }
  return joined;
}

function joinSql(
  writing: Writing,
  embed: Embed,
  place: Place,
  alias: string,
  orders: OrderTerm[],
  depth: number,
): string {
  const join = embed.join === 'inner' ? 'inner' : 'left';
  const lateral = (query: string, on: string) => ` ${join} join lateral (${query}) as ${alias} on ${on}`;
  if (embed.toOne) {
    const columns = orders.map(({ field }, index) => ({ field, name: orderColumn(index) }));
    const query = embedSql(writing, embed, place, depth, columns);
    if (embed.spread) return lateral(query, 'true');
    const kept = columns.map(({ name }) => `, _r.${name}`).join('');
    // What orders must not become part of the row's JSON.
    const value =
      columns.length === 0
        ? 'row_to_json(_r)'
        : `to_json(_r)::jsonb - ${literal(`{${columns.map(({ name }) => name).join(',')}}`)}::text[]`;
    return lateral(`select ${value} as v${kept} from (${query}) as _r`, 'true');
  }
  const query = embedSql(writing, embed, place, depth, []);
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

/** The columns of the answer that an embedded table gives. */
function embedColumns(writing: Writing, embed: Embed, place: Place, joined: Joined, depth: number): string[] {
  // An embedding of nothing serves to choose rows by.
  if (embed.items.length === 0) return [];
  const alias = joined.get(embed)?.alias;
  const name = identifier(embed.name);
  if (alias === undefined) {
    const query = embedSql(writing, embed, place, depth, []);
    const value = embed.toOne ? 'row_to_json(_r)' : "coalesce(json_agg(_r), '[]')";
    return [`(select ${value} from (${query}) as _r) as ${name}`];
  }
  if (!embed.spread) return [embed.toOne ? `${alias}.v as ${name}` : `coalesce(${alias}.v, '[]') as ${name}`];
  return outputNames(embed).map((column) => {
    const sql = `${alias}.${identifier(column)}`;
    return embed.toOne
      ? `${sql} as ${identifier(column)}`
      : `coalesce(${sql}, '[]') as ${identifier(column)}`;
  });
}

/** The names of the columns that a spread table gives. */
function outputNames(plan: ReadPlan): string[] {
  return plan.items.flatMap((item) => {
    if (item.kind === 'embed')
      return item.items.length === 0 ? [] : item.spread ? outputNames(item) : [item.name];
    return item.field.name === '*' ? [...(plan.table?.columns.keys() ?? [])] : [outputName(item)];
  });
}

/** The query of an embedded table, for one row of its parent. */
function embedSql(
  writing: Writing,
  embed: Embed,
  parent: Place,
  depth: number,
  more: { field: OrderTerm['field']; name: string }[],
): string {
  const { relationship } = embed;
  const { to } = relationship;
  const ref = identifier(`${to.name}_${depth}`);
  const place: Place = { ref, table: to, from: `${qualified(to)} as ${ref}`, row: `${ref}.*` };
  const conditions: string[] = [];
  if (relationship.kind === 'computed') {
    place.from = `${qualified(relationship.routine)}(${parent.row}) as ${ref}`;
  } else if (relationship.kind === 'many-to-many') {
    const junction = writing.alias();
    place.from += `, ${qualified(relationship.junction)} as ${junction}`;
    for (const [here, there] of relationship.near.columns)
      conditions.push(`${junction}.${identifier(there)} = ${parent.ref}.${identifier(here)}`);
    for (const [here, there] of relationship.far.columns)
      conditions.push(`${ref}.${identifier(there)} = ${junction}.${identifier(here)}`);
  } else {
    for (const [here, there] of relationship.columns)
      conditions.push(`${ref}.${identifier(there)} = ${parent.ref}.${identifier(here)}`);
  }
  // A function may break its promise of one row.
  const plan =
    embed.toOne && relationship.kind === 'computed'
      ? { ...embed, limit: 1n }
      : embed.toOne
        ? { ...embed, limit: null }
        : embed;
  const joined = joinEmbeds(writing, plan, place, depth + 1);
  const columns = plan.items.flatMap((item) =>
    item.kind === 'field' ? [columnSql(place, item)] : embedColumns(writing, item, place, joined, depth + 1),
  );
  for (const { field, name } of more) columns.push(`${fieldSql(place, field)} as ${name}`);
  return `select ${columns.length > 0 ? columns.join(', ') : 'true as "_"'} from ${place.from}${restSql(writing, plan, place, joined, conditions)}`;
}

/** Whether a condition asks if an embedded table has rows. */
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
  writing: Writing,
  plan: ReadPlan,
  place: Place,
  condition: Condition,
  joined: Joined,
): string {
  if (condition.kind === 'logic') {
    const terms = condition.terms.map((term) => conditionSql(writing, plan, place, term, joined));
    return `${condition.negated ? 'not ' : ''}(${terms.join(` ${condition.operator} `)})`;
  }
  const embed = embedOfCondition(plan, condition);
  if (!embed) return filterSql(place, condition, writing.values);
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

/** Conditions of a table without embedded ones, joined by `and`; none is an empty text. */
export function conditionsSql(writing: Writing, conditions: readonly Condition[], place: Place): string {
  const plan = emptyPlan(place.table);
  return conditions
    .map((condition) => conditionSql(writing, plan, place, condition, new Map()))
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
