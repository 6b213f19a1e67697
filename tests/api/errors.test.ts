import { request as httpRequest } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { drain, readJson } from '../../supabase/functions/api/http/body.ts';
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

describe('every error is a problem of RFC 9457', () => {
  test.each<[what: string, path: string, status: number, code: string, call: Call]>([
    ['a path that leads nowhere', '/nowhere/', 404, 'route_not_found', {}],
    ['a path of Supabase', '/auth/v1/user', 404, 'route_not_found', {}],
    ['a path below a route', '/health/x/', 404, 'route_not_found', {}],
    ['a method that a path does not know', '/posts/', 405, 'method_not_allowed', { method: 'PUT' }],
    ['reading what can only be sent', '/auth/token/', 405, 'method_not_allowed', {}],
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
      'a body that is a text',
      '/auth/token/',
      415,
      'content_type_unsupported',
      raw('{}', { 'content-type': 'text/plain' }),
    ],
    [
      'a body of a megabyte and more',
      '/auth/token/',
      413,
      'request_too_large',
      raw(`"${'x'.repeat(1024 * 1024)}"`),
    ],
  ])('%s', async (_, path, status, code, request) => {
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

  test('405 says what would be allowed', async () => {
    const allowed = async (path: string, method: string) =>
      (await call(path, { method })).headers.get('allow');
    expect(await allowed('/posts/', 'PUT')).toBe('GET, HEAD, POST');
    expect(await allowed('/posts', 'DELETE')).toBe('GET, HEAD, POST');
    expect(await allowed('/posts/x/', 'POST')).toBe('GET, HEAD, PUT, PATCH, DELETE');
    expect(await allowed('/auth/register/', 'GET')).toBe('POST');
  });
});

describe('without a good token', () => {
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
  ])('(%s) everything that needs one answers 401', async (_, authorization, code) => {
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
      ['POST', '/auth/logout/'],
    ] as const) {
      const answer = await call(path, { method, headers });
      expect(answer, path).toMatchObject({ status: 401, json: { code } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test('a token with another signature or other claims is refused', async () => {
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

describe('a form', () => {
  test.each([
    [
      'without a boundary',
      formBody('x'),
      { 'content-type': 'multipart/form-data' },
      400,
      'malformed_multipart',
    ],
    ['that is cut off', formBody('x').slice(0, -10), form, 400, 'malformed_multipart'],
    ['that is empty', bytes(''), form, 400, 'malformed_multipart'],
    ['whose text is not UTF-8', formBody('\xff'), form, 400, 'invalid_encoding'],
    ['with a NUL', formBody('a\0b'), form, 400, 'invalid_character'],
    [
      'of the urlencoded kind that is not UTF-8',
      bytes('caption=\xff'),
      { 'content-type': 'application/x-www-form-urlencoded' },
      400,
      'invalid_encoding',
    ],
  ])('%s is refused', async (_, body, headers, status, code) => {
    const answer = await call('/posts/', { ...raw(body, headers), token: kai.token });
    expect(answer).toMatchObject({ status, json: { code } });
  });
});

describe('a large body is read to its end before it is refused', () => {
  const size = 101 * 1024 * 1024;
  test.each([
    ['too large, its length announced', () => ({ ...form, ...mine(), 'content-length': String(size) }), 413],
    ['too large, in chunks', () => ({ ...form, ...mine(), 'transfer-encoding': 'chunked' }), 413],
    ['without a token', () => ({ ...form, 'content-length': String(size) }), 401],
    [
      'of the wrong type',
      () => ({ ...mine(), 'content-type': 'text/plain', 'content-length': String(size) }),
      415,
    ],
  ])('%s', async (_, headers, status) => {
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

describe('a body that is broken off', () => {
  const brokenOff = () =>
    new Request('http://localhost/', {
      method: 'POST',
      headers: json,
      body: new ReadableStream({
        pull: (controller) => controller.error(new Error('The connection was closed')),
      }),
      ...{ duplex: 'half' },
    });

  test('is the fault of whoever sends it', async () => {
    const refusal = await readJson(brokenOff()).catch((reason: unknown) => reason);
    expect(refusal).toMatchObject({ problem: { status: 400, code: 'body_incomplete' } });
  });

  test('does no harm where nobody reads it', async () => {
    await expect(drain(brokenOff())).resolves.toBeUndefined();
  });
});
