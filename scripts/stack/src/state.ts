import fs from 'node:fs';
import path from 'node:path';
import { errorCode, errorMessage, StackError } from './errors.ts';
import { lockName } from './lock.ts';

/**
 * Makes the state folder, or makes sure that the one that is there is one, and the own account's. It holds keys and
 * data: its owner's alone, and never part of a commit. On Windows a folder in the user's own has such rights by itself.
 */
export function makeStateFolder(state: string): void {
  try {
    if (!isStateFolder(state)) refuseForeignFolder(state);
    fs.mkdirSync(path.join(state, 'logs'), { recursive: true, mode: 0o700 });
    fs.writeFileSync(path.join(state, '.gitignore'), '*\n', { mode: 0o600 });
    const uid = process.getuid?.();
    const owner = fs.statSync(state).uid;
    if (uid !== undefined && owner !== uid) throw notYours(state);
    if (uid !== undefined) fs.chmodSync(state, 0o700);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EACCES' || code === 'EPERM') throw notYours(state, error);
    if (['EROFS', 'ENOTDIR', 'ENOENT', 'EEXIST'].includes(code ?? '')) {
      throw new StackError(
        `The folder ${state} cannot be made: ${errorMessage(error)}.`,
        'Name another folder for database, files and keys with --state.',
        { cause: error },
      );
    }
    throw error;
  }
}

/** Whether a stack has kept its state in this folder. */
export function isStateFolder(state: string): boolean {
  return ['keys.json', lockName].some((name) => fs.existsSync(path.join(state, name)));
}

/** Whether there is anything in it that a reset would remove. */
export function isEmptyState(state: string): boolean {
  return !fs.existsSync(state) || fs.readdirSync(state).every((name) => keptNames.has(name));
}

/** Empties a state folder, but for what is in no stack's way. */
export function emptyState(state: string): void {
  for (const name of fs.readdirSync(state)) {
    // Windows lets nobody remove a file that a process which is just ending still has open.
    if (!keptNames.has(name))
      fs.rmSync(path.join(state, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** The lock stays: whoever empties the folder holds it. */
const keptNames = new Set([lockName, '.gitignore']);

/** A reset empties the folder: one with a person's own files in it must not become a state folder. */
function refuseForeignFolder(state: string): void {
  if (
    !fs.existsSync(state) ||
    fs.readdirSync(state).every((name) => name === '.gitignore' || name === 'logs')
  )
    return;
  throw new StackError(
    `The folder ${state} holds other things than the state of a stack.`,
    'Name an empty folder, or one that is not there yet, with --state.',
  );
}

function notYours(state: string, cause?: unknown): StackError {
  return new StackError(
    `The folder ${state} belongs to another account, or its rights keep this one out.`,
    'Start as the account that it belongs to, or name another folder with --state.',
    { cause },
  );
}
