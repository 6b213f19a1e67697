import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { fixtureBytes } from '../../../../../tests/kit/files.ts';
import {
  chunk,
  compressed,
  exif,
  exifSegment,
  gifExtension,
  gifWith,
  holdsLocation,
  join,
  jpegWith,
  latin1,
  location,
  pngWith,
  rawProfile,
  riffChunk,
  riffWith,
  segment,
  xmp,
} from '../../../../../tests/kit/samples.ts';
import { exifOrientation } from './exif.ts';
import type { Format } from './format.ts';
import { gif } from './gif.ts';
import { jpeg } from './jpeg.ts';
import { png } from './png.ts';
import { riff } from './riff.ts';

/** Cleans a copy: the cleaner changes what it is given. */
const clean = (format: Format, bytes: Uint8Array) => format.clean(Uint8Array.from(bytes));
const pixels = (bytes: Uint8Array) => sharp(bytes, { pages: -1 }).raw().toBuffer();

const utf16 = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le'));
const keyword = 'XML:com.adobe.xmp\0';
const extension = (text: string) =>
  segment(0xe1, 'http://ns.adobe.com/xmp/extension/\0', 'D'.repeat(32), '\0\0\0\0\0\0\0\0', text);
const photo = fixtureBytes('photo.jpg');
const picture = fixtureBytes('picture.png');
const animation = fixtureBytes('animation.gif');
const webp = fixtureBytes('picture.webp');
const frames = fixtureBytes('animation.webp');
const profile = Buffer.alloc(128, 1);

/** A WebP with a chunk in front of another one. */
const webpWith = (file: Uint8Array, chunk: Uint8Array, before: string) => {
  const at = Buffer.from(file).indexOf(before);
  return riffWith(join(file.subarray(0, at), chunk, file.subarray(at)));
};

/** The animated WebP with a chunk at the end of its last frame. */
const webpFrameWith = (chunk: Uint8Array) => {
  const file = Buffer.from(riffWith(frames, chunk));
  const at = file.lastIndexOf('ANMF') + 4;
  file.writeUInt32LE(file.readUInt32LE(at) + chunk.length, at);
  return new Uint8Array(file);
};

