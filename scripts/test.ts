// `npm test`: all tests, against a Noctra of their own, or against the one that NOCTRA_URL and its keys name: then without
// the projects of vitest.config.ts that start embedded stacks.
// Arguments go to Vitest: `npm test -- tests/api`, `npm test -- -t "a caption"`, `npm test -- --project noctra`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CommandError, runMain } from './command.ts';
import { environmentOf, root, type Target, targetFromEnvironment, withNoctra } from './noctra.ts';
import { runPgtap, type Totals } from './pgtap.ts';

const only = process.argv.slice(2);
/** The Vitest projects that say something about any Noctra. */
const projectsOfAny = ['unit', 'noctra', 'crowds'];

async function main(): Promise<void> {
  const totals = await withNoctra(runAll);
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
  console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);
  process.exit(totals.failed > 0 ? 1 : 0);
}

async function runAll(target: Target): Promise<Totals> {
  if (only.length > 0) return runVitest(target);
  console.log('\nDatabase (pgTAP)');
  const database = await runPgtap(path.join(root, 'supabase', 'tests'), target.databaseUrl);
  const rest = await runVitest(target);
  return {
    passed: database.passed + rest.passed,
    failed: database.failed + rest.failed,
    skipped: database.skipped + rest.skipped,
  };
}

async function runVitest(target: Target): Promise<Totals> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-report-'));
  const report = path.join(folder, 'vitest.json');
  try {
    const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const scope = targetFromEnvironment() ? scopeFor(only) : [];
    const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...scope, ...only], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      // Tests start many processes of the same programs: Node keeps what it has compiled.
      env: {
        NODE_COMPILE_CACHE: path.join(root, 'node_modules', '.cache', 'node'),
        ...process.env,
        ...environmentOf(target),
      },
    });
    // Tests that have started stacks end them when they are told to.
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    const [code] = (await once(child, 'exit')) as [number | null];
    process.off('SIGINT', pass).off('SIGTERM', pass);
    return readReport(report, code);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The projects to run against a given Noctra, as options: those of the arguments, else all that can. */
function scopeFor(args: string[]): string[] {
  const { values } = parseArgs({
    args,
    strict: false,
    options: { project: { type: 'string', multiple: true } },
  });
  const projects = (values.project ?? []) as string[];
  const refused = projects.filter((name) => !projectsOfAny.includes(name));
  if (refused.length > 0)
    throw new CommandError(
      `${refused.join(', ')}: such tests start Noctras of their own, and would not ask the one of NOCTRA_URL.`,
      `Choose ${projectsOfAny.join(' or ')}, or unset NOCTRA_URL.`,
    );
  return projects.length > 0 ? [] : projectsOfAny.map((name) => `--project=${name}`);
}

/** Vitest's totals. A run that failed without a failed test (a file that does not load) counts as one failure. */
function readReport(file: string, code: number | null): Totals {
  if (!fs.existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, number>;
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = report;
  const failed = code !== 0 && numFailedTests === 0 ? 1 : numFailedTests;
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
}

runMain(() =>
  main().catch((error: unknown) => {
    // The totals are the last line, also where no test has run.
    process.once('exit', () => console.log('\n0 passed, 1 failed'));
    throw error;
  }),
);
