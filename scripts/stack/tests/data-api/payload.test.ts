import { describe, expect, test } from 'vitest';
import { readPayload } from '../../src/data-api/payload.ts';
import { RefusedError } from '../../src/data-api/refusals.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('bodies', () => {
  test('keeps the text of JSON', () => {
    const text = '{"id": 9007199254740993, "n": 1.10}';
    expect(readPayload(bytes(text), null, null)).toEqual({ rows: `[${text}]`, count: 1, keys: ['id', 'n'] });
  });

  test('refuses rows with different fields, unless the columns are named', () => {
    const rows = bytes('[{"a":1},{"b":2}]');
    expect(() => readPayload(rows, null, null)).toThrow('All object keys must match');
    expect(readPayload(rows, null, ['a', 'b'])).toMatchObject({ count: 2, keys: ['a', 'b'] });
  });

  test('parses quotes, line breaks and NULL in CSV', () => {
    const csv = bytes('a,b\r\n"x, ""y""\nz",NULL\r\n,2\n');
    expect(JSON.parse(readPayload(csv, 'text/csv', null).rows)).toEqual([
      { a: 'x, "y"\nz', b: null },
      { a: '', b: '2' },
    ]);
    expect(() => readPayload(bytes('a,b\n1'), 'text/csv', null)).toThrow('same number of fields');
  });

  test.each([
    ['nothing', new Uint8Array(), null],
    ['half a value', bytes('{"a":'), null],
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), null],
    ['a type that nothing reads', bytes('<a/>'), 'text/xml'],
  ])('refuses a body of %s', (_, body, type) => {
    expect(() => readPayload(body, type, null)).toThrow(RefusedError);
  });
});
