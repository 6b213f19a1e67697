import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { getRequestListener } from '@hono/node-server';
import postgres from 'postgres';
import { createAuth } from './auth/index.ts';
import { createIdentify, publicKeys } from './caller.ts';
import { createDataApi } from './data-api/index.ts';
import { diskFull, errorCode, isDiskFull, StackError } from './errors.ts';
import { startFunctions } from './functions/index.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { type Keys, loadKeys } from './keys.ts';
import { divertRefusals } from './lite.ts';
import { createMailbox } from './mailbox.ts';
import { applyMigrations } from './migrations.ts';
import { bootstrap, databaseUrl } from './postgres/bootstrap.ts';
import { startPostgres } from './postgres/server.ts';
import { type Project, parseSize } from './project.ts';
import { claimRun, type Run, releaseRun } from './run.ts';
import { createStorage } from './storage/index.ts';
import { createStudio } from './studio.ts';

/** How to start a stack. */
export interface StackOptions {
  project: Project;
  /** The address to listen on. */
  host: string;
  ports: Ports;
  /** Told what is being done, one short sentence a step. */
  onStep(step: string): void;
}

/** The ports of a stack; 0 takes any that is free. */
export interface Ports {
  api: number;
  database: number;
  mailbox: number;
  studio: number;
}

/** A stack that runs. */
export interface Stack {
  run: Run;
  keys: Keys;
  /** Resolves, with a sentence, when a part of it died that it cannot do without. */
  failed: Promise<string>;
  /** Ends everything that was started, in order. */
  stop(): Promise<void>;
}

/** Starts a project's whole stack, or nothing: whatever fails, what had been started is ended. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { project, host, onStep } = options;
  const undo: (() => Promise<unknown>)[] = [];
  const stop = once(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  try {
    makeStateFolder(project.state);
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
    };
    claimRun(project, run);
    undo.push(async () => releaseRun(project));

    onStep('Starting the database');
    const server = await startPostgres({
      dataDir: path.join(project.state, 'postgres'),
      port: ports.database,
      logFile: path.join(project.state, 'logs', 'postgres.log'),
      password: keys.passwords.supabase_admin,
    });
    undo.push(() => server.stop());
    await bootstrap(keys, ports.database);

    onStep('Applying migrations');
    const applied = await applyMigrations(project, run.databaseUrl);
    if (applied.names.length > 0)
      onStep(`Applied ${applied.names.length} migration${applied.names.length === 1 ? '' : 's'}`);
    for (const name of applied.changed) {
      onStep(
        `Note: ${name} was changed after it had been applied; \`npm run reset\` applies it anew, to an empty database`,
      );
    }

    onStep('Starting the services');
    const printAgain = divertRefusals(path.join(project.state, 'logs', 'services.log'));
    undo.push(async () => printAgain());
    const url = (role: Parameters<typeof databaseUrl>[2]) => databaseUrl(keys, ports.database, role);
    const mailbox = createMailbox();
    const schemas = project.config.api.schemas.filter((schema) => schema !== 'graphql_public');
    const dataApi = await createDataApi({
      url: url('authenticator'),
      adminUrl: url('supabase_admin'),
      schemas,
      maxRows: project.config.api.max_rows,
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
    const storageSql = postgres(url('supabase_storage_admin'), { max: 8, onnotice: () => {} });
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
    const functions = await startFunctions(project, functionVariables(keys, run));
    undo.push(() => functions.stop());

    const gateway = createGateway({
      instance: run.instance,
      identify: createIdentify(keys),
      auth,
      dataApi,
      storage,
      functions,
    });
    const http = await listen(gateway, ports.api, host);
    undo.push(() => close(http));
    const mailServer = await listen(async (request) => mailbox.fetch(request), ports.mailbox, '127.0.0.1');
    undo.push(() => close(mailServer));

    if (run.studioUrl) {
      const studio = await createStudio(run.databaseUrl, schemas);
      undo.push(() => studio.close());
      const studioServer = await listen(async (request) => studio.fetch(request), ports.studio, '127.0.0.1');
      undo.push(() => close(studioServer));
    }

    const failed = server.died.then((said) => `The database ended: ${said}`);
    return { run, keys, failed, stop };
  } catch (error) {
    await stop();
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

/** The state holds keys and data: its owner's alone, and never part of a commit. */
function makeStateFolder(state: string): void {
  fs.mkdirSync(path.join(state, 'logs'), { recursive: true, mode: 0o700 });
  fs.writeFileSync(path.join(state, '.gitignore'), '*\n');
}

async function choosePorts(wanted: Ports, host: string): Promise<Ports> {
  const api = await reserve(wanted.api, host, 'the API', '--port');
  const database = await reserve(wanted.database, '127.0.0.1', 'the database', '--db-port');
  const mailbox = await reserve(wanted.mailbox, '127.0.0.1', 'the mailbox', '--mail-port');
  const studio = await reserve(wanted.studio, '127.0.0.1', 'the studio', '--studio-port');
  const ports = {
    api: portOf(api),
    database: portOf(database),
    mailbox: portOf(mailbox),
    studio: portOf(studio),
  };
  await Promise.all(
    [api, database, mailbox, studio].map((server) => new Promise((resolve) => server.close(resolve))),
  );
  return ports;
}

/** Takes the port for a moment, so that one that is taken is told before anything is started. */
function reserve(port: number, host: string, purpose: string, option: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('listening', () => resolve(server));
    server.once('error', (error) => {
      const taken = errorCode(error) === 'EADDRINUSE';
      const why = taken ? 'is taken by another program' : `cannot be used (${error.message})`;
      reject(
        new StackError(
          `Port ${port}, for ${purpose}, ${why}.`,
          `End that program, or choose another port with ${option}.`,
          { cause: error },
        ),
      );
    });
    server.listen(port, host);
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Requests have long addresses: lists of ids, for example. Node's limit for all headers together is 16 kB. */
const maxHeaderBytes = 128 * 1024;

function listen(serve: Gateway, port: number, hostname: string): Promise<HttpServer> {
  const listener = getRequestListener((request, { incoming }) =>
    serve(request, ('socket' in incoming ? incoming.socket.remoteAddress : undefined) ?? null),
  );
  const server = createHttpServer({ maxHeaderSize: maxHeaderBytes }, listener);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, () => resolve(server));
  });
}

/** Lets requests in flight finish, for a moment; then their connections are cut. */
async function close(server: HttpServer): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), 2_000);
  await closed;
  clearTimeout(timer);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | null = null;
  return () => (result ??= work());
}
