import { type ApiRequest, refuseMethod } from './api-request.ts';
import { chooseFormat, parseAccept } from './media-types.ts';
import type { Column, Parameter, Relationship, Routine, SchemaCache, Table } from './schema.ts';
import { identifier } from './sql.ts';
import { type Context, transact } from './transaction.ts';

const mediaType = 'application/openapi+json';

/**
 * Serves `/`: the tables and functions of the Data API, as a Swagger 2.0 document. As on the platform, only a secret key
 * shows it: https://supabase.com/changelog/42949-breaking-change-removing-access-to-openapi-spec-via-the-anon-key.
 */
export async function serveRoot(context: Context, request: ApiRequest): Promise<Response> {
  const { method, caller, headers, namesSchema, schema } = request;
  if (method === 'OPTIONS') return new Response(null, { headers: { allow: 'OPTIONS,GET,HEAD' } });
  if (method !== 'GET' && method !== 'HEAD') refuseMethod(method);
  if (caller.role !== 'service_role') {
    const hint = 'Accessing the schema via the Data API is only allowed using a secret API key.';
    return Response.json({ message: 'Access to schema is forbidden', hint }, { status: 403 });
  }
  const wantsOpenApi = parseAccept(headers.get('accept')).some(({ type }) => type === mediaType);
  if (!wantsOpenApi) chooseFormat(headers.get('accept'));
  const document = JSON.stringify(await describeSchema(context, request));
  return new Response(method === 'HEAD' ? null : document, {
    headers: {
      'content-type': `${mediaType}; charset=utf-8`,
      ...(namesSchema && { 'content-profile': schema }),
    },
  });
}

/** The tables and functions of the schema $1 on which the caller has any right. */
const visibleSql = `
  select
    coalesce((
      select json_agg(c.oid::bigint) from pg_catalog.pg_class c
      where c.relnamespace = to_regnamespace($1)
        and (has_any_column_privilege(c.oid, 'select, insert, update') or has_table_privilege(c.oid, 'delete'))
    ), '[]')::text,
    coalesce((
      select json_agg(p.oid::bigint) from pg_catalog.pg_proc p
      where p.pronamespace = to_regnamespace($1) and has_function_privilege(p.oid, 'execute')
    ), '[]')::text`;

async function describeSchema(context: Context, request: ApiRequest): Promise<unknown> {
  const { cache } = context;
  const { schema, headers } = request;
  const statement = { text: visibleSql, values: [identifier(schema)] };
  const visible = await transact(context, request, { readOnly: true, statement }, ({ rows }) =>
    (rows[0] ?? []).map((list) => new Set(JSON.parse(String(list)) as number[])),
  );
  const tables = [...(cache.tables.get(schema)?.values() ?? [])].filter(({ oid }) => visible[0]?.has(oid));
  const routines = [...(cache.routines.get(schema)?.values() ?? [])]
    .flat()
    .filter(({ oid }) => visible[1]?.has(oid));
  return {
    swagger: '2.0',
    info: { title: `standard ${schema} schema`, description: '', version: '14' },
    host: headers.get('host') ?? '',
    basePath: '/',
    schemes: ['http'],
    consumes: mediaTypes,
    produces: mediaTypes,
    // Of functions with the same name the last is shown: a path has one description.
    paths: sorted({
      ...Object.fromEntries(tables.map((table) => [`/${table.name}`, describePath(table)])),
      ...Object.fromEntries(routines.map((routine) => [`/rpc/${routine.name}`, describeRoutine(routine)])),
    }),
    definitions: sorted(Object.fromEntries(tables.map((table) => [table.name, describeRows(cache, table)]))),
    parameters: sharedParameters,
    externalDocs: {
      description: 'PostgREST Documentation',
      url: 'https://postgrest.org/en/stable/references/api.html',
    },
  };
}

const mediaTypes = [
  'application/json',
  'application/vnd.pgrst.object+json;nulls=stripped',
  'application/vnd.pgrst.object+json',
  'text/csv',
];

const sharedParameters = Object.fromEntries(
  ['select', 'order', 'offset', 'limit', 'on_conflict', 'columns', 'Range', 'Prefer'].map((name) => {
    const place = name === 'Range' || name === 'Prefer' ? 'header' : 'query';
    return [name, { name, in: place, required: false, type: 'string' }];
  }),
);

const reference = (name: string) => ({ $ref: `#/parameters/${name}` });

