import fs from 'node:fs';
import path from 'node:path';
import { errorCode, errorMessage, StackError } from './errors.ts';
import { lockName } from './lock.ts';

/**
 * Makes the state folder, or checks that the existing one is a state folder of this account. It holds keys and data, so
 * it is readable by its owner only and never committed. On Windows a folder of the user has such rights by default.
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

/** Whether this folder is the state of a stack. */
export function isStateFolder(state: string): boolean {
  return ['keys.json', lockName].some((name) => fs.existsSync(path.join(state, name)));
}

/** Whether there is anything in it that a reset would remove. */
export function isEmptyState(state: string): boolean {
  return !fs.existsSync(state) || fs.readdirSync(state).every((name) => keptNames.has(name));
}

/** Empties a state folder, except for the lock. */
export function emptyState(state: string): void {
  for (const name of fs.readdirSync(state)) {
    // On Windows a file cannot be removed while an ending process still has it open.
    if (!keptNames.has(name))
      fs.rmSync(path.join(state, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** The lock stays: the process that empties the folder holds it. */
const keptNames = new Set([lockName, '.gitignore']);

/** A reset empties the folder: a folder with the user's own files must not become a state folder. */
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
