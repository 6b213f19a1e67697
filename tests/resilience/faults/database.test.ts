import { statusOf, until } from 'embedded-supabase/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { root } from '../../../scripts/noctra.ts';
import { connect } from '../../kit/database.ts';
import { family, type Noctra, postmaster, processOf, startNoctra } from './fault-stack.ts';
import { startLoad } from './load.ts';
import { expectClearRefusals, expectSwept, expectWhole, retry } from './whole.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let noctra: Noctra;
beforeAll(async () => {
  noctra = await startNoctra();
});
afterAll(() => noctra?.remove());

const tries: ReturnType<typeof startLoad>['tries'] = [];

/** Publishes posts before, during and after a fault that ends without help. */
async function through(fault: () => unknown): Promise<void> {
  const load = startLoad(noctra);
  await load.acknowledged(3);
  await fault();
  await load.acknowledged(6);
  await load.stop();
  tries.push(...load.tries);
  expectClearRefusals(load.tries);
  await retry(noctra, load.tries);
  await expectWhole(noctra, tries);
}

/** Expects, after a fault, that files match rows, every part is healthy and one database runs. */
async function expectRecovered(): Promise<void> {
  await expectSwept(noctra);
  await expectWhole(noctra, tries);
  await until(async () => {
    const { health } = await statusOf(root, '--state', noctra.state);
    return Object.values(health).every((part) => part === 'ok');
  }, 'every part is healthy');
  expect(family(noctra).filter(({ command }) => postmaster.test(command))).toHaveLength(1);
}

describe('under load', () => {
  it('restarts a killed database', async () => {
    const before = processOf(noctra, postmaster);
    await through(() => process.kill(before, 'SIGKILL'));
    expect(processOf(noctra, postmaster)).not.toBe(before);
    expect(noctra.command.child.exitCode).toBeNull();
    await expectRecovered();
  });

  it('recovers from the kill of one database process, and still notices schema changes', async () => {
    const before = processOf(noctra, postmaster);
    const [backend] = await noctra.sql<{ pid: number }[]>`
      select pid from pg_stat_activity where usename = 'authenticator' limit 1
    `;
    await through(() => process.kill(backend?.pid ?? 0, 'SIGKILL'));
    expect(processOf(noctra, postmaster)).toBe(before);

    await noctra.sql`create table public.after_fault (id int)`;
    await noctra.sql`grant select on public.after_fault to service_role`;
    const error = async () => (await noctra.admin.from('after_fault' as 'posts').select()).error;
    await expect.poll(error).toBeNull();
    await noctra.sql`drop table public.after_fault`;
    await expectRecovered();
  });

  it('refuses requests while PostgreSQL has no free connection, and serves them afterwards', async () => {
    // After a fresh start the services hold no connections.
    await noctra.stop();
    await noctra.start();
    const other = connect({ url: noctra.databaseUrl, max: 200 });
    const held = async () => {
      const [{ count } = { count: 0 }] = await noctra.sql<{ count: number }[]>`
        select count(*)::int from pg_stat_activity where usename = 'postgres'
      `;
      return count;
    };
    await through(async () => {
      const asked = await Promise.allSettled(Array.from({ length: 200 }, () => other`select pg_sleep(3)`));
      expect(asked.some(({ status }) => status === 'rejected')).toBe(true);
      await other.end({ timeout: 1 });
    });
    // The processes of the closed connections end a little later.
    await expect.poll(held).toBeLessThan(10);
    await expectRecovered();
  });
});
