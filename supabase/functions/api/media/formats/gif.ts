import { mediaTypes } from '../types.ts';
import { type Compactor, compactor, type Format, hasText, viewOf } from './format.ts';

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const TRAILER = 0x3b;

const GRAPHIC_CONTROL = 0xf9;
const APPLICATION = 0xff;
/** An application extension begins with a block of 11 bytes: its name. */
const APPLICATION_BYTES = 14;

/** A frame has one or two blocks, and the longest animations have thousands of frames. */
const MAX_BLOCKS = 100_000;

/** GIF: of the extensions only timing, loop and colour profile stay, and what follows the picture goes. */
export const gif: Format = {
  begins: (bytes) => hasText(bytes, 0, 'GIF87a') || hasText(bytes, 0, 'GIF89a'),

  clean(bytes) {
    if (bytes.length < 13) return null;
    const view = viewOf(bytes);
    const dimensions = { width: view.getUint16(6, true), height: view.getUint16(8, true) };
    const kept = compactor(bytes);
    let at = 13 + tableBytes(bytes[10]);
    kept.keep(0, at);
    let hasImage = false;
    for (let count = 0; at < bytes.length && count < MAX_BLOCKS; count++) {
      const start = at;
      if (bytes[at] === IMAGE) {
        at = endOfBlocks(bytes, at + 10 + tableBytes(bytes[at + 9]) + 1);
        kept.keep(start, Math.min(at, bytes.length));
        hasImage = true;
      } else if (bytes[at] === EXTENSION) {
        at = endOfBlocks(bytes, at + 2);
        if (at <= bytes.length) keepExtension(kept, bytes, start, at);
      } else {
        // The trailer, or something that no decoder understands.
        kept.replace(Uint8Array.of(TRAILER));
        break;
      }
    }
    return hasImage ? { type: mediaTypes.gif, bytes: kept.finish(), dimensions, durationMs: null } : null;
  },
};

function keepExtension(kept: Compactor, bytes: Uint8Array, start: number, end: number): void {
  const isApplication = (name: string) => bytes[start + 2] === 11 && hasText(bytes, start + 3, name);
  const label = bytes[start + 1];
  if (label === GRAPHIC_CONTROL) kept.keep(start, end);
  if (label !== APPLICATION) return;
  if (isApplication('ICCRGBG1012')) kept.keep(start, end);
  if (isApplication('NETSCAPE2.0') || isApplication('ANIMEXTS1.0')) {
    // The number of repetitions, without the data that may follow it.
    const loop = start + APPLICATION_BYTES;
    if (bytes[loop] !== 3 || bytes[loop + 1] !== 1) return;
    kept.keep(start, loop + 4);
    kept.replace(Uint8Array.of(0));
  }
}

/** The bytes of a colour table, as the flags before it say. */
function tableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** The end of a chain of blocks of at most 255 bytes. */
function endOfBlocks(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let size = bytes[at]; size; size = bytes[at]) at += 1 + size;
  return at + 1;
}
