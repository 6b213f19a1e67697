import { type Context, requireCaller } from './context.ts';
import { fromStorage, NoctraError } from './errors.ts';
import { limits } from './limits.ts';
import { type MediaType, mediaTypeOf } from './media-types.ts';
import { callerHeaders, callStorage } from './requests.ts';
import { withRetries } from './retries.ts';
import { transfer } from './transport.ts';

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
export type NewMedia = Blob | string | { file: Blob | string; alt_text?: string | undefined };

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

/** How the HTTP API takes a file of a post. */
type MediaReference = string | { path: string; alt_text: string };

/** The objects of a post that does not exist yet. */
export interface Uploads {
  /** In the order of the files. */
  media: MediaReference[];
  /** Removes what this call has stored, as far as no post claims it. */
  discard(): Promise<void>;
}

interface Upload extends MediaType {
  index: number;
  file: Blob;
  path: string;
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
  { key, isOwnKey, on_progress, signal }: UploadOptions & { key: string; isOwnKey: boolean },
): Promise<Uploads> {
  const items = given.map((item) => (typeof item === 'object' && 'file' in item ? item : { file: item }));
  checkFiles(items.flatMap(({ file }) => (typeof file === 'string' ? [] : [file])), items.length);
  const { id } = await requireCaller(context);
  const uploads = items.flatMap(({ file }, index): Upload[] => {
    if (typeof file === 'string') return [];
    const type = mediaTypeOf(file);
    return [{ ...type, index, file, path: `${id}/${objectId(key, index, file)}.${type.extension}` }];
  });

  const stored = new Set<string>();
  const discard = async () => {
    // What stays behind, as when the connection is gone, is swept by the server within a day.
    await removeObjects(context, [...stored]).catch(() => {});
  };
  const report = on_progress && progressOf(uploads, on_progress);
  const queue = uploads.values();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const upload of queue) {
      // What is under way when another file fails runs to its end: cut off, it might be stored after the removal.
      if (failures.length > 0) return;
      try {
        // Noted before the answer: an upload whose answer is lost may yet have been stored.
        stored.add(upload.path);
        const isNew = await putObject(context, upload, report && ((bytes) => report(upload, bytes)), signal);
        if (!isNew && !isOwnKey) stored.delete(upload.path);
        report?.(upload, upload.file.size);
      } catch (cause) {
        failures.push(cause);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelUploads, uploads.length) }, worker));
  if (failures.length > 0 || signal?.aborted) {
    await discard();
    throw failures[0] ?? signal?.reason;
  }
  const paths = new Map(uploads.map(({ index, path }) => [index, path]));
  const media = items.map(({ file, alt_text }: { file: Blob | string; alt_text?: string | undefined }, index) => {
    const path = paths.get(index) ?? String(file);
    return alt_text === undefined ? path : { path, alt_text };
  });
  return { media, discard };
}

/** Removes one's own objects that no post claims; the rest stays. What went, is answered. */
export async function removeObjects(
  context: Context,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  if (paths.length === 0) return [];
  const request = { method: 'DELETE', path: mediaBucket, body: { prefixes: paths }, signal } as const;
  const removed = await withRetries({ repeatable: true, signal }, () =>
    callStorage<{ name: string }[]>(context, request),
  );
  return removed.map(({ name }) => name);
}

/** A name for what is made once, however often it is asked for. `crypto.randomUUID` exists on https pages only. */
export function randomKey(): string {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(numbers, (number) => number.toString(36)).join('-');
}

function checkFiles(files: readonly Blob[], count: number): void {
  if (count > limits.media) {
    const message = `A post has at most ${limits.media} files.`;
    throw new NoctraError({ code: 'media_too_many', message, status: 422, field: 'media' });
  }
  if (files.some(({ size }) => size > limits.media_size)) {
    const message = `A file has at most ${limits.media_size} bytes.`;
    throw new NoctraError({ code: 'media_too_large', message, status: 413, field: 'media' });
  }
}

/** Adds up what is told of single files. */
function progressOf(uploads: readonly Upload[], on_progress: (progress: UploadProgress) => void) {
  const total = uploads.reduce((sum, { file }) => sum + file.size, 0);
  const sent = new Map<number, number>();
  let loaded = 0;
  return ({ index, file }: Upload, bytes: number) => {
    const before = sent.get(index) ?? 0;
    const now = Math.min(bytes, file.size);
    if (now <= before) return;
    sent.set(index, now);
    loaded += now - before;
    const progress = { loaded, total, file: { index, loaded: now, total: file.size } };
    // Apart from the upload: what a listener throws is the app's, as with every event.
    queueMicrotask(() => on_progress(progress));
  };
}

/**
 * A UUID for an object. The same key, place and file give the same one, so that a retry with an idempotency
 * key names the same objects, which is what makes it the same request. FNV-1a with 128 bits: the platform's
 * own digest exists on https pages only, and nothing secret hangs on this.
 */
function objectId(key: string, index: number, file: Blob): string {
  const { name = '', lastModified = 0 } = file as Partial<File>;
  const text = JSON.stringify([key, index, name, file.type, file.size, lastModified]);
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

/** Stores one object; false if it was there already. supabase-js's own upload takes no signal and tells no progress. */
async function putObject(
  context: Context,
  { file, path, mime_type }: Upload,
  onSent: ((bytes: number) => void) | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const url = `${context.url}/storage/v1/object/${mediaBucket}/${path}`;
  return withRetries({ repeatable: true, signal }, async () => {
    const headers = {
      ...(await callerHeaders(context)),
      'cache-control': `max-age=${cacheSeconds}`,
      'content-type': mime_type,
    };
    const answer = await transfer(context, { url, headers, file, onSent, signal });
    if (answer.status < 400) return true;
    const error = fromStorage(answer, 'media');
    if (error.status === 409) return false;
    throw error;
  });
}
