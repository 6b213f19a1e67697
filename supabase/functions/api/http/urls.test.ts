import { describe, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { clientAddress } from './clients.ts';
import { publicOrigin, splitUrl } from './urls.ts';

const configOf = (variables: Record<string, string>) =>
  readConfig(
    (name) => ({ SUPABASE_ANON_KEY: 'anon', SUPABASE_SERVICE_ROLE_KEY: 'service', ...variables })[name],
  );
const inside = configOf({ SUPABASE_URL: 'http://kong:8000' });
const originOf = (headers: Record<string, string>, config = inside) =>
  publicOrigin(config, new Headers(headers));

test('links have the host that the client used', () => {
  expect(originOf({ 'x-forwarded-host': '10.0.2.2:54321', 'x-forwarded-proto': 'http' })).toBe(
    'http://10.0.2.2:54321',
  );
});

test('a forwarded port completes a host without one', () => {
  const headers = {
    'x-forwarded-host': '127.0.0.1',
    'x-forwarded-port': '54321',
    'x-forwarded-proto': 'http',
  };
  expect(originOf(headers)).toBe('http://127.0.0.1:54321');
  expect(originOf({ ...headers, 'x-forwarded-port': '443', 'x-forwarded-proto': 'https' })).toBe(
    'https://127.0.0.1',
  );
});

test.each(['evil.example/path', 'a b', 'user@host', '', '"><script>'])(
  'the forwarded host "%s" is ignored',
  (host) => {
    expect(originOf({ 'x-forwarded-host': host })).toBe('http://kong:8000');
  },
);

test('a hosted project ignores forwarded hosts', () => {
  const hosted = configOf({ SUPABASE_URL: 'https://project.supabase.co/' });
  expect(originOf({ 'x-forwarded-host': 'elsewhere.example' }, hosted)).toBe('https://project.supabase.co');
});

test('keys are read in the newer form of the platform, or else in the older', () => {
  const config = configOf({
    SUPABASE_URL: 'http://localhost',
    SUPABASE_PUBLISHABLE_KEYS: '{"web":"sb_publishable_2","default":"sb_publishable_1"}',
  });
  expect(config).toMatchObject({ publishableKey: 'sb_publishable_1', secretKey: 'service' });
});

test('a function without its variables does not start', () => {
  expect(() => configOf({})).toThrow('SUPABASE_URL');
});

describe('the client’s address', () => {
  const hosted = configOf({ SUPABASE_URL: 'https://project.supabase.co' });
  const addressOf = (headers: Record<string, string>, config = inside) =>
    clientAddress(config, new Headers(headers));
  const chain = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' };

  test('is the one that the gateway of the project saw, not the one that the client sent', () => {
    expect(addressOf(chain)).toBe('203.0.113.9');
    expect(addressOf({ ...chain, 'cf-connecting-ip': '192.0.2.1' })).toBe('203.0.113.9');
  });

  test('comes from Cloudflare in a hosted project', () => {
    expect(addressOf({ ...chain, 'cf-connecting-ip': '2001:db8::1' }, hosted)).toBe('2001:db8::1');
    expect(addressOf(chain, hosted)).toBe('198.51.100.1');
  });

  test.each(['not an address', '', '1.2.3', '256.1.1.1', ':::::', '1.2.3.4:80', 'fe80::1%eth0'])(
    'is not "%s"',
    (address) => {
      expect(addressOf({ 'x-forwarded-for': address })).toBeNull();
    },
  );
});

test.each([
  ['http://127.0.0.1/api/posts/', '/api/posts/', ''],
  ['http://127.0.0.1/api/posts?tag=a?b&limit=1', '/api/posts', 'tag=a?b&limit=1'],
  ['http://evil.example:99999/api/mutes/?cursor=x', '/api/mutes/', 'cursor=x'],
])('%s has the path %s and the query "%s"', (url, path, query) => {
  expect(splitUrl(url)).toEqual({ path, query });
});
