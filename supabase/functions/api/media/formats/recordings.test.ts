import { describe, expect, test } from 'vitest';
import { fixtureBytes } from '../../../../../tests/kit/files.ts';
import {
  box,
  holdsLocation,
  join,
  latin1,
  location,
  number,
  riffChunk,
  riffWith,
  withBoxes,
  xmp,
} from '../../../../../tests/kit/samples.ts';
import type { Format } from './format.ts';
import { mp3 } from './mp3.ts';
import { mp4 } from './mp4.ts';
import { riff } from './riff.ts';

const clean = (format: Format, bytes: Uint8Array) => format.clean(Uint8Array.from(bytes));
const clip = fixtureBytes('clip.mp4');
const film = fixtureBytes('clip.mov');
const wav = fixtureBytes('tone.wav');
const avi = fixtureBytes('clip.avi');
/** The sound alone, without the tag at the sample's head. */
const tone = clean(mp3, fixtureBytes('tone.mp3'))?.bytes ?? new Uint8Array();

describe('MP4 and MOV', () => {
  const places: [what: string, path: string[], added: Uint8Array][] = [
    ['©xyz', ['moov'], box('udta', box('\xa9xyz', location))],
    ['loci', ['moov'], box('udta', box('loci', '\0\0\0\0\0\0', location))],
    ['©xyz of a track', ['moov', 'trak'], box('udta', box('\xa9xyz', location))],
    [
      "Apple's location",
      ['moov'],
      box(
        'meta',
        box('keys', 'mdtacom.apple.quicktime.location.ISO6709'),
        box('ilst', box('data', location)),
      ),
    ],
    [
      'XMP in a uuid box',
      [],
      box('uuid', '\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac', xmp()),
    ],
    ['XMP in user data', ['moov'], box('udta', box('XMP_', xmp()))],
    ['a free box', [], box('free', location)],
    ['an unknown box', ['moov', 'trak', 'mdia'], box('gps ', location)],
    ['an unknown box among the tables', ['moov', 'trak', 'mdia', 'minf', 'stbl'], box('gps ', location)],
  ];
  for (const [name, file] of [
    ['MP4', clip],
    ['MOV', film],
  ] as const) {
    test.each(places)(`removes a location from %s of ${name} and moves nothing`, (_, path, added) => {
      const before = path.length > 0 ? withBoxes(file, path, added) : join(file, added);
      const after = clean(mp4, before)?.bytes ?? new Uint8Array();
      expect(holdsLocation(before)).toBe(true);
      expect(holdsLocation(after)).toBe(false);
      // The same length, and the box of the same length became free.
      expect(after.length).toBe(before.length);
      const at = Buffer.from(before).indexOf(added);
      expect(Buffer.from(after.subarray(at, at + added.length))).toEqual(
        Buffer.from(box('free', new Uint8Array(added.length - 8))),
      );
    });

    test(`removes what follows the last box of ${name}`, () => {
      const after = clean(mp4, join(file, '\0\0\0\u0001', location))?.bytes;
      expect(after).toEqual(clean(mp4, file)?.bytes);
    });

    test(`keeps the samples and tables of ${name}`, () => {
      const after = Buffer.from(clean(mp4, file)?.bytes ?? []);
      for (const type of ['mdat', 'stbl', 'edts']) {
        const at = Buffer.from(file).indexOf(type) - 4;
        const end = at + Buffer.from(file).readUInt32BE(at);
        expect(after.subarray(at, end)).toEqual(Buffer.from(file.subarray(at, end)));
      }
    });
  }

  test('removes when a video was made', () => {
    const dated = Buffer.from(clip);
    for (const type of ['mvhd', 'tkhd', 'mdhd']) {
      for (let at = dated.indexOf(type); at !== -1; at = dated.indexOf(type, at + 1))
        dated.fill('date2026', at + 8, at + 16);
    }
    expect(Buffer.from(clean(mp4, dated)?.bytes ?? []).includes('date2026')).toBe(false);
  });

  test.each([
    ['stz2', (offset: number) => box('stco', number(0), number(2), number(offset), number(offset + 40))],
    ['stco', (offset: number) => box('stco', number(0), number(2), number(offset), number(offset + 40))],
    [
      'co64',
      (offset: number) =>
        box('co64', number(0), number(2), number(0), number(offset), number(0), number(offset + 40)),
    ],
  ])('removes a track of places with its samples (%s)', (name, offsets) => {
    const sizes =
      name === 'stz2'
        ? box('stz2', number(0), number(8), number(3), '\x14\x14\x14')
        : box('stsz', number(0), number(0), number(3), number(20), number(20), number(20));
    const sample = location.padEnd(20, '.');
    // Two chunks, the first of two samples, the second of one.
    const samples = box('mdat', sample, sample, sample);
    const track = (at: number) =>
      box(
        'trak',
        box(
          'mdia',
          box('hdlr', number(0), number(0), 'meta'),
          box(
            'minf',
            box(
              'stbl',
              sizes,
              box('stsc', number(0), number(2), ...[1, 2, 1, 2, 1, 1].map(number)),
              offsets(at),
            ),
          ),
        ),
      );
    const length = withBoxes(clip, ['moov'], track(0)).length;
    const before = join(withBoxes(clip, ['moov'], track(length + 8)), samples);
    const after = clean(mp4, before)?.bytes ?? new Uint8Array();
    const second = join(clip, box('moov', track(clip.length + track(0).length + 16)), samples);
    expect(holdsLocation(clean(mp4, second)?.bytes ?? second)).toBe(false);
    expect(holdsLocation(before)).toBe(true);
    expect(holdsLocation(after)).toBe(false);
    expect(after.length).toBe(before.length);
    // The picture's samples stay.
    const mdat = Buffer.from(before).indexOf('mdat');
    expect(after.subarray(mdat, mdat + 18_000)).toEqual(before.subarray(mdat, mdat + 18_000));
  });

  test.each(['url ', 'alis'])('removes the path from a reference to other data (%s)', (type) => {
    const entry = box(type, number(1), location);
    const file = withBoxes(
      clip,
      ['moov', 'trak', 'mdia', 'minf'],
      box('dinf', box('dref', number(0), number(1), entry), location),
    );
    const after = Buffer.from(clean(mp4, file)?.bytes ?? []);
    expect(holdsLocation(file)).toBe(true);
    expect(holdsLocation(after)).toBe(false);
    const empty = box(type, number(1), new Uint8Array(location.length));
    expect(after.indexOf(Buffer.from(empty))).toBe(Buffer.from(file).indexOf(entry));
  });

  /** A film of one track, whose samples are in a place of `mdat`. */
  const filmOf = (handler: string, mdat: Uint8Array, at: number, ...tables: Uint8Array[]) => {
    const head = join(box('ftyp', 'isom\0\0\0\0'), box('mdat', mdat));
    const start = head.length - mdat.length + at;
    const stco = box('stco', number(0), number(1), number(start));
    const minf = box('minf', box('stbl', ...tables, stco));
    const mdia = box('mdia', box('hdlr', number(0), number(0), handler), minf);
    return join(head, box('moov', box('trak', mdia)));
  };
  const stsc = (count: number) => box('stsc', number(0), number(1), number(1), number(count), number(1));
  const stsz = (each: number, count: number, ...sizes: number[]) =>
    box('stsz', number(0), number(each), number(count), ...sizes.map(number));
  const stz2 = (bits: number, count: number, sizes: string) =>
    box('stz2', number(0), number(bits), number(count), sizes);
  test.each<[what: string, handler: string, length: number, tables: Uint8Array[]]>([
    ['sizes', 'vide', 14, [stsz(0, 3, 5, 5, 4), stsc(3)]],
    ['one size', 'vide', 14, [stsz(7, 2), stsc(2)]],
    ['sizes of 16 bits', 'soun', 14, [stz2(16, 3, '\0\x05\0\x05\0\x04'), stsc(3)]],
    ['sizes of 8 bits', 'soun', 14, [stz2(8, 3, '\x05\x05\x04'), stsc(3)]],
    ['sizes of 4 bits', 'soun', 14, [stz2(4, 3, '\x55\x40'), stsc(3)]],
    [
      'frames of sound that count as one byte each',
      'soun',
      12,
      [
        stsz(1, 3),
        stsc(3),
        box('stsd', number(0), number(1), box('sowt', new Uint8Array(16), '\0\x02\0\x10', new Uint8Array(8))),
      ],
    ],
    [
      'frames of sound of 24 bits',
      'soun',
      18,
      [
        stsz(1, 3),
        stsc(3),
        box(
          'stsd',
          number(0),
          number(1),
          box(
            'in24',
            new Uint8Array(8),
            '\0\x01',
            new Uint8Array(6),
            '\0\x02\0\x10',
            new Uint8Array(8),
            number(1),
            number(3),
            number(6),
            number(2),
          ),
        ),
      ],
    ],
    [
      'frames of sound of 64 bits',
      'soun',
      24,
      [
        stsz(1, 3),
        stsc(3),
        box(
          'stsd',
          number(0),
          number(1),
          box(
            'lpcm',
            new Uint8Array(8),
            '\0\x02',
            new Uint8Array(6),
            '\0\x03\0\x10',
            new Uint8Array(36),
            number(8),
            number(1),
          ),
        ),
      ],
    ],
  ])('keeps the samples of a track alone, by %s', (_, handler, length, tables) => {
    const samples = 'abcdefghijklmnopqrstuvwxyz'.slice(0, length);
    const file = filmOf(handler, join(location, samples, location), location.length, ...tables);
    const blank = new Uint8Array(location.length);
    expect(
      Buffer.from(clean(mp4, file)?.bytes ?? []).includes(Buffer.from(join(blank, samples, blank))),
    ).toBe(true);
  });

  test('keeps the data of a film in fragments', () => {
    const fragments = fixtureBytes('fragments.mp4');
    const after = Buffer.from(clean(mp4, fragments)?.bytes ?? []);
    const at = Buffer.from(fragments).indexOf('mdat');
    expect(after.subarray(at, at + 2000)).toEqual(Buffer.from(fragments.subarray(at, at + 2000)));
  });

  test.each(['isom', 'mp42', 'avc1', 'M4V ', '3gp4', '3gp5', '3g2a'])('takes an MP4 of brand %s', (brand) => {
    const file = Uint8Array.from(clip);
    file.set(latin1(brand), 8);
    expect(clean(mp4, file)?.type.mimeType).toBe('video/mp4');
  });

  test('takes sound alone as M4A, whatever its brand, and removes titles and cover', () => {
    const song = fixtureBytes('tone.m4a');
    const after = clean(mp4, song);
    expect(holdsLocation(song)).toBe(true);
    expect(holdsLocation(after?.bytes ?? song)).toBe(false);
    const samples = Buffer.from(song).indexOf('mdat');
    const cover = Buffer.from(song).indexOf('covr');
    expect(after?.bytes.subarray(samples, samples + 2900)).toEqual(song.subarray(samples, samples + 2900));
    expect(after?.bytes.subarray(cover, cover + 2000)).toEqual(new Uint8Array(2000));
    song.set(latin1('isom'), 8);
    expect(clean(mp4, song)?.type.mimeType).toBe('audio/mp4');
    song.set(latin1('qt  '), 8);
    expect(clean(mp4, song)?.type.mimeType).toBe('video/quicktime');
  });

  test('removes the names of programs from handlers', () => {
    expect(Buffer.from(clip).includes('VideoHandler')).toBe(true);
    expect(Buffer.from(clean(mp4, clip)?.bytes ?? []).includes('Handler')).toBe(false);
  });

  /** The sample clip with other bytes at a place in a box. */
  const clipWith = (type: string, at: number, ...bytes: Uint8Array[]) => {
    const file = Uint8Array.from(clip);
    file.set(join(...bytes), Buffer.from(clip).indexOf(type) + 4 + at);
    return file;
  };
  test.each<[what: string, file: Uint8Array, width: number, height: number]>([
    ['as it lies', clip, 320, 240],
    [
      'turned by a quarter',
      clipWith('tkhd', 40, number(0), number(0x10000), number(0), number(0xffff0000), number(0)),
      240,
      320,
    ],
    [
      'turned by a half',
      clipWith('tkhd', 40, number(0xffff0000), number(0), number(0), number(0), number(0xffff0000)),
      320,
      240,
    ],
  ])('tells the size of a video %s', (_, file, width, height) => {
    expect(clean(mp4, file)?.dimensions).toEqual({ width, height });
  });

  test('tells no size where the header has none', () => {
    const file = clipWith('tkhd', 76, number(0), number(0));
    expect(clean(mp4, file)).toMatchObject({ dimensions: null, durationMs: 1000 });
  });

  test.each<[what: string, file: Uint8Array, expected: number | null]>([
    ['in its own units', clipWith('mvhd', 12, number(600), number(1500)), 2500],
    ['not at all where it is not known', clipWith('mvhd', 12, number(90_000), number(0xffffffff)), null],
    ['not at all without units', clipWith('mvhd', 12, number(0)), null],
    ['not at all if it says a thousand years', clipWith('mvhd', 12, number(1), number(0x7fffffff)), null],
  ])('tells how long a video is: %s', (_, file, expected) => {
    expect(clean(mp4, file)?.durationMs).toBe(expected);
  });

  test('adds up fragments of samples of one length, without times of their own', () => {
    const head = fixtureBytes('fragments.mp4');
    const moov = head.subarray(0, Buffer.from(head).indexOf('moof') - 4);
    const scale = new DataView(head.buffer).getUint32(Buffer.from(head).indexOf('mdhd') + 16);
    const fragment = (...parts: Uint8Array[]) =>
      box('moof', box('mfhd', number(0), number(1)), box('traf', ...parts));
    const each = box('tfhd', number(8), number(1), number(scale / 4));
    const run = (count: number) => box('trun', number(0), number(count));
    const file = (...parts: Uint8Array[]) => join(moov, ...parts, box('mdat', 'samples'));
    expect(clean(mp4, file(fragment(each, run(3)), fragment(each, run(5))))?.durationMs).toBe(2000);
    const late = box('tfdt', number(0x01000000), number(0), number(scale * 10));
    expect(clean(mp4, file(fragment(each, late, run(2))))?.durationMs).toBe(10_500);
    const listed = box('trun', number(0x101), number(2), number(0), number(scale), number(scale / 2));
    const plain = box('tfhd', number(0), number(1));
    expect(clean(mp4, file(fragment(plain, listed)))?.durationMs).toBe(1500);
    moov.set(number(scale / 2), Buffer.from(moov).indexOf('trex') + 16);
    expect(clean(mp4, file(fragment(plain, run(5))))?.durationMs).toBe(2500);
  });

  test('tells MOV by its brand, or by having none', () => {
    expect(clean(mp4, film)?.type.mimeType).toBe('video/quicktime');
    expect(clean(mp4, film.slice(20))?.type.mimeType).toBe('video/quicktime');
  });

  test.each<[what: string, file: Uint8Array]>([
    ['a picture in the same boxes', join(box('ftyp', 'mif1\0\0\0\0'), box('meta', 'pitm'), box('mdat', 'x'))],
    ['a header without a film', clip.slice(0, 32)],
    [
      'a film without tracks',
      join(box('ftyp', 'isom\0\0\0\0'), box('moov', box('mvhd', 'x')), box('mdat', 'x')),
    ],
    [
      'a track whose samples are larger than the file',
      withBoxes(
        clip,
        ['moov'],
        box(
          'trak',
          box(
            'mdia',
            box('hdlr', number(0), number(0), 'meta'),
            box(
              'minf',
              box(
                'stbl',
                box('stsz', number(0), number(0xffffffff), number(9)),
                box('stsc', number(0), number(1), number(1), number(9), number(1)),
                box('stco', number(0), number(1), number(0)),
              ),
            ),
          ),
        ),
      ),
    ],
  ])('refuses %s', (_, file) => {
    expect(clean(mp4, file)).toBeNull();
  });
});

