import { mediaTypes } from '../types.ts';
import { compactor, type Format, hasText, milliseconds, nameAt, viewOf } from './format.ts';

/** Some encoders leave a gap before the first frame; more than this, all together, is another file or its end. */
const MAX_GAP_BYTES = 64 * 1024;
/** Programs that do not know an older tag put theirs in front of it. */
const MAX_TAGS = 100;
/** Frames in a row that no other file has by chance. */
const FRAMES_IN_A_ROW = 4;
/** How tags begin: ID3, APE, ID3v1 and Lyrics3. */
const tagNames = ['ID3', 'APETAGEX', 'TAG', 'LYRICSBEGIN'];

/** Where the first frame may have the name of a header: behind the side information, which has four lengths. */
const HEADERS = [9, 17, 32].flatMap((side) => ['Xing', 'Info'].map((name) => [name, 4 + side] as const));
HEADERS.push(['VBRI', 36]);

/** Kilobits a second of layer III, by index: MPEG 1, and MPEG 2 with 2.5. */
const rates = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/** Samples a second of MPEG 1, by index; MPEG 2 has a half, MPEG 2.5 a quarter. */
const frequencies = [44_100, 48_000, 32_000];

/** MP3: only frames of sound stay. Tags, anywhere, hold titles and covers, but also comments, places and any files. */
export const mp3: Format = {
  begins: () => true,

  clean(bytes) {
    const tagged = endOfTags(bytes, 0);
    const start = firstFrame(bytes, tagged, tagged + MAX_GAP_BYTES, tagged > 0);
    if (start === -1) return null;
    const { keep, finish } = compactor(bytes);
    let gap = MAX_GAP_BYTES;
    let seconds = 0;
    for (let at = start; at !== -1; ) {
      const frame = frameAt(bytes, at);
      const end = at + (frame?.length ?? 0);
      // A frame that is cut off would end within what follows it.
      if (frame && mayEndAt(bytes, end)) {
        keep(at, end);
        // Some encoders begin with a frame that holds no sound, but facts about the file.
        const isHeader = at === start && HEADERS.some(([name, place]) => nameAt(bytes, at + place) === name);
        if (!isHeader) seconds += frame.seconds;
        at = end;
      } else {
        const from = Math.max(endOfTags(bytes, at), frame ? at + 1 : at);
        at = firstFrame(bytes, from, from + gap, true);
        gap -= at - from;
      }
    }
    return { type: mediaTypes.mp3, bytes: finish(), dimensions: null, durationMs: milliseconds(seconds, 1) };
  },
};

/** The end of the tags at a place. There may be several. */
function endOfTags(bytes: Uint8Array, start: number): number {
  let at = start;
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
function firstFrame(bytes: Uint8Array, from: number, to: number, isTagged: boolean): number {
  const limit = Math.min(to, bytes.length);
  for (let at = from; at < limit; at++) {
    if (framesFrom(bytes, at)) return at;
    if (bytes[at] !== 0 && !isTagged) return -1;
  }
  return -1;
}

function framesFrom(bytes: Uint8Array, from: number): boolean {
  let at = from;
  for (let count = 0; count < FRAMES_IN_A_ROW; count++) {
    // A short file has few frames.
    if (count > 0 && mayEndAt(bytes, at) && !frameAt(bytes, at)) return true;
    const frame = frameAt(bytes, at);
    if (!frame) return false;
    at += frame.length;
  }
  return true;
}

/** Whether a frame may end at a place: where another frame, a tag or nothing follows. */
function mayEndAt(bytes: Uint8Array, at: number): boolean {
  return at === bytes.length || !!frameAt(bytes, at) || tagNames.some((name) => hasText(bytes, at, name));
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
