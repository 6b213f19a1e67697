import { randomUUID } from 'node:crypto';
import type { Server } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuth } from './auth/index.ts';
import { createIdentify, publicKeys } from './caller.ts';
import { commandName } from './command-name.ts';
import { keysOf } from './configured-keys.ts';
import { createDataApi } from './data-api/index.ts';
import { watchDisk } from './disk-space.ts';
import { diskFull, isDiskFull, StackError } from './errors.ts';
import { type Functions, startFunctions } from './functions/index.ts';
import { createGateway, type Gateway } from './gateway.ts';
import type { Keys, LoginRole } from './keys.ts';
import { boundLogs, logsFolder } from './log-files.ts';
import { createMailbox, type Mailbox } from './mailbox.ts';
import { type Applied, applyMigrations } from './migrations.ts';
import { close, holdPort, listen, type Ports, portOf } from './ports.ts';
import { bootstrap, databaseUrl } from './postgres/bootstrap.ts';
import { openPool } from './postgres/pool.ts';
import { setReadOnly } from './postgres/read-only.ts';
import type { PostgresServer } from './postgres/server.ts';
import { keepPostgres } from './postgres/supervisor.ts';
import { type Project, parseSize } from './project.ts';
import { openRealtimeDatabase } from './realtime/database.ts';
import { createRealtime, type Realtime } from './realtime/index.ts';
import { createPolicies } from './realtime/policies.ts';
import { claimState, type Run } from './run.ts';
import { openServiceLog, report } from './service-log.ts';
import { makeStateFolder } from './state.ts';
import { createConfiguredBuckets } from './storage/configured-buckets.ts';
import { createStorage } from './storage/index.ts';
import { createStudio } from './studio.ts';

/** How to start a stack. */
export interface StackOptions {
  project: Project;
  /** The address to listen on. Default: 127.0.0.1. */
  host?: string;
  /** Default: free ports. */
  ports?: Ports;
  /** A file of variables for the functions, instead of `supabase/functions/.env`. */
  functionsEnvFile?: string | undefined;
  /** Paths under the stack's URL whose addresses are shown to people, by name. */
  pages?: Record<string, string> | undefined;
  /** Called with a short sentence for each step. */
  onStep?(step: string): void;
}

/** A stack that runs. */
export interface Stack {
  run: Run;
  keys: Keys;
  /** Resolves with a sentence when the database has ended for good. */
  failed: Promise<string>;
  /** Ends everything that was started, in order. */
  stop(): Promise<void>;
}

type Settled = StackOptions & Required<Pick<StackOptions, 'host' | 'ports' | 'onStep'>>;

/** Each is held until its server runs. */
type HeldPorts = Record<'api' | 'mailbox', Server> & { studio: Server | null };

/** The parts of a start share it. */
interface Start {
  options: Settled;
  keys: Keys;
  /** Of the servers of this process. */
  ports: HeldPorts;
  database: PostgresServer;
  run: Run;
  /** Adds a step to the stop. The last one that was added runs first. */
  defer(step: () => unknown): void;
}

const defaults = {
  host: '127.0.0.1',
  ports: { api: 0, database: 0, mailbox: 0, studio: 0 },
  onStep() {},
};

