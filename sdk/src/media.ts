import type { Context } from './context.ts';
import { callStorage } from './requests.ts';
import { attempt, type CallOptions, type Result } from './result.ts';
import { mediaBucket, type UploadOptions, uploadMedia } from './uploads.ts';

/** How long an address of a private file loads: a page is looked at for less, and a leaked one is not for long. */
const signedUrlSeconds = 3600;

/** What `media.sign` takes. */
export interface SignOptions extends CallOptions {
  /** Seconds that the addresses load for; default: an hour. */
  expires_in?: number | undefined;
}

/** Files of posts, apart from posts: `noctra.media`. `posts.create` and `posts.update` upload by themselves. */
export interface Media {
  /**
   * Uploads a file ahead of its post, as while its caption is written. The path then stands for the file in
   * `posts.create` and `posts.update`. A file that no post claims is swept within a day.
   *
   * Errors: `media_too_large`, `media_type_unsupported`, `not_signed_in`, `network_error`, `aborted`.
   *
   * @example
   * ```ts
   * const { data } = await noctra.media.upload(file, {
   *   on_progress: ({ loaded, total }) => (bar.value = loaded / total),
   * });
   * if (data) await noctra.posts.create({ caption, media: [{ file: data.path, alt_text }] });
   * ```
   */
  upload(file: Blob, options?: UploadOptions): Promise<Result<{ path: string }>>;

  /**
   * Addresses under which files load, in the order of the paths and in one request: for a post whose `url`s have
   * run out. Null for a file that is gone or that you may not see.
   *
   * Errors: `not_signed_in`, `network_error`, `aborted`.
   *
   * @example
   * ```ts
   * const { data: urls } = await noctra.media.sign(post.media.map(({ file }) => file));
   * ```
   */
  sign(paths: readonly string[], options?: SignOptions): Promise<Result<(string | null)[]>>;
}

/** Makes `noctra.media`. */
export function createMedia(context: Context): Media {
  return {
    upload: (file, options = {}) =>
      attempt(async () => {
        const { media } = await uploadMedia(context, [file], options);
        return { path: media[0]?.path ?? '' };
      }, options.signal),

    sign: (paths, options = {}) => attempt(() => signPaths(context, paths, options), options.signal),
  };
}

/** Signs all paths in one request. */
export async function signPaths(
  context: Context,
  paths: readonly string[],
  { expires_in = signedUrlSeconds, signal }: SignOptions = {},
): Promise<(string | null)[]> {
  if (paths.length === 0) return [];
  const body = { expiresIn: expires_in, paths };
  const request = { method: 'POST', path: `sign/${mediaBucket}`, body, signal } as const;
  const signed = await callStorage<{ signedURL: string | null }[]>(context, request);
  return signed.map(({ signedURL }) => signedURL && `${context.url}/storage/v1${signedURL}`);
}
