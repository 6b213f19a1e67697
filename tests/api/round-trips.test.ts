import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createApp } from '../../supabase/functions/api/app.ts';
import { call, callAs, config, formOf, publish } from '../kit/api.ts';
import { fixture } from '../kit/files.ts';
import { newPerson, type Person } from '../kit/people.ts';

// The function itself, in this process, so that its requests to Supabase can be counted.
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
async function requestsFor(path: string, json?: object, method = json ? 'POST' : 'GET'): Promise<string[]> {
  const spy = vi.spyOn(globalThis, 'fetch');
  const answer = await app.request(`/api${path}`, {
    method,
    headers: { authorization: `Bearer ${kai.token}`, 'content-type': 'application/json' },
    ...(json ? { body: JSON.stringify(json) } : {}),
  });
  expect(answer.ok).toBe(true);
  // An export sends its requests while it is read.
  await answer.text();
  const requests = spy.mock.calls.map(
    ([input, init]) => `${init?.method ?? 'GET'} ${new URL(String(input)).pathname}`,
  );
  spy.mockRestore();
  return requests;
}

describe('a page of posts', () => {
  const list = 'GET /rest/v1/rpc/list_posts';

  test('takes two requests while its files have no links yet', async () => {
    expect(await requestsFor('/posts/?owner=me')).toEqual([list, 'POST /storage/v1/object/sign/post-media']);
  });

  test('takes one request of any length', async () => {
    await requestsFor('/posts/?owner=me');
    for (const limit of [1, 2, 100])
      expect(await requestsFor(`/posts/?owner=me&limit=${limit}`)).toEqual([list]);
  });

  test('takes one request with reposts', async () => {
    const [first, second] = [await publish(kai), await publish(kai)];
    const person = await newPerson();
    for (const original_post of [first.id, second.id, first.id]) await publish(person, { original_post });
    expect(await requestsFor(`/posts/?owner=${person.id}`)).toEqual([list]);
  });

  test('takes one request with filters by id and by user name', async () => {
    await requestsFor('/posts/?owner=me');
    for (const path of [
      `/posts/?tag=a&mentions=${kai.id}&limit=1`,
      `/posts/?owner=${kai.username}&mentions=${kai.username}&limit=1`,
      `/posts/user/${kai.username}/?limit=1`,
    ])
      expect(await requestsFor(path)).toEqual([list]);
  });
});

test('one post takes one request', async () => {
  const { id } = await publish(kai);
  expect(await requestsFor(`/posts/${id}/`)).toEqual(['GET /rest/v1/rpc/get_post']);
});

test('publishing a post takes one request, which answers with the post', async () => {
  expect(await requestsFor('/posts/', { caption: `Hello @${kai.username} #sea` })).toEqual([
    'POST /rest/v1/rpc/create_post',
  ]);
});

test('a profile takes one request', async () => {
  for (const user of ['me', kai.id, kai.username])
    expect(await requestsFor(`/userprofiles/${user}/`)).toEqual(['GET /rest/v1/rpc/get_profile']);
});

test('lists of users and the home feed take one request', async () => {
  await requestsFor('/feed/');
  for (const [path, rpc] of [
    [`/userprofiles/${kai.username}/followers/`, 'list_followers'],
    ['/userprofiles/me/following/', 'list_following'],
    ['/follow-requests/', 'list_follow_requests'],
    ['/blocks/', 'list_blocks'],
    ['/mutes/', 'list_mutes'],
    ['/feed/', 'list_feed'],
  ] as const)
    expect(await requestsFor(path)).toEqual([`GET /rest/v1/rpc/${rpc}`]);
});

test('a search takes one request', async () => {
  for (const [path, rpc] of [
    ['/search/people/?q=kai', 'search_people'],
    ['/search/posts/?q=nothing', 'search_posts'],
    ['/search/tags/?q=a', 'search_tags'],
    ['/search/suggestions/?q=kai', 'suggest_people'],
    ['/tags/trending/', 'trending_tags'],
  ] as const)
    expect(await requestsFor(path)).toEqual([`POST /rest/v1/rpc/${rpc}`]);
});

