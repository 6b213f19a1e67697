import fs from 'node:fs';
import { inspect, postMedia } from '../../supabase/functions/api/media/inspect.ts';

/** The bytes of a sample file of `kit/media`. */
export function fixtureBytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(fs.readFileSync(new URL(`./media/${name}`, import.meta.url)));
}

/** The bytes that are published of a sample file: without metadata. */
export function publishedBytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(inspect(fixtureBytes(name), { name, contentType: '' }, postMedia).bytes);
}

/** A sample file as a browser would send it. */
export function fixture(name: string, type: string): File {
  return new File([fixtureBytes(name)], name, { type });
}

/** The sample photo as a browser would send it. */
export function photo(name = 'photo.jpg', lastModified = Date.now()): File {
  return new File([fixtureBytes('photo.jpg')], name, { type: 'image/jpeg', lastModified });
}

/** Loads a URL as bytes. */
export async function load(url: string | null | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url ?? '');
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

/** The sample files, and what a post says of them. */
export const samples = [
  sample('photo.jpg', 'image/jpeg', 'image', [640, 480]),
  sample('picture.png', 'image/png', 'image', [320, 240]),
  sample('animation.gif', 'image/gif', 'image', [160, 120]),
  sample('picture.webp', 'image/webp', 'image', [160, 120]),
  sample('animation.webp', 'image/webp', 'image', [64, 48]),
  sample('picture.avif', 'image/avif', 'image', [160, 120]),
  sample('tiles.avif', 'image/avif', 'image', [128, 256]),
  sample('animation.avif', 'image/avif', 'image', [64, 64]),
  sample('photo.heic', 'image/heic', 'image', [160, 120]),
  sample('clip.mp4', 'video/mp4', 'video', [320, 240], 1000),
  sample('fragments.mp4', 'video/mp4', 'video', [64, 64], 2000),
  sample('recording.mp4', 'video/mp4', 'video', [160, 120], 1461),
  sample('clip.mov', 'video/quicktime', 'video', [160, 120], 1000),
  sample('clip.avi', 'video/x-msvideo', 'video', [160, 120], 1000),
  sample('clip.webm', 'video/webm', 'video', [160, 120], 1000),
  sample('recording.webm', 'video/webm', 'video', [160, 120], 1479),
  sample('tone.mp3', 'audio/mpeg', 'audio', null, 1045),
  sample('tone.wav', 'audio/wav', 'audio', null, 1000),
  sample('tone.m4a', 'audio/mp4', 'audio', null, 1000),
  sample('tone.ogg', 'audio/ogg', 'audio', null, 1000),
  sample('tone-vorbis.ogg', 'audio/ogg', 'audio', null, 1000),
  sample('recording.weba', 'audio/webm', 'audio', null, 1440),
  sample('document.pdf', 'application/pdf', 'document', null),
  sample('document.docx', docx, 'document', null),
];

function sample(
  name: string,
  mime_type: string,
  file_type: 'image' | 'video' | 'audio' | 'document',
  dimensions: [width: number, height: number] | null,
  duration_ms: number | null = null,
) {
  const [width, height] = dimensions ?? [null, null];
  return { name, mime_type, file_type, width, height, duration_ms };
}
