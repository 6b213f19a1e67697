import fc from 'fast-check';
import { mediaTypes } from '../../../supabase/functions/api/media/types.ts';
import { fixtureBytes, samples } from '../../kit/files.ts';
import type { Schema } from './document.ts';
import type { Generators } from './schemas.ts';
import { asText, hostileBytes, hostileText } from './values.ts';

/** A body with its content type. */
export interface Body {
  contentType: string | null;
  bytes: Buffer;
}

interface Part {
  headers: string;
  data: Buffer;
}

const files = samples.map(({ name }) => ({ name, bytes: Buffer.from(fixtureBytes(name)) }));
const types = new Map<string, string>(
  Object.values(mediaTypes).map(({ extension, mimeType }) => [extension, mimeType]),
);
const typeOf = (name: string) => types.get(name.split('.').at(-1) ?? '') ?? 'application/octet-stream';

const sample = fc.constantFrom(...files);

/** Broken files: cut short, with changed bytes, with the first bytes of another file, or with another name. */
const brokenFile = fc.oneof(
  fc.tuple(sample, fc.double({ min: 0, max: 1, noNaN: true })).map(([{ name, bytes }, share]) => ({
    name,
    bytes: bytes.subarray(0, Math.floor(bytes.length * share)),
  })),
  fc
    .tuple(sample, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 30 }))
    .map(([file, flips]) => {
      const bytes = Buffer.from(file.bytes);
      // Parsers read the first kilobyte most.
      for (const [at, value] of flips)
        bytes[at % Math.min(bytes.length, at % 2 ? 1024 : bytes.length)] = value;
      return { name: file.name, bytes };
    }),
  fc.tuple(sample, sample).map(([head, tail]) => ({
    name: head.name,
    bytes: Buffer.concat([head.bytes.subarray(0, 64), tail.bytes.subarray(64)]),
  })),
  fc.tuple(sample, hostileBytes).map(([{ name }, bytes]) => ({ name, bytes })),
  fc.tuple(hostileText, sample).map(([name, { bytes }]) => ({ name, bytes })),
);

function fieldPart(name: string, data: Buffer): Part {
  return { headers: `Content-Disposition: form-data; name="${quote(name)}"`, data };
}

function filePart(field: string, name: string, bytes: Buffer, type = typeOf(name)): Part {
  const disposition = `Content-Disposition: form-data; name="${quote(field)}"; filename="${quote(name)}"`;
  return { headers: `${disposition}\r\nContent-Type: ${type}`, data: bytes };
}

const quote = (text: string) => text.replaceAll('"', '%22').replaceAll(/[\r\n]/g, ' ');

/** The parts of a form that a schema describes; `badness` of ten parts break the schema. */
function partsOf(unresolved: Schema, generators: Generators, badness: number): fc.Arbitrary<Part[]> {
  const schema = generators.resolve(unresolved);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((option) => partsOf(option, generators, badness)));
  const { properties = {}, required = [] } = schema;
  const fields = Object.entries(properties).map(([name, field]) => {
    const property = generators.resolve(field);
    const item = property.items ? generators.resolve(property.items) : property;
    const isFile = item.format === 'binary';
    const good = isFile
      ? sample.map((file) => filePart(name, file.name, file.bytes))
      : generators.valid(item, name).map((value) => fieldPart(name, Buffer.from(asText(value))));
    const bad = isFile
      ? fc.oneof(
          brokenFile.map((file) => filePart(name, file.name, file.bytes)),
          fc
            .tuple(sample, hostileText)
            .map(([file, type]) => filePart(name, file.name, file.bytes, quote(type))),
          hostileText.map((text) => fieldPart(name, Buffer.from(text))),
        )
      : fc.oneof(
          generators.near(item, name).map((value) => fieldPart(name, Buffer.from(asText(value)))),
          hostileBytes.map((bytes) => fieldPart(name, bytes)),
          sample.map((file) => filePart(name, file.name, file.bytes)),
        );
    const one = fc.oneof({ weight: 10 - badness, arbitrary: good }, { weight: badness, arbitrary: bad });
    const minLength = required.includes(name) && badness === 0 ? 1 : 0;
    return fc.array(one, { minLength, maxLength: property.items || badness > 0 ? 2 : 1 });
  });
  return fc.tuple(...fields).map((lists) => lists.flat());
}

