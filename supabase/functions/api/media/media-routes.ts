import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { AppEnv } from '../http/context.ts';
import { addEndpoint } from '../http/endpoint.ts';
import type { App } from '../http/openapi.ts';
import { storageProblem } from '../http/problem.ts';
import { publicStorageUrl } from '../http/urls.ts';
import { newPath } from './file-names.ts';
import { postMedia } from './inspect.ts';
import { MediaAnswer, MediaBody, UploadAnswer, UploadBody } from './media-schemas.ts';
import { publishOne } from './publish.ts';
import { uploadsBucket } from './uploads.ts';

/** For how long Storage takes an upload by its signed URL: two hours, which is not ours to choose. */
const SIGNED_UPLOAD_SECONDS = 7200;

/** Files that go to Storage directly, past the memory of a function, and what makes files of posts of them. */
export function addMediaRoutes(app: App, config: Config, caller: MiddlewareHandler<AppEnv>): void {
  addEndpoint(app, {
    method: 'post',
    path: '/uploads/',
    name: 'createUpload',
    tag: 'Posts',
    summary: 'Get a URL to upload a file to',
    description:
      'For files too large for a form. Send the bytes with `method` and `headers` to `url`, then publish a post with `path` in its `media`.',
    caller,
    body: { json: UploadBody },
    answers: { 201: { description: 'Where the file goes', schema: UploadAnswer } },
    problems: [403, 429],
    handler: async (c, { body }) => {
      const { id, client } = c.var.caller;
      const path = newPath(id);
      const { data, error } = await client.storage.from(uploadsBucket).createSignedUploadUrl(path);
      if (error) throw storageProblem(error);
      return c.json(
        {
          path,
          url: publicStorageUrl(config, c.req.raw.headers, data.signedUrl),
          token: data.token,
          method: 'PUT',
          headers: { 'content-type': body.content_type || 'application/octet-stream' },
          expires_in: SIGNED_UPLOAD_SECONDS,
        },
        201,
      );
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
    caller,
    body: { json: MediaBody },
    answers: { 201: { description: 'Published', schema: MediaAnswer } },
    problems: [403],
    handler: async (c, { body }) => c.json(await publishOne(config, c.var.caller, body.path, postMedia), 201),
  });
}
