import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { errorMessage, StackError } from './errors.ts';
import type { Keys } from './keys.ts';
import { loadKeys } from './keys.ts';
import { type Project, readProject } from './project.ts';
import { findRun, isAlive, type Run } from './run.ts';
import { startStack } from './stack.ts';

const help = `Runs a Supabase project on this machine, without Docker.

Usage: node scripts/stack/main.ts <command> [options]

Commands
  start    start everything, and keep running until Ctrl-C
  stop     end the stack that runs for this project
  status   say what runs, with its addresses and keys (--json for programs)
  reset    remove the database, the files and the keys; the next start begins afresh

Options
  --workdir <folder>   the project: the folder that holds supabase/ (default: this one)
  --state <folder>     where it keeps database, files and keys (default: .stack in the project)
  --port <number>      the API's port (default: config.toml's, else 54321)
  --db-port <number>   the database's (default: config.toml's; with --port, the one after it)
  --studio-port <number>  the studio's (default: config.toml's; with --port, the second after it)
  --mail-port <number> the mailbox's (default: config.toml's; with --port, the third after it)
  --host <address>     what to listen on (default: 127.0.0.1, this machine only)
  --try <path>         the path of the request that is shown to try first (default: /rest/v1/)
  --yes                reset without asking
  --json               status as JSON
  --help               this text
`;

/** Exit codes: 0 done, 1 it failed, 2 the command line is wrong, 130 ended by Ctrl-C before it ran. */
const failureCode = 1;
const usageCode = 2;

/** The database may take a while to write everything down. */
const longestStopMs = 60_000;

// Whoever reads the output may stop reading (`npm start | head`): that ends nothing.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

main().catch((error: unknown) => {
  if (error instanceof StackError) console.error(`\n${error.message}\n${error.advice}`);
  else console.error(`\nThis is a defect of the stack: ${error instanceof Error ? error.stack : error}`);
  process.exit(failureCode);
});

async function main(): Promise<void> {
  const { command, values } = readArguments();
  if (values.help || command === 'help') {
    console.log(help);
    return;
  }
  const project = readProject(values.workdir ?? process.cwd(), values.state);
  if (command === 'start') return start(project, values);
  if (command === 'stop') return stop(project);
  if (command === 'status') return status(project, values.json ?? false);
  if (command === 'reset') return reset(project, values.yes ?? false);
  console.error(`${command ? `There is no command "${command}".` : 'Say what to do.'}\n\n${help}`);
  process.exit(usageCode);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        workdir: { type: 'string' },
        state: { type: 'string' },
        port: { type: 'string' },
        'db-port': { type: 'string' },
        'mail-port': { type: 'string' },
        'studio-port': { type: 'string' },
        host: { type: 'string' },
        try: { type: 'string' },
        yes: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return { command: positionals[0], values };
  } catch (error) {
    console.error(`${errorMessage(error)}\n\n${help}`);
    process.exit(usageCode);
  }
}

interface StartOptions {
  port?: string | undefined;
  'db-port'?: string | undefined;
  'mail-port'?: string | undefined;
  'studio-port'?: string | undefined;
  host?: string | undefined;
  try?: string | undefined;
}

async function start(project: Project, options: StartOptions): Promise<void> {
  const began = performance.now();
  const running = await findRun(project);
  if (running) {
    console.log(`It runs already, as process ${running.pid}.\n`);
    printAddresses(running, await loadKeys(project.state), options.try);
    return;
  }
  const { config } = project;
  const port = readPort(options.port, '--port');
  const ports = {
    api: port ?? config.api.port,
    database: readPort(options['db-port'], '--db-port') ?? beside(port, 1) ?? config.db.port,
    studio: readPort(options['studio-port'], '--studio-port') ?? beside(port, 2) ?? config.studio.port,
    mailbox: readPort(options['mail-port'], '--mail-port') ?? beside(port, 3) ?? config.local_smtp.port,
  };
  let interrupted = false;
  const ended = new Promise<null>((resolve) => {
    const interrupt = () => {
      // A second Ctrl-C, or npm passing the first one on, changes nothing.
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
    ports,
    onStep: (step) => console.log(`  ${seconds().padStart(6)}  ${step}`),
  });
  if (interrupted) {
    await stack.stop();
    process.exit(130);
  }
  console.log(`  ${seconds().padStart(6)}  Ready\n`);
  printAddresses(stack.run, stack.keys, options.try);
  console.log('\nCtrl-C stops everything.');

  const failure = await Promise.race([ended, stack.failed]);
  if (failure)
    console.error(`\n${failure}\nEverything is being stopped; start again. No committed write is lost.`);
  await stack.stop();
  process.exit(failure ? failureCode : 0);
}

/** The ports that belong to `--port`, laid out as in Supabase's defaults (54321 to 54324). Free ones stay free ones. */
function beside(port: number | undefined, distance: number): number | undefined {
  return port === undefined || port === 0 ? port : port + distance;
}

function readPort(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new StackError(
    `${option} ${text} is not a port.`,
    'Give a number from 1 to 65535, or 0 for any that is free.',
  );
}

function printAddresses(run: Run, keys: Keys, tryPath?: string): void {
  const rows = [
    ['API', run.url],
    ['Database', run.databaseUrl],
    ['Studio', run.studioUrl ?? 'off'],
    ['Mailbox', run.mailboxUrl],
    ['Publishable key', keys.publishableKey],
    ['Secret key', keys.secretKey],
  ] as const;
  for (const [name, value] of rows) console.log(`${name.padStart(16)}: ${value}`);
  console.log(`\nTry it:\n  curl '${run.url}${tryPath ?? '/rest/v1/'}' -H 'apikey: ${keys.publishableKey}'`);
}

async function status(project: Project, json: boolean): Promise<void> {
  const run = await findRun(project);
  if (!run) {
    console.log(json ? 'null' : 'Nothing runs for this project. `npm start` starts it.');
    process.exit(failureCode);
  }
  const keys = await loadKeys(project.state);
  if (json)
    console.log(
      JSON.stringify({ ...run, publishableKey: keys.publishableKey, secretKey: keys.secretKey }, null, 2),
    );
  else printAddresses(run, keys);
}

async function stop(project: Project): Promise<void> {
  const run = await findRun(project);
  if (!run) {
    console.log('Nothing runs for this project.');
    return;
  }
  process.kill(run.pid, 'SIGTERM');
  for (let waited = 0; isAlive(run.pid); waited += 100) {
    if (waited > longestStopMs) {
      throw new StackError(
        `Process ${run.pid} does not end.`,
        `End it with \`kill -9 ${run.pid}\`: no committed write is lost.`,
      );
    }
    await delay(100);
  }
  console.log('Stopped.');
}

async function reset(project: Project, yes: boolean): Promise<void> {
  if (await findRun(project)) {
    throw new StackError(
      'The stack of this project runs.',
      'Stop it first: Ctrl-C where it was started, or `npm run stop`.',
    );
  }
  if (!fs.existsSync(project.state)) {
    console.log('There is nothing to remove.');
    return;
  }
  if (!yes && process.stdin.isTTY) {
    process.stdout.write(`This removes the local database and all files in ${project.state}. Go on? [y/N] `);
    const answer = await new Promise<string>((resolve) =>
      process.stdin.once('data', (data) => resolve(String(data))),
    );
    process.stdin.destroy();
    if (!/^y(es)?$/i.test(answer.trim())) return;
  }
  fs.rmSync(project.state, { recursive: true, force: true });
  console.log('Removed. The next start begins afresh.');
}
