import { type Context, unwrap } from './context.ts';
import type { Database } from './database.types.ts';
import { NoctraError } from './errors.ts';
import { limits } from './limits.ts';
import { pictureUrl } from './pictures.ts';
import { attempt, type Result } from './result.ts';
import { mediaBucket, uploadMedia } from './uploads.ts';

type Row<Name extends keyof Database['public']['Tables']> = Database['public']['Tables'][Name]['Row'];

/** Who wrote a post. */
export interface PostOwner extends Pick<Row<'profiles'>, 'id' | 'username' | 'is_vip'> {
  /** Ready to load; a default picture where none is set. */
  profile_pic_url: string;
}

/** One file of a post. */
export interface PostMedia extends Pick<Row<'post_media'>, 'id' | 'file_type' | 'mime_type' | 'size'> {
  /** The object's name in the bucket `post-media`. */
  file: string;
  /** Ready to load for an hour; null if the object is gone. */
  url: string | null;
}

/** A post, with the fields of the HTTP API. */
export interface Post
  extends Pick<Row<'posts'>, 'id' | 'caption' | 'is_public' | 'created_at' | 'updated_at'> {
  owner: PostOwner;
  /** Those of the caption and those that were listed. */
  tags: Pick<Row<'tags'>, 'id' | 'name'>[];
  /** Those of the caption and those that were listed. */
  mentions: Pick<Row<'profiles'>, 'id' | 'username'>[];
  media: PostMedia[];
  /** The id of the post that this one shares. */
  original_post: string | null;
}

/** What `posts.create` takes. */
export interface NewPost {
  /** 1 to 2,200 characters. `@username` and `#tag` in it count without being listed. */
  caption: string;
  /** At most 10 files of 50 MiB: JPEG, PNG, GIF, MP4, MOV, AVI, MP3, WAV, PDF, DOCX. */
  media?: readonly Blob[] | undefined;
  /** Names, with or without `#`. */
  tags?: readonly string[] | undefined;
  /** User names (with or without `@`) or user ids. */
  mentions?: readonly string[] | undefined;
  /** Default: true. */
  is_public?: boolean | undefined;
  /** The id of a post to share. */
  original_post?: string | null | undefined;
  /** 1 to 255 characters. With the same key and the same input, a retry answers the first post. */
  idempotency_key?: string | undefined;
  /** Stops the uploads and the request; what was stored is removed. */
  signal?: AbortSignal | undefined;
}

/** What `posts.page` takes. */
export interface PageOptions {
  /** 1 to 100; default: 20. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before; without one, the first page. */
  cursor?: string | null | undefined;
  signal?: AbortSignal | undefined;
}

/** One page of posts, newest first. */
export interface PostPage {
  posts: Post[];
  /** To be given to the next call; null on the last page. */
  next_cursor: string | null;
}

/** The posts: `noctra.posts`. */
export interface Posts {
  /**
   * Uploads the files straight to Storage and makes the post. All or nothing: on an error no post and no
   * file stays. Only where the last answer is lost (`network_error`, `aborted`) may the post have been made:
   * try again with the same `idempotency_key`. Files that no post claims are swept within a day.
   *
   * Errors: `caption_invalid`, `tags_too_many`, `tag_invalid`, `mentions_too_many`, `mention_unknown`,
   * `media_too_many`, `media_too_large`, `media_type_unsupported`, `original_post_not_found`,
   * `idempotency_key_invalid`, `idempotency_key_reused`, `not_signed_in`, `network_error`, `aborted`.
   *
   * @example
   * ```ts
   * const { data: post, error } = await noctra.posts.create({
   *   caption: 'Sunset with @ann #sea',
   *   media: [...input.files],
   *   tags: ['summer'],
   *   idempotency_key: crypto.randomUUID(),
   * });
   * ```
   */
  create(post: NewPost): Promise<Result<Post>>;

  /**
   * A page of all posts that you may see, newest first.
   *
   * Errors: `invalid_cursor`, `limit_invalid`, `not_signed_in`, `network_error`, `aborted`.
   *
   * @example
   * ```ts
   * const first = await noctra.posts.page({ limit: 50 });
   * const second = await noctra.posts.page({ limit: 50, cursor: first.data?.next_cursor });
   * ```
   */
  page(options?: PageOptions): Promise<Result<PostPage>>;

  /**
   * One post.
   *
   * Errors: `post_not_found` (or not visible to you), `not_signed_in`, `network_error`, `aborted`.
   *
   * @example
   * ```ts
   * const { data: post } = await noctra.posts.get(id);
   * if (post?.media[0]?.url) image.src = post.media[0].url;
   * ```
   */
  get(id: string, options?: { signal?: AbortSignal | undefined }): Promise<Result<Post>>;

  /**
   * Deletes a post of your own, with its files.
   *
   * Errors: `not_owner`, `post_not_found`, `not_signed_in`, `network_error`, `aborted`.
   *
   * @example
   * ```ts
   * const { error } = await noctra.posts.remove(post.id);
   * ```
   */
  remove(id: string, options?: { signal?: AbortSignal | undefined }): Promise<Result<{ id: string }>>;
}

/** The columns that make a {@link Post}. */
const postColumns = `
  id, caption, is_public, original_post:original_post_id, created_at, updated_at,
  owner:profiles!owner_id(id, username, avatar_path, is_vip),
  tags(id, name),
  mentions:profiles!post_mentions(id, username),
  media:post_media(id, file:path, file_type, mime_type, size, position)
` as const;

