import { expect, it } from 'vitest';
import { readWanted } from '../../src/realtime/wanted.ts';

const filtersOf = (filter: string) => readWanted({ schema: 'public', table: 'notes', filter }).filters;

it('reads filters with any operator, negated, in quotes and several at once', () => {
  const filter = 'id=not.in.(1,"a,b"),text=like."50%, \\"or\\" more",n=is.null,url=eq.a=b.c';
  expect(filtersOf(filter)).toEqual([
    { column: 'id', operator: 'in', value: '{1,"a,b"}', negated: true },
    { column: 'text', operator: 'like', value: '50%, "or" more', negated: false },
    { column: 'n', operator: 'is', value: 'null', negated: false },
    { column: 'url', operator: 'eq', value: 'a=b.c', negated: false },
  ]);
  expect(filtersOf('  ')).toEqual([]);
});

it.each(['undefined', 'id=foo.1', 'id=eq', 'id=in.1,2', 'id=eq.1,,n=eq.2', '=', ','])(
  'refuses the filter %s',
  (filter) => {
    expect(() => filtersOf(filter)).toThrow('Error parsing `filter` params: ');
  },
);

it('takes a schema or a table alone, any event it does not know for all, and columns of a named table only', () => {
  expect(readWanted({ schema: 'app' })).toMatchObject({
    event: '*',
    schema: 'app',
    table: '*',
    columns: null,
  });
  expect(readWanted({ table: 'notes', event: 'insert' })).toMatchObject({
    event: 'INSERT',
    schema: 'public',
  });
  expect(readWanted({ schema: 'app', table: 'notes', select: ['id', 5] }).columns).toEqual(['id']);
  expect(() => readWanted({ schema: 'app', select: ['id'] })).toThrow('Column selection is not supported');
  expect(() => readWanted({ schema: 'app', table: 'notes', select: 'id' })).toThrow('expected a list');
  expect(() => readWanted({ table: 5 })).toThrow('No subscription params provided');
});
