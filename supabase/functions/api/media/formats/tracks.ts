import { type Box, boxesIn, child, numbersOf } from './boxes.ts';
import { type Dimensions, nameAt, type Range } from './format.ts';

/** A track of a film. */
export interface Track {
  box: Box;
  /** What it is of: `vide`, `soun`, `pict`, `meta`, … */
  handler: string;
  id: number;
  dimensions: Dimensions | null;
  /** Its own units of time, in a second. */
  scale: number;
}

/** A film in many languages has dozens of tracks. */
export const MAX_TRACKS = 100;

/** The tracks of a film; none where they are too many. */
export function tracksOf(bytes: Uint8Array, moov: Box): Track[] {
  const tracks: Track[] = [];
  for (const box of boxesIn(bytes, moov.body, moov.end)) {
    if (box.type !== 'trak') continue;
    if (tracks.length === MAX_TRACKS) return [];
    const header = child(bytes, box, 'tkhd');
    const handler = child(bytes, box, 'mdia', 'hdlr');
    tracks.push({
      box,
      handler: handler ? nameAt(bytes, handler.body + 8) : '',
      ...headerOf(bytes, header),
      scale: clockOf(bytes, child(bytes, box, 'mdia', 'mdhd')).scale,
    });
  }
  return tracks;
}

/** The number of a track, and its size. Phones turn a picture by a matrix; that of a quarter turn has no diagonal. */
function headerOf(bytes: Uint8Array, header: Box | undefined): Pick<Track, 'id' | 'dimensions'> {
  if (!header) return { id: 0, dimensions: null };
  const { body, end } = header;
  const isLong = bytes[body] === 1;
  const at = numbersOf(bytes.subarray(body + (isLong ? 12 : 0), end));
  const [width = 0, height = 0] = [at(76), at(80)].map((fixed) => Math.round(fixed / 65_536));
  const isTurned = at(40) === 0 && at(56) === 0;
  const dimensions = isTurned ? { width: height, height: width } : { width, height };
  return { id: at(isLong ? 8 : 12), dimensions: width && height ? dimensions : null };
}

/** Units a second and a duration in them, of `mvhd` or `mdhd`; 0 where the duration is not known. */
export function clockOf(bytes: Uint8Array, header: Box | undefined): { scale: number; duration: number } {
  if (!header) return { scale: 0, duration: 0 };
  const at = numbersOf(bytes.subarray(header.body, header.end));
  const isLong = bytes[header.body] === 1;
  const duration = isLong ? at(24) * 2 ** 32 + at(28) : at(16);
  const isUnknown = duration >= (isLong ? 2 ** 63 : 0xffffffff);
  return { scale: at(isLong ? 20 : 12), duration: isUnknown ? 0 : duration };
}

/** Where the samples of a track are; null where a table is cut off. */
export function* samplesOf(bytes: Uint8Array, track: Track): Generator<Range | null> {
  const table = child(bytes, track.box, 'mdia', 'minf', 'stbl');
  // The first of each type, read in one pass: a hostile table has 2,000 boxes.
  const boxes = table ? [...boxesIn(bytes, table.body, table.end)].reverse() : [];
  const first = new Map(boxes.map((box) => [box.type, box]));
  const contents = (type: string) => {
    const box = first.get(type);
    return box ? bytes.subarray(box.body, box.end) : new Uint8Array();
  };
  const [stsz, stz2, stsc] = [contents('stsz'), contents('stz2'), contents('stsc')];
  const [stco, co64] = [contents('stco'), contents('co64')];
  const [runs, short, long] = [numbersOf(stsc), numbersOf(stco), numbersOf(co64)];
  const { each, count: samples, sizeOf, isWhole: hasSizes } = sizesOf(stsz, stz2);
  // The counts come from the file. Loops up to a count that the box cannot hold would take minutes.
  const isWhole =
    hasSizes && 12 * runs(4) <= stsc.length && 4 * short(4) <= stco.length && 8 * long(4) <= co64.length;
  if (!isWhole) yield null;
  const bytesEach = each && track.handler === 'soun' ? soundBytes(contents('stsd'), each) : each;
  let sample = 0;
  let run = 0;
  for (let chunk = 0; isWhole && chunk < Math.max(short(4), long(4)); chunk++) {
    const start = long(4) ? long(8 + 8 * chunk) * 2 ** 32 + long(12 + 8 * chunk) : short(8 + 4 * chunk);
    // A run names its first chunk, counted from 1, and how many samples are in each of its chunks.
    while (run + 1 < runs(4) && runs(20 + 12 * run) <= chunk + 1) run++;
    const count = runs(12 + 12 * run);
    let length = count * bytesEach;
    for (let index = 0; each === 0 && index < count && sample < samples; index++, sample++) {
      length += sizeOf(sample);
    }
    yield { start, end: start + length };
  }
}

/** The sizes of samples, of 32 bits (`stsz`) or 4, 8 or 16 (`stz2`); `each` is that of all, or 0. */
function sizesOf(stsz: Uint8Array, stz2: Uint8Array) {
  const isCompact = stz2.length > 0;
  const table = isCompact ? stz2 : stsz;
  const number = numbersOf(table);
  const [each, bits, count] = [isCompact ? 0 : number(4), isCompact ? number(4) & 0xff : 32, number(8)];
  const byte = (at: number) => table[12 + at] ?? 0;
  const sizeOf = (sample: number) =>
    bits === 32
      ? number(12 + 4 * sample)
      : bits === 16
        ? byte(2 * sample) * 256 + byte(2 * sample + 1)
        : bits === 8
          ? byte(sample)
          : (byte(sample >> 1) >> (sample % 2 ? 0 : 4)) & 15;
  const isWhole =
    each > 0 || ([4, 8, 16, 32].includes(bits) && (count * bits) / 8 <= Math.max(0, table.length - 12));
  return { each, count, sizeOf, isWhole };
}

/** The bytes of a frame of sound. QuickTime says 1 in `stsz`, and the truth in one of three descriptions of the sound. */
function soundBytes(stsd: Uint8Array, each: number): number {
  const at = numbersOf(stsd);
  const version = at(24) >>> 16;
  const packets = version === 1 ? at(52) / at(44) : version === 2 ? at(72) / at(76) : 0;
  const described =
    Number.isFinite(packets) && packets > 0 ? packets : ((at(32) >>> 16) * (at(32) & 0xffff)) / 8;
  return each === 1 ? described || each : Math.max(each, described);
}
