import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuMilliseconds } from '../../../../tests/kit/cpu.ts';
import { fixtureBytes, samples } from '../../../../tests/kit/files.ts';
import {
  box,
  chunk,
  join,
  latin1,
  number,
  oggPage,
  openElement,
  riffChunk,
  segment,
  withBoxes,
} from '../../../../tests/kit/samples.ts';
import { ProblemError } from '../http/problem.ts';
import { inspect, postMedia, profilePicture } from './inspect.ts';
import { declaredType, mediaTypes } from './types.ts';

const code = (bytes: Uint8Array<ArrayBuffer>, contentType = '', rules = postMedia) => {
  try {
    return inspect(bytes, { name: 'the file', contentType }, rules).type.mimeType;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problem.code;
  }
};
const docxType = mediaTypes.docx.mimeType;

test.each(samples)('knows $name, its size and its duration by its bytes', ({ name, ...facts }) => {
  const { type, dimensions, durationMs } = inspect(fixtureBytes(name), { name, contentType: '' }, postMedia);
  expect({
    mime_type: type.mimeType,
    file_type: type.kind,
    width: dimensions?.width ?? null,
    height: dimensions?.height ?? null,
    duration_ms: durationMs,
  }).toEqual(facts);
  expect(name.endsWith(`.${type.extension}`)).toBe(true);
});

test.each<[what: string, bytes: Uint8Array<ArrayBuffer>]>([
  ['one byte', latin1('a')],
  ['a text', latin1('just words, and enough of them to look at')],
  ['a web page', latin1('<!doctype html><script>alert(1)</script>')],
  ['an SVG', latin1('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')],
  ['a WebP of zeros', join('RIFF', Uint8Array.of(26, 0, 0, 0), 'WEBPVP8L', new Uint8Array(18))],
  ['a Windows program', join('MZ', Uint8Array.of(0x90, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0xff, 0xff))],
  ['a picture behind a byte order mark', join(Uint8Array.of(0xef, 0xbb, 0xbf), fixtureBytes('photo.jpg'))],
])('refuses %s as a type that is not accepted', (_, bytes) => {
  expect(code(bytes)).toBe('media_type_unsupported');
});

describe('a declared type', () => {
  test.each([
    ['image/jpg', 'image/jpeg'],
    ['IMAGE/JPEG; charset=binary', 'image/jpeg'],
    ['audio/mp3', 'audio/mpeg'],
    ['audio/x-wav', 'audio/wav'],
    ['video/avi', 'video/x-msvideo'],
    ['video/3gpp', 'video/mp4'],
    ['audio/x-m4a', 'audio/mp4'],
    ['image/heif', 'image/heic'],
    ['audio/opus', 'audio/ogg'],
  ])('may be %s for %s', (alias, mimeType) => {
    expect(declaredType(alias)?.mimeType).toBe(mimeType);
  });

  test.each([
    '',
    'application/octet-stream',
    'application/zip',
    'application/x-zip-compressed',
    'video/mov',
    'image/*',
    'image/tiff',
    'text/html',
    'audio/mpeg3',
    'nonsense',
  ])('claims nothing where it is "%s"', (contentType) => {
    expect(code(fixtureBytes('document.docx'), contentType)).toBe(docxType);
  });

  test('is refused where it names another accepted type', () => {
    expect(code(fixtureBytes('picture.png'), 'image/jpeg')).toBe('media_type_mismatch');
    expect(code(fixtureBytes('picture.png'), 'image/x-png')).toBe('image/png');
  });

  test.each([
    ['recording.weba', 'video/webm', 'audio/webm'],
    ['clip.webm', 'audio/webm', 'video/webm'],
    ['tone.m4a', 'video/mp4', 'audio/mp4'],
    ['tone.m4a', 'video/quicktime', 'media_type_mismatch'],
    ['tone.ogg', 'audio/webm', 'media_type_mismatch'],
  ])('of %s may name its container alone: %s is taken as %s', (name, contentType, expected) => {
    expect(code(fixtureBytes(name), contentType)).toBe(expected);
  });
});

