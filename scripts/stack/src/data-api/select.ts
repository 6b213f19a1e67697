import {
  deepest,
  type Field,
  match,
  misread,
  type Reader,
  read,
  readField,
  readName,
  skip,
  skipComma,
} from './reader.ts';

/** One item of `select`: a column, or a related table with items of its own. */
export type SelectItem = SelectField | SelectRelation;

/** A column of the answer. */
export interface SelectField {
  kind: 'field';
  field: Field;
  /** The type to cast to, a plain name. */
  cast: string | null;
  /** An aggregate function over the values. */
  aggregate: string | null;
  /** The type to cast the aggregate to. */
  aggregateCast: string | null;
  alias: string | null;
}

/** What `select=*` selects. */
export const everything: SelectField = {
  kind: 'field',
  field: { name: '*', path: [] },
  cast: null,
  aggregate: null,
  aggregateCast: null,
  alias: null,
};

/** A related table in the answer. */
export interface SelectRelation {
  kind: 'relation';
  name: string;
  alias: string | null;
  /** A constraint, column or table that chooses between several relationships. */
  hint: string | null;
  join: 'inner' | 'left' | null;
  /** Whether its columns become columns of the parent: `...name(columns)`. */
  spread: boolean;
  items: SelectItem[];
}

/** Reads a `select` parameter. */
export function parseSelect(text: string): SelectItem[] {
  const reader = read(text, 'select parameter');
  // As PostgREST does, ignores text after a complete list.
  return readItems(reader, 0);
}

function readItems(reader: Reader, depth: number): SelectItem[] {
  if (depth > deepest) misread(reader, `at most ${deepest} levels`);
  const items: SelectItem[] = [];
  do items.push(readItem(reader, depth));
  while (skipComma(reader));
  return items;
}

function readItem(reader: Reader, depth: number): SelectItem {
  match(reader, /[ \t]+/y);
  if (skip(reader, '...')) return readRelation(reader, null, true, depth) ?? misread(reader, '"("');
  if (skip(reader, '*')) return everything;
  if (!/[\p{L}\p{N}_ $"-]/u.test(reader.text[reader.at] ?? '')) {
    misread(reader, '"...", field name (* or [a..z0..9_$]), "*" or "count()"');
  }
  const alias = readAlias(reader);
  return readRelation(reader, alias, false, depth) ?? readColumn(reader, alias);
}

/** `alias:`, but not the `::` of a cast. */
function readAlias(reader: Reader): string | null {
  const start = reader.at;
  const name =
    match(reader, /"[^"\\]*(?:\\.[^"\\]*)*"|(?:[\p{L}\p{N}_ $]|-(?!>))+/suy) &&
    reader.text.slice(start, reader.at);
  if (name && match(reader, /:(?!:)/y)) {
    const end = reader.at;
    reader.at = start;
    const alias = readName(reader);
    reader.at = end;
    return alias;
  }
  reader.at = start;
  return null;
}

/** `name!hint!inner(items)`. Reads nothing and returns null if it is no relation. */
function readRelation(
  reader: Reader,
  alias: string | null,
  spread: boolean,
  depth: number,
): SelectRelation | null {
  const start = reader.at;
  const name = readName(reader);
  const relation: SelectRelation = {
    kind: 'relation',
    name,
    alias,
    hint: null,
    join: null,
    spread,
    items: [],
  };
  while (skip(reader, '!')) {
    const parameter = readName(reader);
    if (parameter === 'inner' || parameter === 'left') relation.join = parameter;
    else relation.hint = parameter;
  }
  const isAggregate =
    name === 'count' && reader.text.startsWith('()', reader.at) && !spread && !relation.hint;
  if (isAggregate || !skip(reader, '(')) {
    if (relation.hint || relation.join) misread(reader, '"("');
    reader.at = start;
    return null;
  }
  if (skip(reader, ')')) return relation;
  relation.items = readItems(reader, depth + 1);
  if (!skip(reader, ')')) misread(reader, '"," or ")"');
  return relation;
}

function readColumn(reader: Reader, alias: string | null): SelectField {
  if (match(reader, /count\(\)/y)) {
    return {
      kind: 'field',
      field: { name: '*', path: [] },
      cast: null,
      aggregate: 'count',
      aggregateCast: readCast(reader),
      alias,
    };
  }
  const field = readField(reader);
  const cast = readCast(reader);
  const aggregate = match(reader, /\.(count|sum|avg|max|min)\(\)/y)?.[1] ?? null;
  return { kind: 'field', field, cast, aggregate, aggregateCast: aggregate && readCast(reader), alias };
}

function readCast(reader: Reader): string | null {
  if (!skip(reader, '::')) return null;
  return match(reader, /[\p{L}\p{N}_ $]+/uy)?.[0].trim() || misread(reader, 'letter or digit');
}