function assemble(parts: readonly Part[], boundary: string): Buffer {
  const chunks = parts.flatMap(({ headers, data }) => [
    Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n`),
    data,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
}

const boundary = 'x7Yb0undary';
const contentType = `multipart/form-data; boundary=${boundary}`;

/** Ways to break a whole form. */
const faults: ((parts: Part[], share: number, text: string) => Body)[] = [
  // Cut off at a random place.
  (parts, share) => {
    const bytes = assemble(parts, boundary);
    return { contentType, bytes: bytes.subarray(0, Math.floor(bytes.length * share)) };
  },
  (parts, _, text) => ({
    contentType: `multipart/form-data; boundary=${headerText(text)}`,
    bytes: assemble(parts, boundary),
  }),
  (parts) => ({ contentType: 'multipart/form-data', bytes: assemble(parts, boundary) }),
  (parts) => ({ contentType: `${contentType}; boundary=other`, bytes: assemble(parts, boundary) }),
  (parts) => ({ contentType: 'multipart/mixed; boundary=x', bytes: assemble(parts, 'x') }),
  (parts) => ({ contentType: 'multipart/form-data; boundary="a b"', bytes: assemble(parts, 'a b') }),
  (parts) => ({
    contentType,
    bytes: Buffer.from(assemble(parts, boundary).toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
  }),
  (parts) => ({
    contentType,
    bytes: Buffer.concat([
      Buffer.from('a preamble\r\n'),
      assemble(parts, boundary),
      Buffer.from('an epilogue'),
    ]),
  }),
  // Too many parts, repeated names, a part without a name, a part with a hostile name.
  (parts) => ({
    contentType,
    bytes: assemble(
      Array(501)
        .fill(fieldPart('caption', Buffer.from('x')))
        .concat(parts),
      boundary,
    ),
  }),
  (parts) => ({ contentType, bytes: assemble([...parts, ...parts, ...parts], boundary) }),
  (parts) => ({
    contentType,
    bytes: assemble(
      [...parts, { headers: 'Content-Disposition: form-data', data: Buffer.from('x') }],
      boundary,
    ),
  }),
  (parts) => ({
    contentType,
    bytes: assemble([...parts, { headers: 'X-None: 1', data: Buffer.from('x') }], boundary),
  }),
  (parts, _, text) => ({
    contentType,
    bytes: assemble([...parts, fieldPart(text, Buffer.from('x'))], boundary),
  }),
  (parts, _, text) => ({
    contentType,
    bytes: assemble([...parts, filePart('media', text, Buffer.from('x'))], boundary),
  }),
  (parts) => ({
    contentType,
    bytes: assemble(
      [
        ...parts,
        {
          headers: "Content-Disposition: form-data; name=media; filename*=UTF-8''%e2%82%zz",
          data: Buffer.from('x'),
        },
      ],
      boundary,
    ),
  }),
  (parts) => ({
    contentType,
    bytes: assemble([...parts, { headers: `X: ${'y'.repeat(9_000)}`, data: Buffer.from('') }], boundary),
  }),
  (parts) => ({
    contentType,
    bytes: assemble(
      parts.map((part) => ({ ...part, headers: `${part.headers}\r\nContent-Transfer-Encoding: base64` })),
      boundary,
    ),
  }),
  // A form inside a form, and bodies that are not a form.
  (parts) => ({
    contentType,
    bytes: assemble(
      [
        {
          headers: `Content-Disposition: form-data; name="media"\r\nContent-Type: ${contentType}`,
          data: assemble(parts, boundary),
        },
      ],
      boundary,
    ),
  }),
  (_, __, text) => ({ contentType, bytes: Buffer.from(text) }),
  () => ({ contentType, bytes: Buffer.from(`--${boundary}--`) }),
];

/** Removes the characters that a client cannot send in a header. */
export function headerText(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '');
}

/** Forms that a schema describes; `badness` of ten break the schema. */
export function formOf(schema: Schema, generators: Generators, badness: number): fc.Arbitrary<Body> {
  const parts = partsOf(schema, generators, badness);
  const whole = parts.map((list) => ({ contentType, bytes: assemble(list, boundary) }));
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const broken = fc
    .tuple(parts, share, hostileText, fc.constantFrom(...faults))
    .map(([list, cut, text, fault]) => fault(list, cut, text));
  return fc.oneof({ weight: 10 - badness, arbitrary: whole }, { weight: badness, arbitrary: broken });
}
