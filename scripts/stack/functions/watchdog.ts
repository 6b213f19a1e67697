/// <reference lib="deno.worker" />
// A thread beside a function's own: it measures the process while the function computes, and reports what is too much.
// Hosted functions have limits for each request; source: Supabase, Edge Functions, Limits.
import { type Figures, type Limits, sayLine } from './reports.ts';

const everyMs = 50;

/** A thread that computes this share of the time is at work; less is upkeep. */
const busyShare = 0.2;

/** How long the function's thread may take to look at its memory, once it is asked. */
const patienceMs = 500;

/** Memory that grew by less since it was last looked at is not looked at again so soon. */
const memoryStepBytes = 16 * 1024 * 1024;

self.onmessage = ({ data }) => {
  const { mark, limits, shared } = data as { mark: string; limits: Limits; shared: SharedArrayBuffer };
  const figures = new Float64Array(shared) as unknown as Figures;
  const memoryAtFirst = Deno.memoryUsage().rss;
  let usedBefore = cpuTime();
  /** CPU time of the process when its thread was last seen to be free. */
  let freeAt = usedBefore;
  let askedAt: number | null = null;
  let strikes = 0;

  /** CPU time that the oldest request, or one piece of code without a pause, has had. */
  function computing(used: number): number {
    const [active, clock, accounted, oldest] = figures;
    const withoutPause = used - Math.max(accounted, freeAt);
    if (active === 0) return withoutPause;
    return Math.max(withoutPause, clock + (used - accounted) / active - oldest);
  }

  function overMemory(): boolean {
    const grown = Deno.memoryUsage().rss - memoryAtFirst;
    if (grown < limits.memoryBytes) {
      askedAt = null;
      return false;
    }
    // Nobody needs twice as much, not even for what waits to be collected.
    if (grown > 2 * limits.memoryBytes) return true;
    const seen = figures[4];
    if (seen > 0 && grown + memoryAtFirst < seen + memoryStepBytes) {
      askedAt = null;
      return false;
    }
    if (askedAt === null) {
      askedAt = performance.now();
      self.postMessage('memory');
    }
    return performance.now() - askedAt > patienceMs;
  }

  function report(limit: 'cpu' | 'memory'): void {
    clearInterval(timer);
    try {
      sayLine(Deno.stderr, `\n${mark}`, { limit });
    } catch {
      // Nobody is there any more to end the process, and a thread may not: running out of memory does.
      const waste: unknown[] = [];
      for (;;) waste.push(new Array(1_000_000).fill(waste));
    }
  }

  const timer = setInterval(() => {
    const used = cpuTime();
    const busy = used - usedBefore > everyMs * busyShare;
    usedBefore = used;
    if (busy || figures[0] > 0) self.postMessage('account');
    if (!busy) freeAt = used;
    // Twice in a row: the figures are not all written at the same instant.
    strikes = computing(used) > limits.cpuMs ? strikes + 1 : 0;
    if (strikes > 1) report('cpu');
    else if (overMemory()) report('memory');
  }, everyMs);
};

function cpuTime(): number {
  const { user, system } = Deno.cpuUsage();
  return (user + system) / 1000;
}
