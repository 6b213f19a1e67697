// What Noctra reads and removes of Exif, which is a TIFF file without a picture: directories of entries of 12 bytes.

const ORIENTATION = 0x0112;
const GPS_DIRECTORY = 0x8825;
/** Entries that point at further directories: Exif's own, and those of pictures inside. */
const DIRECTORIES = new Set([0x8769, 0x014a]);

/** A camera writes four or five directories; more is a loop or an attack. */
const MAX_DIRECTORIES = 32;

/** Bytes of one value, by type: byte, text, short, long, rational, and the signed and floating kinds of these. */
const typeSizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

/** A TIFF's numbers, in whichever byte order it has; null for an offset outside of it. */
interface Tiff {
  bytes: Uint8Array;
  short(at: number): number | null;
  long(at: number): number | null;
  setShort(at: number, value: number): void;
}

function openTiff(bytes: Uint8Array): Tiff | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = bytes.length < 8 ? 0 : view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return null;
  const little = order === 0x4949;
  if (view.getUint16(2, little) !== 42) return null;
  return {
    bytes,
    short: (at) => (at + 2 <= bytes.length ? view.getUint16(at, little) : null),
    long: (at) => (at + 4 <= bytes.length ? view.getUint32(at, little) : null),
    setShort: (at, value) => view.setUint16(at, value, little),
  };
}

/** How the picture is to be turned, 1 to 8, or null where the Exif does not say. */
export function exifOrientation(bytes: Uint8Array): number | null {
  const tiff = openTiff(bytes);
  const directory = tiff?.long(4);
  if (!tiff || !directory) return null;
  for (const entry of entriesOf(tiff, directory)) {
    if (tiff.short(entry) === ORIENTATION) return tiff.short(entry + 8);
  }
  return null;
}

/**
 * Removes the GPS directory, wherever a directory names one, with all that it points at; says whether there was one.
 * In place and without moving anything: what else the Exif holds points at its data by offset, makers' notes included.
 */
export function removeExifPosition(bytes: Uint8Array): boolean {
  const tiff = openTiff(bytes);
  if (!tiff) return false;
  let removed = false;
  const left = [tiff.long(4)];
  const seen = new Set<number>();
  for (let directory = left.pop(); directory !== undefined; directory = left.pop()) {
    if (!directory || seen.has(directory) || seen.size >= MAX_DIRECTORIES) continue;
    seen.add(directory);
    for (const entry of entriesOf(tiff, directory).reverse()) {
      const tag = tiff.short(entry) ?? 0;
      if (tag === GPS_DIRECTORY) {
        blankDirectory(tiff, tiff.long(entry + 8) ?? 0);
        removeEntry(tiff, directory, entry);
        removed = true;
      } else if (DIRECTORIES.has(tag)) left.push(...directoriesOf(tiff, entry));
    }
    left.push(tiff.long(endOf(tiff, directory)));
  }
  return removed;
}

/** Where the entries of a directory are, as far as the bytes go. */
function entriesOf(tiff: Tiff, directory: number): number[] {
  const room = Math.floor((tiff.bytes.length - directory - 2) / 12);
  const count = Math.min(tiff.short(directory) ?? 0, Math.max(room, 0));
  return Array.from({ length: count }, (_, index) => directory + 2 + 12 * index);
}

/** Where the offset of the next directory stands, after the entries. */
function endOf(tiff: Tiff, directory: number): number {
  return directory + 2 + 12 * (tiff.short(directory) ?? 0);
}

function directoriesOf(tiff: Tiff, entry: number): (number | null)[] {
  const count = tiff.long(entry + 4) ?? 0;
  const value = tiff.long(entry + 8);
  if (count <= 1 || value === null) return [value];
  return Array.from({ length: Math.min(count, MAX_DIRECTORIES) }, (_, index) => tiff.long(value + 4 * index));
}

function blankDirectory(tiff: Tiff, directory: number): void {
  // A directory that is not there, or the header of the file itself.
  if (directory < 8) return;
  // Values may not overlap, so no more than the whole can be theirs: a hostile file would have it blanked many times.
  let budget = tiff.bytes.length;
  for (const entry of entriesOf(tiff, directory)) {
    const size = (typeSizes[tiff.short(entry + 2) ?? 0] ?? 0) * (tiff.long(entry + 4) ?? 0);
    const value = tiff.long(entry + 8) ?? 0;
    if (size > 4 && value >= 8 && size <= budget) {
      tiff.bytes.fill(0, value, value + size);
      budget -= size;
    }
    tiff.bytes.fill(0, entry, entry + 12);
  }
  tiff.bytes.fill(0, directory, directory + 2);
}

/** The entries behind it move up, and the offset of the next directory with them. */
function removeEntry(tiff: Tiff, directory: number, entry: number): void {
  const end = endOf(tiff, directory) + 4;
  tiff.bytes.copyWithin(entry, entry + 12, end);
  tiff.bytes.fill(0, end - 12, end);
  tiff.setShort(directory, (tiff.short(directory) ?? 1) - 1);
}