/** Starts a project's stack. If a part fails, the parts that were started are stopped again. */
export async function startStack(given: StackOptions): Promise<Stack> {
  const options: Settled = { ...defaults, ...given };
  const { project, onStep } = options;
  const started = new AsyncDisposableStack();
  let longestStepMs = 30_000;
  const defer = (step: () => unknown) => started.defer(() => within(longestStepMs, step()));
  const stop = once(() => started.disposeAsync());
  try {
    makeStateFolder(project.state);
    const claim = claimState(project);
    defer(claim.release);
    defer(boundLogs(logsFolder(project.state)));
    defer(openServiceLog(path.join(logsFolder(project.state), 'services.log')));
    claim.publish({ pid: process.pid });
    const ports = await holdPorts(options, defer);
    const keys = await keysOf(project);

    for (const note of project.notes) onStep(`Note: ${note}`);
    onStep('Starting the database');
    const database = await startDatabase(options, keys, defer);
    const run = describeRun(options, ports, database.port, keys);
    claim.publish(run);
    const start = { options, keys, ports, database, run, defer };
    const failed = database.died.then((said) => {
      // Some clients wait for ever for connections of a server that is gone.
      longestStepMs = 2_000;
      return `The database ended: ${said}`;
    });
    onStep('Applying migrations');
    reportMigrations(await applyMigrations(project, run.databaseUrl), onStep);
    onStep('Starting the services');
    const mailbox = createMailbox();
    const services = await startServices(start, mailbox);
    onStep('Starting the edge functions');
    const functions = await startFunctions({
      project,
      keys,
      environment: functionVariables(keys, run),
      envFile: options.functionsEnvFile,
      print: (text) => console.error(text),
    });
    defer(functions.stop);
    const gateway = createGateway({
      instance: run.instance,
      project: project.config.project_id ?? path.basename(project.root),
      identify: createIdentify(keys),
      ...services,
    });
    await serve(start, gateway, functions, mailbox, services.realtime);
    return { run, keys, failed, stop };
  } catch (error) {
    await stop().catch(() => {});
    throw isDiskFull(error) && !(error instanceof StackError) ? diskFull(project.state, error) : error;
  }
}

async function holdPorts({ project, host, ports }: Settled, defer: Start['defer']): Promise<HeldPorts> {
  const hold = async (part: keyof HeldPorts, address?: string) => {
    const server = await holdPort(part, ports[part], address);
    defer(() => server.close());
    return server;
  };
  return {
    api: await hold('api', host),
    mailbox: await hold('mailbox'),
    studio: project.config.studio.enabled ? await hold('studio') : null,
  };
}

function describeRun(
  { host, pages = {} }: Settled,
  { api, mailbox, studio }: HeldPorts,
  databasePort: number,
  keys: Keys,
): Run {
  const origin = `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${portOf(api)}`;
  return {
    instance: randomUUID(),
    pid: process.pid,
    url: origin,
    databaseUrl: databaseUrl(keys, databasePort, 'postgres'),
    mailboxUrl: `http://127.0.0.1:${portOf(mailbox)}`,
    studioUrl: studio && `http://127.0.0.1:${portOf(studio)}`,
    pages: Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, origin + page])),
  };
}

const dataDir = ({ state }: Project) => path.join(state, 'postgres');

async function startDatabase(options: Settled, keys: Keys, defer: Start['defer']): Promise<PostgresServer> {
  const server = await keepPostgres(
    {
      dataDir: dataDir(options.project),
      port: options.ports.database,
      logFile: path.join(logsFolder(options.project.state), 'postgres.log'),
      password: keys.passwords.supabase_admin,
    },
    (sentence) => report('stack', sentence),
  );
  defer(server.stop);
  // The platform's default where the project says nothing.
  await bootstrap(keys, server.port, options.project.config.api.auto_expose_new_tables ?? true);
  return server;
}

function reportMigrations({ names, changed, notes }: Applied, onStep: Settled['onStep']): void {
  if (names.length > 0) onStep(`Applied ${names.length} migration${names.length === 1 ? '' : 's'}`);
  for (const note of notes) onStep(`Note: ${note}`);
  for (const name of changed) {
    onStep(
      `Note: ${name} was changed after it had been applied; ${commandName('reset')} and a new start apply it to an empty database`,
    );
  }
}

