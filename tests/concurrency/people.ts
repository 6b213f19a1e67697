import { randomUUID } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import bcrypt from 'bcryptjs';
import type { Database } from '../../sdk/src/database.types.ts';
import { settings } from '../settings.ts';

/** A client of the project, with its types. */
export type Client = SupabaseClient<Database>;

/** Somebody who is signed in. */
export interface Person {
  id: string;
  username: string;
  token: string;
  /** Acts as the person. */
  client: Client;
}

const auth = { persistSession: false, autoRefreshToken: false };

/** A client past row-level security, as servers have it. */
export const secretClient: Client = createClient(settings.url, settings.secretKey, { auth });

/** A client that nobody is signed in to. */
export function nobody(): Client {
  return createClient(settings.url, settings.publishableKey, { auth });
}

/** A user name that nobody has. */
export function newUsername(): string {
  return `c_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

const password = 'correct horse battery';
// The cheapest hash there is: these tests need many people, and are not about passwords.
const passwordHash = bcrypt.hashSync(password, 4);

/** As many people as are wanted, with names that nobody has. */
export function newPeople(count: number): Promise<Person[]> {
  return Promise.all(Array.from({ length: count }, newPerson));
}

async function newPerson(): Promise<Person> {
  const username = newUsername();
  const email = `${username}@example.com`;
  const created = await secretClient.auth.admin.createUser({
    email,
    password_hash: passwordHash,
    email_confirm: true,
    user_metadata: { username },
  });
  if (created.error) throw created.error;
  // Auth lets no address sign in as often as tests do; the holder of the secret key speaks for others.
  const signingIn = createClient(settings.url, settings.secretKey, {
    auth,
    global: { headers: { 'Sb-Forwarded-For': `fd00::${username.slice(2, 6)}:${username.slice(6, 10)}` } },
  });
  const { data, error } = await signingIn.auth.signInWithPassword({ email, password });
  if (error) throw error;
  const token = data.session.access_token;
  const client: Client = createClient(settings.url, settings.publishableKey, {
    accessToken: async () => token,
  });
  return { id: data.user.id, username, token, client };
}

/** Starts as many calls at once, and gives what came of them, in order. */
export function atOnce<T>(count: number, call: (place: number) => PromiseLike<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, place) => call(place)));
}

/** The data of an answer; its error is thrown, with all that it says. */
export function dataOf<T>({ data, error }: { data: T; error: unknown }): NonNullable<T> {
  if (error) throw new Error(JSON.stringify(error), { cause: error });
  return data as NonNullable<T>;
}

/** The items in an order of chance. */
export function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items];
  for (let place = order.length - 1; place > 0; place--) {
    const other = Math.floor(Math.random() * (place + 1));
    [order[place], order[other]] = [order[other] as T, order[place] as T];
  }
  return order;
}
