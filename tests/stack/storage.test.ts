import { randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settings } from '../settings.ts';

const run = randomUUID().slice(0, 8);
/** Buckets of this run: only files of one's own folder; for everyone; of at most 1000 bytes; of images. */
const own = `own-${run}`;
const open = `open-${run}`;
const small = `small-${run}`;
const images = `images-${run}`;

const sql = postgres(settings.databaseUrl, { max: 1, onnotice: () => {} });
const withoutSession = { auth: { persistSession: false, autoRefreshToken: false } };
const anonymous = createClient(settings.url, settings.publishableKey, withoutSession);
const service = createClient(settings.url, settings.secretKey, withoutSession);

interface Person {
  id: string;
  client: SupabaseClient;
  token: string;
}
let ann: Person;
let bob: Person;

async function signUp(name: string): Promise<Person> {
  const client = createClient(settings.url, settings.publishableKey, withoutSession);
  const { data, error } = await client.auth.signUp({
    email: `${name}-${run}@example.com`,
    password: randomUUID(),
  });
  if (!data.session) throw error ?? new Error('no session');
  return { id: data.session.user.id, client, token: data.session.access_token };
}

/** A request past supabase-js, with a key and, for a person, their token. */
function raw(path: string, init: RequestInit & { as?: Person | null } = {}): Promise<Response> {
  const { as, headers, ...rest } = init;
  return fetch(`${settings.url}/storage/v1/${path}`, {
    ...rest,
    headers: {
      ...(as === null ? {} : { apikey: settings.publishableKey }),
      ...(as ? { authorization: `Bearer ${as.token}` } : {}),
      ...Object.fromEntries(new Headers(headers)),
    },
  });
}

