import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { Database } from '../database.types.ts';
import type { AppContext, AppEnv } from '../http/context.ts';
import { dataOf } from '../http/database.ts';
import { addEndpoint } from '../http/endpoint.ts';
import { addList } from '../http/lists.ts';
import type { App } from '../http/openapi.ts';
import { peopleList } from '../people/people-lists.ts';
import { type PostRow, presentPosts } from '../posts/post-presentation.ts';
import { PostAnswer } from '../posts/post-schemas.ts';
import { SearchQuery, SuggestionQuery, searchCodes, TagCountAnswer, TrendQuery } from './search-schemas.ts';

type TagRow = Database['public']['CompositeTypes']['tag_view'];

const presentTags = (rows: TagRow[]) => rows.map(({ cursor, ...tag }) => tag);

/** Search, suggestions and trends. The database counts each search, so none of them is a GET there. */
export function addSearchRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  const common = { tag: 'Search', requireCaller, codes: searchCodes } as const;
  const search = { ...common, query: SearchQuery, problems: [403, 429] };

  addList(app, config, {
    ...search,
    ...peopleList,
    path: '/search/people/',
    name: 'searchPeople',
    summary: 'Search users',
    description: 'By the beginning of the user name, by words of the bio, and by similar names.',
    holds: 'Users, the best match first',
    read: (client, page, { query }) => client.rpc('search_people', { ...page, q: query.q }),
  });

  addList(app, config, {
    ...search,
    path: '/search/posts/',
    name: 'searchPosts',
    summary: 'Search posts',
    description: 'Posts that you may see whose caption has all words of `q`, in any script.',
    holds: 'Posts, newest first',
    item: PostAnswer,
    idOf: ({ id }: PostRow) => id,
    present: (c: AppContext, rows: PostRow[]) => presentPosts(c, config, rows),
    read: (client, page, { query }) => client.rpc('search_posts', { ...page, q: query.q }),
  });

  addList(app, config, {
    ...search,
    path: '/search/tags/',
    name: 'searchTags',
    summary: 'Search tags',
    description: 'Tags that begin with `q`, also while a tag is typed.',
    holds: 'Tags: `q` itself, then those with most posts',
    item: TagCountAnswer,
    idOf: ({ cursor }: TagRow) => cursor,
    present: (_: AppContext, rows: TagRow[]) => presentTags(rows),
    read: (client, page, { query }) => client.rpc('search_tags', { ...page, q: query.q }),
  });

  addEndpoint(app, {
    ...common,
    method: 'get',
    path: '/search/suggestions/',
    name: 'suggestPeople',
    summary: 'Users to mention',
    description: 'While a mention is typed: users whose name begins with `q`, first those whom you follow.',
    query: SuggestionQuery,
    problems: [403, 429],
    answers: { 200: { description: 'Users', schema: z.array(peopleList.item) } },
    handler: async (c, { query: { q, limit } }) => {
      const rows = await dataOf(c.var.caller.client.rpc('suggest_people', { q, page_limit: limit }));
      return c.json(peopleList.present(c, rows), 200);
    },
  });

  addEndpoint(app, {
    ...common,
    method: 'get',
    path: '/tags/trending/',
    name: 'listTrendingTags',
    summary: 'Trending tags',
    description: 'The tags of the last day that most users published, at least two. Counted once a minute.',
    query: TrendQuery,
    problems: [403],
    answers: { 200: { description: 'Tags, the most users first', schema: z.array(TagCountAnswer) } },
    handler: async (c, { query: { limit } }) => {
      const rows = await dataOf(c.var.caller.client.rpc('trending_tags', { page_limit: limit }));
      return c.json(presentTags(rows), 200);
    },
  });
}
