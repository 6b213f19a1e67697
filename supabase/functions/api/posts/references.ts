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

/** Tags: `#travel`, `{"name": "travel"}`. */
export const tags = schemasOf(
  z.object({ name: z.string() }).transform(({ name }) => name),
  /^[#＃]+/,
  [{ name: 'travel' }],
);

/** Mentions: `@kai`, `{"id": …}`, `{"username": "kai"}`. The id comes first: a user name may have changed hands. */
export const mentions = schemasOf(
  z.union([
    z.object({ id: z.string() }).transform(({ id }) => id),
    z.object({ username: z.string() }).transform(({ username }) => username),
    z.object({ name: z.string() }).transform(({ name }) => name),
  ]),
  /^[@＠]+/,
  ['kai_berlin'],
);

/** Reads a text with names: a comma-separated list, JSON, or JSON with single quotes. */
function readText(text: string): unknown[] {
  const trimmed = text.trim();
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
 * Reads a quoted string that begins at `start`. A quote ends it only where JSON can go on after it, so that the
 * apostrophes of `'rock'n'roll'` stay in the name.
 */
function readQuoted(text: string, start: number): { value: string; end: number } | undefined {
  const quote = text.charAt(start);
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\' && at + 1 < text.length) value += text.charAt(++at);
    else if (character === quote && endsString(text, at + 1)) return { value, end: at + 1 };
    else value += character;
  }
  return undefined;
}

function endsString(text: string, after: number): boolean {
  let at = after;
  // Each run of spaces is read once, from the one quote before it: still linear.
  while (/\s/.test(text.charAt(at))) at++;
  return at >= text.length || /[,:\]}]/.test(text.charAt(at));
}
