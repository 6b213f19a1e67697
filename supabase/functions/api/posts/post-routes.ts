import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { AppContext, AppEnv, Caller } from '../http/context.ts';
import { dataOf, given } from '../http/database.ts';
import { addEndpoint } from '../http/endpoint.ts';
import type { FileSource } from '../http/form.ts';
import { addList } from '../http/lists.ts';
import type { App } from '../http/openapi.ts';
import { idempotencyKey, person, uuid } from '../http/schemas.ts';
import { functionPath } from '../http/urls.ts';
import { postMedia } from '../media/inspect.ts';
import { withFiles } from '../media/publish.ts';
import { removeSoon } from '../service/sweep.ts';
import { type PostRow, presentPost, presentPosts } from './post-presentation.ts';
import {
  NewPost,
  NewPostForm,
  PostAnswer,
  PostEdit,
  PostEditForm,
  PostsQuery,
  postCodes,
} from './post-schemas.ts';

/** Publishing, reading, editing and deleting posts. */
export function addPostRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  const params = z.object({ id: uuid });
  const common = { tag: 'Posts', requireCaller, codes: postCodes } as const;
  const lists = {
    ...common,
    holds: 'Posts, newest first',
    item: PostAnswer,
    idOf: ({ id }: PostRow) => id,
    present: (c: AppContext, rows: PostRow[]) => presentPosts(c, config, rows),
    problems: [404],
  };

  addEndpoint(app, {
    ...common,
    method: 'post',
    path: '/posts/',
    name: 'publishPost',
    summary: 'Publish a post',
    headers: z.object({ 'idempotency-key': idempotencyKey.optional() }),
    body: { json: NewPost, form: NewPostForm, files: ['media'] },
    answers: {
      201: { description: 'Published', schema: PostAnswer, headers: z.object({ location: z.string() }) },
    },
    problems: [403, 404, 409, 429],
    handler: async (c, { body, headers }) => {
      const key = headers['idempotency-key'] ?? null;
      const row = await withMedia(config, c.var.caller, body.media, key, (media) =>
        dataOf(
          c.var.caller.client.rpc('create_post', {
            caption: body.caption,
            ...given({ ...body, media, idempotency_key: key }),
          }),
        ),
      );
      const post = await presentPost(c, config, row);
      return c.json(post, 201, { location: `${functionPath}/posts/${post.id}/` });
    },
  });

  addList(app, config, {
    ...lists,
    path: '/posts/',
    name: 'listPosts',
    summary: 'All posts that you may see',
    query: PostsQuery,
    read: (client, page, { query }) =>
      client.rpc(
        'list_posts',
        { ...page, ...given({ owner: query.owner, tag: query.tag, mentions: query.mentions }) },
        { get: true },
      ),
  });

  // Before /posts/{id}/: a router takes the first that fits.
  addList(app, config, {
    ...lists,
    path: '/posts/user/{user}/',
    name: 'listPostsOfPerson',
    summary: 'The posts of one user',
    params: z.object({ user: person }),
    read: (client, page, { params }) =>
      client.rpc('list_posts', { ...page, owner: params.user }, { get: true }),
  });

  addList(app, config, {
    ...lists,
    path: '/feed/',
    name: 'listFeed',
    summary: 'Your home feed',
    description: 'Your posts and those of the users whom you follow and do not mute.',
    problems: [],
    read: (client, page) => client.rpc('list_feed', page, { get: true }),
  });

  addList(app, config, {
    ...lists,
    path: '/posts/{id}/reposts/',
    name: 'listReposts',
    summary: 'The reposts of a post',
    params,
    read: (client, page, { params }) =>
      client.rpc('list_reposts', { ...page, post_id: params.id }, { get: true }),
  });

  addEndpoint(app, {
    ...common,
    method: 'get',
    path: '/posts/{id}/',
    name: 'readPost',
    summary: 'One post',
    params,
    answers: { 200: { description: 'The post', schema: PostAnswer } },
    problems: [404],
    handler: async (c, { params }) => {
      const row = await dataOf(c.var.caller.client.rpc('get_post', { post_id: params.id }, { get: true }));
      return c.json(await presentPost(c, config, row), 200);
    },
  });

  addEndpoint(app, {
    ...common,
    method: 'patch',
    methodAlias: 'put',
    path: '/posts/{id}/',
    name: 'editPost',
    summary: 'Edit a post',
    params,
    body: { json: PostEdit, form: PostEditForm, files: ['media'] },
    answers: { 200: { description: 'The post as it is now', schema: PostAnswer } },
    problems: [403, 404, 409, 429],
    handler: async (c, { params, body: { media: added, ...changes } }) => {
      const row = await withMedia(config, c.var.caller, added, null, (media) =>
        dataOf(
          c.var.caller.client.rpc('update_post', {
            post_id: params.id,
            add_media: media,
            ...given(changes),
          }),
        ),
      );
      if (changes.remove_media?.length) removeSoon(config);
      return c.json(await presentPost(c, config, row), 200);
    },
  });

  addEndpoint(app, {
    ...common,
    method: 'delete',
    path: '/posts/{id}/',
    name: 'deletePost',
    summary: 'Delete a post',
    params,
    answers: { 204: { description: 'Deleted' } },
    problems: [403, 404],
    handler: async (c, { params }) => {
      await dataOf(c.var.caller.client.rpc('delete_post', { post_id: params.id }));
      removeSoon(config);
      return c.body(null, 204);
    },
  });
}

/** Publishes the files of a post and writes the post with their paths. If the post is refused, no file stays. */
function withMedia<Row>(
  config: Config,
  caller: Caller,
  media: readonly { file: FileSource; alt_text: string }[] | null | undefined,
  key: string | null,
  write: (media: { path: string; alt_text: string }[]) => Promise<Row>,
): Promise<Row> {
  const items = media ?? [];
  const files = items.map(({ file }) => ({ source: file, rules: postMedia }));
  return withFiles(config, caller, files, key, (paths) =>
    write(paths.map((path, place) => ({ path, alt_text: items[place]?.alt_text ?? '' }))),
  );
}
