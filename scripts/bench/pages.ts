import type postgres from 'postgres';
import { embedsText, pageSize, pageText } from './texts.ts';

/** The kinds of pages. */
export type PageKind = 'newest' | 'owner' | 'common tag' | 'rare tag' | 'mention';

/** A page as SQL, with the values of its parameters. */
export interface PageQuestion {
  text: string;
  values: string[];
}

/** One page, as three equivalent statements. */
export interface Page {
  kind: PageKind;
  /** Rows before the page: 0 is the first page. */
  depth: number;
  /** By list_posts, under row-level security. */
  list: PageQuestion;
  /** By embeds, under row-level security. */
  embeds: PageQuestion;
  /** By embeds, without row-level security: the fastest known statement for the same rows. */
  unsecured: PageQuestion;
}

/** The policy of posts as a condition, for connections without row-level security. */
const visibleByHand = `
    and (
      posts.is_visible_to_all or posts.owner_id = (select auth.uid())
      or posts.is_public and posts.hidden_at is null
        and posts.owner_id in (select followee_id from public.follows where follower_id = (select auth.uid()))
    )
    and posts.owner_id not in (select blocked_id from public.blocks where blocker_id = (select auth.uid()))`;

const tagged = {
  from: `public.posts
    join public.post_tags on post_tags.post_id = posts.id and post_tags.tag = $2
    where posts.id < $1::uuid and post_tags.post_id < $1::uuid`,
  args: 'before => $1::uuid, tag => $2',
};

const sources: Record<PageKind, { from: string; args: string }> = {
  newest: { from: 'public.posts where posts.id < $1::uuid', args: 'before => $1::uuid' },
  owner: {
    from: 'public.posts where posts.id < $1::uuid and posts.owner_id = $2::uuid',
    args: 'before => $1::uuid, owner => $2',
  },
  'common tag': tagged,
  'rare tag': tagged,
  mention: {
    from: `public.posts
    join public.post_mentions on post_mentions.post_id = posts.id and post_mentions.profile_id = $2::uuid
    where posts.id < $1::uuid and post_mentions.post_id < $1::uuid`,
    args: 'before => $1::uuid, mentions => $2',
  },
};

/** The pages to measure: the first of each kind, and one at most `deepest` rows deep. */
export async function pagesToMeasure(sql: postgres.Sql, deepest: number): Promise<Page[]> {
  const subjects = await findSubjects(sql);
  const pages: Page[] = [];
  for (const kind of Object.keys(sources) as PageKind[]) {
    const { from, args } = sources[kind];
    const subject = subjects[kind];
    for (const { cursor, depth } of await cursors(sql, kind, subject, deepest)) {
      const values = kind === 'newest' ? [cursor] : [cursor, subject];
      const embeds = (visible: string) => ({ text: embedsText(from, visible, pageSize), values });
      const list = { text: pageText(`list_posts(${args}, page_limit => ${pageSize})`), values };
      pages.push({ kind, depth, list, embeds: embeds(''), unsecured: embeds(visibleByHand) });
    }
  }
  return pages;
}

/** The owner, the tags and the mentioned user of the pages: the most common of each, and a rare tag. */
async function findSubjects(sql: postgres.Sql): Promise<Record<PageKind, string>> {
  const first = async (query: postgres.PendingQuery<{ id: string }[]>) => (await query)[0]?.id ?? '';
  return {
    newest: '',
    owner: await first(
      sql`select owner_id as id from public.posts where is_visible_to_all group by 1 order by count(*) desc limit 1`,
    ),
    'common tag': await first(
      sql`select tag as id from public.post_tags group by 1 order by count(*) desc limit 1`,
    ),
    'rare tag': await first(
      sql`select tag as id from public.post_tags group by 1 having count(*) >= 3 order by count(*), 1 limit 1`,
    ),
    mention: await first(
      sql`select profile_id as id from public.post_mentions group by 1 order by count(*) desc limit 1`,
    ),
  };
}

/** After the posts that data.ts makes, up to ten million of them, and before those that a benchmark has published. */
export const afterData = '01a00000-0000-7000-8000-000000000000';

/** Cursors of the first page and of a deep one, at most nine tenths down. A short list has one page. */
async function cursors(
  sql: postgres.Sql,
  kind: PageKind,
  subject: string,
  deepest: number,
): Promise<{ depth: number; cursor: string }[]> {
  // Not the oldest posts of data.ts, most of which are private.
  const list = {
    newest: sql`select id from public.posts`,
    owner: sql`select id from public.posts where owner_id = ${subject}`,
    'common tag': sql`select post_id as id from public.post_tags where tag = ${subject}`,
    'rare tag': sql`select post_id as id from public.post_tags where tag = ${subject}`,
    mention: sql`select post_id as id from public.post_mentions where profile_id = ${subject}`,
  }[kind];
  const [counted] = await sql<
    { count: number }[]
  >`select count(*)::integer as count from (${list}) as list where id > bench.ordered_id(0, 0)`;
  const depth = Math.min(deepest, Math.floor(0.9 * (counted?.count ?? 0)));
  const places = [{ depth: 0, cursor: afterData }];
  if (depth < 10 * pageSize) return places;
  const [row] = await sql<
    { id: string }[]
  >`select id from (${list}) as list order by id desc offset ${depth} limit 1`;
  if (row) places.push({ depth, cursor: row.id });
  return places;
}
