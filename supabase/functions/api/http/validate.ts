import type { z } from '@hono/zod-openapi';
import { isProblemCode, type ProblemCode } from './errors.ts';
import { fieldNames } from './form.ts';
import { type ProblemError, problem } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** The codes of fields, by name. */
export type FieldCodes = Readonly<Record<string, ProblemCode>>;

/**
 * The codes of fields, and of rules on fields, where they are not the field's name with `_invalid`. Only of names that
 * mean the same to every endpoint: others are in the endpoint's `codes`.
 */
const specialCodes: Record<string, ProblemCode> = {
  cursor: 'invalid_cursor',
  'media too_big': 'media_too_many',
  mentions: 'mention_invalid',
  'mentions invalid_format': 'profile_not_found',
  owner: 'profile_not_found',
  path: 'media_invalid',
  paths: 'media_invalid',
  'paths too_big': 'media_too_many',
  publicProfile: 'public_profile_invalid',
  'size too_big': 'media_too_large',
  tags: 'tag_invalid',
  user: 'profile_not_found',
};

/** The code of a rule on a field, or undefined where the field has none. */
export function fieldCode(field: string, rule = ''): ProblemCode | undefined {
  const code = specialCodes[`${field} ${rule}`] ?? specialCodes[field] ?? `${field}_invalid`;
  return isProblemCode(code) ? code : undefined;
}

/** The output of a schema for a value. Bad input becomes a problem with the code of the first wrong field. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  codes: FieldCodes = {},
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw inputProblem(schema, result.error.issues, codes);
}

/** More errors would only make the answer large. */
const MOST_ERRORS = 10;

function inputProblem(schema: z.ZodType, issues: readonly Issue[], codes: FieldCodes): ProblemError {
  const found = likeliest(issues)
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0
        ? issue.keys.slice(0, MOST_ERRORS).map((name) => unknownField(schema, name.slice(0, 100)))
        : [{ ...fieldOf(issue, codes), message: issue.message }],
    )
    .slice(0, MOST_ERRORS);
  const messages = [...Map.groupBy(found, ({ field }) => field)].map(
    ([field, group]) => [field, group.map(({ message }) => message)] as const,
  );
  const [first] = found;
  const detail = first?.message ?? 'The request breaks a rule.';
  return problem(first?.code ?? 'validation_failed', detail, { errors: Object.fromEntries(messages) });
}

/** The issues of a body that may have one of several forms: those of the form that it resembles most. */
function likeliest(issues: readonly Issue[]): readonly Issue[] {
  const [issue] = issues;
  if (issue?.code === 'invalid_union' && issue.path.length === 0) {
    return issue.errors.reduce((best, next) => (next.length < best.length ? next : best));
  }
  return issues.flatMap(insideUnion);
}

/** The issues of the option of a union that has the form of the value and breaks only a rule. */
function insideUnion(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const rules = ['custom', 'too_big', 'too_small'];
  const option = issue.errors.find((inner) => inner.every(({ code }) => rules.includes(code)));
  return option?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

/** The field that an issue is about: the innermost one that has a code of its own. */
function fieldOf({ path, code: rule }: Issue, codes: FieldCodes): { field: string; code: ProblemCode } {
  const names = path.filter((part) => typeof part === 'string');
  for (const field of names.toReversed()) {
    const code = codes[field] ?? fieldCode(field.replaceAll('-', '_'), rule);
    if (code) return { field: field.replaceAll('-', '_'), code };
  }
  return { field: names[0] ?? 'body', code: 'validation_failed' };
}

/** Names that clients were seen to send in place of a field. */
const synonyms: Record<string, readonly string[]> = {
  is_public: ['publicprofile'],
  media: ['file', 'image'],
  publicProfile: ['ispublic'],
};

function unknownField(schema: z.ZodType, name: string) {
  const known = fieldNames(schema);
  const bare = simplified(name);
  const meant =
    known.find((field) => simplified(field) === bare) ??
    known.find((field) => synonyms[field]?.includes(bare));
  const hint = meant ? ` Did you mean ${meant}?` : known.length > 0 ? ` Known: ${known.join(', ')}.` : '';
  return { field: name, code: 'field_unknown' as const, message: `There is no ${name} here.${hint}` };
}

/** A name without case, separators, indexes and the plural, which clients write differently. */
function simplified(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
    .replace(/s$/, '');
}