test('an export takes a request for each page', async () => {
  const requests = await requestsFor('/userprofiles/me/export/');
  expect(requests[0]).toBe('POST /rest/v1/rpc/begin_export');
  const pages = requests.filter((request) => request === 'GET /rest/v1/rpc/export_section');
  expect(pages.length).toBeGreaterThan(10);
  // The others sign the files of a page.
  expect(requests.length - pages.length).toBeLessThanOrEqual(2);
});

test('PUT and DELETE take one request', async () => {
  const { id, username } = await newPerson();
  for (const [method, path, rpc] of [
    ['PUT', `/userprofiles/${id}/follow/`, 'follow_user'],
    ['DELETE', `/userprofiles/${username}/follow/`, 'unfollow_user'],
    ['PUT', `/userprofiles/${id}/mute/`, 'mute_user'],
    ['DELETE', `/userprofiles/${id}/mute/`, 'unmute_user'],
    ['DELETE', `/follow-requests/${id}/`, 'decline_follow_request'],
    ['DELETE', `/userprofiles/me/followers/${id}/`, 'remove_follower'],
    ['PUT', `/userprofiles/${id}/block/`, 'block_user'],
    ['DELETE', `/userprofiles/${id}/block/`, 'unblock_user'],
  ] as const)
    expect(await requestsFor(path, undefined, method)).toEqual([`POST /rest/v1/rpc/${rpc}`]);
});

test('reactions, comments and their lists take one request', async () => {
  const { id } = await publish(kai);
  const comment = await callAs(kai, 'POST', `/posts/${id}/comments/`, { text: 'First' });
  const path = `/comments/${comment.json.id}`;
  for (const [method, at, rpc, json] of [
    ['PUT', `/posts/${id}/like/`, 'POST like_post'],
    ['DELETE', `/posts/${id}/like/`, 'POST unlike_post'],
    ['PUT', `/posts/${id}/save/`, 'POST save_post'],
    ['GET', '/saved/', 'GET list_saved_posts'],
    ['DELETE', `/posts/${id}/save/`, 'POST unsave_post'],
    ['GET', `/posts/${id}/likes/`, 'GET list_likes'],
    ['GET', `/posts/${id}/reposts/`, 'GET list_reposts'],
    ['POST', `/posts/${id}/comments/`, 'POST create_comment', { text: `@${kai.username}` }],
    ['GET', `/posts/${id}/comments/`, 'GET list_comments'],
    ['GET', `${path}/`, 'GET get_comment'],
    ['GET', `${path}/replies/`, 'GET list_replies'],
    ['PUT', `${path}/like/`, 'POST like_comment'],
    ['GET', `${path}/likes/`, 'GET list_comment_likes'],
    ['DELETE', `${path}/like/`, 'POST unlike_comment'],
    ['PATCH', `${path}/`, 'POST update_comment', { text: 'Edited' }],
    ['DELETE', `${path}/`, 'POST delete_comment'],
  ] as const)
    expect(await requestsFor(at, json, method)).toEqual([rpc.replace(' ', ' /rest/v1/rpc/')]);
});

test('notifications and reports take one request', async () => {
  const { id } = await newPerson();
  for (const [method, at, rpc, json] of [
    ['GET', '/notifications/', 'GET list_notifications'],
    ['GET', '/notifications/unread/', 'GET count_unread_notifications'],
    ['POST', '/notifications/read/', 'POST mark_notifications_read', { up_to: id }],
    ['GET', '/notifications/settings/', 'GET get_notification_settings'],
    ['PATCH', '/notifications/settings/', 'POST update_notification_settings', { like: true }],
    ['POST', '/reports/', 'POST create_report', { user: id, reason: 'other' }],
  ] as const)
    expect(await requestsFor(at, json, method)).toEqual([rpc.replace(' ', ' /rest/v1/rpc/')]);
});

test('a sign-in by user name takes one request to the database before Auth, and none after', async () => {
  const { username, password } = kai;
  expect(await requestsFor('/auth/token/', { username, password })).toEqual([
    'POST /rest/v1/rpc/begin_sign_in',
    'POST /auth/v1/token',
  ]);
});
