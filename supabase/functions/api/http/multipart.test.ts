import { describe, expect, test } from 'vitest';
import { cpuMilliseconds } from '../../../../tests/kit/cpu.ts';
import { multipartBoundary, parseMultipart } from './multipart.ts';

const encode = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const textOf = (data: Uint8Array | undefined) => Buffer.from(data ?? []).toString('latin1');
const field = (name: string, value: string) =>
  `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const parse = (text: string) => parseMultipart(encode(text), 'b');

describe('parseMultipart', () => {
  test('reads a body as fetch writes it, byte for byte', async () => {
    const data = Uint8Array.from({ length: 5000 }, (_, index) => index % 256);
    const form = new FormData();
    form.append('caption', 'Grüße\r\n--');
    form.append('media', new File([data], 'a "b".bin', { type: 'image/png' }));
    const request = new Request('http://localhost', { method: 'POST', body: form });
    const boundary = multipartBoundary(request.headers.get('content-type') ?? '');
    const [caption, media, ...more] = parseMultipart(await request.bytes(), boundary ?? '') ?? [];
    expect(caption).toMatchObject({ name: 'caption', filename: null });
    expect(Buffer.from(caption?.bytes ?? []).toString()).toBe('Grüße\r\n--');
    expect(media).toMatchObject({ name: 'media', filename: 'a "b".bin', contentType: 'image/png' });
    expect(media?.bytes).toEqual(data);
    expect(more).toEqual([]);
  });

  test('takes empty fields, a preamble and an epilogue', () => {
    const parts = parse(`before\r\n${field('a', '')}${field('b', '2')}--b--\r\nafter`);
    expect(parts?.map(({ name, bytes }) => [name, textOf(bytes)])).toEqual([
      ['a', ''],
      ['b', '2'],
    ]);
  });

  test('takes a value that looks like a delimiter', () => {
    const value = 'x\r\n-- b\r\n-b\r\n\r--b\n--b';
    expect(textOf(parse(`${field('a', value)}--b--`)?.[0]?.bytes)).toBe(value);
  });

  test('takes a file name in the extended form', () => {
    const disposition = "content-disposition: form-data; name=media; filename*=UTF-8''%C3%A4.png";
    expect(parse(`--b\r\n${disposition}\r\n\r\nx\r\n--b--`)?.[0]?.filename).toBe("UTF-8''%C3%A4.png");
  });

  test.each([
    'form-data; filename="a; name=x"; name="media"',
    'form-data; name="media"; filename="a; name=x"',
    'form-data; filename="a\\"; name=x"; name=media',
  ])('takes no parameter from inside a quoted value: %s', (disposition) => {
    const parts = parse(`--b\r\ncontent-disposition: ${disposition}\r\n\r\nx\r\n--b--`);
    expect(parts?.[0]?.name).toBe('media');
  });

  test('takes a file name in Latin-1', () => {
    const disposition = 'content-disposition: form-data; name="media"; filename="M\xfcnchen.jpg"';
    expect(parse(`--b\r\n${disposition}\r\n\r\nx\r\n--b--`)?.[0]?.filename).toBe('München.jpg');
  });

  test('takes a form without fields', () => {
    expect(parse('--b--\r\n')).toEqual([]);
  });

  test.each([
    ['empty', ''],
    ['of another boundary', '--c\r\n\r\nx\r\n--c--'],
    ['cut off in the headers', '--b\r\ncontent-disposition: form-data'],
    ['cut off in a value', '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nx'],
    ['cut off before its end', field('a', 'x')],
    ['one with a part without a name', '--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--'],
    ['one with a part without headers', '--b\r\n\r\nx\r\n--b--'],
    ['one with a disposition of mail', '--b\r\ncontent-disposition: attachment; name="a"\r\n\r\nx\r\n--b--'],
    ['one with headers without end', `--b\r\nx: ${'y'.repeat(10_000)}\r\n\r\nx\r\n--b--`],
    ['of too many parts', `${field('a', 'x').repeat(501)}--b--`],
  ])('refuses a body that is %s', (_, text) => {
    expect(parse(text)).toBeNull();
  });

  test.each([
    ['carriage returns', '\r'],
    ['near delimiters', '\r\n--'],
    ['line breaks', '\r\n'],
  ])('reads 20 MB of %s in linear time', (_, piece) => {
    const body = encode(`${field('a', piece.repeat(20_000_000 / piece.length))}--b--`);
    let parts: unknown = null;
    const time = cpuMilliseconds(() => {
      parts = parseMultipart(body, 'b');
    });
    expect(parts).toHaveLength(1);
    expect(time).toBeLessThan(2000);
  });
});

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['multipart/form-data; charset=utf-8; boundary="a b"', 'a b'],
  ['multipart/form-data', null],
  [`multipart/form-data; boundary="${'x'.repeat(71)}"`, null],
])('multipartBoundary finds in %s the boundary %s', (contentType, boundary) => {
  expect(multipartBoundary(contentType)).toBe(boundary);
});
