import { decode, multipartBoundary, parseMultipart } from './multipart.ts';
import { problem } from './problem.ts';
import { bytesOf } from './streams.ts';

/** A JSON body holds texts and paths, never files. */
export const MAX_JSON_BYTES = 1024 * 1024;

/**
 * A multipart body is held in memory, of which a function has 256 MB; with this much, 230 MB were measured. It takes the
 * largest file and a few photos beside it; what is more goes to Storage directly, by POST /uploads/.
 */
export const MAX_MULTIPART_BYTES = 80 * 1024 * 1024;

/** The essence of a request's content type, without parameters. */
export function contentType(request: Request): string {
  return request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Reads a body of JSON, which must be an object. */
export async function readJson(request: Request): Promise<Record<string, unknown>> {
  const type = contentType(request);
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw problem('content_type_unsupported', 'Send the body as application/json.');
  }
  const text = decode(await readBytes(request, MAX_JSON_BYTES));
  if (text === null) throw problem('invalid_encoding', 'The body is not valid UTF-8.');
  const value = parseObject(text);
  if (!value) throw problem('malformed_json', 'The body is not a JSON object.');
  assertStorable(value);
  return value;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** A field of a form. */
export interface FormPart {
  name: string;
  filename: string | null;
  contentType: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A body that was read. */
export type Body = { kind: 'json'; value: Record<string, unknown> } | { kind: 'form'; parts: FormPart[] };

/** Reads JSON, a multipart or a urlencoded form. */
export async function readBody(request: Request, options: { files?: boolean } = {}): Promise<Body> {
  const limit = options.files ? MAX_MULTIPART_BYTES : MAX_JSON_BYTES;
  if (contentType(request) === 'multipart/form-data') {
    const boundary = multipartBoundary(request.headers.get('content-type') ?? '');
    const body = await readBytes(request, limit);
    const parts = boundary === null ? null : parseMultipart(body, boundary);
    if (!parts) throw problem('malformed_multipart', 'The body is not valid multipart/form-data.');
    return {
      kind: 'form',
      parts: parts
        .filter(({ filename, data }) => filename !== '' || data.length > 0)
        .map(({ name, filename, contentType, data }) => ({
          name: name.replace(/\[\d*\]$/, ''),
          filename,
          contentType,
          bytes: data,
        })),
    };
  }
  if (contentType(request) === 'application/x-www-form-urlencoded') {
    const text = decode(await readBytes(request, limit));
    if (text === null) throw problem('invalid_encoding', 'The body is not valid UTF-8.');
    const parts = [...new URLSearchParams(text)].map(([name, value]) => ({
      name: name.replace(/\[\d*\]$/, ''),
      filename: null,
      contentType: '',
      bytes: new TextEncoder().encode(value),
    }));
    return { kind: 'form', parts };
  }
  return { kind: 'json', value: await readJson(request) };
}

/** The text of a field. */
export function textOf(part: FormPart): string {
  const text = decode(part.bytes);
  if (text === null) throw problem('invalid_encoding', `The field ${part.name} is not valid UTF-8.`);
  assertStorable(text);
  return text;
}

/** Whether a field is a file. */
export function isFile({ filename }: FormPart): boolean {
  return filename !== null;
}

/**
 * Postgres stores no NUL, and half a surrogate pair is no character: both are refused here, whatever the field.
 * A stack, not recursion: a body may be nested as deep as it is long.
 */
export function assertStorable(value: unknown): void {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === 'string') {
      if (next.includes('\0') || !next.isWellFormed()) {
        throw problem('invalid_character', 'The text holds a character that cannot be stored.');
      }
    } else if (typeof next === 'object' && next !== null) {
      for (const entry of Array.isArray(next) ? next : Object.entries(next).flat()) left.push(entry);
    }
  }
}

/**
 * Reads a body up to a limit. What is over it is read as well and let go: a connection closed under a client that
 * still writes shows as a network error, and the answer is lost.
 */
async function readBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const length = Number(request.headers.get('content-length'));
  const bytes = await bytesOf(request.body, limit, length).catch((cause: unknown) => {
    // Whoever sent it has gone away: no fault of ours, and most likely nobody is left to read this.
    throw problem('body_incomplete', 'The body was broken off.', { cause });
  });
  if (!bytes) {
    throw problem(
      'request_too_large',
      `The body is larger than ${limit} bytes. Send large files by POST /uploads/.`,
    );
  }
  return bytes;
}

/** Reads what a handler left of a body, for the same reason. */
export async function drain(request: Request): Promise<void> {
  if (!request.body || request.bodyUsed) return;
  // A client that has gone away has no more to say.
  await request.body.pipeTo(new WritableStream()).catch(() => {});
}
