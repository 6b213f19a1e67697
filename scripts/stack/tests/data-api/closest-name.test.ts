import { describe, expect, test } from 'vitest';
import { closestName } from '../../src/data-api/closest-name.ts';

// The cases of PostgREST's own tests.
describe('the closest name', () => {
  test.each([
    ['projectx', 'projects'],
    ['projecxx', 'projects'],
    ['PROJECTS', 'projects'],
    ['projxxxx', null],
    ['unnamed_int_param', 'unnamed_text_param'],
    ['x', null],
    ['', null],
  ])('is, for the table %j, %j', (given, expected) => {
    expect(closestName(given, ['projects', 'unnamed_text_param', 'films'], 0.75)).toBe(expected);
  });

  test.each([
    ['(nam, pqaram, vall)', '(name, param, val)'],
    ['(param, val)', '(name, param, val)'],
    ['(attrs, id)', '(attr, id)'],
    ['(id)', '(attr, id)'],
    ['(noclosealternative)', null],
  ])('is, for the parameters %j, %j', (given, expected) => {
    expect(closestName(given, ['(name, param, val)', '(attr, id)'])).toBe(expected);
  });

  test('is found in no time for a very long name', () => {
    const before = performance.now();
    expect(closestName('a'.repeat(100_000), Array(500).fill('a'.repeat(63)))).toBe(null);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
