import type { Sql } from 'postgres';
import type { Change, Subscriber, Subscription } from './database.ts';
import type { RowChange } from './pgoutput.ts';

/** Who may see which change of a table. */
export function createChanges(_sql: Sql, _publish: (change: Change) => void) {
  return {
    subscribe: (_wanted: Record<string, unknown>, _caller: Subscriber): Promise<Subscription> =>
      Promise.reject(new Error('Changes of tables are not read yet')),
    concerns: (_schema: string, _table: string) => false,
    handle: async (_change: RowChange): Promise<void> => {},
  };
}
