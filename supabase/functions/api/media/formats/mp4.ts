import { mediaTypes } from '../types.ts';
import { type Format, hasText, nameAt, viewOf } from './format.ts';

// MP4 and MOV are trees of boxes, each with a length and a type of four letters. Samples are found by their offset in
// the file, so nothing is moved: a box that is not needed becomes a `free` one of the same size, and zeros.

interface Box {
  type: string;
  start: number;
  /** The start of the contents, after length and type. */
  body: number;
  end: number;
}

/** The boxes that players need, by the box around them. Titles, places and makers' own boxes are not among them. */
const needed: Record<string, readonly string[]> = {
  file: ['ftyp', 'styp', 'moov', 'moof', 'mdat', 'sidx', 'ssix', 'mfra', 'pdin'],
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
};

/** Headers that hold when the video was made and changed. */
const dated = new Set(['mvhd', 'tkhd', 'mdhd']);

/** Sound alone, under the names of audio books and songs. */
const soundBrands = /^(M4[ABP]|F4[AB]) $/;

/** MP4 and MOV: nothing stays but what players need. Tracks of neither picture nor sound, such as places, go. */
export const mp4: Format = {
  begins: (bytes) =>
    ['ftyp', 'moov', 'mdat', 'free', 'wide', 'skip', 'pnot'].some((type) => hasText(bytes, 4, type)),

  clean(bytes) {
    const root = [...boxesIn(bytes, 0, bytes.length)];
    const tracks = root
      .filter(({ type }) => type === 'moov')
      .flatMap((moov) => [...boxesIn(bytes, moov.body, moov.end)].filter(({ type }) => type === 'trak'));
    const others = tracks.filter((track) => !['vide', 'soun'].includes(handlerOf(bytes, track)));
    const ftyp = root.find(({ type }) => type === 'ftyp');
    const brand = ftyp ? nameAt(bytes, ftyp.body) : 'qt  ';
    if (others.length === tracks.length || soundBrands.test(brand)) return null;
    // Samples do not overlap: all together are no more than the file.
    let budget = bytes.length;
    for (const track of others) {
      const blanked = blankSamples(bytes, track, budget);
      if (blanked === null) return null;
      budget -= blanked;
      blank(bytes, track);
    }
    const end = keepNeeded(bytes, 'file', 0, bytes.length);
    const type = brand === 'qt  ' ? mediaTypes.mov : mediaTypes.mp4;
    return { type, bytes: bytes.subarray(0, end), dimensions: null };
  },
};

/** A long video in fragments has thousands of boxes. */
const MAX_BOXES = 100_000;

/** The boxes between two places, up to where they stop making sense. */
function* boxesIn(bytes: Uint8Array, from: number, to: number): Generator<Box> {
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

/** Blanks what is not needed; gives where the last box ends. */
function keepNeeded(bytes: Uint8Array, parent: string, from: number, to: number): number {
  let last = from;
  for (const box of boxesIn(bytes, from, to)) {
    const { type, body, end } = box;
    if (!needed[parent]?.includes(type)) blank(bytes, box);
    // Bytes after the last box are no box, so remove them too.
    else if (needed[type]) bytes.fill(0, keepNeeded(bytes, type, body, end), end);
    // Version 1 has times of 8 bytes in place of 4.
    else if (dated.has(type)) bytes.fill(0, body + 4, Math.min(body + (bytes[body] === 1 ? 20 : 12), end));
    last = end;
  }
  return last;
}

function blank(bytes: Uint8Array, { start, body, end }: Box): void {
  for (let index = 0; index < 4; index++) bytes[start + 4 + index] = 'free'.charCodeAt(index);
  bytes.fill(0, body, end);
}

function child(bytes: Uint8Array, { body, end }: Box, ...path: string[]): Box | undefined {
  const [type, ...rest] = path;
  const box = [...boxesIn(bytes, body, end)].find((box) => box.type === type);
  return box && rest.length > 0 ? child(bytes, box, ...rest) : box;
}

/** The handler of a track: `vide`, `soun`, `meta`, … */
function handlerOf(bytes: Uint8Array, track: Box): string {
  const handler = child(bytes, track, 'mdia', 'hdlr');
  return handler ? nameAt(bytes, handler.body + 8) : '';
}

/** Blanks the samples of a track; gives their bytes, or null where a table is cut off or they exceed `budget`. */
function blankSamples(bytes: Uint8Array, track: Box, budget: number): number | null {
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
  if (!isWhole) return null;
  let blanked = 0;
  let sample = 0;
  let run = 0;
  for (let chunk = 0; chunk < Math.max(short(4), long(4)); chunk++) {
    const offset = long(4) ? long(8 + 8 * chunk) * 2 ** 32 + long(12 + 8 * chunk) : short(8 + 4 * chunk);
    // A run names its first chunk, counted from 1, and how many samples are in each of its chunks.
    while (run + 1 < runs(4) && runs(20 + 12 * run) <= chunk + 1) run++;
    const count = runs(12 + 12 * run);
    let length = count * sizes(4);
    for (let index = 0; sizes(4) === 0 && index < count && sample < sizes(8); index++, sample++) {
      length += sizes(12 + 4 * sample);
    }
    blanked += length;
    if (blanked > budget) return null;
    bytes.fill(0, offset, offset + length);
  }
  return blanked;
}

/** The big-endian numbers of a box by their place; 0 beyond its end. */
function numbersOf(bytes: Uint8Array): (at: number) => number {
  const view = viewOf(bytes);
  return (at) => (at + 4 <= bytes.length ? view.getUint32(at) : 0);
}
