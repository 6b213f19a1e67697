import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import type { Keys } from '../src/keys.ts';
import type { Run } from '../src/run.ts';

const main = fileURLToPath(new URL('../bin.js', import.meta.url));
const template = fileURLToPath(new URL('./project', import.meta.url));

/** Copies the small project to a folder that no other account may enter, as `mktemp -d` makes them. */
export function copyProject(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stack-project-'));
  fs.cpSync(template, folder, { recursive: true });
  return folder;
}

/** A command of the stack in another process. */
export interface Command {
  child: ChildProcess;
  /** Its output so far. */
  output(): string;
  /** Resolves when it has printed that it is ready; rejects when it ends before. */
  ready: Promise<void>;
  /** Resolves with the exit code. */
  ended: Promise<number | null>;
}

/** The commands that run now. */
const commands: (Pick<Command, 'child' | 'ended'> & { project: string })[] = [];

/** Runs a command of the stack for a project. */
export function run(project: string, ...args: string[]): Command {
  return runBehind([], project, ...args);
}

/** As `run`, through a program that executes it, such as `unshare`. */
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
  const command = { project, child, ended };
  commands.push(command);
  ended.then(() => commands.splice(commands.indexOf(command), 1));
  return { child, output: () => text, ready, ended };
}

/** Waits until a condition holds. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`Timed out waiting until ${what}`);
    await delay(50);
  }
}

/** Returns a function that copies the project; after each test the copies are stopped and removed. */
export function projectsOfEachTest(): () => string {
  const projects: string[] = [];
  afterEach(() => removeProjects(projects));
  return () => {
    const project = copyProject();
    projects.push(project);
    return project;
  };
}

/** Stops the stacks of these projects, and removes the projects. */
export async function removeProjects(projects: string[]): Promise<void> {
  for (const project of projects.splice(0)) {
    await endCommands(project);
    // Its stack runs in the background, or its record is left of a stack that was killed.
    if (fs.existsSync(path.join(project, '.stack/run.json'))) await run(project, 'stop').ended;
    fs.rmSync(project, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** Ends the commands of a project that run, and waits for them. It needs no process of its own, unlike `stop`. */
async function endCommands(project: string): Promise<void> {
  const running = commands.filter((command) => command.project === project);
  for (const { child } of running) child.kill('SIGTERM');
  await Promise.all(running.map(({ ended }) => ended));
}

/** Addresses and keys of a running stack, from its state folder. */
export function addressesOf(project: string): Run & Pick<Keys, 'publishableKey' | 'secretKey'> {
  const read = (name: string) => JSON.parse(fs.readFileSync(path.join(project, '.stack', name), 'utf8'));
  const { publishableKey, secretKey } = read('keys.json') as Keys;
  return { ...(read('run.json') as Run), publishableKey, secretKey };
}

/** The output of `status --json` for a running stack. */
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
