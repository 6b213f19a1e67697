import type { Lanes } from './lanes.ts';
import type { ApiRequest } from './request.ts';
import type { SchemaCache } from './schema-cache.ts';
import type { Session } from './session.ts';

/** What serving a request takes. */
export interface Context {
  lanes: Lanes;
  cache: SchemaCache;
  schemas: readonly string[];
  /** What names are looked up in after the request's own schema. */
  extraSearchPath: readonly string[];
  /** The most rows that a read gives of any table. */
  maxRows: number;
}

/** Who asks, and how: for the database to know. */
export function sessionOf(
  { extraSearchPath }: Context,
  request: ApiRequest,
  settings: readonly string[] = [],
): Session {
  const { caller, method, path, headers, schema, preferences } = request;
  return {
    caller,
    method,
    path,
    headers,
    searchPath: [schema, ...extraSearchPath],
    timezone: preferences.timezone,
    settings,
  };
}
