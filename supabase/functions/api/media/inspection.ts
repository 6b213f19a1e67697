import type { Config } from '../config.ts';
import { secretClient } from '../http/clients.ts';
import { databaseProblem } from '../http/database.ts';
import { fieldProblem, isMissing, ProblemError, storageProblem, unavailable } from '../http/problem.ts';
import { bytesOf, streamOf } from '../http/streams.ts';
import { limits } from '../limits.ts';
import { type Dimensions, pictureDimensions } from './pictures/dimensions.ts';
import { removePosition } from './pictures/positions.ts';
import { claimAgrees, detectMediaType, type MediaType } from './types.ts';

/** The bucket of posts' files. */
export const mediaBucket = 'post-media';

/** The buckets whose files are looked into. */
export type Bucket = typeof mediaBucket | 'avatars' | 'covers';

/** Which files a field of a request takes. */
export interface FileRules {
  field: string;
  bucket: Bucket;
  maxBytes: number;
  imagesOnly: boolean;
}

/** The files of posts. */
export const postMedia: FileRules = {
  field: 'media',
  bucket: mediaBucket,
  maxBytes: limits.media_size,
  imagesOnly: false,
};

/** A file before its bytes are looked at: its name for an error, and what it claims to be. */
export interface FileClaim {
  name: string;
  contentType: string;
}

/** What a file's bytes turned out to be. */
export interface Inspection {
  type: MediaType;
  /** As shown; null where the file is no picture. */
  dimensions: Dimensions | null;
  /** The file as it is to be kept: without the place where a picture was taken. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether these are other bytes than those that came. */
  changed: boolean;
}

/** Looks into a file: one of a type that is not taken, or that is not what it claims to be, is a 415. */
export async function inspect(
  bytes: Uint8Array<ArrayBuffer>,
  claim: FileClaim,
  rules: FileRules,
): Promise<Inspection> {
  const type = assertType(await detectMediaType(bytes), claim, rules);
  const dimensions = pictureDimensions(bytes, type.mimeType);
  const cleaned = await removePosition(bytes, type.mimeType);
  return { type, dimensions, bytes: cleaned.bytes, changed: cleaned.removed };
}

function assertType(
  type: MediaType | undefined,
  { name, contentType }: FileClaim,
  { field, imagesOnly }: FileRules,
): MediaType {
  if (!type || (imagesOnly && type.kind !== 'image')) {
    throw fieldProblem('media_type_unsupported', field, `${name} is of a type that is not taken here.`);
  }
  if (!claimAgrees(contentType, type)) {
    const detail = `${name} claims to be ${contentType} but is ${type.mimeType}.`;
    throw fieldProblem('media_type_mismatch', field, detail);
  }
  return type;
}

/** Enough to tell every type but DOCX, and but an MP3 with the picture of its album at its head. */
const HEAD_BYTES = 64 * 1024;

/**
 * Looks into an object of Storage, and removes a picture's position where it lies. Null where there is no such object.
 * Of what is no picture only the beginning is read, if that says enough. The secret key: what is found must not depend
 * on what the caller is shown, and nobody may change a file of a post, not even its owner.
 */
export async function inspectObject(
  config: Config,
  path: string,
  rules: FileRules,
): Promise<(Inspection & { objectId: string }) | null> {
  const bucket = secretClient(config, null).storage.from(rules.bucket);
  const { data: object, error } = await bucket.info(path);
  if (error && isMissing(error)) return null;
  if (error) throw storageProblem(error, rules.field);
  const claim = { name: path, contentType: object.contentType ?? '' };

  const isWhole = (object.size ?? 0) <= HEAD_BYTES;
  const head = await readObject(config, rules.bucket, path, isWhole ? null : HEAD_BYTES);
  const type = isWhole ? undefined : await detectMediaType(head);
  if (type && type.kind !== 'image') {
    assertType(type, claim, rules);
    return { type, dimensions: null, bytes: head, changed: false, objectId: object.id };
  }
  const inspection = await inspect(
    isWhole ? head : await readObject(config, rules.bucket, path, null),
    claim,
    rules,
  );
  if (inspection.changed) {
    const options = { contentType: claim.contentType };
    const update = await bucket.update(path, streamOf(inspection.bytes), options);
    if (update.error) throw storageProblem(update.error, rules.field);
  }
  return { ...inspection, objectId: object.id };
}

/** Not by storage-js, which cannot ask for a part. */
async function readObject(
  config: Config,
  bucket: Bucket,
  path: string,
  length: number | null,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`${config.url}/storage/v1/object/authenticated/${bucket}/${path}`, {
    headers: {
      apikey: config.secretKey,
      authorization: `Bearer ${config.secretKey}`,
      ...(length === null ? {} : { range: `bytes=0-${length - 1}` }),
    },
  });
  const announced = Number(response.headers.get('content-length'));
  // No bucket takes larger files than that of posts.
  const bytes = await bytesOf(response.body, postMedia.maxBytes, announced);
  if (!response.ok || !bytes)
    throw unavailable(new Error(`Storage answered ${response.status} for ${bucket}/${path}`));
  return bytes;
}

/** What became of an upload that was to be looked into. */
export type UploadOutcome = { state: 'inspected' | 'missing' } | { state: 'rejected'; reason: ProblemError };

/**
 * Looks into an upload for posts and notes in the database what it is. One that is not what it claims to be is taken
 * from the post that shows it, if one does, and queued for removal.
 */
export async function inspectUpload(config: Config, path: string): Promise<UploadOutcome> {
  try {
    const inspection = await inspectObject(config, path, postMedia);
    if (!inspection) return { state: 'missing' };
    await recordInspection(config, path, inspection.objectId, inspection);
    return { state: 'inspected' };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.status !== 415) throw error;
    await rejectUpload(config, path);
    return { state: 'rejected', reason: error };
  }
}

/** Notes what an object is whose bytes were looked into. */
export async function recordInspection(
  config: Config,
  path: string,
  objectId: string,
  { type, dimensions }: Pick<Inspection, 'type' | 'dimensions'>,
): Promise<void> {
  const { error } = await secretClient(config, null).rpc('record_inspection', {
    path,
    mime_type: type.mimeType,
    // An owner may put another file in the place of the one that was looked into.
    object_id: objectId,
    ...dimensions,
  });
  if (error) throw databaseProblem(error);
}

/** Takes a file from its post, if it has one, and queues it for removal. */
export async function rejectUpload(config: Config, path: string): Promise<void> {
  const { error } = await secretClient(config, null).rpc('reject_upload', { path });
  if (error) throw databaseProblem(error);
}
