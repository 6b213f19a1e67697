import type { Context } from './context.ts';
import type { Database } from './database.types.ts';
import { isUnavailable, type NoctraError, refusal } from './errors.ts';
import { limits } from './limits.ts';
import { signPaths } from './media.ts';
import { isUuid, personId } from './people.ts';
import { pictureUrl } from './pictures.ts';
import { callApi, readData, type ServiceRequest } from './requests.ts';
import { attempt, type CallOptions, type Result } from './result.ts';
import { type NewMedia, randomKey, type UploadOptions, type Uploads, uploadMedia } from './uploads.ts';

type Row<Name extends keyof Database['public']['Tables']> = Database['public']['Tables'][Name]['Row'];

/** Who wrote a post. */
export interface PostOwner extends Pick<Row<'profiles'>, 'id' | 'username' | 'is_vip'> {
  /** Ready to load; a default picture where none is set. */
  profile_pic_url: string;
}

/** One file of a post. `width` and `height` are those of an image, in pixels, as it is shown; else null. */
export interface PostMedia
  extends Pick<
    Row<'post_media'>,
    'id' | 'file_type' | 'mime_type' | 'size' | 'width' | 'height' | 'alt_text'
  > {
  /** The object's name in the bucket `post-media`. */
  file: string;
  /** Ready to load for an hour; null if the object is gone. */
  url: string | null;
}

/** A post, with the fields of the HTTP API. */
export interface Post
  extends Pick<Row<'posts'>, 'id' | 'caption' | 'is_public' | 'is_repost' | 'created_at' | 'updated_at'> {
  owner: PostOwner;
  /** Those of the caption and those that were listed. */
  tags: Pick<Row<'tags'>, 'id' | 'name'>[];
  /** Those of the caption and those that were listed. */
  mentions: Pick<Row<'profiles'>, 'id' | 'username'>[];
  media: PostMedia[];
  /** When a moderator has hidden it; then only its owner and moderators see it. */
  hidden_at: string | null;
  /** The id of the post that this one shares; null where `is_repost` is false, and where you may not see it. */
  original_post: string | null;
}

/** What `posts.create` takes. */
export interface NewPost extends UploadOptions {
  /** 1 to 2,200 characters. `@username` and `#tag` in it count without being listed. */
  caption: string;
  /** At most 10 files of 50 MiB: JPEG, PNG, GIF, MP4, MOV, AVI, MP3, WAV, PDF, DOCX. */
  media?: readonly NewMedia[] | undefined;
  /** Names, with or without `#`. */
  tags?: readonly string[] | undefined;
  /** User names (with or without `@`) or user ids. */
  mentions?: readonly string[] | undefined;
  /** Default: true. */
  is_public?: boolean | undefined;
  /** The id of a post to share. */
  original_post?: string | null | undefined;
  /** 1 to 255 printable ASCII characters. With the same key and the same input, a retry answers the first post. */
  idempotency_key?: string | undefined;
}

/** What `posts.update` takes. What is left out stays as it is. */
export interface PostChanges extends UploadOptions {
  /** 1 to 2,200 characters. What `@` and `#` in it name is named anew. */
  caption?: string | undefined;
  /** In place of those that were listed before; those of the caption stay with the caption. */
  tags?: readonly string[] | undefined;
  /** In place of those that were listed before; those of the caption stay with the caption. */
  mentions?: readonly string[] | undefined;
  is_public?: boolean | undefined;
  /** Behind the files that are there and stay. */
  add_media?: readonly NewMedia[] | undefined;
  /** Ids (`media[].id`) or names (`media[].file`) of files of the post. */
  remove_media?: readonly string[] | undefined;
}

/** Which posts. All that is given has to hold. */
export interface PostFilter {
  /** Whose: a user name, an id, or `me`. */
  owner?: string | undefined;
  /** With this tag, with or without `#`, in any case. */
  tag?: string | undefined;
  /** Mentioning this person: a user name, an id, or `me`. */
  mentions?: string | undefined;
}

/** What `posts.page` takes. */
export interface PageOptions extends PostFilter, CallOptions {
  /** 1 to 100; default: 20. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before; without one, the first page. */
  cursor?: string | null | undefined;
}

