import { describe, expect, test } from 'vitest';
import { fixtureBytes } from '../../../../../tests/kit/files.ts';
import {
  element,
  holdsLocation,
  join,
  latin1,
  location,
  openElement,
} from '../../../../../tests/kit/samples.ts';
import { webm } from './webm.ts';

/** Cleans a copy: the cleaner changes what it is given. */
const clean = (bytes: Uint8Array) => webm.clean(Uint8Array.from(bytes));

const header = element(0x1a45dfa3, element(0x4282, 'webm'));
const scale = element(0x2ad7b1, '\x0f\x42\x40');
const info = element(0x1549a966, scale);
const vp8 = element(0x86, 'V_VP8');
const trackOf = (number: number, type: number, ...elements: Uint8Array[]) =>
  element(0xae, element(0xd7, Uint8Array.of(number)), element(0x83, Uint8Array.of(type)), ...elements);
const picture = trackOf(1, 1, vp8, element(0xe0, element(0xb0, '\x01\x40'), element(0xba, '\xf0')));
const tracks = element(0x1654ae6b, picture);
const block = (track: number, time: number, data: string) =>
  element(0xa3, Uint8Array.of(0x80 | track, time >> 8, time & 0xff, 0), data);
const cluster = element(0x1f43b675, element(0xe7, '\0'), block(1, 0, 'a picture'), block(1, 40, 'another'));
const film = (...parts: Uint8Array[]) => join(header, element(0x18538067, ...parts));

