import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Holding it means to be the only process that works on a state folder. */
export interface Lock {
  release(): void;
}

/** SQLite's code for "somebody else has it". */
const busy = 5;

/**
 * Takes the lock of a state folder, or gives null when another process has it. It is a lock of the operating system,
 * by way of SQLite: it ends with its process, however that ends, so neither a number that was given to another process
 * nor a clock that was set can make it stale. The file itself stays: one that is removed could be locked twice.
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
