import { type MediaType, mediaTypes } from '../types.ts';
import { type Dimensions, type Format, hasText, milliseconds, nameAt, viewOf } from './format.ts';

// WAV, AVI and WebP are RIFF files: lists of chunks, each with a name of four letters and a length. AVI's index holds
// offsets, so nothing is moved: a chunk that is not needed becomes `JUNK` of the same size, and zeros.

/** The chunks that players need, by the list around them. Titles, dates, makers' own chunks are not among them. */
const needed: Record<string, readonly string[]> = {
  WAVE: ['fmt ', 'fact', 'data'],
  'AVI ': ['hdrl', 'movi', 'idx1'],
  AVIX: ['movi', 'idx1'],
  hdrl: ['avih', 'strl', 'odml'],
  strl: ['strh', 'strf', 'indx', 'vprp'],
  // A stream of neither picture nor sound keeps its header, since the streams are numbered by their order.
  foreign: ['strh'],
  movi: ['rec '],
  'rec ': [],
  odml: ['dmlh'],
  // Not the Exif, nor its orientation: browsers do not turn a WebP by it.
  WEBP: ['VP8X', 'ICCP', 'ANIM', 'ANMF', 'ALPH', 'VP8 ', 'VP8L'],
  ANMF: ['ALPH', 'VP8 ', 'VP8L'],
};

/** The samples of an AVI, and their index, with the number of their stream. They are in `movi` and in its `rec ` lists. */
const ofStream = /^(?:(\d\d)(?:db|dc|pc|wb)|ix(\d\d))$/;

/** The chunks that hold chunks, and where these begin. ANMF is a frame of an animation. */
const lists: Record<string, number> = { LIST: 12, ANMF: 24 };

const types: Record<string, MediaType> = {
  WAVE: mediaTypes.wav,
  'AVI ': mediaTypes.avi,
  WEBP: mediaTypes.webp,
};
/** Without one of each nothing plays. */
const essential: Record<string, readonly string[][]> = {
  WAVE: [['fmt '], ['data']],
  'AVI ': [['avih'], ['sample']],
  WEBP: [['VP8 ', 'VP8L', 'ANMF']],
};

/** An hour of an AVI has a chunk for each of 100,000 pictures, and as many of sound. */
const MAX_CHUNKS = 500_000;

/** What the needed chunks tell of a file. */
interface Facts {
  chunks: number;
  names: Set<string>;
  /** Of each stream of an AVI, whether it is of pictures or sound. */
  streams: boolean[];
  dimensions: Dimensions | null;
  /** Of a WAV. */
  bytesPerSecond: number;
  seconds: number;
}

/** WAV, AVI and WebP: nothing stays but what players need. */
export const riff: Format = {
  begins: (bytes) => hasText(bytes, 0, 'RIFF') && nameAt(bytes, 8) in types,

  clean(bytes) {
    const form = nameAt(bytes, 8);
    const type = types[form];
    if (!type) return null;
    const facts: Facts = {
      ...{ chunks: 0, names: new Set<string>(), streams: [] },
      ...{ dimensions: null, bytesPerSecond: 0, seconds: 0 },
    };
    let { end, neededEnd } = keepNeeded(bytes, form, 12, endOf(bytes, 0, bytes.length), facts);
    if (!essential[form]?.every((names) => names.some((name) => facts.names.has(name)))) return null;
    if (form === 'WEBP') {
      // A picture that is cut off is none. What follows its last chunk goes: as a rule Exif and XMP.
      if (!facts.dimensions || viewOf(bytes).getUint32(4, true) + 8 > bytes.length) return null;
      viewOf(bytes).setUint32(4, neededEnd - 8, true);
      end = neededEnd;
    }
    // An AVI over a gigabyte goes on in further parts.
    while (hasText(bytes, end, 'RIFF') && hasText(bytes, end + 8, 'AVIX')) {
      ({ end } = keepNeeded(bytes, 'AVIX', end + 12, endOf(bytes, end, bytes.length), facts));
    }
    if (facts.chunks > MAX_CHUNKS) return null;
    return {
      type,
      bytes: bytes.subarray(0, Math.min(end, bytes.length)),
      dimensions: facts.dimensions,
      durationMs: milliseconds(facts.seconds, 1),
    };
  },
};

