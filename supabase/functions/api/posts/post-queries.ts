import type { QueryData } from '@supabase/supabase-js';
import type { Config } from '../config.ts';
import type { AppContext, Caller, NoctraClient } from '../http/context.ts';
import { databaseProblem } from '../http/problem.ts';
import { pictureUrl } from '../http/urls.ts';
import { mediaLinks } from './media-links.ts';
import type { Post } from './post-schemas.ts';

/** Everything that a post's JSON shows, in one request to the Data API however many posts there are. */
const postColumns = `id, caption, is_public, is_repost, original_post_id, hidden_at, created_at, updated_at,
  owner:profiles!owner_id(id, username, avatar_path, is_vip),
  tags(id, name),
  mentions:profiles!post_mentions(id, username),
  media:post_media(id, path, file_type, mime_type, size, width, height, alt_text, position)` as const;

const postQuery = (client: NoctraClient) => client.from('posts').select(postColumns);

/** A post as the Data API gives it. */
export type PostRow = QueryData<ReturnType<typeof postQuery>>[number];

/** One post that the caller may see, or null. */
export async function readPost(caller: Caller, id: string): Promise<PostRow | null> {
  const { data, error } = await postQuery(caller.client).eq('id', id).maybeSingle();
  if (error) throw databaseProblem(error);
  return data;
}

/** The posts' JSON. Links and originals are looked up at once, for all posts together. */
export async function presentPosts(c: AppContext, config: Config, rows: readonly PostRow[]): Promise<Post[]> {
  const paths = rows.flatMap((row) => row.media.map(({ path }) => path));
  const [urls, originals] = await Promise.all([
    mediaLinks(c, config, paths),
    visibleOriginals(c.var.caller, rows),
  ]);
  return rows.map((row) => presentPost(row, urls, originals));
}

/**
 * Which of the posts that were passed on the caller may see. Asked by itself: not every Data API embeds a table in
 * itself where the rows come from a function.
 */
async function visibleOriginals({ client }: Caller, rows: readonly PostRow[]): Promise<ReadonlySet<string>> {
  const ids = rows.flatMap(({ original_post_id }) => original_post_id ?? []);
  if (ids.length === 0) return new Set();
  const { data, error } = await client
    .from('posts')
    .select('id')
    .in('id', [...new Set(ids)]);
  if (error) throw databaseProblem(error);
  return new Set(data.map(({ id }) => id));
}

function presentPost(row: PostRow, urls: ReadonlyMap<string, string>, originals: ReadonlySet<string>): Post {
  const { owner, original_post_id: original } = row;
  return {
    id: row.id,
    owner: {
      id: owner.id,
      username: owner.username,
      profile_pic_url: pictureUrl('avatars', owner.avatar_path),
      is_vip: owner.is_vip,
    },
    caption: row.caption,
    is_public: row.is_public,
    tags: row.tags.map(({ id, name }) => ({ id, name })).sort(byText(({ name }) => name)),
    mentions: row.mentions
      .map(({ id, username }) => ({ id, username }))
      .sort(byText(({ username }) => username)),
    media: row.media
      .toSorted((a, b) => a.position - b.position)
      .map(({ id, path, file_type, mime_type, size, width, height, alt_text }) => ({
        id,
        file: path,
        url: urls.get(path) ?? null,
        file_type,
        mime_type,
        size,
        width,
        height,
        alt_text,
      })),
    original_post: original !== null && originals.has(original) ? original : null,
    is_repost: row.is_repost,
    hidden_at: row.hidden_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

/** By code unit: the same order on every machine. */
function byText<T>(text: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (text(a) < text(b) ? -1 : 1);
}

/** Which posts a list holds, from which place on. */
export interface PostList {
  limit: number;
  /** The id of the last post of the page before. */
  after: string | null;
  ownerId: string | null;
  tag: string | null;
  mentionedId: string | null;
}

/** One page, newest first, and whether there is more. */
export interface PostPage {
  rows: PostRow[];
  more: boolean;
}

/** Reads one page of the posts that the caller may see, by keyset: a page stays where it is while posts arrive. */
export async function readPage({ client }: Caller, list: PostList): Promise<PostPage> {
  const { limit, after, ownerId, tag, mentionedId } = list;
  const { data, error } = await client
    .rpc(
      'list_posts',
      {
        // One more than is shown: it tells whether there is a next page.
        page_limit: limit + 1,
        ...(after === null ? {} : { before: after }),
        ...(ownerId === null ? {} : { owner: ownerId }),
        ...(tag === null ? {} : { tag }),
        ...(mentionedId === null ? {} : { mention: mentionedId }),
      },
      { get: true },
    )
    .select(postColumns)
    // The function's order; what is embedded may cost it.
    .order('id', { ascending: false });
  if (error) throw databaseProblem(error);
  return { rows: data.slice(0, limit), more: data.length > limit };
}
