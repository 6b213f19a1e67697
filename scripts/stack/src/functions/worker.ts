/// <reference lib="deno.ns" />
// Runs inside Deno, around one edge function: serves it on a free port of the loopback interface, and tells the stack
// in lines of JSON behind a mark its port, the output of the function, and when a limit is exceeded.
import { Console } from 'node:console';
import process from 'node:process';
import { Writable } from 'node:stream';
import { cpuTime, figures, type Limits, type Report, sayLine } from './reports.ts';

const [mark = '', limitsText = '{}'] = Deno.args;
const limits = JSON.parse(limitsText) as Limits;
const say = (report: Report) => sayLine(Deno.stdout, mark, report);
const { serve, memoryUsage, exit, env } = Deno;
const cpuUsage = process.cpuUsage.bind(process);
/** Taken before they are hidden from the function. */
const ThreadOfWatchdog = Worker;
const { gc } = globalThis as { gc?: () => void };

/** A collection of garbage is not asked for again before memory has grown by so much. */
const memoryStepBytes = 16 * 1024 * 1024;

let active = 0;
let tasks = 0;
let whenIdle: (() => void) | null = null;
const shared = new Float64Array(new SharedArrayBuffer(8 * Object.keys(figures).length));

/** Counts a request or a background task; the function that it returns ends it, and may be called more than once. */
function begin(): () => void {
  if (active++ === 0) shared[figures.idleAt] = cpuTime(cpuUsage(), shared);
  shared[figures.begun] += 1;
  let ended = false;
  return () => {
    if (!ended && --active === 0) shared[figures.begun] = 0;
    ended = true;
  };
}

let handler: Deno.ServeHandler | undefined;

/** `Deno.serve` of a function: its address is the stack's choice, the rest is Deno's. */
function serveFunction(...args: unknown[]) {
  const options = args.find(
    (arg): arg is Deno.ServeTcpOptions & { handler?: Deno.ServeHandler } =>
      typeof arg === 'object' && arg !== null,
  );
  handler = args.find((arg): arg is Deno.ServeHandler => typeof arg === 'function') ?? options?.handler;
  if (!handler) throw new TypeError('A handler function must be provided.');
  return listen(handler, options);
}

function listen(handle: Deno.ServeHandler, options?: Deno.ServeTcpOptions) {
  return serve(
    {
      hostname: '127.0.0.1',
      port: 0,
      onListen: (address) => {
        options?.onListen?.(address);
        watch();
        say({ port: address.port });
      },
      // Deno's own answer to an error that the handler throws, but at its level in the log.
      onError: options?.onError ?? failed,
    },
    async (request, info) => {
      const done = begin();
      // Until the last byte is sent: a body that streams costs CPU as well.
      info.completed.then(done, done);
      const response = await handle(request, info);
      // A WebSocket stays for long and does little.
      if (response?.status === 101) done();
      return response;
    },
  );
}

function failed(error: unknown): Response {
  console.error(error);
  return new Response('Internal Server Error', { status: 500 });
}

/** Starts the watchdog, to which this thread answers many times a second while it is busy. */
function watch(): void {
  const memoryAtStart = memoryUsage().rss;
  let memorySeen = memoryAtStart;
  shared[figures.answeredAt] = cpuTime(cpuUsage(), shared);
  const thread = new ThreadOfWatchdog(new URL('./limits-watchdog.ts', import.meta.url), { type: 'module' });
  thread.postMessage({ mark, limits, shared: shared.buffer });
  thread.onmessage = () => {
    shared[figures.answeredAt] = cpuTime(cpuUsage(), shared);
    const { rss } = memoryUsage();
    if (rss - memoryAtStart < limits.memoryBytes || rss < memorySeen + memoryStepBytes) return;
    // Garbage does not count. Buffers are freed in the background after a collection; the second one waits for that.
    gc?.();
    gc?.();
    const { heapUsed, external } = memoryUsage();
    if (heapUsed + external > limits.memoryBytes) say({ limit: 'memory' });
    memorySeen = memoryUsage().rss;
  };
}

function waitUntil(promise: Promise<unknown>): Promise<unknown> {
  const end = begin();
  tasks++;
  const done = () => {
    end();
    if (--tasks === 0) whenIdle?.();
  };
  Promise.resolve(promise).then(done, (error: unknown) => {
    console.error('A promise given to EdgeRuntime.waitUntil was rejected:', error);
    done();
  });
  return promise;
}

/** No more requests will come: lets the function know, and ends when its background tasks have. */
function drain(): void {
  if (whenIdle) return;
  whenIdle = () => exit(0);
  dispatchEvent(new CustomEvent('beforeunload', { detail: { reason: 'termination' } }));
  if (tasks === 0) exit(0);
}

/** One console for each level, so that `table`, `timeEnd` and the like go to the log as well. */
function consoleFor(level: 'debug' | 'info' | 'warn' | 'error'): Console {
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      say({ level, text });
      done();
    },
  });
  return new Console({ stdout: stream, stderr: stream });
}

function divertConsole(): void {
  const info = consoleFor('info');
  const error = consoleFor('error');
  Object.assign(globalThis.console, info, {
    debug: consoleFor('debug').debug,
    warn: consoleFor('warn').warn,
    error: error.error,
    trace: error.trace,
    assert: error.assert,
  });
}

/** Gives a function the globals of the platform: no worker threads, no variables of this machine. */
function likePlatform(): void {
  Object.assign(Deno, { serve: serveFunction });
  Object.assign(globalThis, { EdgeRuntime: { waitUntil } });
  for (const name of ['Worker', 'gc']) Reflect.deleteProperty(globalThis, name);
  for (const name of Object.keys(env.toObject())) {
    if (
      /^(PATH|HOME|PWD|USERPROFILE|LOCALAPPDATA|APPDATA|TMPDIR|TEMP|TMP|XDG_CACHE_HOME|DENO_DIR)$/i.test(name)
    )
      env.delete(name);
  }
}

/** The stack keeps standard input open for as long as it lives: a function never outlives it, however it ended. */
async function listenToStack(): Promise<void> {
  for await (const chunk of Deno.stdin.readable) {
    if (new TextDecoder().decode(chunk).includes('drain')) drain();
  }
  exit(0);
}

/** Loads a function and serves it: one that calls `Deno.serve`, or exports an object with a method `fetch`. */
export async function run(load: () => Promise<{ default?: { fetch?: Deno.ServeHandler } }>): Promise<void> {
  divertConsole();
  likePlatform();
  listenToStack();
  const { default: exported } = await load();
  if (handler) return;
  if (typeof exported?.fetch !== 'function')
    throw new Error('The function neither calls Deno.serve nor exports an object with a method "fetch".');
  listen((request, info) => exported.fetch?.(request, info) as Response);
}
