import { availableParallelism } from 'node:os';
import path from 'node:path';
import { normalizePath } from 'vite';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests of the stack that share one, which is started only if one of these files runs. The others start their own. */
const sharedStack = ['answers/*', 'storage/*', 'data-api/connections', 'data-api/limits'].map(
  (name) => `scripts/stack/tests/${name}.test.ts`,
);
/** Tests of the stack that start nothing. */
const stackUnits = [
  'scripts/stack/tests/data-api/{closest-name,headers,payload,query,refusals,sql,view-origins}.test.ts',
  'scripts/stack/tests/auth/{redirects,templates}.test.ts',
];
/** Tests that take nearly all connections of the database. */
const crowds = ['people', 'reactions', 'notifications'].map(
  (name) => `tests/resilience/concurrency/${name}.test.ts`,
);
const ownStacks = ['tests/resilience/{faults,fuzz,alone,replica}/**/*.test.ts', 'scripts/bench/**/*.test.ts'];

/** The files that take longest, as measured: most of them start and kill stacks. */
const slowest =
  /^(scripts\/bench|scripts\/stack\/tests\/(fresh-project|lifecycle-|functions\/reload|room-booking|storage\/restarts)|tests\/resilience\/(faults|fuzz|replica))/;

/** Starts the slowest files first, so that none of them is left at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) =>
      slowest.test(normalizePath(path.relative(import.meta.dirname, moduleId)));
    return [...files].sort((one, other) => Number(isLong(other)) - Number(isLong(one)));
  }
}

export default defineConfig({
  test: {
    // All processors but one, and at least three workers: many tests wait for processes to start and end.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // A test that starts a stack takes a few seconds, and ten times as long on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // As long as a condition may take on a busy machine; Vitest's own is 1 s.
    expect: { poll: { timeout: 20_000 } },
    // postgres.js throws outside any promise when a server that a test has killed closes a connection with bytes left to
    // write. The statement itself is rejected; the stack ignores the error as well (isWriteAfterEnd).
    onUnhandledError: ({ message, stack }) =>
      !(message.includes("reading 'write'") && /postgres[\\/]src[\\/]connection\.js/.test(stack ?? '')),
    projects: [
      {
        extends: true,
        // Starts nothing, and needs no Noctra.
        test: {
          name: 'unit',
          include: ['supabase/functions/**/*.test.ts', 'scripts/*.test.ts', ...stackUnits],
        },
      },
      {
        extends: true,
        // Asks the Noctra that the environment names: see tests/kit/settings.ts.
        test: {
          name: 'noctra',
          include: ['tests/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...crowds, ...ownStacks],
          globalSetup: 'tests/kit/raise-limits.ts',
          typecheck: { enabled: true, include: ['tests/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
      {
        extends: true,
        // As `noctra`, after all others, one file at a time.
        test: {
          name: 'crowds',
          include: crowds,
          globalSetup: 'tests/kit/raise-limits.ts',
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // Each file starts a Noctra of its own, on the embedded stack.
        test: { name: 'own-stacks', include: ownStacks },
      },
      {
        extends: true,
        test: {
          name: 'stack',
          include: ['scripts/stack/tests/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...sharedStack, ...stackUnits],
        },
      },
      {
        extends: true,
        test: {
          name: 'shared stack',
          include: sharedStack,
          globalSetup: 'scripts/stack/tests/answers/start.ts',
        },
      },
    ],
  },
});