describe('rules', () => {
  test('refuse an empty file', () => {
    expect(code(new Uint8Array())).toBe('media_empty');
  });

  test('refuse a file that is too large for its field', () => {
    expect(code(new Uint8Array(profilePicture.maxBytes + 1), '', profilePicture)).toBe('media_too_large');
  });

  test.each(samples)(
    'take $name as a profile picture if it is a picture',
    ({ name, file_type, mime_type }) => {
      const expected = file_type === 'image' ? mime_type : 'media_type_unsupported';
      expect(code(fixtureBytes(name), '', profilePicture)).toBe(expected);
    },
  );

  const pngOf = (width: number, height: number) => {
    const bytes = fixtureBytes('picture.png');
    const view = new DataView(bytes.buffer);
    view.setUint32(16, width);
    view.setUint32(20, height);
    return bytes;
  };
  test.each([
    [10_000, 10_000, 'image/png'],
    [10_001, 10_000, 'media_invalid'],
    [0xffffffff, 1, 'media_invalid'],
    [0xffffffff, 0xffffffff, 'media_invalid'],
    [0, 1, 'media_type_unsupported'],
  ])('take a picture of %i by %i pixels as %s', (width, height, expected) => {
    expect(code(pngOf(width, height))).toBe(expected);
  });
});

test('any damage to a file ends in a clean file or in a refusal', { timeout: 60_000 }, () => {
  const files = samples.map(({ name }) => fixtureBytes(name));
  const damage = fc.record({
    sample: fc.constantFrom(...files),
    // Headers are where the damage is worst.
    bytes: fc.array(fc.tuple(fc.oneof(fc.nat(200), fc.nat(20_000)), fc.nat(255)), { maxLength: 20 }),
    cut: fc.option(fc.nat(20_000)),
    moved: fc.option(fc.tuple(fc.nat(20_000), fc.nat(20_000), fc.nat(2_000))),
  });
  fc.assert(
    fc.property(damage, ({ sample, bytes, cut, moved }) => {
      const file = sample.slice(0, cut ?? sample.length);
      for (const [at, value] of bytes) if (at < file.length) file[at] = value;
      if (moved) file.copyWithin(...moved);
      const { length } = file;
      const result = code(file);
      expect(result).toMatch(/^(image|video|audio|application)\/|^media_/);
      expect(file.length).toBe(length);
    }),
    { numRuns: 2000 },
  );
});

