import { mediaTypes } from '../types.ts';
import {
  type Box,
  beginsWithBox,
  blank,
  boxesIn,
  child,
  handlerOf,
  keepNeeded,
  numbersOf,
  samplesOf,
  tracksOf,
} from './boxes.ts';
import { type Dimensions, type Format, milliseconds, nameAt } from './format.ts';

/** MP4, M4A and MOV: nothing stays but what players need. Tracks of neither picture nor sound, such as places, go. */
export const mp4: Format = {
  begins: (bytes) => beginsWithBox(bytes, 'ftyp', 'moov', 'mdat', 'free', 'wide', 'skip', 'pnot'),

  clean(bytes) {
    const root = [...boxesIn(bytes, 0, bytes.length)];
    const moov = root.find(({ type }) => type === 'moov');
    const tracks = moov ? tracksOf(bytes, moov) : [];
    const byHandler = Map.groupBy(tracks, (track) => handlerOf(bytes, track));
    const pictures = byHandler.get('vide') ?? [];
    if (!moov || pictures.length + (byHandler.get('soun')?.length ?? 0) === 0) return null;
    const ftyp = root.find(({ type }) => type === 'ftyp');
    const isQuickTime = !ftyp || nameAt(bytes, ftyp.body) === 'qt  ';
    const facts = {
      type: isQuickTime ? mediaTypes.mov : pictures.length > 0 ? mediaTypes.mp4 : mediaTypes.m4a,
      dimensions: dimensionsOf(bytes, pictures),
      durationMs: durationOf(bytes, moov, tracks, root),
    };
    const others = [...byHandler].flatMap(([handler, list]) => (/^(vide|soun)$/.test(handler) ? [] : list));
    // Samples do not overlap: all together are no more than the file.
    let budget = bytes.length;
    for (const track of others) {
      for (const samples of samplesOf(bytes, track)) {
        budget -= samples ? samples.end - samples.start : Infinity;
        if (!samples || budget < 0) return null;
        bytes.fill(0, samples.start, samples.end);
      }
      blank(bytes, track);
    }
    const end = keepNeeded(bytes, 'film', 0, bytes.length);
    return { ...facts, bytes: bytes.subarray(0, end) };
  },
};

/** The size of the first picture that has one. Phones turn it with a matrix, in which a quarter turn has no diagonal. */
function dimensionsOf(bytes: Uint8Array, tracks: readonly Box[]): Dimensions | null {
  for (const track of tracks) {
    const header = child(bytes, track, 'tkhd');
    if (!header) continue;
    const from = header.body + (bytes[header.body] === 1 ? 52 : 40);
    const at = numbersOf(bytes.subarray(from, header.end));
    const [width, height] = [at(36), at(40)].map((fixed) => Math.round(fixed / 65_536));
    if (!width || !height) continue;
    return at(0) === 0 && at(16) === 0 ? { width: height, height: width } : { width, height };
  }
  return null;
}

/** What the film's header says, or where its last fragment ends: recorders write the header before they know. */
function durationOf(bytes: Uint8Array, moov: Box, tracks: readonly Box[], root: readonly Box[]) {
  const { scale, duration } = clockOf(bytes, child(bytes, moov, 'mvhd'));
  const inFragments = fragmentsEnd(bytes, moov, tracks, root);
  return milliseconds(Math.max(duration / scale || 0, inFragments), 1);
}

/** Units a second and a duration in them, of `mvhd` or `mdhd`; 0 where the duration is not known. */
function clockOf(bytes: Uint8Array, header: Box | undefined): { scale: number; duration: number } {
  if (!header) return { scale: 0, duration: 0 };
  const at = numbersOf(bytes.subarray(header.body, header.end));
  const isLong = bytes[header.body] === 1;
  const duration = isLong ? at(24) * 2 ** 32 + at(28) : at(16);
  return {
    scale: isLong ? at(20) : at(12),
    duration: duration >= (isLong ? 2 ** 63 : 0xffffffff) ? 0 : duration,
  };
}

/** The end of the last fragment, in seconds. */
function fragmentsEnd(bytes: Uint8Array, moov: Box, tracks: readonly Box[], root: readonly Box[]): number {
  const scales = new Map(
    tracks.map((track) => {
      const header = child(bytes, track, 'tkhd');
      const at = numbersOf(header ? bytes.subarray(header.body, header.end) : new Uint8Array());
      return [
        at(header && bytes[header.body] === 1 ? 20 : 12),
        clockOf(bytes, child(bytes, track, 'mdia', 'mdhd')).scale,
      ];
    }),
  );
  const mvex = child(bytes, moov, 'mvex');
  const defaults = new Map(
    [...(mvex ? boxesIn(bytes, mvex.body, mvex.end) : [])].map(({ body, end }) => {
      const at = numbersOf(bytes.subarray(body, end));
      return [at(4), at(12)];
    }),
  );
  const ends = new Map<number, number>();
  for (const moof of root) {
    if (moof.type !== 'moof' || !mvex) continue;
    for (const traf of boxesIn(bytes, moof.body, moof.end)) {
      if (traf.type === 'traf') addFragment(bytes, traf, defaults, ends);
    }
  }
  let last = 0;
  for (const [track, end] of ends) last = Math.max(last, end / (scales.get(track) || Infinity));
  return last;
}

/** Moves the end of a track, in its own units, behind a fragment. */
function addFragment(
  bytes: Uint8Array,
  traf: Box,
  defaults: ReadonlyMap<number, number>,
  ends: Map<number, number>,
): void {
  let track = 0;
  let each = 0;
  let end = 0;
  for (const { type, body, end: to } of boxesIn(bytes, traf.body, traf.end)) {
    const at = numbersOf(bytes.subarray(body, to));
    const flags = at(0) & 0xffffff;
    if (type === 'tfhd') {
      track = at(4);
      each = flags & 8 ? at(8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0)) : (defaults.get(track) ?? 0);
      end = ends.get(track) ?? 0;
    } else if (type === 'tfdt') end = at(0) >>> 24 === 1 ? at(4) * 2 ** 32 + at(8) : at(4);
    else if (type === 'trun') {
      const first = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
      const step = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length;
      if (!(flags & 0x100)) end += at(4) * each;
      else
        for (let sample = 0; sample < at(4) && first + sample * step < to - body; sample++)
          end += at(first + sample * step);
    }
  }
  ends.set(track, end);
}
