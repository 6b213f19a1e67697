import fs from 'node:fs';

/** Linux counts CPU time in hundredths of a second, on every kind of machine that Node runs on. */
const ticksPerSecond = 100;

interface ProcessStat {
  pid: number;
  parent: number;
  name: string;
  cpuSeconds: number;
  residentBytes: number;
}

/** Whether this system reports the usage of processes: only Linux does, in /proc. */
export const canReadProcesses = process.platform === 'linux';

/** The usage of a process and its descendants, by name: the stack, its functions, the database. */
export interface Usage {
  /** CPU seconds since the start of each. */
  cpuSeconds: Record<string, number>;
  /** Proportional set size: shared memory is divided among its processes. */
  memoryBytes: Record<string, number>;
}

/** The usage of a process and its descendants; null if the system does not report it. */
export function usageOf(pid: number): Usage | null {
  if (!canReadProcesses) return null;
  const all = fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => readStat(Number(entry)) ?? []);
  const mine = new Set([pid]);
  // A parent may follow its children in the list: repeat until no process is added.
  for (let before = -1; before !== mine.size; ) {
    before = mine.size;
    for (const stat of all) if (mine.has(stat.parent)) mine.add(stat.pid);
  }
  const usage: Usage = { cpuSeconds: {}, memoryBytes: {} };
  for (const stat of all) {
    if (!mine.has(stat.pid)) continue;
    const name = stat.pid === pid ? 'stack' : stat.name;
    usage.cpuSeconds[name] = (usage.cpuSeconds[name] ?? 0) + stat.cpuSeconds;
    usage.memoryBytes[name] = (usage.memoryBytes[name] ?? 0) + proportionalBytes(stat);
  }
  return usage;
}

/** The CPU seconds of each part between two samples. */
export function cpuBetween(before: Usage, after: Usage): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after.cpuSeconds).map(([name, seconds]) => [
      name,
      seconds - (before.cpuSeconds[name] ?? 0),
    ]),
  );
}

function readStat(pid: number): ProcessStat | null {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name is in parentheses and may contain any character; numbers follow.
    const end = text.lastIndexOf(')');
    const fields = text.slice(end + 2).split(' ');
    const number = (place: number) => Number(fields[place]);
    return {
      pid,
      parent: number(1),
      name: text.slice(text.indexOf('(') + 1, end),
      cpuSeconds: (number(11) + number(12)) / ticksPerSecond,
      residentBytes: number(21) * 4096,
    };
  } catch {
    // The process has ended since the list was read.
    return null;
  }
}

function proportionalBytes(stat: ProcessStat): number {
  try {
    const text = fs.readFileSync(`/proc/${stat.pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return stat.residentBytes;
  }
}
