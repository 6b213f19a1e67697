import type postgres from 'postgres';
import { newPerson } from '../../tests/kit/people.ts';
import { type BenchNoctra, connect } from './bench-stack.ts';
import { interleave, medianMilliseconds, worksPerSecond } from './interleave.ts';
import { writers, writesPerRound } from './measure-writes.ts';
import type { Recorder } from './report.ts';
import { ratio, summarize } from './statistics.ts';

const createPost = '(public.create_post(caption => $1)).id';

/** What people do to a post or to a person: its function, its table, and what it is called. */
interface Reaction {
  name: string;
  call: string;
  table: string;
  /** The columns and values of a row. $1 is the person, and $2 what it is about. */
  row: string;
  /** What it is about: one that is new, and the statement for many. */
  fresh: string;
  many: string;
}

/** Measures likes and follows against bare inserts, and those of one post or person against those of many. */
export async function measureReactions(
  noctra: BenchNoctra,
  recorder: Recorder,
  rounds: number,
): Promise<void> {
  recorder.area('Likes and follows, as SQL');
  const admin = connect(noctra.databaseUrl('supabase_admin'));
  const connections = await Promise.all(Array.from({ length: writers }, () => connectForAnybody(noctra)));
  const [first] = connections as [postgres.Sql];
  try {
    const { id: owner } = await newPerson({}, noctra);
    const post = await callAs(first, owner, createPost, 'A new post.');
    // Nobody of a block: a like of a post behind a block fails. Nor the owner: nobody follows themselves.
    const people = await admin<{ id: string }[]>`
      select id from public.profiles
      where is_public and id <> ${owner}
      and id not in (select blocker_id from public.blocks union all select blocked_id from public.blocks)
      order by random()
    `;
    const reactions: readonly Reaction[] = [
      {
        name: 'like',
        call: 'public.like_post($1::uuid)',
        table: 'post_likes',
        row: '(profile_id, post_id) values ($1, $2)',
        fresh: post,
        many: 'select id from public.posts where is_visible_to_all order by random() limit 100000',
      },
      {
        name: 'follow',
        call: 'public.follow_user($1)',
        table: 'follows',
        row: "(follower_id, followee_id, state) values ($1, $2, 'accepted')",
        fresh: owner,
        many: 'select id from public.profiles where is_public order by random()',
      },
    ];
    for (const { name, call, table, row, fresh, many } of reactions) {
      await copyTable(admin, table);
      const subjects = await admin.unsafe<{ id: string }[]>(many);
      let count = 0;
      /** A person and a subject: each pair once. */
      const next = (): readonly [subject: string, person: string] => {
        count++;
        const subject = subjects[count % subjects.length]?.id ?? '';
        const person = people[count % people.length]?.id ?? '';
        return subject === person ? next() : [subject, person];
      };
      const react = (place: number, one: boolean) => {
        const [subject, person] = next();
        return callAs(connections[place] as postgres.Sql, person, call, one ? fresh : subject);
      };
      const insert = () => {
        const [subject, person] = next();
        return admin.unsafe(`insert into bench.${table} ${row}`, [person, subject], { prepare: true });
      };
      const figures = await interleave(
        [
          { name: 'insert', round: () => worksPerSecond(1, writesPerRound, insert) },
          { name: 'alone', round: () => worksPerSecond(1, writesPerRound, (place) => react(place, false)) },
          {
            name: 'many',
            round: () => worksPerSecond(writers, writesPerRound, (place) => react(place, false)),
          },
          {
            name: 'one',
            round: () => worksPerSecond(writers, writesPerRound, (place) => react(place, true)),
          },
        ],
        rounds,
      );
      const of = (what: string) => figures.get(what) ?? [];
      recorder.figure(name, 'a second', summarize(of('alone')));
      recorder.figure(`bare insert of a ${name}`, 'a second', summarize(of('insert')));
      recorder.figure(`${name}, ${writers} writers`, 'a second', summarize(of('many')));
      recorder.figure(`${name} of one, ${writers} writers`, 'a second', summarize(of('one')));
      recorder.ratio(`${name} by a bare insert`, ratio(of('alone'), of('insert')), { atLeast: 0.5 });
      recorder.ratio(`${name} of one by those of many, ${writers} writers`, ratio(of('one'), of('many')), {
        atLeast: 0.7,
      });
    }
    await measureFollowedWriter(recorder, admin, first, rounds);
  } finally {
    await Promise.all([admin, ...connections].map((sql) => sql.end()));
  }
}

/** Measures publishing with everybody as follower against publishing with none. */
async function measureFollowedWriter(
  recorder: Recorder,
  admin: postgres.Sql,
  sql: postgres.Sql,
  rounds: number,
): Promise<void> {
  const [people] = await admin<{ followed: string; unfollowed: string }[]>`
    select bench.person(count) as followed, bench.person(count - 1) as unfollowed
    from (select count(*)::integer from public.profiles where username ~ '^person_[0-9]+$') as made
  `;
  const publish = (person = '') =>
    medianMilliseconds(writesPerRound, () => callAs(sql, person, createPost, 'A new post.'));
  const figures = await interleave(
    [
      { name: 'followed', round: () => publish(people?.followed) },
      { name: 'unfollowed', round: () => publish(people?.unfollowed) },
    ],
    rounds,
  );
  recorder.ratio(
    'time to publish with everybody as follower, by with none',
    ratio(figures.get('followed') ?? [], figures.get('unfollowed') ?? []),
    { atMost: 1.1 },
  );
}

/** A connection whose statements say for whom they are. */
export async function connectForAnybody(noctra: BenchNoctra): Promise<postgres.Sql> {
  const sql = connect(noctra.databaseUrl('authenticator'));
  await sql`set role authenticated`;
  return sql;
}

/** Calls a function as a person, in one statement, and returns its result. */
export async function callAs(
  sql: postgres.Sql,
  person: string,
  call: string,
  argument: string,
): Promise<string> {
  const claims = JSON.stringify({ sub: person, role: 'authenticated', aud: 'authenticated' });
  // The claims are set in FROM, before the function of the select list is called.
  const [row] = await sql.unsafe<{ result: unknown }[]>(
    `select ${call} as result from set_config('request.jwt.claims', $2, true)`,
    [argument, claims],
    { prepare: true },
  );
  return String(row?.result);
}

/** Makes an empty table of the same shape: columns, defaults, checks, keys, indexes, foreign keys. */
async function copyTable(admin: postgres.Sql, table: string): Promise<void> {
  await admin
    .unsafe(
      `drop table if exists bench.${table}; create table bench.${table} (like public.${table} including all)`,
    )
    .simple();
  const keys = await admin<{ definition: string }[]>`
    select pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = ${`public.${table}`}::regclass and contype = 'f'
  `;
  for (const { definition } of keys) await admin.unsafe(`alter table bench.${table} add ${definition}`);
}
