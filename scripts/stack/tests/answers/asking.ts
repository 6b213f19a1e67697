import { randomUUID } from 'node:crypto';
import { createClient, type Session, type SupabaseClient } from '@supabase/supabase-js';
import { SignJWT } from 'jose';
import postgres, { type Sql } from 'postgres';
import { afterAll, expect, inject } from 'vitest';

/** The stack that is asked. */
export const target = inject('target');

/** Long enough for the project, and the same for everybody. */
export const password = 'correct horse battery';

/** An address that nobody has, so that each test can run again on the same database. */
export const newEmail = () => `${randomUUID()}@example.com`;

/** A name that no row has, of letters and digits. */
export const newName = (prefix = 'n') => `${prefix}${randomUUID().replaceAll('-', '')}`;

/** A client of the stack: without a key it shows the publishable one; it keeps no session but its own. */
export function openClient(key = target.publishableKey): SupabaseClient {
  return createClient(target.url, key, { auth: { persistSession: false, autoRefreshToken: false } });
}

/** A client that shows the secret key: past row-level security. */
export const service = openClient(target.secretKey);

/** A client that nobody is signed in with. */
export const anonymous = openClient();

/** Someone with an account, and a client that is signed in with it. */
export interface Person {
  client: SupabaseClient;
  id: string;
  email: string;
  handle: string;
  session: Session;
  /** The access token, for requests past supabase-js. */
  token: string;
}

/** Signs somebody new up. Takes a tenth of a second, which a hash of a password needs: a few a file. */
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

/** Signs somebody in once more, as on another device. */
export async function signInAgain({ email }: { email: string }) {
  const client = openClient();
  const { data, error } = await client.auth.signInWithPassword({ email, password });
  if (error) throw error;
  return { client, session: data.session };
}

/** A request past supabase-js. */
export interface RawRequest extends Omit<RequestInit, 'headers'> {
  headers?: Record<string, string>;
  /** The API key: the publishable one unless given; null sends none. */
  key?: string | null;
  /** The token to show. */
  token?: string;
}

/** Sends what supabase-js would not. */
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
  await expect.poll(async () => (await service.rpc(name)).status, { timeout: 10_000 }).toBe(204);
  await sql.unsafe(`drop function public.${name}()`);
}

/** The data of an answer of supabase-js that must not be an error. */
export function dataOf<Answer extends { data: unknown; error: unknown }>(
  answer: Answer,
): NonNullable<Extract<Answer, { error: null }>['data']> {
  expect(answer.error).toBeNull();
  return answer.data as NonNullable<Extract<Answer, { error: null }>['data']>;
}
