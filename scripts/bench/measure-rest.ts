import { newPerson, nobody, secretClient } from '../../tests/kit/people.ts';
import { type BenchNoctra, connect } from './bench-stack.ts';
import { interleave, millisecondsEach } from './interleave.ts';
import { canReadProcesses, usageOf } from './processes.ts';
import type { Recorder } from './report.ts';
import { ratio, summarize } from './statistics.ts';

/** The longest caption, in characters. */
const longestCaption = 2200;

/** Captions that are expensive for their length. */
const hostileCaptions: Record<string, string> = {
  'only #': '#'.repeat(longestCaption),
  'only @': '@'.repeat(longestCaption),
  '#a#a#a': '#a'.repeat(longestCaption / 2),
  '@ab@ab': '@ab'.repeat(longestCaption / 3),
  'a word without end': 'a'.repeat(longestCaption),
  'dots without end': 'a.'.repeat(longestCaption / 2),
  'an address without end': `http://${'a/'.repeat((longestCaption - 7) / 2)}`,
  'marks without end': `#a${'\u0301'.repeat(longestCaption - 2)}`,
};

/** Measures the extraction from common and from hostile captions. */
export async function measureExtraction(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
): Promise<void> {
  recorder.area('Extraction');
  const sql = connect(noctra.databaseUrl('supabase_admin'));
  try {
    const common = await sql<{ caption: string }[]>`select caption from public.posts order by id limit 200`;
    const text =
      'select count(public.extract_mentions(caption)), count(public.extract_hashtags(caption)) from unnest($1::text[]) as caption';
    const each = (captions: string[]) => async () =>
      (await millisecondsEach(1, () => sql.unsafe(text, [captions], { prepare: true }))) *
      (1000 / captions.length);
    const long = common
      .reduce((whole, { caption }) => (whole.length < longestCaption ? `${whole} ${caption}` : whole), '')
      .slice(0, longestCaption);
    const figures = await interleave(
      [
        { name: 'a common caption', round: each(common.map(({ caption }) => caption)) },
        { name: `common text, ${longestCaption} characters`, round: each(Array(20).fill(long)) },
        ...Object.entries(hostileCaptions).map(([name, caption]) => ({
          name,
          round: each(Array(20).fill(caption)),
        })),
      ],
      rounds,
    );
    for (const [name, values] of figures) recorder.figure(name, 'µs', summarize(values));
    const of = (name: string) => figures.get(name) ?? [];
    for (const name of Object.keys(hostileCaptions))
      recorder.ratio(`${name} by a common caption`, ratio(of(name), of('a common caption')), { atMost: 10 });
  } finally {
    await sql.end();
  }
}

/** Measures a sign-in with a cheap password hash: the work of Auth without the hashing, which is slow by design. */
export async function measureSignIn(noctra: BenchNoctra, recorder: Recorder, rounds: number): Promise<void> {
  recorder.area('Sign-in');
  const { email, password } = await newPerson({}, noctra);
  const app = nobody(noctra);
  const must = async (result: Promise<{ error: unknown }>) => {
    const { error } = await result;
    if (error) throw error;
  };
  const figures = await interleave(
    [
      {
        name: 'sign in without the hashing',
        round: () => millisecondsEach(5, () => must(app.auth.signInWithPassword({ email, password }))),
      },
      { name: 'refresh', round: () => millisecondsEach(20, () => must(app.auth.refreshSession())) },
    ],
    rounds,
  );
  for (const [name, values] of figures) recorder.figure(name, 'ms', summarize(values));
}

const fileBytes = 50 * 1024 * 1024;
/** Time between two samples of the memory; a transfer takes longer. */
const memorySampleMs = 20;

/** Measures upload and download of a file of 50 MiB: the speed, and the memory of the stack. */
export async function measureTransfers(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
): Promise<void> {
  recorder.area('Storage: a file of 50 MiB');
  const bucket = secretClient(noctra).storage.from('post-media');
  const file = new Blob([new Uint8Array(fileBytes)], { type: 'video/mp4' });
  const path = `00000000-0000-4000-8000-000000000000/bench-${Date.now()}.mp4`;
  const resting = stackMemory(noctra);
  const peak = watchMemory(noctra);
  const up: number[] = [];
  const down: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const began = performance.now();
    const uploaded = await bucket.upload(path, file, { upsert: true, contentType: 'video/mp4' });
    if (uploaded.error) throw uploaded.error;
    const between = performance.now();
    const response = await fetch(`${noctra.url}/storage/v1/object/post-media/${path}`, {
      headers: { apikey: noctra.secretKey, authorization: `Bearer ${noctra.secretKey}` },
    });
    let bytes = 0;
    for await (const chunk of response.body ?? []) bytes += chunk.length;
    if (bytes !== fileBytes) throw new Error(`${bytes} bytes came back.`);
    if (round === 0) continue;
    up.push(50 / ((between - began) / 1000));
    down.push(50 / ((performance.now() - between) / 1000));
  }
  await bucket.remove([path]);
  recorder.figure('up', 'MiB/s', summarize(up));
  recorder.figure('down', 'MiB/s', summarize(down));
  const highest = await peak.stop();
  if (canReadProcesses) recorder.figure('more memory', 'MiB', summarize([(highest - resting) / 1024 ** 2]));
}

function stackMemory(noctra: BenchNoctra): number {
  return usageOf(noctra.pid)?.memoryBytes.stack ?? 0;
}

function watchMemory(noctra: BenchNoctra): { stop(): Promise<number> } {
  let highest = 0;
  let going = true;
  const watching = (async () => {
    while (going) {
      highest = Math.max(highest, stackMemory(noctra));
      await new Promise((resolve) => setTimeout(resolve, memorySampleMs));
    }
  })();
  return {
    async stop() {
      going = false;
      await watching;
      return highest;
    },
  };
}

/** Reports the time of a start, and the memory of all processes at rest. */
export function measureRest(recorder: Recorder, firstStart: number | null, noctra: BenchNoctra): void {
  recorder.area('Start-up, and memory at rest');
  if (firstStart !== null)
    recorder.figure('first start, with an empty database', 's', summarize([firstStart]));
  recorder.figure('a start after that', 's', summarize([noctra.startSeconds]));
  const memory = usageOf(noctra.pid)?.memoryBytes ?? {};
  for (const [name, bytes] of Object.entries(memory))
    recorder.figure(`memory: ${name}`, 'MiB', summarize([bytes / 1024 ** 2]));
}
