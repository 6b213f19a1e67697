import { describe, expect, test } from 'vitest';
import { createRedirects } from '../../src/auth/redirects.ts';

const { allows } = createRedirects('https://app.example.com', [
  'https://one.example.org/exact',
  'https://*.star.org',
  'https://deep.org/**',
  'https://x?.org/',
  'https://set[a-c].org/',
  'https://not[!a-c].org/',
  'https://{dev,test}.org/{in,out}/*',
  'https://literal.org/\\*',
  'com.my_app.example://**',
  'http://localhost:*/**',
]);

describe('the allow list of redirect addresses', () => {
  test.each([
    'https://app.example.com',
    'https://app.example.com/any/page?with=query#and',
    'https://APP.example.com/',
    'https://one.example.org/exact',
    'https://one.example.org/exact#fragment',
    'https://a.star.org',
    'https://deep.org/a/b.c/d?e=f',
    'https://xy.org/',
    'https://setb.org/',
    'https://notz.org/',
    'https://dev.org/in/x',
    'https://test.org/out/y',
    'https://literal.org/*',
    'com.my_app.example://callback?code=1',
    'http://localhost:8080/back',
    'http://127.0.0.1:9999/native',
    'http://[::1]:9999/native',
  ])('allows %s', (address) => {
    expect(allows(address)).toBe(true);
  });

  test.each([
    '',
    'https://app.example.com:8443/',
    'http://app.example.com/',
    'https://app.example.com.evil.net/',
    'https://app.example.com@evil.net/',
    'https://one.example.org/exact/more',
    'https://one.example.org/exact?query',
    'https://a.b.star.org',
    'https://evil.net/x.star.org',
    'https://xyz.org/',
    'https://setd.org/',
    'https://nota.org/',
    'https://prod.org/in/x',
    'https://dev.org/in/x/y',
    'https://literal.org/x',
    'com_my_app.example://callback',
    'http://10.0.0.1/',
    'http://167772161/',
    'http://0x0a000001/',
    '\thttps://deep.org/a',
    'https://deep.org/a b',
    'https:/\\evil.net/',
    'https://deep.org\\@evil.net/',
    'javascript:alert(1)//https://deep.org/a',
    '//evil.net/',
    '/relative',
  ])('refuses %j', (address) => {
    expect(allows(address)).toBe(false);
  });
});
