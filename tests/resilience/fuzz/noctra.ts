import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Keys, Run } from 'embedded-supabase';

const program = fileURLToPath(new URL('./serve.ts', import.meta.url));

/** The memory of a Noctra's processes. */
export interface Memory {
  /** The heap of the stack's process after garbage collection, in bytes. */
  stackHeap: number;
  /** The resident memory of the functions' processes in bytes; 0 where the system does not say. */
  functions: number;
}

/** A Noctra for the fuzzer alone: its logs and limits are not shared. */
export interface OwnNoctra extends Run, Keys {
  /** Everything that it has printed, and errors that its functions have logged. */
  complaints(): string;
  memory(): Promise<Memory>;
  stop(): Promise<void>;
}

/** Starts a Noctra in another process. */
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
        functions: residentBytes('deno', child.pid ?? 0),
      };
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
      fs.rmSync(state, { recursive: true, force: true });
    },
  };
}

/** The lines of a log that look like errors. */
function complaintsOf(log: string): string {
  if (!fs.existsSync(log)) return '';
  const lines = fs.readFileSync(log, 'utf8').split('\n');
  return lines
    .filter((line) => /error|uncaught|unhandled|panic|warn|^\s+at |\bat .+:\d+:\d+/i.test(line))
    .join('\n');
}

/** The resident memory of a process's descendants with this name. */
function residentBytes(name: string, ancestor: number): number {
  if (process.platform === 'win32') return 0;
  const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss=,comm='], { encoding: 'utf8' });
  const all = list.split('\n').flatMap((line) => {
    const [, pid, parent, kibibytes, command = ''] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid
      ? [{ pid: Number(pid), parent: Number(parent), bytes: Number(kibibytes) * 1024, command }]
      : [];
  });
  const family = all.filter(({ pid }) => pid === ancestor);
  for (const member of family) family.push(...all.filter(({ parent }) => parent === member.pid));
  return family
    .filter(({ command }) => path.basename(command) === name)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}