/** Blanks the chunks of a list that are not needed, and reads the others; gives where the list and they end. */
function keepNeeded(bytes: Uint8Array, list: string, from: number, to: number, facts: Facts) {
  let neededEnd = from;
  let at = from;
  while (at + 8 <= to && facts.chunks++ < MAX_CHUNKS) {
    const id = nameAt(bytes, at);
    const name = id === 'LIST' ? nameAt(bytes, at + 8) : id;
    const end = endOf(bytes, at, to);
    const inner = lists[id];
    const isList = inner !== undefined;
    if (isSample(list, id, facts)) {
      facts.names.add('sample');
      neededEnd = end;
    } else if (!needed[list]?.includes(name) || isList !== name in needed) {
      for (let index = 0; index < 4; index++) bytes[at + index] = 'JUNK'.charCodeAt(index);
      bytes.fill(0, at + 8, end);
    } else {
      facts.names.add(name);
      if (!isList) read(bytes.subarray(at + 8, end), list, name, facts);
      else {
        const contents = name === 'strl' && !noteStream(bytes, at + inner, facts) ? 'foreign' : name;
        // Bytes behind the last chunk are no chunk, so remove them too.
        bytes.fill(0, keepNeeded(bytes, contents, at + inner, end, facts).end, end);
      }
      neededEnd = end;
    }
    at = end;
  }
  return { end: at, neededEnd };
}

/** Whether a chunk holds samples of a stream of pictures or sound. */
function isSample(list: string, name: string, { streams }: Facts): boolean {
  if (list !== 'movi' && list !== 'rec ') return false;
  const [, sample, index] = ofStream.exec(name) ?? [];
  return streams[Number(sample ?? index)] ?? false;
}

/** Notes and gives whether the stream whose header is at a place is of pictures or sound. */
function noteStream(bytes: Uint8Array, header: number, { streams }: Facts): boolean {
  const isPlayed = hasText(bytes, header, 'strh') && ['vids', 'auds'].includes(nameAt(bytes, header + 8));
  streams.push(isPlayed);
  return isPlayed;
}

/** Notes what a chunk tells. */
function read(data: Uint8Array, list: string, name: string, facts: Facts): void {
  const view = viewOf(data);
  const at = (place: number) => (place + 4 <= data.length ? view.getUint32(place, true) : 0);
  if (name === 'fmt ') facts.bytesPerSecond = at(8);
  if (name === 'data') facts.seconds = data.length / facts.bytesPerSecond;
  if (name === 'avih') facts.dimensions = sizeOf(at(32), at(36));
  if (list === 'foreign') data.fill(0, 4);
  // Of the streams of an AVI, the longest. Length and rate are in the stream's own units.
  if (name === 'strh') facts.seconds = Math.max(facts.seconds, (at(32) * at(20)) / at(24) || 0);
  if (list !== 'WEBP') return;
  if (name === 'VP8X') {
    // Exif and XMP, which are removed.
    data[0] = (data[0] ?? 0) & ~0x0c;
    facts.dimensions = sizeOf((at(4) & 0xffffff) + 1, (at(6) >>> 8) + 1);
  }
  if (name === 'VP8 ' && hasText(data, 3, '\x9d\x01\x2a')) {
    facts.dimensions = sizeOf(at(6) & 0x3fff, (at(6) >>> 16) & 0x3fff);
  }
  if (name === 'VP8L' && data[0] === 0x2f) {
    facts.dimensions = sizeOf((at(1) & 0x3fff) + 1, ((at(1) >>> 14) & 0x3fff) + 1);
  }
}

function sizeOf(width: number, height: number): Dimensions | null {
  return width > 0 && height > 0 ? { width, height } : null;
}

/** The end of a chunk: on an even byte, and at most the end of its list. Streaming recorders write no lengths. */
function endOf(bytes: Uint8Array, at: number, limit: number): number {
  const size = viewOf(bytes).getUint32(at + 4, true);
  const isUnknown = size === 0xffffffff || (size === 0 && hasText(bytes, at, 'RIFF'));
  return isUnknown ? limit : Math.min(at + 8 + size + (size % 2), limit);
}
