import type { Sql } from 'postgres';

/** The statements of a transaction go through it. */
export type Transaction = Parameters<Parameters<Sql['begin']>[1]>[0];

/** Runs a transaction that is always rolled back, and returns what it found. */
export async function rolledBack<T>(sql: Sql, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const rollback = { found: undefined as T | undefined };
  try {
    await sql.begin(async (transaction) => {
      rollback.found = await work(transaction);
      throw rollback;
    });
  } catch (error) {
    if (error !== rollback) throw error;
  }
  return rollback.found as T;
}
