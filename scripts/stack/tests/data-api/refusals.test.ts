import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../src/data-api/refusals.ts';

const failure = (fields: object) => Object.assign(new Error('m'), { severity: 'ERROR' }, fields);

describe('errors of the database', () => {
  test.each([
    ['42501', false, 401],
    ['42501', true, 403],
    ['23505', true, 409],
    ['23514', true, 400],
    ['25006', true, 405],
    ['42883', true, 404],
    ['57014', true, 500],
    ['57P01', true, 503],
    ['54001', true, 500],
    ['P0001', true, 400],
    ['P0002', true, 500],
    ['PT418', true, 418],
    ['PT999', true, 500],
    ['AB123', true, 400],
  ])('answers %s, signed in: %s, with %i', (code, authenticated, status) => {
    expect(refusalOf(failure({ code }), authenticated)).toMatchObject({ status, code });
  });

  test('answers with the whole answer that an error contains, or 500 if it is malformed', () => {
    const message = JSON.stringify({ code: 'X1', message: 'Pay', hint: 'h' });
    const detail = JSON.stringify({ status: 402, headers: { 'X-A': 'b' } });
    expect(refusalOf(failure({ code: 'PGRST', message, detail }), true)).toMatchObject({
      status: 402,
      code: 'X1',
      hint: 'h',
      headers: { 'X-A': 'b' },
    });
    for (const broken of [{ message: 'x', detail }, { message }, { message, detail: '{"status":"x"}' }]) {
      expect(refusalOf(failure({ code: 'PGRST', ...broken }), true)).toMatchObject({
        status: 500,
        code: 'PGRST121',
      });
    }
  });

  test('throws errors of this program again', () => {
    expect(() => refusalOf(new TypeError('ours'), true)).toThrow('ours');
  });
});
