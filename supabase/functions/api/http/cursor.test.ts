import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

const id = '0193b0a0-7c1d-7e2f-bfff-00ff10203040';

test('a cursor leads back to its id', () => {
  expect(decodeCursor(encodeCursor(id))).toBe(id);
});

test('a cursor is short and needs no escaping in a URL', () => {
  expect(encodeCursor(id)).toMatch(/^[A-Za-z0-9_-]{23}$/);
});

test.each([
  ['empty', ''],
  ['an id', id],
  ['too short', encodeCursor(id).slice(1)],
  ['too long', `${encodeCursor(id)}A`],
  ['of a version that there never was', `_${encodeCursor(id).slice(1)}`],
  ['the same bytes spelled otherwise', encodeCursor(id).replace(/.$/, 'B')],
  ['not base64url', '!'.repeat(23)],
  ['with a NUL', `${encodeCursor(id).slice(1)}\0`],
])('refuses a cursor that is %s', (_, cursor) => {
  expect(decodeCursor(cursor)).toBeNull();
});
