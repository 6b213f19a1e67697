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

/** Whether this system tells what a process has used: only Linux does, without another program. */
export const canReadProcesses = process.platform === 'linux';

/** What a process and its descendants have used, by part: the stack, its functions, the database. */
export interface Usage {
  /** Seconds of CPU since their start. */
  cpuSeconds: Record<string, number>;
  /** Bytes in memory; shared memory is counted once. */
  memoryBytes: Record<string, number>;
}

/** Reads what a process and its descendants have used; null where the system does not tell. */
export function usageOf(pid: number): Usage | null {
  if (!canReadProcesses) return null;
  const all = fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => readStat(Number(entry)) ?? []);
  const mine = new Set([pid]);
  // Parents may come after their children in the list: repeat until nothing is added.
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

/** Seconds of CPU of each part between two readings. */
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
    // The name is in brackets and may contain anything; numbers follow.
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
    // It has just ended.
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
