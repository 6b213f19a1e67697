import fc from 'fast-check';
import type { Content } from './document.ts';
import { type Body, formOf, headerText } from './multipart.ts';
import type { Generators } from './schemas.ts';
import { urlencodedOf } from './urlencoded.ts';
import { hostileBytes, hostileText, hostileValue, toJson } from './values.ts';

/** Ways to break well-formed JSON. */
const faults: ((json: string, share: number) => Buffer)[] = [
  (json, share) => Buffer.from(json.slice(0, Math.floor(json.length * share))),
  (json) => Buffer.from(`\ufeff${json}`),
  (json) => Buffer.from(json, 'utf16le'),
  (json) => Buffer.from(json, 'latin1'),
  (json) => Buffer.from(`${json}${json}`),
  (json) => Buffer.from(`[${json}]`),
  (json) => Buffer.from(JSON.stringify(json)),
  (json) => Buffer.from(json.replace(/}$/, ',}')),
  (json) => Buffer.from(json.replaceAll('"', "'")),
  (json) => Buffer.from(json.replace('{', '{/* a comment */')),
  (json) => Buffer.from(json.replace('{', '{"caption":"first","username":"first","caption":null,')),
  (json) => Buffer.from(json.replaceAll(/\\u[0-9a-f]{4}/g, '\\ud800')),
  (json) => Buffer.concat([Buffer.from(json), Buffer.from([0xff, 0xfe])]),
  (json) => Buffer.from(json.replace('{', `{${' '.repeat(1_100_000)}`)),
  () => Buffer.from(''),
];

const jsonTypes = [
  ...[
    'application/json; charset=utf-16',
    'APPLICATION/JSON',
    'application/problem+json',
    'application/json;;;',
  ],
  ...['text/plain', 'text/json', 'application/octet-stream', '*/*', '', ';'],
  ...['multipart/form-data; boundary=', 'application/json, application/json', 'application/xml'],
];

/** Bodies of an operation, by content type; `badness` of ten break the document's rules. */
export function bodyOf(content: Content, generators: Generators, badness: number): fc.Arbitrary<Body> {
  const kinds = Object.entries(content).map(([type, { schema = {} }]) => {
    if (type === 'multipart/form-data') return formOf(schema, generators, badness);
    if (type === 'application/x-www-form-urlencoded') return urlencodedOf(schema, generators, badness);
    if (type !== 'application/json') throw new Error(`The fuzzer cannot make bodies of ${type}.`);
    const json = (value: unknown): Body => ({ contentType: type, bytes: Buffer.from(toJson(value)) });
    const valid = generators.valid(schema, '').map(json);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const bad = fc.oneof(
      { weight: 8, arbitrary: generators.near(schema, '').map(json) },
      { weight: 1, arbitrary: hostileValue.map(json) },
      { weight: 1, arbitrary: hostileBytes.map((bytes) => ({ contentType: type, bytes })) },
      {
        weight: 3,
        arbitrary: fc
          .tuple(valid, share, fc.constantFrom(...faults))
          .map(([body, cut, fault]) => ({ contentType: type, bytes: fault(body.bytes.toString(), cut) })),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(valid, fc.oneof(fc.constantFrom(null, ...jsonTypes), hostileText.map(headerText)))
          .map(([body, contentType]) => ({ ...body, contentType })),
      },
    );
    return fc.oneof({ weight: 10 - badness, arbitrary: valid }, { weight: badness, arbitrary: bad });
  });
  return fc.oneof(...kinds);
}
