import { randomUUID } from 'node:crypto';
import { MemoryLocker, Server, type Upload } from '@tus/server';
import { report } from '../../service-log.ts';
import { findBucketRules, sizeLimitOf } from '../buckets.ts';
import { type Context, ownerOf } from '../context.ts';
import type { Disk } from '../disk.ts';
import {
  accessDenied,
  invalidRequest,
  invalidSignature,
  noSuchBucket,
  noSuchUpload,
  toStorageError,
} from '../errors.ts';
import { checkBucketName, checkKey, checkMimeType } from '../names.ts';
import { findVersions, type ObjectMetadata } from '../objects.ts';
import { askPolicies, insertRow, type Wish } from '../permission.ts';
import { bodyChunks, bodyStream, discard } from '../requests.ts';
import { createTurns } from '../turns.ts';
import { headerValue, parseUserMetadata } from '../uploads.ts';
import { addressOf, isSigned, readTarget, resumablePath, writeTarget } from './address.ts';
import { cacheControlOf, createRecords, mimeTypeOf, type UploadRecord } from './records.ts';
import { expiresAfterMs, UploadStore } from './store.ts';

/** Uploads that go on after a cut connection, by the protocol TUS 1.0 (https://tus.io/protocols/resumable-upload). */
export interface ResumableUploads {
  fetch(context: Context): Promise<Response>;
  /** Removes uploads that expired, and answers the versions of those that may still go on. */
  sweep(findStored: (versions: string[]) => Promise<ReadonlySet<string>>): Promise<ReadonlySet<string>>;
}

/** Whose request it is, by what right, and to what end. */
interface Asked {
  context: Context;
  right: Pick<Wish, 'upsert' | 'asks'> & { owner: string | undefined };
}

