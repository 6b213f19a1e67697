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
