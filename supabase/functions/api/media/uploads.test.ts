import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Config } from '../config.ts';
import type { Caller } from '../http/context.ts';
import { memoryHold } from '../http/memory.ts';
import { ProblemError } from '../http/problem.ts';
import { postMedia, profilePicture } from './inspect.ts';
import { readUpload } from './uploads.ts';

const config: Config = {
  url: 'http://storage',
  publicUrl: null,
  publishableKey: 'publishable',
  secretKey: 'secret',
  jwks: undefined,
};
const caller = { id: 'someone', token: 'a token' } as Caller;

afterEach(() => vi.unstubAllGlobals());

/** Reads an upload that Storage answers with; gives the upload, or the code of the problem. */
async function readAnswer(answer: () => Promise<Response>, rules = postMedia) {
  const fetch = vi.fn(answer);
  vi.stubGlobal('fetch', fetch);
  const hold = memoryHold();
  const result = await readUpload(config, caller, 'someone/file', rules, hold).catch((error: unknown) =>
    error instanceof ProblemError ? error.problem.code : error,
  );
  hold.release();
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
  test('reads as the caller, and the bytes as they are stored', async () => {
    const answer = async () => new Response('bytes', { headers: { 'content-type': 'image/jpeg' } });
    const { result, fetch } = await readAnswer(answer);
    expect(result).toEqual({ bytes: new TextEncoder().encode('bytes'), contentType: 'image/jpeg' });
    expect(fetch).toHaveBeenCalledWith(
      'http://storage/storage/v1/object/authenticated/uploads/someone/file',
      {
        headers: { apikey: 'publishable', authorization: 'Bearer a token', 'accept-encoding': 'identity' },
      },
    );
  });

  test.each<[what: string, code: string, answer: () => Promise<Response>]>([
    ['has too many bytes', 'media_too_large', async () => new Response(chunked(postMedia.maxBytes + 1))],
    [
      'announces too many bytes',
      'media_too_large',
      async () => new Response('x', { headers: { 'content-length': String(postMedia.maxBytes + 1) } }),
    ],
    ['is not there', 'media_not_found', async () => new Response('{}', { status: 400 })],
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
    expect((await readAnswer(missing, profilePicture)).result).toBe('picture_not_found');
  });
});
