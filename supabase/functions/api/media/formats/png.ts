import { mediaTypes } from '../types.ts';
import { exifOrientation, orientationExif, upright } from './exif.ts';
import { compactor, type Dimensions, type Format, nameAt, viewOf } from './format.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The chunks that draw the picture: data, colours, density and animation. Text and times are removed. */
const drawing = new Set(
  'IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs acTL fcTL fdAT'.split(' '),
);

/** Encoders write chunks of a few kilobytes and more. */
const MAX_CHUNKS = 100_000;

/** PNG: of the metadata only orientation and colour profile stay, and what follows the picture goes. */
export const png: Format = {
  begins: (bytes) => SIGNATURE.every((byte, index) => bytes[index] === byte),

  clean(bytes) {
    const view = viewOf(bytes);
    const kept = compactor(bytes);
    kept.keep(0, SIGNATURE.length);
    let dimensions: Dimensions | null = null;
    let orientation: number | null = null;
    let hasData = false;
    let at = SIGNATURE.length;
    for (let count = 0; at + 12 <= bytes.length && count < MAX_CHUNKS; count++) {
      const length = view.getUint32(at);
      const type = nameAt(bytes, at + 4);
      const end = at + 12 + length;
      if (end > bytes.length) return null;
      if (!dimensions) {
        if (type !== 'IHDR' || length !== 13) return null;
        dimensions = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
      } else if (type === 'eXIf' && orientation === null) {
        const tiff = bytes.subarray(at + 8, end - 4);
        orientation = exifOrientation(tiff);
        if (orientation) kept.replace(pngChunk(type, orientationExif(orientation, tiff)));
      }
      if (drawing.has(type)) kept.keep(at, end);
      if (type === 'IDAT') hasData = true;
      if (type === 'IEND') {
        if (!hasData) return null;
        return {
          type: mediaTypes.png,
          bytes: kept.finish(),
          dimensions: upright(dimensions, orientation),
          durationMs: null,
        };
      }
      at = end;
    }
    return null;
  },
};

/** A chunk's bytes: length, type, data and checksum. For chunks of a few bytes. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const chunk = new Uint8Array(data.length + 12);
  const view = viewOf(chunk);
  view.setUint32(0, data.length);
  for (let index = 0; index < 4; index++) chunk[4 + index] = type.charCodeAt(index);
  chunk.set(data, 8);
  view.setUint32(data.length + 8, crc32(chunk.subarray(4, data.length + 8)));
  return chunk;
}

/** The checksum of ISO 3309, bit by bit: a table would be longer than what it is for. */
function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return ~value >>> 0;
}
