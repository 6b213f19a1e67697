import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { AppEnv } from '../http/context.ts';
import { addEndpoint } from '../http/endpoint.ts';
import type { App } from '../http/openapi.ts';
import { fieldProblem, storageProblem } from '../http/problem.ts';
import { publicStorageUrl } from '../http/urls.ts';
import { limits } from '../limits.ts';
import { mediaBucket } from './inspection.ts';
import { UploadAnswer, UploadBody } from './media-schemas.ts';
import { isUnclaimed, mediaTypeNamed, mediaTypeOfFilename } from './types.ts';

/** For how long Storage takes an upload by its signed URL: two hours, which is not ours to choose. */
const SIGNED_UPLOAD_SECONDS = 7200;

/** Uploads that go to Storage directly, past the memory of a function. */
export function addUploadRoutes(app: App, config: Config, caller: MiddlewareHandler<AppEnv>): void {
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
    handler: async (c, { body: { filename, content_type, size } }) => {
      const type = isUnclaimed(content_type) ? mediaTypeOfFilename(filename) : mediaTypeNamed(content_type);
      if (!type) {
        throw fieldProblem('media_type_unsupported', 'content_type', 'Files of this type are not taken.');
      }
      if (size > limits.media_size) {
        throw fieldProblem('media_too_large', 'size', `A file has at most ${limits.media_size} bytes.`);
      }
      const { id, client } = c.var.caller;
      const path = `${id}/${crypto.randomUUID()}.${type.extension}`;
      const { data, error } = await client.storage.from(mediaBucket).createSignedUploadUrl(path);
      if (error) throw storageProblem(error);
      return c.json(
        {
          path,
          url: publicStorageUrl(config, c.req.raw.headers, data.signedUrl),
          token: data.token,
          method: 'PUT',
          headers: { 'content-type': type.mimeType },
          expires_in: SIGNED_UPLOAD_SECONDS,
        },
        201,
      );
    },
  });
}
