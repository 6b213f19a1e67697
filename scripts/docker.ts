// `npm run docker`: for tests on the official stack (`npx supabase start`). See CONTRIBUTING.md.
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { errorMessage, readProject } from 'embedded-supabase';
import { parse, stringify } from 'smol-toml';
import { CommandError, runMain } from './command.ts';
import { environmentOf, root, unlimited } from './noctra.ts';

const help = `Tests Noctra on the official stack, which needs Docker.

  npm run docker -- limits
      lifts Auth's rate limits in supabase/config.toml, before \`npx supabase start\`: all tests come from one address

  npx supabase status -o json | npm run --silent docker -- env
      prints the variables by which \`npm test\` finds that stack, one a line
`;

/** What the tests need, by the names that the Supabase CLI gives it. */
const names = {
  url: 'API_URL',
  publishableKey: 'PUBLISHABLE_KEY',
  secretKey: 'SECRET_KEY',
  databaseUrl: 'DB_URL',
} as const;

async function main(command: string | undefined): Promise<void> {
  if (command === 'limits') return liftLimits(path.join(root, 'supabase', 'config.toml'));
  if (command === 'env') {
    for (const [name, value] of Object.entries(environmentOfStatus(await text(process.stdin))))
      console.log(`${name}=${value}`);
    return;
  }
  console.error(help);
  process.exit(2);
}

/** The variables of a stack, from what `npx supabase status -o json` prints. Throws a CommandError. */
export function environmentOfStatus(output: string): Record<string, string> {
  const status = readStatus(output);
  const read = (name: keyof typeof names): string => {
    const value = status[names[name]];
    if (typeof value === 'string' && value) return value;
    throw new CommandError(
      `The status has no ${names[name]}.`,
      'Look at `npx supabase status -o json`: the stack, or a part of it, may not run.',
    );
  };
  return environmentOf({
    url: read('url'),
    publishableKey: read('publishableKey'),
    secretKey: read('secretKey'),
    databaseUrl: read('databaseUrl'),
    // Mailpit; older releases of the CLI name it after the mailbox before it.
    mailUrl: [status.MAILPIT_URL, status.INBUCKET_URL].find((url): url is string => typeof url === 'string'),
  });
}

/** The CLI may print sentences before its JSON, for example about services that are switched off. */
function readStatus(output: string): Record<string, unknown> {
  try {
    return JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1));
  } catch (error) {
    throw new CommandError(
      `This is not the status of a stack: ${errorMessage(error)}.`,
      'Pass what `npx supabase status -o json` prints.',
    );
  }
}

/** Raises all of Auth's rate limits in a config.toml. */
export function liftLimits(file: string): void {
  const config = parse(fs.readFileSync(file, 'utf8')) as { auth?: object };
  const rate_limit = unlimited(readProject(root).config.auth.rate_limit);
  fs.writeFileSync(file, stringify({ ...config, auth: { ...config.auth, rate_limit } }));
  console.log(`${path.relative(root, file)} has no rate limits now; \`git checkout\` restores them.`);
}

if (import.meta.main) runMain(() => main(process.argv[2]));
