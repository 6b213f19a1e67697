import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { fixtureBytes } from '../../../../../tests/kit/files.ts';
import { box, holdsLocation, join, latin1, location, number, xmp } from '../../../../../tests/kit/samples.ts';
import { heif } from './heif.ts';

/** Cleans a copy: the cleaner changes what it is given. */
const clean = (bytes: Uint8Array) => heif.clean(Uint8Array.from(bytes));
const pixels = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();
const short = (value: number) => Uint8Array.of(value >> 8, value & 0xff);

/** An item, its bytes, and where they are: 0 in the file, 1 in `idat`. */
interface Item {
  type: string;
  data?: string;
  method?: number;
  /** What the list of places says in place of the truth. */
  extent?: [start: number, length: number];
  external?: boolean;
  entry?: Uint8Array;
}

interface Picture {
  items?: Item[];
  properties?: Uint8Array[];
  /** What the list of items counts in place of the truth. */
  count?: number;
  /** Boxes behind the others. */
  meta?: Uint8Array[];
  root?: Uint8Array[];
  primary?: number;
}

const size = box('ispe', number(0), number(40), number(30));
const image: Item = { type: 'hvc1', data: 'the picture' };

/** A HEIC of some items, numbered from 1; all properties are the first item's. */
function heic({
  items = [image],
  properties = [size],
  meta = [],
  root = [],
  primary = 1,
  count,
}: Picture = {}) {
  const inFile = items.filter(({ method = 0 }) => method === 0);
  const inMeta = items.filter(({ method = 0 }) => method !== 0);
  const startOf = (list: Item[], item: Item) =>
    join(...list.slice(0, list.indexOf(item)).map(({ data = '' }) => data)).length;
  const build = (dataAt: number) => {
    const places = items.map((item, index) => {
      const { data = '', method = 0, external = false } = item;
      const start = method === 0 ? dataAt + startOf(inFile, item) : startOf(inMeta, item);
      const [at, length] = item.extent ?? [start, data.length];
      const extents = item.data === undefined ? [short(0)] : [short(1), number(at), number(length)];
      return join(short(index + 1), short(method), short(external ? 1 : 0), ...extents);
    });
    const entries = items.map(
      ({ type, entry }, index) =>
        entry ?? box('infe', '\x02\0\0\0', short(index + 1), short(0), type, location, '\0'),
    );
    return join(
      box('ftyp', 'heic\0\0\0\0mif1heic'),
      box(
        'meta',
        number(0),
        box('hdlr', number(0), number(0), 'pict', new Uint8Array(12), location, '\0'),
        box('pitm', number(0), short(primary)),
        box('iinf', number(0), short(count ?? entries.length), ...entries),
        box('iloc', '\x01\0\0\0\x44\0', short(places.length), ...places),
        box(
          'iprp',
          box('ipco', ...properties),
          box(
            'ipma',
            number(0),
            number(1),
            short(1),
            Uint8Array.of(properties.length, ...properties.keys().map((key) => key + 1)),
          ),
        ),
        ...(inMeta.length > 0 ? [box('idat', ...inMeta.map(({ data = '' }) => data))] : []),
        ...meta,
      ),
      box('mdat', ...inFile.map(({ data = '' }) => data), 'rest'),
      ...root,
    );
  };
  return build(Buffer.from(build(0)).indexOf('mdat') + 4);
}

