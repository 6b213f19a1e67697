import { beforeAll, expect, test, vi } from 'vitest';
import { createApp } from '../../supabase/functions/api/app.ts';
import { call, config, formOf, publish } from '../kit/api.ts';
import { fixture } from '../kit/files.ts';
import { newPerson, type Person } from '../kit/people.ts';

// The function itself, in this process, so that what it asks of Supabase can be counted.
const app = createApp(config);

let kai: Person;
beforeAll(async () => {
  kai = await newPerson();
  for (const name of ['photo.jpg', 'picture.png']) {
    const form = formOf({ caption: 'With files', tags: 'a,b', mentions: kai.username }, fixture(name, ''));
    await call('/posts/', { token: kai.token, form });
  }
  await publish(kai);
  // The project's public keys are fetched once for a process.
  await requestsFor('/userprofiles/me/');
});

/** The requests to Supabase that one request to the function takes. */
async function requestsFor(path: string): Promise<string[]> {
  const spy = vi.spyOn(globalThis, 'fetch');
  const answer = await app.request(`/api${path}`, { headers: { authorization: `Bearer ${kai.token}` } });
  expect(answer.status).toBe(200);
  const requests = spy.mock.calls.map(
    ([input, init]) => `${init?.method} ${new URL(String(input)).pathname}`,
  );
  spy.mockRestore();
  return requests;
}

test('a page of posts takes two requests, however many posts, files, tags and mentions', async () => {
  expect(await requestsFor('/posts/?owner=me')).toEqual([
    'GET /rest/v1/rpc/list_posts',
    'POST /storage/v1/object/sign/post-media',
  ]);
});

test('a page whose files have links already takes one, whatever its length', async () => {
  await requestsFor('/posts/?owner=me');
  for (const limit of [1, 2, 100])
    expect(await requestsFor(`/posts/?owner=me&limit=${limit}`)).toEqual(['GET /rest/v1/rpc/list_posts']);
});

test('so does one post', async () => {
  const { id } = await publish(kai);
  expect(await requestsFor(`/posts/${id}/`)).toEqual(['GET /rest/v1/posts']);
});

test('a page with posts that pass on others takes one more, however many', async () => {
  const [first, second] = [await publish(kai), await publish(kai)];
  const person = await newPerson();
  for (const original_post of [first.id, second.id, first.id]) await publish(person, { original_post });
  expect(await requestsFor(`/posts/?owner=${person.id}`)).toEqual([
    'GET /rest/v1/rpc/list_posts',
    'GET /rest/v1/posts',
  ]);
});

test('filters take no more', async () => {
  await requestsFor('/posts/?owner=me');
  expect(await requestsFor(`/posts/?tag=a&mentions=${kai.id}&limit=1`)).toEqual([
    'GET /rest/v1/rpc/list_posts',
  ]);
});

test('a page by user name takes one more, for the name', async () => {
  expect(await requestsFor(`/posts/user/${kai.username}/?limit=1`)).toEqual([
    'GET /rest/v1/profiles',
    'GET /rest/v1/rpc/list_posts',
  ]);
});

test('a profile takes one request, the private fields included', async () => {
  expect(await requestsFor('/userprofiles/me/')).toEqual(['GET /rest/v1/profiles']);
  expect(await requestsFor(`/userprofiles/${kai.username}/`)).toEqual(['GET /rest/v1/profiles']);
});
