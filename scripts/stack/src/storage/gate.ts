/** Lets `most` tasks run at once; the next ones wait, and with `longestQueue` of them waiting `refuse` throws. */
export function createGate(most: number, longestQueue: number, refuse: () => never) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (waiting.length >= longestQueue) refuse();
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