/** The services behind the gateway. */
async function startServices(start: Start, mailbox: Mailbox) {
  const { options, keys, database, run, defer } = start;
  const { project } = options;
  const { api, auth: authConfig, storage: storageConfig } = project.config;
  const url = (role: LoginRole) => databaseUrl(keys, database.port, role);
  const adminSql = openPool(url('supabase_admin'), 1);
  defer(() => adminSql.end({ timeout: 5 }));
  const disk = watchDisk(project.state, (full) => setReadOnly(adminSql, dataDir(project), full));
  defer(disk.stop);
  const dataApi = await createDataApi({
    url: url('authenticator'),
    adminUrl: url('supabase_admin'),
    settings: {
      schemas: servedSchemas(project),
      extraSearchPath: api.extra_search_path,
      maxRows: api.max_rows,
    },
    isDiskFull: disk.isFull,
  });
  defer(() => dataApi.close());
  const auth = await createAuth({
    url: url('supabase_auth_admin'),
    origin: run.url,
    keys,
    config: authConfig,
    root: project.root,
    send: mailbox.send,
  });
  defer(() => auth.close());
  const storageSql = openPool(url('supabase_storage_admin'), 8);
  defer(() => storageSql.end({ timeout: 5 }));
  const storage = createStorage({
    sql: storageSql,
    objectsDir: path.join(project.state, 'objects'),
    fileSizeLimit: parseSize(storageConfig.file_size_limit),
    urlSigningSecret: keys.storageSecret,
  });
  defer(() => storage.close());
  await storage.sweepTemporaryFiles();
  await createConfiguredBuckets(storage, project);
  return { dataApi, auth, storage, realtime: startRealtime(start) };
}

/** Realtime, unless config.toml turns it off. */
function startRealtime({ options, keys, database: { port }, defer }: Start) {
  const { enabled, max_header_length: maxHeaderLength } = options.project.config.realtime;
  if (!enabled) return undefined;
  const url = databaseUrl(keys, port, 'supabase_admin');
  // Policies are asked a few at a time.
  const sql = openPool(url, 4);
  defer(() => sql.end({ timeout: 5 }));
  const database = openRealtimeDatabase({ url });
  const realtime = createRealtime({ database, policies: createPolicies(sql), keys, maxHeaderLength });
  defer(realtime.close);
  return realtime;
}

/** GraphQL is not there. */
function servedSchemas({ config }: Project): string[] {
  return config.api.schemas.filter((schema) => schema !== 'graphql_public');
}

/** Serves on the ports, once everything behind them runs. */
async function serve(
  { options, ports, run, defer }: Start,
  gateway: Gateway,
  functions: Functions,
  mailbox: Mailbox,
  realtime: Realtime | undefined,
): Promise<void> {
  const api = await listen(gateway, ports.api, functions, realtime);
  defer(() => close(api));
  defer(() => realtime?.hangUp());
  defer(functions.hangUp);
  const local = async (held: Server, service: { fetch(request: Request): Response | Promise<Response> }) => {
    const answer = async (request: Request) => service.fetch(request);
    const server = await listen(answer, held);
    defer(() => close(server));
  };
  await local(ports.mailbox, mailbox);
  if (!ports.studio) return;
  const studio = createStudio(run.databaseUrl, servedSchemas(options.project));
  defer(() => studio.close());
  await local(ports.studio, studio);
}

/** The variables that hosted functions get. */
function functionVariables(keys: Keys, run: Run): Record<string, string> {
  return {
    SUPABASE_URL: run.url,
    SUPABASE_DB_URL: run.databaseUrl,
    SUPABASE_ANON_KEY: keys.anonKey,
    SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleKey,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
    SUPABASE_JWKS: JSON.stringify(publicKeys(keys)),
    SB_REGION: 'local',
  };
}

/** Waits for work, but no longer than `ms`. The timer also keeps the process alive until then. */
async function within(ms: number, work: unknown): Promise<void> {
  const clock = new AbortController();
  try {
    await Promise.race([work, delay(ms, undefined, { signal: clock.signal })]);
  } finally {
    clock.abort();
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | null = null;
  return () => (result ??= work());
}
