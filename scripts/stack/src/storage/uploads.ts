import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { findBucketRules, sizeLimitOf } from './buckets.ts';
import { type Context, ownerOf } from './context.ts';
import { invalidRequest, noSuchBucket, tooLarge } from './errors.ts';
import { readFormFile } from './multipart.ts';
import { checkBucketName, checkKey, checkMimeType, isFolderPlaceholder } from './names.ts';
import type { ObjectMetadata, ObjectRow } from './objects.ts';
import { askPolicies, storeRow, type Wish } from './permission.ts';
import { bodyChunks, discard, queryOf } from './requests.ts';

/** A file as a request brings it, before its bytes were read. */
interface Incoming {
  content: AsyncIterable<Uint8Array>;
  mimeType: string;
  cacheControl: string;
  contentEncoding: string | undefined;
  userMetadata: Record<string, unknown>;
}

/** By what right a file comes. */
type Right = Pick<Wish, 'upsert' | 'asks'> & { owner: string | undefined };

/** `POST /object/:bucket/*` adds an object, or replaces one if the header `x-upsert` says so. */
export async function uploadObject(context: Context): Promise<Response> {
  const upsert = context.request.headers.get('x-upsert') === 'true';
  const { id } = await store(context, { upsert, owner: ownerOf(context.identity), asks: context.identity });
  return Response.json({ Id: id, Key: `${context.bucket}/${context.key}` });
}

/** `PUT /object/:bucket/*`: as on Supabase, an object that does not exist is added. */
export async function updateObject(context: Context): Promise<Response> {
  const { identity } = context;
  const { id } = await store(context, { upsert: true, owner: ownerOf(identity), asks: identity });
  return Response.json({ Id: id, Key: `${context.bucket}/${context.key}` });
}

/** `POST /object/upload/sign/:bucket/*`: a URL with which anyone may upload this object. */
export async function signUpload(context: Context): Promise<Response> {
  const { bucket, key, identity, request } = context;
  checkBucketName(bucket);
  checkKey(key);
  const upsert = request.headers.get('x-upsert') === 'true';
  const owner = ownerOf(identity);
  const draft = { bucket, name: key, owner, metadata: {}, userMetadata: {} };
  await askPolicies(context, { draft, upsert, asks: identity });
  const grant = owner === undefined ? { upsert } : { owner, upsert };
  const token = context.tokens.signUpload(bucket, key, grant);
  return Response.json({ url: `/object/upload/sign/${bucket}/${key}?token=${token}`, token });
}

const withToken = z.object({ token: z.string() });

/** `PUT /object/upload/sign/:bucket/*?token=` */
export async function uploadSigned(context: Context): Promise<Response> {
  const { token } = queryOf(context.request, withToken);
  const { owner, upsert } = await context.tokens.verifyUpload(token, context.bucket, context.key);
  await store(context, { upsert, owner, asks: null });
  return Response.json({ Key: `${context.bucket}/${context.key}` });
}

/**
 * Takes in a file: the policies are asked first, then the bytes are stored, and the row comes last. Whatever goes
 * wrong on the way leaves neither bytes nor row, and an object that was to be replaced stays as it was.
 */
async function store(context: Context, right: Right): Promise<ObjectRow> {
  const body = bodyChunks(context.request);
  try {
    return await receive(context, right, body);
  } finally {
    await discard(body);
  }
}

async function receive(
  context: Context,
  { upsert, owner, asks }: Right,
  body: AsyncIterable<Uint8Array>,
): Promise<ObjectRow> {
  const { bucket, key, request, disk } = context;
  checkBucketName(bucket);
  const rules = await context.asService((tx) => findBucketRules(tx, bucket));
  if (!rules) throw noSuchBucket();

  const file = await openFile(request, body);
  const isPlaceholder = isFolderPlaceholder(key);
  const limit = isPlaceholder ? 0 : sizeLimitOf(rules, context.options.fileSizeLimit);
  if (!isPlaceholder) checkMimeType(file.mimeType, rules.allowed_mime_types);
  const length = request.headers.get('content-length');
  const declaredLength = length === null ? undefined : Number(length);
  // A form is longer than the file in it; that one is measured as it comes in.
  if (!isForm(request) && declaredLength !== undefined && declaredLength > limit) throw tooLarge();
  checkKey(key);

  const wish: Wish = {
    draft: {
      bucket,
      name: key,
      owner,
      // All that Supabase lets policies know of a file before it has come in.
      metadata: { mimetype: file.mimeType, contentLength: declaredLength },
      userMetadata: file.userMetadata,
    },
    upsert,
    asks,
  };
  await askPolicies(context, wish);

  const version = randomUUID();
  const stored = await disk.write(version, file.content, limit);
  const metadata: ObjectMetadata = {
    eTag: stored.eTag,
    size: stored.size,
    mimetype: file.mimeType,
    cacheControl: file.cacheControl,
    lastModified: stored.lastModified.toISOString(),
    contentLength: stored.size,
    httpStatusCode: 200,
    ...(file.contentEncoding === undefined ? {} : { contentEncoding: file.contentEncoding }),
  };
  return await storeRow(context, wish, version, { ...metadata });
}

function isForm(request: Request): boolean {
  return request.headers.get('content-type')?.startsWith('multipart/form-data') ?? false;
}

/** The file of a request, which is its body or, from browsers, the first file of a form. */
async function openFile(request: Request, body: AsyncIterable<Uint8Array>): Promise<Incoming> {
  const { headers } = request;
  const contentType = headers.get('content-type') ?? 'application/octet-stream';
  if (!isForm(request)) {
    const metadata = headers.get('x-metadata');
    return {
      content: body,
      mimeType: contentType,
      cacheControl: headers.get('cache-control') ?? 'no-cache',
      contentEncoding: headers.get('content-encoding') ?? undefined,
      userMetadata: parseUserMetadata(
        metadata === null ? null : Buffer.from(metadata, 'base64').toString('utf8'),
      ),
    };
  }
  const form = await readFormFile(contentType, body);
  const seconds = form.fields.get('cacheControl');
  return {
    content: form.content,
    mimeType: headerValue('contentType', form.fields.get('contentType') || form.contentType),
    cacheControl: headerValue('cacheControl', seconds ? `max-age=${seconds}` : 'no-cache'),
    contentEncoding: headerValue('contentEncoding', form.fields.get('contentEncoding')),
    userMetadata: parseUserMetadata(form.fields.get('metadata') ?? form.fields.get('userMetadata') ?? null),
  };
}

/** Refuses a field that would not fit the response header that it becomes. */
export function headerValue<T extends string | undefined>(field: string, value: T): T {
  if (value !== undefined && !/^[\x20-\x7e]*$/.test(value))
    throw invalidRequest(`Invalid character in ${field}`);
  return value;
}

/** As on Supabase, metadata that is no JSON object is no error and does not count. */
export function parseUserMetadata(json: string | null): Record<string, unknown> {
  if (json === null) return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
