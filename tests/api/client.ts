import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { createClient } from '@supabase/supabase-js';
import { settings } from '../settings.ts';

/** Where the function is, on every platform. */
export const base = `${settings.url}/functions/v1/api`;

/** What a request may carry. */
export interface Call {
  method?: string;
  token?: string;
  json?: unknown;
  form?: FormData;
  body?: BodyInit;
  headers?: Record<string, string>;
}

/** An answer, its body read. Tests look into the JSON freely: what is missing fails where it is expected. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the shape of the JSON is what the tests are about.
  json: any;
}

/** Sends a request to the function; a JSON or form body makes it a POST. */
export async function call(
  path: string,
  { method, token, json, form, body, headers }: Call = {},
): Promise<Answer> {
  const payload = json === undefined ? (form ?? body) : JSON.stringify(json);
  const response = await fetch(path.startsWith('http') ? path : base + path, {
    method: method ?? (payload === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const text = await response.text();
  const isJson = /[/+]json$/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, json: isJson ? JSON.parse(text) : text };
}

/** Somebody who has registered. */
export interface Person {
  id: string;
  username: string;
  email: string;
  password: string;
  token: string;
  refreshToken: string;
}

/** A user name that nobody has. */
export function newUsername(): string {
  return `t_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
}

/** Registers somebody new. */
export async function register(fields: Record<string, unknown> = {}): Promise<Person> {
  const username = newUsername();
  const account = { username, email: `${username}@example.com`, password: `password ${username}`, ...fields };
  const answer = await call('/auth/register/', { json: account });
  if (answer.status !== 201) throw new Error(`Registration failed: ${JSON.stringify(answer.json)}`);
  const { token, refresh_token: refreshToken, user_id: id } = answer.json;
  return { ...account, id, token, refreshToken };
}

/** Publishes a post as JSON and gives its JSON back. */
export async function publish(person: Person, fields: Record<string, unknown> = {}) {
  const answer = await call('/posts/', { token: person.token, json: { caption: 'A post', ...fields } });
  if (answer.status !== 201) throw new Error(`Publishing failed: ${JSON.stringify(answer.json)}`);
  return answer.json;
}

/** A form with text fields and files. */
export function formOf(fields: Record<string, string | string[]>, ...files: File[]): FormData {
  const form = new FormData();
  for (const [name, values] of Object.entries(fields))
    for (const value of [values].flat()) form.append(name, value);
  for (const file of files) form.append('media', file);
  return form;
}

/** The bytes of one of the sample files. */
export function fixtureBytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(fs.readFileSync(new URL(`../fixtures/media/${name}`, import.meta.url)));
}

/** One of the sample files, as a browser would send it. */
export function fixture(name: string, type: string): File {
  return new File([fixtureBytes(name)], name, { type });
}

/** The names of the objects that a person has in the bucket of posts' files. */
export async function objectsOf(person: Person): Promise<string[]> {
  const client = createClient(settings.url, settings.publishableKey, {
    accessToken: async () => person.token,
  });
  const { data, error } = await client.storage.from('post-media').list(person.id, { limit: 1000 });
  if (error) throw error;
  return data.map(({ name }) => `${person.id}/${name}`);
}

/** The address of the next page, or null on the last. */
export function nextPage(answer: Answer): string | null {
  return /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
}
