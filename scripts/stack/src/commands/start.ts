import { commandName } from '../command-name.ts';
import { keysOf } from '../configured-keys.ts';
import { StackError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { isWriteAfterEnd } from '../postgres/pool.ts';
import type { Project } from '../project.ts';
import { findRun } from '../run.ts';
import { report } from '../service-log.ts';
import { startStack } from '../stack.ts';
import { printAddresses } from './addresses.ts';

/** Options of `start`. */
export interface StartOptions {
  port?: string | undefined;
  'db-port'?: string | undefined;
  'mail-port'?: string | undefined;
  'studio-port'?: string | undefined;
  host?: string | undefined;
  'env-file'?: string | undefined;
  /** Each `<name>=<path>`. */
  show?: string[] | undefined;
}

/** Starts the stack and keeps it running until a signal or until its database ends. Returns the exit code. */
export async function start(project: Project, options: StartOptions): Promise<number> {
  const began = performance.now();
  const running = await findRun(project);
  if (running) {
    console.log(`It runs already, as process ${running.pid}.\n`);
    printAddresses(running, await keysOf(project));
    return 0;
  }
  let interrupted = false;
  const ended = new Promise<null>((resolve) => {
    const interrupt = () => {
      // A second Ctrl-C, or npm forwarding the first, changes nothing.
      if (!interrupted) console.log('\nStopping …');
      interrupted = true;
      resolve(null);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  });

  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  const stack = await startStack({
    project,
    host: options.host ?? '127.0.0.1',
    ports: portsOf(project, options),
    functionsEnvFile: options['env-file'],
    pages: pagesOf(options.show ?? []),
    onStep: (step) => console.log(`  ${seconds().padStart(6)}  ${step}`),
  });
  if (interrupted) {
    await stack.stop();
    return 130;
  }
  console.log(`  ${seconds().padStart(6)}  Ready\n`);
  if (process.send) {
    // Started by `start --detach`, which prints the addresses and then ends.
    process.send('ready');
    process.disconnect();
  } else {
    printAddresses(stack.run, stack.keys);
    console.log('\nCtrl-C stops everything.');
  }

  const defect = new Promise<string>((resolve) => {
    process.on('uncaughtException', (error) => {
      if (isWriteAfterEnd(error)) return;
      report('stack', error);
      resolve(`The stack met a defect of its own: ${commandName('logs services')} has the details.`);
    });
  });
  const failure = await Promise.race([ended, stack.failed, defect]);
  if (failure)
    console.error(`\n${failure}\nEverything is being stopped; start again. No committed write is lost.`);
  await stack.stop();
  return failure ? 1 : 0;
}

function pagesOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, path] = /^([^=]+)=(\/.*)$/.exec(text) ?? [];
      if (name && path) return [name, path];
      throw new StackError(`--show ${text} is not an address.`, 'Write it like "API=/api/".');
    }),
  );
}

function portsOf(project: Project, options: StartOptions): Ports {
  const { config } = project;
  const port = readPort(options.port, '--port');
  return {
    api: port ?? config.api.port,
    database: readPort(options['db-port'], '--db-port') ?? beside(port, 1) ?? config.db.port,
    studio: readPort(options['studio-port'], '--studio-port') ?? beside(port, 2) ?? config.studio.port,
    mailbox: readPort(options['mail-port'], '--mail-port') ?? beside(port, 3) ?? config.local_smtp.port,
  };
}

/** A port next to `--port`, in the order of Supabase's defaults (54321 to 54324). Port 0 stays 0: any free port. */
function beside(port: number | undefined, distance: number): number | undefined {
  return port === undefined || port === 0 ? port : port + distance;
}

function readPort(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new StackError(
    `${option} ${text} is not a port.`,
    'Give a number from 1 to 65535, or 0 for any that is free.',
  );
}
