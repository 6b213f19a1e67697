import { type Context, requireCaller } from './context.ts';
import { fromStorage, NoctraError, networkError, type StorageFailure } from './errors.ts';
import { limits } from './limits.ts';
import { type MediaType, mediaTypeOf } from './media-types.ts';

/** The private bucket of the posts' files. */
export const mediaBucket = 'post-media';

/** A browser opens six connections to a host over HTTP/1.1: half of them, so that the app's own requests go through. */
const parallelUploads = 3;

/** A day, as long as an address of an object can be expected to be asked for again: objects never change. */
const cacheSeconds = 86_400;

interface Upload extends MediaType {
  file: Blob;
  path: string;
}

/** The objects of a post that does not exist yet. */
export interface Uploads {
  /** Their names, in the order of the files. */
  paths: string[];
  /** Removes what this call has stored, as far as no post claims it. */
  discard(): Promise<void>;
}

/**
 * Uploads all files, or none: when one fails, no other is begun and what was stored is removed.
 * Refuses what the server would refuse before a byte is sent.
 */
export async function uploadMedia(
  context: Context,
  files: readonly Blob[],
  options: { idempotency_key?: string | undefined; signal?: AbortSignal | undefined },
): Promise<Uploads> {
  if (files.length === 0) return { paths: [], discard: async () => {} };
  checkFiles(files);
  const { id } = await requireCaller(context);
  const seed = options.idempotency_key ?? crypto.getRandomValues(new Uint32Array(4)).join();
  const uploads = files.map((file, index): Upload => {
    const type = mediaTypeOf(file);
    return { ...type, file, path: `${id}/${objectId(seed, index, file)}.${type.extension}` };
  });

  const stored = new Set<string>();
  const discard = async () => {
    if (stored.size === 0) return;
    const bucket = context.supabase.storage.from(mediaBucket);
    // What stays behind, as when the connection is gone, is swept by the server within a day.
    await bucket.remove([...stored]).catch(() => {});
  };
  const queue = uploads.values();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const upload of queue) {
      // What is under way when another file fails runs to its end: cut off, it might be stored after the removal.
      if (failures.length > 0) return;
      try {
        // Noted before the answer: an upload whose answer is lost may yet have been stored.
        stored.add(upload.path);
        // Under a name made from the idempotency key, it may be there from an earlier try: not this call's to remove.
        if (!(await putObject(context, upload, options.signal))) stored.delete(upload.path);
      } catch (cause) {
        failures.push(cause);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelUploads, uploads.length) }, worker));
  if (failures.length > 0 || options.signal?.aborted) {
    await discard();
    throw failures[0] ?? options.signal?.reason;
  }
  return { paths: uploads.map(({ path }) => path), discard };
}

function checkFiles(files: readonly Blob[]): void {
  if (files.length > limits.media) {
    const message = `A post has at most ${limits.media} files.`;
    throw new NoctraError({ code: 'media_too_many', message, status: 422, field: 'media' });
  }
  if (files.some(({ size }) => size > limits.media_size)) {
    const message = `A file has at most ${limits.media_size} bytes.`;
    throw new NoctraError({ code: 'media_too_large', message, status: 413, field: 'media' });
  }
}

/**
 * A UUID for an object. The same key, place and file give the same one, so that a retry with an idempotency
 * key names the same objects, which is what makes it the same request. FNV-1a with 128 bits: the platform's
 * own digest exists on https pages only, and nothing secret hangs on this.
 */
function objectId(seed: string, index: number, file: Blob): string {
  const { name = '', lastModified = 0 } = file as Partial<File>;
  const text = JSON.stringify([seed, index, name, file.type, file.size, lastModified]);
  let hash = 0x6c62272e07bb014262b821756295c58dn;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * 0x1000000000000000000013bn);
  }
  // Version 8: a UUID whose bits are the application's.
  return hash
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-8$3-8$4-$5');
}

/**
 * Stores one object; false if it was there already. supabase-js's own upload takes no signal, which is why
 * this request is made by hand. The token is asked for each time: many files may outlast one.
 */
async function putObject(
  context: Context,
  { file, path, mime_type }: Upload,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { access_token } = await requireCaller(context);
  const response = await context
    .fetch(`${context.url}/storage/v1/object/${mediaBucket}/${path}`, {
      method: 'POST',
      headers: {
        apikey: context.key,
        authorization: `Bearer ${access_token}`,
        'cache-control': `max-age=${cacheSeconds}`,
        'content-type': mime_type,
      },
      body: file,
      signal: signal ?? null,
    })
    .catch((cause) => {
      throw networkError(cause);
    });
  const body = await response.text();
  if (response.ok) return true;
  const answer = { message: `HTTP ${response.status}`, ...parseJson(body), status: response.status };
  const error = fromStorage(answer, 'media');
  if (error.status === 409) return false;
  throw error;
}

function parseJson(text: string): Partial<StorageFailure> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