/** Opens the uploads whose records are in `folder` and whose bytes are on `disk`. */
export function createResumableUploads(disk: Disk, folder: string): ResumableUploads {
  const records = createRecords(folder);
  const asked = new WeakMap<Request, Asked>();
  const owners = new WeakMap<Upload, string>();
  const inTurn = createTurns();

  /** What is known of a request that the TUS server asks about. */
  function of(request: object): Asked {
    const found = asked.get(request as Request);
    if (!found) throw new Error('the TUS server asked about a request that it was not given');
    return found;
  }

  async function findRules({ context }: Asked, bucket: string) {
    const rules = await context.asService((tx) => findBucketRules(tx, bucket));
    if (!rules) throw noSuchBucket();
    return rules;
  }

  function wishFor({ right }: Asked, record: Omit<UploadRecord, 'id' | 'createdAt'>): Wish {
    const { bucket, name, metadata, size } = record;
    const owner = record.owner ?? right.owner;
    const userMetadata = parseUserMetadata(metadata.metadata ?? null);
    const draft = {
      bucket,
      name,
      owner,
      metadata: { mimetype: mimeTypeOf(metadata), contentLength: size },
      userMetadata,
    };
    return { draft, upsert: right.upsert, asks: right.asks };
  }

  /** The upload of a request; one of somebody else, or under an address that is not its own, is refused. */
  async function mayGoOn(request: Asked, id: string): Promise<UploadRecord> {
    const record = await records.get(id);
    const { context, right } = request;
    if (!record || writeTarget(record) !== context.key) throw noSuchUpload();
    if (context.identity.role !== 'service_role' && record.owner !== right.owner)
      throw accessDenied('The upload belongs to somebody else');
    return record;
  }

  /** Makes an upload whose bytes are all there an object. It may have become one already. */
  function complete(request: Asked, id: string): Promise<void> {
    return inTurn(id, async () => {
      const record = await records.get(id);
      const { context } = request;
      if (!record || (await context.asService((tx) => findVersions(tx, [id]))).has(id)) return;
      const stored = await disk.measure(id);
      if (!stored) return;
      const metadata: ObjectMetadata = {
        eTag: stored.eTag,
        size: stored.size,
        mimetype: mimeTypeOf(record.metadata),
        cacheControl: cacheControlOf(record.metadata),
        lastModified: stored.lastModified.toISOString(),
        contentLength: stored.size,
        httpStatusCode: 200,
      };
      try {
        checkMimeType(metadata.mimetype, (await findRules(request, record.bucket)).allowed_mime_types);
        await insertRow(context, wishFor(request, record), id, { ...metadata });
      } catch (error) {
        // What is refused is over; after a failure, of the database for one, the client may ask again.
        if ((toStorageError(error)?.status ?? 500) < 500) await store.remove(id);
        throw error;
      }
    });
  }

  const store = new UploadStore(disk, records, (upload) => owners.get(upload));

  const server = new Server({
    path: resumablePath,
    datastore: store,
    locker: new MemoryLocker(),
    // What became an object is deleted as one.
    disableTerminationForFinishedUploads: true,
    respectForwardedHeaders: true,
    allowedHeaders: ['Authorization', 'X-Upsert', 'Upload-Expires', 'ApiKey', 'x-signature'],
    exposedHeaders: ['Upload-Expires', 'Tus-Complete'],

    namingFunction(request, metadata) {
      const { context } = of(request);
      if (!metadata) throw invalidRequest('Metadata header is required', 'InvalidRequest');
      context.bucket = metadata.bucketName ?? '';
      checkBucketName(context.bucket);
      const name = metadata.objectName ?? '';
      checkKey(name);
      const id = randomUUID();
      context.key = writeTarget({ id, bucket: context.bucket, name });
      return id;
    },

    getFileIdFromRequest: (request) => readTarget(of(request).context.key)?.id,

    generateUrl: (request, { proto, host }) => addressOf(request, proto, host, of(request).context.key),

    async maxSize(request, id) {
      const { context } = of(request);
      const { fileSizeLimit } = context.options;
      if (id === null) return fileSizeLimit;
      const bucket = readTarget(context.key)?.bucket ?? '';
      return sizeLimitOf(await findRules(of(request), bucket), fileSizeLimit);
    },

    async onIncomingRequest(raw, id) {
      const request = of(raw);
      const { context } = request;
      const target = readTarget(context.key);
      if (!target) return;
      if (isSigned(raw)) {
        const token = raw.headers.get('x-signature');
        if (!token) throw invalidSignature('Missing x-signature header');
        const grant = await context.tokens.verifyUpload(token, target.bucket, target.name);
        request.right = { upsert: grant.upsert, owner: grant.owner, asks: null };
      }
      if (raw.method === 'POST') return;
      const record = await mayGoOn(request, id);
      const file = await disk.find(id);
      // A process that ended between the last byte and the row left this to do; a client takes all bytes for success.
      if (raw.method === 'HEAD' && file?.size === record.size) await complete(request, id);
      else if (raw.method === 'PATCH') await askUnlessDone(request, record);
    },

    async onUploadCreate(raw, upload) {
      const request = of(raw);
      const metadata = upload.metadata ?? {};
      const { bucketName, objectName } = metadata;
      const { allowed_mime_types } = await findRules(request, bucketName ?? '');
      checkMimeType(mimeTypeOf(metadata), allowed_mime_types);
      headerValue('contentType', mimeTypeOf(metadata));
      await askPolicies(
        request.context,
        wishFor(request, {
          bucket: bucketName ?? '',
          name: objectName ?? '',
          metadata,
          ...(upload.size === undefined ? {} : { size: upload.size }),
        }),
      );
      const { owner } = request.right;
      if (owner !== undefined) owners.set(upload, owner);
      return { metadata };
    },

    async onUploadFinish(raw, upload) {
      await complete(of(raw), upload.id);
      return { headers: { 'Tus-Complete': '1' } };
    },

    onResponseError(_, thrown) {
      const error = toStorageError(thrown);
      if (error) return { status_code: error.status, body: error.message };
      if (thrown instanceof Error && !('status_code' in thrown)) {
        report('storage', thrown);
        return { status_code: 500, body: 'Internal Server Error' };
      }
      return undefined;
    },
  });

  /** Asks the policies before each part: a permission that was withdrawn ends an upload. */
  async function askUnlessDone(request: Asked, record: UploadRecord): Promise<void> {
    const done = await request.context.asService((tx) => findVersions(tx, [record.id]));
    if (!done.has(record.id)) await askPolicies(request.context, wishFor(request, record));
  }

  return {
    async fetch(context) {
      const { request, identity } = context;
      const chunks = bodyChunks(request);
      // The TUS server leaves what it refuses unread; the rest has to be read before the client can hear the answer.
      const body = request.body && bodyStream(chunks);
      const passed = new Request(request.url, {
        method: request.method,
        headers: request.headers,
        ...(body ? { body, duplex: 'half' as const } : {}),
      });
      const upsert = request.headers.get('x-upsert') === 'true';
      asked.set(passed, { context, right: { upsert, owner: ownerOf(identity), asks: identity } });
      const response = await server.handleWeb(passed as Parameters<typeof server.handleWeb>[0]);
      await discard(chunks);
      return response;
    },

    async sweep(findStored) {
      const live = new Set<string>();
      for (const id of await records.list()) {
        await inTurn(id, async () => {
          const record = await records.get(id);
          if (!record) return;
          if (Date.now() - Date.parse(record.createdAt) < expiresAfterMs) {
            live.add(id);
            return;
          }
          if (!(await findStored([id])).has(id)) await disk.remove([id]);
          await records.remove(id);
        });
      }
      return live;
    },
  };
}
