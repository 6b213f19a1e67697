import { type MediaType, mediaTypes } from '../types.ts';
import { type Format, hasText, nameAt, viewOf } from './format.ts';

// WAV and AVI are RIFF files: lists of chunks, each with a name of four letters and a length. AVI's index holds offsets,
// so nothing is moved: a chunk that is not needed becomes `JUNK` of the same size, and zeros.

/** The chunks that players need, by the list around them. Titles, dates, makers' own chunks are not among them. */
const needed: Record<string, readonly string[]> = {
  WAVE: ['fmt ', 'fact', 'data'],
  'AVI ': ['hdrl', 'movi', 'idx1'],
  AVIX: ['movi', 'idx1'],
  hdrl: ['avih', 'strl', 'odml'],
  strl: ['strh', 'strf', 'indx', 'vprp'],
  odml: ['dmlh'],
};

const types: Record<string, MediaType> = { WAVE: mediaTypes.wav, 'AVI ': mediaTypes.avi };
/** Without these nothing plays. */
const essential: Record<string, readonly string[]> = { WAVE: ['fmt ', 'data'], 'AVI ': ['hdrl', 'movi'] };

/** A recorder writes dozens of chunks; samples lie in one. */
const MAX_CHUNKS = 10_000;

/** WAV and AVI: nothing stays but what players need. */
export const riff: Format = {
  begins: (bytes) => hasText(bytes, 0, 'RIFF') && nameAt(bytes, 8) in types,

  clean(bytes) {
    const form = nameAt(bytes, 8);
    const type = types[form];
    if (!type) return null;
    let end = 0;
    const found: string[] = [];
    // An AVI over a gigabyte goes on in further RIFF parts.
    while (hasText(bytes, end, 'RIFF') && bytes.length >= end + 12) {
      const part = keepNeeded(bytes, nameAt(bytes, end + 8), end + 12, endOf(bytes, end, bytes.length));
      found.push(...part.found);
      end = part.end;
    }
    if (!essential[form]?.every((name) => found.includes(name))) return null;
    return { type, bytes: bytes.subarray(0, Math.min(end, bytes.length)), dimensions: null };
  },
};

/** Blanks the chunks of a list that are not needed; gives the names of the others, and where the list ends. */
function keepNeeded(bytes: Uint8Array, list: string, from: number, to: number) {
  const found: string[] = [];
  let at = from;
  for (let count = 0; at + 8 <= to && count < MAX_CHUNKS; count++) {
    const isList = hasText(bytes, at, 'LIST');
    const name = nameAt(bytes, isList ? at + 8 : at);
    const end = endOf(bytes, at, to);
    if (!needed[list]?.includes(name)) {
      for (let index = 0; index < 4; index++) bytes[at + index] = 'JUNK'.charCodeAt(index);
      bytes.fill(0, at + 8, end);
    } else {
      found.push(name);
      if (isList && needed[name]) keepNeeded(bytes, name, at + 12, end);
    }
    at = end;
  }
  return { found, end: at };
}

/** The end of a chunk: on an even byte, and at most the end of its list. Streaming recorders write no lengths. */
function endOf(bytes: Uint8Array, at: number, limit: number): number {
  const size = viewOf(bytes).getUint32(at + 4, true);
  const isUnknown = size === 0xffffffff || (size === 0 && hasText(bytes, at, 'RIFF'));
  return isUnknown ? limit : Math.min(at + 8 + size + (size % 2), limit);
}
