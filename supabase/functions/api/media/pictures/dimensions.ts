import { exifOrientation } from './exif.ts';
import { after, jpegMarkers, jpegSegments } from './jpeg.ts';
import { pngChunks } from './png.ts';

/** Width and height of a picture as it is shown, in pixels. */
export interface Dimensions {
  width: number;
  height: number;
}

/** How large a picture is when it is shown upright, or null where the bytes do not say. */
export function pictureDimensions(bytes: Uint8Array<ArrayBuffer>, mimeType: string): Dimensions | null {
  const measure = { 'image/jpeg': ofJpeg, 'image/png': ofPng, 'image/gif': ofGif }[mimeType];
  const dimensions = measure?.(bytes) ?? null;
  return dimensions && dimensions.width > 0 && dimensions.height > 0 ? dimensions : null;
}

function ofJpeg(bytes: Uint8Array<ArrayBuffer>): Dimensions | null {
  let orientation: number | null = null;
  for (const { marker, data } of jpegSegments(bytes)) {
    const exif = marker === jpegMarkers.app1 ? after(data, 'Exif\0\0') : null;
    if (exif) orientation ??= exifOrientation(exif);
    if (marker === jpegMarkers.startOfScan) return null;
    // Frames begin with C0 to CF, among which are three tables.
    if (marker < 0xc0 || marker > 0xcf || [0xc4, 0xc8, 0xcc].includes(marker)) continue;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (data.length < 5) return null;
    return upright({ width: view.getUint16(3), height: view.getUint16(1) }, orientation);
  }
  return null;
}

function ofPng(bytes: Uint8Array<ArrayBuffer>): Dimensions | null {
  let dimensions: Dimensions | null = null;
  for (const { type, data } of pngChunks(bytes)) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (type === 'IHDR' && data.length >= 8)
      dimensions = { width: view.getUint32(0), height: view.getUint32(4) };
    if (type === 'eXIf' && dimensions) return upright(dimensions, exifOrientation(data));
  }
  return dimensions;
}

function ofGif(bytes: Uint8Array<ArrayBuffer>): Dimensions | null {
  if (bytes.length < 10) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/** Orientations from 5 on lay the picture on its side. */
function upright({ width, height }: Dimensions, orientation: number | null): Dimensions {
  return orientation !== null && orientation >= 5 && orientation <= 8
    ? { width: height, height: width }
    : { width, height };
}
