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

/** Whether this system says what a process has used; only Linux does so without a program of its own. */
export const canReadProcesses = process.platform === 'linux';

/** A process and all that it started, by what they are: the stack's own, its functions, the database. */
export interface Usage {
  /** Seconds of CPU since each began. */
  cpuSeconds: Record<string, number>;
  /** Bytes in memory; what processes share is counted once, as each one's part of it. */
  memoryBytes: Record<string, number>;
}

/** What a process and its descendants have used, by name; null where the system does not say. */
export function usageOf(pid: number): Usage | null {
  if (!canReadProcesses) return null;
  const all = fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => readStat(Number(entry)) ?? []);
  const mine = new Set([pid]);
  // Parents may stand behind their children in the list: repeat until nobody is added.
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

/** Seconds of CPU that each part used between two looks. */
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
    // The name stands in brackets and may hold anything; what follows is numbers.
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
    // It ended while we looked.
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
