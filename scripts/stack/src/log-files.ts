import fs from 'node:fs';
import path from 'node:path';

/** A longer log is put aside; together with the one put aside before, a log takes up twice as much. */
const mostBytes = 10 * 1024 * 1024;

const checkEveryMs = 5_000;

/** The logs of a state folder. */
export function logsFolder(state: string): string {
  return path.join(state, 'logs');
}

/**
 * Keeps the logs of a folder bounded; the returned function stops that. A log is copied and then truncated, not renamed:
 * PostgreSQL keeps its file open and appends to it.
 */
export function boundLogs(folder: string): () => void {
  const bound = () => {
    for (const name of fs.readdirSync(folder)) if (name.endsWith('.log')) boundLog(path.join(folder, name));
  };
  bound();
  const timer = setInterval(() => {
    try {
      bound();
    } catch {
      // A full disk, for example: no reason to end the stack.
    }
  }, checkEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Puts a log aside as `<name>.1` and empties it, if it is longer than `most` bytes. */
export function boundLog(file: string, most = mostBytes): void {
  if (fs.statSync(file).size <= most) return;
  fs.copyFileSync(file, `${file}.1`);
  fs.truncateSync(file);
}
