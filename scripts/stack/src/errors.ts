/**
 * A failure that the user at the terminal can fix. It is printed as two sentences, the problem and the remedy, without a
 * stack trace. Any other error is a defect of the stack.
 */
export class StackError extends Error {
  /** The remedy, in one sentence. */
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StackError';
    this.advice = advice;
  }
}

/** The `code` of a system or PostgreSQL error (`ENOSPC`, `53100`, …), or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of a thrown value. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error or its text says that the disk is full, by the code or the words of the system or PostgreSQL. */
export function isDiskFull(error: unknown): boolean {
  const code = errorCode(error);
  return (
    code === 'ENOSPC' || code === '53100' || /no space left on device|disk full/i.test(errorMessage(error))
  );
}

/**
 * Whether an error says that the database cannot be reached now: it ended, starts, recovers from a crash, or has no
 * connection left. The same request may succeed soon.
 */
export function isDatabaseAway(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  if (error instanceof Error && 'severity' in error) return /^(08...|53300|57P0[123])$/.test(code);
  return /^(CONNECTION_|CONNECT_|ECONN|EPIPE$|ETIMEDOUT$)/.test(code);
}

/** The error for a full disk. */
export function diskFull(folder: string, cause?: unknown): StackError {
  return new StackError(
    `The disk that holds ${folder} is full.`,
    'Free some space there, then start again: no data is lost.',
    {
      cause,
    },
  );
}