describe('WebM', () => {
  test('removes a location from all places of a file that ffmpeg wrote, and moves nothing', () => {
    const before = fixtureBytes('clip.webm');
    const after = Buffer.from(clean(before)?.bytes ?? []);
    expect(holdsLocation(before)).toBe(true);
    expect(holdsLocation(after)).toBe(false);
    // The program that made it.
    expect(after.includes('Lav')).toBe(false);
    expect(after.length).toBe(before.length);
    const samples = after.indexOf('\x1f\x43\xb6\x75', 0, 'latin1');
    expect(after.subarray(samples)).toEqual(Buffer.from(before.subarray(samples)));
  });

  const added = element(0x1254c367, location);
  const chapters = element(0x1043a770, location);
  const attachments = element(0x1941a469, element(0x61a7, element(0x465c, location)));
  const title = element(0x7ba9, location);
  test.each<[what: string, file: Uint8Array, added: Uint8Array]>([
    ['tags', film(info, tracks, cluster, added), added],
    ['tags in front', film(added, info, tracks, cluster), added],
    ['chapters', film(info, tracks, chapters, cluster), chapters],
    ['attachments', film(info, tracks, attachments, cluster), attachments],
    ['a title', film(element(0x1549a966, scale, title), tracks, cluster), title],
    [
      'the name of a track',
      film(info, element(0x1654ae6b, trackOf(1, 1, element(0x536e, location))), cluster),
      element(0x536e, location),
    ],
    ['padding', film(info, element(0xec, location), tracks, cluster), element(0xec, location)],
    ['a checksum', film(info, element(0xbf, location), tracks, cluster), element(0xbf, location)],
    [
      'an unknown element',
      film(
        info,
        tracks,
        element(0x1f43b675, element(0xe7, '\0'), element(0x7000, location), block(1, 0, 'x')),
      ),
      element(0x7000, location),
    ],
    [
      'a longer element',
      film(info, tracks, cluster, element(0x1254c367, location.repeat(100))),
      element(0x1254c367, location.repeat(100)),
    ],
    [
      'the header',
      join(
        element(0x1a45dfa3, element(0x4282, 'webm'), element(0x4299, location)),
        film(info, tracks, cluster).subarray(header.length),
      ),
      element(0x4299, location),
    ],
  ])('removes a location from %s, and moves nothing', (_, before, metadata) => {
    const after = Buffer.from(clean(before)?.bytes ?? []);
    expect(holdsLocation(before)).toBe(true);
    expect(holdsLocation(after)).toBe(false);
    expect(after.length).toBe(before.length);
    const at = Buffer.from(before).indexOf(metadata);
    expect(after[at]).toBe(0xec);
    expect(after.subarray(at + 9, at + metadata.length).every((byte) => byte === 0)).toBe(true);
    expect(after.subarray(at + metadata.length).equals(before.subarray(at + metadata.length))).toBe(true);
  });

  test('removes padding from all elements of tracks and blocks that hold others', () => {
    const padding = element(0xec, location);
    /** Elements within each other, with padding in each. */
    const within = (...ids: number[]) =>
      ids.reduceRight((inner, id) => element(id, padding, inner), new Uint8Array());
    const size = element(0xe0, padding, within(0x55b0, 0x55d0), within(0x7670));
    const track = trackOf(1, 1, vp8, padding, size, within(0x41e4), within(0x6d80, 0x6240, 0x5034));
    const group = element(0xa0, element(0xa1, '\x81\0\0\0x'), within(0x75a1, 0xa6), padding);
    const blocks = element(0x1f43b675, element(0xe7, '\0'), padding, group);
    const places = join(within(0x114d9b74, 0x4dbb), within(0x1c53bb6b, 0xbb, 0xb7, 0xdb));
    const before = film(info, places, element(0x1654ae6b, padding, track), blocks);
    const after = clean(before)?.bytes ?? before;
    expect(after.length).toBe(before.length);
    expect(holdsLocation(after)).toBe(false);
  });

  test.each([2, 3, 128, 129, 130, 300, 70_000])(
    'fills the place of an element of %i bytes exactly',
    (size) => {
      const padding =
        size < 20
          ? join('\xbf', Uint8Array.of(0x80 | (size - 2)), 'x'.repeat(size - 2))
          : element(0xbf, 'x'.repeat(size - 9));
      const before = film(info, padding, tracks, cluster);
      const after = clean(before)?.bytes ?? new Uint8Array();
      // Read again, all the rest is where it was.
      expect(clean(after)?.bytes).toEqual(after);
      const at = Buffer.from(before).indexOf(tracks);
      expect(Buffer.from(after).indexOf(tracks)).toBe(at);
    },
  );

  test('removes a track of text with its blocks, in groups and alone', () => {
    const text = trackOf(2, 17, element(0x86, 'D_WEBVTT/METADATA'));
    const group = element(0xa0, element(0xa1, '\x82\0\0\0', location), element(0x9b, '\x09'));
    const before = film(
      info,
      element(0x1654ae6b, picture, text),
      element(0x1f43b675, element(0xe7, '\0'), block(1, 0, 'a picture'), group, block(2, 90, location)),
    );
    const after = clean(before);
    expect(holdsLocation(before)).toBe(true);
    expect(holdsLocation(after?.bytes ?? before)).toBe(false);
    expect(Buffer.from(after?.bytes ?? []).indexOf('a picture')).toBe(
      Buffer.from(before).indexOf('a picture'),
    );
    expect(after?.durationMs).toBeNull();
  });

  test('takes what a recorder wrote without lengths, up to where it was cut off', () => {
    const open = join(
      header,
      openElement(
        0x18538067,
        info,
        tracks,
        openElement(0x1f43b675, element(0xe7, '\x03\xe8'), block(1, 0, 'a picture')),
        element(0x1254c367, location),
        openElement(0x1f43b675, element(0xe7, '\x07\xd0'), block(1, 0, 'a picture'), block(1, 500, location)),
      ),
    );
    expect(clean(open)?.durationMs).toBe(2500);
    const cut = clean(open.slice(0, -1));
    expect(cut?.durationMs).toBe(2000);
    expect(holdsLocation(cut?.bytes ?? open)).toBe(false);
  });

  const float = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return new Uint8Array(bytes);
  };
  const duration = (value: number) => element(0x4489, float(value));
  test.each<[what: string, parts: Uint8Array[], expected: number | null]>([
    ['as it says', [element(0x1549a966, scale, duration(1234.4)), tracks, cluster], 1234],
    [
      'in its own units',
      [element(0x1549a966, element(0x2ad7b1, '\x07\xa1\x20'), duration(3000)), tracks, cluster],
      1500,
    ],
    ['up to the last block, if it says none', [info, tracks, cluster], 40],
    [
      'up to the last block, if it says what is no number',
      [element(0x1549a966, duration(NaN)), tracks, cluster],
      40,
    ],
    ['not at all, if it says a thousand years', [element(0x1549a966, duration(3e16)), tracks, cluster], null],
  ])('tells how long it is: %s', (_, parts, expected) => {
    expect(clean(film(...parts))?.durationMs).toBe(expected);
  });

  test.each<[what: string, elements: Uint8Array[], width: number, height: number]>([
    ['pixels', [], 320, 240],
    ['pixels as they are shown', [element(0x54b0, '\x01\x90'), element(0x54ba, '\x64')], 400, 100],
    [
      'pixels where the shown size is a ratio',
      [element(0x54b0, '\x04'), element(0x54ba, '\x03'), element(0x54b2, '\x03')],
      320,
      240,
    ],
  ])('tells its size in %s', (_, elements, width, height) => {
    const size = element(0xe0, element(0xb0, '\x01\x40'), element(0xba, '\xf0'), ...elements);
    const file = film(info, element(0x1654ae6b, trackOf(1, 1, vp8, size)), cluster);
    expect(clean(file)?.dimensions).toEqual({ width, height });
  });

  test.each<[what: string, file: Uint8Array]>([
    ['its header alone', header],
    [
      'Matroska',
      join(
        element(0x1a45dfa3, element(0x4282, 'matroska')),
        film(info, tracks, cluster).subarray(header.length),
      ),
    ],
    ['no tracks', film(info, cluster)],
    ['tracks behind the blocks', film(info, cluster, tracks)],
    ['no blocks', film(info, tracks)],
    ['text alone', film(info, element(0x1654ae6b, trackOf(1, 17)), cluster)],
    [
      'Vorbis without settings',
      film(info, element(0x1654ae6b, trackOf(1, 2, element(0x86, 'A_VORBIS'))), cluster),
    ],
    [
      'an element that is longer than the one around it',
      film(element(0x1549a966, element(0x7ba9, location).subarray(0, -1)), tracks, cluster),
    ],
    [
      'an element that ends with the next one',
      film(
        element(0x1549a966, scale, element(0x7ba9, 'x'.repeat(20)).subarray(0, -20)),
        element(0xec, 'x'.repeat(11)),
        tracks,
        cluster,
      ),
    ],
    [
      'an element without a length inside another',
      film(element(0x1549a966, '\x7b\xa9\xff', location), tracks, cluster),
    ],
    [
      'an element of eight exabytes',
      join(header, element(0x18538067, '\x15\x49\xa9\x66\x01\x7f\xff\xff\xff\xff\xff\xff', tracks, cluster)),
    ],
    ['zeros', join(header, new Uint8Array(1000))],
    ['a million elements', film(info, tracks, cluster, latin1('\xec\x80'.repeat(1_000_000)))],
  ])('refuses %s', (_, file) => {
    expect(webm.begins(Uint8Array.from(file))).toBe(true);
    expect(clean(file)).toBeNull();
  });
});
