import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandName } from '../command-name.ts';
import { freeBytes } from '../disk-space.ts';
import { diskFull, isDiskFull, StackError } from '../errors.ts';
import { guard } from '../watchdog.ts';
import { openDataDir, serverEnv } from './data-folder.ts';
import type { Account, Programs } from './programs.ts';

/** The superuser, named as on Supabase, where `postgres` is none. */
export const superuser = 'supabase_admin';

/** The size of an empty cluster with its first write-ahead log. */
const clusterBytes = 64 * 1024 * 1024;

/** PostgreSQL requires to own its data; its own message names no remedy. */
export function refuseOthersData(dataDir: string, account: Account | null): void {
  const uid = account?.uid ?? process.getuid?.();
  if (uid === undefined || !fs.existsSync(dataDir) || fs.statSync(dataDir).uid === uid) return;
  throw new StackError(
    `The database in ${dataDir} was made by another account.`,
    `Start as the account that made it, or begin with an empty one by ${commandName('reset')}.`,
  );
}

/**
 * Makes the cluster beside its final place and renames it when it is complete: an interrupted first start leaves nothing
 * that looks like a database.
 */
export async function makeCluster(
  options: { dataDir: string; password: string },
  programs: Programs,
  account: Account | null,
): Promise<void> {
  const unfinished = `${options.dataDir}.new`;
  // An initdb that was just interrupted may still be writing.
  fs.rmSync(unfinished, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  fs.mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  // initdb does not report a full disk.
  if ((await freeBytes(unfinished)) < clusterBytes) throw diskFull(options.dataDir);
  const secretDir = fs.mkdtempSync(path.join(os.tmpdir(), 'postgres-'));
  const passwordFile = path.join(secretDir, 'password');
  fs.writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (account)
    for (const file of [unfinished, secretDir, passwordFile]) fs.chownSync(file, account.uid, account.gid);
  const data = openDataDir(unfinished, account);
  try {
    const child = spawn(
      programs.initdb,
      [
        ...['--pgdata', data.path, '--username', superuser, '--pwfile', passwordFile],
        // The locale of Supabase's databases; "builtin" gives the same order on every operating system.
        ...['--encoding', 'UTF8', '--locale-provider', 'builtin', '--locale', 'C.UTF-8'],
        // The operating system writes the empty cluster to disk soon enough; waiting takes longer than making it.
        ...['--auth', 'scram-sha-256', '--no-sync', '--no-instructions'],
      ],
      { ...data.spawn, env: serverEnv() },
    );
    guard(child);
    const output = collect(child);
    const [code] = await once(child, 'close');
    if (code !== 0) {
      if (isDiskFull(output())) throw diskFull(options.dataDir);
      throw new StackError(
        `PostgreSQL could not make a database in ${options.dataDir}: ${lastLines(output())}`,
        'Look at that folder and its owner, then start again.',
      );
    }
  } finally {
    data.close();
    fs.rmSync(secretDir, { recursive: true, force: true });
  }
  fs.renameSync(unfinished, options.dataDir);
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  return () => text;
}

/** The end of a text, in one line. */
export function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' ');
}
