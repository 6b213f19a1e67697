import type { Post } from './api.types.ts';
import type { Context } from './calls.ts';
import type { List, ListOptions } from './lists.ts';
import { listPosts } from './posts.ts';

/** The home feed: `noctra.feed`. */
export type Feed = ReturnType<typeof createFeed>;

/** Makes `noctra.feed`. */
export function createFeed(context: Context) {
  return {
    /**
     * Your posts and those of the people whom you follow, newest first.
     *
     * @example
     * const { data: posts, next } = await noctra.feed.list();
     * const more = await noctra.feed.list({ cursor: next });
     */
    list: (options: ListOptions = {}): List<Post> =>
      listPosts(context, options, (bounds) => context.reader.rpc('list_feed', bounds, { get: true })),
  };
}
