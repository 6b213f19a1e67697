import fs from 'node:fs';
import path from 'node:path';

/** A log that grows beyond this is put aside; with the one that was put aside before, it takes up twice as much. */
const mostBytes = 10 * 1024 * 1024;

const checkEveryMs = 5_000;

/** The logs of a state folder. */
export function logsFolder(state: string): string {
  return path.join(state, 'logs');
}

/**
 * Keeps every log of the folder bounded, from now until the function that it returns is called. A log is copied and
 * then emptied, not renamed: PostgreSQL holds its file open, and goes on writing at the end of it.
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
      // A full disk, for one: the logs are the last thing to end a stack for.
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
