import type { TransactionSql } from 'postgres';
import { z } from 'zod';
import { findBucketRules } from './buckets.ts';
import { isNotModified, parseRange, rangeApplies } from './conditions.ts';
import type { Context } from './handler.ts';
import {
  readTransformation,
  renderImage,
  type Transformation,
  transformationHeader,
  transformationQuery,
} from './images.ts';
import { checkKey } from './names.ts';
import { findObject, type ObjectRow } from './objects.ts';
import { queryOf } from './requests.ts';
import { invalidSignature, noSuchBucket, noSuchKey } from './storage-error.ts';
import { become } from './transactions.ts';
import { refuseVersion } from './unsupported.ts';

type FindObject = (context: Context) => Promise<ObjectRow>;

/** An object of a public bucket, for anyone. */
const findPublic: FindObject = (context) =>
  context.asService(async (tx) => {
    const rules = await findBucketRules(tx, context.bucket);
    // The same answer as for an unknown bucket: a private bucket stays hidden.
    if (!rules?.public) throw noSuchBucket();
    return await mustFind(tx, context);
  });

/** An object that the caller may read: any object of a public bucket, otherwise those that the policies show. */
const findReadable: FindObject = (context) =>
  context.asService(async (tx) => {
    const rules = await findBucketRules(tx, context.bucket);
    if (!rules || (!rules.public && !context.caller)) throw noSuchBucket();
    if (!rules.public) await become(tx, context.session, context.identity);
    return await mustFind(tx, context);
  });

async function mustFind(tx: TransactionSql, { request, bucket, key }: Context): Promise<ObjectRow> {
  checkKey(key);
  refuseVersion(new URL(request.url).searchParams.get('versionId'));
  const object = await findObject(tx, bucket, key);
  if (!object) throw noSuchKey();
  return object;
}

/** `GET /object/public/:bucket/*` */
export const getPublic = async (context: Context) => send(context, findPublic);

/** `GET /object/:bucket/*` and `GET /object/authenticated/:bucket/*` */
export const getReadable = async (context: Context) => send(context, findReadable);

/** `GET /object/info/public/:bucket/*` */
export const infoPublic = async (context: Context) => describe(await findPublic(context));

/** `GET /object/info/:bucket/*` and `GET /object/info/authenticated/:bucket/*` */
export const infoReadable = async (context: Context) => describe(await findReadable(context));

const withToken = z.object({ token: z.string() });

/** `GET /object/sign/:bucket/*?token=`: the permission was asked when the URL was signed. */
export async function getSigned(context: Context): Promise<Response> {
  const { expires, transformations } = await grantOf(context);
  // A URL for a transformed image must not serve the original.
  if (transformations !== undefined) throw invalidSignature();
  return await send(context, findGranted, { expires });
}

/** `GET /render/image/public/:bucket/*` */
export const renderPublic = async (context: Context) => send(context, findPublic, transformationOf(context));

/** `GET /render/image/authenticated/:bucket/*` */
export const renderReadable = async (context: Context) =>
  send(context, findReadable, transformationOf(context));

/** `GET /render/image/sign/:bucket/*?token=`: the token says how the image is transformed; the query is ignored. */
export async function renderSigned(context: Context): Promise<Response> {
  const { expires, transformations = '' } = await grantOf(context);
  return await send(context, findGranted, { expires, transformation: readTransformation(transformations) });
}

/** An object that a signed URL names. */
const findGranted: FindObject = (context) => context.asService((tx) => mustFind(tx, context));

const transformationOf = ({ request }: Context) => ({
  transformation: queryOf(request, transformationQuery),
});

async function grantOf({ request, tokens, bucket, key }: Context) {
  const { token } = queryOf(request, withToken);
  const { expires, transformations } = await tokens.verifyDownload(token, bucket, key);
  return { expires: new Date(expires * 1000), transformations };
}

/** How an object is sent. */
interface Sending {
  /** When the URL by which it is read ends. */
  expires?: Date;
  /** How the image in it is changed. */
  transformation?: Transformation;
}

/** Answers an object, a part of it, or that the client has it already. */
async function send(context: Context, find: FindObject, sending: Sending = {}): Promise<Response> {
  let version: string | null | undefined;
  while (true) {
    const object = await find(context);
    // An object that was replaced meanwhile is looked up again; a row made by SQL has no bytes.
    if (object.version === version) throw noSuchKey();
    version = object.version;
    const answer = await sendVersion(context, object, sending);
    if (answer) return answer;
  }
}

