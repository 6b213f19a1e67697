import type { Config } from '../config.ts';
import { secretClient } from '../http/clients.ts';
import type { Reservation } from '../http/memory.ts';
import { fieldProblem, ProblemError, storageProblem, unavailable } from '../http/problem.ts';
import { bytesOf } from '../http/streams.ts';
import { readPath } from './file-names.ts';
import type { FileRules } from './inspect.ts';

// With the secret key, since users cannot read or remove what they have written to the bucket: Storage would serve it to
// their browsers, whatever it is. So each path is checked here to be one of the user's own.

/** The bucket that users write to. */
export const uploadsBucket = 'uploads';

/** Storage runs beside the function: a file of 50 MB takes a second. */
const TIMEOUT_MS = 30_000;

/** An upload in memory. */
export interface Upload {
  bytes: Uint8Array<ArrayBuffer>;
  contentType: string;
}

/** Reads an upload of the user's. */
export async function readUpload(
  config: Config,
  userId: string,
  path: string,
  rules: FileRules,
  reservation: Reservation,
): Promise<Upload> {
  assertOwn(userId, [path], rules);
  // Not by storage-js, which gives no stream that can be bounded.
  const response = await fetch(`${config.url}/storage/v1/object/authenticated/${uploadsBucket}/${path}`, {
    headers: {
      apikey: config.secretKey,
      authorization: `Bearer ${config.secretKey}`,
      // The bytes as they are stored: a few compressed ones can stand for gigabytes.
      'accept-encoding': 'identity',
    },
  }).catch((cause: unknown) => {
    throw unavailable(cause);
  });
  if (!response.ok) {
    await response.body?.cancel();
    // Storage answers 400 for an object that is not there. 401 is a wrong secret key, and no fault of the user.
    const isMissing = response.status === 400 || response.status === 404;
    throw isMissing ? noSuchUpload(rules) : unavailable(new Error(`Storage: ${response.status}`));
  }
  const announced = Number(response.headers.get('content-length'));
  const reading = { limit: rules.maxBytes, announced, reservation, timeoutMs: TIMEOUT_MS };
  const bytes = await bytesOf(response.body, reading).catch((cause: unknown) => {
    throw cause instanceof ProblemError ? cause : unavailable(cause);
  });
  if (!bytes) {
    throw fieldProblem('media_too_large', rules.field, `A file has at most ${rules.maxBytes} bytes.`);
  }
  return { bytes, contentType: response.headers.get('content-type') ?? '' };
}

/** Removes uploads of the user's. One that is not there is no error. */
export async function removeUploads(config: Config, userId: string, paths: string[]): Promise<void> {
  assertOwn(userId, paths, { bucket: 'post-media', field: 'paths' });
  const { error } = await secretClient(config, null).storage.from(uploadsBucket).remove(paths);
  if (error) throw storageProblem(error);
}

/** The subject of a refusal. */
type Place = Pick<FileRules, 'bucket' | 'field'>;

/** Refuses every path that is not of an upload in the user's folder, whether or not there is such a file. */
function assertOwn(userId: string, paths: readonly string[], rules: Place): void {
  const isOwn = (path: string) => {
    const { ownerId, isUpload } = readPath(path) ?? {};
    return isUpload && ownerId === userId;
  };
  if (!paths.every(isOwn)) throw noSuchUpload(rules);
}

function noSuchUpload({ bucket, field }: Place): ProblemError {
  const code = bucket === 'post-media' ? 'media_not_found' : 'picture_not_found';
  return fieldProblem(code, field, 'There is no such upload of yours: upload the file first.');
}
