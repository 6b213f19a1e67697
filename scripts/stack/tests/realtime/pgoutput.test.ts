import { expect, test } from 'vitest';
import { createDecoder } from '../../src/realtime/pgoutput.ts';

const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}
const text = (value: string) => Buffer.from(value);
const bytes = (...parts: (string | Buffer)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? text(part) : part)));

/** A row: undefined is a value that was not changed and is stored apart. */
const row = (...values: (string | null | undefined)[]) =>
  bytes(
    int16(values.length),
    ...values.map((value) => {
      if (value === null) return text('n');
      return value === undefined ? text('u') : bytes('t', int32(text(value).length), value);
    }),
  );

const column = (name: string, isKey: boolean) =>
  bytes(Buffer.from([isKey ? 1 : 0]), `${name}\0`, int32(25), int32(0xffffffff));
const table = bytes('R', int32(7), 'public\0posts\0d', int16(2), column('id', true), column('body', false));
const begin = bytes('B', int64(1n), int64(1_500_000n), int32(4_000_000_000));

function decode(message: Buffer) {
  const decoder = createDecoder();
  expect(decoder(begin)).toBeNull();
  expect(decoder(table)).toBeNull();
  return decoder(message);
}

test('decodes an insert with its table, its transaction and a NULL', () => {
  expect(decode(bytes('I', int32(7), 'N', row('ä', null)))).toEqual({
    action: 'INSERT',
    relation: {
      id: 7,
      schema: 'public',
      table: 'posts',
      columns: [
        { name: 'id', typeId: 25, isKey: true },
        { name: 'body', typeId: 25, isKey: false },
      ],
    },
    transaction: 4_000_000_000,
    committedAt: new Date('2000-01-01T00:00:01.500Z'),
    new: ['ä', null],
    old: null,
  });
});

test('takes the key of an update without an old row from the new row', () => {
  const change = decode(bytes('U', int32(7), 'N', row('1', 'new')));
  expect(change).toMatchObject({ action: 'UPDATE', new: ['1', 'new'] });
  expect(change?.old).toEqual(['1', undefined]);
});

test('tells a TOAST value that was not changed from a NULL', () => {
  expect(decode(bytes('U', int32(7), 'N', row('1', undefined)))?.new).toEqual(['1', undefined]);
});

test('knows only the key of an old row that was sent as a key', () => {
  const change = decode(bytes('U', int32(7), 'K', row('1', null), 'N', row('2', 'new')));
  expect(change?.old).toEqual(['1', undefined]);
  expect(decode(bytes('D', int32(7), 'K', row('1', null)))).toMatchObject({ action: 'DELETE', new: null });
  expect(decode(bytes('D', int32(7), 'K', row('1', null)))?.old).toEqual(['1', undefined]);
});

test('knows all of an old row that was sent in full', () => {
  const change = decode(bytes('U', int32(7), 'O', row('1', null), 'N', row('1', 'new')));
  expect(change?.old).toEqual(['1', null]);
  expect(decode(bytes('D', int32(7), 'O', row('1', 'gone')))?.old).toEqual(['1', 'gone']);
});

test('refuses a change of a table that was not described', () => {
  expect(() => createDecoder()(bytes('I', int32(7), 'N', row('1')))).toThrow('has not described');
});
