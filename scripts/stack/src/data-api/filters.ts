import {
  deepest,
  expectEnd,
  type Field,
  match,
  misread,
  type Reader,
  read,
  readField,
  readName,
  readQuoted,
  skip,
  skipComma,
} from './reader.ts';

/** A comparison of a column with a value. */
export type Operation =
  | { kind: 'compare'; operator: string; quantifier: 'any' | 'all' | null; value: string }
  | { kind: 'in'; values: string[] }
  | { kind: 'is'; value: 'null' | 'not null' | 'true' | 'false' | 'unknown' }
  | { kind: 'search'; operator: SearchOperator; language: string | null; value: string };

/** How a full-text search reads its words. */
export type SearchOperator = 'fts' | 'plfts' | 'phfts' | 'wfts';

/** A condition on one column. */
export interface Filter {
  kind: 'filter';
  field: Field;
  negated: boolean;
  operation: Operation;
}

/** Conditions joined by `and` or `or`. */
export interface Logic {
  kind: 'logic';
  operator: 'and' | 'or';
  negated: boolean;
  terms: Condition[];
}

/** A condition or several. */
export type Condition = Filter | Logic;

/** One term of `order`. */
export interface OrderTerm {
  /** The embedded table that holds the column, null for the table itself. */
  relation: string | null;
  field: Field;
  direction: 'asc' | 'desc' | null;
  nulls: 'first' | 'last' | null;
}

/** PostgREST's operators that compare with one value, in SQL. */
const operators: Record<string, string> = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'like',
  ilike: 'ilike',
  match: '~',
  imatch: '~*',
  isdistinct: 'is distinct from',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
};
/** Operators that also compare with any or all of several values. */
const quantifiable = new Set(['eq', 'gt', 'gte', 'lt', 'lte', 'like', 'ilike', 'match', 'imatch']);
const patterns = new Set(['like', 'ilike']);

const expected = 'operator (eq, gt, ...)';

/** Reads the value of a filter parameter: `not.in.(1,2)`. */
export function parseOperation(text: string): { negated: boolean; operation: Operation } {
  const reader = read(text, 'filter');
  const negated = skip(reader, 'not.');
  const operation =
    readOperation(reader, false) ?? misread(reader, negated ? expected : `"not" or ${expected}`);
  return { negated, operation };
}

/** Whether a value is a filter. With GET on a function, other values are arguments. */
export function isOperation(text: string): boolean {
  const reader = read(text, 'filter');
  skip(reader, 'not.');
  try {
    return readOperation(reader, false) !== null;
  } catch {
    return false;
  }
}

/** Null if no operator starts here. Within a logic tree a value ends at `,` or `)`. */
function readOperation(reader: Reader, nested: boolean): Operation | null {
  const start = reader.at;
  const name = match(reader, /[a-z]+/y)?.[0] ?? '';
  const value = () => (nested ? readNestedValue(reader) : readRest(reader));
  const dot = () => skip(reader, '.') || misread(reader, expected);
  if (name === 'in') {
    dot();
    const values = readList(reader);
    if (!nested) expectEnd(reader, '")"');
    return { kind: 'in', values };
  }
  if (name === 'is') {
    dot();
    const word = match(reader, /(not_null|null|true|false|unknown)(?![\p{L}\p{N}_])/iuy)?.[1]?.toLowerCase();
    if (!word) misread(reader, 'null, not_null or trilean value (unknown, true, false)');
    if (!nested) expectEnd(reader, 'end of value');
    return { kind: 'is', value: word === 'not_null' ? 'not null' : (word as 'null') };
  }
  if (/^(pl|ph|w)?fts$/.test(name)) {
    const language = skip(reader, '(') ? readArgument(reader) : null;
    dot();
    return { kind: 'search', operator: name as SearchOperator, language, value: value() };
  }
  const operator = operators[name];
  if (!operator || !Object.hasOwn(operators, name)) {
    reader.at = start;
    return null;
  }
  const quantifier = quantifiable.has(name)
    ? (match(reader, /\((any|all)\)/y)?.[1] as 'any' | 'all' | undefined)
    : undefined;
  dot();
  const raw = value();
  // `%` is awkward in a URL, so `*` stands for it.
  return {
    kind: 'compare',
    operator,
    quantifier: quantifier ?? null,
    value: patterns.has(name) ? raw.replaceAll('*', '%') : raw,
  };
}

