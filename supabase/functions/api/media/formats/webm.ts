import { mediaTypes } from '../types.ts';
import { type Dimensions, type Format, milliseconds, type Range, viewOf } from './format.ts';
import { emptyTags } from './ogg.ts';

// WebM is a tree of elements, each with an id, a length and contents. Cues hold offsets, so nothing is moved: an element
// that is not needed becomes a `Void` one of the same size, and zeros.

const file = 0;
const header = 0x1a45dfa3;
const docType = 0x4282;
const segment = 0x18538067;
const info = 0x1549a966;
const timestampScale = 0x2ad7b1;
const duration = 0x4489;
const tracks = 0x1654ae6b;
const track = 0xae;
const trackNumber = 0xd7;
const trackType = 0x83;
const codecId = 0x86;
const codecPrivate = 0x63a2;
const video = 0xe0;
const pixelWidth = 0xb0;
const pixelHeight = 0xba;
const displayWidth = 0x54b0;
const displayHeight = 0x54ba;
const displayUnit = 0x54b2;
const audio = 0xe1;
const cluster = 0x1f43b675;
const timestamp = 0xe7;
const simpleBlock = 0xa3;
const blockGroup = 0xa0;
const block = 0xa1;
const seekHead = 0x114d9b74;
const cues = 0x1c53bb6b;
const unused = 0xec;

/** The elements that players need, by the element around them. Titles, dates, tags and attachments are not among them. */
const needed = new Map<number, readonly number[]>([
  [file, [header, segment]],
  // The versions of EBML and of WebM, and the lengths of ids and lengths.
  [header, [docType, 0x4286, 0x42f7, 0x42f2, 0x42f3, 0x4287, 0x4285]],
  [segment, [seekHead, info, tracks, cluster, cues]],
  [info, [timestampScale, duration]],
  [tracks, [track]],
  [
    track,
    [
      ...[trackNumber, trackType, codecId, codecPrivate, video, audio],
      // Unique number; enabled, default, forced and lacing; frame duration and scale; language; delays; encodings.
      ...[0x73c5, 0xb9, 0x88, 0x55aa, 0x9c, 0x23e383, 0x23314f, 0x22b59c, 0x56aa, 0x56bb, 0x6d80],
      // Additions to blocks, such as transparency.
      ...[0x55ee, 0x41e4],
    ],
  ],
  [
    video,
    [
      ...[pixelWidth, pixelHeight, displayWidth, displayHeight, displayUnit],
      // Interlacing, stereo, transparency, cropping, aspect, colours, projection.
      ...[0x9a, 0x9d, 0x53b8, 0x53c0, 0x54aa, 0x54bb, 0x54cc, 0x54dd, 0x54b3, 0x55b0, 0x7670],
    ],
  ],
  // Frequencies, channels, bits.
  [audio, [0xb5, 0x78b5, 0x9f, 0x6264]],
  // Also the places of this cluster and of the one before.
  [cluster, [timestamp, simpleBlock, blockGroup, 0xa7, 0xab]],
  // Also duration, references, additions and padding.
  [blockGroup, [block, 0x9b, 0xfb, 0x75a1, 0x75a2]],
  // The additions, each with a number: transparency.
  [0x75a1, [0xa6]],
  [0xa6, [0xee, 0xa5]],
  // How to read them: not the name.
  [0x41e4, [0x41f0, 0x41e7, 0x41ed]],
  // Encodings: order, scope, type, and the compression's method and settings.
  [0x6d80, [0x6240]],
  [0x6240, [0x5031, 0x5032, 0x5033, 0x5034]],
  [0x5034, [0x4254, 0x4255]],
  // Colours, and those of the screen they were made on.
  [
    0x55b0,
    [
      0x55b1, 0x55b2, 0x55b3, 0x55b4, 0x55b5, 0x55b6, 0x55b7, 0x55b8, 0x55b9, 0x55ba, 0x55bb, 0x55bc, 0x55bd,
      0x55d0,
    ],
  ],
  [0x55d0, [0x55d1, 0x55d2, 0x55d3, 0x55d4, 0x55d5, 0x55d6, 0x55d7, 0x55d8, 0x55d9, 0x55da]],
  // The projection: its type, settings and turns.
  [0x7670, [0x7671, 0x7672, 0x7673, 0x7674, 0x7675]],
  // The places of parts of the file.
  [seekHead, [0x4dbb]],
  [0x4dbb, [0x53ab, 0x53ac]],
  // The places of times: by track, with duration, block, codec's state and references.
  [cues, [0xbb]],
  [0xbb, [0xb3, 0xb7]],
  [0xb7, [0xf7, 0xf1, 0xf0, 0xb2, 0x5378, 0xea, 0xdb]],
  [0xdb, [0x96]],
]);

