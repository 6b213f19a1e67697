import { describe, expect, it } from 'vitest';
import { ann, own, raw, useStorageFixtures } from './fixtures.ts';

useStorageFixtures();

describe('a wrong request to Storage', () => {
  const post = (path: string, body: string) =>
    raw(path, { method: 'POST', as: ann, body, headers: { 'content-type': 'application/json' } });

  it.each(['{', '[]', 'null', '{}', '{"prefix":1}', '{"prefix":"","limit":0}', '{"prefix":"\\u0000"}'])(
    'answers the body %s with 400',
    async (body) => {
      const answer = await post(`object/list/${own}`, body);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ statusCode: '400', message: expect.any(String) });
    },
  );

  it('answers a path that cannot be decoded with 400', async () => {
    expect((await raw(`object/${own}/%E0%A4%A`, { as: ann })).status).toBe(400);
    expect((await raw(`object/public/%/x`, { as: null })).status).toBe(400);
  });

  it('answers an unknown route with 404', async () => {
    const answer = await raw('nothing/here', { as: ann });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      message: 'Route GET:/nothing/here not found',
      error: 'Not Found',
      statusCode: 404,
    });
  });

  it('refuses a request without a key as one with an empty token', async () => {
    const answer = await raw('bucket', { as: null });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ statusCode: '403', message: 'Invalid Compact JWS' });
    expect((await raw(`object/${own}/x`, { method: 'POST', as: null, body: 'x' })).status).toBe(400);
  });
});
