import { randomUUID } from 'node:crypto';
import { createClient, type Session, type SupabaseClient } from '@supabase/supabase-js';
import { SignJWT } from 'jose';
import postgres, { type Sql } from 'postgres';
import { afterAll, expect, inject } from 'vitest';

/** The stack under test. */
export const target = inject('target');

/** The password of all users, long enough for the project. */
export const password = 'correct horse battery';

/** A new address, so that each test can run again on the same database. */
export const newEmail = () => `${randomUUID()}@example.com`;

/** A new name of letters and digits. */
export const newName = (prefix = 'n') => `${prefix}${randomUUID().replaceAll('-', '')}`;

/** A client of the stack with a session of its own; by default with the publishable key. */
export function openClient(key = target.publishableKey): SupabaseClient {
  return createClient(target.url, key, { auth: { persistSession: false, autoRefreshToken: false } });
}

/** A client with the secret key, which passes row-level security. */
export const service = openClient(target.secretKey);

/** A client without a user. */
export const anonymous = openClient();

/** A user with a client that is signed in. */
export interface Person {
  client: SupabaseClient;
  id: string;
  email: string;
  handle: string;
  session: Session;
  /** The access token, for requests without supabase-js. */
  token: string;
}

/** Signs a new user up. Takes a tenth of a second for the hash of the password, so use few per file. */
export async function signUp(metadata: Record<string, unknown> = {}): Promise<Person> {
  const client = openClient();
  const email = newEmail();
  const handle = newName();
  const options = { data: { handle, ...metadata } };
  const { data, error } = await client.auth.signUp({ email, password, options });
  if (error) throw error;
  if (!data.session) throw new Error('The project confirms e-mail addresses: it should not.');
  const { session } = data;
  return { client, id: session.user.id, email, handle, session, token: session.access_token };
}

/** Signs a user in again, as on another device. */
export async function signInAgain({ email }: { email: string }) {
  const client = openClient();
  const { data, error } = await client.auth.signInWithPassword({ email, password });
  if (error) throw error;
  return { client, session: data.session };
}

/** A request without supabase-js. */
export interface RawRequest extends Omit<RequestInit, 'headers'> {
  headers?: Record<string, string>;
  /** The API key: the publishable one unless given; null sends none. */
  key?: string | null;
  /** The access token to send. */
  token?: string;
}

/** Sends a request that supabase-js would not send. */
export function raw(path: string, { key, token, headers, ...rest }: RawRequest = {}): Promise<Response> {
  return fetch(target.url + path, {
    ...rest,
    headers: {
      ...(key === null ? {} : { apikey: key ?? target.publishableKey }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
  });
}

/** A token of HS256 with these claims, signed with the project's secret unless another is given. */
export async function signToken(claims: Record<string, unknown>, secret = target.jwtSecret): Promise<string> {
  const key = new TextEncoder().encode(secret);
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(key);
}

/** A connection to the database as the role postgres, closed when the file is done. */
export function openDatabase(): Sql {
  const sql = postgres(target.databaseUrl, { max: 1, onnotice: () => {} });
  afterAll(() => sql.end());
  return sql;
}

/**
 * Waits until the Data API knows the schema as it is now. It hears of changes in their order, and a moment after they
 * are committed.
 */
export async function schemaIsKnown(sql: Sql): Promise<void> {
  const name = newName('known');
  await sql.unsafe(`create function public.${name}() returns void language sql as ''`);
  await sql.unsafe(`grant execute on function public.${name}() to service_role`);
  await sql`notify pgrst, 'reload schema'`;
  await expect.poll(async () => (await service.rpc(name)).status).toBe(204);
  await sql.unsafe(`drop function public.${name}()`);
}

/** The data of an answer of supabase-js; fails the test for an error. */
export function dataOf<Answer extends { data: unknown; error: unknown }>(
  answer: Answer,
): NonNullable<Extract<Answer, { error: null }>['data']> {
  expect(answer.error).toBeNull();
  return answer.data as NonNullable<Extract<Answer, { error: null }>['data']>;
}
