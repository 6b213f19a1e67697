import { configDefaults, defineConfig } from 'vitest/config';

/** Tests of the stack that share one, which is started only if one of these files runs. The others start their own. */
const sharedStack = ['answers/*', 'storage/*', 'data-api/connections', 'data-api/limits'].map(
  (name) => `scripts/stack/tests/${name}.test.ts`,
);

export default defineConfig({
  test: {
    // A hash of a password takes a tenth of a second, and many tests make users of their own.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['supabase/functions/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'noctra',
          include: ['tests/**/*.test.ts'],
          globalSetup: 'tests/kit/raise-limits.ts',
          typecheck: { enabled: true, include: ['tests/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
      {
        extends: true,
        test: {
          name: 'stack',
          include: ['scripts/stack/tests/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...sharedStack],
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
