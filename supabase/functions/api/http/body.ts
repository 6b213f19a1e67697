import { newReservation, type Reservation } from './memory.ts';
import { decode, multipartBoundary, parseMultipart } from './multipart.ts';
import { ProblemError, problem } from './problem.ts';
import { bytesOf } from './streams.ts';

/** A body without files holds texts and paths. */
export const MAX_TEXT_BYTES = 1024 * 1024;

/**
 * A form with files is held in memory, of which a function has 256 MB. It takes the largest file and a few photos beside
 * it; what is more goes to Storage directly, by POST /uploads/.
 */
export const MAX_FORM_BYTES = 80 * 1024 * 1024;

/** The longest that a body may take to arrive: a function lives for 150 seconds. */
const MAX_SECONDS = 140;

/** A field of a form. */
export interface FormPart {
  /** Without `[]` or `[0]`, which some clients add to the names of lists. */
  name: string;
  /** Null where none was sent. */
  filename: string | null;
  contentType: string;
  /** A view of the body, not a copy: files may be large. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** A body that was read. */
export type Body = { kind: 'json'; value: Record<string, unknown> } | { kind: 'form'; parts: FormPart[] };

/** The essence of a request's content type, without parameters. */
export function contentType(request: Request): string {
  return request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Reads a JSON object, a multipart form or a urlencoded form. */
export async function readBody(request: Request, { files = false } = {}): Promise<Body> {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw problem('content_encoding_unsupported', 'Send the body uncompressed.');
  }
  const type = contentType(request);
  if (type === 'multipart/form-data') return { kind: 'form', parts: await readMultipart(request, files) };
  if (type === 'application/x-www-form-urlencoded')
    return { kind: 'form', parts: await readUrlencoded(request) };
  if (type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)) {
    return { kind: 'json', value: await readJson(request) };
  }
  throw problem('content_type_unsupported', 'Send the body as JSON or as a form.');
}

async function readJson(request: Request): Promise<Record<string, unknown>> {
  const value = parseObject(await readText(request));
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

async function readUrlencoded(request: Request): Promise<FormPart[]> {
  const text = await readText(request);
  assertEncoded(text, 'The form');
  const fields = new URLSearchParams(text);
  const encoder = new TextEncoder();
  const part = { filename: null, contentType: '' };
  return inOrder([...fields].map(([name, value]) => ({ ...part, name, bytes: encoder.encode(value) })));
}

async function readMultipart(request: Request, files: boolean): Promise<FormPart[]> {
  const boundary = multipartBoundary(request.headers.get('content-type') ?? '');
  const body = await readBytes(request, files ? MAX_FORM_BYTES : MAX_TEXT_BYTES);
  const parts = boundary === null ? null : parseMultipart(body, boundary);
  if (!parts) throw problem('malformed_multipart', 'The body is not valid multipart/form-data.');
  // A browser sends a file field in which nothing was chosen as a file without a name and without bytes; some libraries
  // leave the name out altogether.
  return inOrder(parts.filter((part) => part.bytes.length > 0 || part.filename || !isFile(part)));
}

/** Takes the indices from names such as `media[0]`, and puts the parts of one name in their order. */
function inOrder(parts: readonly FormPart[]): FormPart[] {
  const indexed = parts.map((part) => {
    const [, name = part.name, index = '0'] = /^(.*)\[(\d{0,4})\]$/.exec(part.name) ?? [];
    return { part: { ...part, name }, index: Number(index) };
  });
  const groups = Map.groupBy(indexed, ({ part }) => part.name);
  return [...groups.values()].flatMap((group) =>
    group.toSorted((one, other) => one.index - other.index).map(({ part }) => part),
  );
}

/** The text of a field, which may have a file name: some clients send texts as files. */
export function textOf(part: FormPart): string {
  const text = decode(part.bytes);
  if (text === null) {
    const sentence = `The field ${part.name} is not valid UTF-8. A file needs a file name or a content type.`;
    throw problem('invalid_encoding', sentence);
  }
  assertStorable(text);
  return text;
}

/** Whether a field is a file: it has a file name, or a content type that is not text. */
export function isFile({ filename, contentType }: FormPart): boolean {
  return filename !== null || !/^(text\/plain\s*(;|$)|$)/i.test(contentType.trim());
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

/** Refuses percent-encoded bytes that are not UTF-8: `URLSearchParams` would replace them by other characters. */
export function assertEncoded(text: string, what: string): void {
  try {
    // A percent sign that encodes nothing stands for itself.
    decodeURIComponent(text.replaceAll(/%(?![\da-f]{2})/gi, '%25'));
  } catch {
    throw problem('invalid_encoding', `${what} is not valid UTF-8.`);
  }
}

async function readText(request: Request): Promise<string> {
  const text = decode(await readBytes(request, MAX_TEXT_BYTES));
  if (text === null) throw problem('invalid_encoding', 'The body is not valid UTF-8.');
  return text;
}

/** The memory of the bodies of requests that are not answered yet. */
const reservations = new WeakMap<Request, Reservation>();

async function readBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(request.headers.get('content-length'));
  const reservation = newReservation();
  reservations.set(request, reservation);
  const reading = { limit, announced, reservation, timeoutMs: MAX_SECONDS * 1000 };
  const bytes = await bytesOf(request.body, reading).catch((cause: unknown) => {
    if (cause instanceof ProblemError) throw cause;
    // The client has disconnected or is too slow, and most likely does not read this.
    throw problem('body_incomplete', 'The body was broken off.', { cause });
  });
  if (bytes) return bytes;
  const detail = `The body is larger than ${limit} bytes. Send large files by POST /uploads/.`;
  throw problem('request_too_large', detail);
}

/**
 * Ends a request and releases its memory. Reads the rest of a body that the handler did not read: a client that still
 * writes when the connection closes loses the answer.
 */
export async function finishBody(request: Request): Promise<void> {
  reservations.get(request)?.release();
  if (!request.body || request.bodyUsed) return;
  const reading = { limit: 0, announced: 0, reservation: newReservation(), timeoutMs: MAX_SECONDS * 1000 };
  // Too late or disconnected: no client waits for the answer.
  await bytesOf(request.body, reading).catch(() => {});
}
