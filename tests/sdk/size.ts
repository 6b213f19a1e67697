import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** How large a bundle is, in bytes. */
export interface BundledSize {
  minified: number;
  /** By gzip, as servers send it. */
  compressed: number;
}

/**
 * What an app pays for what it imports: bundled as a browser's bundler does it, minified, and compressed.
 *
 * @param entry The file that imports it, by its full path.
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
