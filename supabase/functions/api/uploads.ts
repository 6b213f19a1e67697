import type { Caller } from './context.ts';
import { limits } from './limits.ts';
import { claimAgrees, detectMediaType, type MediaType } from './media.ts';
import type { Part } from './multipart.ts';
import { fieldProblem, internal, isAlreadyStored, ProblemError, storageProblem } from './problem.ts';

/** The bucket of posts' files. */
export const mediaBucket = 'post-media';

/** Uploads under way at once for one request: enough to hide the waiting, few enough not to crowd out other requests. */
const PARALLEL_UPLOADS = 4;

/** How much of a file is copied at a time on its way to Storage. */
const PIECE_BYTES = 256 * 1024;

/** A file that may be stored, with its name in the bucket. */
interface CheckedFile {
  path: string;
  type: MediaType;
  data: Uint8Array<ArrayBuffer>;
}

/** Files in the bucket that no post claims yet. */
export interface StoredFiles {
  paths: string[];
  /** Takes back what this request stored, after what went wrong; what a post claims by now Storage refuses to remove. */
  takeBack(reason: ProblemError): Promise<void>;
}

/** Stores the files of a request as the caller, all of them or none, each under what its bytes are. */
export async function storeFiles(
  caller: Caller,
  parts: readonly Part[],
  key: string | null,
): Promise<StoredFiles> {
  if (parts.length > limits.media) {
    throw fieldProblem('media_too_many', 'media', `A post takes at most ${limits.media} files.`);
  }
  const files = await Promise.all(parts.map((part, position) => checkFile(part, position, caller.id, key)));
  const bucket = caller.client.storage.from(mediaBucket);
  const attempted: string[] = [];

  const takeBack = async (reason: ProblemError) => {
    // Under a key the objects are those of every other try as well, which may succeed where this one broke down; a
    // refusal is the same for all of them.
    const triedAgain = key !== null && reason.problem.status >= 500;
    if (attempted.length === 0 || triedAgain) return;
    const { error } = await bucket.remove(attempted);
    // The sweep of unclaimed objects finds them within a day: the answer to the client does not change.
    if (error) console.error('Uploads of a refused post were not removed:', error.message);
  };

  const upload = async ({ path, type, data }: CheckedFile) => {
    attempted.push(path);
    const { error } = await bucket.upload(path, streamOf(data), { contentType: type.mimeType });
    if (error && key !== null && isAlreadyStored(error)) {
      // An earlier or a concurrent try with the same key stored the same bytes, and it alone may take them back.
      attempted.splice(attempted.indexOf(path), 1);
    } else if (error) throw storageProblem(error);
  };

  try {
    await forEachParallel(files, PARALLEL_UPLOADS, upload);
  } catch (error) {
    const reason = error instanceof ProblemError ? error : internal(error);
    await takeBack(reason);
    throw reason;
  }
  return { paths: files.map((file) => file.path), takeBack };
}

async function checkFile(
  part: Part,
  position: number,
  userId: string,
  key: string | null,
): Promise<CheckedFile> {
  const name = part.filename || `file ${position + 1}`;
  if (part.data.length > limits.media_size) {
    throw fieldProblem('media_too_large', 'media', `${name} is larger than ${limits.media_size} bytes.`);
  }
  const type = await detectMediaType(part.data);
  if (!type)
    throw fieldProblem('media_type_unsupported', 'media', `${name} is of a type that posts do not take.`);
  if (!claimAgrees(part.contentType, type)) {
    throw fieldProblem(
      'media_type_mismatch',
      'media',
      `${name} claims to be ${part.contentType} but is ${type.mimeType}.`,
    );
  }
  const id = key === null ? crypto.randomUUID() : await keyedId([userId, key, String(position)], part.data);
  return { path: `${userId}/${id}.${type.extension}`, type, data: part.data };
}

/**
 * The same UUID for the same bytes at the same place of the same request: a retry under its idempotency key then names
 * the objects of the first try, and create_post sees equal arguments. Version 8 of RFC 9562, made from SHA-256.
 */
async function keyedId(parts: readonly string[], data: Uint8Array<ArrayBuffer>): Promise<string> {
  const content = await sha256(data);
  const hex = await sha256(new TextEncoder().encode([...parts, content].join('\n')));
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

async function sha256(data: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Bytes as a stream: sent as they are, `fetch` would copy the whole file twice, out of a function's 256 MB. */
function streamOf(data: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= data.length) return controller.close();
      controller.enqueue(data.slice(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
    },
  });
}

/** Runs a task for every item, some at a time; after a failure none is begun, and all that were have ended. */
async function forEachParallel<T>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        await task(item);
      } catch (error) {
        left.length = 0;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, work));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
}
