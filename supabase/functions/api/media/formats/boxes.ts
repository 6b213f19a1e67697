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
  stbl: 'stsd stts stsc stsz stz2 stco co64 stss ctts cslg sdtp sbgp sgpd subs saiz saio stps padb stsh'.split(
    ' ',
  ),
  moof: ['mfhd', 'traf'],
  traf: ['tfhd', 'tfdt', 'trun', 'sbgp', 'sgpd', 'subs', 'saiz', 'saio', 'senc', 'sdtp'],

  picture: ['ftyp', 'meta', 'moov', 'mdat'],
  meta: ['hdlr', 'pitm', 'iinf', 'iloc', 'iprp', 'iref', 'idat', 'grpl'],
  iprp: ['ipco', 'ipma'],
  // Sizes, colours, turns and decoders' settings; not descriptions and times.
  ipco: 'ispe pixi colr irot imir clap pasp auxC hvcC lhvC av1C a1op a1lx lsel rloc tols oinf clli mdcv cclv amve ndwt'.split(
    ' ',
  ),
};

/** Headers that hold when the film was made and changed. */
const dated = new Set(['mvhd', 'tkhd', 'mdhd']);
/** The names of handlers tell of programs. */
const HANDLER_NAME = 24;

/** A long video in fragments has thousands of boxes. */
const MAX_BOXES = 100_000;

/** The boxes between two places, up to where they stop making sense. */
export function* boxesIn(bytes: Uint8Array, from: number, to: number): Generator<Box> {
  const view = viewOf(bytes);
  for (let start = from, count = 0; start + 8 <= to && count < MAX_BOXES; count++) {
    const type = nameAt(bytes, start + 4);
    if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return;
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

/** The boxes of `meta` follow its version. */
function contentsOf(type: string, body: number): number {
  return type === 'meta' ? body + 4 : body;
}

/** Blanks what is not needed; gives where the last box ends. */
export function keepNeeded(bytes: Uint8Array, parent: string, from: number, to: number): number {
  let last = from;
  for (const box of boxesIn(bytes, from, to)) {
    const { type, body, end } = box;
    if (!needed[parent]?.includes(type)) blank(bytes, box);
    // Bytes after the last box are no box, so remove them too.
    else if (needed[type]) bytes.fill(0, keepNeeded(bytes, type, contentsOf(type, body), end), end);
    // Version 1 has times of 8 bytes in place of 4.
    else if (dated.has(type)) bytes.fill(0, body + 4, Math.min(body + (bytes[body] === 1 ? 20 : 12), end));
    else if (type === 'hdlr') bytes.fill(0, Math.min(body + HANDLER_NAME, end), end);
    last = end;
  }
  return last;
}

/** Makes a box a `free` one. */
export function blank(bytes: Uint8Array, { start, body, end }: Box): void {
  rename(bytes, start + 4);
  bytes.fill(0, body, end);
}

/** Writes the type `free`, which readers skip. */
export function rename(bytes: Uint8Array, at: number): void {
  for (let index = 0; index < 4; index++) bytes[at + index] = 'free'.charCodeAt(index);
}

/** The tracks of a film. */
export function tracksOf(bytes: Uint8Array, moov: Box): Box[] {
  return [...boxesIn(bytes, moov.body, moov.end)].filter(({ type }) => type === 'trak');
}

/** The handler of a track: `vide`, `soun`, `pict`, `meta`, … */
export function handlerOf(bytes: Uint8Array, track: Box): string {
  const handler = child(bytes, track, 'mdia', 'hdlr');
  return handler ? nameAt(bytes, handler.body + 8) : '';
}

/** Where the samples of a track are; null where a table is cut off. */
export function* samplesOf(bytes: Uint8Array, track: Box): Generator<Range | null> {
  const table = child(bytes, track, 'mdia', 'minf', 'stbl');
  const contents = (type: string) => {
    const box = table && child(bytes, table, type);
    return box ? bytes.subarray(box.body, box.end) : new Uint8Array();
  };
  const [stsz, stsc, stco, co64] = [contents('stsz'), contents('stsc'), contents('stco'), contents('co64')];
  const [sizes, runs, short, long] = [numbersOf(stsz), numbersOf(stsc), numbersOf(stco), numbersOf(co64)];
  // The counts come from the file. Loops up to a count that the box cannot hold would take minutes.
  const isWhole =
    (sizes(4) > 0 || 4 * sizes(8) <= stsz.length) &&
    12 * runs(4) <= stsc.length &&
    4 * short(4) <= stco.length &&
    8 * long(4) <= co64.length;
  if (!isWhole) yield null;
  let sample = 0;
  let run = 0;
  for (let chunk = 0; isWhole && chunk < Math.max(short(4), long(4)); chunk++) {
    const start = long(4) ? long(8 + 8 * chunk) * 2 ** 32 + long(12 + 8 * chunk) : short(8 + 4 * chunk);
    // A run names its first chunk, counted from 1, and how many samples are in each of its chunks.
    while (run + 1 < runs(4) && runs(20 + 12 * run) <= chunk + 1) run++;
    const count = runs(12 + 12 * run);
    let length = count * sizes(4);
    for (let index = 0; sizes(4) === 0 && index < count && sample < sizes(8); index++, sample++) {
      length += sizes(12 + 4 * sample);
    }
    yield { start, end: start + length };
  }
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
