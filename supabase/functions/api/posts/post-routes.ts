import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import { assertStorable } from '../http/body.ts';
import type { AppContext, AppEnv, Caller } from '../http/context.ts';
import { decodeCursor, encodeCursor, isUuid } from '../http/cursor.ts';
import { type App, addEndpoint } from '../http/openapi.ts';
import { databaseProblem, fieldProblem, type ProblemError, problem } from '../http/problem.ts';
import { functionPath, publicOrigin } from '../http/urls.ts';
import { validate } from '../http/validate.ts';
import { limits } from '../limits.ts';
import { postMedia } from '../media/inspection.ts';
import { inspectStored, storeFiles } from '../media/store-files.ts';
import { me, noSuchProfile, profileId } from '../profiles/profile-presentation.ts';
import { removeSoon } from '../service/sweep.ts';
import { type MediaInput, type PostInput, readPostInput } from './post-input.ts';
import { type PostList, presentPosts, readPage, readPost } from './post-queries.ts';
import {
  NewPost,
  PageQuery,
  PostAnswer,
  PostEdit,
  PostEditFormBody,
  PostEditJsonBody,
  PostFormBody,
  PostJsonBody,
} from './post-schemas.ts';

/** Publishing, reading, editing and deleting posts. */
export function addPostRoutes(app: App, config: Config, caller: MiddlewareHandler<AppEnv>): void {
  const tag = 'Posts' as const;
  const id = z.object({ id: z.guid() });
  const person = z.object({ user: z.string().openapi({ description: 'An id, a user name, or `me`.' }) });
  const page = {
    description: 'Posts, newest first',
    schema: z.array(PostAnswer),
    headers: z.object({
      link: z
        .string()
        .optional()
        .openapi({ description: 'The next page, with rel="next", while there is more.' }),
    }),
  };

  addEndpoint(app, {
    method: 'post',
    path: '/posts/',
    name: 'publishPost',
    tag,
    summary: 'Publish a post',
    caller,
    request: {
      headers: z.object({
        'idempotency-key': z.string().max(255).optional().openapi({
          description: 'A retry with the same key and content returns the first post.',
        }),
      }),
      body: {
        required: true,
        content: {
          'application/json': { schema: PostJsonBody },
          'multipart/form-data': { schema: PostFormBody },
        },
      },
    },
    answers: {
      201: { description: 'Published', schema: PostAnswer, headers: z.object({ location: z.string() }) },
    },
    problems: [400, 403, 404, 409, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const input = await readPostInput(c.req.raw);
      const id = await createPost(config, c.var.caller, input, idempotencyKey(c));
      return answerPost(c, config, id, 201, { location: `${functionPath}/posts/${id}/` });
    },
  });

  addEndpoint(app, {
    method: 'get',
    path: '/posts/',
    name: 'listPosts',
    tag,
    summary: 'All posts that you may see',
    caller,
    request: {
      query: PageQuery.extend({
        owner: z
          .string()
          .optional()
          .openapi({ description: 'Posts of one person: `me`, an id or a user name.' }),
        tag: z.string().optional().openapi({ description: 'Posts with a tag.' }),
        mentions: z.string().optional().openapi({ description: 'Posts that mention a person: as `owner`.' }),
      }),
    },
    answers: { 200: page },
    problems: [400, 404, 422, 503],
    handler: async (c) => {
      const query = c.req.query();
      assertStorable(query);
      // As long as the database takes one that is listed: room for # and white space around the name.
      if ((query.tag?.length ?? 0) > 4 * limits.tag_length)
        throw fieldProblem('tag_invalid', 'tag', `A tag has at most ${limits.tag_length} characters.`);
      const [ownerId, mentionedId] = await Promise.all([
        query.owner ? personId(c.var.caller, query.owner) : null,
        query.mentions ? personId(c.var.caller, query.mentions) : null,
      ]);
      return answerPage(c, config, { ownerId, mentionedId, tag: query.tag || null });
    },
  });

  // Before /posts/{id}/: a router takes the first that fits.
  addEndpoint(app, {
    method: 'get',
    path: '/posts/user/{user}/',
    name: 'listPostsOfPerson',
    tag,
    summary: "One person's posts",
    caller,
    request: { params: person, query: PageQuery },
    answers: { 200: page },
    problems: [400, 404, 422, 503],
    handler: async (c) => {
      const ownerId = await personId(c.var.caller, c.req.param('user') ?? '');
      return answerPage(c, config, { ownerId, mentionedId: null, tag: null });
    },
  });

  addEndpoint(app, {
    method: 'get',
    path: '/posts/{id}/',
    name: 'readPost',
    tag,
    summary: 'One post',
    caller,
    request: { params: id },
    answers: { 200: { description: 'The post', schema: PostAnswer } },
    problems: [404, 503],
    handler: async (c) => {
      const row = await readPost(c.var.caller, postId(c));
      if (!row) throw noSuchPost();
      const [post] = await presentPosts(c, config, [row]);
      return c.json(post, 200);
    },
  });

  addEndpoint(app, {
    method: 'patch',
    path: '/posts/{id}/',
    name: 'editPost',
    tag,
    summary: 'Edit a post',
    caller,
    request: {
      params: id,
      body: {
        required: true,
        content: {
          'application/json': { schema: PostEditJsonBody },
          'multipart/form-data': { schema: PostEditFormBody },
        },
      },
    },
    answers: { 200: { description: 'The post as it is now', schema: PostAnswer } },
    problems: [400, 403, 404, 409, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const id = postId(c);
      const input = await readPostInput(c.req.raw);
      await updatePost(config, c.var.caller, id, input);
      if (input.removeMedia.length > 0) removeSoon(config);
      return answerPost(c, config, id, 200);
    },
  });

  addEndpoint(app, {
    method: 'delete',
    path: '/posts/{id}/',
    name: 'deletePost',
    tag,
    summary: 'Delete a post',
    caller,
    request: { params: id },
    answers: { 204: { description: 'Deleted' } },
    problems: [403, 404, 503],
    handler: async (c) => {
      const { client } = c.var.caller;
      const deleted = await client.from('posts').delete().eq('id', postId(c)).select('id');
      if (deleted.error) throw databaseProblem(deleted.error);
      if (deleted.data.length > 0) {
        removeSoon(config);
        return c.body(null, 204);
      }
      // Row-level security hides what may not be deleted: whether it may be seen decides between 403 and 404.
      const visible = await client.from('posts').select('owner_id').eq('id', postId(c)).maybeSingle();
      if (visible.error) throw databaseProblem(visible.error);
      if (!visible.data) throw noSuchPost();
      // One's own stays when one is banned.
      if (visible.data.owner_id === c.var.caller.id) throw problem('user_banned', 'This account is closed.');
      throw problem('not_owner', 'The post is not yours.');
    },
  });
}

