/// <reference lib="deno.worker" />
// A thread beside a function's own: it measures the process while the function computes, and reports what is too much.
// Hosted functions have limits for each request; source: Supabase, Edge Functions, Limits.
import process from 'node:process';
import { figures, type Limits, sayLine } from './reports.ts';

const everyMs = 50;

/** A thread that computes this share of the time is at work; less is upkeep. */
const busyShare = 0.2;

/** How long the function's thread may take to look at its memory, once it is asked. */
const patienceMs = 500;

/** Memory that grew by less since it was last looked at is not looked at again so soon. */
const memoryStepBytes = 16 * 1024 * 1024;

self.onmessage = ({ data }) => {
  const { mark, limits, shared } = data as { mark: string; limits: Limits; shared: SharedArrayBuffer };
  const memory = new Float64Array(shared);
  const read = (figure: keyof typeof figures) => memory[figures[figure]] ?? 0;
  const memoryAtFirst = Deno.memoryUsage().rss;
  let usedBefore = cpuTime();
  /** CPU time of the process when its thread was last seen to be free. */
  let freeAt = usedBefore;
  let askedAt: number | null = null;
  let strikes = 0;

  /**
   * CPU time that one request, task or piece of code has surely had. Several at a time cannot be told apart: when they
   * have had it together, without one that began or ended, one of them has had its part at least.
   */
  function computing(used: number): number {
    const active = read('active');
    const withoutPause = used - Math.max(read('seenAt'), freeAt);
    const unchanged = used - read('changedAt');
    if (active === 0) return Math.max(withoutPause, Math.min(unchanged, used - freeAt));
    const alone = active === 1 ? read('alone') + used - read('seenAt') - read('aloneSince') : 0;
    return Math.max(withoutPause, unchanged / active, alone);
  }

  function overMemory(): boolean {
    const grown = Deno.memoryUsage().rss - memoryAtFirst;
    if (grown < limits.memoryBytes) {
      askedAt = null;
      return false;
    }
    // Nobody needs twice as much, not even for what waits to be collected.
    if (grown > 2 * limits.memoryBytes) return true;
    const seen = read('memorySeen');
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
    if (busy || read('active') > 0) self.postMessage('account');
    if (!busy) freeAt = used;
    // Twice in a row: the figures are not all written at the same instant.
    strikes = computing(used) > limits.cpuMs ? strikes + 1 : 0;
    if (strikes > 1) report('cpu');
    else if (overMemory()) report('memory');
  }, everyMs);
};

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
