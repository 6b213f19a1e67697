import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ann, anonymous, bob, open, own, raw, service, textOf, useStorageFixtures } from './fixtures.ts';

useStorageFixtures();

describe('a download', () => {
  const bytes = randomBytes(300_000);
  const path = `object/public/${open}/down/load.bin`;

  beforeAll(async () => {
    const options = { contentType: 'application/octet-stream', cacheControl: '3600' };
    await service.storage.from(open).upload('down/load.bin', bytes, options);
    await ann.client.storage.from(own).upload(`${ann.id}/private`, 'secret');
  });

  it('needs no key in a public bucket', async () => {
    const answer = await raw(path, { as: null });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': 'max-age=3600',
      'content-length': '300000',
      'content-type': 'application/octet-stream',
      'x-robots-tag': 'none',
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      'last-modified': expect.stringMatching(/GMT$/),
    });
    expect(bytes.equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
    expect((await raw(`object/${open}/down/load.bin`, { as: null })).status).toBe(200);
  });

  it('needs a policy that shows the object in a private bucket', async () => {
    const name = `${ann.id}/private`;
    expect(await textOf(ann.client, own, name)).toBe('secret');
    for (const client of [bob.client, anonymous]) {
      const { error } = await client.storage.from(own).download(name);
      expect(error).toMatchObject({ message: 'Object not found', status: 400, statusCode: '404' });
    }
    const hidden = { statusCode: '404', code: 'NoSuchBucket', error: 'Bucket not found' };
    for (const path of [`object/public/${own}/${name}`, `object/${own}/${name}`]) {
      const answer = await raw(path, { as: null });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject(hidden);
    }
    expect((await raw(`object/authenticated/${own}/${name}`, { as: null })).status).toBe(400);
    expect((await raw(`object/authenticated/${own}/${name}`, { as: ann })).status).toBe(200);
  });

  it.each([
    ['bytes=0-9', 206, 'bytes 0-9/300000', bytes.subarray(0, 10)],
    ['bytes=299990-', 206, 'bytes 299990-299999/300000', bytes.subarray(299_990)],
    ['Bytes=-5', 206, 'bytes 299995-299999/300000', bytes.subarray(299_995)],
    ['bytes=100000-999999', 206, 'bytes 100000-299999/300000', bytes.subarray(100_000)],
    ['bytes=300000-', 416, 'bytes */300000', null],
    ['bytes=5-2', 200, null, bytes],
    ['lines=1-2', 200, null, bytes],
  ])('answers Range: %s by %i', async (range, status, contentRange, expected) => {
    const answer = await raw(path, { headers: { range } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([status, contentRange]);
    const received = Buffer.from(await answer.arrayBuffer());
    if (expected) expect(expected.equals(received)).toBe(true);
  });

  it('answers 304 to a client that has the version', async () => {
    const { headers } = await raw(path);
    const etag = headers.get('etag') ?? '';
    const modified = headers.get('last-modified') ?? '';
    const status = async (conditions: Record<string, string>) =>
      (await raw(path, { headers: conditions })).status;
    expect(await status({ 'if-none-match': etag })).toBe(304);
    expect(await status({ 'if-none-match': `"other", W/${etag}` })).toBe(304);
    expect(await status({ 'if-none-match': '"other"', 'if-modified-since': modified })).toBe(200);
    expect(await status({ 'if-modified-since': modified })).toBe(304);
    expect(await status({ 'if-modified-since': 'Thu, 01 Jan 2015 00:00:00 GMT' })).toBe(200);
    expect(await status({ range: 'bytes=0-1', 'if-range': '"other"' })).toBe(200);
    expect(await status({ range: 'bytes=0-1', 'if-range': etag })).toBe(206);
  });

  it('answers HEAD with headers alone', async () => {
    const answer = await raw(path, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '300000']);
    expect((await raw(`object/public/${open}/none`, { method: 'HEAD' })).status).toBe(400);
  });

  it.each([
    ['', 'attachment;'],
    ['a.png', "attachment; filename=a.png; filename*=UTF-8''a.png"],
    ['it\'s "é".png', "attachment; filename=\"it's ___.png\"; filename*=UTF-8''it%27s%20%22%C3%A9%22.png"],
    [
      'a\r\nset-cookie: b',
      'attachment; filename="a__set-cookie: b"; filename*=UTF-8\'\'a%0D%0Aset-cookie%3A%20b',
    ],
  ])('answers ?download=%j with one safe header', async (name, expected) => {
    const answer = await raw(`${path}?download=${encodeURIComponent(name)}`, { method: 'HEAD' });
    expect(answer.headers.get('content-disposition')).toBe(expected);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('serves HTML as plain text, so that no page of a user runs', async () => {
    await service.storage.from(open).upload('page', '<script>', { contentType: 'text/html; charset=utf-8' });
    const answer = await raw(`object/public/${open}/page`);
    expect(answer.headers.get('content-type')).toBe('text/plain');
  });

  it('has a description', async () => {
    const bucket = ann.client.storage.from(own);
    await bucket.upload(`${ann.id}/described`, 'four', { metadata: { alt: 'x' }, upsert: true });
    expect((await bucket.info(`${ann.id}/described`)).data).toMatchObject({
      name: `${ann.id}/described`,
      bucketId: own,
      size: 4,
      contentType: 'text/plain;charset=UTF-8',
      cacheControl: 'max-age=3600',
      metadata: { alt: 'x' },
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect((await bucket.exists(`${ann.id}/described`)).data).toBe(true);
    expect((await bucket.exists(`${ann.id}/nothing`)).data).toBe(false);
    expect((await bob.client.storage.from(own).exists(`${ann.id}/described`)).data).toBe(false);
  });
});
