import { deflateSync } from 'node:zlib';
import { pngChunk } from '../../supabase/functions/api/media/formats/png.ts';
import { fixtureBytes } from './files.ts';

// Sample files with metadata, written as cameras and programs do. Each carries `location`, or the numbers of one in
// Exif: a test that finds them in what is served has found a leak.

/** A place as text. */
export const location = '+52.5200+013.4050/';
/** The same as Exif numbers: 52° 31′ 12.25″, as three rationals. */
const latitude = [52, 1, 31, 1, 1225, 100];

/** Latin-1 text as bytes. */
export const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

/** Bytes and Latin-1 texts, one behind the other. */
export const join = (...pieces: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? latin1(piece) : piece))));

/** Whether a file holds the sample location, as text in any encoding or as Exif numbers in any byte order. */
export function holdsLocation(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes);
  const utf16 = Buffer.from(location, 'utf16le');
  const numbers = [false, true].map((bigEndian) =>
    Buffer.concat(latitude.map((value) => long(value, bigEndian))),
  );
  const hex = numbers.map((number) => Buffer.from(number.toString('hex')));
  const forms = [Buffer.from(location), utf16, Buffer.from(utf16).swap16(), ...numbers, ...hex];
  return forms.some((form) => file.includes(form));
}

function short(value: number, bigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(2);
  if (bigEndian) bytes.writeUInt16BE(value);
  else bytes.writeUInt16LE(value);
  return bytes;
}

function long(value: number, bigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(4);
  if (bigEndian) bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return bytes;
}

/** An entry of an Exif directory: an offset is a number, a value that lies elsewhere is bytes. */
type Entry = [tag: number, type: 'short' | 'long' | 'text' | 'rational', value: number | Uint8Array];

/** What an Exif holds. */
export interface ExifOptions {
  orientation?: number;
  bigEndian?: boolean;
}

/** An Exif with camera, orientation, shutter and location, in main, Exif and GPS directories. */
export function exif({ orientation = 1, bigEndian = false }: ExifOptions = {}): Uint8Array<ArrayBuffer> {
  const typeNumbers = { text: [2, 1], short: [3, 2], long: [4, 4], rational: [5, 8] } as const;
  /** A directory at `at`, with its values right behind it. */
  const directory = (at: number, entries: Entry[]) => {
    let values = Buffer.alloc(0);
    const valuesAt = at + 2 + 12 * entries.length + 4;
    const rows = entries.map(([tag, type, value]) => {
      const [number, size] = typeNumbers[type];
      const head = (count: number) =>
        join(short(tag, bigEndian), short(number, bigEndian), long(count, bigEndian));
      if (typeof value === 'number') {
        return join(
          head(1),
          type === 'short' ? join(short(value, bigEndian), '\0\0') : long(value, bigEndian),
        );
      }
      const row = join(head(value.length / size), long(valuesAt + values.length, bigEndian));
      values = Buffer.concat([values, value]);
      return row;
    });
    return join(short(entries.length, bigEndian), ...rows, long(0, bigEndian), values);
  };
  const main = (exifAt: number, gpsAt: number): Entry[] => [
    [0x010f, 'text', latin1('Noctra Camera\0')],
    [0x0112, 'short', orientation],
    [0x8769, 'long', exifAt],
    [0x8825, 'long', gpsAt],
  ];
  const exifAt = 8 + directory(8, main(0, 0)).length;
  const exifDirectory = directory(exifAt, [
    [0x829a, 'rational', join(long(1, bigEndian), long(250, bigEndian))],
    [0x9286, 'text', latin1(location)],
  ]);
  const gpsAt = exifAt + exifDirectory.length;
  const degrees = join(...latitude.map((value) => long(value, bigEndian)));
  const gps = directory(gpsAt, [
    [0x0002, 'rational', degrees],
    [0x0004, 'rational', degrees],
  ]);
  const header = join(bigEndian ? 'MM' : 'II', short(42, bigEndian), long(8, bigEndian));
  return join(header, directory(8, main(exifAt, gpsAt)), exifDirectory, gps);
}

/** An XMP packet with a location, under a prefix that a program may choose freely. */
export function xmp(prefix = 'exif'): string {
  return (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description dc:title="Sunrise"' +
    ` ${prefix}:GPSLatitude="${location}"><${prefix}:Place>${location}</${prefix}:Place>` +
    '</rdf:Description></rdf:RDF></x:xmpmeta>'
  );
}

/** A segment of a JPEG. */
export function segment(marker: number, ...pieces: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const data = join(...pieces);
  const length = data.length + 2;
  return join(Uint8Array.of(0xff, marker, length >> 8, length & 0xff), data);
}

