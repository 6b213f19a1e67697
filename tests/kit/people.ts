import { randomUUID } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { Database } from '../../sdk/src/database.types.ts';
import { settings } from './settings.ts';

/** A supabase-js client of the project, with its types. */
export type Client = SupabaseClient<Database>;

/** Address and keys of a Noctra. */
export interface Project {
  url: string;
  publishableKey: string;
  secretKey: string;
}

/** A user who is signed in. */
export interface Person {
  id: string;
  username: string;
  email: string;
  password: string;
  token: string;
  refreshToken: string;
  /** A client that acts as this user. */
  client: Client;
}

/** What a test may choose about a new user. */
export interface NewPerson {
  username?: string;
  email?: string;
  date_of_birth?: string | undefined;
}

/** Every test user has the same password. */
export const password = 'correct horse battery';
// bcrypt with cost 4, the least there is: a hash of the usual cost takes a tenth of a second.
const passwordHash = '$2b$04$atRA2kuwYmdo.YEdPwgIxu5CCPSn50CvPEYbIrSobdRQZ5C1Xoroq';

const auth = { persistSession: false, autoRefreshToken: false };

/** A client with the secret key: row-level security does not apply to it. */
export function secretClient({ url, secretKey }: Project = settings): Client {
  return createClient<Database>(url, secretKey, { auth });
}

/** A client that no user is signed in to. */
export function nobody({ url, publishableKey }: Project = settings): Client {
  return createClient<Database>(url, publishableKey, { auth });
}

/** A user name that is not taken. */
export function newUsername(): string {
  return `t_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
}

/** Signs a new user up and in: in the Noctra under test, or in another one. */
export async function newPerson(fields: NewPerson = {}, project: Project = settings): Promise<Person> {
  const username = fields.username ?? newUsername();
  const { email = `${username}@example.com`, date_of_birth } = fields;
  const created = await secretClient(project).auth.admin.createUser({
    email,
    password_hash: passwordHash,
    email_confirm: true,
    user_metadata: { username, ...(date_of_birth ? { date_of_birth } : {}) },
  });
  if (created.error) throw created.error;
  const { data, error } = await createClient(project.url, project.secretKey, {
    auth,
    // Auth limits sign-ins per address. The secret key may name the address of the client it speaks for.
    global: { headers: { 'Sb-Forwarded-For': anyAddress() } },
  }).auth.signInWithPassword({ email, password });
  if (error) throw error;
  const { access_token: token, refresh_token: refreshToken } = data.session;
  const client = clientWith(token, project);
  return { id: data.user.id, username, email, password, token, refreshToken, client };
}

/** Signs several new users up. */
export function newPeople(count: number): Promise<Person[]> {
  return Promise.all(Array.from({ length: count }, () => newPerson()));
}

/** A client that sends this access token. */
export function clientWith(
  token: string,
  { url, publishableKey }: Pick<Project, 'url' | 'publishableKey'> = settings,
  fetch = globalThis.fetch,
): Client {
  return createClient<Database>(url, publishableKey, { accessToken: async () => token, global: { fetch } });
}

function anyAddress(): string {
  const [, low, high] = randomUUID().split('-');
  return `fd00::${low}:${high}`;
}
