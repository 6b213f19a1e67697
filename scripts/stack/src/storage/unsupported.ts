import type { Context } from './handler.ts';
import { accessDenied, featureNotEnabled, StorageError } from './storage-error.ts';

/** `/bucket/:bucket/lifecycle`: refused by name, as on a Supabase without object versions. */
export async function lifecycle(): Promise<Response> {
  throw featureNotEnabled('versioning');
}

/** `DELETE /cdn/…`: refused with the message of a Supabase without a CDN. */
export async function purgeCache({ identity }: Context): Promise<Response> {
  if (identity.role !== 'service_role') throw accessDenied('Access denied: Invalid role');
  throw new StorageError({
    status: 400,
    code: 'MissingParameter',
    message: 'Missing Required Parameter CDN_PURGE_ENDPOINT_URL is not set',
  });
}

/** Refuses a request for a version of an object: only the current version exists. */
export function refuseVersion(versionId: string | null | undefined): void {
  if (versionId !== null && versionId !== undefined) throw featureNotEnabled('versioning');
}
