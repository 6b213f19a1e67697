import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Config } from '../config.ts';
import { newReservation } from '../http/memory.ts';
import { ProblemError } from '../http/problem.ts';
import { postMedia, profilePicture } from './inspect.ts';
import { readUpload, removeUploads } from './uploads.ts';

const config: Config = {
  url: 'http://storage',
  publicUrl: null,
  publishableKey: 'publishable',
  secretKey: 'secret',
  jwks: undefined,
};
const userId = '0b9cdd4e-6c12-4b6b-8d65-b5f3c6a1d2aa';
const path = `${userId}/f1c0e1a2-8c4e-4d3a-9b1f-2f6f0c8f4d11`;

afterEach(() => vi.unstubAllGlobals());

const codeOf = (error: unknown) => (error instanceof ProblemError ? error.problem.code : error);

/** Reads an upload that Storage answers with; gives the upload, or the code of the problem. */
async function readAnswer(answer: () => Promise<Response>, { rules = postMedia, name = path } = {}) {
  const fetch = vi.fn(answer);
  vi.stubGlobal('fetch', fetch);
  const reservation = newReservation();
  const result = await readUpload(config, userId, name, rules, reservation).catch(codeOf);
  reservation.release();
  return { result, fetch };
}

/** A body of so many bytes, of which no length is announced. */
const chunked = (length: number) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (let left = length; left > 0; left -= 2 ** 20)
        controller.enqueue(new Uint8Array(Math.min(left, 2 ** 20)));
      controller.close();
    },
  });

describe('readUpload', () => {
  test('reads with the secret key, and the bytes as they are stored', async () => {
    const answer = async () => new Response('bytes', { headers: { 'content-type': 'image/jpeg' } });
    const { result, fetch } = await readAnswer(answer);
    expect(result).toEqual({ bytes: new TextEncoder().encode('bytes'), contentType: 'image/jpeg' });
    expect(fetch).toHaveBeenCalledWith(`http://storage/storage/v1/object/authenticated/uploads/${path}`, {
      headers: { apikey: 'secret', authorization: 'Bearer secret', 'accept-encoding': 'identity' },
    });
  });

  test.each<[what: string, code: string, answer: () => Promise<Response>]>([
    ['has too many bytes', 'media_too_large', async () => new Response(chunked(postMedia.maxBytes + 1))],
    [
      'announces too many bytes',
      'media_too_large',
      async () => new Response('x', { headers: { 'content-length': String(postMedia.maxBytes + 1) } }),
    ],
    ['is not there', 'media_not_found', async () => new Response('{}', { status: 400 })],
    ['is refused to the secret key', 'service_unavailable', async () => new Response('{}', { status: 401 })],
    ['cannot be read now', 'service_unavailable', async () => new Response('{}', { status: 502 })],
    ['is out of reach', 'service_unavailable', () => Promise.reject(new TypeError('connection refused'))],
    [
      'breaks off',
      'service_unavailable',
      async () =>
        new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('cut')) })),
    ],
  ])('answers an upload that %s with %s', async (_, code, answer) => {
    expect((await readAnswer(answer)).result).toBe(code);
  });

  test('calls a missing picture a picture', async () => {
    const missing = async () => new Response('{}', { status: 400 });
    expect((await readAnswer(missing, { rules: profilePicture })).result).toBe('picture_not_found');
  });
});

describe('Storage, with the secret key,', () => {
  const otherId = '7d0f0c55-02f6-4f1f-9e0e-3c3f3a0f6f10';
  test.each([
    path.replace(userId, otherId),
    `${path}.jpg`,
    `${path}/`,
    `${path}\n`,
    `${path}?x`,
    `${path}#x`,
    `/${path}`,
    `//${path}`,
    path.toUpperCase(),
    userId,
    `${userId}/`,
    `${userId}/*`,
    `${userId}/../${path.replace(userId, otherId)}`,
    `${userId}/%2e%2e/${path.replace(userId, otherId)}`,
    `../post-media/${path}`,
    '',
  ])('is asked for nothing but an upload of the user: not for %j', async (name) => {
    const { result, fetch } = await readAnswer(async () => new Response('bytes'), { name });
    expect(result).toBe('media_not_found');
    expect(await removeUploads(config, userId, [path, name]).catch(codeOf)).toBe('media_not_found');
    expect(fetch).not.toHaveBeenCalled();
  });
});
