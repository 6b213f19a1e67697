import { type Dimensions, viewOf } from './format.ts';

// Exif is a TIFF file without a picture: a directory of entries of 12 bytes. Of all of it, only the orientation stays.

const ORIENTATION = 0x0112;
const HEADER_BYTES = 8;

/** The orientation, 2 to 8; null if the Exif has none or the picture is upright. */
export function exifOrientation(tiff: Uint8Array): number | null {
  const view = viewOf(tiff);
  const order = tiff.length < HEADER_BYTES ? 0 : view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return null;
  const little = order === 0x4949;
  const directory = view.getUint32(4, little);
  if (view.getUint16(2, little) !== 42 || directory + 2 > tiff.length) return null;
  const end = Math.min(directory + 2 + 12 * view.getUint16(directory, little), tiff.length);
  for (let entry = directory + 2; entry + 12 <= end; entry += 12) {
    if (view.getUint16(entry, little) !== ORIENTATION) continue;
    const orientation = view.getUint16(entry + 8, little);
    return orientation >= 2 && orientation <= 8 ? orientation : null;
  }
  return null;
}

/** Exif that holds an orientation and nothing else; not longer than the Exif that it replaces. */
export function orientationExif(orientation: number, replaced: Uint8Array): Uint8Array {
  // "II", 42, the directory's place; one entry: orientation, a short, one of it; no further directory.
  const tiff = [
    0x49,
    0x49,
    42,
    0,
    8,
    0,
    0,
    0,
    1,
    0,
    0x12,
    1,
    3,
    0,
    1,
    0,
    0,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ];
  return Uint8Array.from(tiff).subarray(0, replaced.length);
}

/** The dimensions of a picture as it is shown: orientations from 5 on lay it on its side. */
export function upright({ width, height }: Dimensions, orientation: number | null): Dimensions {
  return orientation !== null && orientation >= 5 ? { width: height, height: width } : { width, height };
}
