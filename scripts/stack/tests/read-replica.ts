import fs from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { createIdentify } from '../src/caller.ts';
import { createDataApi } from '../src/data-api/index.ts';
import type { LoginRole } from '../src/keys.ts';
import { close, holdPort, listen, portOf } from '../src/ports.ts';
import { databaseUrl } from '../src/postgres/bootstrap.ts';
import type { Project } from '../src/project.ts';
import type { Stack } from '../src/stack.ts';
import { startStandby } from './standby.ts';

/** A Data API over a standby, as a platform puts it before a read replica. */
export interface Replica {
  url: string;
  /** The paths that were asked for. */
  requests: string[];
  /** The standby as its superuser. */
  sql: postgres.Sql;
  /** Ends the database alone; the API stays. */
  killDatabase(): void;
  /** Ends the API. */
  hangUp(): Promise<void>;
  /** Ends everything. */
  stop(): Promise<void>;
}

/** Starts a read replica of a stack; its data are kept beside the stack's own. */
export async function startReplica(project: Project, { run, keys }: Stack): Promise<Replica> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const dataDir = path.join(project.state, 'standby');
    const server = await startStandby({
      primaryDir: path.join(project.state, 'postgres'),
      primaryUrl: databaseUrl(keys, Number(new URL(run.databaseUrl).port), 'supabase_admin'),
      dataDir,
      logFile: path.join(project.state, 'standby.log'),
    });
    undo.push(() => server.stop());
    const urlOf = (role: LoginRole) => databaseUrl(keys, server.port, role);
    const { api } = project.config;
    const dataApi = await createDataApi({
      url: urlOf('authenticator'),
      adminUrl: urlOf('supabase_admin'),
      settings: {
        schemas: api.schemas.filter((schema) => schema !== 'graphql_public'),
        extraSearchPath: api.extra_search_path,
        maxRows: api.max_rows,
      },
      isDiskFull: () => false,
    });
    undo.push(() => dataApi.close());
    const identify = createIdentify(keys);
    const requests: string[] = [];
    const serve = async (request: Request) => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      const { caller } = await identify(request);
      return caller ? dataApi.fetch(request, caller) : Response.json({}, { status: 401 });
    };
    const http = await listen(serve, await holdPort('api', 0));
    undo.push(() => close(http));
    const sql = postgres(urlOf('supabase_admin'), { onnotice: () => {} });
    undo.push(() => sql.end({ timeout: 1 }));
    return {
      url: `http://127.0.0.1:${portOf(http)}`,
      requests,
      sql,
      killDatabase: () => killServer(dataDir),
      hangUp: () => close(http),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ends a server as a failing machine does. */
export function killServer(dataDir: string): void {
  const [pid] = fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  process.kill(Number(pid), 'SIGKILL');
}
