import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createNoctra, type Noctra } from '../../sdk/src/index.ts';
import { clientWith, newPerson } from '../../tests/kit/people.ts';
import { type BenchNoctra, connect } from './bench-stack.ts';
import { type LoadResult, loadByCalls, loadByHttp, type Target } from './load.ts';
import { cpuBetween, usageOf } from './processes.ts';
import type { Recorder } from './report.ts';
import { ratio, type Summary, summarize } from './statistics.ts';
import { pageSize } from './texts.ts';

/** Numbers of parallel connections. */
const connectionCounts = [1, 16, 64] as const;

/** The ways to get the same answer. */
const ways = ['bare server', 'Data API', 'SDK', 'edge function'] as const;
type Way = (typeof ways)[number];

/** The measured requests. */
const operations = ['page', 'one post', 'profile', 'create'] as const;
type Operation = (typeof operations)[number];

/** The signed-in user who sends the requests. */
interface Reader {
  id: string;
  token: string;
  noctra: Noctra;
}

type Load = (connections: number, seconds: number) => Promise<LoadResult>;

/**
 * Measures a page, one post, a profile and a new post over HTTP: by Data API, SDK and edge function, against a bare server
 * that sends the same SQL.
 */
export async function measureHttp(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
  seconds: number,
): Promise<void> {
  const admin = connect(noctra.databaseUrl('supabase_admin'));
  const reader = await signUp(noctra);
  const [post] = await admin<
    { id: string }[]
  >`select id from public.posts where is_visible_to_all order by id desc limit 1`;
  await admin.end();
  const bare = await startBareServer(noctra.databaseUrl('authenticator'), reader.id);
  try {
    const loads = makeLoads(noctra, reader, bare.url, post?.id ?? '');
    await assertSamePage(noctra, reader, bare.url);
    for (const operation of operations) {
      for (const connections of connectionCounts) {
        recorder.area(`HTTP: ${operation}, ${connections} connection${connections === 1 ? '' : 's'}`);
        await measureWays(
          noctra,
          recorder,
          rounds,
          seconds,
          connections,
          operation,
          loads,
          bare.process.pid ?? 0,
        );
      }
    }
  } finally {
    bare.process.stdin?.end();
    await once(bare.process, 'close');
  }
}

async function measureWays(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
  seconds: number,
  connections: number,
  operation: Operation,
  loads: (way: Way, operation: Operation) => Load,
  barePid: number,
): Promise<void> {
  const results = new Map<Way, LoadResult[]>(ways.map((way) => [way, []]));
  const cpu = new Map<Way, { seconds: Record<string, number>; requests: number }>();
  // The first round warms up: caches, prepared statements, the just-in-time compiler.
  for (let round = -1; round < rounds; round++) {
    for (let place = 0; place < ways.length; place++) {
      const way = ways[(place + round + 1) % ways.length] as Way;
      const before = [usageOf(noctra.pid), usageOf(barePid)] as const;
      const result = await loads(way, operation)(connections, seconds);
      const after = [usageOf(noctra.pid), usageOf(barePid)] as const;
      if (round < 0) continue;
      results.get(way)?.push(result);
      if (before[0] && after[0] && before[1] && after[1]) {
        const used = { ...cpuBetween(before[0], after[0]) };
        if (way === 'bare server') used['bare server'] = cpuBetween(before[1], after[1]).stack ?? 0;
        const sum = cpu.get(way) ?? { seconds: {}, requests: 0 };
        for (const [name, spent] of Object.entries(used))
          sum.seconds[name] = (sum.seconds[name] ?? 0) + spent;
        sum.requests += result.requestsPerSecond * seconds;
        cpu.set(way, sum);
      }
    }
  }
  const of = (way: Way, figure: (result: LoadResult) => number) => (results.get(way) ?? []).map(figure);
  for (const way of ways) {
    recorder.figure(way, 'requests/s', summarize(of(way, (result) => result.requestsPerSecond)));
    for (const percentile of ['p50', 'p95', 'p99'] as const)
      recorder.figure(`${way}, ${percentile}`, 'ms', summarize(of(way, (result) => result[percentile])));
    for (const [name, spent] of Object.entries(cpu.get(way)?.seconds ?? {})) {
      const each = (spent * 1000) / (cpu.get(way)?.requests || Number.NaN);
      // Skip the processes that this way does not use.
      if (each > 0.005) recorder.figure(`${way}, CPU a request: ${name}`, 'ms', summarize([each]));
    }
    recorder.figure(`${way}, errors`, 'requests', summarize([sum(of(way, (result) => result.errors))]));
  }
  const rate = (way: Way) => of(way, (result) => result.requestsPerSecond);
  const goal: Partial<Record<Way, number>> =
    operation === 'page' ? { 'Data API': 0.5, 'edge function': 1 / 3 } : {};
  for (const way of ways.slice(1)) {
    const atLeast = goal[way];
    recorder.ratio(
      `${way} by bare server`,
      ratio(rate(way), rate('bare server')),
      atLeast === undefined ? undefined : { atLeast: Number(atLeast.toFixed(3)) },
    );
    if (connections === 64)
      recorder.ratio(`${way}, p99 by p50`, spreadOf(results.get(way) ?? []), { atMost: 4 });
  }
  const failed = sum(ways.flatMap((way) => of(way, (result) => result.errors)));
  recorder.ratio('errors', summarize([failed]), { atMost: 0 });
}

