import type { QueryData } from '@supabase/supabase-js';
import type { Config } from './config.ts';
import type { AppContext, Caller, NoctraClient } from './context.ts';
import { databaseProblem, storageProblem } from './problem.ts';
import type { Post } from './schemas.ts';
import { mediaBucket } from './uploads.ts';
import { pictureUrl, publicOrigin } from './urls.ts';

/** How long a link to a private file works: long enough to look at a page of posts, too short to be passed around. */
const SIGNED_URL_SECONDS = 3600;

/** Everything that a post's JSON shows, in one request to the Data API however many posts there are. */
export const postColumns = `id, caption, is_public, original_post_id, created_at, updated_at,
  owner:profiles!owner_id(id, username, avatar_path, is_vip),
  tags(id, name),
  mentions:profiles!post_mentions(id, username),
  media:post_media(id, path, file_type, mime_type, size, position)` as const;

const postQuery = (client: NoctraClient) => client.from('posts').select(postColumns);

/** A post as the Data API gives it. */
export type PostRow = QueryData<ReturnType<typeof postQuery>>[number];

/** One post that the caller may see, or null. */
export async function readPost(caller: Caller, id: string): Promise<PostRow | null> {
  const { data, error } = await postQuery(caller.client).eq('id', id).maybeSingle();
  if (error) throw databaseProblem(error);
  return data;
}

/** Links by path under which files load; a file that is gone has none. */
export type MediaUrls = ReadonlyMap<string, string>;

/** Signs links for all files at once, as the caller: Storage gives none for what he may not see. */
export async function signMedia(c: AppContext, config: Config, paths: string[]): Promise<MediaUrls> {
  if (paths.length === 0) return new Map();
  const bucket = c.var.caller.client.storage.from(mediaBucket);
  const { data, error } = await bucket.createSignedUrls(paths, SIGNED_URL_SECONDS);
  if (error) throw storageProblem(error);
  const origin = publicOrigin(config, c.req.raw.headers);
  return new Map(
    data.flatMap(({ path, signedUrl }) =>
      path && signedUrl ? [[path, origin + signedUrl.slice(config.url.length)] as const] : [],
    ),
  );
}

/** The posts' JSON, with their files' links signed in one request. */
export async function presentPosts(c: AppContext, config: Config, rows: readonly PostRow[]): Promise<Post[]> {
  const urls = await signMedia(
    c,
    config,
    rows.flatMap((row) => row.media.map(({ path }) => path)),
  );
  return rows.map((row) => presentPost(row, urls));
}

/** A post's JSON. */
export function presentPost(row: PostRow, urls: MediaUrls): Post {
  const { owner } = row;
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
      .map(({ id, path, file_type, mime_type, size }) => ({
        id,
        file: path,
        url: urls.get(path) ?? null,
        file_type,
        mime_type,
        size,
      })),
    original_post: row.original_post_id,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

/** By code unit: the same order on every machine. */
function byText<T>(text: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (text(a) < text(b) ? -1 : 1);
}

/** Which posts a list holds, from which place on. Filters are ids: names were looked up before. */
export interface PostList {
  limit: number;
  /** The id of the last post of the page before. */
  after: string | null;
  ownerId: string | null;
  tagId: string | null;
  mentionedId: string | null;
}

/** One page, newest first, and whether there is more. */
export interface PostPage {
  rows: PostRow[];
  more: boolean;
}

/**
 * Reads one page of the posts that the caller may see, by keyset: a page stays where it is while posts arrive. A list
 * by tag or mention starts at the table that has an index for it in the order of the page, and takes the post along.
 */
export async function readPage(caller: Caller, list: PostList): Promise<PostPage> {
  const { data, error } = await pageRequest(caller.client, list);
  if (error) throw databaseProblem(error);
  const rows: PostRow[] = data.map((row) => ('post' in row ? row.post : row));
  // One more than asked for was read: it tells whether there is a next page.
  return { rows: rows.slice(0, list.limit), more: rows.length > list.limit };
}

function pageRequest(client: NoctraClient, list: PostList) {
  const { limit, after, ownerId, tagId, mentionedId } = list;
  const newestFirst = { ascending: false } as const;
  if (tagId === null && mentionedId === null) {
    let request = postQuery(client);
    if (after !== null) request = request.lt('id', after);
    if (ownerId !== null) request = request.eq('owner_id', ownerId);
    return request.order('id', newestFirst).limit(limit + 1);
  }
  let request = referringRows(client, list);
  if (after !== null) request = request.lt('post_id', after);
  if (ownerId !== null) request = request.eq('post.owner_id', ownerId);
  return request.order('post_id', newestFirst).limit(limit + 1);
}

/** The rows that tie a tag or a person to posts; where both are asked for, the posts' mentions are looked at as well. */
function referringRows(client: NoctraClient, { tagId, mentionedId }: PostList) {
  if (tagId === null) {
    const mentions = client.from('post_mentions').select(`post:posts!inner(${postColumns})`);
    return mentions.filter('profile_id', 'eq', mentionedId);
  }
  if (mentionedId === null) {
    return client.from('post_tags').select(`post:posts!inner(${postColumns})`).filter('tag_id', 'eq', tagId);
  }
  return client
    .from('post_tags')
    .select(`post:posts!inner(${postColumns}, mentioning:post_mentions!inner(profile_id))`)
    .filter('tag_id', 'eq', tagId)
    .filter('post.mentioning.profile_id', 'eq', mentionedId);
}
