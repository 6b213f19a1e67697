import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { Database } from '../database.types.ts';
import type { AppEnv } from '../http/context.ts';
import { dataOf, given } from '../http/database.ts';
import { addEndpoint } from '../http/endpoint.ts';
import { addList } from '../http/lists.ts';
import type { App } from '../http/openapi.ts';
import { idempotencyKey, uuid } from '../http/schemas.ts';
import { addSwitch } from '../http/switches.ts';
import { functionPath } from '../http/urls.ts';
import { peopleList } from '../people/people-lists.ts';
import { postCodes } from '../posts/post-schemas.ts';
import { likes } from '../posts/reaction-routes.ts';
import {
  CommentAnswer,
  CommentEdit,
  CommentsQuery,
  commentCodes,
  NewComment,
  NewCommentForm,
} from './comment-schemas.ts';

/** A comment as the database gives it, which is as clients read it. */
type CommentRow = Database['public']['CompositeTypes']['comment_view'];

/** Writing, reading, editing, deleting and liking comments. */
export function addCommentRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  const common = { tag: 'Comments', requireCaller } as const;
  const params = z.object({ id: uuid });
  const ofPost = {
    ...common,
    path: '/posts/{id}/comments/',
    params,
    codes: { ...commentCodes, ...postCodes },
  };
  const ofComment = { ...common, params, codes: commentCodes };
  const lists = { item: CommentAnswer, idOf: ({ id }: CommentRow) => id, problems: [404] };

  addEndpoint(app, {
    ...ofPost,
    method: 'post',
    name: 'writeComment',
    summary: 'Comment on a post, or answer a comment',
    headers: z.object({ 'idempotency-key': idempotencyKey.optional() }),
    body: { json: NewComment, form: NewCommentForm },
    answers: {
      201: { description: 'Written', schema: CommentAnswer, headers: z.object({ location: z.string() }) },
    },
    problems: [403, 404, 429],
    handler: async (c, { params, headers, body }) => {
      const comment = await dataOf(
        c.var.caller.client.rpc('create_comment', {
          post_id: params.id,
          text: body.text,
          ...given({ parent_id: body.parent, idempotency_key: headers['idempotency-key'] }),
        }),
      );
      return c.json(comment, 201, { location: `${functionPath}/comments/${comment.id}/` });
    },
  });

  addList(app, config, {
    ...ofPost,
    ...lists,
    name: 'listComments',
    summary: 'The comments on a post',
    description: 'Without replies: `reply_count` says how many each has.',
    holds: 'Comments, oldest first unless `order` is `newest`',
    query: CommentsQuery,
    read: (client, { page_limit, before: cursor }, { params, query }) =>
      client.rpc(
        'list_comments',
        {
          post_id: params.id,
          newest_first: query.order === 'newest',
          page_limit,
          ...given({ cursor }),
        },
        { get: true },
      ),
  });

  addList(app, config, {
    ...ofComment,
    ...lists,
    path: '/comments/{id}/replies/',
    name: 'listReplies',
    summary: 'The replies to a comment',
    holds: 'Comments, oldest first',
    read: (client, { page_limit, before: cursor }, { params }) =>
      client.rpc('list_replies', { comment_id: params.id, page_limit, ...given({ cursor }) }, { get: true }),
  });

  addEndpoint(app, {
    ...ofComment,
    method: 'get',
    path: '/comments/{id}/',
    name: 'readComment',
    summary: 'One comment',
    answers: { 200: { description: 'The comment', schema: CommentAnswer } },
    problems: [404],
    handler: async (c, { params }) =>
      c.json(
        await dataOf(c.var.caller.client.rpc('get_comment', { comment_id: params.id }, { get: true })),
        200,
      ),
  });

  addEndpoint(app, {
    ...ofComment,
    method: 'patch',
    path: '/comments/{id}/',
    name: 'editComment',
    summary: 'Edit a comment',
    body: { json: CommentEdit },
    answers: { 200: { description: 'The comment as it is now', schema: CommentAnswer } },
    problems: [403, 404, 429],
    handler: async (c, { params, body }) => {
      const change = { comment_id: params.id, text: body.text };
      return c.json(await dataOf(c.var.caller.client.rpc('update_comment', change)), 200);
    },
  });

  addEndpoint(app, {
    ...ofComment,
    method: 'delete',
    path: '/comments/{id}/',
    name: 'deleteComment',
    summary: 'Delete a comment',
    description: 'For its author, the owner of the post, and moderators. Replies stay.',
    answers: { 204: { description: 'Deleted' } },
    problems: [403, 404],
    handler: async (c, { params }) => {
      await dataOf(c.var.caller.client.rpc('delete_comment', { comment_id: params.id }));
      return c.body(null, 204);
    },
  });

  addSwitch(app, {
    ...ofComment,
    path: '/comments/{id}/like/',
    problems: [403, 404, 429],
    ...likes('Comment', {
      like: (client, id) => client.rpc('like_comment', { comment_id: id }),
      unlike: (client, id) => client.rpc('unlike_comment', { comment_id: id }),
    }),
  });

  addList(app, config, {
    ...ofComment,
    ...peopleList,
    path: '/comments/{id}/likes/',
    name: 'listCommentLikes',
    summary: 'Who likes a comment',
    holds: 'Users, the latest like first',
    problems: [404],
    read: (client, page, { params }) =>
      client.rpc('list_comment_likes', { ...page, comment_id: params.id }, { get: true }),
  });
}
