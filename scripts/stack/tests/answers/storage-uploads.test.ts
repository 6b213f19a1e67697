import { beforeAll, describe, expect, test } from 'vitest';
import { anonymous, dataOf, newName, openDatabase, type Person, raw, signUp } from './asking.ts';
import { png, pngBlob } from './files.ts';

const sql = openDatabase();
let ann: Person;
let bob: Person;
beforeAll(async () => {
  [ann, bob] = await Promise.all([signUp(), signUp()]);
});

const files = () => ann.client.storage.from('files');
const newPath = () => `${ann.id}/${newName()}.png`;

describe('uploading', () => {
  test('stores a Buffer and answers with its path', async () => {
    const path = newPath();
    const { data, error } = await files().upload(path, png, { contentType: 'image/png', cacheControl: '60' });
    expect(error).toBeNull();
    expect(data).toEqual({ id: expect.any(String), path, fullPath: `files/${path}` });
    const [row] = await sql`select metadata, owner_id from storage.objects where name = ${path}`;
    expect(row).toMatchObject({
      owner_id: ann.id,
      metadata: {
        size: png.length,
        mimetype: 'image/png',
        cacheControl: 'max-age=60',
        eTag: expect.any(String),
      },
    });
  });

  test('stores a Blob with its type and cache time', async () => {
    const path = newPath();
    expect((await files().upload(path, pngBlob(), { cacheControl: '120' })).error).toBeNull();
    const response = await raw(`/storage/v1/object/authenticated/files/${path}`, { token: ann.token });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toBe('max-age=120');
  });

  test('stores the file of a FormData', async () => {
    const path = newPath();
    const form = new FormData();
    form.append('cacheControl', '60');
    form.append('', new File([png], 'picture.png', { type: 'image/png' }));
    expect((await files().upload(path, form)).error).toBeNull();
    expect(dataOf(await files().download(path)).size).toBe(png.length);
  });

  test('stores a File', async () => {
    const path = newPath();
    const file = new File([png], 'picture.png', { type: 'image/png' });
    expect((await files().upload(path, file)).error).toBeNull();
    expect(dataOf(await files().download(path)).type).toBe('image/png');
  });

  test('stores an ArrayBuffer', async () => {
    const path = newPath();
    const bytes = png.buffer.slice(png.byteOffset, png.byteOffset + png.length) as ArrayBuffer;
    expect((await files().upload(path, bytes, { contentType: 'image/png' })).error).toBeNull();
    const downloaded = dataOf(await files().download(path));
    expect(Buffer.from(await downloaded.arrayBuffer())).toEqual(png);
  });

  test('stores a stream', async () => {
    const path = newPath();
    const stream = new Blob([new Uint8Array(300_000).fill(7)]).stream();
    const options = { contentType: 'application/octet-stream', duplex: 'half' };
    expect((await files().upload(path, stream, options)).error).toBeNull();
    expect(dataOf(await files().download(path)).size).toBe(300_000);
  });

  test('stores text as text/plain', async () => {
    const path = newPath();
    expect((await files().upload(path, 'hello')).error).toBeNull();
    const downloaded = dataOf(await files().download(path));
    expect(downloaded.type).toMatch(/^text\/plain/);
    expect(await downloaded.text()).toBe('hello');
  });

  test('stores an empty file', async () => {
    const path = newPath();
    const empty = Buffer.alloc(0);
    expect((await files().upload(path, empty, { contentType: 'application/x-empty' })).error).toBeNull();
    expect(dataOf(await files().download(path)).size).toBe(0);
  });
});

describe('an upload', () => {
  test('stores metadata of the app, which info returns', async () => {
    const path = newPath();
    const options = { contentType: 'image/png', metadata: { alt: 'é' } };
    expect((await files().upload(path, png, options)).error).toBeNull();
    const info = dataOf(await files().info(path));
    expect(info).toMatchObject({ size: png.length, contentType: 'image/png', metadata: { alt: 'é' } });
  });

  test('is refused when the file exists', async () => {
    const path = newPath();
    dataOf(await files().upload(path, png, { contentType: 'image/png' }));
    const { error } = await files().upload(path, 'other', { contentType: 'image/png' });
    expect(error).toMatchObject({
      status: 400,
      statusCode: '409',
      message: 'The resource already exists',
    });
    expect(dataOf(await files().download(path)).size).toBe(png.length);
  });

  test('replaces a file with upsert', async () => {
    const path = newPath();
    dataOf(await files().upload(path, png, { contentType: 'image/png' }));
    const twice = Buffer.concat([png, png]);
    expect((await files().upload(path, twice, { contentType: 'image/png', upsert: true })).error).toBeNull();
    expect(dataOf(await files().download(path)).size).toBe(twice.length);
    expect(await sql`select id from storage.objects where name = ${path}`).toHaveLength(1);
  });

  test('replaces a file with update', async () => {
    const path = newPath();
    dataOf(await files().upload(path, 'before'));
    expect((await files().update(path, png, { contentType: 'image/png' })).error).toBeNull();
    const downloaded = dataOf(await files().download(path));
    expect([downloaded.size, downloaded.type]).toEqual([png.length, 'image/png']);
  });
});

describe('a policy on uploads', () => {
  const refused = {
    status: 400,
    statusCode: '403',
    message: 'new row violates row-level security policy',
  };

  test('refuses an upload into the folder of another user, and stores no bytes', async () => {
    const path = newPath();
    const { error } = await bob.client.storage
      .from('pictures')
      .upload(path, png, { contentType: 'image/png' });
    expect(error).toMatchObject(refused);
    expect((await ann.client.storage.from('pictures').download(path)).error).not.toBeNull();
    expect(await sql`select id from storage.objects where name = ${path}`).toHaveLength(0);
  });

  test('refuses to replace a file of another user', async () => {
    const path = newPath();
    dataOf(await files().upload(path, png, { contentType: 'image/png' }));
    const { error } = await bob.client.storage.from('files').upload(path, 'other', { upsert: true });
    expect(error).toMatchObject(refused);
    expect(dataOf(await files().download(path)).size).toBe(png.length);
  });

  test('refuses an upload without a user', async () => {
    const { error } = await anonymous.storage.from('files').upload(newName(), png);
    expect(error).toMatchObject(refused);
  });
});
