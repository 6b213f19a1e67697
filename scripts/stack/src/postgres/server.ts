import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { commandName } from '../command-name.ts';
import { diskFull, errorCode, errorMessage, isDiskFull, StackError } from '../errors.ts';
import { freePort } from '../ports.ts';
import { guard } from '../watchdog.ts';
import { lastLines, makeCluster, refuseOthersData, superuser } from './cluster.ts';
import { openDataDir, serverEnv } from './data-folder.ts';
import { endLeftover } from './leftover.ts';
import { type Account, findPrograms, type Programs, serverAccount } from './programs.ts';
import { prepareReadOnly } from './read-only.ts';

/** How to run one PostgreSQL server. */
export interface PostgresOptions {
  /** Where its data is; made when it is not there. */
  dataDir: string;
  /** 0 takes any that is free. */
  port: number;
  /** The server's log. */
  logFile: string;
  /** The password of the superuser `supabase_admin`. */
  password: string;
}

/** A PostgreSQL server that this process started. */
export interface PostgresServer {
  port: number;
  /** Resolves with its last words when the server ends by itself. */
  died: Promise<string>;
  /** Shuts it down: running transactions are rolled back, committed ones are on disk. */
  stop(): Promise<void>;
}

/** Tries to bind a port that was free a moment before. */
const mostTries = 5;

/** A cold machine needs a few seconds; recovery after a crash may need more. */
const startTimeoutMs = 60_000;

/** Starts PostgreSQL over `dataDir`, first making the database cluster where there is none. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const account = serverAccount();
  const programs = await findPrograms(account);
  refuseOthersData(options.dataDir, account);
  await endLeftover(options.dataDir, (port) => takesPassword(port, options.password));
  if (!fs.existsSync(path.join(options.dataDir, 'PG_VERSION'))) await makeCluster(options, programs, account);
  prepareReadOnly(options.dataDir, account);
  for (let tries = 1; ; tries++) {
    const port = await freePort('database', options.port);
    try {
      return await run({ ...options, port }, programs, account);
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE' || tries === mostTries) throw error;
    }
  }
}

async function run(
  options: PostgresOptions,
  programs: Programs,
  account: Account | null,
): Promise<PostgresServer> {
  const data = openDataDir(options.dataDir, account);
  const log = fs.openSync(options.logFile, 'a', 0o600);
  const logStart = fs.fstatSync(log).size;
  const said = () => fs.readFileSync(options.logFile, 'utf8').slice(logStart);
  const settings = {
    port: options.port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    log_min_duration_statement: -1,
    // Realtime reads the write-ahead log.
    wal_level: 'logical',
    // A reader that hangs loses its slot before the log fills the disk.
    max_slot_wal_keep_size: '1GB',
    // Always there on the platform. Without it, the view of the extension pg_stat_statements is an error.
    shared_preload_libraries: 'pg_stat_statements',
    // Errors of statements are in the answers to their clients; they would fill the log.
    log_min_messages: 'fatal',
    log_min_error_statement: 'panic',
  };
  const child = spawn(
    programs.postgres,
    ['-D', data.path, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...data.spawn, stdio: ['ignore', log, log, ...data.spawn.stdio.slice(3)], env: serverEnv() },
  );
  guard(child, 'postgres');
  fs.closeSync(log);
  data.close();
  const ended = once(child, 'exit');
  let stopping = false;
  const server: PostgresServer = {
    port: options.port,
    died: ended.then(() => (stopping ? new Promise<string>(() => {}) : lastLines(said()))),
    async stop() {
      stopping = true;
      await end(child, ended, programs, options.dataDir);
    },
  };
  const failed = ended.then(() => {
    throw startFailure(said(), options);
  });
  try {
    await Promise.race([failed, reachable(options, child.pid)]);
  } catch (error) {
    failed.catch(() => {});
    await server.stop();
    throw error;
  }
  failed.catch(() => {});
  return server;
}

function startFailure(output: string, options: PostgresOptions): StackError {
  if (isDiskFull(output)) return diskFull(options.dataDir);
  if (/could not create any TCP\/IP sockets/.test(output)) return cannotListen(options.port);
  return new StackError(
    `PostgreSQL did not start: ${lastLines(output)}`,
    `All it said is in ${options.logFile}.`,
  );
}

function cannotListen(port: number): StackError {
  const error = new StackError(
    `PostgreSQL cannot listen on port ${port}.`,
    'Choose another port with --db-port.',
  );
  return Object.assign(error, { code: 'EADDRINUSE' });
}

/** Waits until the server takes connections. Until it says so, another one may answer on its port. */
async function reachable(options: PostgresOptions, pid: number | undefined): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (!isReady(options.dataDir, pid) && Date.now() < deadline) await delay(20);
  for (;;) {
    const sql = connect(options.port, options.password);
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      if (errorCode(error) === '28P01') {
        throw new StackError(
          'The database has other passwords than the keys of this project.',
          `keys.json was replaced: put the old one back, or begin with an empty database by ${commandName('reset')}.`,
          { cause: error },
        );
      }
      if (isDiskFull(error)) throw diskFull(options.dataDir, error);
      if (Date.now() > deadline) {
        throw new StackError(
          `PostgreSQL does not answer: ${errorMessage(error)}`,
          `All it said is in ${options.logFile}.`,
        );
      }
      await delay(20);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
}

/** What the server says of itself: https://www.postgresql.org/docs/17/storage-file-layout.html */
function isReady(dataDir: string, pid: number | undefined): boolean {
  try {
    const lines = fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

async function takesPassword(port: number, password: string): Promise<boolean> {
  const sql = connect(port, password);
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function connect(port: number, password: string): postgres.Sql {
  return postgres({
    host: '127.0.0.1',
    port,
    user: superuser,
    password,
    database: 'postgres',
    max: 1,
    connect_timeout: 5,
  });
}

async function end(
  child: ChildProcess,
  ended: Promise<unknown>,
  programs: Programs,
  dataDir: string,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // SIGINT is PostgreSQL's fast shutdown; on Windows, which has no signals, pg_ctl requests it.
  if (process.platform === 'win32')
    spawn(programs.pgCtl, ['stop', '-m', 'fast', '-D', dataDir], { stdio: 'ignore' });
  else child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), 20_000);
  await ended;
  clearTimeout(timer);
}
