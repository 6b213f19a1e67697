import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { errorCode, StackError } from '../errors.ts';
import type { Project } from '../project.ts';
import { guard } from '../watchdog.ts';
import type { EdgeFunction } from './index.ts';

/** What a hosted function may use: 256 MB. */
const memoryLimitMb = 256;

/** How long a request waits for a function that is being restarted. */
const restartPatienceMs = 10_000;

/** Waits before the first restart after a crash; doubled for each further one in a row. */
const firstRestartDelayMs = 100;
const longestRestartDelayMs = 5_000;

/** A function that has run for this long is not crashing in a loop. */
const healthyAfterMs = 10_000;

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** One edge function in a Deno process of its own, restarted when it dies. */
export class FunctionProcess {
  readonly #definition: EdgeFunction;
  readonly #project: Project;
  readonly #environment: Record<string, string>;
  #child: ChildProcess | null = null;
  #port: Promise<number> = Promise.reject(new Error('not started'));
  #stopping = false;
  #crashes = 0;

  constructor(definition: EdgeFunction, project: Project, environment: Record<string, string>) {
    this.#definition = definition;
    this.#project = project;
    this.#environment = environment;
    this.#port.catch(() => {});
  }

  /** Starts it; rejects with a StackError that quotes Deno when it ends before it listens. */
  async start(): Promise<void> {
    this.#port = this.#launch();
    await this.#port;
  }

  /** Passes a request on to it. While it is down and does not come back in time the answer is a 503. */
  async fetch(request: Request, forwarded: Record<string, string>): Promise<Response> {
    const deadline = Date.now() + restartPatienceMs;
    for (;;) {
      const port = await Promise.race([
        this.#port.catch(() => null),
        delay(deadline - Date.now(), null, { ref: false }),
      ]);
      if (port === null) return unavailable();
      const response = await this.#send(port, request, forwarded);
      if (response) return response;
      // Nobody listens: it has just died and nobody has noticed yet. What was not sent may be sent again.
      if (request.bodyUsed || Date.now() > deadline) return unavailable();
      await delay(20);
    }
  }

