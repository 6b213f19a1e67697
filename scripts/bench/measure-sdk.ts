import { fileURLToPath } from 'node:url';
import { bundledSize } from '../../tests/sdk/size.ts';
import type { Recorder } from './report.ts';
import { summarize } from './statistics.ts';

/** Measures the SDK as bundled by an app, without supabase-js. */
export async function measureSdk(recorder: Recorder): Promise<void> {
  recorder.area('The SDK, without supabase-js');
  const entry = fileURLToPath(new URL('../../sdk/src/index.ts', import.meta.url));
  const { minified, compressed } = await bundledSize(entry, ['@supabase/supabase-js']);
  recorder.figure('minified', 'bytes', summarize([minified]));
  recorder.figure('minified and compressed (gzip)', 'bytes', summarize([compressed]));
  recorder.ratio('compressed, by 9 kB', summarize([compressed / 9000]), { atMost: 1 });
}
