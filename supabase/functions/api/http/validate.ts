import type { z } from '@hono/zod-openapi';
import { type ProblemCode, problem, problemStatus } from './problem.ts';

/** Fields whose code is not just their name with `_invalid`. */
const fieldCodes: Record<string, ProblemCode> = {
  tags: 'tag_invalid',
  mentions: 'mention_invalid',
  publicProfile: 'public_profile_invalid',
};

/** What a schema makes of a value; bad input becomes a 422 whose code is that of the first field at fault. */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors: Record<string, string[]> = {};
  for (const issue of result.error.issues) {
    const field = String(issue.path[0] ?? 'body');
    errors[field] = [...(errors[field] ?? []), issue.message];
  }
  const [field, messages] = Object.entries(errors)[0] ?? ['body', []];
  throw problem(codeOf(field), messages[0] ?? 'A value in the request breaks a rule.', { errors });
}

function codeOf(field: string): ProblemCode {
  const code = fieldCodes[field] ?? `${field}_invalid`;
  return isProblemCode(code) ? code : 'validation_failed';
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemStatus, code);
}
