import { toResponse } from './answers.ts';
import { type Context, sessionOf } from './context.ts';
import { chooseFormat, parseAccept } from './media-types.ts';
import { describeRoutine, describeTable, rowFilters } from './openapi-parts.ts';
import { type ApiRequest, refuseMethod } from './request.ts';
import type { Routine, Table } from './schema-cache.ts';
import { transact } from './session.ts';
import type { Outcome } from './statement.ts';

/**
 * Serves `/`: what the Data API has, as a Swagger 2.0 document. On the platform only a secret key shows it:
 * https://supabase.com/changelog/42949-breaking-change-removing-access-to-openapi-spec-via-the-anon-key.
 */
export async function serveRoot(context: Context, request: ApiRequest): Promise<Response> {
  const { method, caller, headers } = request;
  if (method === 'OPTIONS') return new Response(null, { headers: { allow: 'OPTIONS,GET,HEAD' } });
  if (method !== 'GET' && method !== 'HEAD') refuseMethod(method);
  if (caller.role !== 'service_role') {
    const hint = 'Accessing the schema via the Data API is only allowed using a secret API key.';
    return Response.json({ message: 'Access to schema is forbidden', hint }, { status: 403 });
  }
  const wantsOpenApi = parseAccept(headers.get('accept')).some(({ type }) => type === mediaType);
  if (!wantsOpenApi) chooseFormat(headers.get('accept'));
  const document = JSON.stringify(await describe(context, request));
  const answer: Parameters<typeof toResponse>[0] = {
    status: 200,
    headers: [
      ['content-type', `${mediaType}; charset=utf-8`],
      ['content-profile', request.namesSchema ? request.schema : null],
    ],
    body: method === 'HEAD' ? null : new TextEncoder().encode(document),
  };
  return toResponse(answer, nothingSet);
}

const mediaType = 'application/openapi+json';
const nothingSet = { headers: null, status: null } as Outcome;

/** What the caller has any right on. */
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

async function describe(context: Context, request: ApiRequest): Promise<unknown> {
  const { cache, lanes } = context;
  const transaction = {
    session: sessionOf(context, request),
    readOnly: true,
    isPlainRead: false,
    explain: null,
    statement: { text: visibleSql, values: [`"${request.schema.replaceAll('"', '""')}"`] },
  };
  return transact(lanes, cache, transaction, ({ rows }) => {
    const [tables, routines] = (rows[0] ?? []).map((list) => new Set(JSON.parse(String(list)) as number[]));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    return documentOf(
      request,
      [...(cache.tables.get(request.schema)?.values() ?? [])]
        .filter(({ oid }) => tables?.has(oid))
        .toSorted(byName),
      [...(cache.routines.get(request.schema)?.values() ?? [])]
        .flat()
        .filter(({ oid }) => routines?.has(oid))
        .toSorted(byName),
      context,
    );
  });
}

function documentOf(
  { headers, schema }: ApiRequest,
  tables: Table[],
  routines: Routine[],
  { cache }: Context,
): unknown {
  const paths: Record<string, unknown> = { '/': rootPath };
  const definitions: Record<string, unknown> = {};
  const parameters: Record<string, unknown> = { ...sharedParameters };
  for (const table of tables) {
    const { path, definition } = describeTable(table, cache.relationships.get(table.oid) ?? []);
    paths[`/${table.name}`] = path;
    definitions[table.name] = definition;
    parameters[`body.${table.name}`] = {
      name: table.name,
      description: table.comment ?? table.name,
      required: false,
      in: 'body',
      schema: { $ref: `#/definitions/${table.name}` },
    };
    Object.assign(parameters, rowFilters(table));
  }
  // Of functions with the same name the first is shown: a path can stand but once.
  for (const routine of routines) paths[`/rpc/${routine.name}`] ??= describeRoutine(routine);
  return {
    swagger: '2.0',
    info: { title: `standard ${schema} schema`, description: '', version: '14' },
    host: headers.get('host') ?? '',
    basePath: '/',
    schemes: ['http'],
    consumes: produced,
    produces: produced,
    paths,
    definitions,
    parameters,
    externalDocs: {
      description: 'PostgREST Documentation',
      url: 'https://postgrest.org/en/stable/references/api.html',
    },
  };
}

const produced = [
  'application/json',
  'application/vnd.pgrst.object+json;nulls=stripped',
  'application/vnd.pgrst.object+json',
  'text/csv',
];

const rootPath = {
  get: {
    tags: ['Introspection'],
    summary: 'OpenAPI description (this document)',
    produces: [mediaType, 'application/json'],
    responses: { 200: { description: 'OK' } },
  },
};

const parameter = (name: string, where: 'query' | 'header', description: string, more: object = {}) => ({
  name,
  description,
  required: false,
  in: where,
  type: 'string',
  ...more,
});
const returned = ['return=representation', 'return=minimal', 'return=none'];
const sharedParameters = {
  preferParams: parameter('Prefer', 'header', 'Preference', { enum: ['params=single-object'] }),
  preferReturn: parameter('Prefer', 'header', 'Preference', { enum: returned }),
  preferCount: parameter('Prefer', 'header', 'Preference', { enum: ['count=none'] }),
  preferPost: parameter('Prefer', 'header', 'Preference', {
    enum: [...returned, 'resolution=ignore-duplicates', 'resolution=merge-duplicates'],
  }),
  select: parameter('select', 'query', 'Filtering Columns'),
  on_conflict: parameter('on_conflict', 'query', 'On Conflict'),
  order: parameter('order', 'query', 'Ordering'),
  range: parameter('Range', 'header', 'Limiting and Pagination'),
  rangeUnit: parameter('Range-Unit', 'header', 'Limiting and Pagination', { default: 'items' }),
  offset: parameter('offset', 'query', 'Limiting and Pagination'),
  limit: parameter('limit', 'query', 'Limiting and Pagination'),
};
