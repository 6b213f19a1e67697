import type { Relationship } from './relationships.ts';
import type { Column, Parameter, Routine, Table } from './schema-cache.ts';

const reference = (name: string) => ({ $ref: `#/parameters/${name}` });
const answers = (status: number, description: string) => ({ [status]: { description } });

/** A table's path, and its rows as a definition. */
export function describeTable(
  table: Table,
  relationships: readonly Relationship[],
): { path: unknown; definition: unknown } {
  const filters = [...table.columns.keys()].map((name) => reference(`rowFilter.${table.name}.${name}`));
  const shared = { tags: [table.name], ...summaryOf(table.comment) };
  const body = reference(`body.${table.name}`);
  const paging = ['select', 'order', 'range', 'rangeUnit', 'offset', 'limit', 'preferCount'].map(reference);
  const rows = {
    description: 'OK',
    schema: { items: { $ref: `#/definitions/${table.name}` }, type: 'array' },
  };
  const path = {
    get: {
      ...shared,
      parameters: [...filters, ...paging],
      responses: { 200: rows, ...answers(206, 'Partial Content') },
    },
    ...(table.insertable && {
      post: {
        ...shared,
        parameters: [body, reference('select'), reference('preferPost')],
        responses: answers(201, 'Created'),
      },
    }),
    ...(table.deletable && {
      delete: {
        ...shared,
        parameters: [...filters, reference('preferReturn')],
        responses: answers(204, 'No Content'),
      },
    }),
    ...(table.updatable && {
      patch: {
        ...shared,
        parameters: [...filters, body, reference('preferReturn')],
        responses: answers(204, 'No Content'),
      },
    }),
  };
  const columns = [...table.columns.values()];
  const required = columns.filter(({ nullable }) => !nullable).map(({ name }) => name);
  const definition = {
    ...(table.comment !== null && { description: table.comment }),
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(
      columns.map((column) => [column.name, describeColumn(table, column, relationships)]),
    ),
    type: 'object',
  };
  return { path, definition };
}

/** The filters of a table as parameters. */
export function rowFilters(table: Table): Record<string, unknown> {
  return Object.fromEntries(
    [...table.columns.values()].map(({ name, comment, type }) => [
      `rowFilter.${table.name}.${name}`,
      {
        name,
        ...(comment !== null && { description: comment }),
        required: false,
        format: type,
        in: 'query',
        type: 'string',
      },
    ]),
  );
}

/** Clients find keys by these notes. */
function describeColumn(table: Table, column: Column, relationships: readonly Relationship[]): unknown {
  const notes: string[] = [];
  if (table.primaryKey.includes(column.name)) notes.push('This is a Primary Key.<pk/>');
  for (const way of relationships) {
    if (way.kind === 'computed' || way.kind === 'many-to-many' || !way.holdsKey || way.to.isView) continue;
    const [here, there] = way.columns.length === 1 ? (way.columns[0] ?? []) : [];
    if (here === column.name)
      notes.push(
        `This is a Foreign Key to \`${way.to.name}.${there}\`.<fk table='${way.to.name}' column='${there}'/>`,
      );
  }
  const note = notes.length > 0 ? `Note:\n${notes.join('\n')}` : null;
  const description = [column.comment, note].filter((part) => part !== null).join('\n\n');
  return {
    ...(description && { description }),
    ...(column.default !== null && !column.identity && { default: defaultOf(column.default) }),
    ...(column.maxLength !== null && { maxLength: column.maxLength }),
    ...(column.labels !== null && { enum: column.labels }),
    format: column.type,
    ...typeOf(column.baseType),
  };
}

/** A default as a value where it is one, else as its SQL. */
function defaultOf(sql: string): unknown {
  const text = /^'((?:[^']|'')*)'::/.exec(sql)?.[1];
  if (text !== undefined) return text.replaceAll("''", "'");
  return /^(true|false|-?\d+(\.\d+)?)$/.test(sql) ? JSON.parse(sql) : sql;
}

function typeOf(type: string): { type?: string; items?: unknown } {
  if (type.endsWith('[]')) {
    const { type: item = 'string' } = typeOf(type.slice(0, -2));
    return { type: 'array', items: { type: item } };
  }
  if (/^(smallint|integer|bigint)$/.test(type)) return { type: 'integer' };
  if (/^(numeric|real|double precision)/.test(type)) return { type: 'number' };
  if (type === 'boolean') return { type: 'boolean' };
  return type === 'json' || type === 'jsonb' ? {} : { type: 'string' };
}

/** A function's path. With GET only what cannot change anything. */
export function describeRoutine(routine: Routine): unknown {
  const shared = {
    tags: [`(rpc) ${routine.name}`],
    ...summaryOf(routine.comment),
    produces: [
      'application/json',
      'application/vnd.pgrst.object+json;nulls=stripped',
      'application/vnd.pgrst.object+json',
    ],
  };
  const named = routine.inputs.filter(({ name }) => name !== '');
  const required = named.filter((input) => input.required).map(({ name }) => name);
  const schema = {
    ...(routine.comment !== null && { description: routine.comment }),
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(named.map(({ name, type }) => [name, { format: type, ...typeOf(type) }])),
    type: 'object',
  };
  const args = { name: 'args', required: true, in: 'body', schema };
  const post = { ...shared, parameters: [args, reference('preferParams')], responses: answers(200, 'OK') };
  if (routine.volatility === 'v') return { post };
  return { get: { ...shared, parameters: named.map(describeArgument), responses: answers(200, 'OK') }, post };
}

function describeArgument({ name, type, mode, required }: Parameter): unknown {
  const where = { name, required, in: 'query' };
  if (mode === 'v') {
    const element = type.replace(/\[\]$/, '');
    return {
      ...where,
      type: 'array',
      collectionFormat: 'multi',
      items: { format: element, ...typeOf(element) },
    };
  }
  // An array stands in a query as PostgreSQL writes it.
  const described = typeOf(type);
  return {
    ...where,
    format: type,
    ...(described.type === 'array' || !described.type ? { type: 'string' } : described),
  };
}

/** The first line of a comment is the summary, what follows an empty line the description. */
function summaryOf(comment: string | null): { summary?: string; description?: string } {
  if (comment === null) return {};
  const [summary = '', ...rest] = comment.split('\n');
  const description = rest.join('\n').trim();
  return { summary, ...(description && { description }) };
}
