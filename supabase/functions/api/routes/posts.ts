import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { assertStorable, contentType, parseFlag, readJson, readMultipart, textFields } from '../body.ts';
import type { Config } from '../config.ts';
import type { AppContext, AppEnv, Caller } from '../context.ts';
import { decodeCursor, encodeCursor, isUuid } from '../cursor.ts';
import { limits } from '../limits.ts';
import type { Part } from '../multipart.ts';
import { type App, addEndpoint } from '../openapi.ts';
import { type PostList, presentPost, presentPosts, readPage, readPost, signMedia } from '../posts.ts';
import { databaseProblem, fieldProblem, internal, problem } from '../problem.ts';
import { me, noSuchProfile, profileId } from '../profiles.ts';
import {
  mentionReferences,
  type References,
  referencesFromFields,
  referencesFromJson,
  tagReferences,
} from '../references.ts';
import { MediaPaths, NewPost, PageQuery, PostAnswer, PostFormBody, PostJsonBody } from '../schemas.ts';
import { storeFiles } from '../uploads.ts';
import { functionPath, publicOrigin } from '../urls.ts';
import { validate } from '../validate.ts';

/** What POST /posts/ was asked for, whichever shape it came in. */
interface PostRequest {
  fields: z.output<typeof NewPost>;
  tags: string[];
  mentions: string[];
  /** Paths of files that were uploaded before. */
  paths: string[];
  /** Files that came along. */
  files: Part[];
}

/** Publishing and reading posts. */
export function addPostRoutes(app: App, config: Config, caller: MiddlewareHandler<AppEnv>): void {
  const tag = 'Posts';
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
    problems: [400, 409, 413, 415, 422, 429, 503],
    handler: async (c) => {
      const request =
        contentType(c.req.raw) === 'multipart/form-data' ? await readForm(c) : await readObject(c);
      const post = await createPost(c.var.caller, request, idempotencyKey(c));
      // Links are signed while the post is read: which files it has is known.
      const [row, urls] = await Promise.all([
        readPost(c.var.caller, post.id),
        signMedia(c, config, post.media),
      ]);
      if (!row) throw internal(new Error(`The new post ${post.id} cannot be read`));
      return c.json(presentPost(row, urls), 201, { location: `${functionPath}/posts/${post.id}/` });
    },
  });

  addEndpoint(app, {
    method: 'get',
    path: '/posts/',
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
      const [ownerId, mentionedId, tagId] = await Promise.all([
        query.owner ? personId(c.var.caller, query.owner) : null,
        query.mentions ? personId(c.var.caller, query.mentions) : null,
        query.tag ? findTag(c.var.caller, query.tag) : null,
      ]);
      // A tag that nobody has used has no posts; nor is it an error.
      if (query.tag && tagId === null) return c.json([], 200);
      return answerPage(c, config, { ownerId, mentionedId, tagId });
    },
  });

  // Before /posts/{id}/: a router takes the first that fits.
  addEndpoint(app, {
    method: 'get',
    path: '/posts/user/{user}/',
    tag,
    summary: "One person's posts",
    caller,
    request: { params: person, query: PageQuery },
    answers: { 200: page },
    problems: [400, 404, 422, 503],
    handler: async (c) => {
      const ownerId = await personId(c.var.caller, c.req.param('user') ?? '');
      return answerPage(c, config, { ownerId, mentionedId: null, tagId: null });
    },
  });

  addEndpoint(app, {
    method: 'get',
    path: '/posts/{id}/',
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
    method: 'delete',
    path: '/posts/{id}/',
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
      if (deleted.data.length > 0) return c.body(null, 204);
      // Row-level security hides what may not be deleted: whether it may be seen decides between 403 and 404.
      const visible = await client.from('posts').select('id').eq('id', postId(c)).maybeSingle();
      if (visible.error) throw databaseProblem(visible.error);
      throw visible.data ? problem('not_owner', 'The post is not yours.') : noSuchPost();
    },
  });
}

async function readObject(c: AppContext): Promise<PostRequest> {
  const body = await readJson(c.req.raw);
  return {
    fields: validate(NewPost, body),
    tags: names(referencesFromJson(body.tags, tagReferences), 'tags'),
    mentions: names(referencesFromJson(body.mentions, mentionReferences), 'mentions'),
    paths: validate(z.object({ media: MediaPaths }), { media: body.media }).media,
    files: [],
  };
}

async function readForm(c: AppContext): Promise<PostRequest> {
  const parts = await readMultipart(c.req.raw);
  const text = (name: string) => textFields(parts, name)[0];
  const fields = validate(NewPost, {
    caption: text('caption'),
    is_public: parseFlag(text('is_public'), 'is_public_invalid', 'is_public'),
    original_post: text('original_post') || undefined,
  });
  const media = parts.filter((part) => part.name === 'media' || part.name === 'media[]');
  return {
    fields,
    tags: names(referencesFromFields(textFields(parts, 'tags'), tagReferences), 'tags'),
    mentions: names(referencesFromFields(textFields(parts, 'mentions'), mentionReferences), 'mentions'),
    paths: textFields(parts, 'media').filter((path) => path !== ''),
    // A browser sends a file field in which nothing was chosen as a file without a name and without bytes.
    files: media.filter((part) => part.filename !== null && (part.filename !== '' || part.data.length > 0)),
  };
}

function names(references: References, field: 'tags' | 'mentions'): string[] {
  if (references.names !== null) return references.names;
  throw fieldProblem(field === 'tags' ? 'tag_invalid' : 'mention_invalid', field, references.problem);
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

/** Stores the files and publishes the post; where either is refused, nothing stays. */
async function createPost(
  caller: Caller,
  request: PostRequest,
  key: string | null,
): Promise<{ id: string; media: string[] }> {
  const { fields, tags, mentions, paths, files } = request;
  if (paths.length + files.length > limits.media) {
    throw fieldProblem('media_too_many', 'media', `A post takes at most ${limits.media} files.`);
  }
  const stored = await storeFiles(caller, files, key);
  const media = [...paths, ...stored.paths];
  const { data, error } = await caller.client.rpc('create_post', {
    caption: fields.caption,
    tags,
    mentions,
    media,
    is_public: fields.is_public ?? true,
    ...(fields.original_post ? { original_post: fields.original_post } : {}),
    ...(key === null ? {} : { idempotency_key: key }),
  });
  if (error) {
    const reason = databaseProblem(error);
    await stored.takeBack(reason);
    throw reason;
  }
  return { id: data.id, media };
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

async function findTag({ client }: Caller, tag: string): Promise<string | null> {
  const name = tag
    .trim()
    .replace(tagReferences.prefix, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
    .normalize('NFC');
  const { data, error } = await client.from('tags').select('id').eq('name', name).maybeSingle();
  if (error) throw databaseProblem(error);
  return data?.id ?? null;
}

async function answerPage(
  c: AppContext,
  config: Config,
  filters: Pick<PostList, 'ownerId' | 'tagId' | 'mentionedId'>,
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
  url.searchParams.set('cursor', encodeCursor(lastId));
  // The function's own path begins with its name; /functions/v1 is in front of it on every platform.
  return `${publicOrigin(config, c.req.raw.headers)}/functions/v1${url.pathname}${url.search}`;
}

async function assertProfile({ client }: Caller, id: string): Promise<void> {
  const { data, error } = await client.from('profiles').select('id').eq('id', id).maybeSingle();
  if (error) throw databaseProblem(error);
  if (!data) throw noSuchProfile();
}