describe('50 MB of hostile bytes take less than a second of CPU:', () => {
  const size = 50_000_000;
  const repeat = (piece: Uint8Array, length = size) => {
    const bytes = new Uint8Array(length);
    Buffer.from(bytes.buffer).fill(piece, 0, length - (length % piece.length));
    return bytes;
  };
  const photo = fixtureBytes('photo.jpg');
  const picture = fixtureBytes('picture.png');
  const animation = fixtureBytes('animation.gif');
  const clip = fixtureBytes('clip.mp4');

  /** A track of places, of which one table counts 4 billion entries. */
  const trackOfMany = (table: 'stsz' | 'stsc' | 'stco' | 'co64') => {
    const count = (type: string) => number(type === table ? 0xffffffff : 1);
    return box(
      'trak',
      box(
        'mdia',
        box('hdlr', number(0), number(0), 'meta'),
        box(
          'minf',
          box(
            'stbl',
            box('stsz', number(0), number(0), count('stsz'), number(0)),
            box('stsc', number(0), count('stsc'), number(0), number(0xffffffff), number(1)),
            box(table === 'co64' ? 'co64' : 'stco', number(0), count(table === 'co64' ? 'co64' : 'stco')),
          ),
        ),
      ),
    );
  };

  const fragments = fixtureBytes('fragments.mp4');
  const run = box('trun', number(0x100), number(1), number(1));
  const recording = fixtureBytes('recording.webm');
  const oggHead = oggPage({ flags: 2 }, 'OpusHead'.padEnd(19));
  const item = box('infe', '\x02\0\0\0\0\x01\0\0hvc1\0');
  const place = join(number(1), '\0\0\0\0\0\x01', number(0), number(1));
  const manyPlaces = join('\0\x01\0\0\0\0\xff\xff', ...Array(65_535).fill(join(number(0), number(1))));
  /** A HEIC whose box has other contents; the boxes around it go on to the end of the file. */
  const heicWith = (type: string, contents: Uint8Array) => {
    const file = fixtureBytes('photo.heic');
    const at = Buffer.from(file).indexOf(type) - 4;
    for (const outer of ['meta', ...(type === 'ipma' ? ['iprp'] : [])]) {
      file.fill(0, Buffer.from(file).indexOf(outer) - 4, Buffer.from(file).indexOf(outer));
    }
    return join(file.subarray(0, at), box(type, contents));
  };
  /** A RIFF file that knows its own length. */
  const sized = (file: Uint8Array<ArrayBuffer>) => {
    new DataView(file.buffer).setUint32(4, file.length - 8, true);
    return file;
  };

  test.each<[what: string, make: () => Uint8Array<ArrayBuffer>]>([
    ['escaped bytes in a JPEG', () => join(photo.subarray(0, -2), repeat(Uint8Array.of(0xff, 0)))],
    ['segments of a JPEG', () => join(photo.subarray(0, 2), repeat(segment(0xfe)), photo.subarray(2))],
    [
      'needed segments of a JPEG',
      () => join(photo.subarray(0, 2), repeat(segment(0xdb, 'x')), photo.subarray(2)),
    ],
    [
      'fill bytes in a JPEG',
      () => join(photo.subarray(0, 2), repeat(Uint8Array.of(0xff)), photo.subarray(2)),
    ],
    ['chunks of a PNG', () => join(picture.subarray(0, 33), repeat(chunk('tEXt')), picture.subarray(33))],
    [
      'a PNG of data and text by turns',
      () => join(picture.subarray(0, 33), repeat(join(chunk('IDAT'), chunk('tEXt'))), picture.subarray(33)),
    ],
    ['extensions of a GIF', () => join(animation.subarray(0, 781), repeat(latin1('\x21\xfe\0')))],
    ['blocks of a GIF', () => join(animation.subarray(0, -1), '\x21\xfe', repeat(latin1('\x01x')))],
    ['boxes of an MP4', () => join(clip, repeat(box('free')))],
    ['boxes in a film', () => join(clip.subarray(0, 32), box('moov', repeat(box('trak'))))],
    ...(['stco', 'co64', 'stsz', 'stsc'] as const).map((table): [string, () => Uint8Array<ArrayBuffer>] => [
      `more entries than the ${table} box of an MP4 holds`,
      () => withBoxes(clip, ['moov'], trackOfMany(table)),
    ]),
    [
      'fragments of an MP4',
      () => join(fragments, repeat(box('moof', box('traf', box('tfhd', number(0), number(1)), run)))),
    ],
    [
      'boxes in the tracks of a film',
      () => {
        const film = box('mdia', box('hdlr', number(0), number(0), 'vide'));
        const track = box('trak', repeat(box('free'), size / 50), film);
        return join(clip.subarray(0, 32), box('moov', ...Array<Uint8Array>(50).fill(track)));
      },
    ],
    [
      'films of many tracks of many boxes',
      () => {
        const frees = repeat(box('free'), 8 * 1990);
        const inner = box('minf', frees, box('stbl', frees));
        const film = box('mdia', frees, box('hdlr', number(0), number(0), 'vide'), inner);
        const track = box('trak', frees, box('tkhd', new Uint8Array(84)), film);
        const moov = box('moov', ...Array<Uint8Array>(90).fill(track));
        return join(clip.subarray(0, 32), ...Array<Uint8Array>(8).fill(moov));
      },
    ],
    [
      'samples in a fragment of an MP4',
      () =>
        join(
          fragments,
          box('moof', box('traf', box('trun', number(0x100), number(0xffffffff), repeat(number(1))))),
        ),
    ],
    ...[400_000, size / 4].map((count): [string, () => Uint8Array<ArrayBuffer>] => [
      `${count} chunks of a film, in no order`,
      () => {
        const offsets = Buffer.alloc(4 * count);
        for (let at = 0; at < count; at++) offsets.writeUInt32BE((at * 7919) % (size / 2), 4 * at);
        const stbl = box(
          'stbl',
          box('stsz', number(0), number(1), number(count)),
          box('stsc', number(0), number(1), number(1), number(1), number(1)),
          box('stco', number(0), number(count), offsets),
        );
        const track = box('trak', box('mdia', box('hdlr', number(0), number(0), 'vide'), box('minf', stbl)));
        return join(clip.subarray(0, 32), box('mdat', new Uint8Array(size - 4 * count)), box('moov', track));
      },
    ]),
    ['items of a HEIC', () => heicWith('iinf', join(number(0), '\xff\xff', repeat(item)))],
    ['places of a HEIC', () => heicWith('iloc', join('\x02\0\0\0\x44\0\xff\xff\xff\xff', repeat(place)))],
    [
      'places of one item of a HEIC',
      () => heicWith('iloc', join('\x01\0\0\0\x44\0\xff\xff', repeat(manyPlaces))),
    ],
    [
      'properties of a HEIC',
      () => heicWith('ipma', join(number(0), number(0xffffffff), repeat(latin1('\0\x09\0')))),
    ],
    ['boxes of a HEIC', () => join(fixtureBytes('photo.heic'), repeat(box('mdat')))],
    [
      'chunks of a WebP',
      () =>
        sized(
          join('RIFF....WEBPVP8X', new Uint8Array([10]), new Uint8Array(13), repeat(latin1('ALPH\0\0\0\0'))),
        ),
    ],
    ['frames in a WebP', () => sized(join('RIFF....WEBP', repeat(riffChunk('ANMF', new Uint8Array(16)))))],
    ['elements of a WebM', () => join(recording, repeat(latin1('\xec\x80')))],
    [
      'elements in a block of a WebM',
      () => join(recording, openElement(0x1f43b675, repeat(latin1('\xa0\x82\xec\x80')))),
    ],
    [
      'parts of a WebM without lengths',
      () => join(recording, repeat(openElement(0x1f43b675, latin1('\xe7\x81\x01')))),
    ],
    ['pages of an OGG', () => join(oggHead, oggPage({}, 'OpusTags'.padEnd(16)), repeat(oggPage({})))],
    [
      'tags of an OGG',
      () =>
        join(
          oggHead,
          oggPage({ goesOn: true }, 'OpusTags'.padEnd(65_025)),
          repeat(oggPage({ goesOn: true }, 'x'.repeat(65_025))),
        ),
    ],
    [
      'short pages of tags of an OGG',
      () => join(oggHead, oggPage({ goesOn: true }, 'OpusTags'.padEnd(255)), repeat(oggPage({}))),
    ],
    ['chunks of a WAV', () => join('RIFF\xff\xff\xff\xffWAVE', repeat(latin1('fmt \0\0\0\0')))],
    [
      'samples of an AVI',
      () => {
        const stream = riffChunk('LIST', 'strl', riffChunk('strh', 'vids', new Uint8Array(52)));
        const head = riffChunk('LIST', 'hdrl', riffChunk('avih', new Uint8Array(56)), stream);
        return join(
          'RIFF\xff\xff\xff\xffAVI ',
          head,
          'LIST\xff\xff\xff\xffmovi',
          repeat(latin1('00dc\0\0\0\0')),
        );
      },
    ],
    [
      'the smallest frames of an MP3, with tags between them',
      () => {
        const frame = join('\xff\xf3\x14\xc4', new Uint8Array(20));
        return repeat(join(frame, 'ID3\x04\0\0\0\0\0\0'));
      },
    ],
    [
      'frame headers among the frames of an MP3',
      () => {
        const frames = join(...Array<Uint8Array>(4).fill(join('\xff\xf3\x14\xc4', new Uint8Array(20))));
        return repeat(join(frames, '\xff\xfb\x90\x44\xff\xfb\x90\x44'));
      },
    ],
    ['tags of an MP3', () => repeat(latin1('ID3\x04\0\0\0\0\0\0'))],
    ['tags behind an MP3', () => join(fixtureBytes('tone.mp3'), repeat(latin1('TAG'.padEnd(128))))],
    [
      'frame headers before tags of an MP3',
      () => {
        const tags = repeat(latin1('TAG'.padEnd(128)));
        const frames = Uint8Array.of(0xff, 0xfb, 0x90, 0x44);
        for (let at = 0; at < 64 * 1024; at += 4) tags.set(frames, at);
        return join('ID3\x04\0\0\0\0\0\0', tags);
      },
    ],
    [
      'frame headers of an MP3',
      () => join('ID3\x04\0\0\0\0\0\0', repeat(Uint8Array.of(0xff, 0xfb, 0x90, 0x44))),
    ],
    [
      'an archive without an end',
      () => join('PK', repeat(latin1('PK\x05\x06')).subarray(0, -40), new Uint8Array(70_000)),
    ],
    ['names in an archive', () => join('PK\x03\x04', repeat(latin1(`PK\x01\x02${'\0'.repeat(42)}`)))],
  ])('%s', (_, make) => {
    const bytes = make();
    expect(cpuMilliseconds(() => code(bytes))).toBeLessThan(1000);
  });
});
