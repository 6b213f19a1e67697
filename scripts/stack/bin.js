#!/usr/bin/env node
// Plain JavaScript, so that an older Node can say what it lacks. npm puts the project's own Node first.
if (process.features.typescript) await import('./src/main.ts');
else {
  console.error(
    `Node ${process.version} cannot run TypeScript: this needs Node 24, or \`npx embedded-supabase\`.`,
  );
  process.exitCode = 2;
}
