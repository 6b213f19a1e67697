import { expect, test } from 'vitest';
import { originsOf } from '../../src/data-api/view-origins.ts';

test('traces the columns of a view to their table, through another view and not into subqueries', () => {
  const entry = (position: number, table: number, column: number, junk = false) =>
    `{TARGETENTRY :expr {VAR :varno 1} :resno ${position} :resname x :ressortgroupref 0 :resorigtbl ${table} :resorigcol ${column} :resjunk ${junk}}`;
  const inner = `({QUERY :rtable ({RANGETBLENTRY :subquery {QUERY :targetList (${entry(1, 99, 9)})}}) :targetList (${entry(1, 10, 4)} ${entry(2, 0, 0)})})`;
  const outer = `({QUERY :targetList (${entry(1, 20, 1)} ${entry(2, 20, 2)} ${entry(3, 10, 1)} ${entry(4, 10, 2, true)})})`;
  const origins = originsOf([
    { oid: 20, rule: inner },
    { oid: 30, rule: outer },
    { oid: 10, rule: null },
  ]);
  expect(origins.get(30)).toEqual(
    new Map([
      [1, { table: 10, column: 4 }],
      [3, { table: 10, column: 1 }],
    ]),
  );
});
