import fs from 'node:fs';
import { format } from 'node:util';

/** Which part of the stack reports something. */
export type Source = 'stack' | 'auth' | 'data-api' | 'gateway' | 'realtime' | 'storage' | 'studio';

let logFile: string | null = null;

/** Writes reports to a file as well; the returned function stops that. */
export function openServiceLog(file: string): () => void {
  logFile = file;
  return () => {
    logFile = null;
  };
}

/**
 * Prints an error or a sentence under the name of its source, and logs it. Reports of the studio are only logged: they
 * are statements that PostgreSQL refused, which its page shows.
 */
export function report(source: Source, ...values: unknown[]): void {
  const text = format(...values);
  if (source !== 'studio') process.stderr.write(`${source === 'stack' ? '' : `${source}: `}${text}\n`);
  if (!logFile) return;
  const line = `${new Date().toISOString()} error ${source} ${text}\n`;
  fs.appendFile(logFile, line, { mode: 0o600 }, () => {});
}
