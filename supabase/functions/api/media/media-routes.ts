import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { AppEnv, Caller } from '../http/context.ts';
import { addEndpoint } from '../http/endpoint.ts';
import type { App } from '../http/openapi.ts';
import { storageProblem } from '../http/problem.ts';
import { publicStorageUrl } from '../http/urls.ts';
import { newPath } from './file-names.ts';
import { postMedia } from './inspect.ts';
import { MediaAnswer, MediaBody, UploadAnswer, UploadBody, UploadRemoval } from './media-schemas.ts';
import { publishOne } from './publish.ts';
import { removeUploads, uploadsBucket } from './uploads.ts';

/** The lifetime of Storage's signed upload URLs: two hours, which cannot be changed. */
const SIGNED_UPLOAD_SECONDS = 7200;

/** Uploads to Storage without the memory of a function, and their publication as files of posts. */
export function addMediaRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  addEndpoint(app, {
    method: 'post',
    path: '/uploads/',
    name: 'createUpload',
    tag: 'Posts',
    summary: 'Get a URL to upload a file to',
    description:
      'For files too large for a form. Send the bytes with `method` and `headers` to `url`, then publish a post with `path` in its `media`.',
    requireCaller,
    body: { json: UploadBody },
    answers: { 201: { description: 'Where the file goes', schema: UploadAnswer } },
    problems: [403, 429],
    handler: async (c, { body }) => {
      const { path, signedUrl, token } = await signUpload(c.var.caller);
      return c.json(
        {
          path,
          url: publicStorageUrl(config, c.req.raw.headers, signedUrl),
          token,
          method: 'PUT',
          headers: { 'content-type': body.content_type || 'application/octet-stream' },
          expires_in: SIGNED_UPLOAD_SECONDS,
        },
        201,
      );
    },
  });

  addEndpoint(app, {
    method: 'delete',
    path: '/uploads/',
    name: 'removeUploads',
    tag: 'Posts',
    summary: 'Remove uploads that are not needed after all',
    description: 'For uploads that are not published. What is left is removed after a day.',
    requireCaller,
    body: { json: UploadRemoval },
    answers: { 204: { description: 'Removed, or not there' } },
    problems: [403, 429],
    handler: async (c, { body }) => {
      // The secret key asks no policy: a banned user, who may not upload, may not remove either.
      await signUpload(c.var.caller);
      await removeUploads(config, c.var.caller.id, body.paths);
      return c.body(null, 204);
    },
  });

  addEndpoint(app, {
    method: 'post',
    path: '/media/',
    name: 'publishMedia',
    tag: 'Posts',
    summary: 'Make an upload a file that a post can show',
    description:
      'For clients that call create_post of the Data API. Inspects the upload, removes its metadata and gives its new path; the upload is gone then. POST /posts/ does the same by itself.',
    requireCaller,
    body: { json: MediaBody },
    answers: { 201: { description: 'Published', schema: MediaAnswer } },
    problems: [403],
    handler: async (c, { body }) => c.json(await publishOne(config, c.var.caller, body.path, postMedia), 201),
  });
}

/** Signs a URL for a new upload, as the caller: Storage asks its policies, and answers 403 to who may not upload. */
async function signUpload({
  id,
  client,
}: Caller): Promise<{ path: string; signedUrl: string; token: string }> {
  const { data, error } = await client.storage.from(uploadsBucket).createSignedUploadUrl(newPath(id));
  if (error) throw storageProblem(error);
  return data;
}
