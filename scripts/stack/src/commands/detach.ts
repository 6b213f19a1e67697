import { spawn } from 'node:child_process';
import { commandName } from '../command-name.ts';
import { keysOf } from '../configured-keys.ts';
import type { Project } from '../project.ts';
import { findRun } from '../run.ts';
import { printAddresses } from './addresses.ts';

/**
 * Starts the stack in another process, waits until it is ready and leaves it running. `args` is this process's command
 * line without `--detach`. Returns the exit code: that of the other process when it did not start.
 */
export async function startDetached(project: Project, args: string[]): Promise<number> {
  // Pipes, not this terminal: a program that waits for the end of this output must not wait for the stack.
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    windowsHide: true,
  });
  child.stdout?.on('data', (chunk) => process.stdout.write(chunk));
  child.stderr?.on('data', (chunk) => process.stderr.write(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('message', () => resolve(null));
    child.once('close', (exitCode) => resolve(exitCode ?? 1));
    child.once('error', reject);
  });
  if (code !== null) return code;
  const run = await findRun(project);
  if (run) printAddresses(run, await keysOf(project));
  console.log(`\n${commandName('stop')} stops everything, ${commandName('logs')} shows its logs.`);
  return 0;
}