describe('WAV and AVI', () => {
  const stream = (type: string, ...chunks: Uint8Array[]) =>
    riffChunk('LIST', 'strl', riffChunk('strh', type, new Uint8Array(52)), ...chunks);
  const picture = riffChunk('00dc', 'a picture');
  const aviOf = (header: Uint8Array[], samples: Uint8Array[]) =>
    riffWith(
      join('RIFF....AVI '),
      riffChunk('LIST', 'hdrl', riffChunk('avih', new Uint8Array(56)), ...header),
      riffChunk('LIST', 'movi', ...samples),
    );

  test.each<[what: string, file: Uint8Array, added: Uint8Array]>([
    ['INFO of a WAV', wav, riffChunk('LIST', 'INFO', riffChunk('ICMT', location))],
    ['XMP of a WAV', wav, riffChunk('_PMX', xmp())],
    ['ID3 of a WAV', wav, riffChunk('id3 ', 'ID3', location)],
    ['the broadcast chunk of a WAV', wav, riffChunk('bext', location)],
    ['INFO of an AVI', avi, riffChunk('LIST', 'INFO', riffChunk('ICMT', location))],
    ["a maker's chunk of an AVI", avi, riffChunk('strd', location)],
    ['padding of an AVI', avi, riffChunk('JUNK', location)],
  ])('removes a location from %s and moves nothing', (_, file, added) => {
    const before = riffWith(file, added);
    const after = clean(riff, before)?.bytes ?? new Uint8Array();
    expect(holdsLocation(before)).toBe(true);
    const padding = join('JUNK', added.subarray(4, 8), new Uint8Array(added.length - 8));
    expect(after.subarray(-added.length)).toEqual(padding);
    expect(after.length).toBe(before.length);
  });

  test("removes a maker's chunk from the header of a stream", () => {
    const file = aviOf([stream('vids', riffChunk('strd', location))], [picture]);
    const after = clean(riff, file)?.bytes;
    expect(after && holdsLocation(after)).toBe(false);
  });

  test("removes the samples of a stream of text from an AVI, and keeps the streams' numbers", () => {
    const text = [riffChunk('01tx', location), riffChunk('ix01', location), riffChunk('01dc', location)];
    const list = riffChunk('LIST', 'rec ', ...text, picture, riffChunk('02wb', 'sound'));
    const strf = riffChunk('strf', location);
    const before = aviOf(
      [stream('vids', riffChunk('strf', 'x')), stream('txts', strf), stream('auds')],
      [riffChunk('ix00', 'index'), picture, ...text, list, riffChunk('02wb', 'sound')],
    );
    const after = clean(riff, before)?.bytes ?? new Uint8Array();
    expect(holdsLocation(after)).toBe(false);
    expect(after.length).toBe(before.length);
    const blank = ({ length }: Uint8Array) => riffChunk('JUNK', new Uint8Array(length - 8));
    const rest = text.map(blank);
    expect(Buffer.from(after)).toEqual(
      Buffer.from(
        aviOf(
          [stream('vids', riffChunk('strf', 'x')), stream('txts', blank(strf)), stream('auds')],
          [
            ...[riffChunk('ix00', 'index'), picture, ...rest],
            ...[
              riffChunk('LIST', 'rec ', ...rest, picture, riffChunk('02wb', 'sound')),
              riffChunk('02wb', 'sound'),
            ],
          ],
        ),
      ),
    );
  });

  test.each<[what: string, file: Uint8Array]>([
    ['a chunk of an unknown name', aviOf([stream('vids')], [picture, riffChunk('JUNK', location)])],
    ['a stream without a header', aviOf([stream('vids')], [picture, riffChunk('01dc', location)])],
    [
      'a list that has the name of samples',
      aviOf([stream('vids')], [picture, riffChunk('LIST', '00dc', location)]),
    ],
    ['a chunk that has the name of a list', aviOf([stream('vids')], [picture, riffChunk('rec ', location)])],
    [
      'less than a chunk',
      aviOf([stream('vids')], [picture, riffChunk('LIST', 'rec ', location.slice(0, 7))]),
    ],
    [
      'the chunk after ten thousand others',
      aviOf(
        [stream('vids'), ...Array<Uint8Array>(10_000).fill(riffChunk('junk')), riffChunk('IDIT', location)],
        [picture],
      ),
    ],
  ])('removes %s from an AVI', (_, before) => {
    const after = clean(riff, before)?.bytes ?? before;
    expect(Buffer.from(before).includes(location.slice(0, 7))).toBe(true);
    expect(Buffer.from(after).includes(location.slice(0, 7))).toBe(false);
    expect(Buffer.from(after).indexOf(picture)).toBe(Buffer.from(before).indexOf(picture));
  });

  test('takes an AVI of 100,000 pictures, and refuses one of more chunks than films have', () => {
    const avi = (count: number) =>
      aviOf([stream('vids')], [join(Buffer.concat(Array<Uint8Array>(count).fill(picture)))]);
    expect(clean(riff, avi(100_000))?.bytes).toEqual(avi(100_000));
    expect(clean(riff, avi(500_000))?.type).toBeUndefined();
  });

  test('removes what follows the file', () => {
    expect(clean(riff, join(wav, location))?.bytes).toEqual(clean(riff, wav)?.bytes);
  });

  test('keeps sound and pictures', () => {
    const data = Buffer.from(wav).indexOf('data');
    expect(clean(riff, wav)?.bytes.subarray(data)).toEqual(wav.subarray(data));
    const movi = Buffer.from(avi).indexOf('movi');
    expect(clean(riff, avi)?.bytes.subarray(movi)).toEqual(avi.subarray(movi));
  });

  test('tells how long they are, and the size of an AVI', () => {
    expect(clean(riff, avi)).toMatchObject({ durationMs: 1000, dimensions: { width: 160, height: 120 } });
    const at = Buffer.from(avi).indexOf('strh') + 8;
    const slow = Buffer.from(avi);
    slow.writeUInt32LE(slow.readUInt32LE(at + 20) * 3, at + 20);
    expect(clean(riff, slow)?.durationMs).toBe(3000);
    const still = Buffer.from(avi);
    still.fill(0, at + 20, at + 28);
    still.fill(0, still.indexOf('avih') + 40, still.indexOf('avih') + 48);
    expect(clean(riff, still)).toMatchObject({ durationMs: null, dimensions: null });
    expect(clean(riff, wav.slice(0, Buffer.from(wav).indexOf('data') + 8 + 4000))?.durationMs).toBe(250);
    const silent = Buffer.from(wav);
    silent.writeUInt32LE(0, silent.indexOf('fmt ') + 16);
    expect(clean(riff, silent)?.durationMs).toBeNull();
  });

  test('takes a WAV whose recorder did not know its length', () => {
    const streamed = Buffer.from(wav);
    streamed.fill(0xff, 4, 8);
    streamed.fill(0xff, streamed.indexOf('data') + 4, streamed.indexOf('data') + 8);
    expect(clean(riff, streamed)?.bytes.length).toBe(wav.length);
  });

  test.each<[what: string, file: Uint8Array]>([
    ['a WAV without sound', wav.slice(0, 36)],
    ['an AVI without samples', avi.slice(0, Buffer.from(avi).indexOf('movi') + 4)],
    ['an AVI of text alone', aviOf([stream('txts')], [riffChunk('00tx', location)])],
  ])('refuses %s', (_, file) => {
    expect(clean(riff, file)).toBeNull();
  });
});

