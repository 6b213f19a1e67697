import type { Caller } from '../caller.ts';
import type { Context } from './context.ts';
import { RefusedError, refusalOf, refusalResponse } from './errors.ts';
import { isPostgresError } from './failures.ts';
import { serveFunction } from './functions.ts';
import { createLanes } from './lanes.ts';
import { serveRoot } from './openapi.ts';
import { type ApiRequest, readRequest } from './request.ts';
import { watchSchema } from './schema-watch.ts';
import { serveTable } from './tables.ts';

/** What the Data API needs. */
export interface DataApiOptions {
  /** The database, as the role `authenticator`: requests become the caller's role, and can become nothing else. */
  url: string;
  /** The database as its superuser, to read the schema; no request's statement runs here. */
  adminUrl: string;
  schemas: readonly string[];
  /** Schemas in which names are looked up after the request's own: `api.extra_search_path` of config.toml. */
  extraSearchPath: readonly string[];
  /** The most rows that a read gives: `api.max_rows` of config.toml. */
  maxRows: number;
  /** Whether the database takes no writes since its disk is full. */
  isDiskFull(): boolean;
}

/** The Data API (`/rest/v1`): answers as PostgREST does. */
export interface DataApi {
  fetch(request: Request, caller: Caller): Promise<Response>;
  close(): Promise<void>;
}

/** A platform project of the smallest size gives the Data API about as many connections. */
const connections = 16;

/** PostgREST's own: how long a request waits for a connection, in milliseconds. */
const patience = 10_000;

/** Starts the Data API: one request is one transaction with one statement, whose body PostgreSQL itself makes. */
export async function createDataApi(options: DataApiOptions): Promise<DataApi> {
  const { schemas, extraSearchPath, maxRows } = options;
  const watch = await watchSchema(options.adminUrl, schemas);
  const lanes = createLanes({ url: options.url, max: connections, patience });

  async function serve(request: ApiRequest): Promise<Response> {
    const context: Context = { lanes, cache: watch.current(), schemas, extraSearchPath, maxRows };
    try {
      return await route(context, request);
    } catch (error) {
      if (!mayBeUnknown(error)) throw error;
      // What is not known may have been made a moment ago.
      const cache = await watch.upToDate();
      if (cache === context.cache) throw error;
      return route({ ...context, cache }, request);
    }
  }

  return {
    async fetch(request, caller) {
      try {
        return await serve(await readRequest(request, caller, schemas));
      } catch (error) {
        const refusal = refusalOf(error, caller.role !== 'anon');
        const isWrite = request.method !== 'GET' && request.method !== 'HEAD';
        // The database is read-only for a reason, and not for long.
        return refusalResponse(
          refusal.code === '25006' && isWrite && options.isDiskFull() ? diskFull : refusal,
        );
      }
    },
    async close() {
      await Promise.all([lanes.close(), watch.close()]);
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

/** Refusals, here or by PostgreSQL, of something that is not there or has another type. Nothing was committed. */
function mayBeUnknown(error: unknown): boolean {
  if (error instanceof RefusedError) return error.refusal.code.startsWith('PGRST2');
  return (
    isPostgresError(error) && /^(42703|42P01|42883|42P10|42804|22P02|22003|22007|22008)$/.test(error.code)
  );
}
