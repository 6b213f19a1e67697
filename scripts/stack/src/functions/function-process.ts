import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { StackError } from '../errors.ts';
import type { Project } from '../project.ts';
import { guard } from '../watchdog.ts';
import type { EdgeFunction } from './definitions.ts';
import { denoProgram, inheritedVariables, type Packages } from './deno.ts';
import { programArguments } from './deno-arguments.ts';
import { plain, readLines, startFailure } from './deno-output.ts';
import type { Level } from './function-log.ts';
import type { Limits, Report } from './reports.ts';

/** The options of a function's process. */
export interface Launch {
  project: Project;
  definition: EdgeFunction;
  environment: Record<string, string>;
  limits: Limits;
  log(level: Level, text: string): void;
  /** Cancels the start when a later one supersedes it. */
  signal: AbortSignal;
}

/** Why a process ended: it exceeded a limit, an error was not caught, or another reason. */
export type Ending = 'limit' | 'error' | 'other';

/** One function in a Deno process of its own that listens. */
export interface FunctionProcess {
  port: number;
  /** Its connections, kept open between requests. */
  agent: Agent;
  startedAt: number;
  /** Whether it has had a request. */
  readonly used: boolean;
  /** Counts one request; the function that it returns ends it, and may be called more than once. */
  hold(): () => void;
  /** Resolves when the process has ended. */
  ended: Promise<Ending>;
  /** Ends it after its requests and background tasks, or `mostMs`. May be called again with less. No new request may begin. */
  drain(mostMs: number): Promise<void>;
}

/** Starts a function's process and waits until it listens; a StackError quotes Deno's output when it does not. */
export async function launch(options: Launch): Promise<FunctionProcess> {
  try {
    return await attempt(options, 'manual');
  } catch (error) {
    // A package that the project has not installed comes from Deno's store, as without node_modules.
    const missing = error instanceof StackError && /matching package|node_modules/.test(error.message);
    if (!missing || options.signal.aborted) throw error;
    return attempt(options, 'none').catch(() => Promise.reject(error));
  }
}

async function attempt(options: Launch, packages: Packages): Promise<FunctionProcess> {
  const { project, definition, log } = options;
  const mark = `${randomUUID()}:`;
  const child = spawn(denoProgram(), programArguments(options, mark, packages), {
    cwd: project.root,
    env: {
      ...inheritedVariables(),
      ...options.environment,
      SB_EXECUTION_ID: randomUUID(),
      DENO_DEPLOYMENT_ID: `local_${definition.name}_${Date.now()}`,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    // The stack handles Ctrl-C.
    detached: true,
    windowsHide: true,
  });
  guard(child);
  // A process that has ended takes no more orders.
  child.stdin.on('error', () => {});
  let limit: 'cpu' | 'memory' | null = null;
  let uncaught = false;
  let listening = false;
  let said = '';
  let announce: (port: number) => void = () => {};
  const port = new Promise<number>((resolve) => {
    announce = resolve;
  });

  function take(report: Report): void {
    if ('port' in report) announce(report.port);
    else if ('level' in report) log(report.level, report.text);
    else if (!limit) {
      limit = report.limit;
      child.kill('SIGKILL');
    }
  }
  readLines(child.stdout, mark, take, (text) => log('info', text));
  readLines(child.stderr, mark, take, (text) => {
    if (!listening) said += `${text}\n`;
    if (/^(\s*\S*error\S*: Uncaught)/.test(plain(text))) uncaught = true;
    // V8's own words when the heap is full.
    if (/heap out of memory|Fatal JavaScript out of memory/.test(text)) limit = 'memory';
    else if (listening) log(/^\S*error/.test(plain(text)) ? 'error' : 'warn', text);
  });
  const ended = new Promise<Ending>((resolve) => {
    child.on('error', (error) => {
      said += error.message;
      resolve('other');
    });
    child.on('close', () => resolve(limit ? 'limit' : uncaught ? 'error' : 'other'));
  });
  const abort = () => child.kill('SIGKILL');
  options.signal.addEventListener('abort', abort, { once: true });
  const late = setTimeout(() => {
    said += `It did not listen within ${options.limits.bootMs / 1000} seconds.`;
    abort();
  }, options.limits.bootMs);
  const first = await Promise.race([port, ended]);
  clearTimeout(late);
  options.signal.removeEventListener('abort', abort);
  if (typeof first !== 'number') throw startFailure(project, definition, limit ? outOf(limit) : said);
  listening = true;

  const agent = new Agent({ keepAlive: true, scheduling: 'lifo' });
  let requests = 0;
  let used = false;
  let whenFree: (() => void) | null = null;
  let draining: Promise<void> | null = null;
  ended.then(() => {
    agent.destroy();
    if (limit) log('error', outOf(limit));
  });
  return {
    port: first,
    agent,
    startedAt: Date.now(),
    get used() {
      return used;
    },
    ended,
    hold() {
      used = true;
      requests++;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        if (--requests === 0) whenFree?.();
      };
    },
    async drain(mostMs) {
      const timer = setTimeout(() => child.kill('SIGKILL'), mostMs);
      draining ??= finishRequests();
      await draining;
      clearTimeout(timer);
    },
  };

  async function finishRequests(): Promise<void> {
    const free = new Promise<void>((resolve) => {
      whenFree = resolve;
      if (requests === 0) resolve();
    });
    await Promise.race([free, ended]);
    child.stdin.write('drain\n');
    await ended;
  }
}

function outOf(limit: 'cpu' | 'memory'): string {
  return limit === 'cpu'
    ? 'CPU time exceeded: the process was ended'
    : 'Memory limit exceeded: the process was ended';
}
