import type postgres from 'postgres';
import { type BenchNoctra, connect, connectAs, connectUnsecured } from './bench-stack.ts';
import { interleavePages } from './measure-pages.ts';
import { afterData, type PageQuestion } from './pages.ts';
import type { Goal, Recorder } from './report.ts';
import { ratio, summarize } from './statistics.ts';
import { pageText } from './texts.ts';

/** How many people the readers of the home feed follow, and the goal of its page by the newest page. */
const feeds: readonly [followed: number, atMost: number][] = [
  [50, 2],
  [500, 4],
  [5000, 6],
];

/** Milliseconds that a page may take that reads over 100,000 private posts. */
const slowest = 100;

interface List {
  name: string;
  question: PageQuestion;
  /** By the newest page. */
  goal?: Goal;
}

/** Measures the home feed, notifications and the other lists against the newest page of the same reader. */
export async function measureLists(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
  reader: string,
): Promise<void> {
  const admin = connect(noctra.databaseUrl('supabase_admin'));
  try {
    recorder.area('Home feed, as SQL');
    // The two halves of makeFollows.
    for (const [followed, atMost] of feeds)
      for (const [half, whom] of ['anybody', 'popular people'].entries()) {
        const person = await findReader(admin, followed, half);
        await measureFeed(noctra, recorder, rounds, person, `follows ${followed} of ${whom}`, atMost);
      }

    recorder.area('Lists, as SQL');
    const measure = (person: string, suffix: string, lists: readonly List[]) =>
      measureAgainstNewest(noctra, recorder, rounds, person, suffix, lists);
    const { popular, busy, liked, discussed, followed, tag, aboveRun } = await findSubjects(admin);
    const list = (call: string, ...values: string[]) => ({ text: pageText(call), values });
    await copyWithoutCounts(admin);
    const bare: List = {
      name: 'newest posts without counts and flags',
      question: { text: pageText('list_posts()', 'bench'), values: [] },
      // With them, at most 1.3 times as long.
      goal: { atLeast: 0.77 },
    };
    const notifications: readonly List[] = [
      { name: 'notifications', question: list('list_notifications()'), goal: { atMost: 1.5 } },
      {
        name: 'count of unread notifications',
        question: { text: 'select public.count_unread_notifications()::text as body', values: [] },
        goal: { atMost: 0.5 },
      },
    ];
    await measure(reader, '', [
      bare,
      ...notifications,
      { name: 'comments', question: list('list_comments($1::uuid)', discussed) },
      { name: 'followers', question: list('list_followers($1)', followed) },
      { name: 'likes', question: list('list_likes($1::uuid)', liked) },
      { name: 'saved posts', question: list('list_saved_posts()') },
    ]);
    await measure(busy, ', by one with many posts and likes', [bare]);
    await measure(popular, ', by one whose post everybody likes', notifications);

    recorder.area("Pages above a run of one person's private posts, as SQL");
    await measureAgainstNewest(
      noctra,
      recorder,
      rounds,
      reader,
      '',
      [
        { name: 'newest posts above the run', question: list('list_posts(before => $1::uuid)', aboveRun) },
        {
          name: 'tag above the run',
          question: list('list_posts(before => $1::uuid, tag => $2)', aboveRun, tag),
        },
      ],
      slowest,
    );
  } finally {
    await admin.end();
  }
}

/** The person who follows about this many people, of one half. */
async function findReader(admin: postgres.Sql, followed: number, half: number): Promise<string> {
  const [row] = await admin<{ id: string }[]>`
    select follower_id as id
    from generate_series(1, (select count(*) from public.profiles)::integer) as number
    join (select follower_id, count(*) from public.follows group by 1) as counted on follower_id = bench.person(number)
    where number % 2 = ${half}
    order by abs(count - ${followed}::integer)
    limit 1
  `;
  return row?.id ?? '';
}

async function findSubjects(admin: postgres.Sql) {
  const [row] = await admin<
    Record<'popular' | 'busy' | 'liked' | 'discussed' | 'followed' | 'tag' | 'aboveRun', string>[]
  >`
    select
      owner_id as popular,
      bench.person(1) as busy,
      id as liked,
      (select post_id from public.comments group by 1 order by count(*) desc limit 1) as discussed,
      (select followee_id from public.follows group by 1 order by count(*) desc limit 1) as followed,
      (select tag from public.post_tags group by 1 order by count(*) desc limit 1) as tag,
      bench.ordered_id(1, 0) as "aboveRun"
    from public.posts
    where id = (select post_id from public.post_likes group by 1 order by count(*) desc limit 1)
  `;
  if (!row) throw new Error('The data have no post that everybody likes.');
  return row;
}

