// What passes between a function's process and the stack. Both import it, so it imports nothing.

/** Limits of a function. */
export interface Limits {
  /** From the start until it listens, in milliseconds. */
  bootMs: number;
  /** CPU time for one request, in milliseconds. */
  cpuMs: number;
  /** Memory in use, in bytes. */
  memoryBytes: number;
}

/** One line from the process: it listens, it logs something, or it exceeds a limit. */
export type Report =
  | { port: number }
  | { level: 'debug' | 'info' | 'warn' | 'error'; text: string }
  | { limit: 'cpu' | 'memory' };

/** Numbers that the function's thread shares with the watchdog. CPU times are of the whole process, without upkeep. */
export const figures = {
  /** CPU time when the function's thread last answered the watchdog. */
  answeredAt: 0,
  /** CPU time when the process last had no request. */
  idleAt: 1,
  /** Requests and background tasks that have begun since; 0 while there are none. */
  begun: 2,
  /** CPU time that the process used while it did next to nothing. */
  upkeep: 3,
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

/** CPU time in milliseconds; `usage` is what `process.cpuUsage` gives. */
export function cpuTime({ user, system }: { user: number; system: number }, shared: Float64Array): number {
  return (user + system) / 1000 - (shared[figures.upkeep] ?? 0);
}
