import { createNoctra, type Noctra, type NoctraOptions } from '../../sdk/src/index.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';

/** A user with an SDK client that is signed in. */
export interface SdkPerson extends Person {
  noctra: Noctra;
}

/** The id of nothing. */
export const nowhere = '01890000-0000-7000-8000-000000000000';

/** A Noctra of its own: nothing is shared with another one, and no timer outlives the test. */
export function openNoctra(options: NoctraOptions = {}, url = settings.url): Noctra {
  const auth = { persistSession: false, autoRefreshToken: false, ...options.auth };
  return createNoctra(url, settings.publishableKey, { ...options, auth });
}

/** Another Noctra that is signed in as the same person: through other options, or on another way. */
export async function reopen(
  person: SdkPerson,
  options: NoctraOptions = {},
  url = settings.url,
): Promise<Noctra> {
  const noctra = openNoctra(options, url);
  const { data, error } = await person.noctra.supabase.auth.getSession();
  if (error || !data.session) throw error;
  await noctra.supabase.auth.setSession(data.session);
  return noctra;
}

/** Signs a new user up, with an SDK client that is signed in as them. */
export async function newSdkPerson(options: NoctraOptions = {}): Promise<SdkPerson> {
  const person = await newPerson({ date_of_birth: '1990-05-17' });
  const noctra = openNoctra(options);
  await noctra.supabase.auth.setSession({ access_token: person.token, refresh_token: person.refreshToken });
  return { ...person, noctra };
}

/** A request that a client has made: its method, and its path under the project's URL. */
export type SeenRequest = `${string} ${string}`;

/** The `fetch` of the platform. It notes each request. */
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

/** The names of a user's objects: uploads, and files of posts. */
export async function filesOf(person: Pick<Person, 'id'>): Promise<string[]> {
  return [...(await objectsOf(person, 'uploads')), ...(await objectsOf(person))];
}
