// `npm run check`: static checks and generated files. Prints what failed and ends with 1.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runMain } from './command.ts';
import { generate } from './generated.ts';
import { root, type Target, withOwnNoctra } from './noctra.ts';
import { openApiDocument } from './openapi-document.ts';
import { redocly, runProgram, runSupabase } from './programs.ts';

/** A check resolves with what is wrong, or with ''. */
type Check = () => Promise<string>;

async function main(): Promise<void> {
  const ofFiles: Record<string, Check> = {
    'TypeScript (tsc)': () => runProgram('typescript/bin/tsc', ['--noEmit', '-p', '.']),
    'The example app (tsc)': () => runProgram('typescript/bin/tsc', ['--noEmit', '-p', 'sdk/example']),
    'Edge function (deno check)': () =>
      denoCheck('--config', 'supabase/functions/api/deno.json', 'supabase/functions/api/index.ts'),
    "The stack's workers (deno check)": () =>
      denoCheck('scripts/stack/src/functions/worker.ts', 'scripts/stack/src/functions/limits-watchdog.ts'),
    'Lint and format (Biome)': () =>
      runProgram('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '--max-diagnostics=50']),
    'Versions in deno.json': async () => denoVersions(),
    'OpenAPI document (Redocly)': lintDocument,
  };
  const ofDatabase = (target: Target): Record<string, Check> => ({
    'Generated files': () => staleFiles(target),
    'Database advisors': () => advisors(target),
  });
  let failures = await runChecks(ofFiles);
  failures += await withOwnNoctra((target) => runChecks(ofDatabase(target)));
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

function denoCheck(...args: string[]): Promise<string> {
  return runProgram('deno/bin.cjs', ['check', '--quiet', '--no-lock', '--node-modules-dir=manual', ...args]);
}

/** deno.json names the function's packages for hosted Supabase, package.json for this machine: same versions. */
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

async function staleFiles(target: Target): Promise<string> {
  const stale = (await generate(target)).filter(
    ({ file, content }) => !fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== content,
  );
  return stale
    .map(({ file }) => `${path.relative(root, file)} is stale: run \`npm run generate\``)
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
  // This database is new: no index of it has been used.
  const advice = (JSON.parse(json) as Advice[]).filter(({ name }) => name !== 'unused_index');
  return advice.map(({ level, name, detail }) => `${level} ${name}: ${detail}`).join('\n');
}

/** Checks the OpenAPI document by Redocly's recommended rules. */
async function lintDocument(): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-openapi-'));
  try {
    const file = path.join(folder, 'openapi.json');
    fs.writeFileSync(file, JSON.stringify(await openApiDocument()));
    return await redocly(['lint', file, '--max-problems=20']);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

runMain(main);
