// `npm run bench`: measures the speed of Noctra, as ratios within one run. See docs/benchmark.md.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CommandError, runMain } from '../command.ts';
import { root } from '../noctra.ts';
import { type BenchNoctra, connect, startNoctra } from './bench-stack.ts';
import { type DataSize, makeData, recipeOf } from './data.ts';
import { measureHttp } from './measure-http.ts';
import { measureLists } from './measure-lists.ts';
import { measureLive } from './measure-live.ts';
import { measureGrowth, measurePages } from './measure-pages.ts';
import { measureReactions } from './measure-reactions.ts';
import { measureExtraction, measureRest, measureSignIn, measureTransfers } from './measure-rest.ts';
import { measureSdk } from './measure-sdk.ts';
import { measureSearch } from './measure-search.ts';
import { measureWrites } from './measure-writes.ts';
import { createRecorder, printGoals, type Recorder, type Report } from './report.ts';
import { readers } from './social-data.ts';

const areas = [
  'pages',
  'lists',
  'writes',
  'reactions',
  'search',
  'live',
  'http',
  'extraction',
  'sign-in',
  'storage',
  'rest',
  'sdk',
] as const;
type Area = (typeof areas)[number];

const help = `Measures the speed of Noctra on generated data, as ratios within one run.

Usage: npm run bench -- [options]

  --posts <number>    number of posts, such as 100000 for a quick run (default: 1000000), with five times as many likes
                      and as many comments
  --people <number>   number of people, each of whom follows 30 on average (default: 100000)
  --against <number>  also measures the pages of a database with this many posts: the cost of growth
  --only <areas>      areas to measure, separated by commas: ${areas.join(', ')}
  --rounds <number>   rounds of each measurement (default: 5)
  --seconds <number>  length of a round over HTTP (default: 3)
  --data <folder>     the folder that keeps the data for the next run (default: .bench)
  --out <file>        the JSON file of the report (default: report.json in the data folder)
  --help              shows this text

A million posts take about 5 GB; remove the data folder to free the space.
To draw a report: npm run bench:plot -- [file …]
`;

interface Options {
  size: DataSize;
  against: DataSize | null;
  only: ReadonlySet<Area>;
  rounds: number;
  seconds: number;
  data: string;
  out: string;
}

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) return;
  const running: BenchNoctra[] = [];
  const stopAll = () => Promise.all(running.splice(0).map((noctra) => noctra.stop()));
  // Ctrl-C does not reach the stacks, which have their own process groups.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, async () => {
      await stopAll();
      process.exit(130);
    });
  try {
    const main = await open(options.size, options.data, running);
    const recorder = createRecorder({
      startedAt: new Date().toISOString(),
      machine: {
        cpus: os.availableParallelism(),
        memoryGiB: Math.round(os.totalmem() / 1024 ** 3),
        platform: `${process.platform} ${process.arch}`,
        node: process.version,
        postgres: await postgresVersion(main.noctra),
      },
      size: options.size,
      figures: [],
      ratios: [],
      plans: {},
    });
    await measure(main, recorder, options);
    if (options.against) {
      const { noctra } = await open(options.against, options.data, running);
      const [reader = ''] = await peopleIds(noctra, 1);
      await measureGrowth(main.noctra, noctra, recorder, options.rounds, reader);
    }
    printGoals(recorder.report);
    write(recorder.report, options.out);
  } finally {
    await stopAll();
  }
}

/** A Noctra with data. */
interface Opened {
  noctra: BenchNoctra;
  /** Seconds of the first start; null if the data existed already. */
  firstStart: number | null;
}

/** Starts the Noctra with data of this size, and makes the data if needed. A fresh start gives all runs the same caches. */
async function open(size: DataSize, data: string, running: BenchNoctra[]): Promise<Opened> {
  const state = path.join(data, `${size.posts}-posts-${size.people}-people`);
  const recipe = recipeOf(size, path.join(root, 'supabase', 'migrations'));
  const recipeFile = `${state}.recipe`;
  const isThere = fs.existsSync(recipeFile) && fs.readFileSync(recipeFile, 'utf8') === recipe;
  console.log(`Starting a Noctra with ${size.posts.toLocaleString('en')} posts`);
  const start = async () => {
    const noctra = await startNoctra(state);
    running.push(noctra);
    return noctra;
  };
  if (isThere) return { noctra: await start(), firstStart: null };

  // The data are incomplete, or were made for other migrations.
  fs.rmSync(state, { recursive: true, force: true });
  fs.mkdirSync(state, { recursive: true });
  const first = await start();
  await fill(first, size);
  await first.stop();
  fs.writeFileSync(recipeFile, recipe);
  return { noctra: await start(), firstStart: first.startSeconds };
}

