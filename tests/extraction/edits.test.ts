import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { openDatabase } from '../kit/database.ts';

const sql = openDatabase({ max: 1 });

// A fixed seed: every run makes the same edits. fast-check prints the shortest failing ones.
const seed = 20261122;

const people = 5;
const tag = fc.constantFrom(
  'dawn',
  'DAWN',
  'Dawn',
  'café',
  'cafe\u0301',
  'İz',
  '朝',
  'صباح',
  'ΟΔΟΣ',
  'οδος',
  'new_york',
);
const somebody = fc.nat({ max: people - 1 }).map((place) => `{person${place}}`);
const word = fc.oneof(
  tag.map((name) => `#${name}`),
  tag.map((name) => `＃${name}`),
  somebody.map((name) => `@${name}`),
  fc.constantFrom(
    'dusk',
    '@nobody_at_all',
    'https://example.com/#dawn',
    'x@example.com',
    '☀️',
    '#1',
    '#dawn#dusk',
  ),
  // One less than the limit: a few listed tags beside it are too many.
  fc.constant(Array.from({ length: 29 }, (_, place) => `#many${place}`).join(' ')),
);
const caption = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));
const tags = fc.array(tag, { maxLength: 4 });
const mentions = fc.array(somebody, { maxLength: 3 });
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });

/** An edit; null leaves a field as it is. */
const edit = fc.oneof(
  fc.record({
    way: fc.constant('update_post' as const),
    caption: maybe(caption),
    tags: maybe(tags),
    mentions: maybe(mentions),
  }),
  fc.record({ way: fc.constant('table' as const), caption }),
);
const story = fc.record({
  listed: fc.boolean(),
  first: fc.record({ caption, tags, mentions }),
  edits: fc.array(edit, { minLength: 1, maxLength: 8 }),
});

/** What a post should have. Tags are as they are stored. */
interface Wanted {
  caption: string;
  tags: Set<string>;
  mentions: Set<string>;
}

class RollBack extends Error {}

/** Writes as the dashboard does: past the RPCs. An error rolls the change of role back as well. */
async function asDashboard<T>(tx: postgres.TransactionSql, write: () => PromiseLike<T>): Promise<T> {
  await tx`reset role`;
  const written = await write();
  await tx`set local role authenticated`;
  return written;
}

test('a post has exactly the tags and users of its caption and its lists, after any edits', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ listed, first, edits }) => {
      const telling = sql.begin(async (tx) => {
        const ids = Array.from({ length: people }, () => randomUUID());
        const usernames = ids.map((id) => `Edit_${id.replaceAll('-', '').slice(0, 20)}`);
        await tx`
          insert into auth.users (id, raw_user_meta_data)
          select id::uuid, jsonb_build_object('username', username)
          from unnest(${ids}::text[], ${usernames}::text[]) as person (id, username)
        `;
        await tx`select set_config('request.jwt.claims', ${JSON.stringify({ sub: ids[0], role: 'authenticated' })}, true)`;
        await tx`set local role authenticated`;
        const filled = (text: string) =>
          text.replaceAll(/\{person(\d)\}/g, (_, place) => usernames[place] as string);
        const filledAll = (texts: readonly string[] | null) => texts?.map(filled) ?? null;

        /** The tags and users of a caption. */
        const saidIn = async (text: string) => {
          const [said] = await tx<{ tags: string[]; mentions: string[] }[]>`
            select
              array(select private.tag_name(tag) from unnest(public.extract_hashtags(${text})) as tag) as tags,
              public.extract_mentions(${text}) as mentions
          `;
          return {
            tags: new Set(said?.tags),
            mentions: new Set(said?.mentions.filter((name) => usernames.includes(name))),
          };
        };
        const asNames = async (texts: readonly string[]) =>
          new Set(
            (
              await tx`select private.tag_name(tag) as name from unnest(${texts as string[]}::text[]) as tag`
            ).map(({ name }) => name),
          );

        /** Compares the rows with what is wanted. */
        const check = async (id: string, wanted: Wanted) => {
          const said = await saidIn(wanted.caption);
          const rows = await tx`
            select tag as name, source from public.post_tags where post_id = ${id}
            union all
            select '@' || username::text, source
            from public.post_mentions join public.profiles on profiles.id = profile_id where post_id = ${id}
          `;
          const both = (listed: Set<string>, inCaption: Set<string>, sign: string) => [
            ...[...listed].map((name) => `${sign}${name} explicit`),
            ...[...inCaption].filter((name) => !listed.has(name)).map((name) => `${sign}${name} caption`),
          ];
          expect(rows.map(({ name, source }) => `${name} ${source}`).sort()).toEqual(
            [...both(wanted.tags, said.tags, ''), ...both(wanted.mentions, said.mentions, '@')].sort(),
          );
        };
        /** Runs a write, and expects an error exactly when the post would have more than 30 tags. */
        const attempt = async (wanted: Wanted, work: (sp: postgres.TransactionSql) => Promise<unknown>) => {
          const allowed = wanted.tags.union((await saidIn(wanted.caption)).tags).size <= 30;
          const outcome = await tx.savepoint(work).then(
            () => 'done',
            (error) => `${error.code} ${error.hint}`,
          );
          expect(outcome).toBe(allowed ? 'done' : 'PT422 tags_too_many');
          return allowed;
        };

        let id = '';
        const text = filled(first.caption);
        let post: Wanted = {
          caption: text,
          tags: await asNames(listed ? first.tags : []),
          mentions: new Set(listed ? filledAll(first.mentions) : []),
        };
        const published = await attempt(post, async (sp) => {
          const [row] = listed
            ? await sp`select id from public.create_post(${text}, ${first.tags}, ${filledAll(first.mentions)})`
            : await asDashboard(
                sp,
                () =>
                  sp`insert into public.posts (owner_id, caption) values (${ids[0] ?? ''}, ${text}) returning id`,
              );
          id = row?.id;
        });
        if (!published) throw new RollBack();
        await check(id, post);

        for (const change of edits) {
          const next = { ...post };
          if (change.caption !== null) next.caption = filled(change.caption);
          if (change.way === 'update_post') {
            if (change.tags) next.tags = await asNames(change.tags);
            if (change.mentions) next.mentions = new Set(filledAll(change.mentions));
          }
          const edited = await attempt(next, async (sp) => {
            if (change.way === 'table')
              await asDashboard(
                sp,
                () => sp`update public.posts set caption = ${next.caption} where id = ${id}`,
              );
            else
              await sp`
                select public.update_post(
                  ${id}, ${change.caption && next.caption}, ${change.tags}, ${filledAll(change.mentions)}
                )
              `;
          });
          if (edited) post = next;
          await check(id, post);
        }
        throw new RollBack();
      });
      await telling.catch((error) => {
        if (!(error instanceof RollBack)) throw error;
      });
    }),
    { seed, numRuns: 60 },
  );
});
