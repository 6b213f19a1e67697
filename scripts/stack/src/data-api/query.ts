import {
  type Condition,
  isOperation,
  type OrderTerm,
  parseLogic,
  parseOperation,
  parseOrder,
} from './filters.ts';
import { expectEnd, misread, read, readJsonPath, readName, skip, skipComma } from './reader.ts';
import { refuse } from './refusals.ts';
import { parseSelect, type SelectItem } from './select.ts';

/** A parsed query string. */
export interface Query {
  /** Null without `select`: all columns. */
  select: SelectItem[] | null;
  conditions: Placed<Condition>[];
  orders: Placed<OrderTerm[]>[];
  ranges: Placed<Range>[];
  /** The columns that a body may set, from `columns`. */
  columns: string[] | null;
  /** The unique columns of an upsert, from `on_conflict`. */
  onConflict: string[] | null;
  /** The arguments of a function that is called with GET; a name may occur several times. */
  args: [string, string][];
  /** The parameters sorted by name, for `Content-Location`. */
  canonical: string;
}

/** A parameter, with the path of embedded tables to the one that it is for, outermost first. */
export interface Placed<T> {
  path: string[];
  value: T;
}

/** `limit` and `offset`. */
export interface Range {
  limit: bigint | null;
  offset: bigint | null;
}

/** Parses a query string. `forFunction`: parameters that are no filters are arguments of a function. */
export function parseQuery(search: string, forFunction: boolean): Query {
  const parameters = decode(search);
  const query: Query = {
    select: null,
    conditions: [],
    orders: [],
    ranges: [],
    columns: null,
    onConflict: null,
    args: [],
    canonical: canonicalOf(parameters),
  };
  for (const [key, value] of parameters) readParameter(query, key, value, forFunction);
  return query;
}

function readParameter(query: Query, key: string, value: string, forFunction: boolean): void {
  // The first of several `select`, `columns` or `on_conflict` counts.
  if (key === 'select') query.select ??= value === '' ? null : parseSelect(value);
  else if (key === 'columns') query.columns ??= parseNames(value, 'columns parameter');
  else if (key === 'on_conflict') query.onConflict ??= parseNames(value, 'on_conflict parameter');
  else if (key === 'apikey') return;
  else {
    const last = key.slice(key.lastIndexOf('.') + 1);
    const path = () => parsePath(key.includes('.') ? key.slice(0, key.lastIndexOf('.')) : '');
    if (last === 'order') {
      query.orders.push({ path: path(), value: parseOrder(value) });
    } else if (last === 'limit' || last === 'offset') {
      setRange(query, path(), last, value);
    } else if (last === 'and' || last === 'or') {
      const places = path();
      const negated = places.at(-1) === 'not';
      if (negated) places.pop();
      query.conditions.push({ path: places, value: parseLogic(last, negated, value) });
    } else if (forFunction && !isOperation(value)) query.args.push([key, value]);
    else query.conditions.push(readFilter(key, value));
  }
}

function readFilter(key: string, value: string): Placed<Condition> {
  const reader = read(key, 'tree path');
  const path = [readName(reader)];
  while (skip(reader, '.')) path.push(readName(reader));
  const name = path.pop() ?? '';
  const field = { name, path: readJsonPath(reader) };
  expectEnd(reader, '"->", "->>" or "."');
  return { path, value: { kind: 'filter', field, ...parseOperation(value) } };
}

function parsePath(text: string): string[] {
  if (text === '') return [];
  const reader = read(text, 'tree path');
  const path = [readName(reader)];
  while (skip(reader, '.')) path.push(readName(reader));
  expectEnd(reader, '"."');
  return path;
}

function parseNames(text: string, kind: string): string[] {
  const reader = read(text, kind);
  if (text === '') misread(reader, 'field name (* or [a..z0..9_$])');
  const names = [];
  do names.push(readName(reader));
  while (skipComma(reader));
  expectEnd(reader, '","');
  return names;
}

/** As with PostgREST, text that is no number is ignored, and a negative limit refused. */
function setRange(query: Query, path: string[], bound: 'limit' | 'offset', text: string): void {
  if (!/^-?\d{1,18}$/.test(text)) return;
  const number = BigInt(text);
  if (bound === 'limit' && number < 0n) {
    refuse(416, 'PGRST103', 'Requested range not satisfiable', {
      details: 'Limit should be greater than or equal to zero.',
    });
  }
  const key = path.join('.');
  const placed = query.ranges.find((range) => range.path.join('.') === key);
  const range = placed?.value ?? { limit: null, offset: null };
  range[bound] = number < 0n ? 0n : number;
  if (!placed) query.ranges.push({ path, value: range });
}

/** Decodes the parameters; refuses percent-encoding that is broken or not UTF-8. */
function decode(search: string): [string, string][] {
  const text = search.startsWith('?') ? search.slice(1) : search;
  return text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0
        ? [decodePart(part), '']
        : [decodePart(part.slice(0, equals)), decodePart(part.slice(equals + 1))];
    });
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    refuse(400, 'PGRST100', 'The query string is not UTF-8 in percent-encoding', {
      details: part.slice(0, 200),
    });
  }
}

function canonicalOf(parameters: [string, string][]): string {
  return parameters
    .filter(([key]) => key !== 'apikey')
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