function spreadOf(results: readonly LoadResult[]): Summary {
  return summarize(results.map(({ p50, p99 }) => p99 / p50));
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}

/** Creates the reader. */
async function signUp(noctra: BenchNoctra): Promise<Reader> {
  const { id, token, refreshToken } = await newPerson({}, noctra);
  const client = createNoctra(noctra.url, noctra.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  await client.supabase.auth.setSession({ access_token: token, refresh_token: refreshToken });
  return { id, token, noctra: client };
}

function makeLoads(noctra: BenchNoctra, reader: Reader, bareUrl: string, postId: string) {
  const headers = { apikey: noctra.publishableKey, authorization: `Bearer ${reader.token}` };
  const json = { ...headers, 'content-type': 'application/json' };
  const rest = `${noctra.url}/rest/v1`;
  const api = `${noctra.url}/functions/v1/api`;
  const username = 'person_1000';
  let made = 0;
  const caption = () =>
    `Walked along the shore, again. #sea8 #new${process.pid}x${++made} #sea16 @person_${(made % 1000) + 1} @person_2000`;
  const byCaption = () => JSON.stringify({ caption: caption() });

  const targets: Record<Exclude<Way, 'SDK'>, Record<Operation, Target>> = {
    'bare server': {
      page: { url: `${bareUrl}/page` },
      'one post': { url: `${bareUrl}/post/${postId}` },
      profile: { url: `${bareUrl}/profile/${username}` },
      create: { url: `${bareUrl}/create`, method: 'POST', body: byCaption },
    },
    'Data API': {
      page: { url: `${rest}/rpc/list_posts?page_limit=${pageSize}`, headers },
      'one post': { url: `${rest}/rpc/get_post?post_id=${postId}`, headers },
      profile: { url: `${rest}/rpc/get_profile?person=${username}`, headers },
      create: { url: `${rest}/rpc/create_post`, method: 'POST', headers: json, body: byCaption },
    },
    'edge function': {
      page: { url: `${api}/posts/?limit=${pageSize}`, headers },
      'one post': { url: `${api}/posts/${postId}/`, headers },
      profile: { url: `${api}/userprofiles/${username}/`, headers },
      create: { url: `${api}/posts/`, method: 'POST', headers: json, body: byCaption },
    },
  };
  const { posts, profiles } = reader.noctra;
  const must = async (result: Promise<{ error: unknown }>) => {
    const { error } = await result;
    if (error) throw error;
  };
  const calls: Record<Operation, () => Promise<void>> = {
    page: () => must(posts.list({ limit: pageSize })),
    'one post': () => must(posts.get(postId)),
    profile: () => must(profiles.get(username)),
    create: () => must(posts.create({ caption: caption() })),
  };
  return (way: Way, operation: Operation): Load =>
    way === 'SDK'
      ? (connections, seconds) => loadByCalls(calls[operation], connections, seconds)
      : (connections, seconds) => loadByHttp(targets[way][operation], connections, seconds);
}

/** Throws unless the bare server and the Data API return the same page. */
async function assertSamePage(noctra: BenchNoctra, reader: Reader, bareUrl: string): Promise<void> {
  const { data, error } = await clientWith(reader.token, noctra).rpc('list_posts', { page_limit: pageSize });
  if (error) throw error;
  const bare = (await (await fetch(`${bareUrl}/page`)).json()) as unknown[];
  if (bare.length !== pageSize || canonical(data) !== canonical(bare))
    throw new Error('The bare server and the Data API return different pages.');
}

/** JSON with sorted keys and lists. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.sort().join()}}`;
}

async function startBareServer(
  databaseUrl: string,
  readerId: string,
): Promise<{ url: string; process: ChildProcess }> {
  const program = fileURLToPath(new URL('./bare-server.ts', import.meta.url));
  const child = spawn(process.execPath, [program, databaseUrl, readerId], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${line.toString().trim()}`, process: child };
}
