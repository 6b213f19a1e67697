import { boundedBytes } from '../bounded-bytes.ts';
import { invalidRequest, noContent, tooLarge } from './storage-error.ts';

/** The first file of a form, with the fields that stand before it. */
export interface FormFile {
  fields: ReadonlyMap<string, string>;
  contentType: string;
  content: AsyncIterable<Uint8Array>;
}

const mostHeaderBytes = 16 * 1024;
// Supabase takes user metadata of up to 1 MiB, which is the longest field.
const mostFieldBytes = 1024 * 1024;
const mostFields = 100;
const blankLine = Buffer.from('\r\n\r\n');

/**
 * Reads a `multipart/form-data` body as far as its first file, whose content then streams. `Request.formData()`
 * would hold the whole file in memory. As on Supabase, fields after the file are ignored.
 */
export async function readFormFile(
  contentType: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<FormFile> {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw invalidRequest('multipart: Boundary not found');

  const body = createScanner(chunks);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const fields = new Map<string, string>();

  // Text before the first delimiter is ignored; the delimiter may stand at the very start.
  body.unread(Buffer.from('\r\n'));
  for await (const _preamble of body.until(delimiter));

  while (fields.size <= mostFields) {
    // Two hyphens after a delimiter end the form.
    const next = await body.take(2);
    if (next === null || next === '--') throw noContent();
    const headers = parseHeaders(next + (await collect(body.until(blankLine), mostHeaderBytes, 'header')));
    const { name, isFile } = parseDisposition(headers.get('content-disposition') ?? '');
    const content = body.until(delimiter);
    if (isFile) {
      return { fields, contentType: headers.get('content-type') ?? 'application/octet-stream', content };
    }
    fields.set(name, await collect(content, mostFieldBytes, name === 'metadata' ? 'user_metadata' : 'field'));
  }
  throw invalidRequest('reach fields limit');
}

/** Reads bytes up to marks in them, across chunks. */
function createScanner(chunks: AsyncIterable<Uint8Array>) {
  const source = chunks[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  async function more(): Promise<boolean> {
    const { done, value } = await source.next();
    if (done) return false;
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    return true;
  }

  return {
    unread(bytes: Buffer): void {
      rest = Buffer.concat([bytes, rest]);
    },

    /** A text of a given length, or null at the end. */
    async take(length: number): Promise<string | null> {
      while (rest.length < length) if (!(await more())) return null;
      const text = rest.toString('latin1', 0, length);
      rest = rest.subarray(length);
      return text;
    },

    /** Yields the bytes before a mark, and skips the mark. A body that ends without it was cut off. */
    async *until(mark: Buffer): AsyncGenerator<Buffer, void, undefined> {
      while (true) {
        const at = rest.indexOf(mark);
        if (at >= 0) {
          const before = rest.subarray(0, at);
          rest = rest.subarray(at + mark.length);
          if (before.length > 0) yield before;
          return;
        }
        // The last bytes may be the beginning of the mark.
        const sure = rest.length - (mark.length - 1);
        if (sure > 0) {
          const before = rest.subarray(0, sure);
          rest = rest.subarray(sure);
          yield before;
        }
        if (!(await more())) throw noContent('Unexpected end of multipart data');
      }
    },
  };
}

async function collect(chunks: AsyncIterable<Buffer>, limit: number, what: string): Promise<string> {
  const bytes = await boundedBytes(chunks, limit);
  if (!bytes) throw tooLarge(what);
  return bytes.toString('utf8');
}

function parseHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.trim().split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function parseDisposition(disposition: string): { name: string; isFile: boolean } {
  const name =
    /;\s*name="([^"]*)"/i.exec(disposition)?.[1] ?? /;\s*name=([^\s;]+)/i.exec(disposition)?.[1] ?? '';
  return { name, isFile: /;\s*filename\*?=/i.test(disposition) };
}
