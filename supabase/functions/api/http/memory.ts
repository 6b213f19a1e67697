import { problem } from './problem.ts';

/**
 * The bytes that the bodies and files of all requests may take together: the largest form and a little more. A function
 * has 256 MB. The runtime needs 90 MB, and released buffers are freed only by the next garbage collection.
 */
const MAX_RESERVED_BYTES = 90 * 1024 * 1024;

/** Bodies up to this size are not counted: a photo must not wait for the video of another user. */
const UNCOUNTED_BYTES = 1024 * 1024;

/** Long enough for several files of 50 MB before it, short enough for a client to wait. */
export const PATIENCE_MS = 20_000;

interface Waiting {
  bytes: number;
  start(): void;
}

let reserved = 0;
const waiting: Waiting[] = [];

/** The memory that is reserved for one body or file. */
export interface Reservation {
  /**
   * Waits for the memory of a body that grows to `size` and may become as large as `most`, or throws a 503. All of it at
   * once: two bodies with a part of it each would wait for each other.
   */
  reserve(size: number, most: number): Promise<void>;
  release(): void;
}

/** A reservation of no bytes yet. */
export function newReservation(): Reservation {
  let own = 0;
  return {
    async reserve(size, most) {
      if (size <= UNCOUNTED_BYTES || most <= own) return;
      await take(most - own);
      own = most;
    },
    release() {
      reserved -= own;
      own = 0;
      startWaiting();
    },
  };
}

async function take(bytes: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request: Waiting = { bytes, start: resolve };
  waiting.push(request);
  startWaiting();
  const timer = setTimeout(() => {
    const place = waiting.indexOf(request);
    if (place === -1) return;
    waiting.splice(place, 1);
    reject(problem('service_busy', 'Too many large files at once. Try again in a few seconds.'));
    startWaiting();
  }, PATIENCE_MS);
  await promise.finally(() => clearTimeout(timer));
}

/** First come, first served. */
function startWaiting(): void {
  for (let next = waiting[0]; next && reserved + next.bytes <= MAX_RESERVED_BYTES; next = waiting[0]) {
    reserved += next.bytes;
    waiting.shift();
    next.start();
  }
}
