import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { expect } from 'vitest';
import { root } from '../../scripts/noctra.ts';
import { createIdentify } from '../../scripts/stack/src/caller.ts';
import { createDataApi } from '../../scripts/stack/src/data-api/index.ts';
import { choosePorts, close, listen } from '../../scripts/stack/src/ports.ts';
import { databaseUrl } from '../../scripts/stack/src/postgres/bootstrap.ts';
import { readProject } from '../../scripts/stack/src/project.ts';
import { type Stack, startStack } from '../../scripts/stack/src/stack.ts';
import { createNoctra, type Noctra, type NoctraOptions } from '../../sdk/src/index.ts';
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
}

/** A Noctra of its own, with a replica. */
export interface Pair {
  stack: Stack;
  /** The primary as its superuser. */
  sql: postgres.Sql;
  replica: Replica;
  /** Ends the primary's database alone. */
  killDatabase(): void;
  /** Waits until the replica has all that the primary has. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts both. Whatever fails, what had been started is ended. */
export async function startPair(): Promise<Pair> {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-replica-'));
  const undo: (() => Promise<unknown>)[] = [async () => fs.rmSync(state, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const stack = await startStack({
      project: readProject(root, state),
      host: '127.0.0.1',
      ports: { api: 0, database: 0, mailbox: 0, studio: 0 },
      onStep() {},
    });
    undo.push(() => stack.stop());
    const primaryPort = Number(new URL(stack.run.databaseUrl).port);
    const sql = postgres(databaseUrl(stack.keys, primaryPort, 'supabase_admin'), { onnotice: () => {} });
    undo.push(() => sql.end({ timeout: 1 }));
    const replica = await startReplica(stack, state, undo);
    return {
      stack,
      sql,
      replica,
      killDatabase: () => killServer(path.join(state, 'postgres')),
      async caughtUp() {
        const [primary] = await sql<{ at: string }[]>`select pg_current_wal_flush_lsn()::text as at`;
        const at = primary?.at ?? '';
        const isThere = () =>
          replica.sql`select pg_last_wal_replay_lsn() >= ${at}::pg_lsn as is_there`.then(
            ([standby]) => standby?.is_there,
          );
        await expect.poll(isThere, { timeout: 20_000, interval: 10 }).toBe(true);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a replica; what ends it goes on the list. */
async function startReplica(
  { run, keys }: Stack,
  state: string,
  undo: (() => Promise<unknown>)[],
): Promise<Replica> {
  const ports = await choosePorts({ api: 0, database: 0, mailbox: 0, studio: 0 }, '127.0.0.1');
  const dataDir = path.join(state, 'standby');
  const server = await startStandby({
    primaryDir: path.join(state, 'postgres'),
    primaryUrl: databaseUrl(keys, Number(new URL(run.databaseUrl).port), 'supabase_admin'),
    dataDir,
    port: ports.database,
    logFile: path.join(state, 'standby.log'),
  });
  const { config } = readProject(root, state);
  undo.push(() => server.stop());
  const dataApi = await createDataApi({
    url: databaseUrl(keys, ports.database, 'authenticator'),
    adminUrl: databaseUrl(keys, ports.database, 'supabase_admin'),
    schemas: config.api.schemas.filter((schema) => schema !== 'graphql_public'),
    extraSearchPath: config.api.extra_search_path,
    maxRows: config.api.max_rows,
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
  const http = await listen(serve, ports.api, '127.0.0.1', 'api');
  undo.push(() => close(http));
  const sql = postgres(databaseUrl(keys, ports.database, 'supabase_admin'), { onnotice: () => {} });
  undo.push(() => sql.end({ timeout: 1 }));
  return {
    url: `http://127.0.0.1:${ports.api}`,
    requests,
    sql,
    killDatabase: () => killServer(dataDir),
    hangUp: () => close(http),
  };
}

/** Ends a server as a failing machine does. It has written its own process id down. */
function killServer(dataDir: string): void {
  const [pid] = fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  process.kill(Number(pid), 'SIGKILL');
}

/** Somebody new, signed in, whose reads go to the replica until he writes. */
export async function join({ stack, replica }: Pair, options: NoctraOptions = {}): Promise<Noctra> {
  const noctra = createNoctra(stack.run.url, stack.keys.publishableKey, {
    read_url: replica.url,
    auth: { persistSession: false, autoRefreshToken: false },
    ...options,
  });
  const username = `r_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const email = `${username}@example.com`;
  const { error } = await noctra.auth.register({ username, email, password: 'correct horse battery' });
  if (error) throw error;
  return noctra;
}
