import { z } from '@hono/zod-openapi';
import type { FormPart } from './body.ts';
import { fieldProblem } from './problem.ts';

// A query, a urlencoded form and a multipart form hold texts. They are read by the schema of the JSON object: each of
// its fields becomes one that takes a text and has the same output.

const yes = ['true', '1', 'yes', 'on'];
const no = ['false', '0', 'no', 'off'];

const lowerCase = (value: unknown) => (typeof value === 'string' ? value.trim().toLowerCase() : value);

/** True or false in the words of clients and programming languages. */
const flag = z
  .preprocess(lowerCase, z.enum([...yes, ...no], 'Give true or false.'))
  .transform((word) => yes.includes(word))
  .optional();

/** A field of a form in which an empty text stands for null, since a form has no null. */
export function emptyAsNull<Schema extends z.ZodType>(schema: Schema) {
  return z
    .preprocess((value) => (typeof value === 'string' && value.trim() === '' ? null : value), schema)
    .optional();
}

/** A file of a request: a part of a form, or the path of an upload. */
export type FileSource = FormPart | string;

/** A field of a form that takes a file, or the path of an upload. */
export const fileOrPath = z
  .custom<FileSource>((value) => typeof value === 'string' || (typeof value === 'object' && value !== null))
  .openapi({ type: 'string', format: 'binary' });

/**
 * The schema of an object whose fields are texts, with the output of the schema of JSON. Numbers and booleans are
 * converted; `fields` has the other fields that a form writes differently.
 */
export function fromTexts<Output extends Record<string, unknown>>(
  schema: z.ZodObject<z.ZodRawShape> & z.ZodType<Output>,
  fields: z.ZodRawShape = {},
): z.ZodObject<z.ZodRawShape> & z.ZodType<Output> {
  const shape = Object.entries(schema.shape).map(([name, field]) => [name, fromText(field)]);
  return z.strictObject({ ...Object.fromEntries(shape), ...fields }) as never;
}

function fromText(field: z.core.$ZodType): z.core.$ZodType {
  const bare = unwrap(field);
  if (bare instanceof z.ZodBoolean) return takesNull(field) ? emptyAsNull(flag.nullable()) : flag;
  if (bare instanceof z.ZodNumber) return z.preprocess(readNumber, field);
  return field;
}

/** An integer as JSON writes it. `Number` would take `0x10`, `1e1` and an empty text as well. */
function readNumber(value: unknown): unknown {
  return typeof value === 'string' && /^(0|-?[1-9]\d*)$/.test(value) ? Number(value) : value;
}

const takesNull = (field: z.core.$ZodType) => field instanceof z.ZodType && field.safeParse(null).success;

/** The type of a field that may be missing, null or have a default. */
function unwrap(field: z.core.$ZodType): z.core.$ZodType {
  if (field instanceof z.ZodOptional || field instanceof z.ZodNullable || field instanceof z.ZodDefault) {
    return unwrap(field.unwrap());
  }
  return field instanceof z.ZodPipe ? unwrap(field.in) : field;
}

/** The object that a schema takes, without its transforms. */
function objectOf(schema: z.ZodType): z.ZodObject | null {
  const bare = unwrap(schema);
  return bare instanceof z.ZodObject ? bare : null;
}

/** The names of the fields that a schema knows. */
export function fieldNames(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodUnion) {
    return [...new Set(schema.options.flatMap((option) => fieldNames(option as z.ZodType)))];
  }
  return Object.keys(objectOf(schema)?.shape ?? {});
}

/** The fields of a form or a query as the schema takes them: a list where it has a list, else the one value. */
export function fieldsOf<Value>(
  schema: z.ZodType,
  values: Iterable<readonly [name: string, values: readonly Value[]]>,
): Record<string, unknown> {
  const shape = objectOf(schema)?.shape ?? {};
  const fields = [...values].map(([name, all]) => {
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (field && unwrap(field) instanceof z.ZodArray) return [name, all];
    if (field && all.length > 1) throw fieldProblem('validation_failed', name, `Give ${name} once.`);
    return [name, all[0]];
  });
  return Object.fromEntries(fields);
}
