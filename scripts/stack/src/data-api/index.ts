import type { Caller } from '../caller.ts';
import { type ApiRequest, readRequest } from './api-request.ts';
import { openConnections } from './connections.ts';
import { grantHint } from './missing-rights.ts';
import { serveRoot } from './openapi.ts';
import { isPostgresError, RefusedError, refusalOf, refusalResponse } from './refusals.ts';
import type { SchemaCache } from './schema.ts';
import { serveFunction } from './serve-function.ts';
import { serveTable } from './serve-table.ts';
import type { ConfiguredSettings } from './settings.ts';
import type { Context } from './transaction.ts';
import { watchSchema } from './watch-schema.ts';

/** What the Data API needs. */
export interface DataApiOptions {
  /** The database, as the role `authenticator`: requests become the caller's role, and can become nothing else. */
  url: string;
  /** The database as its superuser, to read the schema; no request's statement runs here. */
  adminUrl: string;
  /** The settings of config.toml; those of the role `authenticator` override them. */
  settings: ConfiguredSettings;
  /** Whether the database takes no writes since its disk is full. */
  isDiskFull(): boolean;
}

/** The Data API (`/rest/v1`): answers as PostgREST does. */
export interface DataApi {
  fetch(request: Request, caller: Caller): Promise<Response>;
  close(): Promise<void>;
}

/** A platform project of the smallest size gives the Data API about as many connections. */
const maxConnections = 16;

/** Half of them: a user with slow requests leaves the others the rest. */
const maxPerUser = 8;

/** PostgREST's default, in milliseconds. */
const connectionPatience = 10_000;

/** Starts the Data API. A request is one transaction with one statement; PostgreSQL makes the body of the answer. */
export async function createDataApi(options: DataApiOptions): Promise<DataApi> {
  const schema = await watchSchema(options.adminUrl, options.settings);
  const connections = openConnections({
    url: options.url,
    max: maxConnections,
    maxPerUser,
    patience: connectionPatience,
  });

  async function serve(cache: SchemaCache, request: ApiRequest): Promise<Response> {
    try {
      return await route({ connections, cache }, request);
    } catch (error) {
      if (isPostgresError(error) && error.code === '42501') {
        const hint = grantHint(cache, request, error.message);
        if (hint !== undefined) error.hint ??= hint;
      }
      if (!schema.isStandby || !isUnknownName(error)) throw error;
      return route({ connections, cache: await schema.reload() }, request);
    }
  }

  return {
    async fetch(request, caller) {
      try {
        const cache = await schema.current();
        return await serve(cache, await readRequest(request, caller, cache.settings));
      } catch (error) {
        const refusal = refusalOf(error, caller.role !== 'anon');
        const isWrite = request.method !== 'GET' && request.method !== 'HEAD';
        // The stack makes the database read-only while its disk is full.
        return refusalResponse(
          refusal.code === '25006' && isWrite && options.isDiskFull() ? diskFull : refusal,
        );
      }
    },
    async close() {
      await Promise.all([connections.close(), schema.close()]);
    },
  };
}

/** PostgreSQL's own code for it, and PostgREST's status for that. */
const diskFull = {
  status: 503,
  code: '53100',
  message: 'The disk is full: the database takes no writes.',
};

function route(context: Context, request: ApiRequest): Promise<Response> {
  const { target } = request;
  if (target.kind === 'root') return serveRoot(context, request);
  return target.kind === 'table'
    ? serveTable(context, request, target.name)
    : serveFunction(context, request, target.name);
}

/** Whether a request was refused for a name that is not known; nothing was committed. */
function isUnknownName(error: unknown): boolean {
  if (error instanceof RefusedError) return error.refusal.code.startsWith('PGRST2');
  return isPostgresError(error) && /^(42703|42P01|42883)$/.test(error.code);
}
