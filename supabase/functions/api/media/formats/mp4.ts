import { mediaTypes } from '../types.ts';
import {
  type Box,
  beginsWithBox,
  blank,
  boxesIn,
  child,
  keepNeeded,
  keepRanges,
  numbersOf,
} from './boxes.ts';
import { type Format, milliseconds, nameAt, type Range } from './format.ts';
import { clockOf, MAX_TRACKS, samplesOf, type Track, tracksOf } from './tracks.ts';

/** An hour of a film has 200,000, if sound and picture alternate with each picture. */
const MAX_CHUNKS = 500_000;

/** MP4, M4A and MOV: nothing stays but what players need. Tracks of neither picture nor sound, such as places, go. */
export const mp4: Format = {
  begins: (bytes) => beginsWithBox(bytes, 'ftyp', 'moov', 'mdat', 'free', 'wide', 'skip', 'pnot'),

  clean(bytes) {
    const root = [...boxesIn(bytes, 0, bytes.length)];
    const films = root.filter(({ type }) => type === 'moov');
    const [moov] = films;
    const tracks = films.flatMap((film) => tracksOf(bytes, film));
    const pictures = tracks.filter(({ handler }) => handler === 'vide');
    const [played, others] = [tracks.filter(isPlayed), tracks.filter((track) => !isPlayed(track))];
    if (!moov || played.length === 0 || tracks.length > MAX_TRACKS) return null;
    const ftyp = root.find(({ type }) => type === 'ftyp');
    const isQuickTime = !ftyp || nameAt(bytes, ftyp.body) === 'qt  ';
    // Samples do not overlap: all together are no more than the file.
    let budget = bytes.length;
    for (const track of others) {
      for (const samples of samplesOf(bytes, track)) {
        budget -= samples ? samples.end - samples.start : Infinity;
        if (!samples || budget < 0) return null;
        bytes.fill(0, samples.start, samples.end);
      }
      blank(bytes, track.box);
    }
    // What a fragment holds is in tables of its own, which are not read.
    if (!root.some(({ type }) => type === 'moof')) {
      const kept: Range[] = [];
      for (const track of played) {
        for (const samples of samplesOf(bytes, track)) {
          if (!samples || kept.push(samples) > MAX_CHUNKS) return null;
        }
      }
      keepRanges(
        bytes,
        root.filter(({ type }) => type === 'mdat'),
        kept,
      );
    }
    const end = keepNeeded(bytes, 'film', 0, bytes.length);
    return {
      type: isQuickTime ? mediaTypes.mov : pictures.length > 0 ? mediaTypes.mp4 : mediaTypes.m4a,
      bytes: bytes.subarray(0, end),
      dimensions: pictures.find(({ dimensions }) => dimensions)?.dimensions ?? null,
      durationMs: durationOf(bytes, moov, tracks, root),
    };
  },
};

const isPlayed = ({ handler }: Track) => handler === 'vide' || handler === 'soun';

/** What the film's header says, or where its last fragment ends: recorders write the header before they know. */
function durationOf(bytes: Uint8Array, moov: Box, tracks: readonly Track[], root: readonly Box[]) {
  const { scale, duration } = clockOf(bytes, child(bytes, moov, 'mvhd'));
  let seconds = duration / scale || 0;
  const ends = new Map(tracks.map(({ id }) => [id, 0]));
  const mvex = child(bytes, moov, 'mvex');
  const defaults = new Map<number, number>();
  for (const { body, end } of mvex ? boxesIn(bytes, mvex.body, mvex.end) : []) {
    const at = numbersOf(bytes.subarray(body, end));
    defaults.set(at(4), at(12));
  }
  for (const moof of mvex ? root : []) {
    if (moof.type !== 'moof') continue;
    for (const traf of boxesIn(bytes, moof.body, moof.end)) addFragment(bytes, traf, defaults, ends);
  }
  for (const { id, scale } of tracks) seconds = Math.max(seconds, (ends.get(id) ?? 0) / scale || 0);
  return milliseconds(seconds, 1);
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
  // Of no track that is not there: a file may name millions.
  if (ends.has(track)) ends.set(track, end);
}
