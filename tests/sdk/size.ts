import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** The size of a bundle in bytes. */
export interface BundledSize {
  minified: number;
  /** With gzip, as servers send it. */
  compressed: number;
}

/**
 * The size of what an app imports: bundled, minified and compressed.
 *
 * @param entry The full path of the file that imports it.
 * @param external Packages that are not counted.
 */
export async function bundledSize(entry: string, external: readonly string[]): Promise<BundledSize> {
  const built = await build({
    root: dirname(entry),
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: entry, external: [...external], preserveEntrySignatures: 'strict' },
    },
  });
  const [output] = [built].flat();
  const [chunk] = output && 'output' in output ? output.output : [];
  if (!chunk) throw new Error('Nothing was bundled.');
  return { minified: Buffer.byteLength(chunk.code), compressed: gzipSync(chunk.code).length };
}