/** The caller's idempotency key: printable, since it is a header, and as long as the database keeps it. */
function idempotencyKey(c: AppContext): string | null {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return null;
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw fieldProblem(
    'idempotency_key_invalid',
    'idempotency_key',
    'An idempotency key has 1 to 255 printable characters.',
  );
}

/** Publishes a post with its files; where it is refused, nothing stays. Gives its id. */
async function createPost(
  config: Config,
  caller: Caller,
  input: PostInput,
  key: string | null,
): Promise<string> {
  const fields = validate(NewPost, input.fields);
  return withMedia(config, caller, input.media, key, async (media) => {
    const { data, error } = await caller.client.rpc('create_post', {
      caption: fields.caption,
      tags: input.tags ?? [],
      mentions: input.mentions ?? [],
      media,
      is_public: fields.is_public ?? true,
      ...(fields.original_post ? { original_post: fields.original_post } : {}),
      ...(key === null ? {} : { idempotency_key: key }),
    });
    if (error) throw databaseProblem(error);
    return data.id;
  });
}

/** Edits a post; where the edit is refused, the post stays as it was. */
async function updatePost(config: Config, caller: Caller, id: string, input: PostInput): Promise<void> {
  const fields = validate(PostEdit, input.fields);
  await withMedia(config, caller, input.media, null, async (media) => {
    const { error } = await caller.client.rpc('update_post', {
      post_id: id,
      add_media: media,
      remove_media: input.removeMedia,
      // What is not given is left out: null would be, too, but is no part of the generated types.
      ...(fields.caption == null ? {} : { caption: fields.caption }),
      ...(fields.is_public == null ? {} : { is_public: fields.is_public }),
      ...(input.tags === null ? {} : { tags: input.tags }),
      ...(input.mentions === null ? {} : { mentions: input.mentions }),
    });
    if (error) throw databaseProblem(error);
  });
}

/** A file as create_post and update_post take it. */
type ClaimedMedia = { path: string; alt_text: string };

/**
 * Does something with files in Storage that were looked into, and takes back those that came along where it fails.
 * Each is looked into before it is claimed: a lie is then this request's problem, and not the next sweep's.
 */
