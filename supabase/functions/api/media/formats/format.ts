import type { MediaType } from '../types.ts';

/** Width and height of a picture or video as it is shown, in pixels. */
export interface Dimensions {
  width: number;
  height: number;
}

/** A file without its metadata. */
export interface CleanFile {
  type: MediaType;
  /** The given bytes, moved together or overwritten: a copy of 50 MB would cost a fifth of a function's memory. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Null where there is no picture, or its size is not told. */
  dimensions: Dimensions | null;
  /** Milliseconds of sound or video; null where there are none, or they are not told. */
  durationMs: number | null;
}

/** A format: how its files begin, and what reads them. */
export interface Format {
  begins(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** Removes the metadata, in place; null where the rest of the file is not of this format. */
  clean(bytes: Uint8Array<ArrayBuffer>): CleanFile | null;
}

/** Some bytes of a file. */
export interface Range {
  start: number;
  end: number;
}

/** Keeps parts of a file, in order, and drops what lies between them, by moving the kept parts together. */
export interface Compactor {
  /** Keeps the bytes from `start` up to `end`. */
  keep(start: number, end: number): void;
  /** Puts other bytes in the place of dropped ones, which must be as many or more. */
  replace(by: Uint8Array): void;
  finish(): Uint8Array<ArrayBuffer>;
}

/** A compactor of some bytes. Neighbours are moved as one. */
export function compactor(bytes: Uint8Array<ArrayBuffer>): Compactor {
  let written = 0;
  let start = 0;
  let end = 0;
  const move = () => {
    if (start !== written) bytes.copyWithin(written, start, end);
    written += end - start;
    start = end;
  };
  return {
    keep(from, to) {
      if (from !== end) {
        move();
        start = from;
      }
      end = to;
    },
    replace(by) {
      move();
      bytes.set(by, written);
      written += by.length;
    },
    finish() {
      move();
      return bytes.subarray(0, written);
    },
  };
}

/** Whether bytes hold an ASCII text at a place. */
export function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** The name of four letters at a place, which many formats have for their parts. */
export function nameAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0);
}

/** A duration of some units, as many a second as `scale`; null where the numbers make none that the database holds. */
export function milliseconds(units: number, scale: number): number | null {
  const value = Math.round((units / scale) * 1000);
  return value > 0 && value < 2 ** 31 ? value : null;
}

/** The numbers of a file. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
