import fc from 'fast-check';
import { headerText } from './multipart.ts';
import type { Header } from './requests.ts';
import { hostileText } from './values.ts';

/** Percent-encodes text as UTF-8, including lone surrogates, which `encodeURIComponent` refuses. */
export function encode(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      if (code < 0xd800 || code > 0xdfff) return encodeURIComponent(character);
      const bytes = [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
      return bytes.map((byte) => `%${byte.toString(16)}`).join('');
    })
    .join('');
}

/** Parts of a path or a query that no encoder produces. */
const oddParts = [
  ...[
    '%',
    '%0',
    '%zz',
    '%00',
    '%0a%0d',
    '%ff',
    '%c0%af',
    '%ed%a0%80',
    '%2f',
    '%2F..%2f',
    '%252e%252e',
    '%5c',
    ';a=b',
  ],
  ...[
    '..',
    '.',
    '%2e%2e',
    '%2e',
    '%2e%2e%2f%2e%2e',
    '+',
    '*',
    ':',
    '@',
    '~',
    '(',
    "'",
    '[]',
    '{id}',
    '\xff',
    '<>',
    '|',
  ],
];
export const oddPart = fc.oneof(
  fc.constantFrom(...oddParts),
  hostileText.map((text) => encode(text).slice(0, 60_000)),
);

/** Ways to break a path. */
export const pathFaults: ((path: string) => string)[] = [
  (path) => path.replace(/\/(?=[^/]*\/?$)/, '//'),
  (path) => `/${path}`,
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => `${path}/.`,
  (path) => `${path}/..`,
  (path) => path.replace('/api/', '/api/./x/../'),
  (path) => path.replace('/api/', '/api/%2e%2e/'),
  (path) => path.replace('/api/', '/API/'),
  (path) => path.replace('/api/', '/api%2f'),
  (path) => path.replace(/[a-z](?=[a-z]*\/?$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => path.toUpperCase(),
  (path) => `${path}?`,
  (path) => `${path}\\`,
  (path) => `${path};x`,
  (path) => `${path}.json`,
];

/** Headers that change, or try to change, how the rest of the request is read. */
export const oddHeaders: fc.Arbitrary<Header> = fc.oneof(
  fc.constantFrom<Header>(
    ...([
      ...['text/html', '*/*;q=0', 'application/xml', 'application/json;q=2', ''].map((value) => [
        'accept',
        value,
      ]),
      ...['gzip', 'br, gzip;q=0', 'identity;q=0', '*;q=0', 'nonsense'].map((value) => [
        'accept-encoding',
        value,
      ]),
      ...['gzip', 'br', 'deflate, gzip'].map((value) => ['content-encoding', value]),
      ...['-1', 'none', '999999999999999999999'].map((value) => ['x-content-length', value]),
      ...['bytes=0-0', 'bytes=-1', 'items=5-1', 'bytes=9-'].map((value) => ['range', value]),
      ...['*', '"x"', 'W/"x"'].flatMap((value) => [
        ['if-none-match', value],
        ['if-match', value],
      ]),
      ...['DELETE', 'PATCH'].map((value) => ['x-http-method-override', value]),
      ...['127.0.0.1', "' or 1=1", '::1', '1.2.3.4, 5.6.7.8', '[::1', ''].flatMap((value) => [
        ['x-forwarded-for', value],
        ['sb-forwarded-for', value],
        ['x-real-ip', value],
      ]),
      ...['evil.example', 'evil.example:99999', 'a b', '', '[::1', 'evil.example/x'].flatMap((value) => [
        ['x-forwarded-host', value],
        ['host', value],
      ]),
      ...['javascript', 'https', 'ftp,http', ''].map((value) => ['x-forwarded-proto', value]),
      ...['-1', 'x', '99999999'].map((value) => ['x-forwarded-port', value]),
      ...['null', 'http://evil.example', 'file://'].map((value) => ['origin', value]),
      ...['return=minimal', 'tx=rollback', 'count=exact'].map((value) => ['prefer', value]),
      ...['private', 'auth', ''].map((value) => ['accept-profile', value]),
      ['if-modified-since', 'never'],
      ['expect', '100-continue'],
      ['te', 'trailers'],
      ['upgrade', 'websocket'],
      ['upgrade', 'h2c'],
      ['cookie', `session=${'x'.repeat(8_000)}`],
      ['access-control-request-method', 'DELETE'],
      ['access-control-request-headers', 'x, \xff'],
      ['content-type', 'application/json'],
      ['content-type', 'text/plain'],
      ['authorization', ''],
      ['apikey', 'none'],
      ['x-client-info', '\xff\xfe'],
      ['__proto__', 'x'],
      ['constructor', 'x'],
    ] as Header[]),
  ),
  fc
    .tuple(
      fc.constantFrom('accept', 'idempotency-key', 'user-agent', 'accept-language', 'x-region'),
      hostileText,
    )
    .map(([name, text]): Header => [name, headerText(text).slice(0, longestHeader)]),
);

export const oddMethods = [
  'HEAD',
  'OPTIONS',
  'PUT',
  'POST',
  'PATCH',
  'DELETE',
  'GET',
  'TRACE',
  'PROPFIND',
  'PURGE',
  'LINK',
];

/** Six headers of this length and the path stay below Deno's limit. */
export const longestHeader = 6_000;
