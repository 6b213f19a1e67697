import { z } from '@hono/zod-openapi';

// Tags and mentions, in all the shapes that clients write them in. The schemas describe and validate them; what is no
// JSON is made JSON first.

const UNREADABLE = 'Give a JSON array of names or of objects with a name, or names separated by commas.';

/** Many times what the longest list takes. */
const text = z.string().max(20_000, 'The list is too long.');

/** The schemas of one kind of reference, in JSON and in the fields of a form; the output is the bare names. */
function schemasOf(named: z.ZodType<string>, prefix: RegExp, example: unknown) {
  const names = z.array(z.union([z.string(), named], UNREADABLE), UNREADABLE);

  const clean = (written: string[], context: z.core.$RefinementCtx) => {
    const bare = written.map((name) => name.trim().replace(prefix, '').trim());
    if (bare.includes('')) context.addIssue('A name must not be empty.');
    if (bare.some((name) => /\s[#＃@＠]/.test(name))) context.addIssue('Separate names by commas.');
    return bare;
  };

  return {
    json: z
      .union([names, text.transform(readText).pipe(names), named.transform((name) => [name])], UNREADABLE)
      .transform(clean)
      .openapi({ description: 'A JSON array, or a text as in a form.', example }),
    form: z
      .array(text)
      .transform((texts) => texts.flatMap(readText))
      .pipe(names)
      .transform(clean)
      .openapi({ description: 'Names separated by commas, or a JSON array. Repeat the field for more.' }),
  };
}

/** The id that answers have beside the name of a tag: it follows from the name. Numbers are those of older clients. */
const id = z.union([z.string(), z.number()]).nullish();

/** Tags: `#travel`, `{"name": "travel"}`. */
export const tags = schemasOf(
  z.strictObject({ id, name: z.string() }).transform(({ name }) => name),
  /^[#＃]+/,
  [{ name: 'travel' }],
);

/** Mentions: `@kai`, `{"id": …}`, `{"username": "kai"}`. The id comes first: a user name may have changed hands. */
export const mentions = schemasOf(
  z.union([
    z.strictObject({ id: z.string(), username: z.string().optional() }).transform(({ id }) => id),
    z.strictObject({ username: z.string() }).transform(({ username }) => username),
    z.strictObject({ name: z.string() }).transform(({ name }) => name),
  ]),
  /^[@＠]+/,
  ['kai_berlin'],
);

/** Reads a text with names: a comma-separated list, JSON, or JSON with single quotes. */
function readText(text: string): unknown[] {
  const trimmed = text.trim();
  // A client that has no list writes this; `#true` is a tag.
  if (['null', 'true', 'false', 'undefined'].includes(trimmed)) return [null];
  if (!/^[[{"']/.test(trimmed)) return trimmed.split(',').filter((name) => name.trim() !== '');
  const value = parseJson(trimmed) ?? parseJson(withDoubleQuotes(trimmed));
  return Array.isArray(value) ? value : [value];
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/**
 * JSON from a text in which strings may have single quotes, such as `[{'name': 'amazing'}]`: the example that users
 * were given. One pass without backtracking, so that the time is linear in the text.
 */
function withDoubleQuotes(text: string): string | undefined {
  let json = '';
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at);
    if (character === '"' || character === "'") {
      const string = readQuoted(text, at);
      if (!string) return undefined;
      json += JSON.stringify(string.value);
      at = string.end;
    } else {
      json += character;
      at++;
    }
  }
  return json;
}

/**
 * Reads a quoted string that begins at `start`. A quote inside a word is an apostrophe, so that those of
 * `'rock'n'roll'` stay in the name; any other ends the string, and JSON has to go on after it.
 */
function readQuoted(text: string, start: number): { value: string; end: number } | undefined {
  const quote = text.charAt(start);
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\' && at + 1 < text.length) value += text.charAt(++at);
    else if (character === quote && !isApostrophe(text, at)) return { value, end: at + 1 };
    else value += character;
  }
  return undefined;
}

function isApostrophe(text: string, at: number): boolean {
  return text.charAt(at) === "'" && /[\p{L}\p{N}]'[\p{L}\p{N}]/u.test(text.slice(at - 1, at + 2));
}
