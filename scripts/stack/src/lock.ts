import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The process that holds it is the only one that works on a state folder. */
export interface Lock {
  release(): void;
}

/** SQLITE_BUSY: another process has the lock. */
const busy = 5;

/**
 * Takes the lock of a state folder, or returns null when another process has it. SQLite locks the file through the
 * operating system, so the lock ends with its process, and neither a reused process id nor a changed clock makes it stale.
 * The file itself stays: a file that is removed and made again could be locked twice.
 */
export function takeLock(state: string): Lock | null {
  const database = new DatabaseSync(path.join(state, lockName), { timeout: 0 });
  try {
    // Nothing is ever written, so the journal needs no file.
    database.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === busy) return null;
    throw error;
  }
  return { release: () => database.close() };
}

/** The file in the state folder that is locked. */
export const lockName = 'lock';
