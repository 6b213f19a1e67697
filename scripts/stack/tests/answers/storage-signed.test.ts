import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, newName, openDatabase, type Person, raw, signUp, target } from './asking.ts';
import { png, pngBlob } from './files.ts';

const sql = openDatabase();
let ann: Person;
let bob: Person;
let path = '';
beforeAll(async () => {
  [ann, bob] = await Promise.all([signUp(), signUp()]);
  path = newPath();
  dataOf(await files().upload(path, png, { contentType: 'image/png' }));
});

const newPath = () => `${ann.id}/${newName()}.png`;
const files = () => ann.client.storage.from('files');
/** The address of Ann's file, signed for a minute. */
const sign = async () => dataOf(await files().createSignedUrl(path, 60)).signedUrl;

describe('a signed URL', () => {
  test('serves the file to anybody', async () => {
    const response = await fetch(await sign());
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(png);
  });

  test('serves the file as a download under a name', async () => {
    const { signedUrl } = dataOf(await files().createSignedUrl(path, 60, { download: 'name.png' }));
    const response = await fetch(signedUrl);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-disposition')).toMatch(/^attachment.*name\.png/);
  });

  test('serves the end of the file by a range', async () => {
    const response = await fetch(await sign(), { headers: { range: 'bytes=-5' } });
    const { length } = png;
    expect([response.status, response.headers.get('content-range')]).toEqual([
      206,
      `bytes ${length - 5}-${length - 1}/${length}`,
    ]);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(png.subarray(-5));
  });

  test('is refused for a file that the user may not see', async () => {
    const { error } = await anonymous.storage.from('files').createSignedUrl(path, 60);
    expect(error).toMatchObject({ status: 400, message: 'Object not found' });
    const missing = await bob.client.storage.from('small').createSignedUrl(newName(), 60);
    expect(missing.error).toMatchObject({ status: 400, message: 'Object not found' });
  });

  test('is made for many files at once, with an error for each missing file', async () => {
    const [found, missing] = dataOf(await files().createSignedUrls([path, 'none.png'], 60));
    expect(found).toMatchObject({ path, error: null });
    expect((await fetch(found?.signedUrl ?? '')).status).toBe(200);
    expect(missing).toMatchObject({ path: 'none.png', error: expect.any(String) });
    expect(missing?.signedUrl).toBeFalsy();
  });

  test('serves no other file', async () => {
    const other = newPath();
    dataOf(await files().upload(other, png));
    const address = await sign();
    for (const changed of [address.replace(path, other), address.replace('/files/', '/open/')]) {
      expect(changed).not.toBe(address);
      expect((await fetch(changed)).status).toBe(400);
    }
  });

  test('expires', async () => {
    const { signedUrl } = dataOf(await files().createSignedUrl(path, 1));
    await expect.poll(async () => (await fetch(signedUrl)).status).toBe(400);
    expect(await (await fetch(signedUrl)).json()).toMatchObject({
      error: 'InvalidJWT',
      message: expect.stringContaining('exp'),
    });
  });

  test('cannot be made from an access token', async () => {
    const response = await fetch(`${target.url}/storage/v1/object/sign/files/${path}?token=${ann.token}`);
    expect(response.status).toBe(400);
  });

  test('does not sign in to the Data API', async () => {
    const token = new URL(await sign()).searchParams.get('token') ?? '';
    const response = await raw('/rest/v1/rpc/request_context', { method: 'POST', token });
    if (response.ok) expect(await response.json()).toMatchObject({ role: 'anon', uid: null });
    else expect(response.status).toBe(401);
  });
});

describe('a signed upload URL', () => {
  test('stores a file from anybody for the user who signed', async () => {
    for (const body of [png, pngBlob()]) {
      const name = newPath();
      const signed = dataOf(await files().createSignedUploadUrl(name));
      expect(signed).toMatchObject({ path: name, token: expect.any(String) });
      const { error } = await anonymous.storage
        .from('files')
        .uploadToSignedUrl(name, signed.token, body, { contentType: 'image/png' });
      expect(error).toBeNull();
      const downloaded = dataOf(await files().download(name));
      expect([downloaded.size, downloaded.type]).toEqual([png.length, 'image/png']);
      const [row] = await sql`select owner_id from storage.objects where name = ${name}`;
      expect(row).toEqual({ owner_id: ann.id });
    }
  });

  test('is refused to users whom the policies do not allow to upload', async () => {
    const { error } = await bob.client.storage.from('pictures').createSignedUploadUrl(newPath());
    expect(error).toMatchObject({
      message: 'new row violates row-level security policy',
      statusCode: '403',
    });
  });

  test('refuses a file beyond the limit of the bucket', async () => {
    const small = ann.client.storage.from('small');
    const name = newPath();
    const { token } = dataOf(await small.createSignedUploadUrl(name));
    const { error } = await small.uploadToSignedUrl(name, token, Buffer.alloc(2_000));
    expect(error).toMatchObject({ statusCode: '413' });
  });

  test('refuses another file name', async () => {
    const { token } = dataOf(await files().createSignedUploadUrl(newPath()));
    const { error } = await anonymous.storage.from('files').uploadToSignedUrl(newPath(), token, png);
    expect(error?.status).toBe(400);
  });
});
