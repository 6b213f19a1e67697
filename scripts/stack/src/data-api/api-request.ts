import { boundedBytes } from '../bounded-bytes.ts';
import type { Caller } from '../caller.ts';
import { type Preferences, parsePreferences } from './preferences.ts';
import { refuse } from './refusals.ts';
import type { Settings } from './settings.ts';

/** A request, parsed as far as that needs no knowledge of the database. */
export interface ApiRequest {
  method: string;
  target: Target;
  /** The path below the Data API, as `request.path` shows it. */
  path: string;
  search: string;
  headers: Headers;
  body: Uint8Array;
  caller: Caller;
  schema: string;
  /** Whether the request named the schema: the answer then names it too. */
  namesSchema: boolean;
  preferences: Preferences;
}

/** The part of the Data API that a path names. */
export type Target = { kind: 'root' } | { kind: 'table'; name: string } | { kind: 'routine'; name: string };

const methods = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);

/** The path of the Data API. */
const prefix = '/rest/v1';

/** Parses a request. Refuses an unknown method (PGRST117), path (PGRST125) or schema (PGRST106). */
export async function readRequest(
  request: Request,
  caller: Caller,
  { schemas, txEnd }: Settings,
): Promise<ApiRequest> {
  const { method, headers } = request;
  if (!methods.has(method)) refuseMethod(method);
  const { pathname, search } = new URL(request.url);
  const path = pathname.slice(prefix.length) || '/';
  const body = await readBody(request);
  const profile = headers.get(method === 'GET' || method === 'HEAD' ? 'accept-profile' : 'content-profile');
  const schema = profile ?? schemas[0] ?? 'public';
  if (profile !== null && !schemas.includes(profile)) {
    refuse(406, 'PGRST106', `Invalid schema: ${profile}`, {
      hint: `Only the following schemas are exposed: ${schemas.join(', ')}`,
    });
  }
  return {
    method,
    target: readTarget(path),
    path,
    search,
    headers,
    body,
    caller,
    schema,
    namesSchema: profile !== null,
    preferences: parsePreferences(headers.get('prefer'), txEnd.override),
  };
}

/** Parsing takes several times this memory. Larger imports can be sent in parts. */
const maxBodyMiB = 20;

/** Reads the body up to its limit. */
async function readBody({ headers, body }: Request): Promise<Uint8Array> {
  const most = maxBodyMiB * 1024 * 1024;
  if (Number(headers.get('content-length')) > most) refuseBody();
  return (await boundedBytes(body, most)) ?? refuseBody();
}

function refuseBody(): never {
  refuse(413, '54000', `The request body is larger than ${maxBodyMiB} MiB`, {
    hint: 'Send the rows in several requests.',
  });
}

/** Refuses a method, with PGRST117. */
export function refuseMethod(method: string): never {
  refuse(405, 'PGRST117', `Unsupported HTTP method: ${method}`);
}

function readTarget(path: string): Target {
  const parts = path.split('/').slice(1).map(decodePart);
  const [first = '', second = ''] = parts;
  if (parts.length === 1) return first === '' ? { kind: 'root' } : { kind: 'table', name: first };
  if (parts.length === 2 && first === 'rpc' && second !== '') return { kind: 'routine', name: second };
  if (parts.length === 2 && second === '' && first !== '') return { kind: 'table', name: first };
  refuse(404, 'PGRST125', 'Invalid path specified in request URL');
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    refuse(404, 'PGRST125', 'Invalid path specified in request URL');
  }
}
