import type { Context } from './context.ts';

/** Where a picture of a profile loads; the HTTP API's default of its kind where none is set. */
export function pictureUrl(context: Context, bucket: 'avatars' | 'covers', path: string | null): string {
  if (path !== null) return context.supabase.storage.from(bucket).getPublicUrl(path).data.publicUrl;
  return `${context.url}/functions/v1/api/assets/default-${bucket === 'avatars' ? 'avatar' : 'cover'}.svg`;
}
