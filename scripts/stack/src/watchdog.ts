import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** How a child is ended that has outlived this process: at once, or so that PostgreSQL shuts down in order. */
export type Ending = 'kill' | 'postgres';

const program = fileURLToPath(new URL('./watchdog-process.ts', import.meta.url));

/** Windows starts no program without these. */
const needed = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(path|systemroot)$/i.test(name)),
);

let watchdog: ChildProcess | null = null;

/**
 * Sees to it that a child never outlives this process, even when this one is killed and can do nothing more: a small
 * process beside it knows the children, and ends them when its standard input closes. The child has to be `detached`,
 * since it is ended with all that it has started.
 */
export function guard(child: ChildProcess, ending: Ending = 'kill'): void {
  const { pid } = child;
  if (pid === undefined) return;
  tell(`+${pid} ${ending}\n`);
  child.once('exit', () => tell(`-${pid}\n`));
}

function tell(line: string): void {
  if (!watchdog || watchdog.exitCode !== null || watchdog.signalCode !== null) watchdog = start();
  watchdog.stdin?.write(line);
}

function start(): ChildProcess {
  const child = spawn(process.execPath, [program], {
    // Nobody's folder and terminal are kept busy by it.
    cwd: '/',
    env: needed,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    windowsHide: true,
  });
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  // It ends when this process does: it must not be what keeps this process.
  child.unref();
  (child.stdin as Socket).unref();
  return child;
}
