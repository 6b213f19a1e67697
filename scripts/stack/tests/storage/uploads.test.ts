import { randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  ann,
  anonymous,
  bob,
  images,
  open,
  own,
  raw,
  run,
  service,
  sql,
  stack,
  stored,
  textOf,
  useStorageFixtures,
} from './fixtures.ts';
import { begin } from './tus.ts';

useStorageFixtures();

describe('uploading', () => {
  it.each([
    ['bytes', new Uint8Array(Buffer.from('hello'))],
    ['a string', 'hello'],
    ['a Blob', new Blob(['hello'], { type: 'text/plain' })],
    ['a File', new File(['hello'], 'other name.txt', { type: 'text/plain' })],
    ['a stream', new Blob(['hello']).stream()],
  ])('stores %s', async (kind, body) => {
    const name = `${ann.id}/kinds/${kind}`;
    const { data, error } = await ann.client.storage
      .from(own)
      .upload(name, body, { contentType: 'text/plain', cacheControl: '60', metadata: { alt: 'é' } });
    expect(error).toBeNull();
    expect(data).toEqual({ id: expect.any(String), path: name, fullPath: `${own}/${name}` });
    expect(await textOf(ann.client, own, name)).toBe('hello');
    const [row] = await sql`select * from storage.objects where id = ${data?.id ?? ''}`;
    expect(row).toMatchObject({
      owner: ann.id,
      owner_id: ann.id,
      version: expect.stringMatching(/^[0-9a-f-]{36}$/),
      path_tokens: [ann.id, 'kinds', kind],
      user_metadata: { alt: 'é' },
      metadata: {
        eTag: '"5d41402abc4b2a76b9719d911017c592"',
        size: 5,
        contentLength: 5,
        mimetype: 'text/plain',
        cacheControl: 'max-age=60',
        httpStatusCode: 200,
      },
    });
  });

  it('reads a form whose file contains parts of the boundary', async () => {
    const content = '\r\n--edg\r\n--edge is not\r\n\r\n--';
    const form = (text: string) =>
      `--edge of it\r\ncontent-disposition: form-data; name="cacheControl"\r\n\r\n30\r\n--edge of it\r\n` +
      `Content-Disposition: form-data; name=""; filename="x"\r\nContent-Type: text/css\r\n\r\n${text}`;
    const upload = (body: string) =>
      raw(`object/${own}/${ann.id}/form`, {
        method: 'PUT',
        as: ann,
        headers: { 'content-type': 'multipart/form-data; boundary="edge of it"' },
        body,
      });
    expect((await upload(`${form(content)}\r\n--edge of it--\r\n`)).status).toBe(200);
    const answer = await raw(`object/${own}/${ann.id}/form`, { as: ann });
    expect(await answer.text()).toBe(content);
    expect(answer.headers.get('content-type')).toBe('text/css');
    expect(answer.headers.get('cache-control')).toBe('max-age=30');

    expect((await upload(form('cut off'))).status).toBe(400);
    expect((await upload('--edge of it--\r\n')).status).toBe(400);
    expect(await textOf(ann.client, own, `${ann.id}/form`)).toBe(content);
  });

  it('refuses a file by policies before its bytes are read, and stores nothing', async () => {
    const refused = { message: 'new row violates row-level security policy', statusCode: '403' };
    const bytes = randomBytes(2_000_000);
    const name = `${ann.id}/theirs`;
    expect((await bob.client.storage.from(own).upload(name, bytes)).error).toMatchObject(refused);
    expect((await bob.client.storage.from(own).upload(name, new Blob([bytes]))).error).toMatchObject(refused);
    expect((await anonymous.storage.from(own).upload(name, bytes)).error).toMatchObject(refused);
    expect(await stored(own, name)).toEqual([]);

    await ann.client.storage.from(own).upload(name, 'mine');
    const overwrite = await bob.client.storage.from(own).upload(name, 'stolen', { upsert: true });
    expect(overwrite.error).toMatchObject(refused);
    expect(await textOf(ann.client, own, name)).toBe('mine');
  });

  it('answers a file beyond the limit of the project while the client is still sending', async () => {
    const bytes = new Uint8Array(51 * 1024 * 1024);
    for (const body of [bytes, new Blob([bytes])]) {
      const { error } = await service.storage.from(open).upload('huge', body);
      expect(error).toMatchObject({ statusCode: '413' });
    }
  });

  it('refuses a type that the bucket does not allow', async () => {
    const bucket = service.storage.from(images);
    const upload = (contentType: string) => bucket.upload(randomUUID(), 'x', { contentType });
    expect((await upload('image/png')).error).toBeNull();
    expect((await upload('Image/WebP')).error).toMatchObject({ statusCode: '415' });
    expect((await upload('text/plain')).error).toMatchObject({
      message: 'mime type text/plain is not supported',
      statusCode: '415',
    });
    expect((await upload('imagepng')).error).toMatchObject({ statusCode: '415' });
    expect((await bucket.upload('form', new Blob(['x'], { type: 'text/html' }))).error).not.toBeNull();
  });

  it.each(['é.png', 'a\\b', 'a%23b', 'tab%09', '%00', '..%2f..%2fx', 'a/%2e%2e%2fb', 'x'.repeat(1025)])(
    'refuses the name %s',
    async (name) => {
      const answer = await raw(`object/${own}/${name}`, { method: 'POST', as: ann, body: 'x' });
      expect(answer.status).toBe(400);
    },
  );

  it('accepts every name that Supabase allows', async () => {
    const name = `${ann.id}/Sp ace+&$@=;:,!*'().a..b-_`;
    expect((await ann.client.storage.from(own).upload(name, 'here')).error).toBeNull();
    expect(await textOf(ann.client, own, name)).toBe('here');
    expect(await stored(own, name)).toEqual([name]);
    // Unlike files on a case-insensitive disk.
    await ann.client.storage.from(own).upload(name.toLowerCase(), 'lower');
    expect(await textOf(ann.client, own, name)).toBe('here');
  });

  it('leaves the object unchanged when the connection breaks', async () => {
    const name = `${ann.id}/broken`;
    await ann.client.storage.from(own).upload(name, 'whole');
    const url = new URL(`${stack.url}/storage/v1/object/${own}/${name}`);
    const request = http.request(url, {
      method: 'PUT',
      headers: {
        apikey: stack.publishableKey,
        authorization: `Bearer ${ann.token}`,
        'content-length': 100_000,
      },
    });
    request.on('error', () => {});
    request.write(new Uint8Array(50_000));
    await sleep(300);
    request.destroy();
    await sleep(300);
    expect(await textOf(ann.client, own, name)).toBe('whole');
  });

  it('stores each of several simultaneous uploads whole or refuses it', async () => {
    const bucket = ann.client.storage.from(own);
    const bodies = Array.from({ length: 8 }, (_, index) => String(index).repeat(100_000));
    const first = await Promise.all(bodies.map((body) => bucket.upload(`${ann.id}/race`, body)));
    const outcomes = first.map(({ error }) => error?.message ?? 'stored');
    expect(outcomes).toContain('stored');
    expect(['stored', 'The resource already exists']).toEqual(expect.arrayContaining(outcomes));
    expect(bodies).toContain(await textOf(ann.client, own, `${ann.id}/race`));
    const all = await Promise.all(bodies.map((body) => bucket.update(`${ann.id}/race`, body)));
    expect(all.every(({ error }) => error === null)).toBe(true);
    expect(bodies).toContain(await textOf(ann.client, own, `${ann.id}/race`));
  });
});

describe('a bucket whose limit is 0', () => {
  it('has the limit of the project for every kind of upload', async () => {
    const bucket = `unlimited-${run}`;
    await service.storage.createBucket(bucket, { public: false, fileSizeLimit: 0 });
    try {
      expect((await service.storage.from(bucket).upload('a', 'a')).error).toBeNull();
      const target = {
        url: `${stack.url}/storage/v1/upload/resumable`,
        headers: { authorization: `Bearer ${stack.secretKey}` },
        bucket,
        name: 'b',
      };
      expect((await begin(target, 5)).status).toBe(201);
      expect((await begin(target, 60 * 1024 * 1024)).status).toBe(413);
    } finally {
      await service.storage.emptyBucket(bucket);
      await service.storage.deleteBucket(bucket);
    }
  });
});
