import { type MediaType, mediaTypes } from '../types.ts';
import {
  type Box,
  beginsWithBox,
  boxesIn,
  child,
  keepNeeded,
  keepRanges,
  numbersOf,
  rename,
} from './boxes.ts';
import { type Dimensions, type Format, nameAt, type Range, viewOf } from './format.ts';
import { samplesOf, tracksOf } from './tracks.ts';

// A HEIC or AVIF is a list of items: coded pictures and their tiles, but also Exif and XMP. `iinf` says what each item is,
// `iloc` where its bytes are, and `iprp` its properties. Of an animation, frames are in a film besides.

const brands = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1', 'avif', 'avis'];

/** Coded pictures. A JPEG would hold metadata of its own. */
const coded: Record<string, MediaType> = {
  hvc1: mediaTypes.heic,
  lhv1: mediaTypes.heic,
  av01: mediaTypes.avif,
};
/** Derived items: grid, overlay, identity, tone map. */
const derived = ['grid', 'iovl', 'iden', 'tmap'];

/** An animation has a few for each frame. */
const MAX_RANGES = 100_000;

/** HEIC and AVIF: the pictures stay, with turn and colour profile; all bytes that belong to none of them go. */
export const heif: Format = {
  begins: (bytes) => beginsWithBox(bytes, 'ftyp') && brands.includes(nameAt(bytes, 8)),

  clean(bytes) {
    const root = [...boxesIn(bytes, 0, bytes.length)];
    const [meta, another] = root.filter(({ type }) => type === 'meta');
    const inMeta = meta ? [...boxesIn(bytes, meta.body + 4, meta.end)] : [];
    const parts = inMeta.filter(({ type }) => type !== 'free');
    const part = (name: string) => parts.find(({ type }) => type === name);
    // A second list, or part of one, would not be read here.
    if (another || parts.length > new Set(parts.map(({ type }) => type)).size) return null;
    const [pitm, iinf, iloc, iprp, idat] = ['pitm', 'iinf', 'iloc', 'iprp', 'idat'].map(part);
    const pictures = iinf && keepPictures(bytes, iinf);
    const places = iloc && placesOf(bytes, iloc, idat);
    const type = pictures && coded[[...pictures.values()].find((name) => name in coded) ?? ''];
    const dimensions = pitm && iprp && dimensionsOf(bytes, iprp, idOf(bytes, pitm));
    if (!pitm || !pictures?.has(idOf(bytes, pitm)) || !places || !type || !dimensions) return null;

    const kept: Range[] = [];
    for (const [id, name] of pictures) {
      const ranges = places.get(id) ?? [];
      if (name in coded && ranges.length === 0) return null;
      for (const range of ranges) kept.push(range);
    }
    const films = root.filter((box) => box.type === 'moov');
    for (const track of films.flatMap((film) => tracksOf(bytes, film))) {
      // A film within a picture may have any sound, text and places.
      if (!['pict', 'auxv'].includes(track.handler)) return null;
      for (const samples of samplesOf(bytes, track)) {
        if (!samples || samples.end > bytes.length || kept.push(samples) > MAX_RANGES) return null;
      }
    }
    const data = [...root.filter((box) => box.type === 'mdat'), ...(idat ? [idat] : [])];
    keepRanges(bytes, data, kept);
    const end = keepNeeded(bytes, 'picture', 0, bytes.length);
    return { type, bytes: bytes.subarray(0, end), dimensions, durationMs: null };
  },
};

/** The number behind the version of a box: of four bytes from version 1 on, else of two. */
function idOf(bytes: Uint8Array, { body, end }: Box): number {
  const view = viewOf(bytes.subarray(body, end));
  const isLong = bytes[body] !== 0;
  if (view.byteLength < (isLong ? 8 : 6)) return 0;
  return isLong ? view.getUint32(4) : view.getUint16(4);
}

/** The types of the items that are pictures, by id. The others lose their type and name; null where a list is wrong. */
function keepPictures(bytes: Uint8Array, iinf: Box): Map<number, string> | null {
  const pictures = new Map<number, string>();
  const view = viewOf(bytes);
  const numbers = numbersOf(bytes.subarray(iinf.body, iinf.end));
  const isLong = bytes[iinf.body] !== 0;
  const entries = [...boxesIn(bytes, iinf.body + (isLong ? 8 : 6), iinf.end)];
  if (entries.length !== (isLong ? numbers(4) : numbers(4) >>> 16)) return null;
  for (const { type, body, end } of entries) {
    const version = bytes[body];
    const at = version === 2 ? body + 8 : body + 10;
    // The versions before 2 have no types.
    if (type !== 'infe' || (version !== 2 && version !== 3) || at + 4 > end) return null;
    const id = version === 2 ? view.getUint16(body + 4) : view.getUint32(body + 4);
    const name = nameAt(bytes, at);
    if (name in coded || derived.includes(name)) pictures.set(id, name);
    // The entry stays, since some readers take nothing else in its list.
    else rename(bytes, at);
    bytes.fill(0, at + 4, end);
  }
  bytes.fill(0, entries.at(-1)?.end ?? iinf.end, iinf.end);
  return pictures;
}

