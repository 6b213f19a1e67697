// The stack under test, in a process of its own. It ends with the process that started it, and removes its state.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readProject } from '../../src/project.ts';
import { startStack } from '../../src/stack.ts';
import type { Target } from './target.ts';

const project = fileURLToPath(new URL('./project', import.meta.url));
const state = fs.mkdtempSync(path.join(os.tmpdir(), 'stack-answers-'));

const over = new Promise((resolve) => {
  process.once('disconnect', resolve);
  // A terminal sends these to all processes at once; a second signal must not interrupt the cleanup.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
});

try {
  const stack = await startStack({ project: readProject(project, state) });
  const { url, databaseUrl, mailboxUrl } = stack.run;
  const { publishableKey, secretKey, jwtSecret } = stack.keys;
  const target: Target = { url, publishableKey, secretKey, databaseUrl, jwtSecret, mailUrl: mailboxUrl };
  if (process.connected) process.send?.(target);
  await Promise.race([over, stack.failed]);
  await stack.stop();
} finally {
  fs.rmSync(state, { recursive: true, force: true });
}
process.exit();