/** The sample photo with segments of metadata at its head. */
export function jpegWith(...segments: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const photo = fixtureBytes('photo.jpg');
  return join(photo.subarray(0, 2), ...segments, photo.subarray(2));
}

/** A segment with Exif. */
export const exifSegment = (options?: ExifOptions) => segment(0xe1, 'Exif\0\0', exif(options));

/** The sample picture with chunks of metadata behind its header. */
export function pngWith(...chunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const picture = fixtureBytes('picture.png');
  return join(picture.subarray(0, 33), ...chunks, picture.subarray(33));
}

/** A chunk of a PNG. */
export const chunk = (type: string, ...pieces: (Uint8Array | string)[]) => pngChunk(type, join(...pieces));

/** Text as zlib data. */
export const compressed = (text: string) => new Uint8Array(deflateSync(latin1(text)));

/** A profile as ImageMagick writes it into a text chunk: hexadecimal digits behind its name and its length. */
export function rawProfile(name: string, data: Uint8Array): string {
  const lines =
    Buffer.from(data)
      .toString('hex')
      .match(/.{1,72}/g) ?? [];
  return `\n${name}\n${String(data.length).padStart(8)}\n${lines.join('\n')}\n`;
}

/** The sample animation with extensions in front of its first frame. */
export function gifWith(...extensions: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const animation = fixtureBytes('animation.gif');
  const flags = animation[10] ?? 0;
  const head = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  return join(animation.subarray(0, head), ...extensions, animation.subarray(head));
}

/** An extension of a GIF: its label, and blocks of at most 255 bytes. */
export function gifExtension(label: number, ...blocks: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const pieces = blocks.flatMap((block) => {
    const bytes = join(block);
    return [Uint8Array.of(bytes.length), bytes];
  });
  return join(Uint8Array.of(0x21, label), ...pieces, '\0');
}

/** A box of an MP4. */
export function box(type: string, ...pieces: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const body = join(...pieces);
  return join(long(body.length + 8, true), type, body);
}

/** A number of four bytes, as MP4 has them. */
export const number = (value: number) => new Uint8Array(long(value, true));

/** A file of boxes with one of them, by its path, holding more boxes at its end. */
export function withBoxes(
  file: Uint8Array,
  path: readonly string[],
  ...added: Uint8Array[]
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [type, ...rest] = path;
  let grown = false;
  for (let at = 0; at + 8 <= file.length; ) {
    const size = view.getUint32(at);
    const name = Buffer.from(file.subarray(at + 4, at + 8)).toString('latin1');
    const body = file.subarray(at + 8, at + size);
    if (name === type && !grown) {
      grown = true;
      parts.push(box(name, rest.length > 0 ? withBoxes(body, rest, ...added) : join(body, ...added)));
    } else parts.push(file.subarray(at, at + size));
    at += size;
  }
  return join(...parts);
}

/** A chunk of a RIFF file. */
export function riffChunk(name: string, ...pieces: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const body = join(...pieces);
  return join(name, new Uint8Array(long(body.length, false)), body, body.length % 2 ? '\0' : '');
}

/** A RIFF file with chunks at its end, its own length included. */
export function riffWith(file: Uint8Array, ...chunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = Buffer.from(join(file, ...chunks));
  whole.writeUInt32LE(whole.length - 8, 4);
  return new Uint8Array(whole);
}

/** An element of a WebM. */
export function element(id: number, ...pieces: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const body = join(...pieces);
  // The length in eight bytes, of which the first tells so.
  return join(elementId(id), '\x01\0\0\0', long(body.length, true), body);
}

/** An element whose length is not known, as recorders write them. */
export const openElement = (id: number, ...pieces: (Uint8Array | string)[]) =>
  join(elementId(id), '\xff', ...pieces);

function elementId(id: number): Uint8Array {
  const bytes = long(id, true);
  return bytes.subarray(bytes.findIndex((byte) => byte > 0));
}

/** A page of an OGG; its segments are of packets that end on it, and of one that goes on. */
export function oggPage(
  { position = 0, serial = 1, flags = 0, goesOn = false },
  ...packets: (Uint8Array | string)[]
): Uint8Array<ArrayBuffer> {
  const bodies = packets.map((packet) => join(packet));
  const segments = bodies.flatMap(({ length }, place) => [
    ...Array<number>(Math.floor(length / 255)).fill(255),
    ...(goesOn && place === bodies.length - 1 ? [] : [length % 255]),
  ]);
  const granule = Buffer.alloc(8);
  granule.writeBigInt64LE(BigInt(position));
  const [sequence, checksum] = [long(0, false), long(0, false)];
  const table = Uint8Array.of(segments.length, ...segments);
  const numbers = [granule, long(serial, false), sequence, checksum, table];
  return join('OggS\0', Uint8Array.of(flags), ...numbers, ...bodies);
}
