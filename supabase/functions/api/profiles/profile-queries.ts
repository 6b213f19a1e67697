import type { Json } from '../database.types.ts';
import type { NoctraClient } from '../http/context.ts';
import { dataOf } from '../http/database.ts';
import type { OwnProfile } from './profile-schemas.ts';

/** A profile as get_profile gives it: the private fields are null but for the caller's own. */
export async function readProfile(client: NoctraClient, person = 'me'): Promise<OwnProfile> {
  return (await dataOf(client.rpc('get_profile', { person }, { get: true }))) as OwnProfile;
}

/** Edits the caller's profile in one transaction, and reads it. Columns that `changes` does not name stay unchanged. */
export async function updateProfile(
  client: NoctraClient,
  changes: Record<string, Json>,
): Promise<OwnProfile> {
  return (await dataOf(client.rpc('update_profile', { changes }))) as OwnProfile;
}
