import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { databaseUrl, loadKeys } from 'embedded-supabase';
import postgres from 'postgres';
import { CommandError } from '../command.ts';
import { root } from '../noctra.ts';

const main = fileURLToPath(import.meta.resolve('embedded-supabase/bin'));

/** A Noctra for the benchmark, in separate processes, so that the measuring process does not affect it. */
export interface BenchNoctra {
  url: string;
  publishableKey: string;
  secretKey: string;
  /** The process of gateway, Data API, Auth and Storage. */
  pid: number;
  /** Seconds from the command to the line that says it is ready. */
  startSeconds: number;
  /** The URL of the database for a login role. */
  databaseUrl(role: 'supabase_admin' | 'postgres' | 'authenticator'): string;
  stop(): Promise<void>;
}

/** Starts the stack on free ports with its data in `state`. Throws a CommandError if it does not start. */
export async function startNoctra(state: string): Promise<BenchNoctra> {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [main, 'start', '--workdir', root, '--state', state, '--port', '0'],
    // Its own process group: the benchmark handles Ctrl-C and stops the stack.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  await ready(child);
  const startSeconds = (performance.now() - began) / 1000;
  const run = JSON.parse(fs.readFileSync(path.join(state, 'run.json'), 'utf8'));
  const keys = await loadKeys(state);
  const port = Number(new URL(run.databaseUrl).port);
  return {
    url: run.url,
    publishableKey: keys.publishableKey,
    secretKey: keys.secretKey,
    pid: run.pid,
    startSeconds,
    databaseUrl: (role) => databaseUrl(keys, port, role),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'close');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Resolves when the stack prints that it is ready. */
async function ready(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        said += chunk;
        if (/\bReady\n/.test(said)) resolve();
      });
    }
    child.once('close', () =>
      reject(new CommandError(`Noctra did not start:\n${said.trim()}`, 'Correct that, then run again.')),
    );
  });
}

/** Opens a connection to measure single statements. */
export function connect(url: string, max = 1): postgres.Sql {
  return postgres(url, { max, onnotice: () => {} });
}

/** Opens a connection with the role and claims of a signed-in user, as the Data API sets them. */
export async function connectAs(noctra: BenchNoctra, personId: string): Promise<postgres.Sql> {
  const sql = connect(noctra.databaseUrl('authenticator'));
  const claims = JSON.stringify({ sub: personId, role: 'authenticated', aud: 'authenticated' });
  await sql`select set_config('request.jwt.claims', ${claims}, false), set_config('role', 'authenticated', false)`;
  return sql;
}

/** Opens a connection with the same claims that bypasses row-level security, for comparison. */
export async function connectUnsecured(noctra: BenchNoctra, personId: string): Promise<postgres.Sql> {
  const sql = connect(noctra.databaseUrl('postgres'));
  const claims = JSON.stringify({ sub: personId, role: 'authenticated', aud: 'authenticated' });
  await sql`select set_config('request.jwt.claims', ${claims}, false)`;
  return sql;
}
