import { mediaTypes } from '../types.ts';
import { type Format, hasText, milliseconds, type Range, viewOf } from './format.ts';

// OGG is a row of pages, each with a checksum and a table of segments. A packet ends with its first segment of less than
// 255 bytes, and may go on on the next page. The first packet says how to decode, the second has the tags.

const HEADER_BYTES = 27;
const CHECKSUM = 22;

/** OGG with Opus or Vorbis: only the sound stays. Tags hold titles and covers, but also places. */
export const ogg: Format = {
  begins: (bytes) => hasText(bytes, 0, 'OggS'),

  clean(bytes) {
    const view = viewOf(bytes);
    const head = pageAt(bytes, 0);
    const secondsAt = head && clockOf(bytes, head.body, head.end);
    if (!secondsAt) return null;
    const serial = view.getUint32(14);
    let [end, pages, position] = [head.end, 1, 0];
    let tags: 'ahead' | 'begun' | 'done' = 'ahead';
    for (let page = pageAt(bytes, end); page; page = pageAt(bytes, end), pages++) {
      // Several streams, of pictures or text as well, or of another recording.
      if (view.getUint32(page.start + 14) !== serial) return null;
      if (tags !== 'done') {
        const packet = endOfPacket(bytes, page);
        if (tags === 'begun') bytes.fill(0, page.body, packet ?? page.end);
        else if (!emptyTags(bytes, page.body, packet ?? page.end)) return null;
        tags = packet === null ? 'begun' : 'done';
        view.setUint32(page.start + CHECKSUM, 0);
        view.setUint32(page.start + CHECKSUM, checksum(bytes.subarray(page.start, page.end)), true);
      }
      const high = view.getInt32(page.start + 10, true);
      // A page on which no packet ends has the position -1.
      if (high >= 0) position = high * 2 ** 32 + view.getUint32(page.start + 6, true);
      end = page.end;
    }
    // The two headers, and sound.
    if (tags !== 'done' || pages < 3) return null;
    const durationMs = milliseconds(secondsAt(position), 1);
    return { type: mediaTypes.ogg, bytes: bytes.subarray(0, end), dimensions: null, durationMs };
  },
};

/** A page; its body are the segments. */
interface Page extends Range {
  body: number;
}

/** The page at a place; null where there is none, or the file ends within it. */
function pageAt(bytes: Uint8Array, start: number): Page | null {
  const body = start + HEADER_BYTES + (bytes[start + HEADER_BYTES - 1] ?? 0);
  if (!hasText(bytes, start, 'OggS') || body > bytes.length) return null;
  let end = body;
  for (let at = start + HEADER_BYTES; at < body; at++) end += bytes[at] ?? 0;
  return end > bytes.length ? null : { start, body, end };
}

/** Where the first packet of a page ends; null where it goes on on the next page. */
function endOfPacket(bytes: Uint8Array, { start, body }: Page): number | null {
  let end = body;
  for (let at = start + HEADER_BYTES; at < body; at++) {
    end += bytes[at] ?? 0;
    if (bytes[at] !== 255) return end;
  }
  return null;
}

/** Seconds for a position, by the first packet; null where it is neither of Opus nor of Vorbis. */
function clockOf(bytes: Uint8Array, body: number, end: number): ((position: number) => number) | null {
  const view = viewOf(bytes.subarray(body, end));
  if (hasText(bytes, body, 'OpusHead') && view.byteLength >= 19) {
    // Opus counts in its own 48 kHz, and begins with sound that is not played.
    return (position) => (position - view.getUint16(10, true)) / 48_000;
  }
  if (hasText(bytes, body, '\x01vorbis') && view.byteLength >= 30) {
    return (position) => position / view.getUint32(12, true);
  }
  return null;
}

/** Empties a packet of tags in place: no program, no tags, and zeros that decoders skip. False where it is none. */
export function emptyTags(bytes: Uint8Array, start: number, end: number): boolean {
  const isOpus = hasText(bytes, start, 'OpusTags');
  const counts = start + (isOpus ? 8 : 7);
  if ((!isOpus && !hasText(bytes, start, '\x03vorbis')) || counts + (isOpus ? 8 : 9) > end) return false;
  bytes.fill(0, counts, end);
  // Vorbis ends its tags with a bit.
  if (!isOpus) bytes[counts + 8] = 1;
  return true;
}

/** CRC-32 of the polynomial 0x04c11db7, from the highest bit on, as a table of bytes. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value;
});

function checksum(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = (value << 8) ^ (table[((value >>> 24) ^ byte) & 0xff] ?? 0);
  return value >>> 0;
}
