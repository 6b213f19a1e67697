/** Fills in a template. `write` gets each value with the text before it, and answers how to write it. */
export type Template = (data: Values, write: (text: string, before: string) => string) => string;

type Values = Readonly<Record<string, unknown>>;
type Expression = (data: Values) => unknown;
/** Text, a value, or a choice. */
type Part =
  | { text: string }
  | { value: Expression }
  | { choices: { when: Expression; parts: Part[] }[]; otherwise: Part[] };

/**
 * Reads a template in the part of Go's language (https://pkg.go.dev/text/template) that mails use: `{{ .Name.Inner }}`,
 * `if`, `else if`, `else`, `end`, the functions `and`, `or`, `not`, `eq`, `ne` and `index`, brackets, quoted text, numbers,
 * comments, and `{{-` and `-}}`, which remove the white space around them. Anything else is an Error.
 */
export function compileTemplate(source: string): Template {
  const pieces = splitSource(source);
  const { parts, ending } = readParts(pieces);
  if (ending !== null) throw new Error(`{{ ${ending} }} without an if`);
  return (data, write) => {
    let written = '';
    const add = (list: readonly Part[]): void => {
      for (const part of list) {
        if ('text' in part) written += part.text;
        else if ('value' in part) written += write(asText(part.value(data)), written);
        else add(part.choices.find(({ when }) => isTrue(when(data)))?.parts ?? part.otherwise);
      }
    };
    add(parts);
    return written;
  };
}

interface Piece {
  kind: 'text' | 'action';
  text: string;
}

function splitSource(source: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = source;
  for (;;) {
    const action =
      /\{\{(-(?=\s))?\s*(\/\*.*?\*\/|(?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|(?!\}\}).)*?)\s*((?<=\s)-)?\}\}/s.exec(
        rest,
      );
    const text = action ? rest.slice(0, action.index) : rest;
    if (!action && text.includes('{{')) throw new Error('a {{ is not closed');
    pieces.push({ kind: 'text', text: action?.[1] ? text.trimEnd() : text });
    if (!action) return pieces;
    if (!action[2]?.startsWith('/*')) pieces.push({ kind: 'action', text: action[2] ?? '' });
    rest = rest.slice(action.index + action[0].length);
    if (action[3]) rest = rest.trimStart();
  }
}

/** Reads, and removes from the list, up to the end or to an `else` or `end` of the surrounding block. */
function readParts(pieces: Piece[]): { parts: Part[]; ending: string | null } {
  const parts: Part[] = [];
  for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
    const { kind, text } = piece;
    if (kind === 'text') parts.push({ text });
    else if (/^(end|else)\b/.test(text)) return { parts, ending: text };
    else if (/^if\b/.test(text)) parts.push(readChoice(pieces, text));
    else parts.push({ value: readExpression(text) });
  }
  return { parts, ending: null };
}

function readChoice(pieces: Piece[], first: string): Part {
  const choices: { when: Expression; parts: Part[] }[] = [];
  let condition = first.slice('if'.length);
  for (;;) {
    const { parts, ending } = readParts(pieces);
    choices.push({ when: readExpression(condition), parts });
    if (ending === 'end') return { choices, otherwise: [] };
    const next = /^else\s+if\b(.*)$/s.exec(ending ?? '');
    if (next) {
      condition = next[1] ?? '';
      continue;
    }
    if (ending !== 'else') throw new Error(`{{ ${first} }} has no {{ end }}`);
    const last = readParts(pieces);
    if (last.ending !== 'end') throw new Error(`{{ ${first} }} has no {{ end }}`);
    return { choices, otherwise: last.parts };
  }
}

const functions: Record<string, (values: unknown[]) => unknown> = {
  and: (values) => (values.every(isTrue) ? values.at(-1) : values.find((value) => !isTrue(value))),
  or: (values) => values.find(isTrue) ?? values.at(-1),
  not: ([value]) => !isTrue(value),
  eq: ([first, ...others]) => others.some((other) => other === first),
  ne: ([first, second]) => first !== second,
  index: ([value, ...keys]) => keys.reduce(inside, value),
};

function readExpression(text: string): Expression {
  const tokens = text.match(/"(?:[^"\\\n]|\\.)*"|`[^`]*`|[()]|[^\s()"`]+/g) ?? [];
  const expression = readCall(tokens, text);
  if (tokens.length > 0) throw new Error(`{{ ${text} }} is not known here`);
  return expression;
}

/** A value alone, or a function and its values; ends at a closing bracket. */
function readCall(tokens: string[], text: string): Expression {
  const name = tokens[0] ?? '';
  if (!Object.hasOwn(functions, name)) return readValue(tokens, text);
  tokens.shift();
  const values: Expression[] = [];
  while (tokens.length > 0 && tokens[0] !== ')') values.push(readValue(tokens, text));
  if (values.length === 0) throw new Error(`{{ ${text} }} names nothing`);
  return (data) => functions[name]?.(values.map((value) => value(data)));
}

function readValue(tokens: string[], text: string): Expression {
  const token = tokens.shift() ?? '';
  if (token === '(') {
    const inner = readCall(tokens, text);
    if (tokens.shift() !== ')') throw new Error(`{{ ${text} }} lacks a bracket`);
    return inner;
  }
  if (/^"/.test(token)) {
    const value: unknown = JSON.parse(token);
    return () => value;
  }
  if (/^`/.test(token)) return () => token.slice(1, -1);
  if (/^-?\d+(\.\d+)?$/.test(token)) return () => Number(token);
  if (token === 'true' || token === 'false') return () => token === 'true';
  if (/^(\.\w+)+$/.test(token)) {
    const keys = token.slice(1).split('.');
    return (data) => keys.reduce(inside, data);
  }
  throw new Error(`{{ ${text} }} is not known here`);
}

/** The value of a key; undefined where it is missing, as in a Go map. */
function inside(value: unknown, key: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const name = String(key);
  return Object.hasOwn(value, name) ? (value as Values)[name] : undefined;
}

/** Whether Go's templates take a value for true: all but empty values. */
function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
