import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, newName, openClient, type Person, raw, signUp, target } from './asking.ts';
import { png } from './files.ts';

let ann: Person;
let path = '';
let address = '';
beforeAll(async () => {
  ann = await signUp();
  path = `${ann.id}/${newName()}.png`;
  dataOf(await ann.client.storage.from('files').upload(path, png, { contentType: 'image/png' }));
  const options = { contentType: 'image/png', cacheControl: '31536000' };
  dataOf(await ann.client.storage.from('open').upload(path, png, options));
  address = anonymous.storage.from('open').getPublicUrl(path).data.publicUrl;
});

describe('a private file', () => {
  test('can be downloaded by users whom the policies allow', async () => {
    const downloaded = dataOf(await ann.client.storage.from('files').download(path));
    expect([downloaded.size, downloaded.type]).toEqual([png.length, 'image/png']);
    expect(Buffer.from(await downloaded.arrayBuffer())).toEqual(png);
  });

  test('can be downloaded as a stream', async () => {
    const { data, error } = await ann.client.storage.from('files').download(path).asStream();
    expect(error).toBeNull();
    expect(Buffer.from(await new Response(data).arrayBuffer())).toEqual(png);
  });

  test('is hidden from requests without a token', async () => {
    const { data, error } = await anonymous.storage.from('files').download(path);
    expect(data).toBeNull();
    expect(error?.status).toBe(400);
  });

  test('answers 404 in the body for a file that does not exist', async () => {
    const response = await raw('/storage/v1/object/authenticated/files/none.png', { token: ann.token });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      statusCode: '404',
      error: 'not_found',
      message: 'Object not found',
    });
  });

  test('has no public URL', async () => {
    const response = await fetch(`${target.url}/storage/v1/object/public/files/${path}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Bucket not found');
  });

  test('can be tested for existence', async () => {
    const files = ann.client.storage.from('files');
    expect((await files.exists(path)).data).toBe(true);
    expect((await files.exists('none.png')).data).toBe(false);
  });
});

describe('a public file', () => {
  test('can be downloaded without a key', async () => {
    const response = await fetch(address);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(png);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'max-age=31536000',
      etag: expect.any(String),
      'last-modified': expect.any(String),
    });
  });

  test('is downloaded under a name with ?download', async () => {
    const files = openClient().storage.from('open');
    const named = await fetch(files.getPublicUrl(path, { download: 'café.png' }).data.publicUrl);
    expect(named.headers.get('content-disposition')).toMatch(/^attachment.*caf%C3%A9\.png/);
    const unnamed = await fetch(files.getPublicUrl(path, { download: true }).data.publicUrl);
    expect(unnamed.headers.get('content-disposition')).toMatch(/^attachment/);
  });

  test('answers 304 to a client that has the current version', async () => {
    const etag = (await fetch(address)).headers.get('etag') ?? '';
    const response = await fetch(address, { headers: { 'if-none-match': etag } });
    expect([response.status, await response.text()]).toEqual([304, '']);
  });

  test('answers a range with 206', async () => {
    const response = await fetch(address, { headers: { range: 'bytes=0-9' } });
    expect([response.status, response.headers.get('content-range')]).toEqual([
      206,
      `bytes 0-9/${png.length}`,
    ]);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(png.subarray(0, 10));
  });

  test('answers HEAD with headers alone', async () => {
    const response = await fetch(address, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, String(png.length)]);
  });

  // One pixel is the smallest image: every service that transforms it answers an image.
  test('is transformed to another size', async () => {
    const { publicUrl } = anonymous.storage
      .from('open')
      .getPublicUrl(path, { transform: { width: 10 } }).data;
    const response = await fetch(publicUrl);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^image\//);
  });
});

test('returns 40 MB unchanged, uploaded as bytes and as a Blob', async () => {
  const large = Buffer.alloc(40 * 1024 * 1024, 5);
  const files = ann.client.storage.from('files');
  for (const body of [large, new Blob([large], { type: 'application/octet-stream' })]) {
    const name = `${ann.id}/${newName()}.bin`;
    const uploaded = await files.upload(name, body, { contentType: 'application/octet-stream' });
    expect(uploaded.error).toBeNull();
    const downloaded = Buffer.from(await dataOf(await files.download(name)).arrayBuffer());
    expect(downloaded.equals(large)).toBe(true);
    expect((await files.remove([name])).error).toBeNull();
  }
});
