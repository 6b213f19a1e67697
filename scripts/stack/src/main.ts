import { parseArgs } from 'node:util';
import { setCommandLine } from './command-name.ts';
import { startDetached } from './commands/detach.ts';
import { logs } from './commands/logs.ts';
import { reset } from './commands/reset.ts';
import { status } from './commands/status.ts';
import { stop } from './commands/stop.ts';
import { errorMessage, StackError } from './errors.ts';
import { readProject } from './project.ts';

const help = `Runs a Supabase project on this machine, without Docker.

Usage: npx embedded-supabase <command> [options]

Commands
  start    start everything, and keep running until Ctrl-C
  stop     end the stack that runs for this project
  status   show what runs and whether it is well, with addresses and keys (--json for programs)
  logs     show the logs of all services, or of one: \`logs functions\` (functions, postgres, services)
  reset    remove the database, the files and the keys

Options
  --workdir <folder>   the project: the folder that holds supabase/ (default: this one)
  --state <folder>     where it keeps database, files and keys (default: .stack in the project)
  --port <number>      the API's port (default: config.toml's, else 54321)
  --db-port <number>   the database's (default: config.toml's; with --port, the one after it)
  --studio-port <number>  the studio's (default: config.toml's; with --port, the second after it)
  --mail-port <number> the mailbox's (default: config.toml's; with --port, the third after it)
  --host <address>     what to listen on (default: 127.0.0.1, this machine only)
  --env-file <file>    variables for the edge functions (default: supabase/functions/.env)
  --as <command>       how messages call this command line, such as "npm run" (default: npx embedded-supabase)
  --show <name>=<path> start: another address of the API to show, here and in status; may be repeated
  --detach             start in the background, and end when it is ready
  --follow, -f         logs: go on with new entries
  --since <time>       logs: only entries that are younger, such as 30s, 10m, 2h or 1d
  --lines <number>     logs: at most so many entries, the last ones (default: 100)
  --yes                reset without asking, as is needed where there is no terminal
  --json               status as JSON
  --help               this text
`;

/** Exit codes: 0 done, 1 it failed, 2 the command line is wrong, 130 ended by Ctrl-C before it ran. */
const failureCode = 1;
const usageCode = 2;

// The reader of the output may stop reading (`npm start | head`): that must not end the stack.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (error instanceof StackError) console.error(`\n${error.message}\n${error.advice}`);
    else console.error(`\nThis is a defect of the stack: ${error instanceof Error ? error.stack : error}`);
    process.exit(failureCode);
  },
);

async function main(): Promise<number> {
  const { command, argument, values } = readArguments();
  if (values.help || command === 'help') {
    console.log(help);
    return 0;
  }
  if (values.as) setCommandLine(values.as);
  const project = () => readProject(values.workdir ?? process.cwd(), values.state);
  if (command === 'start' && values.detach) {
    const args = process.argv.slice(1).filter((text) => text !== '--detach');
    return startDetached(project(), args);
  }
  if (command === 'start') {
    // The services take longer to load than the other commands to run.
    const { start } = await import('./commands/start.ts');
    return start(project(), values);
  }
  if (command === 'stop') return stop(project());
  if (command === 'status') return status(project(), values.json ?? false);
  if (command === 'logs') return logs(project(), argument, values);
  if (command === 'reset') return reset(project(), values.yes ?? false);
  console.error(`${command ? `There is no command "${command}".` : 'Say what to do.'}\n\n${help}`);
  return usageCode;
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
        'env-file': { type: 'string' },
        as: { type: 'string' },
        show: { type: 'string', multiple: true },
        detach: { type: 'boolean' },
        follow: { type: 'boolean', short: 'f' },
        since: { type: 'string' },
        lines: { type: 'string' },
        yes: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const [command, argument, ...more] = positionals;
    // Only the name of a log may follow a command: a mistyped option must not be ignored.
    const extra = command === 'logs' ? more : positionals.slice(1);
    if (extra.length > 0) throw new Error(`"${extra.join(' ')}" is not understood here.`);
    return { command, argument, values };
  } catch (error) {
    console.error(`${errorMessage(error)}\n\n${help}`);
    process.exit(usageCode);
  }
}