/** What `posts.all` takes. `limit` is how many are read at once, 100 where nothing is said. */
export interface AllOptions extends PageOptions {}

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
   * What fails on the way is tried again, twice at most: every post has an idempotency key, so it is made once.
   *
   * Errors: `caption_invalid`, `tags_too_many`, `tag_invalid`, `mentions_too_many`, `mention_unknown`,
   * `media_too_many`, `media_too_large`, `media_type_unsupported`, `media_type_mismatch`, `alt_text_invalid`,
   * `media_not_found`, `media_already_used`, `original_post_not_found`, `idempotency_key_invalid`,
   * `idempotency_key_reused`, `rate_limited`, `not_signed_in`, `network_error`, `aborted`.
   *
   * @example
   * ```ts
   * const { data: post, error } = await noctra.posts.create({
   *   caption: 'Sunset with @ann #sea',
   *   media: [{ file: input.files[0], alt_text: 'The sea at dusk' }],
   *   tags: ['summer'],
   *   on_progress: ({ loaded, total }) => (bar.value = loaded / total),
   * });
   * ```
   */
  create(post: NewPost): Promise<Result<Post>>;

  /**
   * Changes a post of your own: all of what is given, or nothing. Tried again only where no file comes or goes.
   *
   * Errors: those of `create`, `not_owner`, `post_not_found`; `media_not_found` also for a file that is not
   * the post's.
   *
   * @example
   * ```ts
   * const { data: post, error } = await noctra.posts.update(id, {
   *   caption: 'Sunrise, of course',
   *   tags: [],
   *   remove_media: [old.media[0].id],
   *   add_media: [input.files[0]],
   * });
   * ```
   */
  update(id: string, changes: PostChanges): Promise<Result<Post>>;

  /**
   * A page of the posts that you may see, newest first: all, or those of a person, with a tag, mentioning a person.
   *
   * Errors: `invalid_cursor`, `limit_invalid`, `profile_not_found`, `not_signed_in`, `network_error`, `aborted`.
   *
   * @example
   * ```ts
   * const first = await noctra.posts.page({ limit: 50 });
   * const second = await noctra.posts.page({ limit: 50, cursor: first.data?.next_cursor });
   * ```
   *
   * @example Filters combine
   * ```ts
   * const { data } = await noctra.posts.page({ owner: 'ann', tag: 'sea', mentions: 'me' });
   * ```
   */
  page(options?: PageOptions): Promise<Result<PostPage>>;

  /**
   * Every post that you may see, newest first, read page by page while the loop runs. Posts that arrive or vanish
   * meanwhile neither repeat nor hide another one. A loop has no place for a result: here an error is thrown,
   * a {@link NoctraError} with the codes of `page`.
   *
   * @example
   * ```ts
   * for await (const post of noctra.posts.all({ tag: 'sea' })) {
   *   if (post.media.length > 0) show(post);
   *   if (isFull()) break; // no page is read that nobody wants
   * }
   * ```
   */
  all(options?: AllOptions): AsyncGenerator<Post, void, undefined>;

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
  get(id: string, options?: CallOptions): Promise<Result<Post>>;

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
  remove(id: string, options?: CallOptions): Promise<Result<{ id: string }>>;
}

/** The columns that make a {@link Post}. */
const postColumns = [
  'id,caption,is_public,is_repost,hidden_at,created_at,updated_at',
  // Null as well for one that the caller may not see: its id would say that it is there.
  'original:original_post_id(id)',
  'owner:profiles!owner_id(id,username,avatar_path,is_vip)',
  'tags(id,name)',
  'mentions:profiles!post_mentions(id,username)',
  'media:post_media(id,file:path,file_type,mime_type,size,width,height,alt_text,position)',
].join();