/** Where the bytes of each item are; null where they are outside of the file. */
function placesOf(bytes: Uint8Array, { body, end }: Box, idat: Box | undefined): Map<number, Range[]> | null {
  const view = viewOf(bytes);
  const places = new Map<number, Range[]>();
  let at = body;
  const next = (size: number) => {
    at += size;
    if (at > end || size === 0) return 0;
    const high = size === 8 ? view.getUint32(at - 8) * 2 ** 32 : 0;
    return (
      high +
      (size === 1 ? view.getUint8(at - 1) : size === 2 ? view.getUint16(at - 2) : view.getUint32(at - 4))
    );
  };
  const version = next(1);
  at += 3;
  const [offsetAndLength, baseAndIndex] = [next(1), next(1)];
  const sizes = [
    offsetAndLength >> 4,
    offsetAndLength & 15,
    baseAndIndex >> 4,
    version > 0 ? baseAndIndex & 15 : 0,
  ];
  if (version > 2 || sizes.some((size) => ![0, 4, 8].includes(size))) return null;
  const [offsetSize = 0, lengthSize = 0, baseSize = 0, indexSize = 0] = sizes;
  const count = next(version < 2 ? 2 : 4);
  let ranges = 0;
  for (let item = 0; item < count; item++) {
    const id = next(version < 2 ? 2 : 4);
    const method = version > 0 ? next(2) & 15 : 0;
    const isElsewhere = next(2) !== 0;
    const base = next(baseSize);
    const source = [{ start: 0, end: bytes.length }, idat && { start: idat.body, end: idat.end }][method];
    const list: Range[] = [];
    for (let extents = next(2); extents > 0; extents--) {
      next(indexSize);
      const start = (source?.start ?? 0) + base + next(offsetSize);
      const extent = { start, end: start + next(lengthSize) };
      if (isElsewhere || !source || extent.end <= start || extent.end > source.end) return null;
      if (at > end || ranges++ > MAX_RANGES) return null;
      list.push(extent);
    }
    if (at > end) return null;
    places.set(id, list);
  }
  return places;
}

/** The size of an item as it is shown: cropped and turned, in the order of its properties. */
function dimensionsOf(bytes: Uint8Array, iprp: Box, id: number): Dimensions | null {
  let shown: Dimensions | null = null;
  for (const { type, body, end } of propertiesOf(bytes, iprp, id)) {
    const at = numbersOf(bytes.subarray(body, end));
    if (type === 'ispe') shown = { width: at(4), height: at(8) };
    else if (shown && type === 'clap') {
      const [width, height] = [Math.round(at(0) / at(4)), Math.round(at(8) / at(12))];
      if (width > 0 && height > 0 && width <= shown.width && height <= shown.height)
        shown = { width, height };
    } else if (shown && type === 'irot' && (bytes[body] ?? 0) & 1) {
      shown = { width: shown.height, height: shown.width };
    }
  }
  return shown;
}

/** The properties of an item. `ipma` names them by their place in `ipco`, from 1. */
function propertiesOf(bytes: Uint8Array, iprp: Box, id: number): Box[] {
  const ipco = child(bytes, iprp, 'ipco');
  const ipma = child(bytes, iprp, 'ipma');
  if (!ipco || !ipma) return [];
  const properties = [...boxesIn(bytes, ipco.body, ipco.end)];
  const view = viewOf(bytes.subarray(ipma.body, ipma.end));
  if (view.byteLength < 8) return [];
  const idBytes = view.getUint8(0) === 0 ? 2 : 4;
  const indexBytes = view.getUint8(3) & 1 ? 2 : 1;
  for (let at = 8; at + idBytes + 1 <= view.byteLength; ) {
    const item = idBytes === 2 ? view.getUint16(at) : view.getUint32(at);
    const from = at + idBytes + 1;
    at = from + view.getUint8(from - 1) * indexBytes;
    if (item !== id || at > view.byteLength) continue;
    // The highest bit says that a reader must understand the property.
    const indexes = Array.from({ length: (at - from) / indexBytes }, (_, place) =>
      indexBytes === 2 ? view.getUint16(from + 2 * place) & 0x7fff : view.getUint8(from + place) & 0x7f,
    );
    return indexes.flatMap((index) => properties[index - 1] ?? []);
  }
  return [];
}
