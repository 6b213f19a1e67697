/** Counts events of all sockets together. */
export interface Rate {
  add(count?: number): void;
  /** Events a second, on average of the last minute. A tick counts when it is over. */
  average(): number;
}

/** Realtime's own: a limit is noticed within seconds, and a burst of less is allowed. */
const tickMs = 5_000;
const mostTicks = 12;

export function createRate(now: () => number = Date.now): Rate {
  let ticks: number[] = [];
  let count = 0;
  let tickEnds = now() + tickMs;

  function settle(): void {
    const over = now() - tickEnds;
    if (over < 0) return;
    const passed = Math.floor(over / tickMs) + 1;
    ticks = [...Array<number>(Math.min(passed - 1, mostTicks)).fill(0), count, ...ticks].slice(0, mostTicks);
    count = 0;
    tickEnds += passed * tickMs;
  }

  return {
    add(more = 1) {
      settle();
      count += more;
    },
    average() {
      settle();
      return ticks.length === 0
        ? 0
        : ticks.reduce((sum, tick) => sum + tick, 0) / ticks.length / (tickMs / 1000);
    },
  };
}
