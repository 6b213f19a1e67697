import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type postgres from 'postgres';
import {
  makeCounts,
  makeExtremes,
  makeFollows,
  makeNotifications,
  makeReactions,
  unfollowed,
} from './social-data.ts';

/** How much data to make. */
export interface DataSize {
  posts: number;
  people: number;
}

/** Rows of one statement: large enough to be fast, small enough for memory and for progress messages. */
const batchRows = 100_000;

/** The share of private posts. */
const privatePosts = 0.05;

/**
 * The oldest posts, with numbers up to 0: a run of private posts of one person, all with the most common tag, and below
 * them some of anybody. A page that begins above them reads over them.
 */
export function oldestOf({ posts }: DataSize): { private: number; below: number } {
  return { private: Math.min(100_000, Math.floor(posts / 10)), below: 1000 };
}

/** Connections that insert posts in parallel. */
const makers = 2;

/**
 * Fills an empty database with people, posts, tags, mentions and files, follows, likes, comments and notifications. The data are the same on every machine.
 *
 * @param connections Opens a connection as the superuser.
 */
export async function makeData(
  connections: () => postgres.Sql,
  size: DataSize,
  onStep: (step: string) => void,
): Promise<void> {
  const all = Array.from({ length: makers }, connections);
  const [sql] = all as [postgres.Sql];
  try {
    await sql.unsafe(fs.readFileSync(new URL('./data.sql', import.meta.url), 'utf8')).simple();
    // Disables triggers and foreign keys: the statements below insert the rows of the triggers themselves.
    for (const connection of all) await connection`set session_replication_role = replica`;
    // A crash deletes the data set and builds it again, so durability is off.
    await setDurability(sql, 'off');
    const indexes = await dropIndexes(sql);
    const tags = Math.max(1000, Math.floor(size.posts / 20));
    await makePeople(sql, size.people);
    onStep(`${size.people.toLocaleString('en')} people`);
    /** Makes the rows of some numbers in batches, on all connections. */
    const inBatches = async (
      what: string,
      { first, last, rows }: { first: number; last: number; rows: number },
      make: (connection: postgres.Sql, first: number, last: number) => Promise<unknown>,
    ) => {
      let next = first;
      let made = 0;
      const makeBatches = async (connection: postgres.Sql) => {
        while (next <= last) {
          const from = next;
          const to = Math.min(from + rows - 1, last);
          next = to + 1;
          await make(connection, from, to);
          made += to - from + 1;
          onStep(`${made.toLocaleString('en')} of ${(last - first + 1).toLocaleString('en')} ${what}`);
        }
      };
      await Promise.all(all.map(makeBatches));
    };
    const oldest = oldestOf(size);
    await inBatches(
      'people with follows',
      { first: 1, last: size.people, rows: batchRows / 5 },
      (connection, first, last) => makeFollows(connection, first, last, size.people),
    );
    await inBatches(
      'posts with likes and comments',
      { first: 1 - oldest.private - oldest.below, last: size.posts, rows: batchRows },
      (connection, first, last) => makePosts(connection, first, last, size.people, tags, oldest.private),
    );
    await sql`set maintenance_work_mem = '512MB'`;
    for (const [built, definition] of indexes.entries()) {
      if (built % 10 === 0) onStep(`${built} of ${indexes.length} indexes`);
      await sql.unsafe(definition);
    }
    onStep('Saves, blocks, counts and notifications');
    await sql`set work_mem = '256MB'`;
    await makeExtremes(sql, size.posts, size.people);
    await makeCounts(sql);
    await makeNotifications(sql);
    onStep('Statistics');
    await sql`vacuum analyze`;
    await setDurability(sql, 'on');
  } finally {
    await Promise.all(all.map((connection) => connection.end()));
  }
}

async function setDurability(sql: postgres.Sql, value: 'on' | 'off'): Promise<void> {
  for (const name of ['fsync', 'full_page_writes']) await sql.unsafe(`alter system set ${name} = ${value}`);
  await sql`select pg_reload_conf()`;
}

/** A hash of everything that the data depend on. */
export function recipeOf(size: DataSize, migrations: string): string {
  const hash = createHash('sha256').update(JSON.stringify(size));
  const files = fs.readdirSync(migrations).sort();
  for (const file of files) hash.update(fs.readFileSync(path.join(migrations, file)));
  for (const own of ['./data.sql', './data.ts', './social-data.ts'])
    hash.update(fs.readFileSync(new URL(own, import.meta.url)));
  return hash.digest('hex');
}

/**
 * Drops the indexes and unique constraints that no foreign key needs, because building them at the end is faster.
 * Returns the statements that build them.
 */
async function dropIndexes(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ remove: string; build: string }[]>`
    select
      case when own.oid is null
        then format('drop index %s', pg_index.indexrelid::regclass)
        else format('alter table %s drop constraint %I', pg_index.indrelid::regclass, own.conname)
      end as remove,
      case when own.oid is null
        then pg_get_indexdef(pg_index.indexrelid)
        else format('alter table %s add constraint %I %s', pg_index.indrelid::regclass, own.conname, pg_get_constraintdef(own.oid))
      end as build
    from pg_index
    join pg_class on pg_class.oid = pg_index.indrelid
    left join pg_constraint as own on own.conindid = pg_index.indexrelid and own.contype in ('p', 'u')
    where pg_class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not exists (select from pg_constraint where pg_constraint.conindid = pg_index.indexrelid and contype = 'f')
    union all
    select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    from pg_index
    where indrelid = 'storage.objects'::regclass
    and not exists (select from pg_constraint where conindid = indexrelid)
  `;
  for (const { remove } of rows) await sql.unsafe(remove);
  return rows.map(({ build }) => build);
}

