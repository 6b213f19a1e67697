import { type Context, requireCaller } from './context.ts';
import { type NoctraError, refusal } from './errors.ts';
import { limits } from './limits.ts';
import { mediaTypeOf } from './media-types.ts';
import { callStorage } from './requests.ts';

/** The private bucket of the posts' files. */
export const mediaBucket = 'post-media';

/** A browser opens six connections to a host over HTTP/1.1: half of them, so that the app's own requests go through. */
const parallelUploads = 3;

/** A day, as long as an address of an object can be expected to be asked for again: objects never change. */
const cacheSeconds = 86_400;

/**
 * A file for a post: as it is, or with a text for those who cannot see it. In place of a file stands the `path`
 * that `noctra.media.upload` has given.
 *
 * @example
 * ```ts
 * const media: NewMedia[] = [input.files[0], { file: photo, alt_text: 'The sea at dusk' }];
 * ```
 */
export type NewMedia = Blob | string | Described;

interface Described {
  file: Blob | string;
  alt_text?: string | undefined;
}

/**
 * How far the files of one call have come, in bytes. It never goes back, also where a file is sent again.
 *
 * @example
 * ```ts
 * const on_progress = ({ loaded, total }: UploadProgress) => {
 *   bar.value = loaded / total;
 * };
 * ```
 */
export interface UploadProgress {
  /** Of all files together. */
  loaded: number;
  /** Of all files together. */
  total: number;
  /** The file that this is about; `index` is its place in what was given. */
  file: { index: number; loaded: number; total: number };
}

/** What an upload takes besides its files. */
export interface UploadOptions {
  /** Called again and again while bytes leave. */
  on_progress?: ((progress: UploadProgress) => void) | undefined;
  /** Stops the upload; what was stored is removed. */
  signal?: AbortSignal | undefined;
}

/** The objects of a post that does not exist yet. */
export interface Uploads {
  /** As the HTTP API takes them, in the order of the files. */
  media: { path: string; alt_text?: string | undefined }[];
  /** Removes what this call has stored, as far as no post claims it. */
  discard(): Promise<void>;
}

/** A file on its way. */
interface Upload {
  index: number;
  file: Blob;
  path: string;
  mime_type: string;
  /** Bytes that have left. */
  sent: number;
}

/**
 * Uploads all files, or none: when one fails, no other is begun and what was stored is removed.
 * Refuses what the server would refuse before a byte is sent.
 *
 * The names of the objects are made from the key. Where the app gave it, an object of that name may be an earlier
 * call's, with a post about to claim it; it is used, and left alone when this call fails.
 */
export async function uploadMedia(
  context: Context,
  given: readonly NewMedia[],
  { key, on_progress, signal }: UploadOptions & { key?: string | undefined },
): Promise<Uploads> {
  if (given.length > limits.media) {
    throw refusal('media_too_many', 422, `A post has at most ${limits.media} files.`, 'media');
  }
  const { id } = await requireCaller(context);
  const seed = key ?? randomKey();
  const uploads: Upload[] = [];
  const media = given.map((item, index) => {
    // Of a file that stands alone, and of a path, both are undefined.
    const { file = item as Blob | string, alt_text } = item as Partial<Described>;
    if (typeof file === 'string') return { path: file, alt_text };
    checkSize(file, limits.media_size, 'media');
    const [extension, mime_type] = mediaTypeOf(file);
    const path = `${id}/${objectId(seed, index, file)}.${extension}`;
    uploads.push({ index, file, path, mime_type, sent: 0 });
    return { path, alt_text };
  });

  const stored = new Set<string>();
  const discard = async () => {
    if (stored.size === 0) return;
    const body = { prefixes: [...stored] };
    // What stays behind, as when the connection is gone, is swept by the server within a day.
    await callStorage(context, { method: 'DELETE', path: mediaBucket, body }).catch(() => {});
  };
  const report = on_progress && progressOf(uploads, on_progress);
  const queue = uploads.values();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const upload of queue) {
      // What is under way when another file fails runs to its end: cut off, it might be stored after the removal.
      if (failures.length > 0) return;
      const { file, path, mime_type } = upload;
      // Noted before the answer: an upload whose answer is lost may yet have been stored.
      stored.add(path);
      // supabase-js's own upload takes no signal and tells no progress.
      await callStorage(context, {
        method: 'POST',
        path: `${mediaBucket}/${path}`,
        body: file,
        headers: { 'cache-control': `max-age=${cacheSeconds}`, 'content-type': mime_type },
        signal,
        onSent: report && ((bytes) => report(upload, bytes)),
        // The reason of an abort may be anything.
      }).catch((cause: NoctraError | null) => {
        if (cause?.status !== 409) failures.push(cause);
        // It is there already: by an earlier call with the key, or by a try whose answer was lost.
        else if (key !== undefined) stored.delete(path);
      });
      if (failures.length === 0) report?.(upload, file.size);
    }
  };
  await Promise.all(Array.from({ length: parallelUploads }, worker));
  if (failures.length > 0 || signal?.aborted) {
    await discard();
    throw failures[0] ?? signal?.reason;
  }
  return { media, discard };
}

/** A name for what is made once, however often it is asked for. `crypto.randomUUID` exists on https pages only. */
export function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}

/** Refuses what is too large, before a byte of it is sent. */
export function checkSize(file: Blob, most: number, field: string): void {
  if (file.size > most) throw refusal('media_too_large', 413, `A file has at most ${most} bytes.`, field);
}

/** Adds up what is told of single files. */
function progressOf(uploads: readonly Upload[], on_progress: (progress: UploadProgress) => void) {
  const total = uploads.reduce((sum, { file }) => sum + file.size, 0);
  let loaded = 0;
  return (upload: Upload, bytes: number) => {
    const { index, file } = upload;
    const more = Math.min(bytes, file.size) - upload.sent;
    // A file that is sent again catches up first.
    if (more <= 0) return;
    upload.sent += more;
    loaded += more;
    const progress = { loaded, total, file: { index, loaded: upload.sent, total: file.size } };
    // Apart from the upload: what a listener throws is the app's, as with every event.
    queueMicrotask(() => on_progress(progress));
  };
}

/**
 * A UUID for an object. The same key, place and file give the same one, so that a retry with an idempotency
 * key names the same objects, which is what makes it the same request. A hash in the way of FNV-1a: the platform's
 * own digest exists on https pages only, and nothing secret hangs on this.
 */
function objectId(key: string, index: number, file: Blob): string {
  const { name = '', lastModified = 0 } = file as Partial<File>;
  const text = JSON.stringify([key, index, name, file.type, file.size, lastModified]);
  const prime = (1n << 88n) + 0x13bn;
  let hash = 1n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * prime);
  }
  // Version 8: a UUID whose bits are the application's.
  return hash
    .toString(16)
    .padStart(32, '0')
    .replace(/(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-8$3-8$4-');
}
