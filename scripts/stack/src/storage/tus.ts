import { randomUUID } from 'node:crypto';
import { MemoryLocker, Server, type Upload } from '@tus/server';
import { report } from '../service-log.ts';
import { findBucketRules, sizeLimitOf } from './buckets.ts';
import type { Disk } from './disk.ts';
import { type Context, type Handler, ownerOf } from './handler.ts';
import { checkBucketName, checkKey, checkMimeType } from './names.ts';
import { checkWrite, completeWrite } from './object-writes.ts';
import { findVersions, type ObjectMetadata } from './objects.ts';
import { bodyStream } from './requests.ts';
import {
  invalidRequest,
  invalidSignature,
  noSuchBucket,
  noSuchUpload,
  toStorageError,
} from './storage-error.ts';
import { createRecords } from './tus-records.ts';
import { expiresAfterMs, UploadStore, versionOf } from './tus-store.ts';
import { headerValue, parseUserMetadata } from './uploads.ts';

/** Uploads that continue after a cut connection, by the protocol TUS 1.0 (https://tus.io/protocols/resumable-upload). */
export interface ResumableUploads {
  handle: Handler;
  /** Removes expired uploads, and answers the versions of those that may continue. */
  sweep(findStored: (versions: string[]) => Promise<ReadonlySet<string>>): Promise<ReadonlySet<string>>;
}

const path = '/storage/v1/upload/resumable';

/** Opens the uploads whose records are in `folder` and whose bytes are on `disk`. */
export function createResumableUploads(disk: Disk, folder: string): ResumableUploads {
  const records = createRecords(folder);
  const store = new UploadStore(disk, records);
  const locker = new MemoryLocker();

  return {
    async handle(context) {
      const { method, url, headers } = context.request;
      const body = context.request.body && bodyStream(context.body);
      const passed = new Request(url, {
        method,
        headers,
        ...(body ? { body, duplex: 'half' as const } : {}),
      });
      return await createServer(context, store, locker).handleWeb(passed as never);
    },

    async sweep(findStored) {
      const live = new Set<string>();
      for (const version of await records.list()) {
        const record = await records.get(version);
        if (record && Date.now() - Date.parse(record.createdAt) < expiresAfterMs) {
          live.add(version);
          continue;
        }
        if (!(await findStored([version])).has(version)) await disk.remove([version]);
        await records.remove(version);
      }
      return live;
    },
  };
}

/**
 * The TUS server for one request. As on Supabase (src/http/routes/tus/lifecycle.ts of supabase/storage), the policies
 * are asked when an upload begins, before each part, and before it is deleted; a signed URL replaces all of them. A
 * complete upload replaces an object that has its name by then.
 */
