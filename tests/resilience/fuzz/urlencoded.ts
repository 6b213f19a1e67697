import fc from 'fast-check';
import type { Schema } from './document.ts';
import type { Body } from './multipart.ts';
import type { Generators } from './schemas.ts';
import { asText, hostileBytes, hostileText } from './values.ts';

type Pair = [name: string, value: string];

const contentType = 'application/x-www-form-urlencoded';
const encode = (pairs: Pair[]): Body => ({
  contentType,
  bytes: Buffer.from(new URLSearchParams(pairs).toString()),
});

/** The fields that a schema describes; `badness` of ten break the schema. */
function pairsOf(unresolved: Schema, generators: Generators, badness: number): fc.Arbitrary<Pair[]> {
  const schema = generators.resolve(unresolved);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((option) => pairsOf(option, generators, badness)));
  const { properties = {}, required = [] } = schema;
  const fields = Object.entries(properties).map(([name, property]) => {
    const { items } = generators.resolve(property);
    const value = fc.oneof(
      { weight: 10 - badness, arbitrary: generators.valid(items ?? property, name) },
      { weight: badness, arbitrary: generators.near(items ?? property, name) },
    );
    const minLength = required.includes(name) && badness === 0 ? 1 : 0;
    const maxLength = items || badness > 0 ? 2 : 1;
    return fc.array(
      value.map((given): Pair => [name, asText(given)]),
      { minLength, maxLength },
    );
  });
  return fc.tuple(...fields).map((lists) => lists.flat());
}

/** Ways to break a whole form. */
const faults: ((body: Buffer, text: string) => Buffer)[] = [
  (body) => Buffer.concat([body, Buffer.from('&caption=%ff%zz%')]),
  (body) => Buffer.from(body.toString().replaceAll('=', ':')),
  (body) => Buffer.from(body.toString().replace(/=/, '[0]=')),
  (body) => Buffer.concat([body, Buffer.from('&&&=&=x')]),
  (body) => Buffer.concat([Buffer.from('x=1&'.repeat(50_000)), body]),
  (body, text) => Buffer.concat([body, Buffer.from(`&${encodeURIComponent(text.toWellFormed())}=x`)]),
  (body) => Buffer.from(body.toString(), 'utf16le'),
];

/** Urlencoded forms that a schema describes; `badness` of ten break the schema. */
export function urlencodedOf(schema: Schema, generators: Generators, badness: number): fc.Arbitrary<Body> {
  const whole = pairsOf(schema, generators, badness).map(encode);
  const broken = fc.oneof(
    fc
      .tuple(whole, hostileText, fc.constantFrom(...faults))
      .map(([body, text, fault]) => ({ contentType, bytes: fault(body.bytes, text) })),
    hostileBytes.map((bytes) => ({ contentType, bytes })),
  );
  return fc.oneof({ weight: 10 - badness, arbitrary: whole }, { weight: badness, arbitrary: broken });
}
