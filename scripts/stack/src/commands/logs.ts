import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from '../errors.ts';
import { logsFolder } from '../log-files.ts';
import type { Project } from '../project.ts';
import { refuseOthers } from '../run.ts';

/** Options of `logs`. */
export interface LogsOptions {
  follow?: boolean | undefined;
  since?: string | undefined;
  lines?: string | undefined;
}

/** An entry of a log, with all its lines. */
interface Entry {
  service: string;
  /** Milliseconds since 1970; 0 for lines before the first with a time. */
  time: number;
  text: string;
}

const pollMs = 250;
const defaultLines = 100;

/** Prints the log of one service, or of all in the order of time. Returns the exit code. */
export async function logs(
  project: Project,
  service: string | undefined,
  options: LogsOptions,
): Promise<number> {
  refuseOthers(project);
  const folder = logsFolder(project.state);
  const services = fs.existsSync(folder)
    ? fs.readdirSync(folder).flatMap((name) => (name.endsWith('.log') ? [name.slice(0, -'.log'.length)] : []))
    : [];
  if (service !== undefined && !services.includes(service)) {
    throw new StackError(
      `There is no log of "${service}".`,
      services.length > 0 ? `There are: ${services.join(', ')}.` : 'Start the stack first: it makes them.',
    );
  }
  const chosen = service === undefined ? services : [service];
  const since = options.since === undefined ? 0 : Date.now() - readAge(options.since);
  const most = readCount(options.lines);
  const print = (entry: Entry) =>
    console.log(service === undefined ? `${entry.service.padEnd(10)} ${entry.text}` : entry.text);

  const offsets = new Map(chosen.map((name) => [name, sizeOf(folder, name)]));
  const said = chosen
    .flatMap((name) => [
      ...parse(name, read(path.join(folder, `${name}.log.1`), 0)),
      ...parse(name, read(path.join(folder, `${name}.log`), 0, offsets.get(name))),
    ])
    .filter(({ time }) => time >= since)
    .sort((a, b) => a.time - b.time);
  for (const entry of most === 0 ? [] : said.slice(-most)) print(entry);

  while (options.follow) {
    await delay(pollMs);
    for (const name of chosen) {
      const [from, size] = [offsets.get(name) ?? 0, sizeOf(folder, name)];
      if (size === from) continue;
      // Shorter than before: it was put aside and emptied.
      const text = read(path.join(folder, `${name}.log`), size < from ? 0 : from, size);
      // An unfinished line is left for the next turn.
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      offsets.set(name, (size < from ? 0 : from) + Buffer.byteLength(whole));
      for (const entry of parse(name, whole)) print(entry);
    }
  }
  return 0;
}

function sizeOf(folder: string, name: string): number {
  return fs.statSync(path.join(folder, `${name}.log`), { throwIfNoEntry: false })?.size ?? 0;
}

/** The text of a file between two offsets, by default to its end. */
function read(file: string, from: number, to?: number): string {
  const size = to ?? fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= from) return '';
  const bytes = Buffer.alloc(size - from);
  const open = fs.openSync(file, 'r');
  try {
    return bytes.subarray(0, fs.readSync(open, bytes, 0, bytes.length, from)).toString();
  } finally {
    fs.closeSync(open);
  }
}

/** A line that begins with a time begins an entry; other lines belong to the entry before. */
function parse(service: string, text: string): Entry[] {
  const entries: Entry[] = [];
  for (const line of text.split('\n')) {
    const [, date, clock] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z| UTC)/.exec(line) ?? [];
    const last = entries.at(-1);
    if (date) entries.push({ service, time: Date.parse(`${date}T${clock}Z`), text: line });
    else if (last) last.text += `\n${line}`;
    else if (line) entries.push({ service, time: 0, text: line });
  }
  for (const entry of entries) entry.text = entry.text.trimEnd();
  return entries;
}

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function readAge(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count) return Number(count) * (unitMs[unit] ?? 0);
  throw new StackError(`--since ${text} is not a time.`, 'Write it like 30s, 10m, 2h or 1d.');
}

function readCount(text: string | undefined): number {
  if (text === undefined) return defaultLines;
  if (/^\d+$/.test(text)) return Number(text);
  throw new StackError(`--lines ${text} is not a number.`, 'Give a number such as 100.');
}
