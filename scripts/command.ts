import { errorMessage, StackError } from 'embedded-supabase';

/** A failure that the user at the terminal can fix. The stack throws the same: both are printed alike. */
export { StackError as CommandError };

/** Runs a command. A failure ends it with 1; only a defect is printed with its stack trace. */
export function runMain(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    console.error(describe(error));
    process.exit(1);
  });
}

function describe(error: unknown): string {
  if (error instanceof StackError) return `${error.message}\n${error.advice}`;
  // System errors, a wrong command line and PostgreSQL's errors have a code; `fetch` wraps them.
  const { cause = error } = error as Error;
  const isKnown = cause instanceof Error && 'code' in cause;
  if (isKnown)
    return cause === error ? errorMessage(error) : `${errorMessage(error)}: ${errorMessage(cause)}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
