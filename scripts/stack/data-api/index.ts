import { App } from '@supabase/lite';
import { sql } from 'kysely';
import type { Caller } from '../caller.ts';
import { innerHeaders, innerPublishableKey, innerSecret, innerSecretKey } from '../inner-token.ts';
import { keepGrants, type LiteConnection, liteConnection } from '../lite.ts';
import { writeThenEmbed } from './embeds.ts';
import { raiseAsPostgrest } from './errors.ts';

/** What the Data API needs. */
export interface DataApiOptions {
  /** The database, as the role `authenticator`: requests become the caller's role, and can become nothing else. */
  url: string;
  /** The database as its superuser, to read the schema; no request's statement runs here. */
  adminUrl: string;
  schemas: readonly string[];
  maxRows: number;
}

/** The Data API (`/rest/v1`): Supabase Lite's, with mends that make it answer as PostgREST does. */
export interface DataApi {
  fetch(request: Request, caller: Caller): Promise<Response>;
  close(): Promise<void>;
}

/** A platform project of the smallest size gives the Data API about as many connections. */
const connections = 16;

/** PostgREST's `content-location` repeats the query; longer than this, it exceeds what HTTP clients take as headers. */
const longestContentLocation = 2000;

/** Starts the Data API. */
export async function createDataApi(options: DataApiOptions): Promise<DataApi> {
  const connection = liteConnection(options.url, connections);
  const admin = liteConnection(options.adminUrl, 2);
  keepGrants(connection);
  keepGrants(admin);
  raiseAsPostgrest(connection);
  setUpInOneStatement(connection);
  rollBackRefusals(connection);
  // Lite reads the schema through views that show a role only what it has rights on; authenticator has none.
  connection.introspect = (introspection) => admin.introspect(introspection);
  await admin.driver.listen('pgrst', (payload) => {
    if (!payload || payload.includes('reload schema')) void admin.clearSchemaCache();
  });
  const app = new App({
    connection,
    auth: {
      enabled: true,
      jwt_secret: innerSecret,
      publishable_key: innerPublishableKey,
      secret_key: innerSecretKey,
    },
    api: { schemas: [...options.schemas], max_rows: options.maxRows },
    options: { server: { admin: false, middlewares: [skipUserLookup] } },
  } as never);
  await app.init();
  const serve = (request: Request) => app.fetch(request, { peerAddress: null });

  return {
    async fetch(request, caller) {
      const inner = new Request(request, { headers: await innerHeaders(request, caller) });
      const response = await (writeThenEmbed(inner, admin, serve) ?? serve(inner));
      if ((response.headers.get('content-location')?.length ?? 0) <= longestContentLocation) return response;
      const headers = new Headers(response.headers);
      headers.delete('content-location');
      return new Response(response.body, { status: response.status, headers });
    },
    async close() {
      await Promise.all([connection.close(), admin.close()]);
    },
  };
}

/** Lite looks the user and the session up before each request; PostgREST trusts the token until it expires. */
async function skipUserLookup(
  context: { set(key: string, value: unknown): void },
  next: () => Promise<void>,
): Promise<void> {
  const found = async () => ({});
  context.set('authService', { repo: { findUserById: found, findSessionById: found } });
  await next();
}

interface RequestContext {
  auth?: { role?: string; uid?: unknown; jwt?: Record<string, unknown> };
}

/** Sets role and claims up in one statement, as PostgREST does, where Lite sends six. */
function setUpInOneStatement(connection: LiteConnection): void {
  const patched = connection as unknown as {
    applyJwtSessionContext(
      db: Parameters<ReturnType<typeof sql>['execute']>[0],
      context: RequestContext,
    ): Promise<void>;
  };
  patched.applyJwtSessionContext = async (db, { auth }) => {
    const role = auth?.role || 'anon';
    const claims = JSON.stringify(auth?.jwt ?? { role });
    await sql`
      select
        set_config('role', ${role}, true),
        set_config('request.jwt.claims', ${claims}, true),
        set_config('request.jwt.claim.sub', ${String(auth?.uid ?? '')}, true),
        set_config('request.jwt.claim.role', ${role}, true),
        set_config('request.jwt.claim.email', ${String(auth?.jwt?.email ?? '')}, true)
    `.execute(db);
  };
}

/** Thrown inside a transaction to undo it, with the answer that goes out nevertheless. */
class Refused extends Error {
  readonly answer: unknown;

  constructor(answer: unknown) {
    super('refused');
    this.answer = answer;
  }
}

/** A write that is answered with an error changes nothing: Lite commits, for one, what `.single()` then refuses. */
function rollBackRefusals(connection: LiteConnection): void {
  const withContext = connection.withContext.bind(connection);
  connection.withContext = async (variables, work, options) => {
    if (options?.transaction !== undefined) return withContext(variables, work, options);
    try {
      return await withContext(
        variables,
        async (db) => {
          const answer = await work(db);
          if (answer instanceof Response && answer.status >= 400) throw new Refused(answer);
          return answer;
        },
        options,
      );
    } catch (error) {
      if (error instanceof Refused) return error.answer as never;
      throw error;
    }
  };
}
