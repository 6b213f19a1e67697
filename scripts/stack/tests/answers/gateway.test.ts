import { describe, expect, test } from 'vitest';
import { raw, target } from './asking.ts';

const browser = { origin: 'https://app.example.com' };

describe('a browser of another origin', () => {
  test.each([
    ['the Data API', '/rest/v1/articles', 'GET', 'apikey,authorization,x-custom'],
    [
      'Auth',
      '/auth/v1/token?grant_type=password',
      'POST',
      'apikey,authorization,content-type,x-client-info,x-supabase-api-version',
    ],
    ['Storage', '/storage/v1/object/files/x', 'POST', 'apikey,authorization,content-type,x-upsert'],
  ])('may call %s', async (_service, path, method, headers) => {
    const response = await raw(path, {
      method: 'OPTIONS',
      key: null,
      headers: {
        ...browser,
        'access-control-request-method': method,
        'access-control-request-headers': headers,
      },
    });
    expect([200, 204]).toContain(response.status);
    expect(['*', browser.origin]).toContain(response.headers.get('access-control-allow-origin'));
    const allowed = response.headers.get('access-control-allow-headers')?.toLowerCase() ?? '';
    for (const name of headers.split(',')) expect(allowed).toContain(name);
  });

  test('can read the number of rows from a header', async () => {
    const response = await raw('/rest/v1/articles?select=id', { headers: browser });
    expect(['*', browser.origin]).toContain(response.headers.get('access-control-allow-origin'));
    expect(response.headers.get('access-control-expose-headers')?.toLowerCase()).toContain('content-range');
  });
});

describe('the gateway', () => {
  test.each(['/rest/v1/articles?select=id', '/auth/v1/user', '/storage/v1/bucket'])(
    'refuses %s without a key',
    async (path) => {
      const response = await raw(path, { key: null });
      expect([400, 401]).toContain(response.status);
    },
  );

  test('answers 404 for an unknown path', async () => {
    const response = await fetch(`${target.url}/nothing/v1/here`);
    expect(response.status).toBe(404);
  });
});