async function makePeople(sql: postgres.Sql, people: number): Promise<void> {
  await sql`
    insert into auth.users (id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
    select
      bench.person(number), 'authenticated', 'authenticated', bench.username(number) || '@example.com', now(),
      '{"provider": "email", "providers": ["email"]}', '{}', now(), now()
    from generate_series(1, ${people}::integer) as number
  `;
  await sql`
    insert into public.profiles (id, username, bio, is_public, is_vip, avatar_path)
    select
      bench.person(number), bench.username(number), 'By the ' || bench.tag(number),
      bench.profile_is_public(number),
      bench.chance(number, 12) < 0.01,
      case when bench.chance(number, 13) < 0.7 then bench.person(number) || '/picture.jpg' end
    from generate_series(1, ${people}::integer) as number
  `;
  await sql`
    insert into public.private_profiles (id, date_of_birth)
    select bench.person(number), date '1950-01-01' + floor(20000 * bench.chance(number, 14))::integer
    from generate_series(1, ${people}::integer) as number
  `;
}

/**
 * Inserts the posts of one batch with tags, mentions, files, likes and comments. Tags and mentions are also in the
 * captions. Of the posts with numbers up to 0, the newest `privateRun` are private posts of one person.
 */
async function makePosts(
  sql: postgres.Sql,
  first: number,
  last: number,
  people: number,
  tags: number,
  privateRun: number,
): Promise<void> {
  await sql`
    create temporary table batch as
    select *, is_public and hidden_at is null and profile_is_public as is_visible_to_all
    from (select
      number,
      bench.ordered_id(number, 0) as id,
      bench.person(owner) as owner_id,
      bench.profile_is_public(owner) as profile_is_public,
      bench.chance(number, 26) >= ${privatePosts} and not in_run as is_public,
      case when bench.chance(number, 27) < 0.001 then now() end as hidden_at,
      -- 0 to 3 tags, each further one half as likely.
      array(
        select distinct case when in_run then 1 else bench.skewed(number, 30 + place, ${tags}::integer) end
        from generate_series(1, case when in_run then 1 else floor(-log(2, (1 - 0.9 * bench.chance(number, 22))::numeric))::integer end) as place
      ) as tags,
      array(
        select distinct bench.skewed(number, 40 + place, ${people}::integer)
        from generate_series(1, floor(-log(2, (1 - 0.8 * bench.chance(number, 23))::numeric))::integer) as place
      ) as mentions,
      case when bench.chance(number, 24) < 0.4 then 1 + floor(3 * power(bench.chance(number, 25), 4))::integer else 0 end as files
    from generate_series(${first}::bigint, ${last}::bigint) as number
    cross join lateral (select number between 1 - ${privateRun}::integer and 0 as in_run) as oldest
    cross join lateral (
      select case when in_run then ${people - unfollowed + 1}::integer else bench.skewed(number, 21, ${people}::integer) end as owner
    ) as publisher) as made
  `;
  await sql`
    insert into public.posts (id, owner_id, caption, is_public, hidden_at, is_visible_to_all, created_at, updated_at)
    select
      id, owner_id,
      concat_ws(
        ' ', bench.sentence(number),
        (select string_agg('#' || bench.tag(tag), ' ') from unnest(tags) as tag),
        (select string_agg('@' || bench.username(person), ' ') from unnest(mentions) as person)
      ),
      is_public, hidden_at, is_visible_to_all,
      to_timestamp(1577836800 + number * 20), to_timestamp(1577836800 + number * 20)
    from batch
  `;
  await sql`
    insert into private.post_terms (post_id, terms)
    select posts.id, private.mixed_terms(private.search_terms(posts.caption), private.readers_of(posts)) from batch join public.posts on posts.id = batch.id
  `;
  await sql`
    insert into public.post_tags (post_id, tag, source)
    select id, private.tag_name(bench.tag(tag)), 'caption'
    from batch cross join unnest(tags) as tag
  `;
  await sql`
    insert into public.post_mentions (post_id, profile_id, source, name)
    select id, bench.person(person), 'caption', bench.username(person)
    from batch cross join unnest(mentions) as person
  `;
  await sql`
    create temporary table batch_files as
    select batch.id as post_id, batch.owner_id, place - 1 as position,
      bench.ordered_id(batch.number, 16 + place) as id,
      batch.owner_id || '/' || bench.ordered_id(batch.number, 32 + place) || '.jpg' as path
    from batch
    cross join generate_series(1, batch.files) as place
  `;
  await sql`
    insert into public.post_media
      (id, post_id, path, position, file_type, mime_type, size, width, height)
    select id, post_id, path, position, 'image', 'image/jpeg', 300000, 1600, 1200
    from batch_files
  `;
  await sql`
    insert into storage.objects (id, bucket_id, name, owner, owner_id, metadata, version)
    select id, 'post-media', path, owner_id, owner_id, '{"size": 300000, "mimetype": "image/jpeg"}', id::text
    from batch_files
  `;
  await makeReactions(sql, people);
  await sql`drop table batch, batch_files`;
}
