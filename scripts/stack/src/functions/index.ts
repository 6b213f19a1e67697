import fs from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { errorMessage, StackError } from '../errors.ts';
import type { Keys } from '../keys.ts';
import { type Project, readProject } from '../project.ts';
import { createAuthorize } from './authorize.ts';
import { functionsFolder, isInside, listFunctions } from './definitions.ts';
import { denoProgram, findModules } from './deno.ts';
import { readVariables } from './environment.ts';
import { openFunctionLog } from './function-log.ts';
import { answers, send } from './platform-answers.ts';
import { forward, forwardUpgrade, type RequestTimes } from './proxy.ts';
import type { Limits } from './reports.ts';
import { type Common, createRunner, type Runner, type Version } from './runner.ts';
import { type Watching, watchFunctions } from './watch.ts';

/** The limits of a function and of a request. */
export type FunctionLimits = Limits & RequestTimes;

/** Hosted Supabase's limits, of the paid plans, and a first start that may fetch packages. Source: Supabase, Edge Functions, Limits. */
export const hostedLimits: FunctionLimits = {
  bootMs: 60_000,
  cpuMs: 2_000,
  memoryBytes: 256 * 1024 * 1024,
  idleMs: 150_000,
  wallClockMs: 400_000,
};

/** How long a stop waits for requests and background tasks. */
const stopMs = 10_000;

/** How many functions start at a time: each takes a core while it starts. */
const startsAtATime = 2;

/** How to run a project's functions. */
export interface FunctionsOptions {
  project: Project;
  keys: Keys;
  /** The variables that the platform gives every function. */
  environment: Record<string, string>;
  /** A file of variables instead of `supabase/functions/.env`. */
  envFile?: string | undefined;
  limits?: FunctionLimits;
  /** Prints messages for the user at the terminal. */
  print(text: string): void;
}

/** The edge functions of a project, running. */
export interface Functions {
  /** Whether an address, such as `/functions/v1/api/posts` or `/api/posts`, is a function's. */
  serves(url: string | undefined): boolean;
  /** Serves a request whose address is a function's. */
  serve(incoming: IncomingMessage, outgoing: ServerResponse): void;
  /** Serves a request to become a WebSocket whose address is a function's. */
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes all WebSockets: a server that stops would wait for them. */
  hangUp(): void;
  /** Ends all functions, after their requests and background tasks, or 10 seconds. */
  stop(): Promise<void>;
}

/** First segments of other services' paths: a function of such a name is at `/functions/v1/` only. */
const services = new Set(['auth', 'rest', 'storage', 'realtime', 'graphql', 'functions', 'pg', '_stack']);

/**
 * Starts all functions of a project and follows changes of its files. A function that does not start is reported, answers
 * 503, and starts when it is corrected; only a missing Deno is an error.
 */
