import { z } from '@hono/zod-openapi';
import { emptyAsNull, fromTexts } from '../http/form.ts';
import { order, PageQuery } from '../http/lists.ts';
import { text, timestamp, uuid } from '../http/schemas.ts';
import type { FieldCodes } from '../http/validate.ts';
import { limits } from '../limits.ts';
import { owner } from '../people/people-schemas.ts';
import { likeCount, liked } from '../posts/reaction-schemas.ts';

/** The codes of fields that mean something else elsewhere. */
export const commentCodes: FieldCodes = {
  id: 'comment_not_found',
  parent: 'parent_not_found',
  text: 'comment_invalid',
};

const commentText = text('A comment', limits.comment_length)
  .min(1, 'A comment must not be empty.')
  .openapi({ example: 'Where is this, @kai?' });

/** Body of POST /posts/{id}/comments/. */
export const NewComment = z
  .strictObject({
    text: commentText,
    parent: uuid.nullish().openapi({ description: 'The comment that it answers.' }),
  })
  .openapi('NewComment', { example: { text: 'Where is this, @kai?' } });

/** The same as a form. */
export const NewCommentForm = fromTexts(NewComment, {
  parent: emptyAsNull(NewComment.shape.parent),
}).openapi('NewCommentForm');

/** Body of PATCH /comments/{id}/. */
export const CommentEdit = z.strictObject({ text: commentText }).openapi('CommentEdit');

/** Query of GET /posts/{id}/comments/. */
export const CommentsQuery = PageQuery.extend({
  order: order.default('oldest').openapi({ description: 'Which comment comes first.' }),
});

/** A comment as clients read it. */
export const CommentAnswer = z
  .object({
    id: uuid,
    post: uuid,
    parent: uuid.nullable().openapi({ description: 'The comment that it is a reply to; null at the top.' }),
    owner: owner.nullable().openapi({ description: 'Null if it is deleted.' }),
    text: z.string().nullable().openapi({ description: 'Null if it is deleted.' }),
    mentions: z.array(z.object({ id: uuid, username: z.string() })),
    like_count: likeCount,
    reply_count: z.int().openapi({ description: 'How many replies it has.' }),
    liked,
    created_at: timestamp,
    updated_at: timestamp,
    is_deleted: z.boolean().openapi({ description: 'A deleted comment stays while it has replies.' }),
    hidden_at: timestamp.nullable().openapi({
      description: 'When a moderator hid it from all but its author and moderators; else null.',
    }),
  })
  .openapi('Comment');

/** A comment as clients read it. */
export type Comment = z.infer<typeof CommentAnswer>;