  /** Sends a request to the function; null when nobody listens. */
  async #send(port: number, request: Request, forwarded: Record<string, string>): Promise<Response | null> {
    const url = new URL(request.url);
    const headers = new Headers(request.headers);
    for (const [name, value] of Object.entries(forwarded)) headers.set(name, value);
    // Hop-by-hop: these speak of the connection to the gateway.
    for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect', 'host'])
      headers.delete(name);
    try {
      const response = await fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, {
        method: request.method,
        headers,
        body: request.body,
        redirect: 'manual',
        signal: request.signal,
        ...(request.body ? { duplex: 'half' as const } : {}),
      });
      const answered = new Headers(response.headers);
      // fetch has decoded the body already.
      for (const name of ['content-encoding', 'content-length', 'transfer-encoding', 'connection']) {
        if (name !== 'content-length' || response.headers.has('content-encoding')) answered.delete(name);
      }
      const bodiless = [204, 205, 304].includes(response.status) || request.method === 'HEAD';
      return new Response(bodiless ? null : response.body, { status: response.status, headers: answered });
    } catch (error) {
      return errorCode(error instanceof Error ? error.cause : null) === 'ECONNREFUSED' ? null : unavailable();
    }
  }

  /** Ends it and does not start it again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  }

  async #launch(): Promise<number> {
    const mark = `${randomUUID()}:`;
    const child = spawn(denoProgram(), this.#arguments(mark), {
      cwd: this.#project.root,
      env: { ...inheritedVariables(), ...this.#environment, SB_EXECUTION_ID: randomUUID() },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      windowsHide: true,
    });
    guard(child);
    this.#child = child;
    const startedAt = Date.now();
    let said = '';
    const log = fs.createWriteStream(path.join(this.#project.state, 'logs', 'functions.log'), {
      flags: 'a',
      mode: 0o600,
    });
    log.on('error', () => {});
    return new Promise((resolve, reject) => {
      let listening = false;
      const write = (chunk: Buffer) => {
        const text = chunk.toString();
        if (!listening) {
          said += text;
          const port = new RegExp(`${mark}(\\d+)`).exec(said)?.[1];
          if (port) {
            listening = true;
            resolve(Number(port));
            return;
          }
        }
        for (const line of text.split('\n'))
          if (line) log.write(`${new Date().toISOString()} ${this.#definition.name} ${line}\n`);
      };
      child.stdout.on('data', write);
      child.stderr.on('data', write);
      child.on('error', reject);
      child.on('close', () => {
        log.end();
        if (!listening) reject(this.#startFailure(said));
        if (listening && !this.#stopping) this.#restart(Date.now() - startedAt);
      });
    });
  }

  #startFailure(said: string): StackError {
    // Deno colours what it says and adds a stack; the message and the places in the project are what helps.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins a colour.
    const lines = said.replace(/\u001b\[[0-9;]*m/g, '').split('\n');
    const useful = lines
      .filter((line) => line.trim() && !/worker\.ts|^const module|^\s+\^|^\s+at .*\b(ext|node):/.test(line))
      .map((line) =>
        line.replace(
          /^\s+at (.*)file:\/\/(\S+?)\)?$/,
          (_, _name, place) => `  in ${path.relative(this.#project.root, place)}`,
        ),
      );
    return new StackError(
      `The edge function "${this.#definition.name}" did not start:\n${useful.slice(0, 8).join('\n')}`,
      `Correct ${path.relative(this.#project.root, this.#definition.entrypoint)} and start again.`,
    );
  }

  /** Starts again after a crash, more slowly each time while it keeps crashing. */
  #restart(livedMs: number): void {
    this.#crashes = livedMs > healthyAfterMs ? 1 : this.#crashes + 1;
    const wait = Math.min(firstRestartDelayMs * 2 ** (this.#crashes - 1), longestRestartDelayMs);
    console.error(
      `The edge function "${this.#definition.name}" ended; it starts again. Its last words are in the functions log.`,
    );
    const attempt = async (): Promise<number> => {
      for (let pause = wait; ; pause = Math.min(pause * 2, longestRestartDelayMs)) {
        await delay(pause);
        if (this.#stopping) throw new Error('stopping');
        try {
          return await this.#launch();
        } catch (error) {
          if (this.#stopping) throw error;
        }
      }
    };
    this.#port = attempt();
    this.#port.catch(() => {});
  }

  #arguments(mark: string): string[] {
    const functions = path.join(this.#project.supabase, 'functions');
    const modules = path.join(this.#project.root, 'node_modules');
    return [
      ...['run', '--no-prompt', '--quiet', '--no-lock', `--v8-flags=--max-old-space-size=${memoryLimitMb}`],
      // A hosted function reaches the network and its variables, and reads what was deployed with it; no more.
      ...['--allow-net', '--allow-env', `--allow-read=${functions},${modules}`],
      // A project with packages of its own has what its functions import: nothing is fetched at a start.
      ...(fs.existsSync(modules) ? ['--node-modules-dir=manual'] : []),
      ...(this.#definition.importMap ? ['--config', this.#definition.importMap] : []),
      ...[worker, pathToFileURL(this.#definition.entrypoint).href, mark],
    ];
  }
}

function unavailable(): Response {
  return Response.json(
    { code: 'SERVICE_UNAVAILABLE', message: 'The function is being restarted.' },
    { status: 503, headers: { 'retry-after': '1', 'access-control-allow-origin': '*' } },
  );
}

/** The Deno binary of the npm package. */
function denoProgram(): string {
  const folder = path.dirname(createRequire(import.meta.url).resolve('deno/package.json'));
  const program = path.join(folder, process.platform === 'win32' ? 'deno.exe' : 'deno');
  if (fs.existsSync(program)) return program;
  throw new StackError(
    'Deno is not installed.',
    'Run `npm ci` again, with install scripts allowed for the package "deno".',
  );
}

/** Deno finds its cache, proxies and npm settings by these; a function must not see anything else of this machine. */
function inheritedVariables(): NodeJS.ProcessEnv {
  const kept =
    /^(PATH|HOME|USERPROFILE|LOCALAPPDATA|APPDATA|SYSTEMROOT|TMPDIR|TEMP|TMP|XDG_CACHE_HOME|DENO_DIR|(https?|no|all)_proxy|npm_config_registry|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.test(name)));
}
