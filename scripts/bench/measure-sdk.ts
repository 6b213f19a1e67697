import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import type { Recorder } from './report.ts';
import { summarize } from './statistics.ts';

/** The SDK as an app's bundler packs it, supabase-js left out. */
export async function measureSdk(recorder: Recorder): Promise<void> {
  recorder.area('The SDK, without supabase-js');
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: true,
      lib: {
        entry: fileURLToPath(new URL('../../sdk/src/index.ts', import.meta.url)),
        formats: ['es'],
        fileName: 'sdk',
      },
      rolldownOptions: { external: ['@supabase/supabase-js'] },
    },
  });
  const [output] = [built].flat();
  const [chunk] = output && 'output' in output ? output.output : [];
  if (!chunk || !('code' in chunk)) throw new Error('Nothing was bundled.');
  const compressed = gzipSync(chunk.code).length;
  recorder.figure('minified', 'bytes', summarize([Buffer.byteLength(chunk.code)]));
  recorder.figure('minified and compressed (gzip)', 'bytes', summarize([compressed]));
  recorder.ratio('compressed, by 6 kB', summarize([compressed / 6000]), { atMost: 1 });
}
