import { type Context, requireCaller } from './context.ts';
import type { Database } from './database.types.ts';
import { refusal } from './errors.ts';
import { readData } from './requests.ts';

/** The columns that make a {@link Person}. */
const personColumns =
  'id,username,is_vip,role,bio,playlist,created_at,updated_at,profile_pic:avatar_path,cover_pic:cover_path,publicProfile:is_public,anonymous:is_anonymous';

/** What the database says of a person, with the fields of the HTTP API. */
export interface Person
  extends Pick<
    Database['public']['Tables']['profiles']['Row'],
    'id' | 'username' | 'bio' | 'playlist' | 'is_vip' | 'role' | 'created_at' | 'updated_at'
  > {
  /** The object's name in the bucket `avatars`. */
  profile_pic: string | null;
  /** The object's name in the bucket `covers`. */
  cover_pic: string | null;
  /** Whether others can see this person's posts. */
  publicProfile: boolean;
  /** A preference for clients; the server keeps it and does nothing with it. */
  anonymous: boolean;
}

/** What is no id names nothing; Postgres would call it malformed instead. */
export function isUuid(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}

/** A person by user name or id. */
export async function readPerson(context: Context, person: string, signal?: AbortSignal): Promise<Person> {
  const name = person.replace(/^@/, '');
  const column = isUuid(name) ? 'id' : 'username';
  const nobody = refusal('profile_not_found', 404, 'There is no such user.');
  // What is no user name either names nobody.
  if (!/^[\w-]{1,36}$/.test(name)) throw nobody;
  return readData(context, 'profiles', { select: personColumns, [column]: `eq.${name}` }, signal, nobody);
}

/** The id of a person that an id, a user name or `me` names. Only a name costs a request. */
export async function personId(context: Context, person: string, signal?: AbortSignal): Promise<string> {
  if (isUuid(person)) return person;
  // No user name is that short.
  if (person === 'me') return (await requireCaller(context)).id;
  return (await readPerson(context, person, signal)).id;
}
