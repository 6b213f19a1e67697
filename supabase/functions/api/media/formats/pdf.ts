import { mediaTypes } from '../types.ts';
import { type Format, hasText } from './format.ts';

/** Readers look for the header in the first kilobyte. */
const MAX_PREAMBLE_BYTES = 1024;

/** PDF. Nothing is removed: its parts are found by offset, and may be compressed or encrypted. */
export const pdf: Format = {
  begins(bytes) {
    for (let at = 0; at <= MAX_PREAMBLE_BYTES; at++) if (hasText(bytes, at, '%PDF-')) return true;
    return false;
  },
  clean: (bytes) => ({ type: mediaTypes.pdf, bytes, dimensions: null, durationMs: null }),
};
