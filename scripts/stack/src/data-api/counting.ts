import type { ReadPlan } from './plan.ts';
import type { Preferences } from './preferences.ts';
import { countedSql, startWriting, type Writing } from './read-sql.ts';
import { createValues, type Place } from './sql.ts';
import type { Outcome } from './statement.ts';
import type { Row, Statement } from './transaction.ts';

/** How the rows are counted: in the statement, and by the planner's guess before it. */
export interface Counting {
  counted: string | null;
  explain: Statement | null;
}

/** Prepares to count what `Prefer: count=` asks for. An estimate counts up to `maxRows`, and guesses beyond. */
export function planCounting(
  writing: Writing,
  count: Preferences['count'],
  plan: ReadPlan,
  placeOf: (writing: Writing) => Place,
  maxRows: number,
): Counting {
  if (count === null) return { counted: null, explain: null };
  const inStatement = count === 'planned' ? null : countedSql(writing, plan, placeOf(writing));
  if (count === 'exact') return { counted: inStatement, explain: null };
  const guess = startWriting(createValues());
  const text = `explain (format json) ${countedSql(guess, plan, placeOf(guess))}`;
  return {
    counted: inStatement === null ? null : `${inStatement} limit ${maxRows + 1}`,
    explain: { text, values: guess.values.all },
  };
}

/** How many rows there are, as far as was asked. */
export function totalOf(
  count: Preferences['count'],
  outcome: Outcome,
  explained: readonly Row[],
  maxRows: number,
): bigint | null {
  if (count === null || count === 'exact') return outcome.total;
  const guess = guessedRows(explained);
  if (count === 'planned') return guess;
  const counted = outcome.total ?? 0n;
  return counted > BigInt(maxRows) && guess > counted ? guess : counted;
}

function guessedRows(explained: readonly Row[]): bigint {
  const text = explained.map(([line]) => line).join('\n');
  const [top] = JSON.parse(text || '[]') as { Plan?: { 'Plan Rows'?: number } }[];
  return BigInt(Math.round(top?.Plan?.['Plan Rows'] ?? 0));
}
