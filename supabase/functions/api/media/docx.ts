import { decode } from '../http/multipart.ts';
import { inflate } from './compression.ts';

// A DOCX is a ZIP archive with agreed names in it. What counts is the directory at its end, by which every reader opens
// it: what merely stands at the beginning may be anything.

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
/** The end of the directory, and the comment of at most 64 kB that may follow it. */
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;

/** A document has dozens of parts; their list has dozens of lines. */
const MAX_ENTRIES = 10_000;
const MAX_CONTENT_TYPES_BYTES = 1024 * 1024;

const CONTENT_TYPES = '[Content_Types].xml';
const MAIN_PART = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml';

/** A file in the archive. */
interface Entry {
  name: string;
  method: number;
  compressedSize: number;
  /** Where the file's own header begins. */
  at: number;
}

/** Whether bytes are a Word document: an archive that declares a document as its main part, and has it. */
export async function isWordDocument(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const entries = readDirectory(bytes);
  const contentTypes = entries?.get(CONTENT_TYPES);
  if (!entries || !contentTypes) return false;
  const xml = await readText(bytes, contentTypes);
  if (xml === null) return false;
  // <Override PartName="/word/document.xml" ContentType="…"/>, the attributes in either order.
  const main = [...xml.matchAll(/<(?:\w+:)?Override\b([^<>]*)>/g)]
    .map(([, attributes = '']) => attributes)
    .find((attributes) => attributeOf(attributes, 'ContentType') === MAIN_PART);
  const part = main && attributeOf(main, 'PartName');
  return part !== undefined && entries.has(part.replace(/^\//, ''));
}

function attributeOf(attributes: string, name: string): string | undefined {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes);
  return match?.[1] ?? match?.[2];
}

function readDirectory(bytes: Uint8Array<ArrayBuffer>): Map<string, Entry> | null {
  const view = viewOf(bytes);
  const end = findEnd(view);
  if (end === -1) return null;
  const count = Math.min(view.getUint16(end + 10, true), MAX_ENTRIES);
  const entries = new Map<string, Entry>();
  let at = view.getUint32(end + 16, true);
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || view.getUint32(at, true) !== DIRECTORY_ENTRY) return null;
    const nameLength = view.getUint16(at + 28, true);
    const name = decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (name !== null) {
      entries.set(name, {
        name,
        method: view.getUint16(at + 10, true),
        compressedSize: view.getUint32(at + 20, true),
        at: view.getUint32(at + 42, true),
      });
    }
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** The end of the directory is found from behind, since a comment may follow it. */
function findEnd(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= 0 && at >= last - MAX_COMMENT_BYTES; at--) {
    if (view.getUint32(at, true) === END_OF_DIRECTORY) return at;
  }
  return -1;
}

async function readText(bytes: Uint8Array<ArrayBuffer>, entry: Entry): Promise<string | null> {
  const view = viewOf(bytes);
  if (entry.at + 30 > bytes.length || view.getUint32(entry.at, true) !== LOCAL_HEADER) return null;
  // The file's own header repeats its name, and may have other extra fields than the directory.
  const start = entry.at + 30 + view.getUint16(entry.at + 26, true) + view.getUint16(entry.at + 28, true);
  const data = bytes.subarray(start, start + entry.compressedSize);
  if (data.length < entry.compressedSize) return null;
  if (entry.method === 0) return decode(data);
  const inflated = entry.method === 8 ? await inflate(data, MAX_CONTENT_TYPES_BYTES, 'deflate-raw') : null;
  return inflated && decode(inflated);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
