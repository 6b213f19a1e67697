/// <reference lib="deno.worker" />
// A thread beside the function's own, which sees what that one, in an endless loop, cannot report.
import process from 'node:process';
import { cpuTime, figures, type Limits, sayLine } from './reports.ts';

const everyMs = 50;

/** A process that computes less of the time does next to nothing. */
const upkeepShare = 0.2;

self.onmessage = ({ data }) => {
  const { mark, limits, shared } = data as { mark: string; limits: Limits; shared: SharedArrayBuffer };
  const memory = new Float64Array(shared);
  const read = (figure: keyof typeof figures) => memory[figures[figure]] ?? 0;
  const memoryAtStart = Deno.memoryUsage().rss;
  let usedBefore = cpuTime(process.cpuUsage(), memory);

  const timer = setInterval(() => {
    const used = cpuTime(process.cpuUsage(), memory);
    // A request that waits for minutes must not pay for the watchdog.
    if (used - usedBefore < everyMs * upkeepShare) {
      memory[figures.upkeep] = read('upkeep') + used - usedBefore;
      return;
    }
    usedBefore = used;
    self.postMessage('look');
    // Deno measures processes, not requests: requests that run at the same time share what they use.
    const perRequest = read('begun') > 0 ? (used - read('idleAt')) / read('begun') : 0;
    const withoutPause = used - read('answeredAt');
    if (Math.max(perRequest, withoutPause) > limits.cpuMs) report('cpu');
    // The function's thread looks at its memory itself, unless it is too busy to.
    else if (Deno.memoryUsage().rss - memoryAtStart > 2 * limits.memoryBytes) report('memory');
  }, everyMs);

  function report(limit: 'cpu' | 'memory'): void {
    clearInterval(timer);
    sayLine(Deno.stderr, `\n${mark}`, { limit });
  }
};