/** An hour, in seconds: longer than a page of posts is looked at, short enough for a link that was passed on. */
const signedUrlSeconds = 3600;

/** A signal that never fires, for supabase-js's builders, which want one. */
const never = new AbortController().signal;

/** Makes `noctra.posts`. */
export function createPosts(context: Context): Posts {
  const { supabase } = context;

  async function readPost(id: string, signal?: AbortSignal): Promise<Post> {
    const rows = isUuid(id) ? unwrap(await selectPosts(context, signal).eq('id', id)) : [];
    const [post] = await toPosts(context, rows);
    if (!post) throw notFound();
    return post;
  }

  return {
    create: ({ signal, ...post }) =>
      attempt(async () => {
        checkCaption(post.caption);
        const media = await uploadMedia(context, post.media ?? [], {
          idempotency_key: post.idempotency_key,
          signal,
        });
        const answer = await supabase
          .rpc('create_post', {
            caption: post.caption,
            media: media.paths,
            tags: [...(post.tags ?? [])],
            mentions: [...(post.mentions ?? [])],
            is_public: post.is_public ?? true,
            ...(post.original_post && { original_post: post.original_post }),
            ...(post.idempotency_key !== undefined && { idempotency_key: post.idempotency_key }),
          })
          .abortSignal(signal ?? never);
        // Only after a refusal. With no answer, or a gateway's, the post may be in the making: it keeps its files.
        if (answer.status >= 400 && answer.status < 500) await media.discard();
        return await readPost(unwrap(answer).id, signal);
      }, signal),

    page: ({ limit = limits.page_size, cursor, signal } = {}) =>
      attempt(async () => {
        checkPage(limit, cursor);
        // One more than asked for: it tells whether another page follows.
        const query = selectPosts(context, signal)
          .order('id', { ascending: false })
          .limit(limit + 1);
        const rows = unwrap(await (cursor ? query.lt('id', cursor) : query));
        const posts = await toPosts(context, rows.slice(0, limit));
        return { posts, next_cursor: rows.length > limit ? (posts.at(-1)?.id ?? null) : null };
      }, signal),

    get: (id, { signal } = {}) => attempt(() => readPost(id, signal), signal),

    remove: (id, { signal } = {}) =>
      attempt(async () => {
        if (!isUuid(id)) throw notFound();
        const deleted = await supabase
          .from('posts')
          .delete()
          .eq('id', id)
          .select('id')
          .abortSignal(signal ?? never);
        if (unwrap(deleted).length > 0) return { id };
        // The delete of a post that is not one's own touches no row: only now ask which of the two it is.
        const visible = await supabase
          .from('posts')
          .select('id')
          .eq('id', id)
          .abortSignal(signal ?? never);
        if (unwrap(visible).length === 0) throw notFound();
        throw new NoctraError({ code: 'not_owner', message: 'This post is not yours.', status: 403 });
      }, signal),
  };
}

type PostRow = NonNullable<Awaited<ReturnType<typeof selectPosts>>['data']>[number];

/** The query that every reading of posts is made of. */
function selectPosts({ supabase }: Context, signal: AbortSignal = never) {
  return supabase.from('posts').select(postColumns).abortSignal(signal);
}

/** Gives rows the shape of posts. All their files are signed in one request. */
async function toPosts(context: Context, rows: PostRow[]): Promise<Post[]> {
  const paths = rows.flatMap(({ media }) => media.map(({ file }) => file));
  const urls = new Map<string, string>();
  if (paths.length > 0) {
    const bucket = context.supabase.storage.from(mediaBucket);
    const { data, error } = await bucket.createSignedUrls(paths, signedUrlSeconds);
    if (error) throw error;
    for (const { path, signedUrl } of data) if (path && signedUrl) urls.set(path, signedUrl);
  }
  return rows.map(({ owner: { avatar_path, ...owner }, tags, mentions, media, ...post }) => ({
    ...post,
    owner: { ...owner, profile_pic_url: pictureUrl(context, 'avatars', avatar_path) },
    tags: tags.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    mentions: mentions.toSorted((a, b) => (a.username < b.username ? -1 : 1)),
    media: media
      .toSorted((a, b) => a.position - b.position)
      .map(({ position: _, ...file }) => ({ ...file, url: urls.get(file.file) ?? null })),
  }));
}

function checkCaption(caption: string): void {
  // Postgres counts characters, not UTF-16 units.
  if (caption.trim() !== '' && [...caption].length <= limits.caption_length) return;
  const message = `A caption has 1 to ${limits.caption_length} characters.`;
  throw new NoctraError({ code: 'caption_invalid', message, status: 422, field: 'caption' });
}

function checkPage(limit: number, cursor: string | null | undefined): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.page_size_max) {
    const message = `A page has 1 to ${limits.page_size_max} posts.`;
    throw new NoctraError({ code: 'limit_invalid', message, status: 422, field: 'limit' });
  }
  if (cursor && !isUuid(cursor)) {
    const message = 'This is not the cursor of a page.';
    throw new NoctraError({ code: 'invalid_cursor', message, status: 400, field: 'cursor' });
  }
}

function notFound(): NoctraError {
  return new NoctraError({ code: 'post_not_found', message: 'There is no such post.', status: 404 });
}

/** What is no id names no post; Postgres would call it malformed instead. */
function isUuid(id: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id);
}
