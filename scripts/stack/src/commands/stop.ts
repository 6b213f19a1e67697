import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from '../errors.ts';
import type { Project } from '../project.ts';
import { isClaimed, readRun } from '../run.ts';

/** The database may take a while for its last checkpoint. */
const longestStopMs = 60_000;

/** Stops the stack of a project, even while it starts, and waits until it has ended. Returns the exit code. */
export async function stop(project: Project): Promise<number> {
  if (!isClaimed(project)) {
    console.log('Nothing runs for this project.');
    return 0;
  }
  let told: number | null = null;
  for (let waited = 0; isClaimed(project); waited += 100) {
    // A start records its process id a moment after it has taken the state.
    const pid = readRun(project)?.pid;
    if (pid && told !== pid) tell(pid);
    told = pid ?? null;
    if (waited > longestStopMs) {
      throw new StackError(
        `Process ${pid ?? 'of this project'} does not end.`,
        `End it with \`kill -9${pid ? ` ${pid}` : ''}\`: no committed write is lost.`,
      );
    }
    await delay(100);
  }
  console.log('Stopped.');
  return 0;
}

/** Windows has no signals: there the process ends at once, and its watchdog ends the rest. No committed write is lost. */
function tell(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has just ended by itself.
  }
}
