import type { Summary } from './statistics.ts';

/** The target of a ratio. */
export type Goal = { atMost: number } | { atLeast: number };

/** One measured figure. */
export interface Figure {
  area: string;
  name: string;
  unit: string;
  value: Summary;
}

/** One figure divided by another of the same run. */
export interface Ratio {
  area: string;
  name: string;
  value: Summary;
  goal?: Goal;
}

/** All results of a run. */
export interface Report {
  startedAt: string;
  machine: { cpus: number; memoryGiB: number; platform: string; node: string; postgres: string };
  size: { posts: number; people: number };
  figures: Figure[];
  ratios: Ratio[];
  /** The output of `explain (analyze, buffers)` by the name of the page. */
  plans: Record<string, string>;
}

/** Records figures as they are measured, and prints each. */
export interface Recorder {
  report: Report;
  area(name: string): void;
  figure(name: string, unit: string, value: Summary): void;
  ratio(name: string, value: Summary, goal?: Goal): void;
  note(text: string): void;
}

/** Makes a recorder for a report. */
export function createRecorder(report: Report): Recorder {
  let area = '';
  return {
    report,
    area(name) {
      area = name;
      console.log(`\n${name}`);
    },
    figure(name, unit, value) {
      report.figures.push({ area, name, unit, value });
      console.log(`  ${name.padEnd(58)} ${format(value.median)} ${unit}  (${spread(value)})`);
    },
    ratio(name, value, goal) {
      report.ratios.push({ area, name, value, ...(goal ? { goal } : {}) });
      const verdict = goal ? `  ${goalText(goal)}: ${reached(value, goal) ? 'reached' : 'NOT REACHED'}` : '';
      console.log(`  ${`= ${name}`.padEnd(58)} ${format(value.median)}  (${spread(value)})${verdict}`);
    },
    note: (text) => console.log(`  ${text}`),
  };
}

/** Whether a ratio reaches its goal. */
export function reached(value: Summary, goal: Goal): boolean {
  return 'atMost' in goal ? value.median <= goal.atMost : value.median >= goal.atLeast;
}

/** A goal as text. */
export function goalText(goal: Goal): string {
  return 'atMost' in goal ? `at most ${goal.atMost}` : `at least ${goal.atLeast}`;
}

/** Prints how many goals were reached, and the missed ones. */
export function printGoals(report: Report): void {
  const judged = report.ratios.flatMap((ratio) => (ratio.goal ? [{ ...ratio, goal: ratio.goal }] : []));
  const missed = judged.filter(({ value, goal }) => !reached(value, goal));
  console.log(`\n${judged.length - missed.length} of ${judged.length} goals reached.`);
  for (const { area, name, value, goal } of missed)
    console.log(`  not reached: ${area}, ${name}: ${format(value.median)}, ${goalText(goal)}`);
}

function spread({ low, high }: Summary): string {
  return `${format(low)} to ${format(high)}`;
}

/** Formats a number with three significant digits. */
export function format(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
