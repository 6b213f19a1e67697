import fs from 'node:fs';

/** The bytes of one of the sample files. */
export function fixtureBytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(fs.readFileSync(new URL(`../fixtures/media/${name}`, import.meta.url)));
}

/** One of the sample files, as a browser would send it. */
export function fixture(name: string, type: string): File {
  return new File([fixtureBytes(name)], name, { type });
}
