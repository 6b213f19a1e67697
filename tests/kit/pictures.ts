import { deflateSync } from 'node:zlib';
import { pngChunk } from '../../supabase/functions/api/media/pictures/png.ts';
import { fixtureBytes } from './files.ts';

/** Latin 1 text as bytes. */
export const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

const join = (...pieces: (Uint8Array | string)[]) =>
  new Uint8Array(Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? latin1(piece) : piece))));

/** An entry of an Exif directory: an offset is a number, a value that lies elsewhere is bytes. */
type Entry = [tag: number, type: 'short' | 'long' | 'text' | 'rational', value: number | Uint8Array];

/** What an Exif can hold, written as cameras do. */
export interface ExifOptions {
  orientation?: number;
  position?: boolean;
  bigEndian?: boolean;
}

/** The latitude that the samples hold: 52° 31′ 12.25″, as three rationals. */
const latitude = [52, 1, 31, 1, 1225, 100];

/** An Exif with camera, orientation, shutter and, if asked for, a position: in main, Exif and GPS directories. */
export function exif({ orientation = 1, position = true, bigEndian = false }: ExifOptions = {}) {
  const short = (value: number) => {
    const bytes = Buffer.alloc(2);
    if (bigEndian) bytes.writeUInt16BE(value);
    else bytes.writeUInt16LE(value);
    return bytes;
  };
  const long = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (bigEndian) bytes.writeUInt32BE(value);
    else bytes.writeUInt32LE(value);
    return bytes;
  };
  const typeNumbers = { text: [2, 1], short: [3, 2], long: [4, 4], rational: [5, 8] } as const;
  /** A directory at `at`, with its values right behind it. */
  const directory = (at: number, entries: Entry[]) => {
    let values = Buffer.alloc(0);
    const valuesAt = at + 2 + 12 * entries.length + 4;
    const rows = entries.map(([tag, type, value]) => {
      const [number, size] = typeNumbers[type];
      if (typeof value === 'number') {
        const inline = type === 'short' ? join(short(value), '\0\0') : long(value);
        return join(short(tag), short(number), long(1), inline);
      }
      const row = join(short(tag), short(number), long(value.length / size), long(valuesAt + values.length));
      values = Buffer.concat([values, value]);
      return row;
    });
    return join(short(entries.length), ...rows, long(0), values);
  };
  const main = (exifAt: number, gpsAt: number): Entry[] => [
    [0x010f, 'text', latin1('Noctra Camera\0')],
    [0x0112, 'short', orientation],
    [0x8769, 'long', exifAt],
    ...(position ? [[0x8825, 'long', gpsAt] satisfies Entry] : []),
  ];
  const exifAt = 8 + directory(8, main(0, 0)).length;
  const exifDirectory = directory(exifAt, [
    [0x829a, 'rational', join(long(1), long(250))],
    [0x9003, 'text', latin1('2026:11:22 10:00:00\0')],
  ]);
  const gpsAt = exifAt + exifDirectory.length;
  const gps = position
    ? directory(gpsAt, [
        [0x0002, 'rational', join(...latitude.map(long))],
        [0x0004, 'rational', join(...latitude.map(long))],
      ])
    : new Uint8Array();
  const header = join(bigEndian ? 'MM' : 'II', short(42), long(8));
  return join(header, directory(8, main(exifAt, gpsAt)), exifDirectory, gps);
}

/** An XMP packet with a title and a position, as attributes and as elements. */
export const xmp =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description dc:title="Sunrise"' +
  ' exif:GPSLatitude="52,31.2N" exif:GPSMapDatum=\'WGS-84\'>' +
  '<exif:GPSLongitude>13,24.1E</exif:GPSLongitude><exif:Flash>off</exif:Flash><exif:GPSSpeed/>' +
  '</rdf:Description></rdf:RDF></x:xmpmeta>';

/** The packet without the position, at the same length. */
export const xmpWithoutPosition = [
  ' exif:GPSLatitude="52,31.2N"',
  " exif:GPSMapDatum='WGS-84'",
  '<exif:GPSLongitude>13,24.1E</exif:GPSLongitude>',
  '<exif:GPSSpeed/>',
].reduce((packet, property) => packet.replace(property, ' '.repeat(property.length)), xmp);

/** A segment of a JPEG. */
export function segment(marker: number, ...pieces: (Uint8Array | string)[]) {
  const data = join(...pieces);
  const length = data.length + 2;
  return join(Uint8Array.of(0xff, marker, length >> 8, length & 0xff), data);
}

/** The sample photo with segments of metadata at its head. */
export function jpegWith(...segments: Uint8Array[]) {
  const photo = fixtureBytes('photo.jpg');
  return join(photo.subarray(0, 2), ...segments, photo.subarray(2));
}

/** A segment with Exif. */
export const exifSegment = (options?: ExifOptions) => segment(0xe1, 'Exif\0\0', exif(options));

/** The sample picture with chunks of metadata behind its header. */
export function pngWith(...chunks: Uint8Array[]) {
  const picture = fixtureBytes('picture.png');
  return join(picture.subarray(0, 33), ...chunks, picture.subarray(33));
}

/** A chunk of a PNG. */
export const chunk = (type: string, ...pieces: (Uint8Array | string)[]) => pngChunk(type, join(...pieces));

/** zlib data. */
export const compressed = (text: string) => new Uint8Array(deflateSync(latin1(text)));

/** A profile as ImageMagick writes it into a text chunk. */
export function rawProfile(name: string, data: Uint8Array): string {
  const lines =
    Buffer.from(data)
      .toString('hex')
      .match(/.{1,72}/g) ?? [];
  return `\n${name}\n${String(data.length).padStart(8)}\n${lines.join('\n')}\n`;
}
