import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { pictureDimensions } from '../../supabase/functions/api/media/pictures/dimensions.ts';
import { exifOrientation } from '../../supabase/functions/api/media/pictures/exif.ts';
import { pngChunk, pngChunks } from '../../supabase/functions/api/media/pictures/png.ts';
import { removePosition } from '../../supabase/functions/api/media/pictures/positions.ts';
import { fixtureBytes } from '../kit/files.ts';
import {
  chunk,
  compressed,
  exif,
  exifSegment,
  jpegWith,
  latin1,
  pngWith,
  rawProfile,
  segment,
  xmp,
  xmpWithoutPosition,
} from '../kit/pictures.ts';

const jpeg = 'image/jpeg';
const png = 'image/png';
/** What follows the header of the sample picture. */
const rest = [...pngChunks(fixtureBytes('picture.png'))].slice(1).map(({ type }) => type);
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

/** Cleans a copy, so that what came out can be held against what went in. */
const clean = (bytes: Uint8Array, type: string) => removePosition(Uint8Array.from(bytes), type);

/** The Exif without a position, as long as the one with it: the entry is gone, what was behind it moved up. */
function withoutPosition(options: Parameters<typeof exif>[0] = {}) {
  const bytes = Buffer.from(exif(options));
  const entries = 8 + 2;
  bytes.writeUInt8(3, options.bigEndian ? 9 : 8);
  bytes.fill(0, entries + 3 * 12, entries + 4 * 12);
  const gpsLength = 2 + 2 * 12 + 4 + 2 * 24;
  bytes.fill(0, bytes.length - gpsLength);
  return new Uint8Array(bytes);
}

