import type { Person, Post, Save } from './api.types.ts';
import {
  type ApiRequest,
  action,
  attemptAsCaller,
  type CallOptions,
  type Context,
  callApi,
  type Result,
  read,
} from './calls.ts';
import type { Database } from './database.types.ts';
import { type NoctraError, refusal } from './errors.ts';
import { reaction } from './likes.ts';
import { limits } from './limits.ts';
import { type List, type ListOptions, list, type Source } from './lists.ts';
import {
  type NewMedia,
  randomId,
  removeUploads,
  signPaths,
  type UploadOptions,
  withUploads,
} from './media.ts';
import { listPeople } from './people.ts';
import { withUrls } from './profiles.ts';
import { unavailable } from './retries.ts';

export type PostOwner = Post['owner'];
export type PostMedia = Post['media'][number];

/** The common fields of new posts and changes. */
interface PostFields extends UploadOptions {
  /** Names, with or without `#`. The tags of the caption count without being listed. */
  tags?: readonly string[] | undefined;
  /** User names, with or without `@`, or user ids. The mentions of the caption count without being listed. */
  mentions?: readonly string[] | undefined;
  /** Default: true. */
  is_public?: boolean | undefined;
}

/** A new post, for `posts.create`. */
export interface NewPost extends PostFields {
  caption: string;
  media?: readonly NewMedia[] | undefined;
  /** The id of a post to repost. */
  original_post?: string | null | undefined;
  /**
   * Printable ASCII characters, at most `limits.idempotency_key_length`. A repeated call with the same key and input
   * answers the first post.
   */
  idempotency_key?: string | undefined;
}

/** The changes of `posts.update`. Omitted fields stay unchanged; lists replace those that were given before. */
export interface PostChanges extends PostFields {
  caption?: string | undefined;
  /** Follow the files that stay. */
  add_media?: readonly NewMedia[] | undefined;
  /** Ids (`media[].id`) or paths (`media[].file`) of the post's files. */
  remove_media?: readonly string[] | undefined;
}

/** Selects posts. Filters combine. */
export interface PostFilter {
  /** The owner: a user name, an id, or `me`. */
  owner?: string | undefined;
  /** A tag, with or without `#`, in any case. */
  tag?: string | undefined;
  /** A mentioned user: a user name, an id, or `me`. */
  mentions?: string | undefined;
}

/** The options of `posts.list`. */
export interface PostListOptions extends PostFilter, ListOptions {}

/** The posts: `noctra.posts`. */
export type Posts = ReturnType<typeof createPosts>;

