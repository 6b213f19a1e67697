import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Context, ownerOf } from './handler.ts';
import { checkBucketName, checkKey } from './names.ts';
import { checkWrite, completeWrite } from './object-writes.ts';
import { deleteObjects, findObject, type ObjectRow, renameObject } from './objects.ts';
import { jsonBody, text } from './requests.ts';
import { featureNotEnabled, noSuchKey } from './storage-error.ts';
import { rehearse } from './transactions.ts';
import { refuseVersion } from './unsupported.ts';
import { metadataOfHeader } from './uploads.ts';

/** `DELETE /object/:bucket/*` */
export async function removeObject(context: Context): Promise<Response> {
  const [removed] = await context.asCaller((tx) => deleteObjects(tx, context.bucket, [context.key]));
  if (!removed) throw noSuchKey();
  await context.disk.remove([removed.version]);
  return Response.json({ message: 'Successfully deleted' });
}

// An entry with a version is an object, and is refused by name below.
const entry = z.union([text, z.object({ path: text, versionId: text })]);
const removal = z.object({ prefixes: z.array(entry).min(1).max(1000) });

/** `DELETE /object/:bucket`: `prefixes` are whole names. Objects that the caller may not delete are left out. */
export async function removeObjects(context: Context): Promise<Response> {
  const { prefixes } = await jsonBody(context.body, removal);
  const names = prefixes.map((prefix) => {
    if (typeof prefix !== 'string') throw featureNotEnabled('versioning');
    return prefix;
  });
  checkBucketName(context.bucket);
  const removed = await context.asCaller((tx) => deleteObjects(tx, context.bucket, names));
  await context.disk.remove(removed.map((object) => object.version));
  return Response.json(removed);
}

const route = z.object({
  bucketId: text,
  sourceKey: text,
  destinationKey: text,
  destinationBucket: text.optional(),
  sourceVersionId: text.optional(),
});

/** `POST /object/move`: the bytes stay where they are, only the row changes. */
export async function moveObject(context: Context): Promise<Response> {
  const body = await jsonBody(context.body, route);
  const { bucketId, sourceKey, destinationKey, destinationBucket } = body;
  refuseVersion(body.sourceVersionId);
  const from = { bucket: bucketId, name: sourceKey };
  const to = {
    bucket: destinationBucket || bucketId,
    name: destinationKey,
    owner: ownerOf(context.identity),
  };
  checkBucketName(from.bucket);
  checkBucketName(to.bucket);
  checkKey(to.name);
  await rehearse(context.session, context.identity, async (tx) => {
    if (!(await renameObject(tx, from, to))) throw noSuchKey();
  });
  const moved = await context.asService((tx) => renameObject(tx, from, to));
  if (!moved) throw noSuchKey();
  return Response.json({ message: 'Successfully moved', Id: moved.id, Key: `${to.bucket}/${to.name}` });
}

const copying = route.extend({
  copyMetadata: z.boolean().default(true),
  metadata: z
    .object({ cacheControl: text.optional(), mimetype: text.optional(), contentEncoding: text.optional() })
    .optional(),
});

/** `POST /object/copy` */
export async function copyObject(context: Context): Promise<Response> {
  const { identity, request } = context;
  const body = await jsonBody(context.body, copying);
  const { bucketId, sourceKey, destinationKey, copyMetadata } = body;
  refuseVersion(body.sourceVersionId);
  const bucket = body.destinationBucket || bucketId;
  checkBucketName(bucketId);
  checkBucketName(bucket);
  checkKey(destinationKey);

  const source = await context.asCaller((tx) => findObject(tx, bucketId, sourceKey));
  if (!source?.version) throw noSuchKey();
  const changes = copyMetadata ? {} : body.metadata;
  const object = {
    bucket,
    name: destinationKey,
    owner: ownerOf(identity),
    userMetadata: copyMetadata ? (source.user_metadata ?? {}) : metadataOfHeader(request.headers),
  };
  const upsert = request.headers.get('x-upsert') === 'true';
  await checkWrite(context, identity, { ...object, metadata: { ...source.metadata, ...changes } }, upsert);

  const version = randomUUID();
  const copied = await copyBytes(context, { bucket: bucketId, name: sourceKey }, version);
  const metadata = { ...copied.metadata, ...changes, lastModified: copied.at.toISOString() };
  const row = await completeWrite(context, { ...object, version, metadata });
  return Response.json({ ...row, Id: row.id, Key: `${bucket}/${destinationKey}` });
}

/** Copies the bytes of an object. An object that is replaced meanwhile is looked up again. */
async function copyBytes(
  { asCaller, disk }: Context,
  { bucket, name }: { bucket: string; name: string },
  to: string,
): Promise<{ at: Date; metadata: ObjectRow['metadata'] }> {
  let seen: string | null = null;
  while (true) {
    const source = await asCaller((tx) => findObject(tx, bucket, name));
    if (!source?.version || source.version === seen) throw noSuchKey();
    seen = source.version;
    const stored = await disk.copy(seen, to);
    if (stored) return { at: stored.lastModified, metadata: source.metadata };
  }
}
