import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';

/**
 * Runs the Supabase CLI on a database, quietly and without telemetry, and collects its output. The password goes by
 * way of the environment: every account of a machine can read command lines.
 */
export async function runSupabase(
  args: string[],
  databaseUrl: string,
): Promise<{ code: number | null; output: string; stdout: string }> {
  const program = createRequire(import.meta.url).resolve('supabase/dist/supabase.js');
  const remote = new URL(databaseUrl);
  const password = decodeURIComponent(remote.password);
  remote.password = '';
  const child = spawn(process.execPath, [program, ...args, `--remote=${remote}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    env: {
      ...process.env,
      PGPASSWORD: password,
      SUPABASE_TELEMETRY_DISABLED: '1',
      DO_NOT_TRACK: '1',
      NO_COLOR: '1',
      NO_UPDATE_NOTIFIER: '1',
    },
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
