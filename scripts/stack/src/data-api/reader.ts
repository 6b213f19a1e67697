import { refuse } from './refusals.ts';

/** A text that is being parsed: what it is, for messages, and how far it was read. */
export interface Reader {
  readonly text: string;
  /** What is parsed, as the message names it: `failed to parse filter (eq.1)`. */
  readonly what: string;
  at: number;
}

/** Deeper than any request needs, and far from what a stack of calls, here or in PostgreSQL, can take. */
export const deepest = 50;

/** Starts to read `text`; `kind` names it in the message of a refusal, `shown` replaces the text there. */
export function read(text: string, kind: string, shown = text): Reader {
  return { text, what: `failed to parse ${kind} (${shown})`, at: 0 };
}

/** Refuses what is read with PGRST100, at the place that was reached; `expecting` says what would have been right. */
export function misread(reader: Reader, expecting: string, at = reader.at): never {
  const found = reader.text.codePointAt(at);
  const unexpected = found === undefined ? 'end of input' : JSON.stringify(String.fromCodePoint(found));
  refuse(400, 'PGRST100', `"${reader.what}" (line 1, column ${at + 1})`, {
    details: `unexpected ${unexpected} expecting ${expecting}`,
  });
}

/** Takes `token` if it comes next. */
export function skip(reader: Reader, token: string): boolean {
  if (!reader.text.startsWith(token, reader.at)) return false;
  reader.at += token.length;
  return true;
}

/** Takes what the sticky pattern matches here. */
export function match(reader: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found) reader.at = pattern.lastIndex;
  return found;
}

/** Refuses what is left over. */
export function expectEnd(reader: Reader, expecting: string): void {
  if (reader.at < reader.text.length) misread(reader, `${expecting} or end of input`);
}

/** Takes a separator between items, with blanks around it. */
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

/** Reads a text in double quotes, where a backslash takes the next character as it is. Null if none starts here. */
export function readQuoted(reader: Reader): string | null {
  const quoted = match(reader, /"([^"\\]*(?:\\.[^"\\]*)*)"/sy)?.[1];
  return quoted === undefined ? null : quoted.replace(/\\(.)/gs, '$1');
}

/** A column, and the way into its JSON if one was given. */
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

/** Reads a column with its way into JSON: `address->lines->>0`. */
export function readField(reader: Reader): Field {
  return { name: readName(reader), path: readJsonPath(reader) };
}

/** Reads the steps into JSON that come next; there may be none. */
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