/** In a segment or cluster of unknown length, these begin the next part: tags, attachments and chapters as well. */
const parts = [...(needed.get(segment) ?? []), 0x1254c367, 0x1941a469, 0x1043a770];

/** Three hours of sound have half a million blocks. */
const MAX_ELEMENTS = 1_000_000;

interface Element extends Range {
  id: number;
  body: number;
}

/** What the elements tell of a file. */
interface Facts {
  elements: number;
  isWebm: boolean;
  /** The tracks of pictures and sound, by number. */
  tracks: Set<number>;
  isVideo: boolean;
  dimensions: Dimensions | null;
  /** Nanoseconds of a unit of time. */
  scale: number;
  duration: number;
  cluster: number;
  /** The time of the last block. */
  last: number;
}

/** WebM: nothing stays but what players need. Tracks of neither picture nor sound go, with their blocks. */
export const webm: Format = {
  begins: (bytes) => viewOf(bytes).byteLength > 4 && viewOf(bytes).getUint32(0) === header,

  clean(bytes) {
    const facts: Facts = {
      ...{ elements: 0, isWebm: false, tracks: new Set<number>(), isVideo: false, dimensions: null },
      ...{ scale: 1_000_000, duration: 0, cluster: 0, last: -1 },
    };
    const end = keepNeeded(bytes, file, 0, bytes.length, facts);
    if (end === null || !facts.isWebm || facts.last < 0) return null;
    const durationMs = milliseconds((facts.duration > 0 ? facts.duration : facts.last) * facts.scale, 1e9);
    const type = facts.isVideo ? mediaTypes.webm : mediaTypes.weba;
    return { type, bytes: bytes.subarray(0, end), dimensions: facts.dimensions, durationMs };
  },
};

/** Blanks what is not needed, and reads the rest; gives where it ends, or null if an element does not fit into its parent. */
function keepNeeded(
  bytes: Uint8Array,
  parent: number,
  from: number,
  to: number,
  facts: Facts,
): number | null {
  let at = from;
  while (at < to) {
    const element = elementAt(bytes, at, to);
    // A file may be cut off, and plays up to there.
    if (!element) return to === bytes.length ? at : null;
    const { id, body, end } = element;
    if (parent === cluster && parts.includes(id)) return at;
    if (++facts.elements > MAX_ELEMENTS) return null;
    if (!needed.get(parent)?.includes(id) || !read(bytes, element, facts)) blank(bytes, element);
    else if (needed.has(id)) {
      const inner = keepNeeded(bytes, id, body, end, facts);
      if (inner === null) return null;
      at = inner;
      continue;
    }
    at = end;
  }
  return at;
}

/** Notes what an element tells; false if it is to go. */
function read(bytes: Uint8Array, element: Element, facts: Facts): boolean {
  const { id } = element;
  if (id === docType) facts.isWebm = textOf(bytes, element) === 'webm';
  if (id === timestampScale) facts.scale = numberOf(bytes, element);
  if (id === duration) facts.duration = floatOf(bytes, element);
  if (id === track) return readTrack(bytes, element, facts);
  if (id === timestamp) facts.cluster = numberOf(bytes, element);
  const sample = id === blockGroup ? find(bytes, element, block) : id === simpleBlock ? element : undefined;
  if (id !== blockGroup && id !== simpleBlock) return true;
  // The number of its track, and its time after the cluster's.
  const number = sample && lengthAt(bytes, sample.body, sample.end);
  if (!number || number.end + 2 > sample.end || !facts.tracks.has(number.value)) return false;
  facts.last = Math.max(facts.last, facts.cluster + viewOf(bytes).getInt16(number.end));
  return true;
}

