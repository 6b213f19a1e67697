/** A segment of a JPEG: what follows its marker and its length. */
export interface JpegSegment {
  marker: number;
  /** A view of the picture's bytes. */
  data: Uint8Array<ArrayBuffer>;
}

/** The markers of Noctra's interest. */
export const jpegMarkers = { startOfScan: 0xda, endOfImage: 0xd9, app1: 0xe1 } as const;

/**
 * The segments of a JPEG, in order; those of further pictures behind it too, as some cameras store a second exposure or
 * a depth map. As forgiving as decoders are: whatever is no segment is skipped.
 */
export function* jpegSegments(bytes: Uint8Array<ArrayBuffer>): Generator<JpegSegment> {
  for (let at = 2; at !== -1 && at + 4 <= bytes.length; ) {
    at = bytes.indexOf(0xff, at);
    if (at === -1) return;
    const marker = bytes[at + 1] ?? 0;
    at += 1;
    // In the compressed data: an escaped 0xff, a restart mark; elsewhere: padding, the beginning of a picture.
    if (marker === 0x00 || marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    at += 1;
    if (marker === jpegMarkers.endOfImage) {
      at = nextPicture(bytes, at);
      continue;
    }
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (length < 2 || at + length > bytes.length) continue;
    yield { marker, data: bytes.subarray(at + 2, at + length) };
    at += length;
  }
}

/** Where the next picture goes on after its first marker, or -1. */
function nextPicture(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === 0xd8 && bytes[at + 2] === 0xff) return at + 2;
  }
  return -1;
}

/** What follows a text at the beginning of some bytes, or null where they begin otherwise. */
export function after(bytes: Uint8Array<ArrayBuffer>, text: string): Uint8Array<ArrayBuffer> | null {
  for (let index = 0; index < text.length; index++) {
    if (bytes[index] !== text.charCodeAt(index)) return null;
  }
  return bytes.subarray(text.length);
}