async function sendVersion(
  context: Context,
  object: ObjectRow,
  { expires, transformation }: Sending,
): Promise<Response | null> {
  const { request } = context;
  const { metadata } = object;
  const size = metadata?.size ?? 0;
  const modified = new Date(metadata?.lastModified ?? object.updated_at);
  const lastModified = Number.isNaN(modified.getTime()) ? null : modified;
  const headers = new Headers({
    'accept-ranges': 'bytes',
    // Supabase keeps search engines off all files.
    'x-robots-tag': 'none',
  });
  setHeader(headers, 'content-encoding', metadata?.contentEncoding);
  setHeader(headers, 'etag', metadata?.eTag);
  setHeader(headers, 'last-modified', lastModified?.toUTCString());
  // Supabase lets a signed URL be cached for as long as it is valid.
  if (expires) setHeader(headers, 'expires', expires.toUTCString());
  else setHeader(headers, 'cache-control', metadata?.cacheControl ?? 'no-cache');
  if (isNotModified(request.headers, metadata?.eTag, lastModified)) {
    return new Response(null, { status: 304, headers });
  }

  setHeader(headers, 'content-type', servedType(metadata?.mimetype));
  setHeader(headers, 'content-disposition', disposition(new URL(request.url).searchParams.get('download')));
  if (transformation) {
    const changed = await sendImage(context, object, headers, transformation);
    if (changed !== 'original') return changed;
  }
  const applies = request.method === 'GET' && rangeApplies(request.headers, metadata?.eTag, lastModified);
  const range = applies ? parseRange(request.headers.get('range'), size) : 'whole';
  if (range === 'unsatisfiable') {
    const code = 'InvalidRange';
    return Response.json(
      { statusCode: '416', code, error: code, message: 'The requested range is not satisfiable' },
      { status: 416, headers: { 'content-range': `bytes */${size}` } },
    );
  }
  const { start, end } = range === 'whole' ? { start: 0, end: size } : range;
  headers.set('content-length', String(end - start));
  if (range !== 'whole') headers.set('content-range', `bytes ${start}-${end - 1}/${size}`);
  if (request.method === 'HEAD') return new Response(null, { headers });
  const body = await context.disk.read(object.version ?? '', start, end);
  return body && new Response(body, { status: range === 'whole' ? 200 : 206, headers });
}

/** Answers a transformed image; null where the bytes are gone, `original` for an image that is served unchanged. */
async function sendImage(
  { request, disk }: Context,
  { version, metadata }: ObjectRow,
  headers: Headers,
  transformation: Transformation,
): Promise<Response | 'original' | null> {
  // As on Supabase, SVG is served unchanged. String(): SQL can write any type into a row.
  if (String(metadata?.mimetype).startsWith('image/svg')) return 'original';
  const file = await disk.find(version ?? '');
  if (!file) return null;
  const image = await renderImage(file, transformation, request.headers.get('accept') ?? '');
  headers.delete('accept-ranges');
  headers.delete('content-encoding');
  headers.set('content-type', image.type);
  headers.set('content-length', String(image.bytes.length));
  headers.set('vary', 'Accept');
  setHeader(headers, 'x-transformations', transformationHeader(transformation));
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(image.bytes), { headers });
}

/** As on Supabase, `text/html` (but not `Text/HTML`) is served as plain text, so that pages of users do not run here. */
function servedType(type = 'application/octet-stream'): string {
  return type.includes('text/html') ? 'text/plain' : type;
}

/** Sets a header, unless the value is not valid in one: SQL can write any text into a row. */
function setHeader(headers: Headers, name: string, value: string | undefined): void {
  if (typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)) headers.set(name, value);
}

/** `Content-Disposition` for `?download` and `?download=name`. */
function disposition(download: string | null): string | undefined {
  if (download === null) return undefined;
  if (download === '') return 'attachment;';
  const encoded = encodeURIComponent(download).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  // For clients that do not know filename*: a token unchanged, any other name quoted and without special characters.
  const plain = download.replace(/[^\x20-\x7e]|["\\]/g, '_');
  const fallback = /^[\w!#$%&'*+\-.^`|~]+$/.test(plain) ? plain : `"${plain}"`;
  return `attachment; filename=${fallback}; filename*=UTF-8''${encoded}`;
}

function describe(object: ObjectRow): Response {
  const { metadata } = object;
  return Response.json({
    id: object.id,
    name: object.name,
    version: object.version,
    bucket_id: object.bucket_id,
    size: metadata?.size ?? null,
    content_type: metadata?.mimetype ?? null,
    content_encoding: metadata?.contentEncoding ?? null,
    cache_control: metadata?.cacheControl ?? null,
    etag: metadata?.eTag ?? null,
    metadata: object.user_metadata,
    last_modified: object.updated_at,
    created_at: object.created_at,
  });
}
