import { z } from 'zod';
import type { Context } from './handler.ts';
import { transformationBody, writeTransformation } from './images.ts';
import { checkBucketName, checkKey } from './names.ts';
import { findNames, findObject } from './objects.ts';
import { jsonBody, text } from './requests.ts';
import { noSuchKey } from './storage-error.ts';
import { refuseVersion } from './unsupported.ts';

// 100 years: a longer time would not be a valid date.
const expiresIn = z.int().min(1).max(3_155_760_000);
const one = z.object({ expiresIn, transform: transformationBody.optional(), versionId: text.optional() });
const many = z.object({ expiresIn, paths: z.array(text).min(1) });

/** `POST /object/sign/:bucket/*`: a URL with which anyone may read this object for a time. */
export async function signObject(context: Context): Promise<Response> {
  const { bucket, key } = context;
  const body = await jsonBody(context.body, one);
  refuseVersion(body.versionId);
  checkBucketName(bucket);
  checkKey(key);
  if (!(await context.asCaller((tx) => findObject(tx, bucket, key)))) throw noSuchKey();
  const transformations = writeTransformation(body.transform ?? {});
  return Response.json({ signedURL: signedPath(context, key, body.expiresIn, transformations) });
}

/** `POST /object/sign/:bucket`: each of many objects has its own URL or its own error. */
export async function signObjects(context: Context): Promise<Response> {
  const { bucket } = context;
  const { paths, expiresIn: seconds } = await jsonBody(context.body, many);
  checkBucketName(bucket);
  const found = await context.asCaller((tx) => findNames(tx, bucket, paths));
  return Response.json(
    paths.map((path) =>
      found.has(path)
        ? { error: null, path, signedURL: signedPath(context, path, seconds) }
        : {
            error: 'Either the object does not exist or you do not have access to it',
            path,
            signedURL: null,
          },
    ),
  );
}

/** Supabase answers the path unencoded: its clients encode the whole URL. */
function signedPath({ bucket, tokens }: Context, key: string, seconds: number, transformations = ''): string {
  const token = tokens.signDownload(bucket, key, seconds, transformations);
  const route = transformations ? 'render/image' : 'object';
  return `/${route}/sign/${bucket}/${key}?token=${token}`;
}
