import { refuse } from './refusals.ts';

/** A request's body as rows. */
export interface Payload {
  /** A JSON array of objects. PostgreSQL reads the client's own text, so that numbers keep all digits. */
  rows: string;
  /** The number of rows. */
  count: number;
  /** The fields of the rows. */
  keys: string[];
}

/** A body's media type, in lower case and without parameters. */
export function mediaTypeOf(contentType: string | null): string {
  return (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() || 'application/json';
}

/** The body as text; bytes that are not UTF-8 are refused. */
export function decodeBody(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    refuse(400, 'PGRST102', 'Empty or invalid json', { details: 'The body is not UTF-8' });
  }
}

/** Parses a body of JSON, CSV or a form. Without `columns`, all rows must have the same fields (PGRST102). */
export function readPayload(body: Uint8Array, contentType: string | null, columns: string[] | null): Payload {
  const type = mediaTypeOf(contentType);
  const text = decodeBody(body);
  if (type === 'application/json') return readJson(text, columns);
  if (type === 'text/csv') return readCsv(text);
  if (type === 'application/x-www-form-urlencoded') {
    const row = Object.fromEntries(readForm(text));
    return { rows: JSON.stringify([row]), count: 1, keys: Object.keys(row) };
  }
  refuse(400, 'PGRST102', `Content-Type not acceptable: ${type}`);
}

/** The fields of a form, in order. */
export function readForm(text: string): [string, string][] {
  return [...new URLSearchParams(text)];
}

/** Parses JSON only to check it and to learn its fields. */
function readJson(text: string, columns: string[] | null): Payload {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    refuse(400, 'PGRST102', 'Empty or invalid json');
  }
  if (!Array.isArray(value)) {
    // As with PostgREST, other values are no rows.
    if (!isObject(value)) return { rows: '[]', count: 0, keys: [] };
    return { rows: `[${text}]`, count: 1, keys: columns ?? Object.keys(value) };
  }
  const [first] = value;
  const keys = isObject(first) ? Object.keys(first) : [];
  const same = (row: unknown) => isObject(row) && (columns !== null || hasKeys(row, keys));
  if (!value.every(same)) refuse(400, 'PGRST102', 'All object keys must match');
  return { rows: text, count: value.length, keys: columns ?? keys };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasKeys(row: Record<string, unknown>, keys: string[]): boolean {
  return Object.keys(row).length === keys.length && keys.every((key) => Object.hasOwn(row, key));
}

/** The first line holds the names of the fields; `NULL` is null. */
function readCsv(text: string): Payload {
  const [header = [], ...lines] = parseCsv(text);
  if (header.length === 0) return { rows: '[]', count: 0, keys: [] };
  if (lines.some((line) => line.length !== header.length)) {
    refuse(400, 'PGRST102', 'All lines must have same number of fields');
  }
  const rows = lines.map((line) =>
    Object.fromEntries(header.map((name, index) => [name, line[index] === 'NULL' ? null : line[index]])),
  );
  return { rows: JSON.stringify(rows), count: rows.length, keys: header };
}

/** Parses comma-separated values (RFC 4180); empty lines are skipped. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  for (const [, quoted, plain = '', end = ''] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/g,
  )) {
    line.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (line.length > 1 || line[0] !== '') lines.push(line);
    line = [];
  }
  return lines;
}