function createServer(context: Context, store: UploadStore, locker: MemoryLocker): Server {
  const { request, identity, fileSizeLimit } = context;
  const isSigned = context.session.operation.endsWith('_signed');
  let owner = ownerOf(identity);

  async function findRules(bucket: string) {
    const rules = await context.asService((tx) => findBucketRules(tx, bucket));
    if (!rules) throw noSuchBucket();
    return rules;
  }

  /** The object that an upload becomes. */
  function objectOf({ id, metadata }: Upload) {
    return { ...parseId(id), owner, userMetadata: parseUserMetadata(metadata?.metadata) };
  }

  async function check(upload: Upload): Promise<void> {
    const known = { mimetype: mimeTypeOf(upload.metadata), contentLength: upload.size };
    const upsert = request.headers.get('x-upsert') === 'true';
    await checkWrite(context, identity, { ...objectOf(upload), metadata: known }, upsert);
  }

  /** Makes a complete upload an object, unless it is one already. */
  async function complete(upload: Upload): Promise<void> {
    const version = versionOf(upload.id);
    if ((await context.asService((tx) => findVersions(tx, [version]))).has(version)) return;
    const stored = await context.disk.measure(version);
    if (!stored) return;
    const about: ObjectMetadata = {
      eTag: stored.eTag,
      size: stored.size,
      mimetype: mimeTypeOf(upload.metadata),
      cacheControl: cacheControlOf(upload.metadata),
      lastModified: stored.lastModified.toISOString(),
      contentLength: stored.size,
      httpStatusCode: 200,
    };
    await completeWrite(context, { ...objectOf(upload), version, metadata: { ...about } });
  }

  return new Server({
    path,
    datastore: store,
    locker,
    // A finished upload is an object, and deleted as one.
    disableTerminationForFinishedUploads: true,
    respectForwardedHeaders: true,
    allowedHeaders: ['Authorization', 'X-Upsert', 'Upload-Expires', 'ApiKey', 'x-signature'],
    exposedHeaders: ['Upload-Expires', 'Tus-Complete'],

    namingFunction(_request, metadata) {
      if (!metadata) throw invalidRequest('Metadata header is required', 'InvalidRequest');
      const { bucketName, objectName } = metadata;
      checkBucketName(bucketName ?? '');
      checkKey(objectName ?? '');
      return `${bucketName}/${objectName}/${randomUUID()}`;
    },

    // The last part of an upload's URL.
    getFileIdFromRequest: () => Buffer.from(context.key, 'base64url').toString('utf8') || undefined,

    generateUrl: (_request, { proto, host, id }) => {
      const target = Buffer.from(id).toString('base64url');
      return `${addressOf(request.headers, proto, host)}${path}${isSigned ? '/sign' : ''}/${target}`;
    },

    async maxSize(_request, id) {
      if (id === null) return fileSizeLimit;
      return sizeLimitOf(await findRules(parseId(id).bucket), fileSizeLimit);
    },

    async onIncomingRequest(_request, id) {
      const { bucket, name } = parseId(id);
      if (isSigned) {
        const token = request.headers.get('x-signature');
        if (!token) throw invalidSignature('Missing x-signature header');
        ({ owner } = await context.tokens.verifyUpload(token, bucket, name));
      }
      if (request.method === 'POST') return;
      const upload = await store.getUpload(id);
      // The process may have ended between the last byte and the row; a client takes the full offset for success.
      if (request.method === 'HEAD' && upload.offset === upload.size) await complete(upload);
      else if (request.method !== 'HEAD' && !isSigned) await check(upload);
    },

    async onUploadCreate(_request, upload) {
      const { id, metadata = {} } = upload;
      const { allowed_mime_types } = await findRules(parseId(id).bucket);
      // As on Supabase, an upload without a type passes the list of the bucket.
      if (metadata.contentType) checkMimeType(metadata.contentType, allowed_mime_types);
      headerValue('contentType', mimeTypeOf(metadata));
      if (!isSigned) await check(upload);
      return { metadata };
    },

    async onUploadFinish(_request, upload) {
      await complete(upload);
      return { headers: { 'Tus-Complete': '1' } };
    },

    onResponseError(_request, thrown) {
      const error = toStorageError(thrown);
      if (error) return { status_code: error.status, body: error.message };
      if (thrown instanceof Error && !('status_code' in thrown)) {
        report('storage', thrown);
        return { status_code: 500, body: 'Internal Server Error' };
      }
      return undefined;
    },
  });
}

/** The bucket and the object that the id of an upload names. */
function parseId(id: string): { bucket: string; name: string } {
  const [bucket, ...parts] = id.split('/');
  const name = parts.slice(0, -1).join('/');
  if (!bucket || !name) throw noSuchUpload();
  return { bucket, name };
}

/** The declared media type of an upload. */
function mimeTypeOf(metadata: Upload['metadata']): string {
  return metadata?.contentType || 'application/octet-stream';
}

/** The `Cache-Control` of the object. Supabase reads only seconds here. */
function cacheControlOf(metadata: Upload['metadata']): string {
  const seconds = metadata?.cacheControl ?? '';
  return /^-?\d+$/.test(seconds) ? `max-age=${seconds}` : 'no-cache';
}

/** The origin of Storage as its client reaches it, also behind a proxy. */
function addressOf(headers: Headers, proto: string, host: string): string {
  const forwarded = (name: string) => headers.get(`x-forwarded-${name}`) ?? '';
  const port = forwarded('port');
  const named = forwarded('host') !== '' && port !== '' && port !== '80' && port !== '443';
  const origin = named ? `${host.replace(/:\d+$/, '')}:${port}` : host;
  return `${proto}://${origin}${forwarded('prefix').replace(/\/+$/, '')}`;
}
