import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ann,
  anonymous,
  bob,
  images,
  own,
  type Person,
  service,
  small,
  sql,
  stack,
  stored,
  textOf,
  useStorageFixtures,
} from './fixtures.ts';
import { begin, offsetOf, patch, type Target, tus, uploadWithClient } from './tus.ts';

useStorageFixtures();

const endpoint = `${stack.url}/storage/v1/upload/resumable`;
const as = (person: Person, headers = {}) => ({ authorization: `Bearer ${person.token}`, ...headers });
const secret = { authorization: `Bearer ${stack.secretKey}` };
const annsTarget = (name: string, headers = {}): Target => ({
  url: endpoint,
  headers: as(ann, headers),
  bucket: own,
  name: `${ann.id}/resumable/${name}`,
});
const locationOf = (answer: Response) => answer.headers.get('location') ?? '';

/** Sends the beginning of a part, then cuts the connection. */
async function cutOff(location: string, headers: Record<string, string>, offset: number, bytes: Buffer) {
  const request = http.request(location, {
    method: 'PATCH',
    headers: {
      ...headers,
      'tus-resumable': '1.0.0',
      'upload-offset': offset,
      'content-type': 'application/offset+octet-stream',
      'content-length': bytes.length * 2,
    },
  });
  request.on('error', () => {});
  await new Promise<void>((resolve) => request.write(bytes, () => resolve()));
  request.destroy();
}

