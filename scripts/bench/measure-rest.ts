import { createClient } from '@supabase/supabase-js';
import bcrypt from 'bcryptjs';
import { interleave, millisecondsEach } from './interleave.ts';
import { type BenchNoctra, connect } from './noctra.ts';
import { canReadProcesses, usageOf } from './processes.ts';
import type { Recorder } from './report.ts';
import { ratio, summarize } from './statistics.ts';

/** Characters of the longest caption. */
const longestCaption = 2200;

/** Captions that give the extraction the most to do for their length. */
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

/** Extraction for each caption: a common one, and the hardest of the same length there are. */
export async function measureExtraction(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
): Promise<void> {
  recorder.area('Extraction');
  const sql = connect(noctra.databaseUrl('supabase_admin'));
  try {
    const common = await sql<
      { caption: string }[]
    >`select caption from public.posts order by id desc limit 200`;
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

/** What a sign-in costs beside the hashing of the password, which is meant to be slow. */
export async function measureSignIn(noctra: BenchNoctra, recorder: Recorder, rounds: number): Promise<void> {
  recorder.area('Sign-in');
  const client = createClient(noctra.url, noctra.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const email = `signer_${Date.now().toString(36)}@example.com`;
  const password = 'a long password';
  const { error } = await client.auth.admin.createUser({
    email,
    password,
    email_confirm: true,
    user_metadata: { username: email.split('@')[0] },
  });
  if (error) throw error;
  const hash = await bcrypt.hash(password, 10);
  const app = createClient(noctra.url, noctra.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const must = async (result: Promise<{ error: unknown }>) => {
    const answer = await result;
    if (answer.error) throw answer.error;
  };
  const figures = await interleave(
    [
      {
        name: 'sign in',
        round: () => millisecondsEach(5, () => must(app.auth.signInWithPassword({ email, password }))),
      },
      { name: 'the hashing alone', round: () => millisecondsEach(5, () => bcrypt.compare(password, hash)) },
      { name: 'refresh', round: () => millisecondsEach(20, () => must(app.auth.refreshSession())) },
    ],
    rounds,
  );
  for (const [name, values] of figures) recorder.figure(name, 'ms', summarize(values));
  const hashing = figures.get('the hashing alone') ?? [];
  const rest = (figures.get('sign in') ?? []).map((time, round) => time - (hashing[round] ?? 0));
  recorder.figure('sign in without the hashing', 'ms', summarize(rest));
}

const fileBytes = 50 * 1024 * 1024;
/** Looks at the memory this often: shorter than any transfer takes. */
const memorySampleMs = 20;

/** A file of 50 MiB up to Storage and down again: how fast, and how much more memory the stack takes for it. */
export async function measureTransfers(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
): Promise<void> {
  recorder.area('Storage: a file of 50 MiB');
  const client = createClient(noctra.url, noctra.secretKey, { auth: { persistSession: false } });
  const bucket = client.storage.from('post-media');
  // An MP4's beginning, then nothing: Storage keeps what it is given.
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

/** How long a start takes, and what everything together needs while nobody asks for anything. */
export function measureRest(recorder: Recorder, firstStart: number | null, noctra: BenchNoctra): void {
  recorder.area('Start-up, and memory at rest');
  if (firstStart !== null)
    recorder.figure('first start, with an empty database', 's', summarize([firstStart]));
  recorder.figure('a start after that', 's', summarize([noctra.startSeconds]));
  const memory = usageOf(noctra.pid)?.memoryBytes ?? {};
  for (const [name, bytes] of Object.entries(memory))
    recorder.figure(`memory: ${name}`, 'MiB', summarize([bytes / 1024 ** 2]));
}
