import fs from 'node:fs';
import path from 'node:path';
import { commandName } from './command-name.ts';
import { errorCode, StackError } from './errors.ts';
import { takeLock } from './lock.ts';
import type { Project } from './project.ts';
import { isStateFolder } from './state.ts';

/** A running stack, as recorded in `run.json` for other commands. */
export interface Run {
  /** Random for each start: the answer of the port shows whether it is still this one. */
  instance: string;
  pid: number;
  url: string;
  databaseUrl: string;
  mailboxUrl: string;
  /** Null where config.toml switches it off. */
  studioUrl: string | null;
  /** Addresses that the project wants shown, by name. */
  pages: Record<string, string>;
}

/** A stack before it has all its addresses. */
type Starting = Pick<Run, 'pid'>;

/** The path at which a stack identifies itself and its project. */
export const instancePath = '/_stack';

/** How long a program on the port of a record may take to answer, in milliseconds: the machine may be busy. */
const ownPatienceMs = 15_000;

/** How long a program on any port may take. */
const patienceMs = 2_000;

const fileOf = (project: Project) => path.join(project.state, 'run.json');

/** The running stack of this project, or null; a stack that was killed does not count. */
export async function findRun(project: Project): Promise<Run | null> {
  refuseOthers(project);
  const run = readRun(project);
  if (!run || !('url' in run) || !isAlive(run.pid)) return null;
  return (await askInstance(run.url, ownPatienceMs))?.instance === run.instance ? run : null;
}

/** The stack that answers at a URL, or null. */
export async function askInstance(
  url: string,
  patience = patienceMs,
): Promise<{ instance: string; project: string } | null> {
  try {
    const response = await fetch(url + instancePath, { signal: AbortSignal.timeout(patience) });
    const { instance, project } = (await response.json()) as Record<string, unknown>;
    return typeof instance === 'string' ? { instance, project: String(project) } : null;
  } catch {
    return null;
  }
}

/** Exclusive use of a project's state. */
export interface Claim {
  /** Records the run, for `findRun`; a start that has no addresses yet, for `stop`. */
  publish(run: Run | Starting): void;
  /** Ends it. */
  release(): void;
}

/** Takes the project's state for this process; a StackError when another process has it. */
export function claimState(project: Project): Claim {
  const lock = takeLock(project.state);
  if (!lock) {
    const pid = readRun(project)?.pid;
    throw new StackError(
      `Another process${pid ? ` (${pid})` : ''} runs, starts, stops or resets the stack of this project.`,
      `Wait a moment and try again; ${commandName('status')} says what runs, ${commandName('stop')} ends it.`,
    );
  }
  const file = fileOf(project);
  const forget = () => fs.rmSync(file, { force: true });
  // The record of an earlier process that was killed.
  forget();
  return {
    publish(run) {
      fs.writeFileSync(`${file}.new`, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
    },
    release() {
      forget();
      lock.release();
    },
  };
}

/** Whether a process has the project's state; it may be starting, running or stopping. */
export function isClaimed(project: Project): boolean {
  refuseOthers(project);
  if (!isStateFolder(project.state)) return false;
  const lock = takeLock(project.state);
  lock?.release();
  return lock === null;
}

/** Throws a StackError for another account's state, which would look like none at all. */
export function refuseOthers(project: Project): void {
  try {
    if (fs.existsSync(project.state)) fs.accessSync(project.state, fs.constants.R_OK);
  } catch (error) {
    throw new StackError(
      `${project.state} is another account's.`,
      'Run the command as the account that started the stack.',
      { cause: error },
    );
  }
}

/** The record of the process that has the state, whether or not it answers yet. */
export function readRun(project: Project): Run | Starting | null {
  try {
    return JSON.parse(fs.readFileSync(fileOf(project), 'utf8')) as Run | Starting;
  } catch {
    return null;
  }
}

/** Whether a process with this id runs. A zombie does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Containers often lack an init process that reaps orphans: they stay in the list of processes. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return /\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
