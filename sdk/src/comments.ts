import type { Comment, CommentEdit, NewComment as CommentFields } from './api.types.ts';
import {
  type Arguments,
  attemptAsCaller,
  type CallOptions,
  type Context,
  type Query,
  type Result,
  read,
  write,
} from './calls.ts';
import { type NoctraError, refusal } from './errors.ts';
import { reaction } from './likes.ts';
import { type Bounds, type List, type ListOptions, list } from './lists.ts';
import { type Subscription, subscribe } from './live.ts';
import { type CommentEvent, commentSource } from './live-comments.ts';
import { randomId } from './media.ts';
import { listPeople } from './people.ts';
import { noPost } from './posts.ts';
import { withUrls } from './profiles.ts';

/** A new comment, for `comments.create`. */
export interface NewComment extends CommentFields, CallOptions {
  /**
   * Printable ASCII characters, at most `limits.idempotency_key_length`. A repeated call with the same key and input
   * answers the first comment.
   */
  idempotency_key?: string | undefined;
}

/** The changes of `comments.update`. */
export interface CommentChanges extends CommentEdit, CallOptions {}

/** The options of `comments.list`. */
export interface CommentListOptions extends ListOptions {
  /** Default: `oldest`. */
  order?: 'oldest' | 'newest' | undefined;
}

/** Where a page of comments begins, and how long it is. What is undefined is not sent. */
type CommentBounds = Pick<Arguments<'list_replies'>, 'page_limit'> & { cursor: string };

/** The comments of posts: `noctra.comments`. */
export type Comments = ReturnType<typeof createComments>;

/** Makes `noctra.comments`. */
export function createComments(context: Context) {
  const { supabase, reader, url } = context;

  const send = (query: Query, signal: AbortSignal | undefined, malformed = noComment()) =>
    attemptAsCaller(context, signal, async () =>
      withUrls(url, await write<Comment>(context, query, signal, malformed)),
    );

  const listComments = (
    options: ListOptions,
    query: (bounds: CommentBounds) => Query,
    malformed?: NoctraError,
  ): List<Comment> =>
    list(context, options, {
      query: ({ before, ...bounds }: Bounds) => query({ ...bounds, cursor: before } as CommentBounds),
      malformed,
    });

  return {
    /**
     * Comments on a post, or answers a comment.
     *
     * @example
     * const { data: comment, error } = await noctra.comments.create(post.id, { text: 'Lovely, @ben!' });
     * if (comment) await noctra.comments.create(post.id, { text: 'And #calm', parent: comment.id });
     */
    create: (
      post: string,
      { parent, idempotency_key = randomId(), signal, ...fields }: NewComment,
    ): Promise<Result<Comment>> => {
      const comment = { ...fields, post_id: post, parent_id: parent ?? undefined, idempotency_key };
      const query = supabase.rpc('create_comment', comment as Arguments<'create_comment'>);
      return send(query, signal, parent ? noParent() : noPost());
    },

    /**
     * One comment.
     *
     * @example
     * const { data: comment } = await noctra.comments.get(id);
     */
    get: (id: string, { signal }: CallOptions = {}): Promise<Result<Comment>> =>
      attemptAsCaller(context, signal, async () => {
        const query = reader.rpc('get_comment', { comment_id: id }, { get: true });
        return withUrls(url, await read<Comment>(query, signal, noComment()));
      }),

    /**
     * The comments on a post, without the replies, oldest first. A comment that was deleted but has replies is there
     * without text and owner.
     *
     * @example
     * const { data: comments, next } = await noctra.comments.list(post.id, { order: 'newest' });
     */
    list: (post: string, { order, ...options }: CommentListOptions = {}): List<Comment> =>
      listComments(
        options,
        (bounds) =>
          reader.rpc(
            'list_comments',
            { post_id: post, newest_first: order === 'newest', ...bounds },
            { get: true },
          ),
        noPost(),
      ),

    /**
     * The replies to a comment, oldest first.
     *
     * @example
     * for await (const reply of noctra.comments.replies(comment.id)) show(reply);
     */
    replies: (id: string, options: ListOptions = {}): List<Comment> =>
      listComments(
        options,
        (bounds) => reader.rpc('list_replies', { comment_id: id, ...bounds }, { get: true }),
        noComment(),
      ),

    /**
     * Tells what happens on a post: its comments and replies, and its counts. After a lost connection it fetches what
     * was missed. Subscribe before you list the comments, and take those that you have already, by their id, as changed.
     *
     * @example
     * const { unsubscribe } = noctra.comments.subscribe(post.id, (event) => {
     *   if (event.type === 'added') show(event.comment);
     *   if (event.type === 'counts') showCount(event.like_count);
     * });
     */
    subscribe: (
      post: string,
      handler: (event: CommentEvent) => void,
      { signal }: CallOptions = {},
    ): Subscription => subscribe(context, handler, signal, (emit) => commentSource(context, post, emit)),

    /**
     * Changes the text of a comment of your own.
     *
     * @example
     * const { data: comment, error } = await noctra.comments.update(id, { text: 'Lovely!' });
     */
    update: (id: string, { signal, ...changes }: CommentChanges): Promise<Result<Comment>> =>
      send(supabase.rpc('update_comment', { ...changes, comment_id: id }), signal),

    /**
     * Deletes a comment of your own, or one on your own post.
     *
     * @example
     * await noctra.comments.remove(comment.id);
     */
    remove: (id: string, { signal }: CallOptions = {}): Promise<Result<{ id: string }>> =>
      attemptAsCaller(context, signal, async () => {
        const query = supabase.rpc('delete_comment', { comment_id: id });
        await write(context, query, signal, noComment(), true);
        return { id };
      }),

    /**
     * Likes a comment. A repeated like counts once.
     *
     * @example
     * const { data } = await noctra.comments.like(comment.id);
     * if (data) showCount(data.like_count);
     */
    like: reaction(context, true, (id) => supabase.rpc('like_comment', { comment_id: id }), noComment),

    /**
     * Unlikes a comment.
     *
     * @example
     * await noctra.comments.unlike(comment.id);
     */
    unlike: reaction(context, false, (id) => supabase.rpc('unlike_comment', { comment_id: id }), noComment),

    /**
     * Those who like a comment, newest first.
     *
     * @example
     * for await (const person of noctra.comments.likes(comment.id)) show(person);
     */
    likes: (id: string, options: ListOptions = {}) =>
      listPeople(
        context,
        options,
        (bounds) => reader.rpc('list_comment_likes', { comment_id: id, ...bounds }, { get: true }),
        noComment(),
      ),
  };
}

const noParent = () => refusal('parent_not_found', 422, 'There is no such comment on this post.', 'parent');

/** The error for a comment that is not there. */
export const noComment = () => refusal('comment_not_found', 404, 'There is no such comment.');
