import { statusOf, until } from 'embedded-supabase/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { root } from '../../../scripts/noctra.ts';
import { connect } from '../../kit/database.ts';
import { startLoad } from './load.ts';
import { family, type Noctra, postmaster, processOf, startNoctra } from './noctra.ts';
import { expectClearRefusals, expectSwept, expectWhole, retry } from './whole.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let noctra: Noctra;
beforeAll(async () => {
  noctra = await startNoctra();
});
afterAll(() => noctra?.remove());

const tries: ReturnType<typeof startLoad>['tries'] = [];

/** Publishes posts before, during and after a fault that ends by itself. */
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

describe('under load', () => {
  it('starts the database again when it is killed', async () => {
    const before = processOf(noctra, postmaster);
    await through(() => process.kill(before, 'SIGKILL'));
    expect(processOf(noctra, postmaster)).not.toBe(before);
    expect(noctra.command.child.exitCode).toBeNull();
  });

  it('continues after one process of the database is killed', async () => {
    const before = processOf(noctra, postmaster);
    const [backend] = await noctra.sql<{ pid: number }[]>`
      select pid from pg_stat_activity where usename = 'authenticator' limit 1
    `;
    await through(() => process.kill(backend?.pid ?? 0, 'SIGKILL'));
    expect(processOf(noctra, postmaster)).toBe(before);
  });

  it('still notices changes of the schema after that', async () => {
    await noctra.sql`create table public.after_fault (id int)`;
    await noctra.sql`grant select on public.after_fault to service_role`;
    const error = async () => (await noctra.admin.from('after_fault' as 'posts').select()).error;
    await expect.poll(error, { timeout: 10_000 }).toBeNull();
    await noctra.sql`drop table public.after_fault`;
  });

  it('refuses what needs a new connection while none is free, and continues then', async () => {
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
    expect(await held()).toBeLessThan(10);
  });

  it('leaves no file without a row, no row without a file and no process', async () => {
    await expectSwept(noctra);
    await expectWhole(noctra, tries);
    await until(async () => {
      const { health } = await statusOf(root, '--state', noctra.state);
      return Object.values(health).every((part) => part === 'ok');
    }, 'every part is healthy');
    expect(family(noctra).filter(({ command }) => postmaster.test(command))).toHaveLength(1);
  });
});
