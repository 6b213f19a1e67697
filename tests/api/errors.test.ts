import { request as httpRequest } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { finishBody, readBody } from '../../supabase/functions/api/http/body.ts';
import { base, type Call, call } from '../kit/api.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';

let kai: Person;
beforeAll(async () => {
  kai = await newPerson();
});

const json = { 'content-type': 'application/json' };
const raw = (body: BodyInit, headers: Record<string, string> = json): Call => ({
  method: 'POST',
  body,
  headers,
});
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const formBody = (value: string) =>
  bytes(`--b\r\ncontent-disposition: form-data; name="caption"\r\n\r\n${value}\r\n--b--\r\n`);
const form = { 'content-type': 'multipart/form-data; boundary=b' };

describe('errors', () => {
  test.each<[what: string, path: string, status: number, code: string, call: Call]>([
    ['an unknown path', '/nowhere/', 404, 'route_not_found', {}],
    ['a path of Supabase', '/auth/v1/user', 404, 'route_not_found', {}],
    ['a path below a route', '/health/x/', 404, 'route_not_found', {}],
    ['a method that the path does not have', '/posts/', 405, 'method_not_allowed', { method: 'PUT' }],
    ['GET where there is only POST', '/auth/token/', 405, 'method_not_allowed', {}],
    ['half of JSON', '/auth/token/', 400, 'malformed_json', raw('{"username":')],
    ['an empty body', '/auth/token/', 400, 'malformed_json', raw('')],
    ['a JSON list', '/auth/token/', 400, 'malformed_json', raw('[]')],
    ['JSON null', '/auth/token/', 400, 'malformed_json', raw('null')],
    ['a million brackets', '/auth/token/', 400, 'malformed_json', raw('['.repeat(1_000_000))],
    ['JSON that is not UTF-8', '/auth/token/', 400, 'invalid_encoding', raw(bytes('{"username":"\xff"}'))],
    ['a NUL in a text', '/auth/token/', 400, 'invalid_character', raw('{"username":"\\u0000"}')],
    ['half a surrogate pair', '/auth/token/', 400, 'invalid_character', raw('{"username":"\\ud800"}')],
    ['a NUL in a name of a field', '/auth/token/', 400, 'invalid_character', raw('{"a":{"\\u0000":1}}')],
    ['a body without a type', '/auth/token/', 415, 'content_type_unsupported', raw(bytes('{}'), {})],
    [
      'a body of plain text',
      '/auth/token/',
      415,
      'content_type_unsupported',
      raw('{}', { 'content-type': 'text/plain' }),
    ],
    ['a body over a megabyte', '/auth/token/', 413, 'request_too_large', raw(`"${'x'.repeat(1024 * 1024)}"`)],
  ])('a problem of RFC 9457 answers %s', async (_, path, status, code, request) => {
    const answer = await call(path, request);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.json).toMatchObject({
      type: 'about:blank',
      title: expect.any(String),
      status,
      code,
      detail: expect.any(String),
    });
  });

  test('a 405 lists the allowed methods', async () => {
    const allowed = async (path: string, method: string) =>
      (await call(path, { method })).headers.get('allow');
    expect(await allowed('/posts/', 'PUT')).toBe('GET, HEAD, POST');
    expect(await allowed('/notifications/settings/', 'PUT')).toBe('GET, HEAD, PATCH');
    expect(await allowed('/posts', 'DELETE')).toBe('GET, HEAD, POST');
    expect(await allowed('/posts/x/', 'POST')).toBe('GET, HEAD, PUT, PATCH, DELETE');
    expect(await allowed('/auth/register/', 'GET')).toBe('POST');
  });
});

