import { beforeAll, describe, expect, it } from 'vitest';
import { ann, anonymous, bob, open, own, sql, textOf, useStorageFixtures } from './fixtures.ts';

useStorageFixtures();

describe('a signed URL', () => {
  const name = () => `${ann.id}/signed me.txt`;
  beforeAll(async () => {
    await ann.client.storage.from(own).upload(name(), 'signed');
  });

  const status = async (url: string | null | undefined) => (await fetch(url ?? '')).status;

  it('serves its object to anybody, and no other', async () => {
    const { data } = await ann.client.storage.from(own).createSignedUrl(name(), 60, { download: 'n.txt' });
    const url = data?.signedUrl ?? '';
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'signed']);
    expect(answer.headers.get('content-disposition')).toContain('filename=n.txt');
    expect(answer.headers.get('expires')).toMatch(/GMT$/);
    expect(await status(url.replace('signed%20me', 'replaced'))).toBe(400);
    expect(await status(url.replace(own, open))).toBe(400);
    expect(await status(url.slice(0, url.indexOf('?')))).toBe(400);
    expect(await status(`${url.slice(0, url.indexOf('='))}=${ann.token}`)).toBe(400);
  });

  it('is made by users who may read the object, for each of many objects', async () => {
    const bucket = ann.client.storage.from(own);
    expect((await bob.client.storage.from(own).createSignedUrl(name(), 60)).error).toMatchObject({
      message: 'Object not found',
      status: 400,
    });
    const { data } = await bucket.createSignedUrls([name(), 'none'], 60);
    expect(await status(data?.[0]?.signedUrl)).toBe(200);
    expect(data?.[1]).toMatchObject({ path: 'none', signedURL: null, error: expect.any(String) });
    expect((await bucket.createSignedUrl(name(), 0)).error).toMatchObject({ status: 400 });
  });

  it('stores for its signer what anybody uploads with it', async () => {
    const path = `${ann.id}/by url`;
    const { data } = await ann.client.storage.from(own).createSignedUploadUrl(path);
    const { token = '', signedUrl = '' } = data ?? {};
    const bucket = anonymous.storage.from(own);
    expect((await bucket.uploadToSignedUrl(path, token, new Blob(['sent']))).error).toBeNull();
    expect(await textOf(ann.client, own, path)).toBe('sent');
    const [row] = await sql`select owner_id from storage.objects where bucket_id = ${own} and name = ${path}`;
    expect(row?.owner_id).toBe(ann.id);

    // The token stores once, only this object, and does not read.
    expect((await bucket.uploadToSignedUrl(path, token, 'again')).error).toMatchObject({ statusCode: '409' });
    expect((await bucket.uploadToSignedUrl(`${path}2`, token, 'other')).error).toMatchObject({ status: 400 });
    expect(await status(signedUrl.replace('upload/sign', 'sign'))).toBe(400);
    const { data: download } = await ann.client.storage.from(own).createSignedUrl(path, 60);
    const readToken = new URL(download?.signedUrl ?? '').searchParams.get('token') ?? '';
    expect((await bucket.uploadToSignedUrl(path, readToken, 'x')).error).toMatchObject({ status: 400 });

    const { data: replacing } = await ann.client.storage
      .from(own)
      .createSignedUploadUrl(path, { upsert: true });
    expect((await bucket.uploadToSignedUrl(path, replacing?.token ?? '', 'new')).error).toBeNull();
    expect(await textOf(ann.client, own, path)).toBe('new');
  });
});
