import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { root } from './noctra.ts';

/** What a program has printed: `output` is both streams in order. */
export interface Result {
  code: number | null;
  output: string;
  stdout: string;
}

/** Runs a program of node_modules in the folder of the project. */
async function run(program: string, args: string[], environment: Record<string, string>): Promise<Result> {
  const child = spawn(process.execPath, [path.join(root, 'node_modules', program), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    env: { ...process.env, ...environment },
  });
  let output = '';
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, stdout };
}

/** Runs a program of node_modules as a check. Resolves with '' when it succeeds, else with what it has printed. */
export async function runProgram(
  program: string,
  args: string[],
  environment: Record<string, string> = {},
): Promise<string> {
  const { code, output } = await run(program, args, environment);
  return code === 0 ? '' : output || `ended with ${code}`;
}

/** Runs Redocly's command line, without telemetry. */
export function redocly(args: string[]): Promise<string> {
  return runProgram('@redocly/cli/bin/cli.js', args, { REDOCLY_TELEMETRY: 'off' });
}

/**
 * Runs the Supabase CLI on a database, quietly and without telemetry. The password goes by way of the environment:
 * every account of a machine can read command lines.
 */
export function runSupabase(args: string[], databaseUrl: string): Promise<Result> {
  const remote = new URL(databaseUrl);
  const password = decodeURIComponent(remote.password);
  remote.password = '';
  return run('supabase/dist/supabase.js', [...args, `--remote=${remote}`], {
    PGPASSWORD: password,
    SUPABASE_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    NO_COLOR: '1',
    NO_UPDATE_NOTIFIER: '1',
  });
}
