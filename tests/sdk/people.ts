import { readFile } from 'node:fs/promises';
import { createNoctra, type Noctra, type NoctraOptions } from '../../sdk/src/index.ts';
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
export function openNoctra(options: NoctraOptions = {}): Noctra {
  const auth = { persistSession: false, autoRefreshToken: false, ...options.auth };
  return createNoctra(settings.url, settings.publishableKey, { ...options, auth });
}

/** Registers somebody with a name that nobody has. */
export async function registerPerson(options: NoctraOptions = {}): Promise<Person> {
  const noctra = openNoctra(options);
  const username = `sdk_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const person = { username, email: `${username}@example.com`, password: 'correct horse battery' };
  const { data, error } = await noctra.auth.register({ ...person, date_of_birth: '1990-05-17' });
  if (error) throw error;
  if (!data.session) throw new Error('The project under test confirms e-mail addresses: it should not.');
  return { noctra, id: data.session.user.id, ...person };
}

/** The photo of the fixtures, as a browser's file input would give it. */
export async function photo(name = 'photo.jpg', lastModified = Date.now()): Promise<File> {
  return new File([await readPhoto()], name, { type: 'image/jpeg', lastModified });
}

/** The photo's bytes. */
export async function readPhoto(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL('../fixtures/media/photo.jpg', import.meta.url)));
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
