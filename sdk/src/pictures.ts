import type { Context } from './context.ts';

/** Where a person's picture loads; the HTTP API's default one where none is set. */
export function pictureUrl({ url }: Context, bucket: 'avatars' | 'covers', path: string | null): string {
  return path === null
    ? `${url}/functions/v1/api/assets/default-${bucket.slice(0, -1)}.svg`
    : `${url}/storage/v1/object/public/${bucket}/${path}`;
}
