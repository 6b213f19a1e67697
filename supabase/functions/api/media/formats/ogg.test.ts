import { describe, expect, test } from 'vitest';
import { fixtureBytes } from '../../../../../tests/kit/files.ts';
import { holdsLocation, join, latin1, location, number, oggPage } from '../../../../../tests/kit/samples.ts';
import { ogg } from './ogg.ts';

/** Cleans a copy: the cleaner changes what it is given. */
const clean = (bytes: Uint8Array) => ogg.clean(Uint8Array.from(bytes));
const little = (value: number) => number(value).toReversed();

const opusHead = join('OpusHead\x01\x01', Uint8Array.of(0x38, 1), little(48_000), '\0\0\0');
const vorbisHead = join('\x01vorbis\0\0\0\0\x01', little(44_100), new Uint8Array(12), '\xb8\x01');
const tagsOf = (name: string, comment: string) =>
  join(
    name,
    little(7),
    'Encoder',
    little(1),
    little(comment.length),
    comment,
    name === 'OpusTags' ? '' : '\x01',
  );
const opusTags = tagsOf('OpusTags', `LOCATION=${location}`);
const vorbisTags = tagsOf('\x03vorbis', `LOCATION=${location}`);
const first = { flags: 2 };
const opus = join(
  oggPage(first, opusHead),
  oggPage({}, opusTags),
  oggPage({ position: 24_312 }, 'some sound'),
  oggPage({ position: -1, goesOn: true }, 'x'.repeat(255)),
);

/** The pages of a file that has no others, each with whether its checksum is right. */
function pagesOf(file: Uint8Array): { page: Buffer; isRight: boolean }[] {
  const pages = [];
  for (let at = 0; at < file.length; ) {
    const segments = file[at + 26] ?? 0;
    const sizes = file.subarray(at + 27, at + 27 + segments);
    const page = Buffer.from(
      file.subarray(at, at + 27 + segments + sizes.reduce((sum, size) => sum + size, 0)),
    );
    const unsigned = Buffer.from(page).fill(0, 22, 26);
    let value = 0;
    for (const byte of unsigned) {
      value ^= byte << 24;
      for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
    }
    pages.push({ page, isRight: page.readUInt32LE(22) === value >>> 0 });
    at += page.length;
  }
  return pages;
}

describe('OGG', () => {
  test.each(['tone.ogg', 'tone-vorbis.ogg'])('removes the tags of %s, and changes one page alone', (name) => {
    const before = fixtureBytes(name);
    const after = clean(before)?.bytes ?? new Uint8Array();
    expect(holdsLocation(before)).toBe(true);
    expect(holdsLocation(after)).toBe(false);
    // The program that made it is a tag as well.
    expect(Buffer.from(after).includes('Lav')).toBe(false);
    const [was, is] = [pagesOf(before), pagesOf(after)];
    expect(is.map(({ isRight }) => isRight)).toEqual(was.map(() => true));
    const changed = is.flatMap(({ page }, place) => (was[place]?.page.equals(page) ? [] : place));
    expect(changed).toEqual([1]);
  });

  test('leaves no comment, and what else Vorbis needs', () => {
    const settings = '\x05vorbis settings';
    const file = join(
      oggPage(first, vorbisHead),
      oggPage({}, vorbisTags, settings),
      oggPage({ position: 44_100 }, 'sound'),
    );
    const after = Buffer.from(clean(file)?.bytes ?? []);
    const at = after.indexOf('\x03vorbis') + 7;
    expect(after.subarray(at, at + 9)).toEqual(Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1]));
    expect(after.indexOf(settings)).toBe(Buffer.from(file).indexOf(settings));
  });

  test('removes a cover that is longer than a page', () => {
    const tags = tagsOf('OpusTags', `METADATA_BLOCK_PICTURE=${location.repeat(200)}`);
    const [start, end] = [tags.subarray(0, 2550), tags.subarray(2550)];
    const before = join(
      oggPage(first, opusHead),
      oggPage({ position: -1, goesOn: true }, start),
      oggPage({ flags: 1 }, end),
      oggPage({ position: 48_312 }, 'sound'),
    );
    const after = clean(before);
    expect(after?.durationMs).toBe(1000);
    expect(holdsLocation(after?.bytes ?? before)).toBe(false);
    expect(pagesOf(after?.bytes ?? before).map(({ isRight }) => isRight)).toEqual([false, true, true, false]);
  });

  test('removes what follows the last page, and a page that is cut off', () => {
    expect(clean(join(opus, location))?.bytes).toEqual(clean(opus)?.bytes);
    expect(clean(opus.slice(0, -1))?.bytes.length).toBe(opus.length - 255 - 28);
  });

  test('counts from what is to be skipped, up to the last position', () => {
    expect(clean(opus)?.durationMs).toBe(500);
    const vorbis = (position: number, rate: Uint8Array = vorbisHead) =>
      clean(join(oggPage(first, rate), oggPage({}, vorbisTags, 'x'), oggPage({ position }, 'sound')))
        ?.durationMs;
    expect(vorbis(66_150)).toBe(1500);
    expect(vorbis(0)).toBeNull();
    expect(vorbis(66_150, join(vorbisHead.subarray(0, 12), '\0\0\0\0', vorbisHead.subarray(16)))).toBeNull();
  });

  test.each<[what: string, file: Uint8Array]>([
    ['its first page alone', oggPage(first, opusHead)],
    ['headers without sound', join(oggPage(first, opusHead), oggPage({}, opusTags))],
    [
      'tags that do not end',
      join(oggPage(first, opusHead), ...Array(3).fill(oggPage({ goesOn: true }, 'OpusTags'.padEnd(255)))),
    ],
    ['no tags', join(oggPage(first, opusHead), oggPage({}, 'sound'), oggPage({}, 'sound'))],
    ['tags of three bytes', join(oggPage(first, opusHead), oggPage({}, 'OpusTags123'), oggPage({}, 'sound'))],
    ['an empty page of tags', join(oggPage(first, opusHead), oggPage({}), oggPage({}, 'sound'))],
    ['FLAC', join(oggPage(first, '\x7fFLAC'.padEnd(51)), oggPage({}, opusTags), oggPage({}, 'sound'))],
    [
      'a stream of pictures beside',
      join(oggPage(first, opusHead), oggPage({ ...first, serial: 2 }, '\x80theora'), opus),
    ],
    ['a second recording', join(opus.subarray(0, -283), oggPage({ ...first, serial: 2 }, opusHead))],
    ['a page of 255 segments that are not there', latin1(`${'OggS'.padEnd(26, '\0')}\xff`)],
  ])('refuses %s', (_, file) => {
    expect(ogg.begins(Uint8Array.from(file))).toBe(true);
    expect(clean(file)).toBeNull();
  });
});
