import { expect, test } from 'vitest';
import { base, call, openApiDocument } from '../kit/api.ts';
import { newPerson } from '../kit/people.ts';

test('health lists its dependencies', async () => {
  expect(await call('/health/')).toMatchObject({
    status: 200,
    json: { status: 'ok', dependencies: { database: 'ok', auth: 'ok', storage: 'ok' } },
  });
});

test('every path works with and without a slash at its end', async () => {
  const { token } = await newPerson();
  for (const path of ['/health', '/posts', '/userprofiles/me']) {
    expect((await call(path, { token })).status).toBe(200);
    expect((await call(`${path}/`, { token })).status).toBe(200);
  }
});

test('HEAD answers as GET without a body', async () => {
  const response = await fetch(`${base}/health/`, { method: 'HEAD' });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe('');
});

test('browsers may call from any origin', async () => {
  const response = await fetch(`${base}/posts/`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  });
  expect(response.status).toBe(204);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(response.headers.get('access-control-allow-headers')).toBe(
    'authorization,content-type,idempotency-key',
  );
  expect(response.headers.get('access-control-allow-methods')).toContain('DELETE');
});

test('the OpenAPI document describes every endpoint, and each of its references exists', async () => {
  const json = await openApiDocument();
  expect(json.openapi).toBe('3.1.0');
  const endpoints = Object.entries<object>(json.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(endpoints.sort()).toEqual([
    'DELETE /comments/{id}',
    'DELETE /comments/{id}/like',
    'DELETE /follow-requests/{user}',
    'DELETE /posts/{id}',
    'DELETE /posts/{id}/like',
    'DELETE /posts/{id}/save',
    'DELETE /uploads',
    'DELETE /userprofiles/me',
    'DELETE /userprofiles/me/followers/{user}',
    'DELETE /userprofiles/{user}/block',
    'DELETE /userprofiles/{user}/follow',
    'DELETE /userprofiles/{user}/mute',
    'GET /blocks',
    'GET /comments/{id}',
    'GET /comments/{id}/likes',
    'GET /comments/{id}/replies',
    'GET /feed',
    'GET /follow-requests',
    'GET /health',
    'GET /mutes',
    'GET /notifications',
    'GET /notifications/settings',
    'GET /notifications/unread',
    'GET /posts',
    'GET /posts/user/{user}',
    'GET /posts/{id}',
    'GET /posts/{id}/comments',
    'GET /posts/{id}/likes',
    'GET /posts/{id}/reposts',
    'GET /reports',
    'GET /saved',
    'GET /search/people',
    'GET /search/posts',
    'GET /search/suggestions',
    'GET /search/tags',
    'GET /tags/trending',
    'GET /userprofiles/me',
    'GET /userprofiles/me/export',
    'GET /userprofiles/{user}',
    'GET /userprofiles/{user}/followers',
    'GET /userprofiles/{user}/following',
    'PATCH /comments/{id}',
    'PATCH /notifications/settings',
    'PATCH /posts/{id}',
    'PATCH /reports/{id}',
    'PATCH /userprofiles/me',
    'POST /auth/logout',
    'POST /auth/password',
    'POST /auth/password/reset',
    'POST /auth/password/reset/confirm',
    'POST /auth/register',
    'POST /auth/token',
    'POST /auth/token/refresh',
    'POST /media',
    'POST /notifications/read',
    'POST /posts',
    'POST /posts/{id}/comments',
    'POST /reports',
    'POST /sweep',
    'POST /uploads',
    'PUT /comments/{id}/like',
    'PUT /follow-requests/{user}',
    'PUT /posts/{id}/like',
    'PUT /posts/{id}/save',
    'PUT /userprofiles/{user}/block',
    'PUT /userprofiles/{user}/follow',
    'PUT /userprofiles/{user}/mute',
  ]);
  const references = [...JSON.stringify(json).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name,
  );
  expect(references.length).toBeGreaterThan(0);
  for (const name of references) expect(Object.keys(json.components.schemas)).toContain(name);
});

test.each(['', '/'])('the root %j lists every endpoint of the document with its summary', async (path) => {
  const response = await fetch(base + path);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  const { document, endpoints } = await response.json();
  expect(endpoints).toContainEqual({ endpoint: 'POST /posts/', summary: expect.stringMatching(/\w/) });
  const json = await openApiDocument();
  expect(await (await fetch(document)).json()).toEqual(json);
  expect(endpoints.length).toBe(Object.values(json.paths).flatMap(Object.keys).length);
});
