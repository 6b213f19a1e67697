import { createInterface } from 'node:readline/promises';
import { StackError } from '../errors.ts';
import type { Project } from '../project.ts';
import { claimState, refuseOthers } from '../run.ts';
import { emptyState, isEmptyState, isStateFolder } from '../state.ts';

/** Removes a project's database, files, keys and logs. A StackError while its stack runs. Returns the exit code. */
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
  const claim = claimState(project);
  try {
    if (!yes && process.stdin.isTTY && !(await isAgreed(state))) return 0;
    emptyState(state);
  } finally {
    claim.release();
  }
  console.log('Removed. The next start begins afresh.');
  return 0;
}

async function isAgreed(state: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const question = `This removes the local database and all files in ${state}. Go on? [y/N] `;
  const answer = await terminal.question(question);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
