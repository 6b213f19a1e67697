import { hasText, nameAt, type Range, viewOf } from './format.ts';

// MP4, MOV, HEIC and AVIF are trees of boxes, each with a length and a type of four letters. Data is found by its offset in
// the file, so nothing is moved: a box that is not needed becomes a `free` one of the same size, and zeros.

/** A box. */
export interface Box extends Range {
  type: string;
  /** The start of the contents, after length and type. */
  body: number;
}

/** The boxes that players need, by the box around them. Titles, places and makers' own boxes are not among them. */
const needed: Record<string, readonly string[]> = {
  film: ['ftyp', 'styp', 'moov', 'moof', 'mdat', 'sidx', 'ssix', 'mfra', 'pdin'],
  moov: ['mvhd', 'trak', 'mvex', 'iods'],
  mvex: ['mehd', 'trex', 'leva'],
  trak: ['tkhd', 'edts', 'mdia', 'tref', 'trgr', 'tapt', 'clip', 'matt', 'load'],
  mdia: ['mdhd', 'hdlr', 'minf', 'elng'],
  minf: ['vmhd', 'smhd', 'gmhd', 'nmhd', 'hdlr', 'dinf', 'stbl'],
  dinf: ['dref'],
  dref: ['url ', 'urn ', 'alis'],
  stbl: 'stsd stts stsc stsz stz2 stco co64 stss ctts cslg sdtp sbgp sgpd subs saiz saio stps padb stsh'.split(
    ' ',
  ),
  moof: ['mfhd', 'traf'],
  traf: ['tfhd', 'tfdt', 'trun', 'sbgp', 'sgpd', 'subs', 'saiz', 'saio', 'senc', 'sdtp'],

  picture: ['ftyp', 'meta', 'moov', 'mdat'],
  meta: ['hdlr', 'dinf', 'pitm', 'iinf', 'iloc', 'iprp', 'iref', 'idat', 'grpl'],
  iprp: ['ipco', 'ipma'],
  // Sizes, colours, turns and decoders' settings; not descriptions and times.
  ipco: 'ispe pixi colr irot imir clap pasp auxC hvcC lhvC av1C a1op a1lx lsel rloc tols oinf clli mdcv cclv amve ndwt'.split(
    ' ',
  ),
};

/** Headers that hold when the film was made and changed. */
const dated = new Set(['mvhd', 'tkhd', 'mdhd']);
/** Boxes of which players need these bytes alone. The names of handlers tell of programs, references of paths on disks. */
const beginnings: Record<string, number> = { hdlr: 24, 'url ': 4, 'urn ': 4, alis: 4 };
/** The bytes in front of the boxes in a box: its version, and how many they are. */
const heads: Record<string, number> = { meta: 4, dref: 8 };

/** A long video in fragments has tens of thousands of boxes; a picture of 100 megapixels is a list of 1,500 tiles. */
const MAX_BOXES = { inFile: 100_000, inBox: 2000 };

/** The boxes between two places, up to the first malformed box. */
export function* boxesIn(bytes: Uint8Array, from: number, to: number): Generator<Box> {
  const view = viewOf(bytes);
  const most = from === 0 ? MAX_BOXES.inFile : MAX_BOXES.inBox;
  for (let start = from, count = 0; start + 8 <= to && count < most; count++) {
    const type = nameAt(bytes, start + 4);
    const short = view.getUint32(start);
    const isLong = short === 1 && start + 16 <= to;
    const body = start + (isLong ? 16 : 8);
    // Zero: to the end of the file.
    const size = isLong ? Number(view.getBigUint64(start + 8)) : short || to - start;
    // Media data may be cut off, and plays up to there.
    const end = type === 'mdat' ? Math.min(start + size, to) : start + size;
    if (end < body || end > to) return;
    yield { type, start, body, end };
    start = end;
  }
}

/** The first box of a type inside another one, or further inside. */
export function child(bytes: Uint8Array, { type, body, end }: Box, ...path: string[]): Box | undefined {
  const [next, ...rest] = path;
  for (const box of boxesIn(bytes, contentsOf(type, body), end)) {
    if (box.type === next) return rest.length > 0 ? child(bytes, box, ...rest) : box;
  }
  return undefined;
}

function contentsOf(type: string, body: number): number {
  return body + (heads[type] ?? 0);
}

/** Blanks what is not needed; gives where the last box ends. */
export function keepNeeded(bytes: Uint8Array, parent: string, from: number, to: number): number {
  let last = from;
  const wanted = needed[parent] ?? [];
  for (const box of boxesIn(bytes, from, to)) {
    const { type, body, end } = box;
    if (!wanted.includes(type)) blank(bytes, box);
    // Bytes after the last box are no box, so remove them too.
    else if (needed[type]) bytes.fill(0, keepNeeded(bytes, type, contentsOf(type, body), end), end);
    // Version 1 has times of 8 bytes in place of 4.
    else if (dated.has(type)) bytes.fill(0, body + 4, Math.min(body + (bytes[body] === 1 ? 20 : 12), end));
    else bytes.fill(0, Math.min(body + (beginnings[type] ?? Infinity), end), end);
    last = end;
  }
  return last;
}

/** Makes a box a `free` one. */
export function blank(bytes: Uint8Array, { start, body, end }: Box): void {
  rename(bytes, start + 4);
  bytes.fill(0, body, end);
}

/** Blanks all of some boxes but the kept places. */
export function keepRanges(bytes: Uint8Array, boxes: readonly Box[], kept: Range[]): void {
  kept.sort((one, other) => one.start - other.start);
  let next = 0;
  for (const { body, end } of boxes.toSorted((one, other) => one.start - other.start)) {
    let at = body;
    for (let range = kept[next]; range && range.start < end; range = kept[++next]) {
      bytes.fill(0, at, Math.max(at, range.start));
      at = Math.max(at, range.end);
    }
    bytes.fill(0, at, Math.max(at, end));
  }
}

/** Writes the type `free`, which readers skip. */
export function rename(bytes: Uint8Array, at: number): void {
  for (let index = 0; index < 4; index++) bytes[at + index] = 'free'.charCodeAt(index);
}

/** The big-endian numbers of a box by their place; 0 beyond its end. */
export function numbersOf(bytes: Uint8Array): (at: number) => number {
  const view = viewOf(bytes);
  return (at) => (at + 4 <= bytes.length ? view.getUint32(at) : 0);
}

/** Whether a file begins with a box of one of these types. */
export function beginsWithBox(bytes: Uint8Array, ...types: string[]): boolean {
  return types.some((type) => hasText(bytes, 4, type));
}
