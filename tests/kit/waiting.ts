import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until an expectation about something in the background holds; throws its last failure after twenty seconds, as
 * long as a condition may take on a busy machine.
 */
export async function eventually<T>(expectation: () => Promise<T>): Promise<T> {
  const end = performance.now() + 20_000;
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await delay(50);
  }
}
