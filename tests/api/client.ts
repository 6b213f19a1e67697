import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import type { Config } from '../../supabase/functions/api/config.ts';
import type { Database } from '../../supabase/functions/api/database.types.ts';
import { settings } from '../settings.ts';
import { createChecker, type Document } from './openapi.ts';

/** Where the function is, on every platform. */
export const base = `${settings.url}/functions/v1/api`;

/** The function's settings, for tests that run a part of it themselves. */
export const config: Config = {
  url: settings.url,
  publicUrl: settings.url,
  publishableKey: settings.publishableKey,
  secretKey: settings.secretKey,
  jwks: undefined,
};

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

/**
 * Sends a request to the function; a JSON or form body makes it a POST. Whatever the test is about, the answer has to be
 * one that the OpenAPI document describes.
 */
export async function call(
  path: string,
  { method, token, json, form, body, headers }: Call = {},
): Promise<Answer> {
  const payload = json === undefined ? (form ?? body) : JSON.stringify(json);
  const request = {
    method: method ?? (payload === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { body: payload }),
  };
  const url = path.startsWith('http') ? path : base + path;
  const response = await fetch(url, request);
  const contentType = response.headers.get('content-type') ?? '';
  const text = await response.text();
  const answer = {
    status: response.status,
    headers: response.headers,
    json: /[/+]json$/.test(contentType) ? JSON.parse(text) : text,
  };
  const checkAnswer = await checker;
  checkAnswer({ ...answer, method: request.method, path: url.slice(base.length), contentType });
  return answer;
}

/** The function's own document. */
export const openApiDocument: Promise<Document> = fetch(`${base}/openapi.json`).then((response) =>
  response.json(),
);

/** Holds every answer that a test sees against it. */
const checker = openApiDocument.then(createChecker);

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

/** A client of the project that acts as a person. */
export function clientOf(person: Person) {
  return createClient<Database>(settings.url, settings.publishableKey, {
    accessToken: async () => person.token,
  });
}

/** A client of the project past row-level security, as servers have it. */
export const secretClient = createClient<Database>(settings.url, settings.secretKey, {
  auth: { persistSession: false, autoRefreshToken: false },
});

// All tests come from one address, and register more people than any address should.
{
  const { error } = await secretClient
    .from('rate_limits')
    .update({ max_count: 1_000_000 })
    .in('action', ['register_address', 'sign_in_address']);
  if (error) throw error;
}

/** The names of the objects that a person has in a bucket. */
export async function objectsOf(
  { id }: Person,
  bucket: 'post-media' | 'avatars' | 'covers' = 'post-media',
): Promise<string[]> {
  const { data, error } = await secretClient.storage.from(bucket).list(id, { limit: 1000 });
  if (error) throw error;
  return data.map(({ name }) => `${id}/${name}`);
}

/** Uploads a file by a signed URL, as POST /uploads/ says; gives its path. */
export async function uploadByUrl(person: Person, file: File): Promise<string> {
  const json = { filename: file.name, content_type: file.type, size: file.size };
  const answer = await call('/uploads/', { token: person.token, json });
  if (answer.status !== 201) throw new Error(`No URL for the upload: ${JSON.stringify(answer.json)}`);
  const { url, method, headers, path } = answer.json;
  const upload = await fetch(url, { method, headers, body: await file.arrayBuffer() });
  if (!upload.ok) throw new Error(`The upload was refused: ${await upload.text()}`);
  return path;
}

/** What a link to a file answers. */
export async function load(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Waits until something that happens in the background has happened. */
export async function eventually(expectation: () => Promise<void>): Promise<void> {
  const until = performance.now() + 10_000;
  while (performance.now() < until) {
    const held = await expectation().then(
      () => true,
      () => false,
    );
    if (held) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await expectation();
}

/** The address of the next page, or null on the last. */
export function nextPage(answer: Answer): string | null {
  return /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
}
