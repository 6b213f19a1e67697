import type { Config } from '../config.ts';
import type { Caller } from '../http/context.ts';
import type { Hold } from '../http/memory.ts';
import { fieldProblem, ProblemError, unavailable } from '../http/problem.ts';
import { bytesOf } from '../http/streams.ts';
import type { FileRules } from './inspect.ts';

/** The bucket that users write to. */
export const uploadsBucket = 'uploads';

/** Storage is next door: a file of 50 MB takes a second. */
const TIMEOUT_MS = 30_000;

/** An upload in memory. */
export interface Upload {
  bytes: Uint8Array<ArrayBuffer>;
  contentType: string;
}

/** Reads an upload, as the caller: Storage shows users nobody else's. */
export async function readUpload(
  config: Config,
  caller: Caller,
  path: string,
  rules: FileRules,
  hold: Hold,
): Promise<Upload> {
  // Not by storage-js, which gives no stream that can be bounded.
  const response = await fetch(`${config.url}/storage/v1/object/authenticated/${uploadsBucket}/${path}`, {
    headers: {
      apikey: config.publishableKey,
      authorization: `Bearer ${caller.token}`,
      // The bytes as they are stored: a few compressed ones can stand for gigabytes.
      'accept-encoding': 'identity',
    },
  }).catch((cause: unknown) => {
    throw unavailable(cause);
  });
  if (!response.ok) {
    await response.body?.cancel();
    // Storage answers 400 for an object that is not there, or not the caller's.
    throw response.status < 500 ? noSuchUpload(rules) : unavailable(new Error(`Storage: ${response.status}`));
  }
  const announced = Number(response.headers.get('content-length'));
  const reading = { limit: rules.maxBytes, announced, hold, timeoutMs: TIMEOUT_MS };
  const bytes = await bytesOf(response.body, reading).catch((cause: unknown) => {
    throw cause instanceof ProblemError ? cause : unavailable(cause);
  });
  if (!bytes) {
    throw fieldProblem('media_too_large', rules.field, `A file has at most ${rules.maxBytes} bytes.`);
  }
  return { bytes, contentType: response.headers.get('content-type') ?? '' };
}

/** The answer for a path that is no upload of the caller. */
export function noSuchUpload({ bucket, field }: FileRules): ProblemError {
  const code = bucket === 'post-media' ? 'media_not_found' : 'picture_not_found';
  return fieldProblem(code, field, 'There is no such upload of yours: upload the file first.');
}

/** Removes uploads, as the caller. */
export async function removeUploads({ client }: Caller, paths: string[]): Promise<void> {
  const { error } = await client.storage.from(uploadsBucket).remove(paths);
  if (error) throw error;
}
