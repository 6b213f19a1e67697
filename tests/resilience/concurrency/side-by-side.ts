import { setTimeout as delay } from 'node:timers/promises';
import type postgres from 'postgres';
import { actAs } from '../../kit/database.ts';
import type { Person } from '../../kit/people.ts';

/** What a transaction does. */
export type Write = (tx: postgres.ReservedSql) => Promise<unknown>;

/** A write of a user, as the Data API runs it. */
export const as =
  (user: Pick<Person, 'id'>, work: (tx: postgres.ReservedSql) => Promise<unknown>): Write =>
  async (tx) => {
    await actAs(tx, user);
    return work(tx);
  };

/**
 * Runs one write, then another beside it before the first commits. `sql` needs three connections. A write that Noctra
 * refuses, with a code of its own, is rolled back; anything else that fails, such as a deadlock, is thrown.
 */
export async function sideBySide(sql: postgres.Sql, first: Write, second: Write): Promise<void> {
  const [one, two] = [await sql.reserve(), await sql.reserve()];
  try {
    await one`begin`;
    await two`begin`;
    const [{ pid } = { pid: 0 }] = await two<{ pid: number }[]>`select pg_backend_pid() as pid`;
    const isRefused = await refused(first(one));
    let ended = false;
    const written = refused(second(two)).finally(() => {
      ended = true;
    });
    written.catch(() => {});
    // Either the second write waits for the first transaction, or it is done.
    const patience = performance.now() + 10_000;
    while (!ended) {
      const waiting = await sql`select from pg_locks where pid = ${pid} and not granted`;
      if (waiting.length > 0) break;
      if (performance.now() > patience) throw new Error('The second write neither waits nor is done.');
      await delay(2);
    }
    await (isRefused ? one`rollback` : one`commit`);
    await ((await written) ? two`rollback` : two`commit`);
  } finally {
    await one`rollback`;
    await two`rollback`;
    one.release();
    two.release();
  }
}

/** Whether Noctra refused the write. */
async function refused(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return false;
  } catch (error) {
    if (/^PT\d{3}$/.test(String((error as { code?: unknown }).code))) return true;
    throw error;
  }
}
