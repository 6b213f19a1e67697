import { refuse } from './refusals.ts';

/** A text that is being parsed. */
export interface Reader {
  readonly text: string;
  /** The start of the message of a refusal: `failed to parse filter (eq.1)`. */
  readonly what: string;
  /** The current position. */
  at: number;
}

/** The deepest nesting: more than a request needs, and safe for the call stack here and in PostgreSQL. */
export const deepest = 50;

/** Starts to parse `text`. The message of a refusal names its `kind`, and shows `shown`. */
export function read(text: string, kind: string, shown = text): Reader {
  return { text, what: `failed to parse ${kind} (${shown})`, at: 0 };
}

/** Refuses the text (PGRST100), at the current position. */
export function misread(reader: Reader, expecting: string, at = reader.at): never {
  const found = reader.text.codePointAt(at);
  const unexpected = found === undefined ? 'end of input' : JSON.stringify(String.fromCodePoint(found));
  refuse(400, 'PGRST100', `"${reader.what}" (line 1, column ${at + 1})`, {
    details: `unexpected ${unexpected} expecting ${expecting}`,
  });
}

/** Reads `token` if it comes next. */
export function skip(reader: Reader, token: string): boolean {
  if (!reader.text.startsWith(token, reader.at)) return false;
  reader.at += token.length;
  return true;
}

/** Reads the match of a sticky pattern. */
export function match(reader: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found) reader.at = pattern.lastIndex;
  return found;
}

/** Refuses text after the end. */
export function expectEnd(reader: Reader, expecting: string): void {
  if (reader.at < reader.text.length) misread(reader, `${expecting} or end of input`);
}

/** Reads a comma with blanks around it. */
export function skipComma(reader: Reader): boolean {
  return match(reader, /[ \t]*,[ \t]*/y) !== null;
}

const namePattern = /(?:[\p{L}\p{N}_ $]|-(?!>))+/uy;

/** Reads the name of a column, table, function or constraint: letters, digits, `_`, `$`, blanks, dashes, or quoted. */
export function readName(reader: Reader): string {
  const quoted = readQuoted(reader);
  if (quoted !== null) return quoted;
  const name = match(reader, namePattern)?.[0].trim();
  return name || misread(reader, 'field name (* or [a..z0..9_$])');
}

/** Reads a text in double quotes, with backslash as the escape character. Null if none starts here. */
export function readQuoted(reader: Reader): string | null {
  const quoted = match(reader, /"([^"\\]*(?:\\.[^"\\]*)*)"/sy)?.[1];
  return quoted === undefined ? null : quoted.replace(/\\(.)/gs, '$1');
}

/** A column, with a path into its JSON. */
export interface Field {
  name: string;
  path: JsonStep[];
}

/** One step into JSON: by key, or by position in an array. */
export interface JsonStep {
  arrow: '->' | '->>';
  key: string;
  isIndex: boolean;
}

/** Reads a column with its path into JSON: `address->lines->>0`. */
export function readField(reader: Reader): Field {
  return { name: readName(reader), path: readJsonPath(reader) };
}

/** Reads a path into JSON, which may be empty. */
export function readJsonPath(reader: Reader): JsonStep[] {
  const path: JsonStep[] = [];
  for (let arrow = match(reader, /->>?/y)?.[0]; arrow; arrow = match(reader, /->>?/y)?.[0]) {
    const step = arrow as JsonStep['arrow'];
    const index = match(reader, /-?\d+(?=->|::|[.,)]|$)/y)?.[0];
    if (index !== undefined) path.push({ arrow: step, key: index, isIndex: true });
    else path.push({ arrow: step, key: readQuoted(reader) ?? readKey(reader), isIndex: false });
    if (path.length > deepest) misread(reader, `at most ${deepest} steps`);
  }
  return path;
}

function readKey(reader: Reader): string {
  return (
    match(reader, /(?:[^-:.,>()]|-(?!>)|:(?!:))+/y)?.[0] ??
    misread(reader, 'any non reserved character different from: .,>()')
  );
}