describe('the position of a JPEG', () => {
  test.each([
    ['little-endian', false],
    ['big-endian', true],
  ])(
    'is removed from %s Exif, and camera, orientation and shutter stay where they were',
    async (_, bigEndian) => {
      const options = { orientation: 6, bigEndian };
      const { bytes, removed } = await clean(jpegWith(exifSegment(options)), jpeg);
      expect(removed).toBe(true);
      expect(bytes).toEqual(jpegWith(segment(0xe1, 'Exif\0\0', withoutPosition(options))));
      expect(exifOrientation(withoutPosition(options))).toBe(6);
    },
  );

  test('is removed from XMP, of which the rest stays', async () => {
    const packet = (text: string) => jpegWith(segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', text));
    const { bytes, removed } = await clean(packet(xmp), jpeg);
    expect(removed).toBe(true);
    expect(bytes).toEqual(packet(xmpWithoutPosition));
  });

  test('is removed from XMP that is cut in two in the middle of it', async () => {
    const cut = xmp.indexOf('GPSLongitude>13') + 4;
    const pieces = (text: string) =>
      jpegWith(
        ...[text.slice(0, cut), text.slice(cut)].map((piece) =>
          segment(0xe1, 'http://ns.adobe.com/xmp/extension/\0', 'D'.repeat(32), '\0\0\0\0\0\0\0\0', piece),
        ),
      );
    expect(await clean(pieces(xmp), jpeg)).toEqual({ bytes: pieces(xmpWithoutPosition), removed: true });
  });

  test('is removed from the second picture that some cameras store behind the first', async () => {
    const both = (options: Parameters<typeof exif>[0]) =>
      new Uint8Array([...jpegWith(), ...latin1('between'), ...jpegWith(exifSegment(options))]);
    const { bytes, removed } = await clean(both({ position: true }), jpeg);
    expect(removed).toBe(true);
    expect(textOf(bytes)).toBe(
      textOf(
        new Uint8Array([
          ...jpegWith(),
          ...latin1('between'),
          ...jpegWith(segment(0xe1, 'Exif\0\0', withoutPosition())),
        ]),
      ),
    );
  });
});

describe('the position of a PNG', () => {
  const keyword = 'XML:com.adobe.xmp\0';
  test.each([
    ['Exif', chunk('eXIf', exif()), chunk('eXIf', withoutPosition())],
    ['XMP', chunk('iTXt', keyword, '\0\0\0\0', xmp), chunk('iTXt', keyword, '\0\0\0\0', xmpWithoutPosition)],
    [
      'a profile in text',
      chunk('tEXt', 'Raw profile type exif\0', rawProfile('exif', exif())),
      chunk('tEXt', 'Raw profile type exif\0', rawProfile('exif', withoutPosition())),
    ],
  ])('is removed from %s', async (_, chunkBefore, chunkAfter) => {
    expect(await clean(pngWith(chunkBefore), png)).toEqual({ bytes: pngWith(chunkAfter), removed: true });
  });

  test.each([
    ['XMP', 'iTXt', `${keyword}\u0001\0en\0title\0`, xmp, xmpWithoutPosition],
    [
      'a profile',
      'zTXt',
      'Raw profile type APP1\0\0',
      rawProfile('app1', latin1(`Exif\0\0${textOf(exif())}`)),
      rawProfile('app1', latin1(`Exif\0\0${textOf(withoutPosition())}`)),
    ],
  ])('is removed from %s that is compressed', async (_, type, head, before, after) => {
    const { bytes, removed } = await clean(pngWith(chunk(type, head, compressed(before))), png);
    expect(removed).toBe(true);
    const start = bytes.indexOf(0x78, 33 + 8 + head.length);
    expect(textOf(bytes.subarray(33 + 8, start))).toBe(head);
    expect(textOf(inflateSync(bytes.subarray(start)))).toBe(after);
    // What follows is the rest of the picture, and the chunk's own length and checksum are right.
    expect(bytes).toEqual(
      pngWith(chunk(type, head, bytes.subarray(start, bytes.length - pngWith().length + 33 - 4))),
    );
  });
});

test('a PNG of which several parts shrink or grow keeps the rest', async () => {
  const keyword = 'XML:com.adobe.xmp\0\u0001\0\0\0';
  // Stored, not compressed: with a position it is the smaller of the two, or the larger.
  const [loose, tight] = [0, 9].map((level) => new Uint8Array(deflateSync(latin1(xmp), { level })));
  for (const texts of [
    [loose, tight],
    [tight, loose],
    [tight, tight, loose, loose],
  ]) {
    const picture = pngWith(
      ...texts.map((text) => chunk('iTXt', keyword, text ?? '')),
      chunk('eXIf', exif()),
    );
    const { bytes, removed } = await clean(picture, png);
    expect(removed).toBe(true);
    const found = [...pngChunks(bytes)];
    expect(found.map(({ type }) => type)).toEqual(['IHDR', ...texts.map(() => 'iTXt'), 'eXIf', ...rest]);
    for (const { type, data } of found.filter(({ type }) => type === 'iTXt')) {
      expect(type && textOf(inflateSync(data.subarray(keyword.length)))).toBe(xmpWithoutPosition);
    }
    expect(bytes.subarray(found.at(texts.length + 1)?.end)).toEqual(pngWith().subarray(33));
    // Every chunk's checksum is right.
    for (const { type, data, start, end } of found)
      expect(bytes.slice(start, end)).toEqual(pngChunk(type, data));
  }
});

describe('a picture without a position stays byte for byte', () => {
  test.each<[what: string, type: string, bytes: Uint8Array]>([
    ['a JPEG', jpeg, fixtureBytes('photo.jpg')],
    ['a JPEG with Exif', jpeg, jpegWith(exifSegment({ position: false }))],
    ['a JPEG with XMP', jpeg, jpegWith(segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', xmpWithoutPosition))],
    ['a JPEG that is cut off', jpeg, fixtureBytes('photo.jpg').slice(0, 300)],
    ['a JPEG that speaks of GPS in a comment', jpeg, jpegWith(segment(0xfe, xmp))],
    ['a PNG', png, fixtureBytes('picture.png')],
    ['a PNG with damaged compressed text', png, pngWith(chunk('zTXt', 'Raw profile type exif\0\0', 'x'))],
    [
      'a PNG whose text would fill the memory',
      png,
      pngWith(chunk('iTXt', 'XML:com.adobe.xmp\0\u0001\0\0\0', compressed('exif:GPS'.repeat(1_000_000)))),
    ],
    ['a PNG that is cut off', png, pngWith(chunk('eXIf', exif())).slice(0, 60)],
    ['a GIF', 'image/gif', fixtureBytes('animation.gif')],
    ['nothing', jpeg, new Uint8Array()],
  ])('(%s)', async (_, type, bytes) => {
    expect(await clean(bytes, type)).toEqual({ bytes, removed: false });
  });
});

describe('hostile Exif ends, and in time', () => {
  test.each<[what: string, change: (bytes: Buffer) => void]>([
    ['a directory that follows itself', (bytes) => bytes.writeUInt32LE(8, 8 + 2 + 12 * 4)],
    ['a GPS directory that is the main one', (bytes) => bytes.writeUInt32LE(8, 8 + 2 + 12 * 3 + 8)],
    ['a GPS directory outside of the file', (bytes) => bytes.writeUInt32LE(0xffffffff, 8 + 2 + 12 * 3 + 8)],
    ['a directory of 65,535 entries', (bytes) => bytes.writeUInt16LE(0xffff, 8)],
    ['a first directory outside of the file', (bytes) => bytes.writeUInt32LE(0xfffffff0, 4)],
  ])('(%s)', async (_, change) => {
    const bytes = Buffer.from(exif());
    change(bytes);
    const began = performance.now();
    await clean(jpegWith(segment(0xe1, 'Exif\0\0', bytes)), jpeg);
    await clean(pngWith(chunk('eXIf', bytes, new Uint8Array(1_000_000))), png);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test('(millions of GPS values that are all the same megabytes)', async () => {
    const bytes = Buffer.alloc(10_000_000);
    bytes.write('II*\0');
    bytes.writeUInt32LE(8, 4);
    bytes.writeUInt16LE(1, 8);
    for (const [at, gps] of [[10, 26]] as const) {
      bytes.writeUInt16LE(0x8825, at);
      bytes.writeUInt32LE(gps, at + 8);
    }
    bytes.writeUInt16LE(65_535, 26);
    for (let entry = 0; entry < 65_535; entry++) {
      bytes.writeUInt16LE(7, 28 + 12 * entry + 2);
      bytes.writeUInt32LE(9_000_000, 28 + 12 * entry + 4);
      bytes.writeUInt32LE(900_000, 28 + 12 * entry + 8);
    }
    const began = performance.now();
    expect((await clean(pngWith(chunk('eXIf', bytes)), png)).removed).toBe(true);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('width and height are those of the picture as it is shown', () => {
  const photo = { width: 640, height: 480 };
  test.each<[what: string, type: string, bytes: Uint8Array<ArrayBuffer>, dimensions: unknown]>([
    ['a JPEG', jpeg, fixtureBytes('photo.jpg'), photo],
    ['a JPEG that is turned about', jpeg, jpegWith(exifSegment({ orientation: 3 })), photo],
    ['a JPEG on its side', jpeg, jpegWith(exifSegment({ orientation: 6 })), { width: 480, height: 640 }],
    [
      'a JPEG on its other side',
      jpeg,
      jpegWith(exifSegment({ orientation: 8, bigEndian: true })),
      { width: 480, height: 640 },
    ],
    ['a JPEG of an orientation that is none', jpeg, jpegWith(exifSegment({ orientation: 9 })), photo],
    ['a JPEG that is cut off', jpeg, fixtureBytes('photo.jpg').slice(0, 20), null],
    ['a PNG', png, fixtureBytes('picture.png'), { width: 320, height: 240 }],
    ['a PNG on its side', png, pngWith(chunk('eXIf', exif({ orientation: 6 }))), { width: 240, height: 320 }],
    ['a GIF', 'image/gif', fixtureBytes('animation.gif'), { width: 160, height: 120 }],
    ['a GIF that is cut off', 'image/gif', fixtureBytes('animation.gif').slice(0, 9), null],
    ['a video', 'video/mp4', fixtureBytes('clip.mp4'), null],
  ])('(%s)', (_, type, bytes, dimensions) => {
    expect(pictureDimensions(bytes, type)).toEqual(dimensions);
  });
});