/** The names of a bucket's rows, whatever policies say. */
async function stored(bucket: string, prefix: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select name from storage.objects where bucket_id = ${bucket} and starts_with(name, ${prefix}) order by name
  `;
  return rows.map((row) => row.name);
}

async function textOf(client: SupabaseClient, bucket: string, name: string): Promise<string | undefined> {
  return await (await client.storage.from(bucket).download(name)).data?.text();
}

const policies = ['insert', 'select', 'update', 'delete'].map((command) => ({
  command,
  name: `${own}_${command}`,
}));

beforeAll(async () => {
  [ann, bob] = await Promise.all([signUp('ann'), signUp('bob')]);
  await service.storage.createBucket(own, { public: false });
  await service.storage.createBucket(open, { public: true });
  await service.storage.createBucket(small, { public: false, fileSizeLimit: 1000 });
  await service.storage.createBucket(images, { public: false, allowedMimeTypes: ['image/*'] });
  for (const { command, name } of policies) {
    const rule = `bucket_id = '${own}' and (storage.foldername(name))[1] = (select auth.uid())::text`;
    const clause = command === 'insert' ? `with check (${rule})` : `using (${rule})`;
    await sql.unsafe(`create policy "${name}" on storage.objects for ${command} to authenticated ${clause}`);
  }
});

afterAll(async () => {
  for (const { name } of policies) await sql.unsafe(`drop policy if exists "${name}" on storage.objects`);
  for (const bucket of [own, open, small, images]) {
    await service.storage.emptyBucket(bucket);
    await service.storage.deleteBucket(bucket);
  }
  await sql`delete from auth.users where id in ${sql([ann.id, bob.id])}`;
  await sql.end();
});

describe('buckets', () => {
  const bucket = `made-${run}`;

  it('are made, shown, changed, emptied and deleted with the secret key', async () => {
    const { storage } = service;
    const options = { public: true, fileSizeLimit: '1MB', allowedMimeTypes: ['text/plain'] };
    expect(await storage.createBucket(bucket, options)).toEqual({ data: { name: bucket }, error: null });
    expect((await storage.getBucket(bucket)).data).toMatchObject({
      id: bucket,
      public: true,
      file_size_limit: 1_000_000,
      allowed_mime_types: ['text/plain'],
    });
    expect((await storage.createBucket(bucket)).error).toMatchObject({ status: 400, statusCode: '409' });
    expect((await storage.updateBucket(bucket, { public: false })).error).toBeNull();
    expect((await storage.getBucket(bucket)).data).toMatchObject({
      public: false,
      file_size_limit: 1_000_000,
    });
    await storage.from(bucket).upload('a.txt', 'a');
    expect((await storage.deleteBucket(bucket)).error).toMatchObject({ code: 'ResourceNotEmpty' });
    expect((await storage.emptyBucket(bucket)).error).toBeNull();
    expect((await storage.deleteBucket(bucket)).error).toBeNull();
    expect((await storage.getBucket(bucket)).error).toMatchObject({
      code: 'NoSuchBucket',
      statusCode: '404',
    });
  });

  it('are neither shown to users nor made by them', async () => {
    expect((await ann.client.storage.createBucket(`ann-${run}`)).error).toMatchObject({
      message: 'new row violates row-level security policy',
      statusCode: '403',
    });
    expect((await ann.client.storage.listBuckets()).data).toEqual([]);
    expect((await service.storage.listBuckets({ search: run, limit: 2 })).data).toHaveLength(2);
    expect((await ann.client.storage.updateBucket(own, { public: true })).error).not.toBeNull();
    expect((await ann.client.storage.deleteBucket(own)).error).not.toBeNull();
  });

  it('have names and limits that Supabase allows', async () => {
    const { storage } = service;
    expect((await storage.createBucket('a/b')).error).toMatchObject({ code: 'InvalidBucketName' });
    expect((await storage.createBucket('é')).error).toMatchObject({ code: 'InvalidBucketName' });
    expect((await storage.createBucket('a'.repeat(101))).error).toMatchObject({ code: 'InvalidBucketName' });
    const create = (fileSizeLimit: string) =>
      storage.createBucket(`never-${run}`, { public: false, fileSizeLimit });
    expect((await create('many')).error?.message).toContain('Invalid file size format');
    expect((await create('900GB')).error).toMatchObject({ code: 'EntityTooLarge' });
  });
});

describe('an upload', () => {
  it.each([
    ['bytes', new Uint8Array(Buffer.from('hello'))],
    ['a string', 'hello'],
    ['a Blob', new Blob(['hello'], { type: 'text/plain' })],
    ['a File', new File(['hello'], 'other name.txt', { type: 'text/plain' })],
    ['a stream', new Blob(['hello']).stream()],
  ])('takes %s', async (kind, body) => {
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

  it('takes a form whose file has the boundary in parts, and ends where the form says', async () => {
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

  it('does not replace an object unless told to', async () => {
    const bucket = ann.client.storage.from(own);
    const name = `${ann.id}/replaced`;
    await bucket.upload(name, 'first');
    expect((await bucket.upload(name, 'second')).error).toMatchObject({
      message: 'The resource already exists',
      status: 400,
      statusCode: '409',
    });
    expect(await textOf(ann.client, own, name)).toBe('first');
    expect((await bucket.upload(name, 'third', { upsert: true })).error).toBeNull();
    expect(await textOf(ann.client, own, name)).toBe('third');
    expect((await bucket.update(name, new Blob(['fourth']))).error).toBeNull();
    expect(await textOf(ann.client, own, name)).toBe('fourth');
  });

  it('is refused by policies before its bytes are read, and leaves nothing', async () => {
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

  it('is refused beyond the limit of the bucket, however it comes', async () => {
    const bytes = new Uint8Array(1001);
    for (const body of [bytes, new Blob([bytes]), new Blob([bytes]).stream()]) {
      const { error } = await service.storage.from(small).upload('big', body);
      expect(error).toMatchObject({
        message: 'The object exceeded the maximum allowed size',
        status: 400,
        statusCode: '413',
      });
    }
    expect((await service.storage.from(small).upload('fits', new Blob([bytes.slice(1)]))).error).toBeNull();
    expect(await stored(small, '')).toEqual(['fits']);
  });

  it('is refused beyond the limit of the project with an answer, though the client is still sending', async () => {
    const bytes = new Uint8Array(51 * 1024 * 1024);
    for (const body of [bytes, new Blob([bytes]).stream()]) {
      const { error } = await service.storage.from(open).upload('huge', body);
      expect(error).toMatchObject({ statusCode: '413' });
    }
  });

  it('has a type that the bucket allows', async () => {
    const bucket = service.storage.from(images);
    const upload = (contentType: string) => bucket.upload(randomUUID(), 'x', { contentType });
    expect((await upload('image/png')).error).toBeNull();
    expect((await upload('Image/WebP; charset=binary')).error).toBeNull();
    expect((await upload('text/plain')).error).toMatchObject({
      message: 'mime type text/plain is not supported',
      statusCode: '415',
    });
    expect((await upload('imagepng')).error).toMatchObject({ statusCode: '415' });
    expect((await bucket.upload('form', new Blob(['x'], { type: 'text/html' }))).error).not.toBeNull();
  });

  it.each(['é.png', 'a\\b', 'a%23b', 'tab%09', '%00', '..%2f..%2fx', 'a/%2e%2e%2fb', 'x'.repeat(1025)])(
    'cannot have the name %s',
    async (name) => {
      const answer = await raw(`object/${own}/${name}`, { method: 'POST', as: ann, body: 'x' });
      expect(answer.status).toBe(400);
    },
  );

  it('can have any name that Supabase allows', async () => {
    const name = `${ann.id}/Sp ace+&$@=;:,!*'().a..b-_`;
    expect((await ann.client.storage.from(own).upload(name, 'here')).error).toBeNull();
    expect(await textOf(ann.client, own, name)).toBe('here');
    expect(await stored(own, name)).toEqual([name]);
    // Other than files of a disk that does not tell upper and lower case apart.
    await ann.client.storage.from(own).upload(name.toLowerCase(), 'lower');
    expect(await textOf(ann.client, own, name)).toBe('here');
  });

  it('that breaks off leaves what was there', async () => {
    const name = `${ann.id}/broken`;
    await ann.client.storage.from(own).upload(name, 'whole');
    const url = new URL(`${settings.url}/storage/v1/object/${own}/${name}`);
    const request = http.request(url, {
      method: 'PUT',
      headers: {
        apikey: settings.publishableKey,
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

  it('wins or loses as a whole when several come at once', async () => {
    const bucket = ann.client.storage.from(own);
    const bodies = Array.from({ length: 8 }, (_, index) => String(index).repeat(100_000));
    const first = await Promise.all(bodies.map((body) => bucket.upload(`${ann.id}/race`, body)));
    expect(first.filter(({ error }) => error === null)).toHaveLength(1);
    expect(first.filter(({ error }) => error?.message === 'The resource already exists')).toHaveLength(7);
    const all = await Promise.all(bodies.map((body) => bucket.update(`${ann.id}/race`, body)));
    expect(all.every(({ error }) => error === null)).toBe(true);
    expect(bodies).toContain(await textOf(ann.client, own, `${ann.id}/race`));
  });
});

describe('a download', () => {
  const bytes = randomBytes(300_000);
  const path = `object/public/${open}/down/load.bin`;

  beforeAll(async () => {
    const options = { contentType: 'application/octet-stream', cacheControl: '3600' };
    await service.storage.from(open).upload('down/load.bin', bytes, options);
    await ann.client.storage.from(own).upload(`${ann.id}/private`, 'secret');
  });

  it('needs no key where the bucket is public', async () => {
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
    expect((await raw(`render/image/public/${open}/down/load.bin`, { as: null })).status).toBe(200);
  });

  it('of a private bucket needs a policy that shows the object', async () => {
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
  ])('with Range: %s answers %i', async (range, status, contentRange, expected) => {
    const answer = await raw(path, { headers: { range } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([status, contentRange]);
    const received = Buffer.from(await answer.arrayBuffer());
    if (expected) expect(expected.equals(received)).toBe(true);
  });

  it('is not repeated to a client that has the version', async () => {
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

  it('can be asked for its headers alone', async () => {
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
  ])('as a file named %j says so in one safe header', async (name, expected) => {
    const answer = await raw(`${path}?download=${encodeURIComponent(name)}`, { method: 'HEAD' });
    expect(answer.headers.get('content-disposition')).toBe(expected);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('of HTML is plain text, so that no page of a user runs here', async () => {
    await service.storage.from(open).upload('page', '<script>', { contentType: 'Text/HTML; charset=utf-8' });
    const answer = await raw(`object/public/${open}/page`);
    expect(answer.headers.get('content-type')).toBe('text/plain');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
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

describe('a signed URL', () => {
  const name = () => `${ann.id}/signed me.txt`;
  beforeAll(async () => {
    await ann.client.storage.from(own).upload(name(), 'signed');
  });

  const status = async (url: string | null | undefined) => (await fetch(url ?? '')).status;

  it('serves its object to anyone, and no other', async () => {
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

  it('is made by those who may read the object, for each of many on its own', async () => {
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

  it('ends when it was said to', async () => {
    const { data } = await ann.client.storage.from(own).createSignedUrl(name(), 1);
    await sleep(2100);
    const answer = await fetch(data?.signedUrl ?? '');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: 'InvalidJWT',
      message: expect.stringContaining('exp'),
    });
  });

  it('for uploading stores what anyone sends, as its signer', async () => {
    const path = `${ann.id}/by url`;
    const { data } = await ann.client.storage.from(own).createSignedUploadUrl(path);
    const { token = '', signedUrl = '' } = data ?? {};
    const bucket = anonymous.storage.from(own);
    expect((await bucket.uploadToSignedUrl(path, token, new Blob(['sent']))).error).toBeNull();
    expect(await textOf(ann.client, own, path)).toBe('sent');
    const [row] = await sql`select owner_id from storage.objects where bucket_id = ${own} and name = ${path}`;
    expect(row?.owner_id).toBe(ann.id);

    // Once only, only there, and not for reading.
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

  it('for uploading is made by those who may upload', async () => {
    const { error } = await bob.client.storage.from(own).createSignedUploadUrl(`${ann.id}/x`);
    expect(error).toMatchObject({
      message: expect.stringContaining('row-level security'),
      statusCode: '403',
    });
  });
});

describe('a list', () => {
  const names = ['B.txt', 'a.txt', 'a/1', 'a/2', 'b/deep/3', 'c_.txt', 'cx.txt'];
  beforeAll(async () => {
    for (const name of names) await ann.client.storage.from(own).upload(`${ann.id}/list/${name}`, name);
  });
  const list = (options: object, path = 'list') =>
    ann.client.storage.from(own).list(`${ann.id}/${path}`, options);
  const namesOf = async (result: ReturnType<typeof list>) => (await result).data?.map(({ name }) => name);

  it('shows one folder, sub-folders without an id, whatever the case', async () => {
    const { data } = await list({});
    expect(data?.map(({ name }) => name)).toEqual(['a.txt', 'a', 'B.txt', 'b', 'c_.txt', 'cx.txt']);
    expect(data?.[0]).toMatchObject({
      id: expect.any(String),
      metadata: { size: 5 },
      updated_at: expect.stringMatching(/Z$/),
    });
    expect(data?.[1]).toEqual({
      name: 'a',
      id: null,
      updated_at: null,
      created_at: null,
      last_accessed_at: null,
      metadata: null,
    });
    expect(await namesOf(list({}, 'list/b'))).toEqual(['deep']);
    expect(await namesOf(list({}, 'list/nothing'))).toEqual([]);
  });

  it('is searched, sorted and cut', async () => {
    expect(await namesOf(list({ search: 'A' }))).toEqual(['a.txt', 'a']);
    expect(await namesOf(list({ search: 'c_' }))).toEqual(['c_.txt']);
    expect(await namesOf(list({ limit: 2, offset: 1 }))).toEqual(['a', 'B.txt']);
    expect(await namesOf(list({ sortBy: { column: 'name', order: 'desc' } }))).toEqual(
      ['a.txt', 'a', 'B.txt', 'b', 'c_.txt', 'cx.txt'].reverse(),
    );
    expect(await namesOf(list({ sortBy: { column: 'created_at', order: 'desc' } }))).toEqual([
      'b',
      'a',
      'cx.txt',
      'c_.txt',
      'a.txt',
      'B.txt',
    ]);
    expect((await list({ sortBy: { column: 'metadata' } })).error).toMatchObject({ status: 400 });
  });

  it('shows what policies show', async () => {
    expect((await bob.client.storage.from(own).list(`${ann.id}/list`)).data).toEqual([]);
    expect((await anonymous.storage.from(own).list('')).data).toEqual([]);
  });

  it.each([
    { column: 'name', order: 'asc' },
    { column: 'name', order: 'desc' },
    { column: 'created_at', order: 'asc' },
  ] as const)('goes on from a cursor, by $column $order', async (sortBy) => {
    const prefix = `${ann.id}/list/`;
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const { data, error } = await ann.client.storage
        .from(own)
        .listV2({ prefix, limit: 2, with_delimiter: true, sortBy, ...(cursor ? { cursor } : {}) });
      if (error) throw error;
      pages.push([...data.folders, ...data.objects].map(({ name }) => name.slice(prefix.length)));
      cursor = data.nextCursor;
      expect(data.hasNext).toBe(cursor !== undefined);
    } while (cursor);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 2]);
    expect(pages.flat().sort()).toEqual(['B.txt', 'a.txt', 'a/', 'b/', 'c_.txt', 'cx.txt']);
  });

  it('without a delimiter holds everything under a prefix', async () => {
    const { data } = await ann.client.storage.from(own).listV2({ prefix: `${ann.id}/list/` });
    expect(data?.objects).toHaveLength(names.length);
    expect(data).toMatchObject({ hasNext: false, folders: [] });
    expect(
      (await raw(`object/list-v2/${own}`, { method: 'POST', as: ann, body: '{"cursor":"x"}' })).status,
    ).toBe(400);
  });
});

describe('removing, moving and copying', () => {
  const upload = async (name: string, text = name) => {
    await ann.client.storage.from(own).upload(`${ann.id}/${name}`, text, { upsert: true });
    return `${ann.id}/${name}`;
  };

  it('removes what the caller may delete, and names it', async () => {
    const [one, two] = [await upload('remove/1'), await upload('remove/2')];
    expect((await bob.client.storage.from(own).remove([one])).data).toEqual([]);
    const { data } = await ann.client.storage.from(own).remove([one, two, 'none']);
    expect(data?.map(({ name }) => name).sort()).toEqual([one, two]);
    expect(await stored(own, `${ann.id}/remove/`)).toEqual([]);
    expect((await ann.client.storage.from(own).download(one)).error).not.toBeNull();

    await upload('remove/1');
    const remove = () => raw(`object/${own}/${one}`, { method: 'DELETE', as: ann });
    expect(await (await remove()).json()).toEqual({ message: 'Successfully deleted' });
    expect(await (await remove()).json()).toMatchObject({ statusCode: '404', code: 'NoSuchKey' });
  });

  it('is the only way to delete: SQL is refused', async () => {
    await expect(sql`delete from storage.objects where name = 'none'`).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('moves an object, but over no other, and for no stranger', async () => {
    const [from, other] = [await upload('move/from'), await upload('move/other')];
    const bucket = ann.client.storage.from(own);
    expect((await bob.client.storage.from(own).move(from, `${bob.id}/stolen`)).error).toMatchObject({
      message: 'Object not found',
    });
    expect((await bucket.move(from, other)).error).toMatchObject({ statusCode: '409' });
    expect((await bucket.move(from, `${bob.id}/away`)).error).toMatchObject({ statusCode: '403' });
    expect((await bucket.move('none', other)).error).toMatchObject({ statusCode: '404' });
    expect((await bucket.move(from, `${ann.id}/move/to`)).data).toMatchObject({
      message: 'Successfully moved',
    });
    expect(await stored(own, `${ann.id}/move/`)).toEqual([other, `${ann.id}/move/to`]);
    expect(await textOf(ann.client, own, `${ann.id}/move/to`)).toBe('move/from');
    const across = await service.storage.from(own).move(other, 'moved', { destinationBucket: open });
    expect(across.error).toBeNull();
    expect(await (await raw(`object/public/${open}/moved`)).text()).toBe('move/other');
  });

  it('copies an object with what is known of it', async () => {
    const from = `${ann.id}/copy/from`;
    const bucket = ann.client.storage.from(own);
    await bucket.upload(from, 'copied', { contentType: 'text/css', metadata: { n: 1 } });
    const to = `${ann.id}/copy/to`;
    expect((await bucket.copy(from, to)).data).toEqual({ path: `${own}/${to}` });
    await bucket.remove([from]);
    expect(await textOf(ann.client, own, to)).toBe('copied');
    expect((await bucket.info(to)).data).toMatchObject({ contentType: 'text/css', metadata: { n: 1 } });
    expect((await bucket.copy(to, to)).error).toMatchObject({ statusCode: '409' });
    expect((await bucket.copy(to, `${bob.id}/x`)).error).toMatchObject({ statusCode: '403' });
    expect((await bob.client.storage.from(own).copy(to, `${bob.id}/x`)).error).toMatchObject({
      statusCode: '404',
    });
  });
});

describe('policies', () => {
  it('can tell the operation, the user and the announced type and length', async () => {
    const name = `asks_${run}`;
    const bucket = `asks-${run}`;
    await service.storage.createBucket(bucket, { public: false });
    const rule = `bucket_id = '${bucket}' and storage.allow_any_operation(array['object.upload', 'storage.object.list'])`;
    try {
      await sql.unsafe(
        `create policy "${name}_insert" on storage.objects for insert to authenticated with check (${rule}
          and metadata ->> 'mimetype' = 'text/css' and (metadata ->> 'contentLength')::int < 10
          and user_metadata ->> 'k' = 'v' and auth.jwt() ->> 'sub' = auth.uid()::text)`,
      );
      await sql.unsafe(
        `create policy "${name}_select" on storage.objects for select to authenticated using (${rule})`,
      );
      const files = ann.client.storage.from(bucket);
      const good = { contentType: 'text/css', metadata: { k: 'v' } };
      expect((await files.upload('a', 'short', good)).error).toBeNull();
      expect((await files.upload('b', 'longer than that', good)).error).toMatchObject({ statusCode: '403' });
      expect((await files.upload('b', 'short', { metadata: { k: 'v' } })).error).toMatchObject({
        statusCode: '403',
      });
      expect((await files.list()).data).toHaveLength(1);
      expect((await files.download('a')).error).not.toBeNull();
      expect((await files.createSignedUrl('a', 60)).error).not.toBeNull();
    } finally {
      await sql.unsafe(`drop policy if exists "${name}_insert" on storage.objects`);
      await sql.unsafe(`drop policy if exists "${name}_select" on storage.objects`);
      await service.storage.emptyBucket(bucket);
      await service.storage.deleteBucket(bucket);
    }
  });
});

describe('a wrong request', () => {
  const post = (path: string, body: string) =>
    raw(path, { method: 'POST', as: ann, body, headers: { 'content-type': 'application/json' } });

  it.each(['{', '[]', 'null', '{}', '{"prefix":1}', '{"prefix":"","limit":0}', '{"prefix":"\\u0000"}'])(
    'with the body %s is answered 400',
    async (body) => {
      const answer = await post(`object/list/${own}`, body);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ statusCode: '400', message: expect.any(String) });
    },
  );

  it('with a path that cannot be decoded is answered 400', async () => {
    expect((await raw(`object/${own}/%E0%A4%A`, { as: ann })).status).toBe(400);
    expect((await raw(`object/public/%/x`, { as: null })).status).toBe(400);
  });

  it('to an unknown route is answered 404', async () => {
    const answer = await raw('nothing/here', { as: ann });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      message: 'Route GET:/nothing/here not found',
      error: 'Not Found',
      statusCode: 404,
    });
  });

  it('without a key is told what is missing', async () => {
    const answer = await raw('bucket', { as: null });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      message: "headers must have required property 'authorization'",
    });
    expect((await raw(`object/${own}/x`, { method: 'POST', as: null, body: 'x' })).status).toBe(400);
  });
});
