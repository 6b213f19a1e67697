import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../errors.ts';
import type { EdgeFunction } from './definitions.ts';
import { type FunctionProcess, type Launch, launch } from './function-process.ts';

/** How long a request waits for a function that is being started or restarted. */
const patienceMs = 10_000;

/** Waits before a restart after a crash; doubled for each further one in a row. */
const firstWaitMs = 100;
const longestWaitMs = 5_000;

/** A function that has run for this long, or has had a request, is not in a crash loop. */
const healthyAfterMs = 10_000;

/** The source and settings of a function; a change starts another process beside the running one. */
export type Version = Pick<Launch, 'project' | 'definition' | 'environment'>;

/** An edge function that is kept running: restarted when its process ends, replaced when its code changes. */
export interface Runner {
  readonly definition: EdgeFunction;
  /** The process that serves now, or null. */
  readonly current: FunctionProcess | null;
  /** Waits for a process; `restarting` when none comes in time, `broken` when the function does not start. */
  wait(): Promise<FunctionProcess | 'restarting' | 'broken'>;
  /**
   * Starts a version; when it listens it takes over, and the one before it finishes what it has begun. Rejects with a
   * StackError, and leaves the one before it serving, when it does not start; resolves early when a later version came.
   */
  replace(version: Version): Promise<void>;
  /** Ends it, after the requests and background tasks in flight or `mostMs` milliseconds. */
  stop(mostMs: number): Promise<void>;
}

/** Options that all functions of a stack share. */
export type Common = Pick<Launch, 'limits'> & {
  log(level: Parameters<Launch['log']>[0], name: string, text: string): void;
  /** How long a process that was replaced may take to finish, in milliseconds. */
  drainMs: number;
};

/** Makes the runner of a function that has not been started yet. */
export function createRunner(first: Version, common: Common): Runner {
  let version = first;
  let current: FunctionProcess | null = null;
  let starting = new AbortController();
  let stopped = false;
  let broken = false;
  let crashes = 0;
  let changed = Promise.withResolvers<void>();
  /** Processes that were replaced, and finish. */
  const leaving = new Set<FunctionProcess>();
  const { name } = first.definition;

  /** Wakes the requests that wait. */
  function settle(): void {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  }

  async function start(next: Version): Promise<void> {
    starting.abort();
    const mine = new AbortController();
    starting = mine;
    try {
      const started = await launch({
        ...next,
        limits: common.limits,
        log: (level, text) => common.log(level, name, text),
        signal: mine.signal,
      });
      if (mine.signal.aborted || stopped) {
        await started.drain(0);
        return;
      }
      const before = current;
      current = started;
      version = next;
      broken = false;
      started.ended.then(() => {
        if (current !== started) return;
        recover(started.used || Date.now() - started.startedAt > healthyAfterMs);
      });
      if (before) leave(before, common.drainMs);
    } catch (error) {
      if (mine.signal.aborted) return;
      broken = current === null;
      throw error;
    } finally {
      settle();
    }
  }

  async function leave(process: FunctionProcess, mostMs: number): Promise<void> {
    leaving.add(process);
    await process.drain(mostMs);
    leaving.delete(process);
  }

  /** Starts again after the process ended by itself, more slowly each time while it keeps doing so. */
  async function recover(healthy: boolean): Promise<void> {
    current = null;
    let turn = starting;
    crashes = healthy ? 0 : crashes + 1;
    if (!stopped) common.log('warn', name, 'The function ended; it is started again');
    for (;;) {
      // The first restart is immediate.
      const wait = crashes === 0 ? 0 : firstWaitMs * 2 ** (crashes - 1);
      await delay(Math.min(wait, longestWaitMs), undefined, { ref: false });
      // A change of its code has started it meanwhile, or is about to.
      if (stopped || turn !== starting) return;
      try {
        await start(version);
        return;
      } catch (error) {
        common.log('error', name, errorMessage(error));
        crashes++;
        turn = starting;
      }
    }
  }

  return {
    get definition() {
      return version.definition;
    },
    get current() {
      return current;
    },
    async wait() {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        if (current) return current;
        if (broken) return 'broken';
        const left = deadline - Date.now();
        if (stopped || left <= 0) return 'restarting';
        await Promise.race([changed.promise, delay(left, undefined, { ref: false })]);
      }
    },
    replace(next) {
      return start(next);
    },
    async stop(mostMs) {
      stopped = true;
      starting.abort();
      settle();
      if (current) leaving.add(current);
      current = null;
      await Promise.all([...leaving].map((process) => leave(process, mostMs)));
    },
  };
}
