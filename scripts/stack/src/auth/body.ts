import { AuthError } from './auth-error.ts';

/** A request's JSON body. */
export type Body = Record<string, unknown>;

/** More than any sign-up needs: metadata goes into every access token. */
const mostBytes = 1024 * 1024;

/** PostgreSQL's JSON parser fails at some thousand levels. */
const deepest = 500;

/** Reads the body. Answers 400 unless it is a JSON object that the database can store. */
export async function readBody(request: Request): Promise<Body> {
  const text = await readText(request);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = text === '' ? 'unexpected end of JSON input' : error instanceof Error ? error.message : '';
    throw badJson(why);
  }
  if (value === null) return {};
  if (!isRecord(value)) throw badJson('it must be an object');
  refuseUnstorable(value);
  return value;
}

/** The same, where the body may be missing. */
export async function readOptionalBody(request: Request): Promise<Body> {
  return request.headers.get('content-length') === '0' || !request.body ? {} : readBody(request);
}

/** A text field, empty when it is missing. */
export function text(body: Body, name: string): string {
  const value = body[name];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw badJson(`${name} must be a string`);
  return value;
}

/** A text field that may be left out, which is not the same as empty. */
export function optionalText(body: Body, name: string): string | undefined {
  return body[name] === undefined || body[name] === null ? undefined : text(body, name);
}

/** A text field for a column of 255 characters. */
export function shortText(body: Body, name: string): string {
  const value = text(body, name);
  if (value.length > 255) throw new AuthError(400, 'validation_failed', `${name} is too long`);
  return value;
}

/** A true or false field, false when it is missing unless `missing` says otherwise. */
export function flag(body: Body, name: string, missing = false): boolean {
  const value = body[name];
  if (value === undefined || value === null) return missing;
  if (typeof value !== 'boolean') throw badJson(`${name} must be a boolean`);
  return value;
}

/** An object field, undefined when it is missing. */
export function record(body: Body, name: string): Body | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw badJson(`${name} must be an object`);
  return value;
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badJson(why: string): AuthError {
  return new AuthError(400, 'bad_json', `Could not parse request body as JSON: ${why}`);
}

async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Read to its end even when it is too large: a client that is still sending would not see the answer.
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes <= mostBytes) chunks.push(chunk);
  }
  if (bytes > mostBytes) {
    const message = `Request body too large (max ${mostBytes} bytes)`;
    throw new AuthError(413, 'request_entity_too_large', message);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw badJson('it is not UTF-8');
  }
}

/** The database stores neither U+0000 nor half a surrogate pair: they are answered 400 instead of 500. */
function refuseUnstorable(value: unknown, depth = 0): void {
  if (depth > deepest) throw badJson('it is nested too deeply');
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed())
      throw new AuthError(400, 'validation_failed', 'Text must not contain U+0000 or unpaired surrogates');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      refuseUnstorable(key);
      refuseUnstorable(item, depth + 1);
    }
  }
}
