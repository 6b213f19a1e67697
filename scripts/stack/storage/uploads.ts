import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { findBucketRules } from './buckets.ts';
import { type Context, ownerOf } from './context.ts';
import { alreadyExists, invalidRequest, noSuchBucket, tooLarge } from './errors.ts';
import { readFormFile } from './multipart.ts';
import { checkBucketName, checkKey, checkMimeType, isFolderPlaceholder } from './names.ts';
import {
  findObject,
  insertObject,
  lockName,
  type ObjectDraft,
  type ObjectMetadata,
  type ObjectRow,
  upsertObject,
} from './objects.ts';
import { bodyChunks, discard, queryOf } from './requests.ts';
import { type Identity, rehearse, service, transaction } from './session.ts';

/** A file as a request brings it, before its bytes were read. */
interface Incoming {
  content: AsyncIterable<Uint8Array>;
  mimeType: string;
  cacheControl: string;
  contentEncoding: string | undefined;
  userMetadata: Record<string, unknown>;
}

/** Where a file goes, and by what right. */
interface Target {
  upsert: boolean;
  owner: string | undefined;
  /** Whose policies are asked; null where the signed URL stands for the permission of who signed it. */
  asks: Identity | null;
}

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

/** `POST /object/upload/sign/:bucket/*`: a URL with which anyone may upload this object once they have it. */
export async function signUpload(context: Context): Promise<Response> {
  const { bucket, key, identity, request } = context;
  checkBucketName(bucket);
  checkKey(key);
  const upsert = request.headers.get('x-upsert') === 'true';
  const owner = ownerOf(identity);
  const draft = { bucket, name: key, owner, version: '1', metadata: {}, userMetadata: {} };
  await transaction(context.session, service, async (tx) => {
    await askPolicies(tx, context, identity, draft, upsert);
  });
  const token = await context.tokens.signUpload(
    bucket,
    key,
    owner === undefined ? { upsert } : { owner, upsert },
  );
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

async function askPolicies(
  tx: Parameters<typeof rehearse>[0],
  context: Context,
  identity: Identity,
  draft: ObjectDraft,
  upsert: boolean,
): Promise<void> {
  await rehearse(tx, context.session, identity, (point) =>
    upsert ? upsertObject(point, draft) : insertObject(point, draft),
  );
}

/**
 * Takes in a file: the policies are asked first, then the bytes are stored, and the row comes last. Whatever goes
 * wrong on the way leaves neither bytes nor row, and an object that was to be replaced stays as it was.
 */
async function store(context: Context, target: Target): Promise<ObjectRow> {
  const body = bodyChunks(context.request);
  const version = randomUUID();
  try {
    const row = await receive(context, target, version, body);
    await discard(body);
    return row;
  } catch (error) {
    await context.disk.remove([version]);
    await discard(body);
    throw error;
  }
}

async function receive(
  context: Context,
  { upsert, owner, asks }: Target,
  version: string,
  body: AsyncIterable<Uint8Array>,
): Promise<ObjectRow> {
  const { bucket, key, request, session, disk } = context;
  checkBucketName(bucket);
  const rules = await context.asService((tx) => findBucketRules(tx, bucket));
  if (!rules) throw noSuchBucket();

  const file = await openFile(request, body);
  const isPlaceholder = isFolderPlaceholder(key);
  const limit = isPlaceholder
    ? 0
    : Math.min(rules.file_size_limit ?? Infinity, context.options.fileSizeLimit);
  if (!isPlaceholder) checkMimeType(file.mimeType, rules.allowed_mime_types);
  const length = request.headers.get('content-length');
  const declaredLength = length === null ? undefined : Number(length);
  // A form is longer than the file in it; that one is measured as it comes in.
  if (!isForm(request) && declaredLength !== undefined && declaredLength > limit) throw tooLarge();
  checkKey(key);

  const question: ObjectDraft = {
    bucket,
    name: key,
    owner,
    version: '1',
    // All that Supabase lets policies know of a file before it has come in.
    metadata: { mimetype: file.mimeType, contentLength: declaredLength },
    userMetadata: file.userMetadata,
  };
  if (asks) await context.asService((tx) => askPolicies(tx, context, asks, question, upsert));

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
  const { row, replaced } = await transaction(session, service, async (tx) => {
    await lockName(tx, bucket, key);
    // The upload may have taken minutes: the name may be somebody else's by now, or the permission gone.
    if (asks) await askPolicies(tx, context, asks, question, upsert);
    const before = await findObject(tx, bucket, key);
    if (before && !upsert) throw alreadyExists('KeyAlreadyExists');
    return {
      row: await upsertObject(tx, { ...question, version, metadata: { ...metadata } }),
      replaced: before,
    };
  });
  await disk.remove([replaced?.version ?? null]);
  return row;
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
function headerValue<T extends string | undefined>(field: string, value: T): T {
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
