import type { Person, Post, TagCount } from './api.types.ts';
import { attemptAsCaller, type CallOptions, type Context, type Query, type Result, read } from './calls.ts';
import { limits } from './limits.ts';
import { type List, type ListOptions, list, toRows } from './lists.ts';
import { listPeople } from './people.ts';
import { listPosts } from './posts.ts';

/** The options of suggestions and trends, which have one page. */
export interface SuggestionOptions extends CallOptions {
  /** Items, at most `limits.page_size_max`. Default: `limits.page_size`. */
  limit?: number | undefined;
}

/** Search, suggestions and trends: `noctra.search`. */
export type Search = ReturnType<typeof createSearch>;

/** Makes `noctra.search`. */
export function createSearch(context: Context) {
  // The database counts each search, so a replica cannot answer it.
  const { supabase } = context;

  const onePage = <T extends object>(
    { limit = limits.page_size, signal }: SuggestionOptions,
    query: (page_limit: number) => Query,
  ): Promise<Result<T[]>> =>
    attemptAsCaller(context, signal, async () => toRows(context, await read<T[]>(query(limit), signal)));

  return {
    /**
     * People whose name begins with the text, then those whose bio has its words, then similar names. 1 to 100
     * characters.
     *
     * @example
     * const { data: people, error } = await noctra.search.people('ann');
     * if (error?.code === 'query_invalid') showHint('Type something to search.');
     */
    people: (q: string, options: ListOptions = {}): List<Person> =>
      listPeople(context, options, (bounds) => supabase.rpc('search_people', { q, ...bounds })),

    /**
     * Posts whose caption has all words of the text, newest first, in any script.
     *
     * @example
     * const { data: posts, next } = await noctra.search.posts('low tide');
     */
    posts: (q: string, options: ListOptions = {}): List<Post> =>
      listPosts(context, options, (bounds) => supabase.rpc('search_posts', { q, ...bounds })),

    /**
     * Tags that begin with the text, `#` optional: also while a tag is typed.
     *
     * @example
     * const { data: tags } = await noctra.search.tags('se', { limit: 8 });
     */
    tags: (q: string, options: ListOptions = {}): List<TagCount> =>
      list(context, options, { query: (bounds) => supabase.rpc('search_tags', { q, ...bounds }) }),

    /**
     * People to mention, while the mention is typed: those whose name begins with the text, `@` optional, first those
     * whom you follow.
     *
     * @example
     * const { data: people } = await noctra.search.suggest('@an', { limit: 8, signal });
     */
    suggest: (q: string, options: SuggestionOptions = {}): Promise<Result<Person[]>> =>
      onePage(options, (page_limit) => supabase.rpc('suggest_people', { q, page_limit })),

    /**
     * The tags of the last day that most people published, at least two.
     *
     * @example
     * const { data: tags } = await noctra.search.trends({ limit: 10 });
     */
    trends: (options: SuggestionOptions = {}): Promise<Result<TagCount[]>> =>
      onePage(options, (page_limit) => supabase.rpc('trending_tags', { page_limit })),
  };
}