function readArgument(reader: Reader): string {
  const argument = match(reader, /[\p{L}\p{N}_ $.-]+/uy)?.[0] ?? misread(reader, 'text search configuration');
  return skip(reader, ')') ? argument : misread(reader, '")"');
}

function readRest(reader: Reader): string {
  const rest = reader.text.slice(reader.at);
  reader.at = reader.text.length;
  return rest;
}

/** A value within a logic tree: quoted, an array's or range's literal in braces, or up to `,` or `)`. */
function readNestedValue(reader: Reader): string {
  return readElement(reader, true);
}

function readElement(reader: Reader, literals: boolean): string {
  const start = reader.at;
  const quoted = readQuoted(reader);
  if (quoted !== null && (reader.at >= reader.text.length || /[,)]/.test(reader.text[reader.at] ?? '')))
    return quoted;
  reader.at = start;
  const literal = literals ? match(reader, /\{[^{}]*\}/y)?.[0] : undefined;
  return literal ?? match(reader, /[^,)]*/y)?.[0] ?? '';
}

/** `(1,"a,b",3)`. */
function readList(reader: Reader): string[] {
  if (!match(reader, /[ \t]*\([ \t]*/y)) misread(reader, '"("');
  const values: string[] = [];
  do values.push(readElement(reader, false));
  while (skip(reader, ','));
  if (!match(reader, /[ \t]*\)[ \t]*/y)) misread(reader, '"," or ")"');
  return values;
}

/** Reads the value of an `and` or `or` parameter: `(id.eq.1,not.or(a.is.null,b.gt.2))`. */
export function parseLogic(operator: 'and' | 'or', negated: boolean, text: string): Logic {
  // Parsed with the operator in front, as within another tree, so that columns in messages match PostgREST's.
  const reader = read(operator + text, 'logic tree', text);
  reader.at = operator.length;
  const terms = readTerms(reader, 0);
  expectEnd(reader, '")"');
  return { kind: 'logic', operator, negated, terms };
}

function readTerms(reader: Reader, depth: number): Condition[] {
  if (depth > deepest) misread(reader, `at most ${deepest} levels`);
  if (!match(reader, /[ \t]*\([ \t]*/y)) misread(reader, '"("');
  const terms: Condition[] = [];
  do terms.push(readTerm(reader, depth));
  while (skipComma(reader));
  if (!match(reader, /[ \t]*\)[ \t]*/y)) misread(reader, '"," or ")"');
  return terms;
}

function readTerm(reader: Reader, depth: number): Condition {
  const logic = match(reader, /(not\.)?(and|or)(?=[ \t]*\()/y);
  if (logic) {
    const operator = logic[2] as 'and' | 'or';
    return { kind: 'logic', operator, negated: logic[1] !== undefined, terms: readTerms(reader, depth + 1) };
  }
  if (!/[\p{L}\p{N}_ $"-]/u.test(reader.text[reader.at] ?? '')) {
    misread(reader, 'field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)');
  }
  const field = readField(reader);
  if (!skip(reader, '.')) misread(reader, 'letter, digit, "-", "->>", "->" or delimiter (.)');
  const negated = skip(reader, 'not.');
  const operation =
    readOperation(reader, true) ?? misread(reader, negated ? expected : `"not" or ${expected}`);
  return { kind: 'filter', field, negated, operation };
}

/** Reads an `order` parameter: `created_at.desc.nullslast,owner(username)`. */
export function parseOrder(text: string): OrderTerm[] {
  const reader = read(text, 'order');
  const terms: OrderTerm[] = [];
  do terms.push(readOrderTerm(reader));
  while (skipComma(reader));
  expectEnd(reader, '","');
  return terms;
}

function readOrderTerm(reader: Reader): OrderTerm {
  const start = reader.at;
  let relation: string | null = readName(reader);
  if (!skip(reader, '(')) {
    relation = null;
    reader.at = start;
  }
  const field = readField(reader);
  if (relation !== null && !skip(reader, ')')) misread(reader, '")"');
  const direction = match(reader, /\.(asc|desc)(?![\p{L}\p{N}_])/uy)?.[1] as 'asc' | 'desc' | undefined;
  const nulls = match(reader, /\.nulls(first|last)(?![\p{L}\p{N}_])/uy)?.[1] as 'first' | 'last' | undefined;
  if (reader.text[reader.at] === '.')
    misread(
      reader,
      direction ? '"nullsfirst" or "nullslast"' : '"asc", "desc", "nullsfirst" or "nullslast"',
      reader.at + 1,
    );
  return { relation, field, direction: direction ?? null, nulls: nulls ?? null };
}
