import { execFileSync } from 'node:child_process';

/** A process of this machine. */
export interface Process {
  pid: number;
  parent: number;
  /** Its command line, which every account of the machine can read. */
  command: string;
}

/** All running processes, without zombies. */
export function allProcesses(): Process[] {
  return process.platform === 'win32' ? windowsProcesses() : unixProcesses();
}

function unixProcesses(): Process[] {
  const list = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return list.split('\n').flatMap((line) => {
    const [, pid, parent, state, command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid && !state?.startsWith('Z') ? [{ pid: Number(pid), parent: Number(parent), command }] : [];
  });
}

function windowsProcesses(): Process[] {
  const query =
    'Get-CimInstance Win32_Process | Select-Object ProcessId,ParentProcessId,CommandLine | ConvertTo-Json';
  const json = execFileSync('powershell', ['-NoProfile', '-Command', query], { encoding: 'utf8' });
  const list = JSON.parse(json) as { ProcessId: number; ParentProcessId: number; CommandLine?: string }[];
  return list.map((item) => ({
    pid: item.ProcessId,
    parent: item.ParentProcessId,
    command: item.CommandLine ?? '',
  }));
}

/** A process and all its descendants. */
export function familyOf(pid: number): Process[] {
  const all = allProcesses();
  const family = all.filter((one) => one.pid === pid);
  for (const member of family) family.push(...all.filter(({ parent }) => parent === member.pid));
  return family;
}

/** The processes of a list that still run. A process id that was reused by another program does not count. */
export function survivors(list: readonly Process[]): Process[] {
  const all = allProcesses();
  // Only names are compared: PostgreSQL changes its command line while it works.
  const name = ({ command }: Process) => command.split(/[ :]/)[0];
  return list.filter((one) => all.some((now) => now.pid === one.pid && name(now) === name(one)));
}
