import { mediaTypes } from '../types.ts';
import { type Format, hasText, milliseconds, nameAt, viewOf } from './format.ts';

/** Some encoders leave a gap before the first frame; more than this is another file. */
const MAX_GAP_BYTES = 64 * 1024;
/** Programs that do not know an older tag put theirs in front of it. */
const MAX_TAGS = 100;
/** Frames in a row that no other file has by chance. */
const FRAMES_IN_A_ROW = 4;

/** Where the first frame may have the name of a header: behind the side information, which has four lengths. */
const HEADERS = [9, 17, 32].flatMap((side) => ['Xing', 'Info'].map((name) => [name, 4 + side] as const));
HEADERS.push(['VBRI', 36]);
/** What may follow the last frame: the start of a truncated frame. */
const MAX_REST_BYTES = 1441;

/** Kilobits a second of layer III, by index: MPEG 1, and MPEG 2 with 2.5. */
const rates = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/** Samples a second of MPEG 1, by index; MPEG 2 has a half, MPEG 2.5 a quarter. */
const frequencies = [44_100, 48_000, 32_000];

/** MP3: only the sound stays. Tags hold titles and covers, but also comments, places and files of any kind. */
export const mp3: Format = {
  begins: () => true,

  clean(bytes) {
    const tagged = endOfTags(bytes);
    const end = startOfTrailer(bytes);
    const start = firstFrame(bytes, tagged, end, tagged > 0);
    if (start === -1 || end <= start) return null;
    return {
      type: mediaTypes.mp3,
      bytes: bytes.subarray(start, end),
      dimensions: null,
      durationMs: durationOf(bytes, start, end),
    };
  },
};

/** The end of the tags at the head. A file may have several. */
function endOfTags(bytes: Uint8Array): number {
  let at = 0;
  for (let count = 0; count < MAX_TAGS; count++) {
    if (hasText(bytes, at, 'ID3')) {
      const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at + 6, at + 10);
      at += 10 + ((a & 0x7f) << 21) + ((b & 0x7f) << 14) + ((c & 0x7f) << 7) + (d & 0x7f);
    } else if (hasText(bytes, at, 'APETAGEX') && at + 32 <= bytes.length) {
      at += 32 + viewOf(bytes).getUint32(at + 12, true);
    } else break;
  }
  return at;
}

/** The place of the first of several frames, or -1. Only zeros may precede it, or any bytes after a tag. */
function firstFrame(bytes: Uint8Array, from: number, end: number, isTagged: boolean): number {
  const limit = Math.min(from + MAX_GAP_BYTES, end);
  for (let at = from; at < limit; at++) {
    if (framesFrom(bytes, at, end)) return at;
    if (bytes[at] !== 0 && !isTagged) return -1;
  }
  return -1;
}

function framesFrom(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  for (let count = 0; count < FRAMES_IN_A_ROW; count++) {
    // A short file has few frames.
    if (count > 0 && at === end) return true;
    const frame = frameAt(bytes, at);
    if (!frame) return false;
    at += frame.length;
  }
  return true;
}

/** Counts the frames, which is exact also where rates vary; null where something else lies between them. */
function durationOf(bytes: Uint8Array, start: number, end: number): number | null {
  let seconds = 0;
  let at = start;
  for (let frame = frameAt(bytes, at); frame && at < end; frame = frameAt(bytes, at)) {
    // Some encoders begin with a frame that holds no sound, but facts about the file.
    const isHeader = at === start && HEADERS.some(([name, place]) => nameAt(bytes, at + place) === name);
    if (!isHeader) seconds += frame.seconds;
    at += frame.length;
  }
  return end - at <= MAX_REST_BYTES ? milliseconds(seconds, 1) : null;
}

/** The frame at a place, or null where there is no header of one. */
function frameAt(bytes: Uint8Array, at: number): { length: number; seconds: number } | null {
  const [sync = 0, second = 0, third = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  const version = (second >> 3) & 3;
  const isLayer3 = ((second >> 1) & 3) === 1;
  if (sync !== 0xff || second < 0xe0 || version === 1 || !isLayer3) return null;
  const rate = rates[version === 3 ? 0 : 1]?.[third >> 4];
  const frequency = frequencies[(third >> 2) & 3];
  if (!rate || !frequency) return null;
  const [samples, divisor] = version === 3 ? [1152, 1] : [576, version === 2 ? 2 : 4];
  const length = Math.floor((samples * divisor * rate * 125) / frequency) + ((third >> 1) & 1);
  return { length, seconds: (samples * divisor) / frequency };
}

/** The start of the tags at the end: ID3v1, Lyrics3 and APE, in any order. */
function startOfTrailer(bytes: Uint8Array): number {
  let end = bytes.length;
  for (let size = trailerBytes(bytes, end); size > 0 && size <= end; size = trailerBytes(bytes, end))
    end -= size;
  return end;
}

/** The length of the tag that ends at a place; 0 where there is none. */
function trailerBytes(bytes: Uint8Array, end: number): number {
  if (end >= 128 && hasText(bytes, end - 128, 'TAG')) return 128;
  if (end >= 32 && hasText(bytes, end - 32, 'APETAGEX')) {
    // The size counts the footer, and not the header that the highest flag tells of.
    const view = viewOf(bytes);
    return view.getUint32(end - 20, true) + (view.getUint32(end - 12, true) >= 2 ** 31 ? 32 : 0);
  }
  if (end >= 15 && hasText(bytes, end - 9, 'LYRICS200'))
    return 15 + Number(String.fromCharCode(...bytes.subarray(end - 15, end - 9)));
  return 0;
}
