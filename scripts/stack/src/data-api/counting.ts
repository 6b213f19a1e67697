import type { ReadPlan } from './plan.ts';
import type { Preferences } from './preferences.ts';
import { countedSql } from './read-sql.ts';
import { createSqlBuilder, type Place, type SqlBuilder } from './sql.ts';
import type { Outcome } from './statement.ts';
import type { Row, Statement } from './transaction.ts';

/** How rows are counted: in the statement, and by the planner's guess before it. */
export interface Counting {
  counted: string | null;
  explain: Statement | null;
}

/** Plans the count that `Prefer: count=` asks for. An estimate counts up to `maxRows`, and guesses beyond. */
export function planCounting(
  builder: SqlBuilder,
  count: Preferences['count'],
  plan: ReadPlan,
  place: Place,
  maxRows: number | null,
): Counting {
  const counted = () => countedSql(builder, plan, place);
  if (count === null) return { counted: null, explain: null };
  if (count === 'exact') return { counted: counted(), explain: null };
  const guess = createSqlBuilder();
  const text = `explain (format json) ${countedSql(guess, plan, place)}`;
  return {
    counted: count === 'planned' ? null : `${counted()}${maxRows === null ? '' : ` limit ${maxRows + 1}`}`,
    explain: { text, values: guess.values },
  };
}

/** The number of all rows, null if it was not asked for. */
export function totalOf(
  count: Preferences['count'],
  outcome: Outcome,
  explained: readonly Row[],
  maxRows: number | null,
): bigint | null {
  if (count === null || count === 'exact') return outcome.total;
  const guess = guessedRows(explained);
  if (count === 'planned') return guess;
  const counted = outcome.total ?? 0n;
  return counted > BigInt(maxRows ?? -1) && guess > counted ? guess : counted;
}

function guessedRows(explained: readonly Row[]): bigint {
  const text = explained.map(([line]) => line).join('\n');
  const [top] = JSON.parse(text || '[]') as { Plan?: { 'Plan Rows'?: number } }[];
  return BigInt(Math.round(top?.Plan?.['Plan Rows'] ?? 0));
}
