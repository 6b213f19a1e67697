import type { Config } from '../../supabase/functions/api/config.ts';
import { photo } from './files.ts';
import { type Answered, createChecker, type Document } from './openapi.ts';
import { objectsOf } from './owned.ts';
import type { Person } from './people.ts';
import { settings } from './settings.ts';
import { eventually } from './waiting.ts';

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
  await checkAnswer({ ...answer, method: request.method, path: url.slice(base.length), contentType });
  return answer;
}

/** Sends a request to the function as a user. */
export function callAs({ token }: Pick<Person, 'token'>, method: string, path: string, json?: unknown) {
  return call(path, { token, method, json });
}

/** A list of the function as a user reads it. */
export async function readList(person: Pick<Person, 'token'>, path: string) {
  const answer = await callAs(person, 'GET', path);
  if (answer.status !== 200) throw new Error(`GET ${path} answered ${JSON.stringify(answer.json)}`);
  return answer.json;
}

/** The ids of a list. */
export async function readIds(person: Pick<Person, 'token'>, path: string): Promise<string[]> {
  return (await readList(person, path)).map(({ id }: { id: string }) => id);
}

let document: Promise<Document> | undefined;

/** The OpenAPI document that the function serves. */
export function openApiDocument(): Promise<Document> {
  document ??= fetch(`${base}/openapi.json`).then((response) => response.json());
  return document;
}

let checker: ReturnType<typeof createChecker> | undefined;

/** Throws where an answer is not what the OpenAPI document says. */
async function checkAnswer(answer: Answered): Promise<void> {
  checker ??= createChecker(await openApiDocument());
  checker(answer);
}

/** Publishes a post as JSON and gives its JSON back. */
export async function publish(person: Person, fields: Record<string, unknown> = {}) {
  const answer = await call('/posts/', { token: person.token, json: { caption: 'A post', ...fields } });
  if (answer.status !== 201) throw new Error(`Publishing failed: ${JSON.stringify(answer.json)}`);
  return answer.json;
}

/** Comments on a post and gives the comment back. */
export async function comment(person: Pick<Person, 'token'>, post: string, fields: object = {}) {
  const answer = await callAs(person, 'POST', `/posts/${post}/comments/`, { text: 'A comment', ...fields });
  if (answer.status !== 201) throw new Error(`The comment was refused: ${JSON.stringify(answer.json)}`);
  return answer.json;
}

/** Likes a post. */
export const like = (person: Person, post: string) => callAs(person, 'PUT', `/posts/${post}/like/`);

/** Follows a user, or asks to. */
export const follow = (person: Person, { id }: Person) =>
  callAs(person, 'PUT', `/userprofiles/${id}/follow/`);

/** Blocks a user. */
export const block = (person: Person, { id }: Person) => callAs(person, 'PUT', `/userprofiles/${id}/block/`);

/** A form with text fields and files. */
export function formOf(fields: Record<string, string | string[]>, ...files: File[]): FormData {
  const form = new FormData();
  for (const [name, values] of Object.entries(fields))
    for (const value of [values].flat()) form.append(name, value);
  for (const file of files) form.append('media', file);
  return form;
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

/** Publishes a photo that no post shows yet, and waits until its upload is gone; gives its path in `post-media`. */
export async function publishLoose(person: Person): Promise<string> {
  const path = await uploadByUrl(person, photo());
  const answer = await call('/media/', { token: person.token, json: { path } });
  if (answer.status !== 201) throw new Error(`Publishing failed: ${JSON.stringify(answer.json)}`);
  // The function answers first.
  await eventually(async () => {
    if ((await objectsOf(person, 'uploads')).includes(path)) throw new Error(`${path} is still an upload`);
  });
  return answer.json.path;
}

/** Starts a sweep, with the secret key unless other headers are given. */
export function sweep(headers: Record<string, string> = { apikey: settings.secretKey }): Promise<Answer> {
  return call('/sweep/', { method: 'POST', headers });
}

/** The address of the next page, or null on the last. */
export function nextPage(answer: Answer): string | null {
  return /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
}
