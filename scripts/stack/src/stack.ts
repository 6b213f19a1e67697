import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuth } from './auth/index.ts';
import { createIdentify, publicKeys } from './caller.ts';
import { commandName } from './command-name.ts';
import { createDataApi } from './data-api/index.ts';
import { watchDisk } from './disk-space.ts';
import { diskFull, isDiskFull, StackError } from './errors.ts';
import { startFunctions } from './functions/index.ts';
import { createGateway } from './gateway.ts';
import { type Keys, loadKeys } from './keys.ts';
import { boundLogs, logsFolder } from './log-files.ts';
import { createMailbox } from './mailbox.ts';
import { applyMigrations } from './migrations.ts';
import { choosePorts, close, listen, type Ports } from './ports.ts';
import { bootstrap, databaseUrl } from './postgres/bootstrap.ts';
import { openPool } from './postgres/pool.ts';
import { setReadOnly } from './postgres/read-only.ts';
import { keepPostgres } from './postgres/supervisor.ts';
import { type Project, parseSize } from './project.ts';
import { claimState, type Run } from './run.ts';
import { openServiceLog, report } from './service-log.ts';
import { makeStateFolder } from './state.ts';
import { createStorage } from './storage/index.ts';
import { createStudio } from './studio.ts';

/** How to start a stack. */
export interface StackOptions {
  project: Project;
  /** The address to listen on. */
  host: string;
  ports: Ports;
  /** A file of variables for the functions, instead of `supabase/functions/.env`. */
  functionsEnvFile?: string | undefined;
  /** Paths under the stack's URL whose addresses are shown to people, by name. */
  pages?: Record<string, string> | undefined;
  /** Called with a short sentence for each step. */
  onStep(step: string): void;
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

/** Starts a project's stack. If a part fails, the parts that were started are stopped again. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { project, host, onStep } = options;
  const undo: (() => Promise<unknown>)[] = [];
  let longestStepMs = 30_000;
  const stop = once(async () => {
    // A part that fails to stop must not keep the others running.
    const failures: unknown[] = [];
    for (const step of undo.splice(0).reverse())
      await within(longestStepMs, step()).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  });
  try {
    makeStateFolder(project.state);
    const claim = claimState(project);
    undo.push(async () => claim.release());
    const logs = logsFolder(project.state);
    const stopBounding = boundLogs(logs);
    undo.push(async () => stopBounding());
    const closeLog = openServiceLog(path.join(logs, 'services.log'));
    undo.push(async () => closeLog());
    const ports = await choosePorts(options.ports, host);
    const origin = `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${ports.api}`;
    const keys = await loadKeys(project.state);
    const run: Run = {
      instance: randomUUID(),
      pid: process.pid,
      url: origin,
      databaseUrl: databaseUrl(keys, ports.database, 'postgres'),
      mailboxUrl: `http://127.0.0.1:${ports.mailbox}`,
      studioUrl: project.config.studio.enabled ? `http://127.0.0.1:${ports.studio}` : null,
      pages: Object.fromEntries(
        Object.entries(options.pages ?? {}).map(([name, page]) => [name, origin + page]),
      ),
    };
    claim.publish(run);

    onStep('Starting the database');
    const dataDir = path.join(project.state, 'postgres');
    const server = await keepPostgres(
      {
        dataDir,
        port: ports.database,
        logFile: path.join(logs, 'postgres.log'),
        password: keys.passwords.supabase_admin,
      },
      (sentence) => report('stack', sentence),
    );
    undo.push(() => server.stop());
    const failed = server.died.then((said) => {
      // Some clients wait for ever for connections of a server that is gone.
      longestStepMs = 2_000;
      return `The database ended: ${said}`;
    });
    await bootstrap(keys, ports.database);

    onStep('Applying migrations');
    const applied = await applyMigrations(project, run.databaseUrl);
    if (applied.names.length > 0)
      onStep(`Applied ${applied.names.length} migration${applied.names.length === 1 ? '' : 's'}`);
    for (const name of applied.changed) {
      onStep(
        `Note: ${name} was changed after it had been applied; ${commandName('reset')} and a new start apply it to an empty database`,
      );
    }

    onStep('Starting the services');
    const url = (role: Parameters<typeof databaseUrl>[2]) => databaseUrl(keys, ports.database, role);
    const adminSql = openPool(url('supabase_admin'), 1);
    undo.push(() => adminSql.end({ timeout: 5 }));
    const disk = watchDisk(project.state, (full) => setReadOnly(adminSql, dataDir, full));
    undo.push(async () => disk.stop());
    const mailbox = createMailbox();
    const schemas = project.config.api.schemas.filter((schema) => schema !== 'graphql_public');
    const dataApi = await createDataApi({
      url: url('authenticator'),
      adminUrl: url('supabase_admin'),
      schemas,
      extraSearchPath: project.config.api.extra_search_path,
      maxRows: project.config.api.max_rows,
      isDiskFull: disk.isFull,
    });
    undo.push(() => dataApi.close());
    const auth = await createAuth({
      url: url('supabase_auth_admin'),
      origin,
      keys,
      config: project.config.auth,
      root: project.root,
      send: mailbox.send,
    });
    undo.push(() => auth.close());
    const storageSql = openPool(url('supabase_storage_admin'), 8);
    undo.push(() => storageSql.end({ timeout: 5 }));
    const storage = createStorage({
      sql: storageSql,
      objectsDir: path.join(project.state, 'objects'),
      fileSizeLimit: parseSize(project.config.storage.file_size_limit),
      urlSigningSecret: keys.storageSecret,
    });
    undo.push(async () => storage.close());
    await storage.sweepTemporaryFiles();

    onStep('Starting the edge functions');
    const functions = await startFunctions({
      project,
      keys,
      environment: functionVariables(keys, run),
      envFile: options.functionsEnvFile,
      print: (text) => console.error(text),
    });
    undo.push(() => functions.stop());

    const gateway = createGateway({
      instance: run.instance,
      project: project.config.project_id ?? path.basename(project.root),
      identify: createIdentify(keys),
      auth,
      dataApi,
      storage,
    });
    const http = await listen(gateway, ports.api, host, 'api', functions);
    undo.push(() => close(http));
    undo.push(async () => functions.hangUp());
    const mailServer = await listen(
      async (request) => mailbox.fetch(request),
      ports.mailbox,
      '127.0.0.1',
      'mailbox',
    );
    undo.push(() => close(mailServer));

    if (run.studioUrl) {
      const studio = createStudio(run.databaseUrl, schemas);
      undo.push(() => studio.close());
      const studioServer = await listen(
        async (request) => studio.fetch(request),
        ports.studio,
        '127.0.0.1',
        'studio',
      );
      undo.push(() => close(studioServer));
    }

    return { run, keys, failed, stop };
  } catch (error) {
    await stop().catch(() => {});
    throw isDiskFull(error) && !(error instanceof StackError) ? diskFull(project.state, error) : error;
  }
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
async function within(ms: number, work: Promise<unknown>): Promise<void> {
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
