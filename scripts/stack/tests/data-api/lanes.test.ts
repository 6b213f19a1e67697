import postgres from 'postgres';
import { afterEach, expect, test } from 'vitest';
import { RefusedError } from '../../src/data-api/errors.ts';
import { createLanes, type Lane, type Lanes } from '../../src/data-api/lanes.ts';
import { target as stack } from '../answers/asking.ts';

const opened: Lanes[] = [];

function open(options: { url?: string; max?: number; patience?: number }): Lanes {
  const lanes = createLanes({ url: stack.databaseUrl, max: 1, patience: 5_000, ...options });
  opened.push(lanes);
  return lanes;
}

afterEach(async () => {
  for (const lanes of opened.splice(0)) await lanes.close();
});

const ask = async (lane: Lane, text: string, values: string[] = []) =>
  String((await lane.send(text, values))[0]?.[0]);
const codeOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof RefusedError ? [error.refusal.status, error.refusal.code] : error;
};

test('who waits longer than may be waited is told so, and the next is served', async () => {
  const lanes = open({ patience: 100 });
  let release = () => {};
  const busy = lanes.use(() => new Promise<void>((resolve) => (release = resolve)));
  expect(await codeOf(lanes.use(async () => {}))).toEqual([504, 'PGRST003']);
  release();
  await busy;
  expect(await lanes.use((lane) => ask(lane, 'select $1', ['there']))).toBe('there');
});

test('those who wait are served in turn, and no two at once on one connection', async () => {
  const lanes = open({ max: 2 });
  let now = 0;
  let most = 0;
  const served: number[] = [];
  const use = (number: number) =>
    lanes.use(async (lane) => {
      most = Math.max(most, ++now);
      await ask(lane, 'select 1');
      served.push(number);
      now--;
    });
  await Promise.all(Array.from({ length: 20 }, (_, number) => use(number)));
  expect(most).toBe(2);
  expect(served.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, number) => number));
});

test('a database that is away is told as such', async () => {
  const lanes = open({ url: 'postgresql://nobody@127.0.0.1:1/none' });
  for (let round = 0; round < 2; round++) {
    const several = lanes.use(async (lane) => {
      const sent = [lane.send('begin'), lane.send('select $1', ['a']), lane.send('commit')];
      const settled = await Promise.allSettled(sent);
      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      await sent[0];
    });
    expect(await codeOf(several)).toEqual([503, 'PGRST000']);
  }
});

test('a connection that the database ends is replaced, and what was to follow on it never runs on another', async () => {
  const lanes = open({});
  const admin = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const pid = await lanes.use((lane) => ask(lane, 'select pg_backend_pid()'));
    const broken = lanes.use(async (lane) => {
      await lane.send('begin');
      await admin`select pg_terminate_backend(${Number(pid)}, 5000)`;
      const sent = [lane.send('select 1', []), lane.send('select 2', []), lane.send('commit')];
      const settled = await Promise.allSettled(sent);
      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      throw (settled[0] as PromiseRejectedResult).reason;
    });
    expect(await broken.then(String, () => 'failed')).toBe('failed');
    expect(await lanes.use((lane) => ask(lane, 'select pg_backend_pid()'))).not.toBe(pid);
  } finally {
    await admin.end();
  }
});

test('what comes again is prepared, and a connection with many prepared statements is replaced', async () => {
  const lanes = open({});
  const pid = () => lanes.use((lane) => ask(lane, 'select pg_backend_pid()'));
  const text = "select 'again'";
  await lanes.use((lane) => ask(lane, text));
  expect(await lanes.use(async (lane) => lane.isPrepared(text))).toBe(false);
  await lanes.use((lane) => ask(lane, text));
  expect(await lanes.use(async (lane) => lane.isPrepared(text))).toBe(true);
  const first = await pid();
  for (let number = 0; number < 250; number++) {
    await lanes.use((lane) => ask(lane, `select ${number}`));
    await lanes.use((lane) => ask(lane, `select ${number}`));
  }
  expect(await pid()).not.toBe(first);
});
