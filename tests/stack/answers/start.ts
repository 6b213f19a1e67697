// Vitest runs this once before the files of this folder, and what it returns once after them.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { loadKeys } from '../../../scripts/stack/keys.ts';
import { copyProject, run, statusOf } from '../running.ts';
import { type Target, variables } from './target.ts';

const project = fileURLToPath(new URL('./project', import.meta.url));

/** Takes the stack that the environment names, or starts one, and tells the test files where it is. */
export default async function start({ provide }: TestProject): Promise<() => Promise<void>> {
  const named = targetFromEnvironment();
  if (named) {
    provide('target', named);
    return async () => {};
  }
  const folder = copyProject(project);
  const command = run(folder, 'start', '--port', '0');
  const end = async () => {
    command.child.kill('SIGTERM');
    await command.ended;
    fs.rmSync(folder, { recursive: true, force: true });
  };
  // A terminal and npm may both send it: only the first counts, and the second must not cut it off.
  let interrupted: Promise<void> | null = null;
  const interrupt = (signal: NodeJS.Signals) => {
    interrupted ??= end().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const finish = async () => {
    await (interrupted ?? end());
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  };
  try {
    await command.ready;
    const { url, publishableKey, secretKey, databaseUrl, mailboxUrl } = await statusOf(folder);
    const { jwtSecret } = await loadKeys(path.join(folder, '.stack'));
    provide('target', { url, publishableKey, secretKey, databaseUrl, jwtSecret, mailUrl: mailboxUrl });
    return finish;
  } catch (error) {
    await finish();
    throw error;
  }
}

/** The stack that the environment names, or null when it names none. Some of the variables but not all is an error. */
function targetFromEnvironment(): Target | null {
  const entries = Object.entries(variables).map(([part, name]) => [part, process.env[name]] as const);
  if (entries.every(([, value]) => !value)) return null;
  if (entries.some(([, value]) => !value)) {
    throw new Error(`To ask a running stack, set all of ${Object.values(variables).join(', ')}.`);
  }
  return Object.fromEntries(entries) as unknown as Target;
}