describe('MP3', () => {
  const id3 = (body: string) =>
    join('ID3\u0004\0\0\0\0', Uint8Array.of(body.length >> 7, body.length & 0x7f), body);
  const ape = (body: string) => {
    const end = (flags: number) => {
      const bytes = Buffer.alloc(32);
      bytes.write('APETAGEX');
      bytes.writeUInt32LE(2000, 8);
      bytes.writeUInt32LE(body.length + 32, 12);
      bytes.writeUInt32LE(flags, 20);
      return bytes;
    };
    return join(end(0xa0000000), body, end(0x80000000));
  };
  const id3v1 = `TAG${location.padEnd(125)}`;
  const lyrics = `LYRICSBEGIN${location}${String(11 + location.length).padStart(6, '0')}LYRICS200`;

  test.each<[what: string, file: Uint8Array]>([
    ['ID3', join(id3(location), tone)],
    ['two ID3 tags', join(id3(location), id3(location), tone)],
    ['ID3 with a gap', join(id3(location), 'not sound', tone)],
    ['ID3 with zeros', join(id3(location), new Uint8Array(5000), tone)],
    ['an APE tag in front', join(ape(location), tone)],
    ['an APE tag behind', join(tone, ape(location))],
    ['ID3v1', join(tone, id3v1)],
    ['Lyrics3, APE and ID3v1', join(tone, ape(location), lyrics, id3v1)],
    ['zeros in front', join(new Uint8Array(1000), tone)],
  ])('takes an MP3 with %s and keeps the sound alone', (_, file) => {
    const cleaned = clean(mp3, file);
    expect(cleaned?.type.mimeType).toBe('audio/mpeg');
    expect(cleaned?.bytes).toEqual(tone);
  });

  test('counts the frames, but not one that holds facts alone', () => {
    // LAME's, with its name behind the side information of one channel.
    expect(Buffer.from(tone).indexOf('Info')).toBe(4 + 17);
    const { durationMs = null } = clean(mp3, tone) ?? {};
    expect(durationMs).toBe(1045);
    const nameless = Buffer.from(tone);
    nameless.fill(0, 21, 25);
    expect(clean(mp3, nameless)?.durationMs).toBeGreaterThan(durationMs ?? 0);
  });

  test('counts frames of various rates', () => {
    // Three seconds of 32, and three of 64 kilobits.
    const frame = (second: number, length: number) =>
      join(Uint8Array.of(0xff, 0xfb, second, 0xc0), new Uint8Array(length - 4));
    const seconds = (byte: number, length: number) => Array<Uint8Array>(125).fill(frame(byte, length));
    const file = join(...seconds(0x14, 96), ...seconds(0x54, 192));
    expect(clean(mp3, file)?.durationMs).toBe(6000);
  });

  test.each<[what: string, metadata: Uint8Array]>([
    ['ID3', id3(location)],
    ['two ID3 tags', join(id3(location), id3(location))],
    ['ID3 with a footer', join(id3(location), '3DI\u0004\0\x10\0\0\0', Uint8Array.of(location.length))],
    ['APE', ape(location)],
    ['ID3v1', latin1(id3v1)],
    ['Lyrics3', latin1(lyrics)],
    ['the first version of Lyrics3', latin1(`LYRICSBEGIN${location}LYRICSEND`)],
  ])('removes %s between two sounds and at the end', (_, metadata) => {
    const cleaned = clean(mp3, join(tone, metadata, tone, metadata));
    expect(cleaned?.bytes).toEqual(join(tone, tone));
    // The second sound has no frame at its head that is left out.
    expect(cleaned?.durationMs).toBe(clean(mp3, join(tone, tone))?.durationMs);
  });

  test('removes unknown bytes among the frames, and the frame that ends in them', () => {
    const frames = Array<Uint8Array>(8).fill(join('\xff\xfb\x90\x44', new Uint8Array(413)));
    const sound = join(...frames);
    expect(clean(mp3, join(sound, location, sound))?.bytes).toEqual(join(sound.subarray(417), sound));
    expect(clean(mp3, join(sound, location))?.bytes).toEqual(sound.subarray(417));
    expect(clean(mp3, join(sound, id3(location), location))?.bytes).toEqual(sound);
    // So that one that is cut off takes no tag with it.
    expect(clean(mp3, join(sound, sound.subarray(0, 99), id3v1))?.bytes).toEqual(sound);
  });

  test('ends where more than a gap of unknown bytes begins', () => {
    const gap = (length: number) => join(tone, id3('x'), 'x'.repeat(length), tone);
    expect(clean(mp3, gap(60_000))?.bytes).toEqual(join(tone, tone));
    expect(clean(mp3, gap(70_000))?.bytes).toEqual(tone);
  });

  test('begins with the first frame', () => {
    expect(tone.length).toBeGreaterThan(8000);
    expect([tone[0], (tone[1] ?? 0) & 0xe0]).toEqual([0xff, 0xe0]);
  });

  test.each<[what: string, file: Uint8Array]>([
    ['an ID3 tag alone', id3(location)],
    ['an ID3 tag in front of a picture', join(id3('x'), fixtureBytes('photo.jpg'))],
    ['sound of layer II', Uint8Array.from([0xff, 0xfd, 0x90, 0x04, ...new Array(2000).fill(0)])],
    ['one frame header by chance', join(Uint8Array.of(0xff, 0xfb, 0x90, 0x44), 'x'.repeat(2000))],
    ['text in front of sound', join('text', tone)],
  ])('refuses %s', (_, file) => {
    expect(clean(mp3, file)).toBeNull();
  });
});
