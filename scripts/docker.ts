// For tests against the official stack (`npx supabase start`): see CONTRIBUTING.md and .github/workflows/ci.yml.
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { errorMessage, readProject, StackError } from 'embedded-supabase';
import { parse, stringify } from 'smol-toml';
import { environmentOf, root, unlimited } from './noctra.ts';

const help = `Tests Noctra on the official stack, which needs Docker.

  node scripts/docker.ts limits [config.toml]
      lifts Auth's rate limits in supabase/config.toml, or in another copy of it, before \`npx supabase start\`: all tests come from one address

  npx supabase status -o json | node scripts/docker.ts env
      prints the variables by which \`npm test\` finds that stack, a line each
`;

/** The names that the Supabase CLI gives to what the tests need. */
const names = {
  url: 'API_URL',
  publishableKey: 'PUBLISHABLE_KEY',
  secretKey: 'SECRET_KEY',
  databaseUrl: 'DB_URL',
};

async function main(): Promise<void> {
  const [command, file = path.join(root, 'supabase', 'config.toml')] = process.argv.slice(2);
  if (command === 'limits') return liftLimits(file);
  if (command === 'env') return printEnvironment(await text(process.stdin));
  console.error(help);
  process.exit(2);
}

function printEnvironment(output: string): void {
  const status = readStatus(output);
  const read = (name: string): string => {
    const value = status[name];
    if (typeof value === 'string' && value) return value;
    throw new StackError(
      `The status of the stack names no ${name}.`,
      'See what `npx supabase status -o json` prints: the stack may not run, or not all of it.',
    );
  };
  const target = {
    url: read(names.url),
    publishableKey: read(names.publishableKey),
    secretKey: read(names.secretKey),
    databaseUrl: read(names.databaseUrl),
  };
  for (const [name, value] of Object.entries(environmentOf(target))) console.log(`${name}=${value}`);
}

/** The CLI may print a sentence before its JSON, of services that are switched off for one. */
function readStatus(output: string): Record<string, unknown> {
  try {
    return JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1));
  } catch (error) {
    throw new StackError(
      `This is not the status of a stack: ${errorMessage(error)}.`,
      'Give what `npx supabase status -o json` prints.',
    );
  }
}

function liftLimits(file: string): void {
  const config = parse(fs.readFileSync(file, 'utf8')) as { auth?: object };
  const rate_limit = unlimited(readProject(root).config.auth.rate_limit);
  fs.writeFileSync(file, stringify({ ...config, auth: { ...config.auth, rate_limit } }));
  console.log(`${path.relative(root, file)} has no limits now; \`git checkout\` brings them back.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof StackError ? `${error.message}\n${error.advice}` : error);
  process.exit(1);
});
