import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Keys, Run } from 'embedded-supabase';
import { familyOf } from 'embedded-supabase/testing';

const program = fileURLToPath(new URL('./serve.ts', import.meta.url));

/** Memory of the processes of a Noctra, in bytes. */
export interface Memory {
  /** The heap of the stack's process, after garbage collection. */
  stackHeap: number;
  /** Resident memory of the function processes; 0 on Windows. */
  functions: number;
}

/** A Noctra for the fuzzer alone: its logs and limits are not shared. */
export interface OwnNoctra extends Run, Keys {
  /** Everything it has printed, and the errors in the log of its functions. Empty while all is well. */
  complaints(): string;
  memory(): Promise<Memory>;
  stop(): Promise<void>;
}

/** Starts a Noctra in its own process. */
export async function startOwnNoctra(): Promise<OwnNoctra> {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), 'noctra-fuzz-'));
  const child = fork(program, [state], { execArgv: ['--expose-gc'], silent: true });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      printed += chunk;
    });
  }
  const ended = once(child, 'exit');
  const [ready] = await Promise.race([once(child, 'message'), ended]);
  if (typeof ready !== 'object' || ready === null) throw new Error(`Noctra did not start:\n${printed}`);
  return {
    ...(ready as Run & Keys),
    complaints: () => printed + complaintsOf(path.join(state, 'logs', 'functions.log')),
    async memory() {
      if (!child.connected) throw new Error(`Noctra has ended:\n${printed}`);
      child.send('memory');
      const [answer] = await Promise.race([once(child, 'message'), ended]);
      return {
        stackHeap: (answer as { heapBytes: number }).heapBytes,
        functions: residentBytes(/^\S*\bdeno /, child.pid ?? 0),
      };
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
      fs.rmSync(state, { recursive: true, force: true });
    },
  };
}

/** The lines of a log that report an error or a warning. */
function complaintsOf(log: string): string {
  if (!fs.existsSync(log)) return '';
  const lines = fs.readFileSync(log, 'utf8').split('\n');
  return lines
    .filter((line) => /error|uncaught|unhandled|panic|warn|^\s+at |\bat .+:\d+:\d+/i.test(line))
    .join('\n');
}

/** Resident memory of all descendants of a process that run a program. */
function residentBytes(program: RegExp, ancestor: number): number {
  if (process.platform === 'win32') return 0;
  const pids = familyOf(ancestor).flatMap(({ pid, command }) => (program.test(command) ? [pid] : []));
  if (pids.length === 0) return 0;
  const list = execFileSync('ps', ['-o', 'rss=', '-p', pids.join(',')], { encoding: 'utf8' });
  return list.split('\n').reduce((sum, kibibytes) => sum + Number(kibibytes) * 1024, 0);
}