/** Makes the data and raises the rate limits. */
async function fill(noctra: BenchNoctra, size: DataSize): Promise<void> {
  const asAdmin = () => connect(noctra.databaseUrl('supabase_admin'));
  await makeData(asAdmin, size, (step) => console.log(`  ${step}`));
  const admin = asAdmin();
  try {
    await admin`update public.rate_limits set max_count = 1000000000`;
  } finally {
    await admin.end();
  }
}

async function postgresVersion(noctra: BenchNoctra): Promise<string> {
  const admin = connect(noctra.databaseUrl('supabase_admin'));
  try {
    const [row] = await admin<{ server_version: string }[]>`show server_version`;
    return row?.server_version ?? '';
  } finally {
    await admin.end();
  }
}

async function measure({ noctra, firstStart }: Opened, recorder: Recorder, options: Options): Promise<void> {
  const { only, rounds, seconds } = options;
  if (only.has('rest')) measureRest(recorder, firstStart, noctra);
  const people = await peopleIds(noctra, 16);
  if (only.has('pages')) await measurePages(noctra, recorder, rounds, people[0] ?? '');
  if (only.has('lists')) await measureLists(noctra, recorder, rounds, people[0] ?? '');
  if (only.has('writes')) await measureWrites(noctra, recorder, rounds, people);
  if (only.has('reactions')) await measureReactions(noctra, recorder, rounds);
  if (only.has('live')) await measureLive(noctra, recorder, rounds, seconds);
  if (only.has('search')) await measureSearch(noctra, recorder, rounds, people[0] ?? '');
  if (only.has('extraction')) await measureExtraction(noctra, recorder, rounds);
  if (only.has('sign-in')) await measureSignIn(noctra, recorder, rounds);
  if (only.has('storage')) await measureTransfers(noctra, recorder, rounds);
  if (only.has('http')) await measureHttp(noctra, recorder, rounds, seconds);
  if (only.has('sdk')) await measureSdk(recorder);
}

/** The first readers: people with an average number of posts. */
async function peopleIds(noctra: BenchNoctra, count: number): Promise<string[]> {
  const admin = connect(noctra.databaseUrl('supabase_admin'));
  try {
    const rows = await admin<{ id: string }[]>`
      select bench.person(${readers.first}::integer - 1 + number) as id from generate_series(1, ${count}::integer) as number
    `;
    return rows.map(({ id }) => id);
  } finally {
    await admin.end();
  }
}

function write(report: Report, file: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\nAll figures and plans: ${path.relative(process.cwd(), file)}`);
  console.log(`As plots: npm run bench:plot -- ${path.relative(process.cwd(), file)}`);
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      posts: { type: 'string', default: '1000000' },
      people: { type: 'string', default: '100000' },
      against: { type: 'string' },
      only: { type: 'string', default: areas.join(',') },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      data: { type: 'string', default: path.join(root, '.bench') },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(help);
    return null;
  }
  const only = values.only.split(',').map((area) => {
    const known = areas.find((name) => name === area.trim());
    if (!known) throw usage(`The area "${area}" does not exist.`);
    return known;
  });
  const people = count(values.people, '--people', 20_000);
  return {
    size: { posts: count(values.posts, '--posts', 1000), people },
    against:
      values.against === undefined ? null : { posts: count(values.against, '--against', 1000), people },
    only: new Set(only),
    rounds: count(values.rounds, '--rounds', 1),
    seconds: count(values.seconds, '--seconds', 1),
    data: path.resolve(values.data),
    out: path.resolve(values.out ?? path.join(values.data, 'report.json')),
  };
}

function count(text: string, option: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw usage(`${option} must be an integer of at least ${least}.`);
}

function usage(message: string): CommandError {
  return new CommandError(message, '`npm run bench -- --help` lists the options.');
}

runMain(main);
