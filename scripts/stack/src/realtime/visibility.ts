import type { Sql } from 'postgres';
import { isDatabaseAway } from '../errors.ts';
import type { Subscriber } from './database.ts';
import { type Column, quoteName, type Table } from './table-columns.ts';

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
      ({ column }, at) => `${quoteName(column.name)} = $${at + 1}::text::${column.cast}`,
    );
    const statement = `select exists (select from ${quoteName(table.schema)}.${quoteName(table.table)} where ${conditions.join(' and ')})`;
    const values = key.map(({ value }) => value);
    const callers = Map.groupBy(subscribed, ({ caller }) => JSON.stringify([caller.role, caller.claims]));

    const ask = async (some: [string, { caller: Subscriber }[]][]): Promise<boolean[]> => {
      let answers: boolean[] = [];
      const rollback = new Error('rolled back');
      try {
        await sql.begin(async (transaction) => {
          const rows = await Promise.all(
            some.flatMap(([, [one]]) => [
              transaction`select
                set_config('statement_timeout', ${String(patienceMs)}, true),
                set_config('request.jwt.claims', ${JSON.stringify(one?.caller.claims)}, true),
                set_config('role', ${one?.caller.role ?? 'none'}, true)`,
              transaction.unsafe<{ exists: boolean }[]>(statement, values, { prepare: true }),
            ]),
          );
          answers = rows.filter((_, at) => at % 2 === 1).map(([row]) => row?.exists === true);
          throw rollback;
        });
      } catch (error) {
        if (error === rollback) return answers;
        if (isDatabaseAway(error)) throw error;
        if (some.length === 1) return [false];
        return (await Promise.all(some.map((one) => ask([one])))).flat();
      }
      return answers;
    };

    const entries = [...callers];
    const answers = await ask(entries);
    return entries.flatMap(([, group], at) => (answers[at] ? group : []));
  };
}