describe('a resumable upload', () => {
  const bytes = randomBytes(14 * 1024 * 1024);

  it('becomes an object with its metadata, sent by tus-js-client in parts of 6 MB', async () => {
    const target = annsTarget('whole');
    await uploadWithClient(target, bytes);
    const { data } = await ann.client.storage.from(own).download(target.name);
    expect(bytes.equals(Buffer.from((await data?.arrayBuffer()) ?? new ArrayBuffer()))).toBe(true);
    const [row] = await sql`select * from storage.objects where name = ${target.name}`;
    expect(row).toMatchObject({
      owner_id: ann.id,
      user_metadata: { yourCustomMetadata: true },
      metadata: {
        size: bytes.length,
        contentLength: bytes.length,
        mimetype: 'image/png',
        cacheControl: 'max-age=3600',
        eTag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      },
    });
  });

  it('continues after a cut connection from the bytes that arrived', async () => {
    const target = annsTarget('cut');
    const location = locationOf(await begin(target, bytes.length));
    await cutOff(location, target.headers, 0, bytes.subarray(0, 3_000_000));
    await expect.poll(() => offsetOf(location, target.headers)).toBeGreaterThan(0);
    expect(await stored(own, target.name)).toEqual([]);
    await uploadWithClient(target, bytes, { uploadUrl: location });
    const { data } = await ann.client.storage.from(own).download(target.name);
    expect(bytes.equals(Buffer.from((await data?.arrayBuffer()) ?? new ArrayBuffer()))).toBe(true);
  });

  it('accepts a part only at the end of the previous one', async () => {
    const target = annsTarget('offsets');
    const location = locationOf(await begin(target, 10));
    const send = (offset: number, text: string) => patch(location, target.headers, offset, Buffer.from(text));
    expect((await send(0, 'hello')).headers.get('upload-offset')).toBe('5');
    expect((await send(0, 'hello')).status).toBe(409);
    expect((await send(7, 'rld')).status).toBe(409);
    expect((await send(5, 'world and more')).status).toBe(413);
    expect((await tus(location, 'PATCH', target.headers, Buffer.from('x'))).status).toBe(403);
    const last = await send(5, 'world');
    expect([last.status, last.headers.get('tus-complete')]).toEqual([204, '1']);
    expect(await textOf(ann.client, own, target.name)).toBe('helloworld');
    expect(await offsetOf(location, target.headers)).toBe(10);
    // A finished upload is an object, and deleted as one.
    expect((await tus(location, 'DELETE', target.headers)).status).toBe(409);
    expect((await tus(location, 'DELETE', { ...target.headers, 'x-upsert': 'true' })).status).toBe(400);
    await ann.client.storage.from(own).remove([target.name]);
    expect((await tus(location, 'HEAD', target.headers)).status).toBe(410);
  });

  it('may be empty, or declare its length later', async () => {
    const empty = annsTarget('empty');
    expect((await begin(empty, 0)).status).toBe(201);
    expect(await textOf(ann.client, own, empty.name)).toBe('');
    const later = annsTarget('later');
    const answer = await tus(endpoint, 'POST', {
      ...later.headers,
      'upload-defer-length': '1',
      'upload-metadata': `bucketName ${btoa(own)},objectName ${btoa(later.name)}`,
    });
    const location = locationOf(answer);
    expect((await patch(location, later.headers, 0, Buffer.from('abc'))).status).toBe(204);
    const last = await patch(location, { ...later.headers, 'upload-length': '6' }, 3, Buffer.from('def'));
    expect(last.status).toBe(204);
    expect(await textOf(ann.client, own, later.name)).toBe('abcdef');
  });

  it('can be begun, continued and ended only by users whom the policies allow to upload', async () => {
    const target = annsTarget('mine');
    for (const headers of [as(bob), { apikey: stack.publishableKey }, {}]) {
      const answer = await begin({ ...target, headers }, 5);
      expect([400, 403]).toContain(answer.status);
    }
    const location = locationOf(await begin(target, 5));
    for (const headers of [as(bob), { authorization: `Bearer ${stack.publishableKey}` }]) {
      expect((await patch(location, headers, 0, Buffer.from('stole'))).status).toBe(403);
      expect((await tus(location, 'DELETE', headers)).status).toBe(403);
    }
    // The address names the object: the name of another object in it is refused.
    const id = Buffer.from(location.split('/').at(-1) ?? '', 'base64url').toString();
    const forged = Buffer.from(id.replace(own, small)).toString('base64url');
    expect((await patch(`${endpoint}/${forged}`, secret, 0, Buffer.from('x'))).status).toBe(404);
    expect((await patch(location, target.headers, 0, Buffer.from('mine!'))).status).toBe(204);
  });

  it('is refused at its last part when the permission is withdrawn by then', async () => {
    const target = annsTarget('withdrawn');
    const location = locationOf(await begin(target, 10));
    await patch(location, target.headers, 0, Buffer.from('first'));
    const rule = `alter policy "${own}_insert" on storage.objects with check`;
    await sql.unsafe(`${rule} (false)`);
    try {
      expect((await patch(location, target.headers, 5, Buffer.from('last.'))).status).toBe(403);
    } finally {
      await sql.unsafe(
        `${rule} (bucket_id = '${own}' and (storage.foldername(name))[1] = (select auth.uid())::text)`,
      );
    }
    expect(await stored(own, target.name)).toEqual([]);
  });

  it('is refused with 409 before its next part when the object exists by then', async () => {
    const target = annsTarget('race');
    const [first, second] = [await begin(target, 5), await begin(target, 5)].map(locationOf);
    expect((await patch(first ?? '', target.headers, 0, Buffer.from('first'))).status).toBe(204);
    expect((await patch(second ?? '', target.headers, 0, Buffer.from('other'))).status).toBe(409);
    expect((await begin(target, 5)).status).toBe(409);
    expect(await textOf(ann.client, own, target.name)).toBe('first');
    const replacing = annsTarget('race', { 'x-upsert': 'true' });
    const location = locationOf(await begin(replacing, 5));
    expect(await textOf(ann.client, own, target.name)).toBe('first');
    expect((await patch(location, replacing.headers, 0, Buffer.from('third'))).status).toBe(204);
    expect(await textOf(ann.client, own, target.name)).toBe('third');
  });

  it('accepts one of two simultaneous parts at one offset', async () => {
    const target = annsTarget('twice');
    const location = locationOf(await begin(target, 4_000_000));
    const parts = ['a', 'b'].map((letter) => Buffer.from(letter.repeat(4_000_000)));
    const answers = await Promise.all(parts.map((part) => patch(location, target.headers, 0, part)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    const text = await textOf(ann.client, own, target.name);
    expect(parts.map(String)).toContain(text);
  });

  it('keeps the limits of the project and of the bucket', async () => {
    const target = { url: endpoint, headers: secret, bucket: small, name: 'resumable' };
    expect((await begin(target, 1001)).status).toBe(413);
    expect((await begin(target, 1000)).status).toBe(201);
    expect((await begin({ ...target, bucket: own }, 60 * 1024 * 1024)).status).toBe(413);
    expect((await begin({ ...target, bucket: images }, 5)).status).toBe(415);
    expect((await begin({ ...target, bucket: images }, 5, { contentType: 'image/png' })).status).toBe(201);
    expect((await begin({ ...target, bucket: 'none' }, 5)).status).toBe(404);
    expect((await begin({ ...target, bucket: '' }, 5)).status).toBe(400);
    for (const name of ['é', '../x', 'a\0', 'x'.repeat(1025), ''])
      expect((await begin({ ...target, name }, 5)).status).toBe(400);
  });

  it('refuses requests that break the protocol', async () => {
    const { headers } = annsTarget('bad');
    const post = (more: Record<string, string>) => tus(endpoint, 'POST', { ...headers, ...more });
    expect((await fetch(endpoint, { method: 'POST', headers })).status).toBe(412);
    expect((await post({ 'upload-length': '5' })).status).toBe(400);
    expect((await post({ 'upload-length': '-5', 'upload-metadata': 'a YQ==' })).status).toBe(400);
    expect((await post({ 'upload-length': '5', 'upload-metadata': 'a not base64!' })).status).toBe(400);
    expect((await tus(`${endpoint}/nothing`, 'HEAD', headers)).status).toBe(404);
    expect((await tus(`${endpoint}/${btoa(`${own}/x/${ann.id}`)}`, 'HEAD', headers)).status).toBe(404);
  });

  it('can be ended by its owner', async () => {
    const target = annsTarget('ended');
    const location = locationOf(await begin(target, 10));
    await patch(location, target.headers, 0, Buffer.from('first'));
    expect((await tus(location, 'DELETE', target.headers)).status).toBe(204);
    expect((await tus(location, 'HEAD', target.headers)).status).toBe(404);
    expect((await patch(location, target.headers, 5, Buffer.from('last.'))).status).toBe(404);
  });

  it('tells what the server can do, with headers that browsers may read', async () => {
    const options = await fetch(endpoint, { method: 'OPTIONS' });
    expect(options.status).toBe(204);
    expect(Object.fromEntries(options.headers)).toMatchObject({
      'tus-version': '1.0.0',
      'tus-extension': expect.stringContaining('termination'),
      'tus-max-size': String(50 * 1024 * 1024),
    });
    const preflight = await fetch(endpoint, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://x',
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'upload-offset,x-upsert',
      },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toContain('upload-offset');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    const created = await begin(annsTarget('exposed'), 5);
    expect(created.headers.get('access-control-expose-headers')).toContain('Upload-Offset');
    expect(created.headers.get('upload-expires')).toMatch(/GMT$/);
  });

  it('has a URL that its client can reach, behind a proxy too', async () => {
    expect(locationOf(await begin(annsTarget('here'), 5))).toMatch(new RegExp(`^${endpoint}/[\\w-]+$`));
    const target = annsTarget('proxy', {
      'x-forwarded-host': 'files.example.com',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '8443',
      'x-forwarded-prefix': '/noctra',
    });
    expect(locationOf(await begin(target, 5))).toMatch(
      /^https:\/\/files\.example\.com:8443\/noctra\/storage\/v1\/upload\/resumable\/[\w-]+$/,
    );
  });
});

describe('a resumable upload by a signed URL', () => {
  let token = '';
  const name = () => `${ann.id}/resumable/signed`;
  const target = (headers: Record<string, string>): Target => ({
    url: `${endpoint}/sign`,
    headers,
    bucket: own,
    name: name(),
  });

  beforeAll(async () => {
    token = (await ann.client.storage.from(own).createSignedUploadUrl(name())).data?.token ?? '';
  });

  it('needs a token for that object, and stores it for the user who signed', async () => {
    await expect(uploadWithClient(target({}), Buffer.from('x'))).rejects.toThrow(/x-signature/);
    await expect(uploadWithClient(target({ 'x-signature': ann.token }), Buffer.from('x'))).rejects.toThrow();
    const other = { ...target({ 'x-signature': token }), name: `${name()}2` };
    await expect(uploadWithClient(other, Buffer.from('x'))).rejects.toThrow(/Invalid signature/);
    const location = await uploadWithClient(target({ 'x-signature': token }), Buffer.from('signed'), {
      chunkSize: 4,
    });
    expect(location).toContain('/upload/resumable/sign/');
    expect(await textOf(ann.client, own, name())).toBe('signed');
    const [row] = await sql`select owner_id from storage.objects where name = ${name()}`;
    expect(row?.owner_id).toBe(ann.id);
    expect((await anonymous.storage.from(own).download(name())).error).not.toBeNull();
    expect((await service.storage.from(own).exists(name())).data).toBe(true);
  });
});
