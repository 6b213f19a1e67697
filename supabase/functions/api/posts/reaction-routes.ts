import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { Database } from '../database.types.ts';
import type { AppEnv } from '../http/context.ts';
import { dataOf } from '../http/database.ts';
import { addList } from '../http/lists.ts';
import type { App } from '../http/openapi.ts';
import { uuid } from '../http/schemas.ts';
import { addSwitch } from '../http/switches.ts';
import { peopleList } from '../people/people-lists.ts';
import { presentPosts } from './post-presentation.ts';
import { PostAnswer } from './post-schemas.ts';
import { LikeAnswer, SaveAnswer } from './reaction-schemas.ts';

/** A saved post, with its place in the list. */
type SavedRow = Database['public']['Functions']['list_saved_posts']['Returns'][number];

/** Likes and saves of posts. */
export function addReactionRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  const common = { tag: 'Posts', requireCaller } as const;
  const ofPost = { ...common, params: z.object({ id: uuid }), problems: [403, 404, 429] };

  addSwitch(app, {
    ...ofPost,
    path: '/posts/{id}/like/',
    put: {
      name: 'likePost',
      summary: 'Like a post',
      answer: { description: 'Liked', schema: LikeAnswer },
      act: async (client, { id }) => ({
        liked: true,
        like_count: await dataOf(client.rpc('like_post', { post_id: id })),
      }),
    },
    delete: {
      name: 'unlikePost',
      summary: 'Take a like back',
      answer: { description: 'Not liked', schema: LikeAnswer },
      act: async (client, { id }) => ({
        liked: false,
        like_count: await dataOf(client.rpc('unlike_post', { post_id: id })),
      }),
    },
  });

  addSwitch(app, {
    ...ofPost,
    path: '/posts/{id}/save/',
    put: {
      name: 'savePost',
      summary: 'Save a post',
      description: 'Nobody else can see it.',
      answer: { description: 'Saved', schema: SaveAnswer },
      act: async (client, { id }) => {
        await dataOf(client.rpc('save_post', { post_id: id }));
        return { saved: true };
      },
    },
    delete: {
      name: 'unsavePost',
      summary: 'Take a post from the saved ones',
      answer: { description: 'Not saved', schema: SaveAnswer },
      act: async (client, { id }) => {
        await dataOf(client.rpc('unsave_post', { post_id: id }));
        return { saved: false };
      },
    },
  });

  addList(app, config, {
    ...ofPost,
    ...peopleList,
    path: '/posts/{id}/likes/',
    name: 'listLikes',
    summary: 'Who likes a post',
    holds: 'Users, the latest like first',
    problems: [404],
    read: (client, page, { params }) =>
      client.rpc('list_likes', { ...page, post_id: params.id }, { get: true }),
  });

  addList(app, config, {
    ...common,
    path: '/saved/',
    name: 'listSavedPosts',
    summary: 'The posts that you saved',
    holds: 'Posts, the last saved first',
    item: PostAnswer,
    read: (client, page) => client.rpc('list_saved_posts', page, { get: true }),
    idOf: ({ cursor }: SavedRow) => cursor,
    present: (c, rows: SavedRow[]) =>
      presentPosts(
        c,
        config,
        rows.map(({ post }) => post),
      ),
  });
}