/** Makes `noctra.posts`. */
export function createPosts(context: Context) {
  const { supabase, reader, url } = context;

  /** Sends a post to the edge function, which publishes its files. */
  const send = async (path: string, request: ApiRequest) =>
    withUrls(url, await callApi<Post>(context, path, request));

  const keep = (saved: boolean) =>
    action(
      context,
      (post_id) => supabase.rpc(saved ? 'save_post' : 'unsave_post', { post_id }),
      (): Save => ({ saved }),
      noPost,
    );

  return {
    /**
     * Uploads the files and makes the post: all or nothing. After an error no post and no file stays, but for a lost
     * answer (`network_error`, `aborted`): then the post may have been made. Call again with the same
     * `idempotency_key`.
     *
     * @example
     * const { data: post, error } = await noctra.posts.create({
     *   caption: 'Sunset with @ann #sea',
     *   media: [{ file: input.files[0], alt_text: 'The sea at dusk' }],
     *   on_progress: ({ loaded, total }) => (bar.value = loaded / total),
     * });
     */
    create: ({
      caption,
      media = [],
      on_progress,
      signal,
      idempotency_key,
      ...post
    }: NewPost): Promise<Result<Post>> =>
      attemptAsCaller(context, signal, (userId) => {
        checkCaption(caption);
        if (idempotency_key !== undefined) checkKey(idempotency_key);
        return withUploads(context, userId, media, { on_progress, signal }, async (uploads) => {
          const made = await send('posts/', {
            method: 'POST',
            body: { ...post, caption, media: uploads },
            headers: { 'idempotency-key': idempotency_key ?? randomId() },
            signal,
          });
          // The server keeps uploads for a repeated call with the key, which only the app can make now.
          if (!idempotency_key) void removeUploads(context, uploads);
          return made;
        });
      }),

    /**
     * Changes a post of your own: all of the changes or none.
     *
     * @example
     * const { data: post, error } = await noctra.posts.update(id, {
     *   caption: 'Sunrise, of course',
     *   remove_media: [old.media[0].id],
     *   add_media: [input.files[0]],
     * });
     */
    update: (
      id: string,
      { add_media, on_progress, signal, ...changes }: PostChanges,
    ): Promise<Result<Post>> =>
      attemptAsCaller(context, signal, (userId) => {
        if (changes.caption !== undefined) checkCaption(changes.caption);
        return withUploads(context, userId, add_media ?? [], { on_progress, signal }, (uploads) =>
          send(pathOf(id), {
            method: 'PATCH',
            body: { ...changes, media: add_media && uploads },
            // Repeated, the call would not find the file to remove, and would find the file to add in use.
            repeatOn: add_media?.length || changes.remove_media?.length ? [] : unavailable,
            signal,
          }),
        );
      }),

    /**
     * The posts that you may see, newest first.
     *
     * @example
     * const filter = { owner: 'ann', tag: 'sea', mentions: 'me', limit: 50 };
     * const first = await noctra.posts.list(filter);
     * const second = await noctra.posts.list({ ...filter, cursor: first.next });
     *
     * @example
     * for await (const post of noctra.posts.list({ tag: 'sea' })) show(post);
     */
    list: ({ limit, cursor, signal, ...filter }: PostListOptions = {}): List<Post> =>
      listPosts(context, { limit, cursor, signal }, (bounds) =>
        reader.rpc('list_posts', { ...filter, ...bounds } as ListArgs, { get: true }),
      ),

    /**
     * One post.
     *
     * @example
     * const { data: post } = await noctra.posts.get(id);
     * if (post?.media[0]?.url) image.src = post.media[0].url;
     */
    get: (id: string, { signal }: CallOptions = {}): Promise<Result<Post>> =>
      attemptAsCaller(context, signal, async () => {
        const query = reader.rpc('get_post', { post_id: id }, { get: true });
        const row = withUrls(url, await read<PostRow>(query, signal, noPost()));
        return (await toPosts(context, [row], signal))[0] as Post;
      }),

    /**
     * Deletes a post of your own, with its files.
     *
     * @example
     * const { error } = await noctra.posts.remove(post.id);
     */
    remove: (id: string, { signal }: CallOptions = {}): Promise<Result<{ id: string }>> =>
      attemptAsCaller(context, signal, async () => {
        await callApi(context, pathOf(id), { method: 'DELETE', signal });
        return { id };
      }),

    /**
     * Likes a post. A repeated like counts once.
     *
     * @example
     * const { data } = await noctra.posts.like(post.id);
     * if (data) showCount(data.like_count);
     */
    like: reaction(context, true, (id) => supabase.rpc('like_post', { post_id: id }), noPost),

    /**
     * Unlikes a post.
     *
     * @example
     * await noctra.posts.unlike(post.id);
     */
    unlike: reaction(context, false, (id) => supabase.rpc('unlike_post', { post_id: id }), noPost),

    /**
     * Those who like a post, newest first.
     *
     * @example
     * for await (const person of noctra.posts.likes(post.id)) console.log(person.username, person.following);
     */
    likes: (id: string, options: ListOptions = {}): List<Person> =>
      listPeople(
        context,
        options,
        (bounds) => reader.rpc('list_likes', { post_id: id, ...bounds }, { get: true }),
        noPost(),
      ),

    /**
     * The posts that repost a post, newest first.
     *
     * @example
     * for await (const repost of noctra.posts.reposts(post.id)) console.log(repost.owner.username);
     */
    reposts: (id: string, options: ListOptions = {}): List<Post> =>
      listPosts(
        context,
        options,
        (bounds) => reader.rpc('list_reposts', { post_id: id, ...bounds }, { get: true }),
        noPost(),
      ),

    /**
     * Saves a post for later. Only you know.
     *
     * @example
     * await noctra.posts.save(post.id);
     */
    save: keep(true),

    /**
     * Removes a post from those that you saved.
     *
     * @example
     * await noctra.posts.unsave(post.id);
     */
    unsave: keep(false),

    /**
     * The posts that you saved, last saved first.
     *
     * @example
     * for await (const post of noctra.posts.saved()) show(post);
     */
    saved: (options: ListOptions = {}): List<Post> =>
      list<Post, { post: PostRow }>(context, options, {
        query: (bounds) => reader.rpc('list_saved_posts', bounds, { get: true }),
        toItems: (rows, signal) =>
          toPosts(
            context,
            rows.map(({ post }) => post),
            signal,
          ),
      }),
  };
}

type ListArgs = Database['public']['Functions']['list_posts']['Args'];

/** The error for a post that is not there. */
export const noPost = () => refusal('post_not_found', 404, 'There is no such post.');

/** A post as the database gives it: its files have no URLs yet. */
type PostRow = Omit<Post, 'media'> & { media: Omit<PostMedia, 'url'>[] };

/** A list of posts. */
export function listPosts(
  context: Context,
  options: ListOptions,
  query: Source<PostRow, Post>['query'],
  malformed?: NoctraError,
): List<Post> {
  const toItems = (rows: PostRow[], signal: AbortSignal | undefined) => toPosts(context, rows, signal);
  return list(context, options, { query, toItems, malformed });
}

/** Makes posts of rows. All their files are signed in one request. */
async function toPosts(context: Context, rows: PostRow[], signal: AbortSignal | undefined): Promise<Post[]> {
  const paths = rows.flatMap(({ media }) => media.map(({ file }) => file));
  const signed = await signPaths(context, paths, { signal }).catch((cause: NoctraError) => {
    // Storage is the primary's. While it does not answer, a replica's posts are better than none.
    if (context.reader !== context.supabase && !signal?.aborted && unavailable.includes(cause.status))
      return [];
    throw cause;
  });
  const urls = signed.values();
  return rows.map((post) => ({
    ...post,
    media: post.media.map((file) => ({ ...file, url: urls.next().value ?? null })),
  }));
}

function pathOf(id: string): string {
  return `posts/${encodeURIComponent(id)}/`;
}

function checkCaption(caption: string): void {
  // Postgres counts characters, not UTF-16 units.
  if (caption !== '' && [...caption].length <= limits.caption_length) return;
  const message = `A caption has 1 to ${limits.caption_length} characters.`;
  throw refusal('caption_invalid', 422, message, 'caption');
}

/** A key is sent as a header, which holds no other characters. */
function checkKey(key: string): void {
  const most = limits.idempotency_key_length;
  if (/^[ -~]+$/.test(key) && key.length <= most) return;
  const message = `A key has 1 to ${most} printable ASCII characters.`;
  throw refusal('idempotency_key_invalid', 422, message, 'idempotency_key');
}