export async function startFunctions(options: FunctionsOptions): Promise<Functions> {
  const { keys, print, envFile, limits = hostedLimits } = options;
  if (envFile && !fs.existsSync(envFile))
    throw new StackError(`There is no file ${envFile}.`, 'Name one that exists with --env-file.');
  const log = openFunctionLog(path.join(options.project.state, 'logs', 'functions.log'), print);
  const common: Common = { limits, drainMs: limits.wallClockMs, log: log.write };
  const authorize = createAuthorize(keys);
  const runners = new Map<string, Runner>();
  /** The version that each function was last started from; without an entry it did not start. */
  const started = new Map<string, Started>();
  const told = new Set<string>();
  const sockets = new Set<Duplex>();
  let watching: Watching | null = null;
  let stopping = false;

  /** Prints each note once, not at every change. */
  function note(text: string): void {
    if (!told.has(text)) print(text);
    told.add(text);
  }

  /** Starts, replaces and ends functions according to the project's files; `changed` are the paths that changed. */
  async function update(changed: ReadonlySet<string>): Promise<void> {
    if (stopping) return;
    const versions = readVersions(options, note);
    const gone = [...runners.keys()].filter((name) => !versions.has(name));
    for (const name of gone) {
      runners.get(name)?.stop(limits.wallClockMs);
      runners.delete(name);
      started.delete(name);
    }
    const queue = [...versions].filter(([name, version]) => isAffected(started.get(name), version, changed));
    const startNext = async () => {
      for (let next = queue.shift(); next && !stopping; next = queue.shift()) await start(...next);
    };
    await Promise.all(Array.from({ length: startsAtATime }, startNext));
  }

  async function start(name: string, version: Version): Promise<void> {
    const runner = runners.get(name) ?? createRunner(version, common);
    runners.set(name, runner);
    started.delete(name);
    try {
      await runner.replace(version);
      const modules = await findModules(version.project, version.definition);
      started.set(name, { version, modules });
      watching?.follow(modules ?? []);
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      const serving = runner.current ? '\nThe version before it goes on serving.' : '';
      log.write('error', name, `${error.message}\n${error.advice}${serving}`);
    }
  }

  /** The function that an address names, and the address from its name on. */
  function find(url: string | undefined): { name: string; rest: string } | null {
    if (url?.startsWith('/functions/v1/')) {
      const rest = url.slice('/functions/v1'.length);
      return { name: nameIn(rest), rest };
    }
    const name = nameIn(url ?? '');
    return runners.has(name) && !services.has(name) ? { name, rest: url ?? '' } : null;
  }

  function hangUp(): void {
    for (const socket of sockets) socket.destroy();
  }

  if (readVersions(options, note).size > 0) denoProgram();
  try {
    await update(new Set());
  } catch (error) {
    await Promise.all([...runners.values()].map((runner) => runner.stop(0)));
    throw error;
  }
  watching = await watchFunctions(
    options.project,
    [...(envFile ? [path.resolve(envFile)] : []), ...modulesOf(started.values())],
    async (changed) => {
      try {
        await update(changed);
      } catch (error) {
        const advice = error instanceof StackError ? `\n${error.advice}` : '';
        print(`${errorMessage(error)}${advice}`);
      }
    },
    note,
  );

  return {
    serves: (url) => find(url) !== null,
    async serve(incoming, outgoing) {
      const found = find(incoming.url);
      const runner = found && runners.get(found.name);
      if (!runner) return send(outgoing, answers.notFound);
      if (runner.definition.verifyJwt && incoming.method !== 'OPTIONS') {
        const refusal = await authorize(incoming.headers);
        if (refusal) return send(outgoing, refusal);
      }
      forward(runner, limits, incoming, outgoing, found.rest);
    },
    async upgrade(incoming, socket, head) {
      const found = find(incoming.url);
      const runner = found && runners.get(found.name);
      const refused = runner?.definition.verifyJwt ? await authorize(incoming.headers) : null;
      if (runner && !refused) {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        forwardUpgrade(runner, limits, incoming, socket, head, found.rest);
      } else
        socket.end(`HTTP/1.1 ${refused ? '401 Unauthorized' : '404 Not Found'}\r\nconnection: close\r\n\r\n`);
    },
    hangUp,
    async stop() {
      stopping = true;
      hangUp();
      const stopped = Promise.all([...runners.values()].map((runner) => runner.stop(stopMs)));
      await watching?.close();
      await stopped;
      await log.close();
    },
  };
}

/** The version that a function was started from, and its files, where they are known. */
interface Started {
  version: Version;
  modules: ReadonlySet<string> | null;
}

function modulesOf(functions: Iterable<Started>): string[] {
  return [...functions].flatMap(({ modules }) => [...(modules ?? [])]);
}

/** Whether a function must be restarted. In doubt a change concerns it. */
function isAffected(before: Started | undefined, now: Version, changed: ReadonlySet<string>): boolean {
  const { project, definition, environment } = now;
  const startedFrom = ({ version }: Started) => JSON.stringify([version.definition, version.environment]);
  if (!before || startedFrom(before) !== JSON.stringify([definition, environment])) return true;
  return [...changed].some((file) => {
    if (file === path.join(project.supabase, 'config.toml')) return false;
    if (isInside(path.dirname(definition.entrypoint), file)) return true;
    if (!before.modules || before.modules.has(file) || file === definition.importMap) return true;
    // Code that it does not import, or a file of another function, does not concern it.
    const folder = path.relative(functionsFolder(project), file).split(path.sep)[0] ?? '';
    const othersOwn = fs.existsSync(path.join(functionsFolder(project), folder, 'index.ts'));
    return !/\.[cm]?[jt]sx?$/.test(file) && !othersOwn;
  });
}

/** The first segment of an address. */
function nameIn(url: string): string {
  return /^\/([^/?#]*)/.exec(url)?.[1] ?? '';
}

/** The versions of all functions by name, from the project's files. */
function readVersions(options: FunctionsOptions, note: (text: string) => void): Map<string, Version> {
  const project = readProject(options.project.root, options.project.state);
  const definitions = listFunctions(project, note);
  const names = definitions.map(({ name }) => name);
  const variables = readVariables(project, names, options.envFile, note);
  return new Map(
    definitions.map((definition) => {
      const { name } = definition;
      const platform = { ...options.environment, SUPABASE_FUNCTION_SLUG: name };
      const environment = { ...variables.get(name), ...platform };
      return [name, { project, definition, environment }] as const;
    }),
  );
}
