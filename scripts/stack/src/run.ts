import fs from 'node:fs';
import path from 'node:path';
import { commandName } from './command-name.ts';
import { errorCode, StackError } from './errors.ts';
import { takeLock } from './lock.ts';
import type { Project } from './project.ts';
import { isStateFolder } from './state.ts';

/** A running stack, as it is written down for others to find. */
export interface Run {
  /** Random for each start: what a port answers tells whether it is still this one. */
  instance: string;
  pid: number;
  url: string;
  databaseUrl: string;
  mailboxUrl: string;
  /** Null where config.toml switches it off. */
  studioUrl: string | null;
}

/** Where a stack answers which one it is, and of which project. */
export const instancePath = '/_stack';

const fileOf = (project: Project) => path.join(project.state, 'run.json');

/** The stack of this project that runs now, or null; one that was killed does not count. */
export async function findRun(project: Project): Promise<Run | null> {
  refuseOthers(project);
  const run = readRun(project);
  if (!run || !isAlive(run.pid)) return null;
  return (await askInstance(run.url))?.instance === run.instance ? run : null;
}

/** Which stack answers at an address; null when none does. */
export async function askInstance(url: string): Promise<{ instance: string; project: string } | null> {
  try {
    const response = await fetch(url + instancePath, { signal: AbortSignal.timeout(2_000) });
    const { instance, project } = (await response.json()) as Record<string, unknown>;
    return typeof instance === 'string' ? { instance, project: String(project) } : null;
  } catch {
    return null;
  }
}

/** The state of a project, held by this process alone. */
export interface Claim {
  /** Writes down what runs, for `findRun`. */
  publish(run: Run): void;
  /** Gives it free. */
  release(): void;
}

/** Takes the project's state for this process. Another process that has it is a StackError. */
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
  // What an earlier process wrote and could not take back.
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

/** Another account's state looks like none at all: that is a StackError instead. */
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

/** What the process that has the state wrote down, whether or not it answers yet. */
export function readRun(project: Project): Run | null {
  try {
    return JSON.parse(fs.readFileSync(fileOf(project), 'utf8')) as Run;
  } catch {
    return null;
  }
}

/** Whether a process with this number exists. One that has ended and that nobody has taken note of does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Containers often have nothing that takes note of orphans: they stay in the list of processes. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return /\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