describe('HEIC and AVIF', () => {
  test.each(['picture.avif', 'tiles.avif', 'photo.heic'])(
    'removes Exif and XMP of %s and moves nothing',
    (name) => {
      const before = fixtureBytes(name);
      const after = clean(before)?.bytes ?? new Uint8Array();
      expect(holdsLocation(before)).toBe(true);
      expect(holdsLocation(after)).toBe(false);
      expect(after.length).toBe(before.length);
      // Readers look for metadata by the types of items.
      for (const type of ['Exif', 'mime', 'rdf+xml']) expect(Buffer.from(after).includes(type)).toBe(false);
    },
  );

  test.each(['picture.avif', 'tiles.avif'])(
    'leaves the pixels and the colour profile of %s',
    async (name) => {
      const before = fixtureBytes(name);
      const after = clean(before)?.bytes ?? new Uint8Array();
      expect((await pixels(after)).equals(await pixels(before))).toBe(true);
      const [is, was] = [await sharp(after).metadata(), await sharp(before).metadata()];
      expect(was.exif).toBeDefined();
      expect([is.exif, is.xmp, is.icc]).toEqual([undefined, undefined, was.icc]);
    },
  );

  test.each<[what: string, picture: Picture]>([
    ['an item in the file', { items: [image, { type: 'mime', data: xmp() }] }],
    ['an item in the list itself', { items: [image, { type: 'Exif', data: location, method: 1 }] }],
    ['an item of an unknown type', { items: [image, { type: 'plce', data: location }] }],
    ['a preview that is a JPEG', { items: [image, { type: 'jpeg', data: location }] }],
    ['a description', { properties: [size, box('udes', number(0), 'en\0', location, '\0')] }],
    ['the name of an item', {}],
    ['a box in the list', { meta: [box('xml ', number(0), xmp())] }],
    ['a box behind the picture', { root: [box('mpvd', location)] }],
    ['what is no box', { root: [join('\0\0\0\u0001', location)] }],
    ['bytes that no item has', { root: [box('mdat', location)] }],
  ])('removes a location from %s', (_, picture) => {
    const before = heic(picture);
    const after = clean(before)?.bytes ?? new Uint8Array();
    expect(holdsLocation(before)).toBe(true);
    expect(holdsLocation(after)).toBe(false);
    expect(Buffer.from(after).indexOf('the picture')).toBe(Buffer.from(before).indexOf('the picture'));
  });

  test('keeps the tiles and what says how they lie', () => {
    const items = [{ type: 'grid', data: 'two by two', method: 1 }, image, { ...image, data: 'another' }];
    const before = heic({ items });
    const after = Buffer.from(clean(before)?.bytes ?? []);
    for (const { data } of items)
      expect(after.indexOf(data ?? '')).toBe(Buffer.from(before).indexOf(data ?? ''));
  });

  test('keeps the frames of an animation and removes its titles', () => {
    const film = fixtureBytes('animation.avif');
    const before = join(film, box('moov', box('udta', location)));
    const after = clean(before)?.bytes ?? new Uint8Array();
    expect(holdsLocation(before)).toBe(true);
    expect(holdsLocation(after)).toBe(false);
    const frames = Buffer.from(film).indexOf('mdat');
    expect(after.subarray(frames, film.length)).toEqual(film.subarray(frames));
  });

  const turn = (quarters: number) => box('irot', Uint8Array.of(quarters));
  const crop = (width: number, height: number) =>
    box('clap', ...[width * 2, 2, height, 1, 0, 1, 0, 1].map(number));
  test.each<[what: string, properties: Uint8Array[], width: number, height: number]>([
    ['as it lies', [size], 40, 30],
    ['turned by a quarter', [size, turn(1)], 30, 40],
    ['turned by a half', [size, turn(2)], 40, 30],
    ['cropped, then turned', [size, crop(20, 10), turn(3)], 10, 20],
    ['cropped to more than there is', [size, crop(41, 30)], 40, 30],
  ])('tells the size of a picture %s', (_, properties, width, height) => {
    expect(clean(heic({ properties }))?.dimensions).toEqual({ width, height });
  });

  const sound = box('trak', box('mdia', box('hdlr', number(0), number(0), 'soun')));
  test.each<[what: string, file: Uint8Array]>([
    ['a picture that is cut off', fixtureBytes('photo.heic').slice(0, -1)],
    ['an AVIF that is cut off', fixtureBytes('picture.avif').slice(0, -1)],
    ['its first box alone', heic().slice(0, 24)],
    ['bytes outside of the file', heic({ items: [{ ...image, extent: [0xfffffff0, 0xff] }] })],
    ['bytes outside of the list', heic({ items: [{ ...image, method: 1, extent: [0, 12] }] })],
    ['no bytes', heic({ items: [{ ...image, data: '' }] })],
    ['an item of no bytes at all', heic({ items: [{ type: 'hvc1' }] })],
    ['bytes of another file', heic({ items: [{ ...image, external: true }] })],
    ['bytes of another item', heic({ items: [{ ...image, method: 2 }] })],
    ['a JPEG', heic({ items: [{ ...image, type: 'jpeg' }] })],
    ['an Exif as its picture', heic({ items: [image, { type: 'Exif', data: 'x' }], primary: 2 })],
    ['a picture that is not there', heic({ primary: 7 })],
    ['no size', heic({ properties: [turn(1)] })],
    [
      'a list of the first version',
      heic({ items: [{ ...image, entry: box('infe', number(0), short(1), short(0), 'x\0y\0') }] }),
    ],
    ['fewer items than it counts', heic({ count: 2 })],
    ['more items than it counts', heic({ items: [image, { type: 'mime', data: xmp() }], count: 1 })],
    ['more items than a picture has', heic({ items: Array(2001).fill(image) })],
    ['a second list', heic({ root: [box('meta', number(0), location)] })],
    ['a second part of its list', heic({ meta: [box('iprp', location)] })],
    ['a film with sound', heic({ root: [box('moov', sound)] })],
  ])('refuses %s', (_, file) => {
    expect(heif.begins(Uint8Array.from(file))).toBe(true);
    expect(clean(file)).toBeNull();
  });

  test.each([0, 1, 0xffffffff])('refuses a list of places in a box whose length is %i', (length) => {
    const file = Buffer.from(heic());
    file.writeUInt32BE(length, file.indexOf('iloc') - 4);
    expect(clean(file)).toBeNull();
  });

  test('refuses a list of places that is cut off, whatever it counts', () => {
    const file = Buffer.from(heic());
    const at = file.indexOf('iloc') + 4;
    for (const [place, value] of [
      [6, 0xffff],
      [14, 0xffff],
    ] as const) {
      const wrong = Buffer.from(file);
      wrong.writeUInt16BE(value, at + place);
      expect(clean(wrong)).toBeNull();
    }
    file.set(latin1('\x88'), at + 4);
    expect(clean(file)).toBeNull();
  });
});
