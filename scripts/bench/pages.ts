import type postgres from 'postgres';
import { pageSize, pageText } from './texts.ts';

/** Which posts a page holds. */
export type PageKind = 'newest' | 'owner' | 'common tag' | 'rare tag' | 'mention';

/** A page as SQL: text, and the values of its parameters. */
export interface PageQuestion {
  kind: PageKind;
  /** Rows before the page: 0 is the first one. */
  depth: number;
  text: string;
  values: string[];
}

/**
 * Where row-level security is off: the same rows, by a condition that says what the policies say for this reader. It is
 * the fastest way to ask that was found.
 */
const visibleByHand = `
    and (posts.is_visible_to_all or posts.owner_id = (select auth.uid()))`;

const sources: Record<PageKind, { from: string; parameters: number }> = {
  newest: { from: 'public.posts where posts.id < $1::uuid', parameters: 1 },
  owner: { from: 'public.posts where posts.id < $1::uuid and posts.owner_id = $2::uuid', parameters: 2 },
  'common tag': taggedWith(),
  'rare tag': taggedWith(),
  mention: {
    from: `public.posts
    join public.post_mentions on post_mentions.post_id = posts.id and post_mentions.profile_id = $2::uuid
    where posts.id < $1::uuid and post_mentions.post_id < $1::uuid`,
    parameters: 2,
  },
};

function taggedWith() {
  return {
    from: `public.posts
    join public.post_tags on post_tags.post_id = posts.id and post_tags.tag_id = $2::uuid
    where posts.id < $1::uuid and post_tags.post_id < $1::uuid`,
    parameters: 2,
  };
}

/** The same question under row-level security, and as the one who may see everything asks for the same rows. */
export interface PagePair {
  secured: PageQuestion;
  unsecured: PageQuestion;
}

/** All pages to measure: each kind at its beginning, and as deep as `deepest` rows, or as its list goes. */
export async function pageQuestions(sql: postgres.Sql, deepest: number): Promise<PagePair[]> {
  const subjects = await findSubjects(sql);
  const pairs: PagePair[] = [];
  for (const kind of Object.keys(sources) as PageKind[]) {
    const { from, parameters } = sources[kind];
    const subject = subjects[kind];
    for (const place of await cursors(sql, kind, subject, deepest)) {
      const values = [place.cursor, subject].slice(0, parameters);
      const ask = (visible: string): PageQuestion => ({
        kind,
        depth: place.depth,
        text: pageText(from, visible, pageSize),
        values,
      });
      pairs.push({ secured: ask(''), unsecured: ask(visibleByHand) });
    }
  }
  return pairs;
}

/** Whose posts, which tag, who is mentioned: the most common of each, and a tag that few posts have. */
async function findSubjects(sql: postgres.Sql): Promise<Record<PageKind, string>> {
  const first = async (query: postgres.PendingQuery<{ id: string }[]>) => (await query)[0]?.id ?? '';
  return {
    newest: '',
    owner: await first(
      sql`select owner_id as id from public.posts group by 1 order by count(*) desc limit 1`,
    ),
    'common tag': await first(
      sql`select tag_id as id from public.post_tags group by 1 order by count(*) desc limit 1`,
    ),
    'rare tag': await first(
      sql`select tag_id as id from public.post_tags group by 1 having count(*) >= 3 order by count(*), 1 limit 1`,
    ),
    mention: await first(
      sql`select profile_id as id from public.post_mentions group by 1 order by count(*) desc limit 1`,
    ),
  };
}

const afterAll = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** The first page and a deep one: where the list is shorter than `deepest`, nine tenths down. A short list has one page. */
async function cursors(
  sql: postgres.Sql,
  kind: PageKind,
  subject: string,
  deepest: number,
): Promise<{ depth: number; cursor: string }[]> {
  const list = {
    newest: sql`select id from public.posts`,
    owner: sql`select id from public.posts where owner_id = ${subject}`,
    'common tag': sql`select post_id as id from public.post_tags where tag_id = ${subject}`,
    'rare tag': sql`select post_id as id from public.post_tags where tag_id = ${subject}`,
    mention: sql`select post_id as id from public.post_mentions where profile_id = ${subject}`,
  }[kind];
  const [counted] = await sql<{ count: number }[]>`select count(*)::integer as count from (${list}) as list`;
  const depth = Math.min(deepest, Math.floor(0.9 * (counted?.count ?? 0)));
  const places = [{ depth: 0, cursor: afterAll }];
  if (depth < 10 * pageSize) return places;
  const [row] = await sql<
    { id: string }[]
  >`select id from (${list}) as list order by id desc offset ${depth} limit 1`;
  if (row) places.push({ depth, cursor: row.id });
  return places;
}
