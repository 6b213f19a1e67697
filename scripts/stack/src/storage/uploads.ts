import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { findBucketRules, sizeLimitOf } from './buckets.ts';
import { type Context, type Handler, ownerOf } from './handler.ts';
import { readFormFile } from './multipart.ts';
import { checkBucketName, checkKey, checkMimeType, isFolderPlaceholder } from './names.ts';
import { checkWrite, completeWrite } from './object-writes.ts';
import type { ObjectMetadata, ObjectRow } from './objects.ts';
import { queryOf } from './requests.ts';
import { invalidRequest, noSuchBucket, tooLarge } from './storage-error.ts';
import { type Identity, service } from './transactions.ts';

/** A file as a request brings it, before its bytes were read. */
interface Incoming {
  content: AsyncIterable<Uint8Array>;
  mimeType: string;
  cacheControl: string;
  contentEncoding: string | undefined;
  userMetadata: Record<string, unknown>;
}

/** Who stores a file, for whom, and whether it may replace another. */
interface Permit {
  identity: Identity;
  owner: string | undefined;
  upsert: boolean;
}

const wantsUpsert = (request: Request) => request.headers.get('x-upsert') === 'true';

/** `POST /object/:bucket/*` adds an object, or replaces one with the header `x-upsert`. */
export const uploadObject: Handler = (context) => storeAsCaller(context, wantsUpsert(context.request));

/** `PUT /object/:bucket/*` replaces an object. As on Supabase, one that does not exist is added. */
export const updateObject: Handler = (context) => storeAsCaller(context, true);

async function storeAsCaller(context: Context, upsert: boolean): Promise<Response> {
  const { identity, bucket, key } = context;
  const { id } = await store(context, { identity, owner: ownerOf(identity), upsert });
  return Response.json({ Id: id, Key: `${bucket}/${key}` });
}

/** `POST /object/upload/sign/:bucket/*`: a URL with which anyone may upload this object. */
export const signUpload: Handler = async (context) => {
  const { bucket, key, identity, request, tokens } = context;
  checkBucketName(bucket);
  checkKey(key);
  const upsert = wantsUpsert(request);
  const owner = ownerOf(identity);
  await checkWrite(context, identity, { bucket, name: key, owner, metadata: {}, userMetadata: {} }, upsert);
  const token = tokens.signUpload(bucket, key, owner === undefined ? { upsert } : { owner, upsert });
  return Response.json({ url: `/object/upload/sign/${bucket}/${key}?token=${token}`, token });
};

const withToken = z.object({ token: z.string() });

/** `PUT /object/upload/sign/:bucket/*?token=` */
export const uploadSigned: Handler = async (context) => {
  const { bucket, key, request, tokens } = context;
  const { owner, upsert } = await tokens.verifyUpload(queryOf(request, withToken).token, bucket, key);
  await store(context, { identity: service, owner, upsert });
  return Response.json({ Key: `${bucket}/${key}` });
};

/** Stores a file: first the policies are asked, then the bytes are stored, and the row comes last. */
async function store(context: Context, { identity, owner, upsert }: Permit): Promise<ObjectRow> {
  const { bucket, key, request, disk } = context;
  checkBucketName(bucket);
  const rules = await context.asService((tx) => findBucketRules(tx, bucket));
  if (!rules) throw noSuchBucket();

  const file = await openFile(context);
  const isPlaceholder = isFolderPlaceholder(key);
  const limit = isPlaceholder ? 0 : sizeLimitOf(rules, context.fileSizeLimit);
  if (!isPlaceholder) checkMimeType(file.mimeType, rules.allowed_mime_types);
  const length = request.headers.get('content-length');
  const contentLength = length === null ? undefined : Number(length);
  if (!isForm(request) && contentLength !== undefined && contentLength > limit) throw tooLarge();
  checkKey(key);

  const object = { bucket, name: key, owner, userMetadata: file.userMetadata };
  // Supabase tells policies no more of a file before its bytes arrive.
  const known = { mimetype: file.mimeType, contentLength };
  await checkWrite(context, identity, { ...object, metadata: known }, upsert);

  const version = randomUUID();
  // As on Supabase, a body of unknown length passes the limit: only forms are cut off
  // (`fileUploadFromRequest` in src/storage/uploader.ts of supabase/storage).
  const stored = await disk.write(version, file.content, isForm(request) ? limit : undefined);
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
  return await completeWrite(context, { ...object, version, metadata: { ...metadata } });
}

function isForm(request: Request): boolean {
  return request.headers.get('content-type')?.startsWith('multipart/form-data') ?? false;
}

/** The file of a request, which is its body or, from browsers, the first file of a form. */
async function openFile({ request, body }: Context): Promise<Incoming> {
  const { headers } = request;
  const contentType = headers.get('content-type') ?? 'application/octet-stream';
  if (!isForm(request)) {
    return {
      content: body,
      mimeType: contentType,
      cacheControl: headers.get('cache-control') ?? 'no-cache',
      contentEncoding: headers.get('content-encoding') ?? undefined,
      userMetadata: metadataOfHeader(headers),
    };
  }
  const form = await readFormFile(contentType, body);
  const seconds = form.fields.get('cacheControl');
  return {
    content: form.content,
    mimeType: headerValue('contentType', form.fields.get('contentType') || form.contentType),
    cacheControl: headerValue('cacheControl', seconds ? `max-age=${seconds}` : 'no-cache'),
    contentEncoding: headerValue('contentEncoding', form.fields.get('contentEncoding')),
    userMetadata: parseUserMetadata(form.fields.get('metadata') ?? form.fields.get('userMetadata')),
  };
}

/** Refuses a field that is not valid in the response header that it becomes. */
export function headerValue<T extends string | undefined>(field: string, value: T): T {
  if (value !== undefined && !/^[\x20-\x7e]*$/.test(value))
    throw invalidRequest(`Invalid character in ${field}`);
  return value;
}

/** The metadata of an app in the header `x-metadata`. */
export function metadataOfHeader(headers: Headers): Record<string, unknown> {
  const encoded = headers.get('x-metadata');
  return encoded === null ? {} : parseUserMetadata(Buffer.from(encoded, 'base64').toString('utf8'));
}

/** As on Supabase, metadata that is not a JSON object is ignored. */
export function parseUserMetadata(json: string | null | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
