import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { Agent } from 'node:http';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { StackError } from '../errors.ts';
import type { Project } from '../project.ts';
import { guard } from '../watchdog.ts';
import { type EdgeFunction, functionsFolder } from './definitions.ts';
import { denoProgram, importArguments, inheritedVariables, type Packages } from './deno.ts';
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

const worker = new URL('./worker.ts', import.meta.url);
/** The files of the watchdog's thread: Deno counts loading them as reading. */
const threadFiles = ['./limits-watchdog.ts', './reports.ts'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);

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

/** Takes reports out of a stream. Other lines were printed past the console; lines that arrive together stay together. */
function readLines(
  stream: Readable,
  mark: string,
  take: (report: Report) => void,
  print: (text: string) => void,
): void {
  let rest = '';
  let printed: string[] = [];
  const flush = () => {
    const text = printed.join('\n').trim();
    printed = [];
    if (text) print(text);
  };
  const line = (text: string) => {
    const at = text.indexOf(mark);
    if (at < 0) {
      printed.push(text);
      return;
    }
    if (at > 0) printed.push(text.slice(0, at));
    flush();
    take(JSON.parse(text.slice(at + mark.length)) as Report);
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) line(text);
    flush();
  });
  stream.on('close', () => {
    if (rest) line(rest);
    flush();
  });
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins a colour.
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}

/** Quotes of Deno's coloured output the message and the places in the project. */
function startFailure(project: Project, definition: EdgeFunction, said: string): StackError {
  const useful = plain(said)
    .split('\n')
    .filter((line) => line.trim() && !/worker\.ts|\/\.?boot-|^\s+\^|^\s+at .*\b(ext|node):/.test(line))
    .map((line) =>
      line.replace(
        /^\s+at (.*?)\(?file:\/\/(\S+?)\)?$/,
        (_, _name, place) => `  in ${path.relative(project.root, place)}`,
      ),
    );
  return new StackError(
    `The edge function "${definition.name}" did not start:\n${useful.slice(0, 8).join('\n')}`,
    `Correct ${path.relative(project.root, definition.entrypoint)}: it is started again when it changes.`,
  );
}

function programArguments(options: Launch, mark: string, packages: Packages): string[] {
  const { project, definition, limits } = options;
  const modules = path.join(project.root, 'node_modules');
  const megabytes = Math.ceil(limits.memoryBytes / 1024 / 1024);
  const readable = [functionsFolder(project), modules, ...threadFiles, path.dirname(definition.entrypoint)];
  return [
    ...['run', '--no-prompt', '--quiet', ...importArguments(project, definition, packages)],
    `--v8-flags=--max-old-space-size=${megabytes},--expose-gc`,
    // As on the platform: the network, its variables, and the files that are deployed with it.
    ...[
      '--allow-net',
      '--allow-env',
      `--allow-read=${[...readable, ...definition.readable].map(escaped).join(',')}`,
    ],
    ...[writeBootFile(project, definition), mark, JSON.stringify(limits)],
  ];
}

/** A comma in a path is written twice: one separates paths. */
function escaped(place: string): string {
  return place.replaceAll(',', ',,');
}

/**
 * Writes the program that Deno runs, which imports the function's entry point. Static imports may be loaded from anywhere,
 * as when a function is bundled; a function still cannot read other files.
 */
function writeBootFile(project: Project, definition: EdgeFunction): string {
  const folder = path.join(project.state, 'functions');
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `boot-${definition.name}.ts`);
  const entrypoint = JSON.stringify(pathToFileURL(definition.entrypoint).href);
  fs.writeFileSync(
    file,
    `import { run } from ${JSON.stringify(worker.href)};\nawait run(() => import(${entrypoint}));\n`,
  );
  return file;
}
