import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** How to end a child that has outlived this process: at once, or as PostgreSQL shuts down in order. */
export type Ending = 'kill' | 'postgres';

const program = fileURLToPath(new URL('./watchdog-process.ts', import.meta.url));

/** Windows starts no program without these. */
const needed = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(path|systemroot)$/i.test(name)),
);

let watchdog: ChildProcess | null = null;

/**
 * Guarantees that a child ends with this process, even when this process is killed: a small process beside it knows the
 * children, and ends them when its standard input closes. The child must be `detached`: its process group is ended.
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
    // It must not keep a folder or a terminal busy.
    cwd: '/',
    env: needed,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    windowsHide: true,
  });
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  // It ends with this process, and must not keep it alive.
  child.unref();
  (child.stdin as Socket).unref();
  return child;
}
