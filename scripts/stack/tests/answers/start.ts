// Vitest runs this once before the files of this project, and the function that it returns once after them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { type Target, variables } from './target.ts';

/** Takes the stack that the environment names, or starts one, and tells the test files where it is. */
export default async function start({ provide }: TestProject): Promise<() => Promise<void>> {
  const named = targetFromEnvironment();
  if (named) {
    provide('target', named);
    return async () => {};
  }
  const child = fork(fileURLToPath(new URL('./serve.ts', import.meta.url)), { execArgv: [] });
  const ended = once(child, 'exit');
  const ready = once(child, 'message').then(([target]) => target as Target);
  const target = await Promise.race([ready, ended.then(() => null)]);
  if (!target) throw new Error('The stack to ask did not start: what it said is above.');
  provide('target', target);
  return async () => {
    if (child.connected) child.disconnect();
    await ended;
  };
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