/** Makes `noctra.posts`. */
export function createPosts(context: Context): Posts {
  /** Sends a post with files that were uploaded for it; where it is refused, they are removed. */
  async function send(request: ServiceRequest, { discard }: Pick<Uploads, 'discard'>): Promise<Post> {
    try {
      const { owner, ...post } = await callApi<Post>(context, request);
      // Addresses of pictures are given below the project's.
      const profile_pic_url = new URL(owner.profile_pic_url, context.url).href;
      return { ...post, owner: { ...owner, profile_pic_url } };
    } catch (cause) {
      // With no answer, or a gateway's, the post may be in the making: it keeps its files. Called off, it may be as
      // well: then what comes first, the claim or the removal, holds, since the database lets no post lose a file.
      if (request.signal?.aborted || !isUnavailable(cause as NoctraError)) await discard();
      throw cause;
    }
  }

  const page: Posts['page'] = ({ limit = limits.page_size, cursor, signal, owner, tag, mentions } = {}) =>
    attempt(async () => {
      checkPage(limit, cursor);
      const [ownerId, mentionId] = await Promise.all(
        [owner, mentions].map((person) => person && personId(context, person, signal)),
      );
      const query: Partial<Record<PageArgument | 'select', string>> = {
        select: postColumns,
        // One more than asked for: it tells whether another page follows.
        page_limit: String(limit + 1),
        ...(ownerId && { owner: ownerId }),
        ...(tag !== undefined && { tag }),
        ...(mentionId && { mention: mentionId }),
        ...(cursor && { before: cursor }),
      };
      const rows = await readData<PostRow[]>(context, 'rpc/list_posts', query, signal);
      const posts = await toPosts(context, rows.slice(0, limit), signal);
      return { posts, next_cursor: rows.length > limit ? (posts.at(-1)?.id ?? null) : null };
    }, signal);

  return {
    create: ({ caption, media, on_progress, signal, idempotency_key, ...post }) =>
      attempt(async () => {
        checkCaption(caption);
        checkKey(idempotency_key);
        const options = { key: idempotency_key, on_progress, signal };
        const uploads = await uploadMedia(context, media ?? [], options);
        const body = { ...post, caption, media: uploads.media };
        const headers = { 'idempotency-key': idempotency_key ?? randomKey() };
        return send({ method: 'POST', path: 'posts/', body, headers, signal }, uploads);
      }, signal),

    update: (id, { add_media, on_progress, signal, ...changes }) =>
      attempt(async () => {
        checkId(id);
        if (changes.caption !== undefined) checkCaption(changes.caption);
        const uploads = await uploadMedia(context, add_media ?? [], { on_progress, signal });
        const body = { ...changes, ...(add_media && { media: uploads.media }) };
        // Asked twice, the server would not find the file to remove, and the one to add in use.
        const retry = add_media?.length || changes.remove_media?.length ? 'refused' : 'always';
        return send({ method: 'PATCH', path: `posts/${id}/`, body, retry, signal }, uploads);
      }, signal),

    page,

    async *all({ cursor, ...options } = {}) {
      do {
        const { data, error } = await page({ limit: limits.page_size_max, ...options, cursor });
        if (error) throw error;
        yield* data.posts;
        cursor = data.next_cursor;
      } while (cursor);
    },

    get: (id, { signal } = {}) =>
      attempt(async () => {
        checkId(id);
        const query = { select: postColumns, id: `eq.${id}` };
        const row = await readData<PostRow>(context, 'posts', query, signal, notFound());
        const [post] = await toPosts(context, [row], signal);
        return post as Post;
      }, signal),

    remove: (id, { signal } = {}) =>
      attempt(async () => {
        checkId(id);
        await callApi(context, { method: 'DELETE', path: `posts/${id}/`, signal });
        return { id };
      }, signal),
  };
}

type PageArgument = keyof Database['public']['Functions']['list_posts']['Args'];

interface PostRow extends Omit<Post, 'owner' | 'media' | 'original_post'> {
  owner: Pick<Row<'profiles'>, 'id' | 'username' | 'avatar_path' | 'is_vip'>;
  media: (Omit<PostMedia, 'url'> & { position: number })[];
  original: Pick<Row<'posts'>, 'id'> | null;
}

/** Gives rows the shape of posts. All their files are signed in one request. */
async function toPosts(context: Context, rows: PostRow[], signal?: AbortSignal): Promise<Post[]> {
  for (const { media } of rows) media.sort((a, b) => a.position - b.position);
  const paths = rows.flatMap(({ media }) => media.map(({ file }) => file));
  const signed = await signPaths(context, paths, { signal }).catch((cause: NoctraError) => {
    // Storage is the primary's, and posts without their files are more than none.
    if (context.options.read_url && !signal?.aborted && isUnavailable(cause)) return [];
    throw cause;
  });
  const urls = signed.values();
  return rows.map(({ owner: { avatar_path, ...owner }, tags, mentions, media, original, ...post }) => ({
    ...post,
    owner: { ...owner, profile_pic_url: pictureUrl(context, 'avatars', avatar_path) },
    tags: sorted(tags, 'name'),
    mentions: sorted(mentions, 'username'),
    media: media.map(({ position: _, ...file }) => ({ ...file, url: urls.next().value ?? null })),
    original_post: original?.id ?? null,
  }));
}

function sorted<T>(items: readonly T[], by: keyof T): T[] {
  return items.toSorted((a, b) => (a[by] < b[by] ? -1 : 1));
}

function checkCaption(caption: string): void {
  // Postgres counts characters, not UTF-16 units.
  if (caption.trim() !== '' && [...caption].length <= limits.caption_length) return;
  const message = `A caption has 1 to ${limits.caption_length} characters.`;
  throw refusal('caption_invalid', 422, message, 'caption');
}

/** A key travels as a header, which holds no other characters. */
function checkKey(key: string | undefined): void {
  if (key === undefined || /^[ -~]{1,255}$/.test(key)) return;
  const message = 'A key has 1 to 255 printable characters.';
  throw refusal('idempotency_key_invalid', 422, message, 'idempotency_key');
}

function checkPage(limit: number, cursor: string | null | undefined): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.page_size_max) {
    throw refusal('limit_invalid', 422, `A page has 1 to ${limits.page_size_max} posts.`, 'limit');
  }
  if (cursor && !isUuid(cursor)) {
    throw refusal('invalid_cursor', 400, 'This is no cursor of a page.', 'cursor');
  }
}

function checkId(id: string): void {
  if (!isUuid(id)) throw notFound();
}

function notFound(): NoctraError {
  return refusal('post_not_found', 404, 'There is no such post.');
}
