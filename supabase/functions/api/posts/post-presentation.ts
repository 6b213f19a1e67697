import type { Config } from '../config.ts';
import type { Database } from '../database.types.ts';
import type { AppContext } from '../http/context.ts';
import { mediaLinks } from './media-links.ts';
import type { Post } from './post-schemas.ts';

/** A post as the database gives it. */
export type PostRow = Database['public']['CompositeTypes']['post_view'];

/** The same with its JSON typed: all that a client reads but the links. */
type PostView = Omit<Post, 'media'> & { media: Omit<Post['media'][number], 'url'>[] };

/** Adds the links to the files of posts, signed at once for all of them. */
export async function presentPosts(c: AppContext, config: Config, rows: readonly PostRow[]): Promise<Post[]> {
  const posts = rows as readonly unknown[] as readonly PostView[];
  const paths = posts.flatMap(({ media }) => media.map(({ file }) => file));
  const urls = await mediaLinks(c, config, paths);
  return posts.map((post) => withLinks(post, urls));
}

/** Adds the links to the files of one post. */
export async function presentPost(c: AppContext, config: Config, row: PostRow): Promise<Post> {
  const post = row as unknown as PostView;
  const paths = post.media.map(({ file }) => file);
  return withLinks(post, await mediaLinks(c, config, paths));
}

function withLinks(post: PostView, urls: ReadonlyMap<string, string>): Post {
  return { ...post, media: post.media.map((item) => ({ ...item, url: urls.get(item.file) ?? null })) };
}
