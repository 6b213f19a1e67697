// `npm run check`: everything that can be said about the code without running it. Says what failed and ends with 1.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runSupabase } from 'embedded-supabase';
import { generate } from './generated.ts';
import { root, type Target, withNoctra } from './noctra.ts';

/** One check: what it found wrong, or an empty text. */
type Check = () => Promise<string>;

async function main(): Promise<void> {
  const fromFiles: Record<string, Check> = {
    'TypeScript (tsc)': () => tool('typescript/bin/tsc', ['--noEmit', '-p', '.']),
    'Edge function (deno check)': () =>
      denoCheck('--config', 'supabase/functions/api/deno.json', 'supabase/functions/api/index.ts'),
    'What runs functions (deno check)': () =>
      denoCheck('scripts/stack/src/functions/worker.ts', 'scripts/stack/src/functions/watchdog.ts'),
    'Lint and format (Biome)': () =>
      tool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '--max-diagnostics=50']),
    'Versions in deno.json': async () => denoVersions(),
  };
  const fromDatabase = (target: Target): Record<string, Check> => ({
    'Generated files are fresh': () => freshness(target),
    'Database advisors': () => advisors(target),
    'OpenAPI document (Redocly)': () => openapi(target),
  });
  let failures = await runChecks(fromFiles);
  failures += await withNoctra((target) => runChecks(fromDatabase(target)));
  console.log(failures === 0 ? '\nAll checks passed.' : `\n${failures} of the checks failed.`);
  process.exit(failures === 0 ? 0 : 1);
}

async function runChecks(checks: Record<string, Check>): Promise<number> {
  let failures = 0;
  for (const [name, check] of Object.entries(checks)) {
    const found = await check().catch((error: unknown) => String(error));
    console.log(`${found ? '✗' : '✓'} ${name}${found ? `\n${found.trim()}\n` : ''}`);
    if (found) failures++;
  }
  return failures;
}

/** Runs a program of node_modules; silent when it is content. */
async function tool(
  program: string,
  args: string[],
  environment: Record<string, string> = {},
): Promise<string> {
  const child = spawn(process.execPath, [path.join(root, 'node_modules', program), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0 ? '' : output || `ended with ${code}`;
}

function denoCheck(...args: string[]): Promise<string> {
  return tool('deno/bin.cjs', ['check', '--quiet', '--no-lock', '--node-modules-dir=manual', ...args]);
}

/** The function names its packages for the hosted runtime; locally they come from package.json. They have to agree. */
function denoVersions(): string {
  const read = (file: string) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
  const { devDependencies } = read('package.json') as { devDependencies: Record<string, string> };
  const { imports } = read('supabase/functions/api/deno.json') as { imports: Record<string, string> };
  const wrong = Object.values(imports).flatMap((specifier) => {
    const [, name = '', version] = /^npm:\/?(@?[^@]+?)(?:@([^/]+))?(?:\/.*)?$/.exec(specifier) ?? [];
    return devDependencies[name] === version
      ? []
      : [`deno.json has ${specifier}, package.json has ${devDependencies[name]}`];
  });
  return wrong.join('\n');
}

async function freshness(target: Target): Promise<string> {
  const stale = (await generate(target)).filter(
    ({ file, content }) => !fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== content,
  );
  return stale
    .map(
      ({ file }) => `${path.relative(root, file)} is not what the database gives: run \`npm run gen-types\``,
    )
    .join('\n');
}

interface Advice {
  name: string;
  level: string;
  detail: string;
}

/** Supabase's advisors at every level. */
async function advisors({ databaseUrl }: Target): Promise<string> {
  const { output, stdout } = await runSupabase(
    ['db', 'advisors', '--type', 'all', '--level', 'info', '--fail-on', 'none'],
    databaseUrl,
  );
  const json = /\[[\s\S]*\]/.exec(stdout)?.[0];
  if (!json) return /no issues/i.test(output) ? '' : output;
  // "Unused index" speaks of the traffic a database has had, and this one was made a moment ago.
  const advice = (JSON.parse(json) as Advice[]).filter(({ name }) => name !== 'unused_index');
  return advice.map(({ level, name, detail }) => `${level} ${name}: ${detail}`).join('\n');
}

/** The document that the function serves, by Redocly's recommended rules. */
async function openapi({ url }: Target): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-openapi-'));
  try {
    const response = await fetch(`${url}/functions/v1/api/openapi.json`);
    const file = path.join(folder, 'openapi.json');
    fs.writeFileSync(file, JSON.stringify(await response.json(), null, 2));
    return await tool('@redocly/cli/bin/cli.js', ['lint', file, '--max-problems=20'], {
      REDOCLY_TELEMETRY: 'off',
    });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

await main();
