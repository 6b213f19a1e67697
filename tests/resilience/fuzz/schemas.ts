import fc from 'fast-check';
import type { OpenApi, Schema } from './document.ts';
import { hostileText, hostileValue } from './values.ts';

/** Meaningful values, by the name of their field or parameter: each number selects one. They change during a run. */
export type Known = Record<string, (at: number) => string>;

/** Generators of values for schemas. */
export interface Generators {
  /** A value that the schema allows. */
  valid(schema: Schema, name: string): fc.Arbitrary<unknown>;
  /** A value that breaks one rule of the schema, or is at one of its limits. */
  near(schema: Schema, name: string): fc.Arbitrary<unknown>;
  /** The schema that a reference names; any other schema unchanged. */
  resolve(schema: Schema): Schema;
  /** Whether there are meaningful values for a name. */
  knows(name: string): boolean;
}

/** Makes generators for the schemas of a document; throws for an unknown kind of schema. */
export function createGenerators(document: OpenApi, known: Known): Generators {
  function resolve(schema: Schema): Schema {
    if (!schema.$ref) return schema;
    const target = document.components.schemas[schema.$ref.replace('#/components/schemas/', '')];
    if (!target) throw new Error(`${schema.$ref} does not exist.`);
    return resolve(target);
  }

  function valid(unresolved: Schema, name: string): fc.Arbitrary<unknown> {
    const schema = resolve(unresolved);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return fc.oneof(...choices.map((choice) => valid(choice, name)));
    if (schema.allOf) {
      return fc
        .tuple(...schema.allOf.map((part) => valid(part, name)))
        .map((parts) => Object.assign({}, ...(parts as object[])));
    }
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const types = [schema.type ?? 'string'].flat();
    return fc.oneof(...types.map((type) => ofType(type, schema, name)));
  }

  function ofType(type: string, schema: Schema, name: string): fc.Arbitrary<unknown> {
    if (type === 'null') return fc.constant(null);
    if (type === 'boolean') return fc.boolean();
    if (type === 'integer' || type === 'number') {
      const { minimum: min = 0, maximum: max = 100_000 } = schema;
      return fc.integer({ min, max: Math.min(max, Number.MAX_SAFE_INTEGER) });
    }
    if (type === 'array') {
      const { items = {}, minItems: minLength = 0, maxItems = 4 } = schema;
      return fc.array(valid(items, name), { minLength, maxLength: Math.min(maxItems, 4) });
    }
    if (type === 'object') {
      const fields = Object.entries(schema.properties ?? {}).map(([field, part]) => {
        const value = valid(part, field).map((given): [string, unknown][] => [[field, given]]);
        // Rarely all optional fields: each may be the reason for a refusal.
        return schema.required?.includes(field)
          ? value
          : fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: value });
      });
      return fc.tuple(...fields).map((given) => Object.fromEntries(given.flat()));
    }
    if (type === 'string') return text(schema, name);
    throw new Error(`The fuzzer cannot make values of the type ${type}: add it here.`);
  }

  function text(schema: Schema, name: string): fc.Arbitrary<string> {
    const means = known[name];
    return means ? fc.noBias(fc.nat()).map(means) : ofFormat(schema);
  }

  const knows = (name: string) => name in known;
  return { valid, near, resolve, knows };

  function near(unresolved: Schema, name: string): fc.Arbitrary<unknown> {
    const schema = resolve(unresolved);
    const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (choices) return fc.oneof(hostileValue, ...choices.map((choice) => near(choice, name)));
    if (schema.properties) return nearObject(schema);
    if (schema.items) {
      const { items, maxItems = 10 } = schema;
      const tooMany = { minLength: maxItems + 1, maxLength: maxItems + 1 };
      return fc.oneof(
        hostileValue,
        fc.array(near(items, name), { maxLength: 3 }),
        fc.array(valid(items, name), tooMany),
      );
    }
    const { minLength = 0, maxLength, minimum, maximum } = schema;
    const edges: unknown[] = [minimum, maximum].flatMap((edge) =>
      edge === undefined ? [] : [edge - 1, edge, edge + 1],
    );
    const lengths = [
      minLength - 1,
      minLength,
      ...(maxLength === undefined ? [] : [maxLength, maxLength + 1]),
    ];
    for (const length of lengths) if (length >= 0) edges.push('x'.repeat(length), '😀'.repeat(length));
    return fc.oneof(hostileValue, hostileText, fc.constantFrom(...edges));
  }

  /** An object with one defect: a missing, invalid or unknown field. */
  function nearObject(schema: Schema): fc.Arbitrary<unknown> {
    const fields = Object.entries(schema.properties ?? {});
    const whole = valid(schema, '') as fc.Arbitrary<Record<string, unknown>>;
    const wrong = fields.map(([field, part]) =>
      fc.tuple(whole, near(part, field)).map(([value, bad]) => ({ ...value, [field]: bad })),
    );
    const missing = fields.map(([field]) => whole.map(({ [field]: _left, ...rest }) => rest));
    const extra = fc
      .tuple(
        whole,
        fc.oneof(hostileText, fc.constantFrom('id', 'owner_id', 'role', 'is_vip', 'hidden_at', 'user_id')),
        hostileValue,
      )
      .map(([value, field, bad]) => ({ ...value, [field]: bad }));
    return fc.oneof({ weight: 6, arbitrary: fc.oneof(...wrong) }, fc.oneof(...missing), extra);
  }
}

/** A text of a format, within the allowed lengths. */
function ofFormat({ format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date') return dateText;
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (format === 'uri') return fc.webUrl();
  if (format === 'email') return newName.map((name) => `${name}@example.com`);
  if (pattern) return fc.stringMatching(new RegExp(pattern, 'u'));
  const length = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 80)) };
  return fc.oneof(fc.string(length), fc.string({ ...length, unit: 'grapheme' }), sentence);
}

const dateText = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2010-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

/** A name that is almost certainly free. */
export const newName: fc.Arbitrary<string> = fc.stringMatching(/^f[a-z0-9_]{12}$/);

/** A sentence with tags, mentions and links. */
const sentence = fc
  .array(
    fc.constantFrom(
      'the',
      'sea',
      '#sun',
      '#été',
      '@nobody',
      'https://example.com/#x',
      '😀',
      'a@b.example',
      '!',
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((words) => words.join(' '));
