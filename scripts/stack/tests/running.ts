import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

const main = fileURLToPath(new URL('../bin.js', import.meta.url));
const template = fileURLToPath(new URL('./project', import.meta.url));

/** A copy of the small project in a folder that no other account may enter, as `mktemp -d` makes them. */
export function copyProject(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stack-project-'));
  fs.cpSync(template, folder, { recursive: true });
  return folder;
}

/** The stack's command line, in a process of its own. */
export interface Command {
  child: ChildProcess;
  /** All that it has printed. */
  output(): string;
  /** Resolves when it has printed that it is ready; rejects when it ends before. */
  ready: Promise<void>;
  /** Resolves with the exit code. */
  ended: Promise<number | null>;
}

/** Runs a command of the stack for a project. */
export function run(project: string, ...args: string[]): Command {
  return runBehind([], project, ...args);
}

/** As `run`, by way of another program that ends in becoming it, such as `unshare`. */
export function runBehind(prefix: readonly string[], project: string, ...args: string[]): Command {
  const [program = '', ...rest] = [...prefix, process.execPath, main, ...args, '--workdir', project];
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += chunk;
        if (/Ready\n/.test(text)) resolve();
      });
    }
    ended.then(() => reject(new Error(`it ended:\n${text}`)));
  });
  ready.catch(() => {});
  return { child, output: () => text, ready, ended };
}

/** Waits for a state that comes about by itself. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`This did not come about: ${what}`);
    await delay(50);
  }
}

/** A way to make projects of which each test begins with none: after it, they are ended and removed. */
export function projectsOfEachTest(): () => string {
  const projects: string[] = [];
  afterEach(() => removeProjects(projects));
  return () => {
    const project = copyProject();
    projects.push(project);
    return project;
  };
}

/** Ends what runs for these projects, and removes them. */
export async function removeProjects(projects: string[]): Promise<void> {
  for (const project of projects.splice(0)) {
    // One that was never started has nothing to end.
    if (fs.existsSync(path.join(project, '.stack'))) await run(project, 'stop').ended;
    fs.rmSync(project, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** What `status --json` says of a running stack. */
export async function statusOf(
  project: string,
  ...args: string[]
): Promise<
  Record<'url' | 'publishableKey' | 'secretKey' | 'databaseUrl' | 'studioUrl' | 'mailboxUrl', string> & {
    pid: number;
    health: Record<string, string>;
  }
> {
  const command = run(project, 'status', '--json', ...args);
  await command.ended;
  return JSON.parse(command.output());
}
