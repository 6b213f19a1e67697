import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf, newName, type Person, raw, signUp, target } from './asking.ts';

let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

const bytes = Buffer.from('resumable');
const tus = { 'tus-resumable': '1.0.0' };
const encode = (metadata: Record<string, string>) =>
  Object.entries(metadata)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');

function begin(
  bucket: string,
  path: string,
  { size = bytes.length, type = 'text/plain' } = {},
): Promise<Response> {
  const metadata = { bucketName: bucket, objectName: path, contentType: type, cacheControl: '60' };
  return raw('/storage/v1/upload/resumable', {
    method: 'POST',
    token: ann.token,
    headers: { ...tus, 'upload-length': String(size), 'upload-metadata': encode(metadata) },
  });
}

function send(location: string, offset: number, part: Buffer): Promise<Response> {
  return fetch(location, {
    method: 'PATCH',
    headers: {
      ...tus,
      apikey: target.publishableKey,
      authorization: `Bearer ${ann.token}`,
      'content-type': 'application/offset+octet-stream',
      'upload-offset': String(offset),
    },
    body: new Uint8Array(part),
  });
}

// supabase.com/docs/guides/storage/uploads/resumable-uploads, with the protocol of tus.io.
describe('a resumable upload', () => {
  test('can be begun, asked for its offset, and completed', async () => {
    const path = `${ann.id}/${newName()}.txt`;
    const begun = await begin('files', path);
    expect(begun.status).toBe(201);
    const location = begun.headers.get('location') ?? '';
    expect(location.startsWith(`${target.url}/storage/v1/upload/resumable/`)).toBe(true);

    const headers = { ...tus, apikey: target.publishableKey, authorization: `Bearer ${ann.token}` };
    const far = await fetch(location, { method: 'HEAD', headers });
    expect([far.status, far.headers.get('upload-offset'), far.headers.get('upload-length')]).toEqual([
      200,
      '0',
      String(bytes.length),
    ]);
    const sent = await send(location, 0, bytes);
    expect([sent.status, sent.headers.get('upload-offset')]).toEqual([204, String(bytes.length)]);
    const downloaded = dataOf(await ann.client.storage.from('files').download(path));
    expect([await downloaded.text(), downloaded.type]).toEqual(['resumable', 'text/plain']);
  });

  test('refuses a part at a wrong offset', async () => {
    const location = (await begin('files', `${ann.id}/${newName()}.txt`)).headers.get('location') ?? '';
    expect((await send(location, 4, bytes.subarray(4))).status).toBe(409);
  });

  test('is refused to users whom the policies do not allow to upload', async () => {
    expect((await begin('pictures', `${newName()}/x.png`, { type: 'image/png' })).status).toBe(403);
  });

  test('refuses a type that the bucket does not list', async () => {
    expect((await begin('pictures', `${ann.id}/${newName()}.txt`)).status).toBe(415);
  });

  test('refuses a size beyond the limit of the bucket', async () => {
    expect((await begin('small', `${ann.id}/${newName()}`, { size: 2_000 })).status).toBe(413);
  });
});
