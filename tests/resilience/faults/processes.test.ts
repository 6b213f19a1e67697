import { until } from 'embedded-supabase/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  command,
  expectAllEnded,
  family,
  type Noctra,
  postmaster,
  processOf,
  startNoctra,
} from './fault-stack.ts';
import { startLoad } from './load.ts';
import { expectClearRefusals, expectSwept, expectWhole, retry } from './whole.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let noctra: Noctra;
beforeAll(async () => {
  noctra = await startNoctra();
});
afterAll(() => noctra?.remove());

const tries: ReturnType<typeof startLoad>['tries'] = [];

describe('under load', () => {
  it('restarts a killed function', async () => {
    const program = /boot-api\.ts/;
    const before = processOf(noctra, program);
    const load = startLoad(noctra);
    await load.acknowledged(3);
    process.kill(before, 'SIGKILL');
    await load.acknowledged(6);
    await load.stop();
    tries.push(...load.tries);
    expectClearRefusals(load.tries);
    expect(processOf(noctra, program)).not.toBe(before);
    await retry(noctra, load.tries);
    await expectWhole(noctra, tries);
  });

  it('keeps all acknowledged posts when the whole stack is killed', async () => {
    const load = startLoad(noctra);
    await load.acknowledged(6);
    const before = family(noctra);
    noctra.command.child.kill('SIGKILL');
    await noctra.command.ended;
    await load.refused();
    await load.stop();
    tries.push(...load.tries);
    expectClearRefusals(load.tries, { cut: true });
    await expectAllEnded(before);
    await noctra.start();
    await retry(noctra, load.tries);
    await expectWhole(noctra, tries);
    await expectSwept(noctra);
  });
});

it('ends the stack with a reason when the database keeps ending', async () => {
  const before = new Set<number>();
  let ended = false;
  noctra.command.ended.then(() => (ended = true));
  const nextOne = () =>
    family(noctra).find(({ pid, command }) => postmaster.test(command) && !before.has(pid))?.pid;
  for (let ends = 0; ends < 6; ends++) {
    await until(() => nextOne() !== undefined || ended, 'the database is started again');
    const pid = nextOne() ?? 0;
    const isUp = async () => ended || !(await noctra.admin.from('rate_limits').select().limit(1)).error;
    await until(isUp, 'the database answers');
    expect(ended, `after ${ends} ends`).toBe(false);
    before.add(pid);
    process.kill(pid, 'SIGKILL');
  }
  expect(await noctra.command.ended).toBe(1);
  expect(noctra.command.output()).toContain('The database ended');
  await noctra.start();
});

it('completes the migrations of a start that was killed', async () => {
  const other = `${noctra.state}-other`;
  const cutOff = command({ ...noctra, state: other }, 'start', '--port', '0');
  await until(() => cutOff.output().includes('Applying migrations'), 'migrations are applied');
  const before = family({ ...noctra, command: cutOff });
  process.kill(processOf({ ...noctra, command: cutOff }, postmaster), 'SIGKILL');
  // The stack restarts the database, but the migration in progress has failed.
  expect(await cutOff.ended, cutOff.output()).toBe(1);
  await expectAllEnded(before);
  const again = await startNoctra(other);
  try {
    const load = startLoad(again);
    await load.acknowledged(3);
    await load.stop();
    await expectWhole(again, load.tries);
  } finally {
    await again.remove();
  }
});
