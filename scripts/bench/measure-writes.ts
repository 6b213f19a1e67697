import type postgres from 'postgres';
import { type BenchNoctra, connect, connectAs } from './bench-stack.ts';
import { interleave, worksPerSecond } from './interleave.ts';
import type { Recorder } from './report.ts';
import { ratio, summarize } from './statistics.ts';

export const writesPerRound = 100;
export const writers = 16;

/** A post with three mentions and three tags. */
interface NewPost {
  caption: string;
  tags: string[];
  mentions: string[];
}

/**
 * Measures create_post against inserts of the same rows without triggers and row-level security, and against the insert
 * of the post alone; with one writer and with 16.
 */
export async function measureWrites(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
  people: readonly string[],
): Promise<void> {
  recorder.area('Making a post, as SQL');
  const admin = connect(noctra.databaseUrl('supabase_admin'));
  const nextPost = await postMaker(admin);
  const callers = await Promise.all(
    Array.from({ length: writers }, (_, place) => connectAs(noctra, people[place] ?? '')),
  );
  const byHand = await Promise.all(
    Array.from({ length: writers }, () => connectPastTriggers(noctra.databaseUrl('supabase_admin'))),
  );
  try {
    const each = (count: number, write: (place: number) => Promise<unknown>) => () =>
      worksPerSecond(count, writesPerRound, write);
    const rpc = (place: number) => createPost(callers[place] as postgres.Sql, nextPost());
    const hand = (place: number) =>
      insertByHand(byHand[place] as postgres.Sql, people[place] ?? '', nextPost());
    const bare = (place: number) =>
      insertPost(byHand[place] as postgres.Sql, people[place] ?? '', nextPost());
    const waits = watchLockWaits(admin);
    const figures = await interleave(
      [
        { name: 'create_post', round: each(1, rpc) },
        { name: 'by hand', round: each(1, hand) },
        { name: 'the post alone', round: each(1, bare) },
        { name: `create_post, ${writers} writers`, round: each(writers, rpc) },
        { name: `by hand, ${writers} writers`, round: each(writers, hand) },
        { name: `the post alone, ${writers} writers`, round: each(writers, bare) },
      ],
      rounds,
    );
    for (const [name, values] of figures) recorder.figure(name, 'posts/s', summarize(values));
    const of = (name: string) => figures.get(name) ?? [];
    // The figures are rates; the ratio of the times is the inverse.
    recorder.ratio('time of create_post by by-hand', ratio(of('by hand'), of('create_post')), {
      atMost: 1.5,
    });
    recorder.ratio('time of create_post by the post alone', ratio(of('the post alone'), of('create_post')));
    recorder.ratio(
      `${writers} writers by one`,
      ratio(of(`create_post, ${writers} writers`), of('create_post')),
      {
        atLeast: 1.7,
      },
    );
    const seen = await waits.stop();
    recorder.figure(
      "waits for another writer's row or index entry, seen in samples",
      'of samples',
      summarize([seen]),
    );
  } finally {
    await Promise.all([admin, ...callers, ...byHand].map((sql) => sql.end()));
  }
}

/** Makes unique posts; half of their tags are common, half new. */
async function postMaker(admin: postgres.Sql): Promise<() => NewPost> {
  const [row] = await admin<{ posts: string }[]>`select count(*) as posts from public.posts`;
  const run = `${row?.posts}`;
  let count = 0;
  return () => {
    count++;
    const fresh = (place: number) => `new${run}x${count}x${place}`;
    const common = (place: number) => `sea${8 * (((count + place) % 5) + 1)}`;
    // Alternate between one and two new tags of three.
    const tags = count % 2 ? [fresh(1), common(1), common(2)] : [fresh(1), fresh(2), common(1)];
    const mentions = [1, 2, 3].map((place) => `person_${((count * 7 + place * 1009) % 50_000) + 1}`);
    const caption = `Walked along the shore until the light was gone. #${tags.join(' #')} @${mentions.join(' @')}`;
    return { caption, tags, mentions };
  };
}

async function connectPastTriggers(url: string): Promise<postgres.Sql> {
  const sql = connect(url);
  await sql`set session_replication_role = replica`;
  return sql;
}

async function createPost(sql: postgres.Sql, { caption }: NewPost): Promise<void> {
  await sql.unsafe('select (created).id from public.create_post(caption => $1) as created', [caption], {
    prepare: true,
  });
}

/** Writes the same rows in one statement, with known tags and mentions and without checks. */
async function insertByHand(
  sql: postgres.Sql,
  owner: string,
  { caption, tags, mentions }: NewPost,
): Promise<void> {
  await sql.unsafe(
    `with post as (insert into public.posts (owner_id, caption) values ($1, $2) returning id),
    tagged as (
      insert into public.post_tags (post_id, tag, source)
      select post.id, tag, 'caption' from post, unnest($3::text[]) as tag
    ),
    counted as (update private.counters set value = value + 1 where subject_id = $1 and counted = 'profile_posts'),
    mentioned as (
      insert into public.post_mentions (post_id, profile_id, source, name)
      select post.id, profiles.id, 'caption', profiles.username from post, public.profiles
      where profiles.username = any ($4::extensions.citext[])
      returning post_id, profile_id
    ),
    told as (
      insert into public.notifications (recipient_id, kind, post_id, newest, actor_count)
      select profile_id, 'mention', post_id, private.uuid_v7(), 1 from mentioned
      returning id, newest, recipient_id
    )
    insert into public.notification_actors (notification_id, id, actor_id, recipient_id)
    select id, newest, $1, recipient_id from told`,
    [owner, caption, tags, mentions],
    { prepare: true },
  );
}

async function insertPost(sql: postgres.Sql, owner: string, { caption }: NewPost): Promise<void> {
  await sql.unsafe('insert into public.posts (owner_id, caption) values ($1, $2)', [owner, caption], {
    prepare: true,
  });
}

/** Samples how many writers wait for a row lock or for another transaction. */
function watchLockWaits(admin: postgres.Sql): { stop(): Promise<number> } {
  let going = true;
  let samples = 0;
  let waiting = 0;
  const watching = (async () => {
    while (going) {
      const [row] = await admin<{ waiting: number }[]>`
        select count(*)::integer as waiting from pg_stat_activity
        where wait_event_type = 'Lock' and wait_event in ('transactionid', 'tuple', 'spectoken')
      `;
      samples++;
      if ((row?.waiting ?? 0) > 0) waiting++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    async stop() {
      going = false;
      await watching;
      return samples === 0 ? 0 : waiting / samples;
    },
  };
}
