import { setTimeout as delay } from 'node:timers/promises';

/** Waits until an expectation about something in the background holds; throws its last failure after ten seconds. */
export async function eventually<T>(expectation: () => Promise<T>): Promise<T> {
  const end = performance.now() + 10_000;
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await delay(50);
  }
}
