// What passes between a function's process and the stack. Read by both: it imports nothing.

/** What a function may use. */
export interface Limits {
  /** From the start until it listens, in milliseconds. */
  bootMs: number;
  /** CPU time for one request, in milliseconds. */
  cpuMs: number;
  /** Memory in use, in bytes. */
  memoryBytes: number;
}

/** One line from the process: it listens, it said something, or it used too much. */
export type Report =
  | { port: number }
  | { level: 'debug' | 'info' | 'warn' | 'error'; text: string }
  | { limit: 'cpu' | 'memory' };

/**
 * What the function's thread and the watchdog share. CPU times are milliseconds that the whole process has used, since
 * Deno tells no other; what is `active` are requests, and promises given to `EdgeRuntime.waitUntil`.
 */
export const figures = {
  active: 0,
  /** CPU time when the function's thread last looked. */
  seenAt: 1,
  /** CPU time when something last began or ended. */
  changedAt: 2,
  /** CPU time that was used while exactly one thing was active. */
  alone: 3,
  /** The same when the one that is alone now began, moved on for what others may have left to it. */
  aloneSince: 4,
  /** Resident memory, in bytes, that was found to be rightly used. */
  memorySeen: 5,
} as const;

const encoder = new TextEncoder();

/** Writes a report as a line of its own, whatever stands before it. */
export function sayLine(
  stream: { writeSync(bytes: Uint8Array): number },
  mark: string,
  report: Report,
): void {
  let bytes = encoder.encode(`${mark}${JSON.stringify(report)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}
