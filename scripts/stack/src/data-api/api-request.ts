import type { Caller } from '../caller.ts';
import { type Preferences, parsePreferences } from './preferences.ts';
import { refuse } from './refusals.ts';

/** A request, taken apart as far as that needs no knowledge of the database. */
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
  /** Whether the request named the schema: the answer then does too. */
  namesSchema: boolean;
  preferences: Preferences;
}

/** What a path names. */
export type Target = { kind: 'root' } | { kind: 'table'; name: string } | { kind: 'routine'; name: string };

const methods = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);

/** Where the Data API is. */
const prefix = '/rest/v1';

/** Takes a request apart. PGRST117 for an unknown method, PGRST125 for a path, PGRST106 for a schema. */
export async function readRequest(
  request: Request,
  caller: Caller,
  schemas: readonly string[],
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
    preferences: parsePreferences(headers.get('prefer')),
  };
}

/** As much as one request needs: larger imports are sent in parts. Parsing takes several times the memory. */
const maxBodyBytes = 20 * 1024 * 1024;

/** Reads the body, as far as it may be long. Its rest is left to the server, which throws it away. */
async function readBody({ headers, body }: Request): Promise<Uint8Array> {
  if (Number(headers.get('content-length')) > maxBodyBytes) refuseBody();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) refuseBody();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refuseBody(): never {
  refuse(413, '54000', `The request body has more than ${maxBodyBytes} bytes`, {
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