describe('tokens', () => {
  const nothing = Buffer.from('{}').toString('base64url');
  const claims = Buffer.from(
    JSON.stringify({ sub: 'x', role: 'authenticated', exp: 9_999_999_999 }),
  ).toString('base64url');
  const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  test.each([
    ['no header', undefined, 'not_signed_in'],
    ['an empty header', ' ', 'not_signed_in'],
    ['another scheme', 'Basic YTpi', 'token_invalid'],
    ['no token', 'Bearer', 'token_invalid'],
    ['nonsense', 'Bearer nonsense', 'token_invalid'],
    ['three nonsenses', 'Bearer a.b.c', 'token_invalid'],
    ['empty JSON', `Bearer ${nothing}.${nothing}.${nothing}`, 'token_invalid'],
    ['no signature', `Bearer ${unsigned}.${claims}.x`, 'token_invalid'],
    ['a key of the project', `Bearer ${settings.publishableKey}`, 'token_invalid'],
    ['the secret key', `Bearer ${settings.secretKey}`, 'token_invalid'],
    ['a very long text', `Bearer ${'a'.repeat(7000)}`, 'token_invalid'],
  ])('every endpoint for users answers 401 to %s', async (_, authorization, code) => {
    const headers = authorization === undefined ? {} : { authorization };
    for (const [method, path] of [
      ['GET', '/posts/'],
      ['POST', '/posts/'],
      ['GET', `/posts/${kai.id}/`],
      ['PATCH', `/posts/${kai.id}/`],
      ['DELETE', `/posts/${kai.id}/`],
      ['POST', '/uploads/'],
      ['GET', '/posts/user/me/'],
      ['GET', '/userprofiles/me/'],
      ['PATCH', '/userprofiles/me/'],
      ['DELETE', '/userprofiles/me/'],
      ['POST', '/auth/password/'],
      ['GET', `/userprofiles/${kai.id}/`],
      ['PUT', '/userprofiles/me/follow/'],
      ['DELETE', '/userprofiles/me/block/'],
      ['GET', '/feed/'],
      ['GET', '/saved/'],
      ['GET', '/notifications/'],
      ['POST', '/notifications/read/'],
      ['PATCH', '/notifications/settings/'],
      ['POST', '/reports/'],
      ['GET', '/reports/'],
      ['PUT', `/posts/${kai.id}/like/`],
      ['POST', `/posts/${kai.id}/comments/`],
      ['PATCH', `/comments/${kai.id}/`],
      ['GET', '/blocks/'],
      ['GET', '/search/posts/?q=x'],
      ['GET', '/tags/trending/'],
      ['POST', '/auth/logout/'],
    ] as const) {
      const answer = await call(path, { method, headers });
      expect(answer, path).toMatchObject({ status: 401, json: { code } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test('a token with changed claims or a changed signature is refused', async () => {
    const [header, payload, signature] = kai.token.split('.');
    const forged = Buffer.from(
      JSON.stringify({
        ...JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()),
        role: 'service_role',
      }),
    ).toString('base64url');
    const flipped = `${signature?.startsWith('A') ? 'B' : 'A'}${signature?.slice(1)}`;
    for (const token of [`${header}.${forged}.${signature}`, `${header}.${payload}.${flipped}`]) {
      expect(await call('/posts/', { token })).toMatchObject({
        status: 401,
        json: { code: 'token_invalid' },
      });
    }
  });
});

describe('forms', () => {
  test.each([
    [
      'a form without a boundary',
      formBody('x'),
      { 'content-type': 'multipart/form-data' },
      400,
      'malformed_multipart',
    ],
    ['a form that is cut off', formBody('x').slice(0, -10), form, 400, 'malformed_multipart'],
    ['an empty form', bytes(''), form, 400, 'malformed_multipart'],
    ['a form with text that is not UTF-8', formBody('\xff'), form, 400, 'invalid_encoding'],
    ['a form with a NUL', formBody('a\0b'), form, 400, 'invalid_character'],
    [
      'a urlencoded form that is not UTF-8',
      bytes('caption=\xff'),
      { 'content-type': 'application/x-www-form-urlencoded' },
      400,
      'invalid_encoding',
    ],
    [
      'a urlencoded form with encoded bytes that are not UTF-8',
      bytes('caption=50%&tags=%ff%fe'),
      { 'content-type': 'application/x-www-form-urlencoded' },
      400,
      'invalid_encoding',
    ],
    [
      'a urlencoded form with an empty visibility',
      bytes('caption=x&is_public='),
      { 'content-type': 'application/x-www-form-urlencoded' },
      422,
      'is_public_invalid',
    ],
  ])('%s is refused', async (_, body, headers, status, code) => {
    const answer = await call('/posts/', { ...raw(body, headers), token: kai.token });
    expect(answer).toMatchObject({ status, json: { code } });
  });
});

describe('large bodies', () => {
  const size = 101 * 1024 * 1024;
  test.each([
    [
      'that is too large, with its length',
      () => ({ ...form, ...mine(), 'content-length': String(size) }),
      413,
    ],
    ['that is too large, in chunks', () => ({ ...form, ...mine(), 'transfer-encoding': 'chunked' }), 413],
    ['without a token', () => ({ ...form, 'content-length': String(size) }), 401],
    [
      'of the wrong type',
      () => ({ ...mine(), 'content-type': 'text/plain', 'content-length': String(size) }),
      415,
    ],
  ])('a large body %s is read to its end before the answer', async (_, headers, status) => {
    expect(await sendLarge(headers(), size)).toEqual({ status, unsent: 0 });
  });

  const mine = () => ({ authorization: `Bearer ${kai.token}` });
});

/** Sends a body as fast as it is taken; tells how much of it was left when the answer came. */
function sendLarge(headers: Record<string, string>, size: number) {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  return new Promise<{ status: number | undefined; unsent: number }>((resolve, reject) => {
    const request = httpRequest(new URL(`${base}/posts/`), { method: 'POST', headers });
    let unsent = size;
    const write = () => {
      while (unsent > 0) {
        unsent -= chunk.length;
        if (!request.write(chunk)) return request.once('drain', write);
      }
      return request.end();
    };
    request.on('error', reject);
    request.on('response', (response) => {
      resolve({ status: response.statusCode, unsent });
      response.resume();
    });
    write();
  });
}

describe('a body that ends too early', () => {
  const brokenOff = () =>
    new Request('http://localhost/', {
      method: 'POST',
      headers: json,
      body: new ReadableStream({
        pull: (controller) => controller.error(new Error('The connection was closed')),
      }),
      ...{ duplex: 'half' },
    });

  test('an incomplete body is a 400', async () => {
    const refusal = await readBody(brokenOff()).catch((reason: unknown) => reason);
    expect(refusal).toMatchObject({ problem: { status: 400, code: 'body_incomplete' } });
  });

  test('an incomplete body that is not read does no harm', async () => {
    await expect(finishBody(brokenOff())).resolves.toBeUndefined();
  });
});