function sorted(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function describePath({ name, comment, columns, insertable, updatable, deletable }: Table): unknown {
  const filters = [...columns.values()].map((column) => ({
    name: column.name,
    in: 'query',
    required: false,
    type: 'string',
    format: column.type,
  }));
  const schema = { $ref: `#/definitions/${name}` };
  const body = { name, in: 'body', required: false, schema };
  const operation = (parameters: unknown[], status: number, answer: object = { description: 'OK' }) => ({
    tags: [name],
    ...summaryOf(comment),
    parameters: [...parameters, reference('select'), reference('Prefer')],
    responses: { [status]: answer },
  });
  const paging = ['order', 'offset', 'limit', 'Range'].map(reference);
  const rows = { description: 'OK', schema: { type: 'array', items: schema } };
  return {
    get: operation([...filters, ...paging], 200, rows),
    ...(insertable && {
      post: operation([body, reference('columns'), reference('on_conflict')], 201),
    }),
    ...(updatable && { patch: operation([...filters, body, reference('columns')], 204) }),
    ...(deletable && { delete: operation(filters, 204) }),
  };
}

function describeRows(cache: SchemaCache, table: Table): unknown {
  const relationships = cache.relationships.get(table.oid) ?? [];
  const columns = [...table.columns.values()];
  const required = columns.filter(({ nullable }) => !nullable).map(({ name }) => name);
  return {
    ...(table.comment !== null && { description: table.comment }),
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(
      columns.map((column) => [column.name, describeColumn(table, column, relationships)]),
    ),
    type: 'object',
  };
}

function describeColumn(table: Table, column: Column, relationships: readonly Relationship[]): unknown {
  const { name, comment, default: byDefault, identity, maxLength, labels, type, baseType } = column;
  // Clients find keys by these notes.
  const notes = table.primaryKey.includes(name) ? ['This is a Primary Key.<pk/>'] : [];
  for (const way of relationships) {
    if (way.kind === 'computed' || way.kind === 'many-to-many' || !way.holdsKey || way.to.isView) continue;
    const [[here, there] = [], ...others] = way.columns;
    if (here !== name || others.length > 0) continue;
    const target = `table='${way.to.name}' column='${there}'`;
    notes.push(`This is a Foreign Key to \`${way.to.name}.${there}\`.<fk ${target}/>`);
  }
  const note = notes.length > 0 ? `Note:\n${notes.join('\n')}` : null;
  const description = [comment, note].filter((part) => part !== null).join('\n\n');
  return {
    ...(description && { description }),
    ...(byDefault !== null && !identity && { default: byDefault }),
    ...(maxLength !== null && { maxLength }),
    ...(labels !== null && { enum: labels }),
    format: type,
    ...typeOf(baseType),
  };
}

function typeOf(type: string): { type?: string; items?: unknown } {
  if (type.endsWith('[]')) return { type: 'array', items: typeOf(type.slice(0, -2)) };
  if (/^(smallint|integer|bigint)$/.test(type)) return { type: 'integer' };
  if (/^(numeric|real|double precision)/.test(type)) return { type: 'number' };
  if (type === 'boolean') return { type: 'boolean' };
  return type === 'json' || type === 'jsonb' ? {} : { type: 'string' };
}

/** With GET, a function that may write is not shown. */
function describeRoutine({ name, comment, inputs, volatility }: Routine): unknown {
  const named = inputs.filter((input) => input.name !== '');
  const required = named.filter((input) => input.required).map((input) => input.name);
  const schema = {
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(
      named.map((input) => [input.name, { format: input.type, ...typeOf(input.type) }]),
    ),
    type: 'object',
  };
  const operation = (parameters: unknown[]) => ({
    tags: [`(rpc) ${name}`],
    ...summaryOf(comment),
    parameters: [...parameters, reference('Prefer')],
    responses: { 200: { description: 'OK' } },
  });
  return {
    ...(volatility !== 'v' && { get: operation(named.map(describeArgument)) }),
    post: operation([{ name: 'args', in: 'body', required: true, schema }]),
  };
}

/** Lists and JSON stand in a query as PostgreSQL writes them. */
function describeArgument({ name, type, required }: Parameter): unknown {
  const described = typeOf(type);
  const plain = described.type === 'array' || !described.type ? { type: 'string' } : described;
  return { name, in: 'query', required, format: type, ...plain };
}

/** The first line of a comment is the summary, the text after it the description. */
function summaryOf(comment: string | null): { summary?: string; description?: string } {
  const [summary, ...rest] = (comment ?? '').split('\n');
  const description = rest.join('\n').trim();
  return { ...(summary && { summary }), ...(description && { description }) };
}
