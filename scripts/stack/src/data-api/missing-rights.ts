import type { ApiRequest } from './api-request.ts';
import type { SchemaCache } from './schema.ts';
import { identifier } from './sql.ts';

/**
 * The hint of the platform where a role lacks rights on a table (supautils, "enhanced hints"): the statement that grants what
 * the request needs. Undefined where the message names no table that the API shows.
 */
export function grantHint(
  { tables }: SchemaCache,
  { schema, target, method, caller, preferences }: ApiRequest,
  message: string,
): string | undefined {
  const name = /^permission denied for (?:table|view|materialized view) (.+)$/.exec(message)?.[1];
  const table = name === undefined ? undefined : tables.get(schema)?.get(name);
  if (!table) return undefined;
  const isTarget = target.kind === 'table' && target.name === name;
  const needed: readonly string[] = isTarget ? rightsFor(method, preferences) : ['SELECT'];
  return `Grant the required privileges to the current role with: GRANT ${needed.join(', ')} ON ${quoted(table.schema)}.${quoted(table.name)} TO ${quoted(caller.role)};`;
}

function rightsFor(method: string, preferences: ApiRequest['preferences']): string[] {
  const shows = preferences.return === 'representation';
  switch (method) {
    case 'POST':
      return [
        ...(shows ? ['SELECT'] : []),
        'INSERT',
        ...(preferences.resolution === 'merge-duplicates' ? ['UPDATE'] : []),
      ];
    case 'PUT':
      return ['SELECT', 'INSERT', 'UPDATE'];
    case 'PATCH':
      return ['SELECT', 'UPDATE'];
    case 'DELETE':
      return ['SELECT', 'DELETE'];
    default:
      return ['SELECT'];
  }
}

/** A name, quoted only where it must be. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : identifier(name);
}
