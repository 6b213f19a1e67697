import fc from 'fast-check';

const raw = Symbol('raw');

/** A JSON text that no JavaScript value serialises to. */
function rawJson(text: string): { [raw]: string } {
  return { [raw]: text };
}

/** Serialises to JSON; raw parts are copied unchanged. */
export function toJson(value: unknown): string {
  if (typeof value === 'object' && value !== null && raw in value) return String(value[raw]);
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}:${toJson(field)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** A value as text, for a path, a query, a header or a form field. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : toJson(value);
}

const texts = [
  ...[
    '',
    ' ',
    '\t\r\n',
    '\0',
    'a\0b',
    '\u0001\u001b[31m',
    '\ud800',
    'a\udc00b',
    '\ufeff',
    '\ufffe',
    '\u2028',
  ],
  ...['null', 'undefined', 'true', 'NaN', '-0', '1e400', '0x10', '[object Object]', '[]', '{}', '""'],
  ...['😀', '👩‍👩‍👧‍👦🏳️‍🌈', '\u202eevil\u202c', 'مرحبا', 'שלום', '#️⃣', 'Z͑ͫ̓ͪ̂ͫ̽', 'ß', 'İ', 'ﷺ', '𝕬', '\u{10ffff}'],
  ...["'", '"', '\\', "' or '1'='1", "'; drop table posts; --", '$$', '$1', '%s%n', '%', '_', '*', '\\x00'],
  ...[
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '&lt;',
    'javascript:alert(1)',
    '<!--',
    ']]>',
  ],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text itself is the test value.
  ...['${7*7}', '{{7*7}}', '<%= 7*7 %>', '#{7*7}', '$(id)', '`id`', '| id', '\r\nx-injected: 1'],
  ...[
    '../../etc/passwd',
    '..\\..\\',
    '%2e%2e%2f',
    '%00',
    '%',
    '%zz',
    '/',
    '//',
    '.',
    '..',
    'C:\\',
    'file:///etc/passwd',
  ],
  ...['a,b', '(a,b)', 'eq.1', '{a,b}', 'a.b', 'a:b', '->>', '*', 'select', 'or', 'and', 'not.is.null'],
  ...[
    'me',
    'ME',
    '@',
    '#',
    '@@',
    '##',
    '#tag',
    '@name',
    '＃',
    "[{'name': 'x'}]",
    '[{"name":',
    "['a'",
    '{"name": {}}',
  ],
  ...[
    '2000-02-30',
    '0000-00-00',
    '9999-12-31',
    '-infinity',
    '1900-01-01T00:00:00Z',
    '00000000-0000-0000-0000-000000000000',
  ],
];

/** Text of any kind, including hostile text. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...texts) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(...texts), { minLength: 2, maxLength: 6 })
      .map((list) => list.join('')),
  },
  // Long texts, from the size of a column to more than a body may have.
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('a', '#a ', '@a', '😀', '\u0301', "'", '(', '%', '\\'),
        fc.constantFrom(300, 3_000, 70_000),
      )
      .map(([unit, times]) => unit.repeat(times)),
  },
);

const numbers = [0, -1, 1, 0.1, -0.5, 21, 101, 2 ** 31, 2 ** 53, -(2 ** 63), 1e21, 1e308, 5e-324].map(String);

/** A number in JSON, of any size and notation. */
const hostileNumber = fc
  .constantFrom(
    ...numbers,
    '-0',
    '1e400',
    '-1e400',
    '1E+2',
    '1e-400',
    '123456789012345678901234567890',
    '0.1e1',
  )
  .map((text) => rawJson(text));

const deep = fc
  .tuple(fc.constantFrom(['[', ']'], ['{"a":', '}'], ['[{"name":[', ']}]']), fc.constantFrom(50, 3_000))
  .map(([[open, close], depth]) => rawJson(`${open.repeat(depth)}null${close.repeat(depth)}`));

/** Any JSON value, including hostile ones. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [null], [[]], [{}], { name: null }),
  },
  { weight: 2, arbitrary: hostileNumber },
  { weight: 1, arbitrary: fc.array(hostileText, { maxLength: 40 }) },
  { weight: 1, arbitrary: fc.dictionary(hostileText, hostileText, { maxKeys: 4 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constant(rawJson('{"__proto__":{"role":"admin"},"constructor":{"prototype":{}}}')),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(31, 600, 5_000)
      .map((count) => Array.from({ length: count }, (_, at) => `t${at}`)),
  },
  { weight: 1, arbitrary: deep },
);

/** Bytes that are not valid UTF-8, or random. */
export const hostileBytes: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .constantFrom('', '\xff', '\xc3', '\xed\xa0\x80', '\xf8\x88\x80\x80\x80', '\xef\xbb\xbf', '\xfe\xff\x00a')
    .map((text) => Buffer.from(text, 'latin1')),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);