/** Notes what a track tells; false for one of neither picture nor sound. */
function readTrack(bytes: Uint8Array, element: Element, facts: Facts): boolean {
  const number = (from: Element | undefined, id: number) => {
    const found = from && find(bytes, from, id);
    return found ? numberOf(bytes, found) : 0;
  };
  const type = number(element, trackType);
  if (type !== 1 && type !== 2) return false;
  const codec = find(bytes, element, codecId);
  const settings = find(bytes, element, codecPrivate);
  // Vorbis has its tags among the settings.
  const isVorbis = codec && textOf(bytes, codec) === 'A_VORBIS';
  if (isVorbis && !(settings && emptyVorbisTags(bytes, settings))) return false;
  facts.tracks.add(number(element, trackNumber));
  if (type === 2) return true;
  facts.isVideo = true;
  const picture = find(bytes, element, video);
  const isInPixels = number(picture, displayUnit) === 0;
  const width = (isInPixels && number(picture, displayWidth)) || number(picture, pixelWidth);
  const height = (isInPixels && number(picture, displayHeight)) || number(picture, pixelHeight);
  if (width > 0 && height > 0) facts.dimensions ??= { width, height };
  return true;
}

/** Vorbis in one piece: a count, the lengths of the first two of three packets, and the packets. The second has the tags. */
function emptyVorbisTags(bytes: Uint8Array, { body, end }: Element): boolean {
  let at = body + 1;
  const next = () => {
    let length = 0;
    for (; at < end && bytes[at] === 255; at++) length += 255;
    return length + (bytes[at++] ?? 0);
  };
  const [head, tags] = [next(), next()];
  return emptyTags(bytes, at + head, Math.min(at + head + tags, end));
}

/** A track or a block has a few dozen elements. */
const MAX_CHILDREN = 100;

function find(bytes: Uint8Array, { body, end }: Element, id: number): Element | undefined {
  for (let at = body, count = 0; at < end && count < MAX_CHILDREN; count++) {
    const element = elementAt(bytes, at, end);
    if (!element || element.id === id) return element ?? undefined;
    at = element.end;
  }
  return undefined;
}

/** The element at a place; null where there is none that ends in time. */
function elementAt(bytes: Uint8Array, start: number, to: number): Element | null {
  const idBytes = bytesOfNumber(bytes, start);
  const length = lengthAt(bytes, start + idBytes, to);
  if (idBytes > 4 || !length) return null;
  let id = 0;
  for (let at = start; at < start + idBytes; at++) id = id * 256 + (bytes[at] ?? 0);
  // All bits set stand for a length that is not known: recorders begin segments and clusters with it.
  const isOpen = length.value >= 2 ** (7 * (length.end - start - idBytes)) - 1;
  const end = isOpen ? to : length.end + length.value;
  const mayEndEarly = id === segment || id === cluster;
  if ((isOpen || end > to) && !mayEndEarly) return null;
  return { id, start, body: length.end, end: Math.min(end, to) };
}

/** A number that tells its own length: by the zero bits that it begins with. */
function lengthAt(bytes: Uint8Array, start: number, to: number): { value: number; end: number } | null {
  const size = bytesOfNumber(bytes, start);
  const end = start + size;
  if (size > 8 || end > to) return null;
  let value = (bytes[start] ?? 0) & (0xff >> size);
  for (let at = start + 1; at < end; at++) value = value * 256 + (bytes[at] ?? 0);
  return { value, end };
}

function bytesOfNumber(bytes: Uint8Array, at: number): number {
  return Math.clz32(bytes[at] ?? 0) - 23;
}

function blank(bytes: Uint8Array, { start, end }: Element): void {
  bytes.fill(0, start, end);
  bytes[start] = unused;
  const size = end - start;
  // The length in one byte, or in eight.
  if (size - 2 < 127) bytes[start + 1] = 0x80 | (size - 2);
  else {
    bytes[start + 1] = 1;
    viewOf(bytes).setUint32(start + 5, size - 9);
  }
}

function numberOf(bytes: Uint8Array, { body, end }: Element): number {
  let value = 0;
  for (let at = body; at < Math.min(end, body + 8); at++) value = value * 256 + (bytes[at] ?? 0);
  return value;
}

function floatOf(bytes: Uint8Array, { body, end }: Element): number {
  const view = viewOf(bytes);
  return end - body === 8 ? view.getFloat64(body) : end - body === 4 ? view.getFloat32(body) : 0;
}

function textOf(bytes: Uint8Array, { body, end }: Element): string {
  return String.fromCharCode(...bytes.subarray(body, Math.min(end, body + 20)).filter((byte) => byte > 0));
}
