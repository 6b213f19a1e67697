import { commandName } from '../command-name.ts';
import { keysOf } from '../configured-keys.ts';
import { checkHealth } from '../health.ts';
import type { Project } from '../project.ts';
import { findRun, isClaimed } from '../run.ts';
import { printAddresses } from './addresses.ts';

/** Prints what runs, where, and whether each part is well. Returns the exit code: 1 when nothing runs or a part is not well. */
export async function status(project: Project, json: boolean): Promise<number> {
  const run = await findRun(project);
  if (!run) {
    const busy = isClaimed(project) && 'The stack of this project is starting or stopping.';
    console.log(json ? 'null' : busy || `Nothing runs for this project. ${commandName('start')} starts it.`);
    return 1;
  }
  const keys = await keysOf(project);
  const health = await checkHealth(project, run, keys);
  if (json) {
    const { publishableKey, secretKey } = keys;
    console.log(JSON.stringify({ ...run, publishableKey, secretKey, health }, null, 2));
  } else {
    printAddresses(run, keys);
    console.log('');
    for (const [part, answer] of Object.entries(health)) console.log(`${part.padStart(16)}: ${answer}`);
  }
  return Object.values(health).every((answer) => answer === 'ok') ? 0 : 1;
}
