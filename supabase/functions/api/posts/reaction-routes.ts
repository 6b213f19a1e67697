import { z } from '@hono/zod-openapi';
import type { PostgrestSingleResponse } from '@supabase/supabase-js';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { Database } from '../database.types.ts';
import type { AppEnv, NoctraClient } from '../http/context.ts';
import { dataOf } from '../http/database.ts';
import { addList } from '../http/lists.ts';
import type { App } from '../http/openapi.ts';
import { uuid } from '../http/schemas.ts';
import { addSwitch } from '../http/switches.ts';
import { peopleList } from '../people/people-lists.ts';
import { presentPosts } from './post-presentation.ts';
import { PostAnswer, postCodes } from './post-schemas.ts';
import { LikeAnswer, SaveAnswer } from './reaction-schemas.ts';

/** A saved post, with its place in the list. */
type SavedRow = Database['public']['Functions']['list_saved_posts']['Returns'][number];

/** A function of the database that likes or unlikes something, and gives the new count. */
type React = (client: NoctraClient, id: string) => PromiseLike<PostgrestSingleResponse<number>>;

/** Both sides of the switch of a like. */
export function likes(what: 'Post' | 'Comment', { like, unlike }: { like: React; unlike: React }) {
  const noun = `a ${what.toLowerCase()}`;
  const side = (verb: 'like' | 'unlike', react: React) => ({
    name: `${verb}${what}`,
    summary: `${verb === 'like' ? 'Like' : 'Unlike'} ${noun}`,
    answer: { description: verb === 'like' ? 'Liked' : 'Not liked', schema: LikeAnswer },
    act: async (client: NoctraClient, { id }: { id: string }) => ({
      liked: verb === 'like',
      like_count: await dataOf(react(client, id)),
    }),
  });
  return { put: side('like', like), delete: side('unlike', unlike) };
}

/** Likes and saves of posts. */
export function addReactionRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  const common = { tag: 'Posts', requireCaller } as const;
  const ofPost = {
    ...common,
    params: z.object({ id: uuid }),
    codes: postCodes,
    problems: [403, 404, 429],
  };

  addSwitch(app, {
    ...ofPost,
    path: '/posts/{id}/like/',
    ...likes('Post', {
      like: (client, id) => client.rpc('like_post', { post_id: id }),
      unlike: (client, id) => client.rpc('unlike_post', { post_id: id }),
    }),
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
      summary: 'Remove a post from the saved posts',
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
