import { mediaTypes } from '../types.ts';
import { exifOrientation, orientationExif, upright } from './exif.ts';
import { type Compactor, compactor, type Dimensions, type Format, hasText, viewOf } from './format.ts';

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP14 = 0xee;

/** Frames are C0 to CF, without the three tables among them. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
/** The segments that a decoder needs: frames and their tables, quantisation, restarts. */
const isNeeded = (marker: number) => (marker >= 0xc0 && marker <= 0xcf) || (marker >= 0xdb && marker <= 0xdf);

/** A JPEG has dozens of segments; many scans and a large colour profile make hundreds. */
const MAX_SEGMENTS = 10_000;

/** JPEG: of the metadata only orientation and colour profile stay, and what follows the picture goes. */
export const jpeg: Format = {
  begins: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff,

  clean(bytes) {
    const view = viewOf(bytes);
    const kept = compactor(bytes);
    kept.keep(0, 2);
    let dimensions: Dimensions | null = null;
    let orientation: number | null = null;
    let hasScan = false;
    let at = nextMarker(bytes, 2);
    let count = 0;
    for (; at + 4 <= bytes.length && count < MAX_SEGMENTS; count++) {
      const marker = bytes[at + 1] ?? 0;
      const end = at + 2 + view.getUint16(at + 2);
      if (marker === END_OF_IMAGE || end < at + 4 || end > bytes.length) break;
      const data = bytes.subarray(at + 4, end);
      if (isFrame(marker) && data.length >= 5) {
        dimensions ??= { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
      }
      if (marker === START_OF_SCAN) {
        hasScan = true;
        const scanEnd = nextMarker(bytes, end);
        kept.keep(at, scanEnd);
        at = scanEnd;
        continue;
      }
      if (marker === APP1 && orientation === null && hasText(data, 0, 'Exif\0\0')) {
        const tiff = data.subarray(6);
        orientation = exifOrientation(tiff);
        if (orientation) kept.replace(segment(APP1, data.subarray(0, 6), orientationExif(orientation, tiff)));
      } else keepSegment(kept, marker, data, at);
      at = nextMarker(bytes, end);
    }
    if (!dimensions || !hasScan || count === MAX_SEGMENTS) return null;
    // A file that ends without this mark is as good to decoders.
    if (bytes[at + 1] === END_OF_IMAGE) kept.keep(at, at + 2);
    return {
      type: mediaTypes.jpg,
      bytes: kept.finish(),
      dimensions: upright(dimensions, orientation),
      durationMs: null,
    };
  },
};

function keepSegment(kept: Compactor, marker: number, data: Uint8Array, at: number): void {
  if (marker === APP0 && data.length >= 14 && hasText(data, 0, 'JFIF\0')) {
    // Version and pixel density, without the thumbnail that may follow.
    kept.replace(segment(APP0, data.subarray(0, 12), Uint8Array.of(0, 0)));
  } else if (marker === APP14 && data.length >= 12 && hasText(data, 0, 'Adobe')) {
    // The encoding of the colours.
    kept.replace(segment(APP14, data.subarray(0, 12)));
  } else if (isNeeded(marker) || (marker === APP2 && hasText(data, 0, 'ICC_PROFILE\0'))) {
    kept.keep(at, at + 4 + data.length);
  }
}

function segment(marker: number, ...pieces: Uint8Array[]): Uint8Array {
  const data = pieces.flatMap((piece) => [...piece]);
  return Uint8Array.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 0xff, ...data]);
}

/**
 * Where the next segment or the end of the image is. A scan ends there: its data escapes every other 0xff. Marks without
 * a length are skipped: fill bytes, restarts, the start of a picture.
 */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 0xff) continue;
    const marker = bytes[at + 1] ?? 0;
    if (marker > 1 && marker !== 0xff && (marker < 0xd0 || marker > 0xd8)) return at;
  }
  return bytes.length;
}
