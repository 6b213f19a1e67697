import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { commandName } from './command-name.ts';
import { diskFull, isDiskFull, StackError } from './errors.ts';
import type { Project } from './project.ts';
import { guard } from './watchdog.ts';

/** What applying migrations did. */
export interface Applied {
  /** Names of the migration files that were applied now. */
  names: string[];
  /** Names of files that were changed after they had been applied: the database does not have the change. */
  changed: string[];
}

/**
 * Applies the project's pending migrations, and its seed, with the Supabase CLI. The CLI is not asked when no file is
 * new: that alone takes longer than the rest of a start. `lost` fires when the database ends: the CLI would wait for an
 * answer for ever.
 */
export async function applyMigrations(
  project: Project,
  databaseUrl: string,
  lost: AbortSignal,
): Promise<Applied> {
  const recordFile = path.join(project.state, 'migrations.json');
  const before = readRecord(recordFile);
  const now = digests(project);
  const names = Object.keys(now).filter((name) => !(name in before));
  const changed = Object.keys(now).filter((name) => name in before && before[name] !== now[name]);
  if (names.length === 0) return { names, changed };
  const applied = await push(project, databaseUrl, lost);
  // Written beside and renamed: a start that is cut off leaves no half of it.
  fs.writeFileSync(`${recordFile}.new`, `${JSON.stringify({ ...now, ...before }, null, 2)}\n`);
  fs.renameSync(`${recordFile}.new`, recordFile);
  return { names: applied, changed };
}

/** Gives the names of the migrations that were applied now; others may have been before a start that failed. */
async function push(project: Project, databaseUrl: string, lost: AbortSignal): Promise<string[]> {
  const result = await runSupabase(
    ['db', 'push', '--include-seed', '--include-all', '--yes', '--workdir', project.root],
    databaseUrl,
    lost,
  );
  if (result.code === 0)
    return [...result.output.matchAll(/^Applying migration (\S+\.sql)/gm)].map(([, name]) => name ?? '');
  if (isDiskFull(result.output)) throw diskFull(project.state);
  if (lost.aborted) {
    throw new StackError(
      'The database ended while migrations were applied.',
      `Start again: what was not finished is rolled back. ${commandName('logs postgres')} has what it said.`,
    );
  }
  throw new StackError(
    `A migration failed:\n${failure(result.output)}`,
    'Correct that file in supabase/migrations and start again: what a failed migration did is rolled back.',
  );
}

/**
 * Runs the Supabase CLI on a database, quietly and without telemetry, and collects what it says. The password goes by
 * way of the environment: every account of a machine can read command lines. `signal` ends it, with its exit code null.
 */
export async function runSupabase(
  args: string[],
  databaseUrl: string,
  signal?: AbortSignal,
): Promise<{ code: number | null; output: string; stdout: string }> {
  const program = createRequire(import.meta.url).resolve('supabase/dist/supabase.js');
  const remote = new URL(databaseUrl);
  const password = decodeURIComponent(remote.password);
  remote.password = '';
  const child = spawn(process.execPath, [program, ...args, `--remote=${remote}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C is for this process, which lets a migration finish.
    detached: true,
    windowsHide: true,
    env: {
      ...process.env,
      PGPASSWORD: password,
      SUPABASE_TELEMETRY_DISABLED: '1',
      DO_NOT_TRACK: '1',
      NO_COLOR: '1',
      NO_UPDATE_NOTIFIER: '1',
    },
  });
  guard(child);
  const kill = () => endWithChildren(child);
  signal?.addEventListener('abort', kill);
  let output = '';
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  signal?.removeEventListener('abort', kill);
  return { code, output, stdout };
}

/** It leads a group of its own, in which its own children are; Windows has none. */
function endWithChildren(child: ChildProcess): void {
  if (process.platform === 'win32' || child.pid === undefined) child.kill();
  else process.kill(-child.pid, 'SIGKILL');
}

/** What the CLI said from the failing migration on; the list of those that went well helps nobody. */
function failure(output: string): string {
  const lines = output.trim().split('\n');
  const last = lines.findLastIndex((line) => /^Applying migration/.test(line));
  return lines.slice(Math.max(last, 0)).slice(0, 20).join('\n');
}

function digests(project: Project): Record<string, string> {
  const folder = path.join(project.supabase, 'migrations');
  const migrations = fs.existsSync(folder)
    ? fs.readdirSync(folder).filter((name) => /^\d+_.*\.sql$/.test(name))
    : [];
  const files = migrations.sort().map((name) => [name, path.join(folder, name)] as const);
  const { enabled, sql_paths } = project.config.db.seed;
  for (const pattern of enabled ? sql_paths : []) {
    // Windows' own separators would be read as escapes.
    for (const seed of fs.globSync(pattern, { cwd: project.supabase }).sort())
      files.push([seed.replaceAll('\\', '/'), path.resolve(project.supabase, seed)]);
  }
  return Object.fromEntries(
    files.map(([name, file]) => [name, createHash('sha256').update(fs.readFileSync(file)).digest('hex')]),
  );
}

function readRecord(file: string): Record<string, string> {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string>) : {};
}
