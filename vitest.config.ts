import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    typecheck: { enabled: true, include: ['tests/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    // A hash of a password takes a tenth of a second, and many tests make users of their own.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
