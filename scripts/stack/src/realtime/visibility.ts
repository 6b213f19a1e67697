import type { Sql } from 'postgres';
import { identifier, qualified } from '../data-api/sql.ts';
import { isDatabaseAway } from '../errors.ts';
import type { Subscriber } from './database.ts';
import { rolledBack } from './rolled-back.ts';
import type { Column, Table } from './table-columns.ts';

/** Finds those who may see a row, by the policies of its table. */
export type IsVisible = <T extends { caller: Subscriber }>(
  table: Table,
  key: { column: Column; value: string | null }[],
  subscribed: T[],
) => Promise<T[]>;

/** No policy may take longer, in milliseconds. */
const patienceMs = 5_000;

/** Asks each caller once, as the caller. All are sent at once; where a policy fails, each is asked alone. */
export function createVisibility(sql: Sql): IsVisible {
  return async (table, key, subscribed) => {
    const conditions = key.map(
      ({ column }, at) => `${identifier(column.name)} = $${at + 1}::text::${column.cast}`,
    );
    const statement = `select exists (select from ${qualified({ schema: table.schema, name: table.table })} where ${conditions.join(' and ')})`;
    const values = key.map(({ value }) => value);
    const callers = Map.groupBy(subscribed, ({ caller }) => JSON.stringify([caller.role, caller.claims]));

    const ask = async (some: [string, { caller: Subscriber }[]][]): Promise<boolean[]> => {
      try {
        return await rolledBack(sql, async (transaction) => {
          const rows = await Promise.all(
            some.flatMap(([, [first]]) => [
              transaction`select
                set_config('statement_timeout', ${String(patienceMs)}, true),
                set_config('request.jwt.claims', ${JSON.stringify(first?.caller.claims)}, true),
                set_config('role', ${first?.caller.role ?? 'none'}, true)`,
              transaction.unsafe<{ exists: boolean }[]>(statement, values, { prepare: true }),
            ]),
          );
          return rows.filter((_, at) => at % 2 === 1).map(([row]) => row?.exists === true);
        });
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        if (some.length === 1) return [false];
        return (await Promise.all(some.map((group) => ask([group])))).flat();
      }
    };

    const entries = [...callers];
    const answers = await ask(entries);
    return entries.flatMap(([, group], at) => (answers[at] ? group : []));
  };
}
