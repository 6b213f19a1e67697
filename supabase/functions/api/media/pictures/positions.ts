import { deflate, inflate } from '../compression.ts';
import { removeExifPosition } from './exif.ts';
import { after, jpegMarkers, jpegSegments } from './jpeg.ts';
import { type PngChunk, pngChunk, pngChunks } from './png.ts';
import { removeXmpPosition } from './xmp.ts';

/** More metadata than this in one compressed chunk is not a camera's. */
const MAX_METADATA_BYTES = 4 * 1024 * 1024;

/** A picture without the place where it was taken. */
export interface Cleaned {
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether there was a place. */
  removed: boolean;
}

/**
 * Removes where a picture was taken, which cameras write into Exif and XMP; everything else stays byte for byte. Where
 * no length changes, which is always so in a JPEG, the given bytes are changed: a copy of 50 MB would cost a function
 * a fifth of its memory.
 */
export async function removePosition(bytes: Uint8Array<ArrayBuffer>, mimeType: string): Promise<Cleaned> {
  if (mimeType === 'image/jpeg') return { bytes, removed: cleanJpeg(bytes) };
  if (mimeType === 'image/png') return cleanPng(bytes);
  return { bytes, removed: false };
}

const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';
const XMP_EXTENSION = 'http://ns.adobe.com/xmp/extension/\0';
/** What an extension begins with: the packet's digest, its length, and where the piece belongs. */
const XMP_EXTENSION_HEADER_BYTES = 40;

function cleanJpeg(bytes: Uint8Array<ArrayBuffer>): boolean {
  let removed = false;
  // A packet over 64 kB lies in several segments, and a property may lie across two.
  const extension: Uint8Array[] = [];
  for (const { marker, data } of jpegSegments(bytes)) {
    if (marker !== jpegMarkers.app1) continue;
    const exif = after(data, EXIF);
    if (exif && removeExifPosition(exif)) removed = true;
    const xmp = after(data, XMP);
    if (xmp && removeXmpPosition([xmp])) removed = true;
    const piece = after(data, XMP_EXTENSION)?.subarray(XMP_EXTENSION_HEADER_BYTES);
    if (piece) extension.push(piece);
  }
  return removeXmpPosition(extension) || removed;
}

async function cleanPng(bytes: Uint8Array<ArrayBuffer>): Promise<Cleaned> {
  const replacements: Replacement[] = [];
  for (const chunk of pngChunks(bytes)) {
    const data = await cleanChunk(chunk);
    if (data) replacements.push({ start: chunk.start, end: chunk.end, by: pngChunk(chunk.type, data) });
  }
  return { bytes: replaceAll(bytes, replacements), removed: replacements.length > 0 };
}

/** Bytes that other bytes take the place of. */
interface Replacement {
  start: number;
  end: number;
  by: Uint8Array;
}

/** Replaces ranges, given in order: in place, unless something compresses worse without a position than with one. */
function replaceAll(
  bytes: Uint8Array<ArrayBuffer>,
  replacements: readonly Replacement[],
): Uint8Array<ArrayBuffer> {
  const growth = replacements.map(({ start, end, by }) => Math.max(by.length - (end - start), 0));
  const room = growth.reduce((sum, more) => sum + more, 0);
  let length = bytes.length;
  let target = bytes;
  if (room > 0) {
    target = new Uint8Array(length + room);
    target.set(bytes);
  }
  // From behind: what comes before keeps its place.
  for (const { start, end, by } of replacements.toReversed()) {
    target.copyWithin(start + by.length, end, length);
    target.set(by, start);
    length += by.length - (end - start);
  }
  return target.subarray(0, length);
}

/** A chunk's data without a position, or null where it holds none. */
async function cleanChunk({ type, data }: PngChunk): Promise<Uint8Array | null> {
  if (type === 'eXIf') return removeExifPosition(data) ? data : null;
  if (type !== 'iTXt' && type !== 'tEXt' && type !== 'zTXt') return null;
  const [keyword, body] = splitAtNul(data);
  const isXmp = keyword === 'XML:com.adobe.xmp';
  const profile = /^Raw profile type (exif|app1|xmp)$/i.exec(keyword)?.[1]?.toLowerCase();
  if (!isXmp && !profile) return null;
  const clean = profile
    ? (text: Uint8Array<ArrayBuffer>) => removeFromProfile(text)
    : (text: Uint8Array<ArrayBuffer>) => removeXmpPosition([text]);
  const text = textOf(type, body);
  if (!text.compressed) return clean(text.bytes) ? data : null;
  const inflated = await inflate(text.bytes, MAX_METADATA_BYTES, 'deflate');
  if (!inflated || !clean(inflated)) return null;
  const head = data.subarray(0, data.length - text.bytes.length);
  return new Uint8Array([...head, ...(await deflate(inflated))]);
}

function splitAtNul(bytes: Uint8Array<ArrayBuffer>): [text: string, rest: Uint8Array<ArrayBuffer>] {
  const end = bytes.indexOf(0);
  if (end === -1) return ['', bytes];
  return [new TextDecoder('latin1').decode(bytes.subarray(0, end)), bytes.subarray(end + 1)];
}

/** The text of a text chunk after its keyword, and whether it is compressed. */
function textOf(type: string, body: Uint8Array<ArrayBuffer>) {
  if (type === 'tEXt') return { bytes: body, compressed: false };
  if (type === 'zTXt') return { bytes: body.subarray(1), compressed: true };
  const [, afterLanguage] = splitAtNul(body.subarray(2));
  const [, text] = splitAtNul(afterLanguage);
  return { bytes: text, compressed: body[0] === 1 };
}

/** ImageMagick writes a profile as lines of hexadecimal digits, behind its name and its length. */
function removeFromProfile(text: Uint8Array<ArrayBuffer>): boolean {
  const characters = new TextDecoder('latin1').decode(text);
  const headerLength = /^\s*\w+\s+\d+\s/.exec(characters)?.[0].length ?? text.length;
  const digits = [...characters.slice(headerLength).matchAll(/[0-9a-f]/gi)].map(
    ({ index }) => headerLength + index,
  );
  const profile = Uint8Array.from({ length: Math.floor(digits.length / 2) }, (_, index) =>
    Number.parseInt(
      characters.charAt(digits[2 * index] ?? 0) + characters.charAt(digits[2 * index + 1] ?? 0),
      16,
    ),
  );
  const removed = removeExifPosition(after(profile, EXIF) ?? profile) || removeXmpPosition([profile]);
  if (!removed) return false;
  profile.forEach((byte, index) => {
    const pair = byte.toString(16).padStart(2, '0');
    text[digits[2 * index] ?? 0] = pair.charCodeAt(0);
    text[digits[2 * index + 1] ?? 0] = pair.charCodeAt(1);
  });
  return true;
}
