import type { Context } from './handler.ts';
import { accessDenied, featureNotEnabled, StorageError } from './storage-error.ts';

/** `/bucket/:bucket/lifecycle`: as on a Supabase without object versions, refused by name. */
export async function lifecycle(): Promise<Response> {
  throw featureNotEnabled('versioning');
}

/** `DELETE /cdn/…`: there is no CDN to purge; the words are those of a Supabase that has none. */
export async function purgeCache({ identity }: Context): Promise<Response> {
  if (identity.role !== 'service_role') throw accessDenied('Access denied: Invalid role');
  throw new StorageError({
    status: 400,
    code: 'MissingParameter',
    message: 'Missing Required Parameter CDN_PURGE_ENDPOINT_URL is not set',
  });
}

/** Refuses to pick a version of an object where there is only the current one. */
export function refuseVersion(versionId: string | null | undefined): void {
  if (versionId !== null && versionId !== undefined) throw featureNotEnabled('versioning');
}
