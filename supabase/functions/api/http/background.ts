/** Supabase's runtime keeps a function alive until the promise is settled. Elsewhere the process stays alive. */
interface Runtime {
  EdgeRuntime?: { waitUntil(promise: Promise<unknown>): void };
}

/** Starts work that the answer does not wait for. An error is logged. */
export function inBackground(what: string, work: () => Promise<unknown>): void {
  const done = work().catch((error: unknown) => console.error(`${what} failed in the background:`, error));
  (globalThis as Runtime).EdgeRuntime?.waitUntil(done);
}
