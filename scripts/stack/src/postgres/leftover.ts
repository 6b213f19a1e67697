import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from '../errors.ts';
import { isAlive } from '../run.ts';

/** A fast shutdown writes a checkpoint first. */
const patienceMs = 30_000;

/** How long to wait for a server that does not answer: it starts or shuts down. */
const silentPatienceMs = 10_000;

/**
 * Ends the server of an earlier run that was killed: it would still use the data. Usually the watchdog is already ending
 * it. `isOurs` tells whether the server on a port accepts our password.
 */
export async function endLeftover(
  dataDir: string,
  isOurs: (port: number) => Promise<boolean>,
): Promise<void> {
  const pidFile = path.join(dataDir, 'postmaster.pid');
  if (!fs.existsSync(pidFile)) return;
  const lines = fs.readFileSync(pidFile, 'utf8').split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (process.platform !== 'linux') {
    if (isAlive(pid) && (await isOurs(port))) process.kill(pid, 'SIGINT');
    else return waitUntil(() => !isAlive(pid) || !fs.existsSync(pidFile), silentPatienceMs);
    await waitUntil(() => !isAlive(pid), patienceMs);
    if (isAlive(pid)) throw doesNotEnd(pid);
    return;
  }
  // Linux lists the processes that work in the folder: the server and, for a moment after a kill, its children.
  if (workingIn(dataDir).includes(pid)) process.kill(pid, 'SIGINT');
  await waitUntil(() => workingIn(dataDir).length === 0, patienceMs);
  const [left] = workingIn(dataDir);
  if (left !== undefined) throw doesNotEnd(left);
  // The process id may be reused by now: PostgreSQL would take that process for its server.
  fs.rmSync(pidFile, { force: true });
}

async function waitUntil(isSo: () => boolean, mostMs: number): Promise<void> {
  for (let waited = 0; waited < mostMs && !isSo(); waited += 50) await delay(50);
}

/** The processes whose working directory is this folder, as PostgreSQL's is its data's. */
function workingIn(folder: string): number[] {
  const { dev, ino } = fs.statSync(folder);
  return fs.readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const at = fs.statSync(`/proc/${name}/cwd`);
      return at.dev === dev && at.ino === ino && isAlive(Number(name)) ? [Number(name)] : [];
    } catch {
      // Another account's, or gone by now.
      return [];
    }
  });
}

function doesNotEnd(pid: number): StackError {
  return new StackError(
    `A PostgreSQL of an earlier run (process ${pid}) does not end.`,
    `End it with \`kill -9 ${pid}\` and start again: no committed write is lost.`,
  );
}
