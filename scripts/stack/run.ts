import fs from 'node:fs';
import path from 'node:path';
import { errorCode, StackError } from './errors.ts';
import type { Project } from './project.ts';

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

/** Where a stack answers which one it is. */
export const instancePath = '/_stack';

const fileOf = (project: Project) => path.join(project.state, 'run.json');

/** The stack of this project that runs now, or null; one that was killed does not count. */
export async function findRun(project: Project): Promise<Run | null> {
  const run = readRun(project);
  if (!run || !isAlive(run.pid)) return null;
  try {
    const response = await fetch(run.url + instancePath, { signal: AbortSignal.timeout(2_000) });
    const body = (await response.json()) as { instance?: unknown };
    return body.instance === run.instance ? run : null;
  } catch {
    return null;
  }
}

/** A start or a stop takes less than this: a record of a process that lives longer without answering is stale. */
const longestStartMs = 120_000;

/** Writes down that this process runs the project's stack. Another process that is about to is a StackError. */
export function claimRun(project: Project, run: Run): void {
  const file = fileOf(project);
  const other = readRun(project);
  if (other && other.pid !== process.pid && isAlive(other.pid)) {
    const age = Date.now() - fs.statSync(file).mtimeMs;
    if (age < longestStartMs) {
      throw new StackError(
        `Process ${other.pid} is starting or stopping the stack of this project.`,
        `Wait a moment and try again; if there is no such process of yours, remove ${file}.`,
      );
    }
  }
  fs.rmSync(file, { force: true });
  try {
    fs.writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    throw new StackError('Another process started this project at the same moment.', 'Try again.', {
      cause: error,
    });
  }
}

/** Takes that back. */
export function releaseRun(project: Project): void {
  if (readRun(project)?.pid === process.pid) fs.rmSync(fileOf(project), { force: true });
}

function readRun(project: Project): Run | null {
  try {
    return JSON.parse(fs.readFileSync(fileOf(project), 'utf8')) as Run;
  } catch {
    return null;
  }
}

/** Whether a process with this number exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
