import { attemptAsCaller, type CallOptions, type Context, callApi, dataOf, type Result } from './calls.ts';
import { type NoctraError, refusal } from './errors.ts';
import { limits } from './limits.ts';
import { unavailable, withRetries } from './retries.ts';
import { sendFile } from './transport.ts';

/**
 * A file for a post: alone, or with a text for people who cannot see it. The `path` of `noctra.media.upload` may stand
 * for the file.
 *
 * @example
 * const media: NewMedia[] = [input.files[0], { file: photo, alt_text: 'The sea at dusk' }];
 */
export type NewMedia = Blob | string | DescribedMedia;

interface DescribedMedia {
  file: Blob | string;
  alt_text?: string | undefined;
}

/** The bytes of a call's files that were sent. The numbers never decrease, even if a file is sent again. */
export interface UploadProgress {
  /** Of all files together. */
  loaded: number;
  /** Of all files together. */
  total: number;
  /** The file that made progress; `index` is its place in the input. */
  file: { index: number; loaded: number; total: number };
}

/** The options of an upload. */
export interface UploadOptions extends CallOptions {
  /** Called while bytes leave. */
  on_progress?: ((progress: UploadProgress) => void) | undefined;
}

/** The options of `media.sign`. */
export interface SignOptions extends CallOptions {
  /** For how many seconds the URLs load; default: 3600. */
  expires_in?: number | undefined;
}

/** Files apart from their posts: `noctra.media`. `posts.create` and `posts.update` upload files themselves. */
export type Media = ReturnType<typeof createMedia>;

/** Makes `noctra.media`. */
export function createMedia(context: Context) {
  return {
    /**
     * Uploads a file before its post is made. The path then stands for the file in `posts.create` and `posts.update`.
     * Uploads that no post takes are removed after a day.
     *
     * @example
     * const { data } = await noctra.media.upload(file, {
     *   on_progress: ({ loaded, total }) => (bar.value = loaded / total),
     * });
     * if (data) await noctra.posts.create({ caption, media: [{ file: data.path, alt_text }] });
     */
    upload: (file: Blob, options: UploadOptions = {}): Promise<Result<{ path: string }>> =>
      attemptAsCaller(context, options.signal, (userId) =>
        withUploads(context, userId, [file], options, async ([media]) => ({ path: media?.path ?? '' })),
      ),

    /**
     * New URLs for files of posts (`media[].file`), in one request and in the order of the paths. Null for a file that
     * is gone or that you may not see.
     *
     * @example
     * const { data: urls } = await noctra.media.sign(post.media.map(({ file }) => file));
     */
    sign: (paths: readonly string[], options: SignOptions = {}): Promise<Result<(string | null)[]>> =>
      attemptAsCaller(context, options.signal, () => signPaths(context, paths, options)),
  };
}

/** Signs paths of the posts' bucket in one request: for an hour, longer than a page is looked at, short for a URL that leaks. */
export async function signPaths(
  { supabase }: Context,
  paths: readonly string[],
  { expires_in = 3600, signal }: SignOptions,
): Promise<(string | null)[]> {
  if (paths.length === 0) return [];
  const signed = await withRetries({ repeatOn: unavailable, signal }, async () =>
    dataOf(await supabase.storage.from('post-media').createSignedUrls([...paths], expires_in)),
  );
  return (signed ?? []).map(({ signedUrl }) => signedUrl);
}

/** Half of the connections that a browser opens to a host over HTTP/1.1: the app's own requests need some. */
const parallelUploads = 3;

/**
 * Uploads all files and runs `work` with their paths, in the order of the input. If a file or `work` fails, no further
 * upload begins and the uploads are removed.
 */
export async function withUploads<T>(
  context: Context,
  userId: string,
  given: readonly NewMedia[],
  { on_progress, signal }: UploadOptions,
  work: (uploads: UploadedMedia[]) => Promise<T>,
): Promise<T> {
  if (given.length > limits.media) {
    throw refusal('media_too_many', 422, `A post has at most ${limits.media} files.`, 'media');
  }
  const listenerOf = on_progress && progressOf(on_progress);
  const uploads: Upload[] = [];
  const media = given.map((item, index) => {
    // A file alone and a path have neither property.
    const { file = item as Blob | string, alt_text } = item as Partial<DescribedMedia>;
    if (typeof file === 'string') return { path: file, alt_text };
    checkSize(file, limits.media_size, 'media');
    const path = `${userId}/${randomId()}`;
    uploads.push({ file, path, onSent: listenerOf?.(index, file) });
    return { path, alt_text };
  });
  try {
    await uploadAll(context, uploads, signal);
    return await work(media);
  } catch (cause) {
    // Also uploads without an answer: they may be stored.
    await removeUploads(context, uploads);
    throw cause;
  }
}

/** Removes uploads. If that fails, the server removes them after a day. */
export async function removeUploads(context: Context, uploads: readonly UploadedMedia[]): Promise<void> {
  if (uploads.length === 0) return;
  const body = { paths: uploads.map(({ path }) => path) };
  await callApi(context, 'uploads/', { method: 'DELETE', body, repeatOn: [] }).catch(() => {});
}

/** A file of a post, as the HTTP API takes it. */
interface UploadedMedia {
  path: string;
  alt_text?: string | undefined;
}

/** A file on its way. */
interface Upload {
  file: Blob;
  path: string;
  /** Hears how many bytes have left. */
  onSent: ((bytes: number) => void) | undefined;
}

/** Uploads a few files at a time. */
async function uploadAll(
  context: Context,
  uploads: readonly Upload[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const queue = uploads.values();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const { file, path, onSent } of queue) {
      // Uploads under way run to their end: one that is cut off might be stored after the removal.
      if (failures.length > 0) return;
      const send = () => sendFile(context, `uploads/${path}`, file, signal, onSent);
      await withRetries({ repeatOn: unavailable, signal }, send).catch(
        (cause: Partial<NoctraError> | null) => {
          // The name is new: only an earlier try, whose answer was lost, can have stored an object under it.
          if (cause?.status !== 409) failures.push(cause);
        },
      );
      if (failures.length === 0) onSent?.(file.size);
    }
  };
  await Promise.all(Array.from({ length: parallelUploads }, worker));
  if (failures.length > 0) throw failures[0];
}

/** A random UUID. `crypto.randomUUID` exists on https pages only. */
export function randomId(): string {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  return hex.join('').replace(/(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-8$4-');
}

/** Refuses a file that is too large before a byte is sent. */
export function checkSize(file: Blob, most: number, field: string): void {
  if (file.size > most) throw refusal('media_too_large', 413, `The file has more than ${most} bytes.`, field);
}

/** Adds up the progress of files. Gives each file of the input a listener; all of them before the first byte leaves. */
function progressOf(on_progress: (progress: UploadProgress) => void) {
  let loaded = 0;
  let total = 0;
  return (index: number, { size }: Blob) => {
    let sent = 0;
    total += size;
    return (bytes: number) => {
      const more = Math.min(bytes, size) - sent;
      // A file that is sent again has to catch up first.
      if (more <= 0) return;
      sent += more;
      loaded += more;
      const progress = { loaded, total, file: { index, loaded: sent, total: size } };
      // Apart from the upload: an error of the listener is the app's.
      queueMicrotask(() => on_progress(progress));
    };
  };
}
