import { type ApiRequest, refuseMethod } from './api-request.ts';
import { closestName } from './closest-name.ts';
import { readTable } from './read-table.ts';
import { refuse } from './refusals.ts';
import type { SchemaCache, Table } from './schema.ts';
import type { Context } from './transaction.ts';
import { writeTable } from './write-table.ts';

/** Serves `/<table>`. */
export async function serveTable(context: Context, request: ApiRequest, name: string): Promise<Response> {
  const table = findTable(context.cache, request.schema, name);
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return readTable(context, request, table);
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
      return writeTable(context, request, table);
    case 'OPTIONS':
      return new Response(null, { headers: { allow: allowedMethods(table) } });
    default:
      return refuseMethod(request.method);
  }
}

/** Finds a table or view. Refuses an unknown one (PGRST205). */
function findTable(cache: SchemaCache, schema: string, name: string): Table {
  const tables = cache.tables.get(schema);
  const table = tables?.get(name);
  if (table) return table;
  const closest = closestName(name, tables?.keys() ?? [], 0.75);
  refuse(404, 'PGRST205', `Could not find the table '${schema}.${name}' in the schema cache`, {
    hint: closest && `Perhaps you meant the table '${schema}.${closest}'`,
  });
}

function allowedMethods({ insertable, updatable, deletable, primaryKey }: Table): string {
  const more = [
    insertable && 'POST',
    insertable && updatable && primaryKey.length > 0 && 'PUT',
    updatable && 'PATCH',
    deletable && 'DELETE',
  ];
  return ['OPTIONS', 'GET', 'HEAD', ...more].filter(Boolean).join(',');
}
