import { readFile } from 'node:fs/promises';
import { createClient } from '@supabase/supabase-js';
import { createNoctra, type Noctra, type NoctraOptions, type Result } from '../../sdk/src/index.ts';
import { settings } from '../settings.ts';

/** An account that a test has made, with an open Noctra that is signed in as it. */
export interface Person {
  noctra: Noctra;
  id: string;
  username: string;
  email: string;
  password: string;
}

/** A Noctra of its own: nothing is shared with another one, and no timer outlives the test. */
export function openNoctra(options: NoctraOptions = {}, url = settings.url): Noctra {
  const auth = { persistSession: false, autoRefreshToken: false, ...options.auth };
  return createNoctra(url, settings.publishableKey, { ...options, auth });
}

/** Another Noctra that is signed in as the same person: through other options, or on another way. */
export async function reopen(
  person: Person,
  options: NoctraOptions = {},
  url = settings.url,
): Promise<Noctra> {
  const noctra = openNoctra(options, url);
  const { data, error } = await person.noctra.supabase.auth.getSession();
  if (error || !data.session) throw error;
  await noctra.supabase.auth.setSession(data.session);
  return noctra;
}

/** Somebody with a name that nobody has. */
export async function newPerson(options: NoctraOptions = {}): Promise<Person> {
  const username = `sdk_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const person = { username, email: `${username}@example.com`, password: 'correct horse battery' };
  const { email, password } = person;
  // Auth lets no address register or sign in as often as tests do; the holder of the secret key speaks for others.
  const secret = createClient(settings.url, settings.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { headers: { 'Sb-Forwarded-For': `fd00::${username.slice(4, 8)}:${username.slice(8, 12)}` } },
  });
  const user_metadata = { username, date_of_birth: '1990-05-17' };
  const created = await secret.auth.admin.createUser({ email, password, user_metadata, email_confirm: true });
  if (created.error) throw created.error;
  const { data, error } = await secret.auth.signInWithPassword({ email, password });
  if (error) throw error;
  const noctra = openNoctra(options);
  await noctra.supabase.auth.setSession(data.session);
  return { noctra, id: data.user.id, ...person };
}

/** The photo of the fixtures, as a browser's file input would give it. */
export async function photo(name = 'photo.jpg', lastModified = Date.now()): Promise<File> {
  return new File([await readPhoto()], name, { type: 'image/jpeg', lastModified });
}

/** The photo's bytes. */
export async function readPhoto(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL('../fixtures/media/photo.jpg', import.meta.url)));
}

/** The data of a result; its error is thrown. */
export function dataOf<T>({ data, error }: Result<T>): T {
  if (error) throw error;
  return data;
}

/** What loading an address gives, as bytes. */
export async function load(url: string | null | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url ?? '');
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** A request that a client has made: its method, and its path under the project's URL. */
export type SeenRequest = `${string} ${string}`;

/** The platform's `fetch`, noting each request. */
export function recordingFetch(): { requests: SeenRequest[]; fetch: typeof fetch } {
  const requests: SeenRequest[] = [];
  return {
    requests,
    fetch: (input, init) => {
      const request = new Request(input, init);
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      return fetch(request);
    },
  };
}