async function withMedia<T>(
  config: Config,
  caller: Caller,
  media: readonly MediaInput[],
  key: string | null,
  work: (media: ClaimedMedia[]) => Promise<T>,
): Promise<T> {
  await inspectPaths(
    config,
    caller,
    media.flatMap((item) => ('path' in item ? item.path : [])),
  );
  const files = media.flatMap((item) => ('file' in item ? { part: item.file, rules: postMedia } : []));
  const stored = await storeFiles(config, caller, files, key);
  const storedPaths = stored.paths.values();
  const claimed = media.map((item) => ({
    path: 'path' in item ? item.path : (storedPaths.next().value ?? ''),
    alt_text: item.altText,
  }));
  return work(claimed).catch(async (reason: ProblemError) => {
    await stored.takeBack(reason);
    throw reason;
  });
}

/** Looks into uploads that the caller names. */
async function inspectPaths(config: Config, caller: Caller, paths: string[]): Promise<void> {
  // Nobody's business but the owner's; the database says what is wrong with the others.
  const uploadName = new RegExp(`^${caller.id}/[0-9a-f-]{36}\\.[a-z0-9]{1,10}$`);
  const own = [...new Set(paths)].filter((path) => uploadName.test(path));
  if (own.length === 0) return;
  // Files of a post were looked into before; a repeated request names them again.
  const { data, error } = await caller.client.from('post_media').select('path').in('path', own);
  if (error) throw databaseProblem(error);
  const claimed = new Set(data.map(({ path }) => path));
  try {
    // One by one: each may be 50 MB.
    for (const path of own) if (!claimed.has(path)) await inspectStored(config, path);
  } catch (reason) {
    // What was refused is queued.
    removeSoon(config);
    throw reason;
  }
}

/** Answers a post that the caller has just written. */
async function answerPost(
  c: AppContext,
  config: Config,
  id: string,
  status: 200 | 201,
  headers: Record<string, string> = {},
): Promise<Response> {
  const row = await readPost(c.var.caller, id);
  // Deleted since, on another device or with the whole account.
  if (!row) throw noSuchPost();
  const [post] = await presentPosts(c, config, [row]);
  return c.json(post, status, headers);
}

function postId(c: AppContext): string {
  const id = c.req.param('id') ?? '';
  if (!isUuid(id)) throw noSuchPost();
  return id;
}

function noSuchPost() {
  return problem('post_not_found', 'There is no such post, or it is not visible to you.');
}

function personId(caller: Caller, idOrUsername: string): Promise<string> | string {
  return idOrUsername === me ? caller.id : profileId(caller.client, idOrUsername);
}

async function answerPage(
  c: AppContext,
  config: Config,
  filters: Pick<PostList, 'ownerId' | 'tag' | 'mentionedId'>,
): Promise<Response> {
  const { limit, cursor } = validate(PageQuery, c.req.query());
  const after = cursor === undefined ? null : decodeCursor(cursor);
  if (cursor !== undefined && after === null)
    throw problem('invalid_cursor', 'The cursor is not one of ours.');
  const page = await readPage(c.var.caller, { limit, after, ...filters });
  const last = page.rows.at(-1);
  // Of a person given by id it is not known yet whether there is one; whoever has posts, there is.
  if (!last && filters.ownerId && filters.ownerId !== c.var.caller.id)
    await assertProfile(c.var.caller, filters.ownerId);
  if (page.more && last) c.header('link', `<${nextPage(c, config, last.id)}>; rel="next"`);
  return c.json(await presentPosts(c, config, page.rows), 200);
}

function nextPage(c: AppContext, config: Config, lastId: string): string {
  const url = new URL(c.req.url);
  // What means nothing here stays behind: a header that is too long is an answer that no client can read.
  for (const name of new Set(url.searchParams.keys())) {
    const value = url.searchParams.get(name) ?? '';
    url.searchParams.delete(name);
    if (['owner', 'tag', 'mentions', 'limit'].includes(name)) url.searchParams.set(name, value);
  }
  url.searchParams.set('cursor', encodeCursor(lastId));
  // The function's own path begins with its name; /functions/v1 is in front of it on every platform.
  return `${publicOrigin(config, c.req.raw.headers)}/functions/v1${url.pathname}${url.search}`;
}

async function assertProfile({ client }: Caller, id: string): Promise<void> {
  const { data, error } = await client.from('profiles').select('id').eq('id', id).maybeSingle();
  if (error) throw databaseProblem(error);
  if (!data) throw noSuchProfile();
}
