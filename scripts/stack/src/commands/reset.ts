import { createInterface } from 'node:readline/promises';
import { commandName } from '../command-name.ts';
import { StackError } from '../errors.ts';
import type { Project } from '../project.ts';
import { claimState, isClaimed, refuseOthers } from '../run.ts';
import { emptyState, isEmptyState, isStateFolder } from '../state.ts';
import { stop } from './stop.ts';

/**
 * Removes a project's database, files, keys and logs. Asks first, also whether to stop a stack that runs; `yes` removes
 * without asking, but stops nothing. Returns the exit code.
 */
export async function reset(project: Project, yes: boolean): Promise<number> {
  const { state } = project;
  refuseOthers(project);
  if (isEmptyState(state)) {
    console.log('There is nothing to remove.');
    return 0;
  }
  if (!isStateFolder(state)) {
    throw new StackError(
      `The folder ${state} is not the state of a stack; nothing was removed.`,
      'Name the folder that `start` had with --state.',
    );
  }
  const runs = isClaimed(project);
  if (!yes && process.stdin.isTTY) {
    if (!(await isAgreed(state, runs))) {
      console.log('Nothing was removed.');
      return 0;
    }
    if (runs) await stop(project);
  } else if (runs) {
    throw new StackError(
      'The stack of this project runs; nothing was removed.',
      `Stop it first: ${commandName('stop')}.`,
    );
  } else if (!yes) {
    throw new StackError(
      'There is no terminal to ask whether to go on; nothing was removed.',
      `To remove the local database and all files without being asked: ${commandName('reset', '--yes')}.`,
    );
  }
  const claim = claimState(project);
  try {
    emptyState(state);
  } finally {
    claim.release();
  }
  console.log('Removed. The next start begins afresh.');
  return 0;
}

async function isAgreed(state: string, runs: boolean): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const warning = `This ${runs ? 'stops the stack that runs, and ' : ''}removes the local database and all files in ${state}.`;
  const answer = await terminal.question(`${warning} Go on? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
