// What passes between a function's process and the stack. Read by both: it imports nothing.

/** What a function may use. */
export interface Limits {
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

/** What is in the memory that the function's thread and the watchdog share, in order. Times are milliseconds of CPU time. */
export const figures = [
  'how much is active',
  'what something active from the beginning has got',
  'what the process had used at the last entry',
  'the second figure when the oldest that is active began',
  'resident memory, in bytes, that was found to be rightly used',
] as const;

/** The figures, by their place. */
export type Figures = [number, number, number, number, number] & { buffer: SharedArrayBuffer };

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
