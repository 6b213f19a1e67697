import { z } from '@hono/zod-openapi';
import { limits } from '../limits.ts';
import { problemCodes } from './errors.ts';

export const timestamp = z.iso.datetime({ offset: true });

export const uuid = z.guid('An id is a UUID.').openapi({ format: 'uuid' });

/** A text with a limit in characters, as Postgres counts them: not in UTF-16 units. */
export function text(what: string, limit: number) {
  return z
    .string(`${what} is a text.`)
    .refine((value) => [...value].length <= limit, `${what} has at most ${limit} characters.`)
    .openapi({ maxLength: limit });
}

/** True or false in JSON. */
export const boolean = z.boolean('Give true or false.');

/** A user in a path or a filter. A text of another form is no id or name. */
export const person = z
  .string()
  .regex(/^@?[\w-]{1,36}$/, 'There is no such user.')
  .openapi({ description: '`me`, an id or a user name.' });

/** Printable, since it is a header, and as long as the database keeps it. */
export const idempotencyKey = z
  .string()
  .regex(
    new RegExp(`^[\\x20-\\x7e]{1,${limits.idempotency_key_length}}$`),
    `An idempotency key has 1 to ${limits.idempotency_key_length} printable characters.`,
  )
  .openapi({ description: 'A retry with the same key and content returns the first answer.' });

/** The body of every error. */
export const ProblemAnswer = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(problemCodes).openapi({ description: 'Stable: branch on this.' }),
    errors: z.record(z.string(), z.array(z.string())).optional(),
  })
  .openapi('Problem');