async function measureFeed(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
  reader: string,
  name: string,
  atMost: number,
): Promise<void> {
  const secured = await connectAs(noctra, reader);
  const unsecured = await connectUnsecured(noctra, reader);
  const deep = unsecured<{ id: string }[]>`
    with feed as materialized (
      select id from public.posts
      where is_visible_to_all and owner_id in (select followee_id from public.follows where follower_id = ${reader})
    )
    select id from feed order by id desc offset (select count(*) * 9 / 10 from feed) limit 1
  `;
  const page = (call: string, cursor = afterData) => ({
    text: pageText(`${call}(before => $1::uuid)`),
    values: [cursor],
  });
  try {
    const [cursor] = await deep;
    const figures = await interleavePages(
      [
        { name: 'newest', sql: secured, question: page('list_posts') },
        { name: 'feed', sql: secured, question: page('list_feed') },
        { name: 'deep', sql: secured, question: page('list_feed', cursor?.id) },
        { name: 'no RLS', sql: unsecured, question: page('list_feed') },
      ],
      rounds,
    );
    const of = (what: string) => figures.get(what) ?? [];
    recorder.figure(name, 'ms', summarize(of('feed')));
    recorder.ratio(`by the newest page: ${name}`, ratio(of('feed'), of('newest')), { atMost });
    recorder.ratio(`deep by first: ${name}`, ratio(of('deep'), of('feed')), { atMost: 1.2 });
    recorder.ratio(`by itself without RLS: ${name}`, ratio(of('feed'), of('no RLS')), { atMost: 1.25 });
  } finally {
    await Promise.all([secured.end(), unsecured.end()]);
  }
}

/** Measures lists against the newest page, and also against `atMost` milliseconds. */
async function measureAgainstNewest(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
  reader: string,
  suffix: string,
  lists: readonly List[],
  atMost?: number,
): Promise<void> {
  const newest = { name: 'newest', question: { text: pageText('list_posts()'), values: [] } };
  const sql = await connectAs(noctra, reader);
  try {
    const figures = await interleavePages(
      [newest, ...lists].map(({ name, question }) => ({ name, sql, question })),
      rounds,
    );
    const of = (name: string) => figures.get(name) ?? [];
    for (const { name, goal } of lists) {
      recorder.figure(`${name}${suffix}`, 'ms', summarize(of(name)));
      recorder.ratio(`by the newest page: ${name}${suffix}`, ratio(of(name), of('newest')), goal);
      if (atMost)
        recorder.ratio(`by ${atMost} ms: ${name}`, summarize(of(name).map((time) => time / atMost)), {
          atMost: 1,
        });
    }
  } finally {
    await sql.end();
  }
}

/** Copies list_posts, and the functions that it calls, into the schema `bench`, where they find nothing to count. */
async function copyWithoutCounts(admin: postgres.Sql): Promise<void> {
  const functions = await admin<{ definition: string }[]>`
    select pg_get_functiondef(oid) as definition from pg_proc
    where proname in ('list_posts', 'view_posts', 'compose_posts') and pronamespace <> 'bench'::regnamespace
  `;
  const counted = /\bfrom (private|public)\.(counters|post_likes|post_saves|posts as mine)\b/g;
  let emptied = 0;
  for (const { definition } of functions) {
    const copy = definition
      .replaceAll(/\b(public|private)\.(list_posts|view_posts|compose_posts)\b/g, 'bench.$2')
      .replaceAll(counted, (_, schema, table) => {
        emptied++;
        return `from (select * from ${schema}.${table} where false) as ${table.split(' ').pop()}`;
      });
    await admin.unsafe(copy);
  }
  if (emptied !== 4)
    throw new Error('compose_posts reads other tables for its counts and flags than are known here.');
  await admin`grant usage on schema bench to authenticated`;
  await admin`grant execute on all functions in schema bench to authenticated`;
}
