import { setTimeout as delay } from 'node:timers/promises';
import type postgres from 'postgres';
import { newPerson, type Person } from '../../tests/kit/people.ts';
import { type BenchNoctra, connect } from './bench-stack.ts';
import { interleave, medianMilliseconds } from './interleave.ts';
import { callAs, connectForAnybody } from './measure-reactions.ts';
import { writesPerRound } from './measure-writes.ts';
import { usageOf } from './processes.ts';
import type { Recorder } from './report.ts';
import { quantile, ratio, summarize } from './statistics.ts';

/** Sockets, each of a user who listens to their own notifications, and the load on them. */
const sockets = 1_000;
const eventsPerSecond = 200;
const senders = 8;
/** Users who sign in, or sockets that are opened, at a time. */
const atOnce = 20;

/** Measures what live events cost a like, and how fast notifications reach many sockets. */
export async function measureLive(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
  seconds: number,
): Promise<void> {
  recorder.area('Live events');
  await measureCost(noctra, recorder, rounds);
  await measureDelivery(noctra, recorder, seconds);
}

/** Measures likes with Realtime, and without: then its function is missing, as where it is switched off. */
async function measureCost(noctra: BenchNoctra, recorder: Recorder, rounds: number): Promise<void> {
  const admin = connect(noctra.databaseUrl('supabase_admin'));
  const sql = await connectForAnybody(noctra);
  try {
    const pairs = await admin<{ post: string; person: string }[]>`
      select posts.id as post, people.id as person
      from (select id, row_number() over (order by random()) as place from public.posts where is_visible_to_all limit 20000) as posts
      join (
        select id, row_number() over (order by random()) as place
        from public.profiles
        where is_public and id not in (select blocker_id from public.blocks union all select blocked_id from public.blocks)
        limit 20000
      ) as people using (place)`;
    let count = 0;
    const like = () => {
      const { post, person } = pairs[count++ % pairs.length] ?? { post: '', person: '' };
      return callAs(sql, person, 'public.like_post($1::uuid)', post);
    };
    const round = async () => {
      // Plans are made again.
      await medianMilliseconds(10, like);
      return medianMilliseconds(writesPerRound, like);
    };
    const rename = (from: string, to: string) =>
      admin.unsafe(`alter function realtime.${from}(jsonb, text, text, boolean) rename to ${to}`);
    const withoutRealtime = async () => {
      await rename('send', 'send_of_another_name');
      return round().finally(() => rename('send_of_another_name', 'send'));
    };
    const figures = await interleave(
      [
        { name: 'with', round },
        { name: 'without', round: withoutRealtime },
      ],
      rounds,
    );
    const of = (what: string) => figures.get(what) ?? [];
    recorder.figure('a like', 'ms', summarize(of('with')));
    recorder.figure('a like without Realtime', 'ms', summarize(of('without')));
    recorder.ratio('a like, by one without Realtime', ratio(of('with'), of('without')), { atMost: 1.3 });
  } finally {
    await Promise.all([admin, sql].map((connection) => connection.end()));
  }
}

/** A user with a post, and when the likes of it were committed, in order, that the socket has not told yet. */
interface Recipient extends Person {
  post: string;
  waiting: number[];
}

async function measureDelivery(noctra: BenchNoctra, recorder: Recorder, seconds: number): Promise<void> {
  const connections = await Promise.all(Array.from({ length: senders }, () => connectForAnybody(noctra)));
  const [first] = connections as [postgres.Sql];
  const open: WebSocket[] = [];
  const milliseconds: number[] = [];
  try {
    const recipients = await inTurns(sockets, async (): Promise<Recipient> => {
      const person = await newPerson({}, noctra);
      const post = await callAs(first, person.id, '(public.create_post(caption => $1)).id', 'A post.');
      return { ...person, post, waiting: [] };
    });
    const resting = stackMemory(noctra);
    await inTurns(sockets, async (place) => {
      const recipient = recipients[place] as Recipient;
      open.push(
        await listen(noctra, recipient, () => {
          milliseconds.push(performance.now() - (recipient.waiting.shift() ?? Number.NaN));
        }),
      );
    });
    await delay(1_000);
    if (resting)
      recorder.figure(
        'memory of an idle socket',
        'KiB',
        summarize([(stackMemory(noctra) - resting) / 1024 / sockets]),
      );

    const count = eventsPerSecond * Math.max(seconds, 5);
    const began = performance.now();
    await Promise.all(
      connections.map(async (sql, sender) => {
        for (let number = sender; number < count; number += senders) {
          await delay(Math.max(0, began + (number * 1000) / eventsPerSecond - performance.now()));
          const to = recipients[number % sockets] as Recipient;
          const from = recipients[(number * 7 + 1 + Math.floor(number / sockets)) % sockets] as Recipient;
          if (from !== to) await likeAndNote(sql, from, to);
        }
      }),
    );
    const took = (performance.now() - began) / 1000;
    await delay(2_000);
    const lost = recipients.reduce((sum, { waiting }) => sum + waiting.length, 0);
    recorder.figure('notifications', 'a second', summarize([(milliseconds.length + lost) / took]));
    recorder.ratio('ms from commit to handler, median', summarize([quantile(milliseconds, 0.5)]), {
      atMost: 50,
    });
    recorder.ratio('ms from commit to handler, 99th percentile', summarize([quantile(milliseconds, 0.99)]), {
      atMost: 250,
    });
    recorder.ratio('notifications that were lost', summarize([lost]), { atMost: 0 });
  } finally {
    for (const socket of open) socket.close();
    await Promise.all(connections.map((sql) => sql.end()));
  }
}

/** Likes a post, and notes when the commit began. */
async function likeAndNote(sql: postgres.Sql, from: Person, to: Recipient): Promise<void> {
  await sql.unsafe('begin');
  await callAs(sql, from.id, 'public.like_post($1::uuid)', to.post);
  to.waiting.push(performance.now());
  await sql.unsafe('commit');
}

/** Joins the topic of a user over a socket of its own, as supabase-js does. */
async function listen(noctra: BenchNoctra, { id, token }: Person, heard: () => void): Promise<WebSocket> {
  const url = new URL('/realtime/v1/websocket', noctra.url.replace('http', 'ws'));
  url.search = new URLSearchParams({ apikey: noctra.publishableKey, vsn: '2.0.0' }).toString();
  const socket = new WebSocket(url);
  const topic = `realtime:person:${id}`;
  await new Promise<void>((resolve, reject) => {
    socket.onerror = () => reject(new Error('The socket does not open.'));
    socket.onopen = () => {
      const config = { private: true, broadcast: {}, presence: {}, postgres_changes: [] };
      socket.send(JSON.stringify(['1', '1', topic, 'phx_join', { config, access_token: token }]));
    };
    socket.onmessage = ({ data }) => {
      if (!String(data).includes('"ok"')) return reject(new Error(String(data)));
      resolve();
    };
  });
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => {
    // A broadcast is a binary frame whose first byte is 4, or text.
    if (typeof data === 'string' ? data.includes('"broadcast"') : new Uint8Array(data)[0] === 4) heard();
  };
  return socket;
}

/** Does something so many times, some of them at once. */
async function inTurns<T>(times: number, work: (place: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let place = 0; place < times; place += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, times - place) }, (_, next) => work(place + next));
    results.push(...(await Promise.all(some)));
  }
  return results;
}

/** The memory of the process that has the sockets, or 0 where the system does not tell. */
function stackMemory(noctra: BenchNoctra): number {
  return usageOf(noctra.pid)?.memoryBytes.stack ?? 0;
}
