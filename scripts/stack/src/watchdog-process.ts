// Runs beside a stack and ends its children when the stack was killed: see watchdog.ts.
// Standard input has a line for each child: "+<pid> <ending>" when it starts, "-<pid>" when it has ended.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const children = new Map<number, string>();

// The stack itself handles a closed terminal, Ctrl-C and a shutdown of the machine.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const [, sign, pid, ending = ''] = /^([+-])(\d+)(?: (\w+))?$/.exec(line) ?? [];
  if (sign === '+') children.set(Number(pid), ending);
  else children.delete(Number(pid));
}

await Promise.all([...children].map(([pid, ending]) => end(pid, ending)));

async function end(pid: number, ending: string): Promise<void> {
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  if (ending !== 'postgres') {
    // A detached child leads a process group, which has its own children.
    send(-pid, 'SIGKILL');
    return;
  }
  // Fast shutdown, then immediate shutdown with recovery at the next start. Neither loses a committed write.
  send(pid, 'SIGINT');
  for (let waited = 0; waited < 5_000; waited += 100) {
    if (!send(pid, 0)) return;
    await delay(100);
  }
  send(pid, 'SIGQUIT');
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
