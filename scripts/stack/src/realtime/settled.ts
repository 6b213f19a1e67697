import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from 'postgres';

/** Resolves when a transaction of the log has ended for others too. */
export type Settled = (transaction: number) => Promise<void>;

/** How long to wait before asking again, in milliseconds. */
const againMs = 1;

/**
 * The log tells of a commit a moment before its rows can be seen, so a reader that looks for them at once can miss them.
 * One snapshot answers for all transactions that ended before it.
 */
export function createSettled(sql: Sql): Settled {
  let hasEnded = (_transaction: number) => false;

  async function lookAgain(): Promise<void> {
    const [row] = await sql<{ snapshot: string }[]>`select pg_current_snapshot()::text as snapshot`;
    const [, until = '0', ids = ''] = row?.snapshot.split(':') ?? [];
    const shorten = (id: string) => Number(BigInt.asUintN(32, BigInt(id)));
    const next = shorten(until);
    const running = new Set(ids.split(',').filter(Boolean).map(shorten));
    // Ids go round after 2^32, so the sign of the difference says which is older.
    hasEnded = (transaction) => ((transaction - next) | 0) < 0 && !running.has(transaction);
  }

  return async (transaction) => {
    if (hasEnded(transaction)) return;
    await lookAgain();
    while (!hasEnded(transaction)) {
      await delay(againMs);
      await lookAgain();
    }
  };
}
