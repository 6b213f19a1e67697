import { type Context, requireCaller } from './context.ts';
import { callApi } from './requests.ts';

/** What is no id names nothing; Postgres would call it malformed instead. */
export function isUuid(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}

/** A profile by user name, id or `me`, as the HTTP API gives it. */
export function readProfile<T>(context: Context, person: string, signal?: AbortSignal): Promise<T> {
  const path = `userprofiles/${encodeURIComponent(person.replace(/^@/, ''))}/`;
  return callApi<T>(context, { method: 'GET', path, signal });
}

/** The id of a person that an id, a user name or `me` names. Only a name costs a request. */
export async function personId(context: Context, person: string, signal?: AbortSignal): Promise<string> {
  if (isUuid(person)) return person;
  // No user name is that short.
  if (person === 'me') return (await requireCaller(context)).id;
  return (await readProfile<{ id: string }>(context, person, signal)).id;
}
