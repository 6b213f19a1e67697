import type { Database } from '../database.types.ts';
import type { NoctraClient } from '../http/context.ts';
import { isUuid } from '../http/cursor.ts';
import { databaseProblem, type ProblemError, problem } from '../http/problem.ts';
import { pictureUrl } from '../http/urls.ts';
import { limits } from '../limits.ts';
import type { OwnProfile, Profile } from './profile-schemas.ts';
import { ageOn, roleDisplayName, today } from './profile-values.ts';

type ProfileRow = Database['public']['Tables']['profiles']['Row'];

/** The name by which someone asks for his own things. */
export const me = 'me';

const usernamePattern = new RegExp(`^[A-Za-z0-9_]{${limits.username_min},${limits.username_max}}$`);

/** The column that an id or a user name in a path is looked up by, or null where it can be neither. */
export function profileColumn(idOrUsername: string): 'id' | 'username' | null {
  if (isUuid(idOrUsername)) return 'id';
  return usernamePattern.test(idOrUsername) ? 'username' : null;
}

/** The 404 for a person. */
export function noSuchProfile(): ProblemError {
  return problem('profile_not_found', 'There is no such user.');
}

/** What answers a token whose user is gone: it outlives him by up to an hour. */
export function noSuchUser(): ProblemError {
  return problem('token_invalid', 'The user of this token does not exist any more.');
}

/** The id of a person, for filters: looked up only where a user name was given. */
export async function profileId(client: NoctraClient, idOrUsername: string): Promise<string> {
  const column = profileColumn(idOrUsername);
  if (column === null) throw noSuchProfile();
  if (column === 'id') return idOrUsername;
  const { data, error } = await client
    .from('profiles')
    .select('id')
    .eq('username', idOrUsername)
    .maybeSingle();
  if (error) throw databaseProblem(error);
  if (!data) throw noSuchProfile();
  return data.id;
}

/** What everybody sees of a profile. */
export function presentProfile(row: ProfileRow): Profile {
  return {
    id: row.id,
    username: row.username,
    bio: row.bio,
    playlist: row.playlist,
    profile_pic: row.avatar_path,
    profile_pic_url: pictureUrl('avatars', row.avatar_path),
    cover_pic: row.cover_path,
    cover_pic_url: pictureUrl('covers', row.cover_path),
    is_vip: row.is_vip,
    role: row.role,
    role_display_name: roleDisplayName(row.role),
    publicProfile: row.is_public,
    anonymous: row.is_anonymous,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

/** What the owner sees of his profile. */
export function presentOwnProfile(
  row: ProfileRow,
  email: string | null,
  dateOfBirth: string | null,
): OwnProfile {
  return {
    ...presentProfile(row),
    email,
    date_of_birth: dateOfBirth,
    age: dateOfBirth === null ? null : ageOn(dateOfBirth, today()),
  };
}
