import type { ApiRequest } from './api-request.ts';
import type { Format } from './media-types.ts';
import { appliedPreferences, type Preferences } from './preferences.ts';
import { refuse } from './refusals.ts';
import type { Outcome } from './statement.ts';

/** An answer, before the status and headers that the statement itself set. */
export interface Answer {
  status: number;
  headers: [name: string, value: string | null][];
  body: string | Uint8Array | null;
}

/** The headers of a body. */
export function contentHeaders(
  { schema, namesSchema }: ApiRequest,
  { contentType }: Format,
): Answer['headers'] {
  return [
    ['content-type', contentType],
    ['content-profile', namesSchema ? schema : null],
  ];
}

/** `Preference-Applied`. */
export function appliedHeader(
  { preferences }: ApiRequest,
  ...honoured: (keyof Preferences)[]
): [string, string | null] {
  return ['preference-applied', appliedPreferences(preferences, [...honoured, 'tx'])];
}

/** Refuses with PGRST116 an answer that must be one row and is not. */
export function requireSingle({ shape }: Format, rows: number): void {
  if (shape !== 'object' || rows === 1) return;
  refuse(406, 'PGRST116', 'Cannot coerce the result to a single JSON object', {
    details: `The result contains ${rows} rows`,
  });
}

/** Refuses with PGRST124 a change of more rows than the client allows. */
export function requireAffected({ handling, maxAffected }: Preferences, rows: number): void {
  if (handling !== 'strict' || maxAffected === null || rows <= maxAffected) return;
  refuse(400, 'PGRST124', 'Query result exceeds max-affected preference constraint', {
    details: `The query affects ${rows} rows`,
  });
}

/** The response: the answer, with the `response.status` and `response.headers` that a function set. */
export function toResponse({ status, headers, body }: Answer, outcome: Outcome): Response {
  const all = new Headers(
    headers.flatMap(([name, value]) => (value === null ? [] : [[name, value] as [string, string]])),
  );
  for (const [name, value] of outcome.headers === null ? [] : parseHeaders(outcome.headers)) {
    if (name.toLowerCase() === 'set-cookie') all.append(name, value);
    else all.set(name, value);
  }
  const final = outcome.status === null ? status : parseStatus(outcome.status);
  // Statuses without a body.
  const isEmpty = final === 204 || final === 205 || final === 304;
  return new Response(isEmpty ? null : (body as BodyInit | null), { status: final, headers: all });
}

function parseHeaders(text: string): [string, string][] {
  try {
    const list = JSON.parse(text) as unknown;
    if (!Array.isArray(list)) throw new Error('no list');
    return list.map((item: unknown) => {
      const [entry, ...more] = Object.entries(item as Record<string, unknown>);
      if (!entry || more.length > 0 || typeof entry[1] !== 'string') throw new Error('no single string');
      new Headers([[entry[0], entry[1]]]);
      return [entry[0], entry[1]];
    });
  } catch {
    refuse(
      500,
      'PGRST111',
      'response.headers guc must be a JSON array composed of objects with a single key and a string value',
    );
  }
}

function parseStatus(text: string): number {
  const status = Number(text);
  if (/^\d{3}$/.test(text) && status >= 200 && status <= 599) return status;
  refuse(500, 'PGRST112', 'response.status guc must be a valid status code');
}