const withLocation: [what: string, format: Format, original: Uint8Array, file: Uint8Array][] = [
  ['little-endian Exif of a JPEG', jpeg, photo, jpegWith(exifSegment())],
  ['big-endian Exif of a JPEG', jpeg, photo, jpegWith(exifSegment({ bigEndian: true }))],
  ['a second Exif of a JPEG', jpeg, photo, jpegWith(exifSegment(), exifSegment({ orientation: 3 }))],
  ['XMP of a JPEG', jpeg, photo, jpegWith(segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', xmp()))],
  [
    'XMP with other prefixes',
    jpeg,
    photo,
    jpegWith(segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', xmp('e'))),
  ],
  ['XMP in UTF-16', jpeg, photo, jpegWith(segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', utf16(xmp())))],
  [
    'extended XMP of a JPEG',
    jpeg,
    photo,
    jpegWith(extension(xmp().slice(0, 150)), extension(xmp().slice(150))),
  ],
  [
    'IPTC of a JPEG',
    jpeg,
    photo,
    jpegWith(segment(0xed, 'Photoshop 3.0\0', '8BIM\u0004\u0004\0\0', location)),
  ],
  ['a comment of a JPEG', jpeg, photo, jpegWith(segment(0xfe, location))],
  [
    'a JFIF thumbnail',
    jpeg,
    photo,
    jpegWith(segment(0xe0, 'JFIF\0\u0001\u0002\0\0H\0H\u0008\u0001', location, '....')),
  ],
  ['a JFXX thumbnail', jpeg, photo, jpegWith(segment(0xe0, 'JFXX\0\u0010', location))],
  ['another segment of a JPEG', jpeg, photo, jpegWith(segment(0xef, location), segment(0xf5, location))],
  ['bytes between the segments of a JPEG', jpeg, photo, jpegWith(latin1(location))],
  ['what follows a JPEG', jpeg, photo, join(photo, location)],
  ['a second JPEG behind the first', jpeg, photo, join(photo, jpegWith(exifSegment()))],
  ['Exif of a PNG', png, picture, pngWith(chunk('eXIf', exif()))],
  ['text of a PNG', png, picture, pngWith(chunk('tEXt', 'Location\0', location))],
  ['compressed text of a PNG', png, picture, pngWith(chunk('zTXt', 'Location\0\0', compressed(location)))],
  ['international text of a PNG', png, picture, pngWith(chunk('iTXt', keyword, '\0\0\0\0', xmp()))],
  [
    'a profile in text of a PNG',
    png,
    picture,
    pngWith(chunk('tEXt', 'Raw profile type exif\0', rawProfile('exif', exif()))),
  ],
  ['an unknown chunk of a PNG', png, picture, pngWith(chunk('plCe', location))],
  ['what follows a PNG', png, picture, join(picture, location)],
  ['XMP of a GIF', gif, animation, gifWith(gifExtension(0xff, 'XMP DataXMP', xmp().slice(0, 250)))],
  ['a comment of a GIF', gif, animation, gifWith(gifExtension(0xfe, location))],
  ['plain text of a GIF', gif, animation, gifWith(gifExtension(0x01, '123456789012', location))],
  ['an unknown extension of a GIF', gif, animation, gifWith(gifExtension(0x77, location))],
  [
    'what follows the loop of a GIF',
    gif,
    animation,
    gifWith(gifExtension(0xff, 'NETSCAPE2.0', '\u0001\0\0', location)),
  ],
  ['what follows a GIF', gif, animation, join(animation, location)],
  ['Exif and XMP of a WebP', riff, webp, webp],
  ['an unknown chunk of a WebP', riff, webp, webpWith(webp, riffChunk('plCe', location), 'VP8 ')],
  ['a chunk of an animated WebP', riff, frames, webpWith(frames, riffChunk('EXIF', location), 'ANMF')],
  ['a chunk in a frame of an animated WebP', riff, frames, webpFrameWith(riffChunk('plCe', location))],
  ['what follows a WebP', riff, frames, join(frames, location)],
  ['a second WebP behind the first', riff, frames, join(frames, webp)],
];

test.each(withLocation)(
  'removes a location from %s and keeps every pixel',
  async (_, format, original, file) => {
    const cleaned = clean(format, file);
    expect(cleaned).not.toBeNull();
    expect(holdsLocation(file) || Buffer.from(file).includes('zTXt')).toBe(true);
    const bytes = cleaned?.bytes ?? new Uint8Array();
    expect(holdsLocation(bytes)).toBe(false);
    expect((await pixels(bytes)).equals(await pixels(original))).toBe(true);
    // Sharp's reader finds no metadata, either.
    expect(await sharp(bytes).metadata()).not.toMatchObject({ xmp: expect.anything() });
  },
);

test('gives a clean file back as it is', () => {
  for (const [format, file] of [
    [png, picture],
    [gif, animation],
    [riff, frames],
    [jpeg, clean(jpeg, photo)?.bytes ?? photo],
  ] as const) {
    expect(clean(format, file)?.bytes).toEqual(file);
  }
});

describe('orientation', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('keeps orientation %i of JPEG and PNG', async (orientation) => {
    for (const bigEndian of [false, true]) {
      const options = { orientation, bigEndian };
      const files = [
        clean(jpeg, jpegWith(exifSegment(options))),
        clean(png, pngWith(chunk('eXIf', exif(options)))),
      ];
      for (const [index, cleaned] of files.entries()) {
        const [width, height] = index === 0 ? [640, 480] : [320, 240];
        const shown = orientation >= 5 ? { width: height, height: width } : { width, height };
        expect(cleaned?.dimensions).toEqual(shown);
        const found = (await sharp(cleaned?.bytes).metadata()).orientation;
        expect(found ?? 1).toBe(orientation);
      }
    }
  });

  test('keeps it where the Exif ends right behind it', () => {
    const tiff = exif({ orientation: 6 }).slice(0, 8 + 2 + 2 * 12);
    const bytes = clean(jpeg, jpegWith(segment(0xe1, 'Exif\0\0', tiff)))?.bytes ?? new Uint8Array();
    const at = Buffer.from(bytes).indexOf('Exif\0\0');
    expect(exifOrientation(bytes.subarray(at + 6))).toBe(6);
  });

  test.each<[what: string, change: (bytes: Buffer) => void]>([
    ['no TIFF', (bytes) => bytes.write('XX')],
    ['a directory outside of the file', (bytes) => bytes.writeUInt32LE(0xfffffff0, 4)],
    ['65,535 entries', (bytes) => bytes.writeUInt16LE(0xffff, 8)],
    ['orientation 9', (bytes) => bytes.writeUInt16LE(9, 10 + 12 + 8)],
  ])('reads none from an Exif with %s', (_, change) => {
    const bytes = Buffer.from(exif({ orientation: 1 }));
    change(bytes);
    expect(exifOrientation(bytes)).toBeNull();
  });
});

test('keeps the colour profile', async () => {
  const icc = (await sharp(picture).withMetadata({ icc: 'p3' }).jpeg().toBuffer()) as Buffer;
  const before = await sharp(icc).metadata();
  const after = await sharp(clean(jpeg, icc)?.bytes).metadata();
  expect(after.icc).toEqual(before.icc);
  const iccp = await sharp(picture).withMetadata({ icc: 'p3' }).png().toBuffer();
  expect((await sharp(clean(png, iccp)?.bytes).metadata()).icc).toEqual((await sharp(iccp).metadata()).icc);
  expect((await sharp(clean(riff, webp)?.bytes).metadata()).icc).toEqual((await sharp(webp).metadata()).icc);
  const application = gifExtension(0xff, 'ICCRGBG1012', profile);
  expect(Buffer.from(clean(gif, gifWith(application))?.bytes ?? []).includes(Buffer.from(application))).toBe(
    true,
  );
});

test('keeps how the colours of a JPEG are encoded', async () => {
  const cmyk = await sharp(photo).toColourspace('cmyk').jpeg().toBuffer();
  expect((await pixels(clean(jpeg, cmyk)?.bytes ?? cmyk)).equals(await pixels(cmyk))).toBe(true);
});

test('keeps every scan of a progressive JPEG', async () => {
  const progressive = await sharp(photo).jpeg({ progressive: true }).toBuffer();
  expect((await pixels(clean(jpeg, progressive)?.bytes ?? photo)).equals(await pixels(progressive))).toBe(
    true,
  );
});

test('keeps how often an animation repeats', async () => {
  const twice = gifWith(gifExtension(0xff, 'NETSCAPE2.0', '\u0001\u0002\0'));
  const before = await sharp(twice, { pages: -1 }).metadata();
  const after = await sharp(clean(gif, twice)?.bytes, { pages: -1 }).metadata();
  expect([after.loop, after.delay, after.pages]).toEqual([before.loop, before.delay, before.pages]);
});

test('keeps the animation of a WebP', async () => {
  const before = await sharp(frames, { pages: -1 }).metadata();
  const after = await sharp(clean(riff, frames)?.bytes, { pages: -1 }).metadata();
  expect(before.pages).toBe(5);
  expect([after.loop, after.delay, after.pages]).toEqual([before.loop, before.delay, before.pages]);
});

test('removes the orientation of a WebP, by which browsers do not turn it, and says so in no flag', async () => {
  const turned = await sharp(photo).withMetadata({ orientation: 6 }).webp({ effort: 0 }).toBuffer();
  const cleaned = clean(riff, turned);
  const { orientation, exif, xmp } = await sharp(cleaned?.bytes).metadata();
  expect({ orientation, exif, xmp }).toEqual({});
  expect(cleaned?.dimensions).toEqual({ width: 640, height: 480 });
  const bytes = Buffer.from(cleaned?.bytes ?? []);
  expect(bytes.length).toBe(bytes.readUInt32LE(4) + 8);
  const flags = bytes.indexOf('VP8X') + 8;
  expect([turned[flags] ?? 0, bytes[flags] ?? 0].map((byte) => byte & 0x0c)).toEqual([8, 0]);
});

test.each([
  ['with loss', { effort: 0 }],
  ['without loss', { effort: 0, lossless: true }],
])('tells the size of a WebP %s', async (_, options) => {
  const file = await sharp(photo).resize(333, 222).webp(options).toBuffer();
  expect(clean(riff, file)?.dimensions).toEqual({ width: 333, height: 222 });
});

test('keeps the animation of a PNG', () => {
  const control = chunk('acTL', '\0\0\0\u0001\0\0\0\0');
  expect(clean(png, pngWith(control))?.bytes).toEqual(pngWith(control));
});

test('takes a picture whose end mark is missing', () => {
  expect(clean(jpeg, photo.slice(0, -2))?.bytes).toEqual(clean(jpeg, photo)?.bytes.slice(0, -2));
  expect(clean(gif, animation.slice(0, -1))?.bytes).toEqual(animation.slice(0, -1));
});

test.each<[what: string, format: Format, file: Uint8Array]>([
  ['a JPEG of three bytes', jpeg, photo.slice(0, 3)],
  ['a JPEG that is cut off before its first scan', jpeg, photo.slice(0, 300)],
  ['a JPEG that ends with a marker', jpeg, photo.slice(0, 22)],
  ['a PNG of its signature alone', png, picture.slice(0, 8)],
  ['a PNG that is cut off', png, picture.slice(0, -20)],
  [
    'a PNG that begins with another chunk',
    png,
    join(picture.subarray(0, 8), chunk('tEXt', 'a\0b'), picture.subarray(8)),
  ],
  ['a PNG without data', png, join(picture.subarray(0, 33), chunk('IEND'))],
  ['a GIF of its header alone', gif, animation.slice(0, 13)],
  ['a GIF of six bytes', gif, animation.slice(0, 6)],
  ['a WebP that is cut off', riff, frames.slice(0, -2)],
  ['a WebP of its header alone', riff, riffWith(webp.slice(0, 12))],
  ['a WebP without a picture', riff, riffWith(webp.slice(0, 30))],
  [
    'a WebP whose picture is none',
    riff,
    riffWith(join(webp.slice(0, 12), riffChunk('VP8 ', new Uint8Array(20)))),
  ],
])('refuses %s', (_, format, file) => {
  expect(format.begins(Uint8Array.from(file))).toBe(true);
  expect(clean(format, file)).toBeNull();
});
