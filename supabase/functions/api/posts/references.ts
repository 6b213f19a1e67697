/** The outcome of reading tags or mentions: the names in order, or why they cannot be read. */
export type References = { names: string[]; problem: null } | { names: null; problem: string };

/** How one kind of reference is written. */
export interface ReferenceKind {
  /** Characters that people put in front of a name; they are not part of it. */
  prefix: RegExp;
  /** Where an object carries the name, the most exact first. */
  keys: readonly string[];
}

/** Tags: `#travel`, `{"name": "travel"}`. */
export const tagReferences: ReferenceKind = { prefix: /^[#＃]+/, keys: ['name'] };

/** Mentions: `@kai`, `{"id": …}`, `{"username": "kai"}`. The id comes first: a user name may have changed hands. */
export const mentionReferences: ReferenceKind = { prefix: /^[@＠]+/, keys: ['id', 'username', 'name'] };

const UNREADABLE = 'Give a JSON array of names or of objects with a name, or names separated by commas.';
const EMPTY_NAME = 'A name must not be empty.';

/** Reads references from a JSON body: an array of strings or objects, or any text that a form field may hold. */
export function referencesFromJson(value: unknown, kind: ReferenceKind): References {
  if (value === undefined || value === null) return { names: [], problem: null };
  if (typeof value === 'string') return referencesFromFields([value], kind);
  return clean(namesOf(Array.isArray(value) ? value : [value], kind), kind);
}

/** Reads references from the fields of a form: each may hold one name, a comma list, or an array as text. */
export function referencesFromFields(fields: readonly string[], kind: ReferenceKind): References {
  const names: string[] = [];
  for (const field of fields) {
    const read = clean(namesInText(field.trim(), kind), kind);
    if (read.names === null) return read;
    names.push(...read.names);
  }
  return { names, problem: null };
}

/** Names as they were written, or null where the shape is none that is accepted. */
type Names = string[] | null;

function clean(names: Names, kind: ReferenceKind): References {
  if (names === null) return { names: null, problem: UNREADABLE };
  const bare = names.map((name) => name.trim().replace(kind.prefix, '').trim());
  return bare.includes('') ? { names: null, problem: EMPTY_NAME } : { names: bare, problem: null };
}

function namesInText(text: string, kind: ReferenceKind): Names {
  if (text === '') return [];
  if (!/^[[{"']/.test(text)) return text.split(',').filter((name) => name.trim() !== '');
  const value = parseJson(text);
  if (value === undefined) return namesInLiteral(text, kind);
  return namesOf(Array.isArray(value) ? value : [value], kind);
}

function namesOf(values: readonly unknown[], kind: ReferenceKind): Names {
  const names = values.map((value) => nameOf(value, kind));
  return names.every((name) => name !== undefined) ? names : null;
}

function nameOf(value: unknown, kind: ReferenceKind): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map(Object.entries(value));
  return kind.keys.map((key) => fields.get(key)).find((name) => typeof name === 'string');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads what looks like a Python literal, `[{'name': 'amazing'}, 'x']`: the example that users were given is one.
 * One pass from left to right, without backtracking or recursion, so that the time is linear in the text.
 */
function namesInLiteral(text: string, kind: ReferenceKind): Names {
  const names: string[] = [];
  let fields: Map<string, string> | null = null;
  let key: string | null = null;
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at);
    if (character === '"' || character === "'") {
      const string = readQuoted(text, at);
      if (!string) return null;
      at = string.end;
      if (!fields) names.push(string.value);
      else if (key === null) key = string.value;
      else {
        fields.set(key, string.value);
        key = null;
      }
    } else if (character === '{' && !fields) {
      fields = new Map();
      at++;
    } else if (character === '}' && fields && key === null) {
      const name = nameOf(Object.fromEntries(fields), kind);
      if (name === undefined) return null;
      names.push(name);
      fields = null;
      at++;
    } else if (/[[\],:\s]/.test(character)) {
      at++;
    } else {
      return null;
    }
  }
  return fields ? null : names;
}

/**
 * Reads a quoted string that begins at `start`. A quote ends it only where the literal can go on after it, so that
 * the apostrophe of `'rock'n'roll'` stays in the name.
 */
function readQuoted(text: string, start: number): { value: string; end: number } | null {
  const quote = text.charAt(start);
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\' && at + 1 < text.length) value += text.charAt(++at);
    else if (character === quote && endsString(text, at + 1)) return { value, end: at + 1 };
    else value += character;
  }
  return null;
}

function endsString(text: string, after: number): boolean {
  let at = after;
  // Each run of spaces is looked at from the one quote before it: still linear.
  while (/\s/.test(text.charAt(at))) at++;
  return at >= text.length || /[,:\]}]/.test(text.charAt(at));
}
