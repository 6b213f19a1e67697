import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { root } from './noctra.ts';

/** Runs a program of node_modules. Resolves with '' when it succeeds, else with what it has printed. */
export async function runProgram(
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

/** Runs Redocly's command line, without telemetry. */
export function redocly(args: string[]): Promise<string> {
  return runProgram('@redocly/cli/bin/cli.js', args, { REDOCLY_TELEMETRY: 'off' });
}
