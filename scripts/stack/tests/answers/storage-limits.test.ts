import { beforeAll, describe, expect, test } from 'vitest';
import { dataOf, newName, type Person, raw, signUp } from './asking.ts';
import { png } from './files.ts';

let ann: Person;
beforeAll(async () => {
  ann = await signUp();
});

const from = (bucket: string) => ann.client.storage.from(bucket);
const newPath = () => `${ann.id}/${newName()}`;

describe('the size limit of a bucket', () => {
  const tooLarge = {
    status: 400,
    statusCode: '413',
    message: 'The object exceeded the maximum allowed size',
  };
  const bytes = new Uint8Array(1_001);

  test.each<[string, () => Parameters<ReturnType<typeof from>['upload']>[1]]>([
    ['bytes', () => Buffer.from(bytes)],
    ['a Blob', () => new Blob([bytes], { type: 'text/plain' })],
  ])('refuses %s beyond the limit', async (_name, body) => {
    const path = newPath();
    const { error } = await from('small').upload(path, body(), { contentType: 'text/plain', duplex: 'half' });
    expect(error).toMatchObject(tooLarge);
    expect((await from('small').exists(path)).data).toBe(false);
  });

  // `fileUploadFromRequest` in src/storage/uploader.ts: "Unknown-size binary uploads do not have a later truncation signal."
  test('does not hold for a stream of unknown length', async () => {
    const path = newPath();
    const stream = new Blob([bytes]).stream();
    const { error } = await from('small').upload(path, stream, { contentType: 'text/plain', duplex: 'half' });
    expect(error).toBeNull();
    expect(dataOf(await from('small').download(path)).size).toBe(bytes.length);
  });

  test('accepts a file of exactly the limit', async () => {
    for (const body of [Buffer.alloc(1_000), new Blob([bytes.slice(1)])])
      expect((await from('small').upload(newPath(), body)).error).toBeNull();
  });

  test('is the limit of the project where the bucket has none', async () => {
    const { error } = await from('files').upload(newPath(), Buffer.alloc(53 * 1024 * 1024));
    expect(error).toMatchObject({ statusCode: '413' });
  });
});

describe('the MIME types of a bucket', () => {
  test('refuses a type that is not listed', async () => {
    const { error } = await from('pictures').upload(newPath(), 'hello', { contentType: 'text/plain' });
    expect(error).toMatchObject({ statusCode: '415', message: 'mime type text/plain is not supported' });
  });

  test('accepts all subtypes of image/*', async () => {
    const { error } = await from('images').upload(newPath(), png, { contentType: 'image/png' });
    expect(error).toBeNull();
    const text = await from('images').upload(newPath(), 'hello', { contentType: 'text/plain' });
    expect(text.error).toMatchObject({ statusCode: '415' });
  });

  // `validateMimeType` in src/storage/uploader.ts compares the text.
  test.each(['image/png; charset=binary', 'Image/PNG'])(
    'refuses %s where image/png is listed',
    async (contentType) => {
      const { error } = await from('pictures').upload(newPath(), png, { contentType });
      expect(error).toMatchObject({
        statusCode: '415',
        message: `mime type ${contentType} is not supported`,
      });
    },
  );

  test('checks the declared type, not the content', async () => {
    const path = newPath();
    dataOf(await from('pictures').upload(path, '<html>', { contentType: 'image/png' }));
    expect(dataOf(await from('pictures').download(path)).type).toBe('image/png');
  });
});

describe('the name of a file', () => {
  test('refuses a name that leads out of its bucket', async () => {
    for (const name of ['..%2f..%2fx.png', '..%2f..%2f..%2fetc%2fpasswd', 'a%2f..%2f..%2fx.png']) {
      const init = { token: ann.token, headers: { 'content-type': 'image/png' } };
      const up = await raw(`/storage/v1/object/files/${name}`, { ...init, method: 'POST', body: png });
      expect(up.status).toBe(400);
      const down = await raw(`/storage/v1/object/files/${name}`, init);
      expect(down.status).toBe(400);
    }
  });

  test('calls a name that leads out of its bucket invalid', async () => {
    const response = await raw('/storage/v1/object/files/..%2f..%2fx.png', {
      method: 'POST',
      token: ann.token,
      headers: { 'content-type': 'image/png' },
      body: png,
    });
    expect(await response.text()).toContain('Invalid');
  });

  test('accepts two dots inside a name', async () => {
    expect((await from('files').upload(`${newPath()}..b.png`, png)).error).toBeNull();
  });

  test('accepts spaces and reserved characters of URLs', async () => {
    const path = `${newPath()} a+b&(1)=@,'!$:;*.png`;
    expect((await from('files').upload(path, png)).error).toBeNull();
    expect(dataOf(await from('files').download(path)).size).toBe(png.length);
    const listed = dataOf(await from('files').list(ann.id, { limit: 1_000 }));
    expect(listed.map(({ name }) => `${ann.id}/${name}`)).toContain(path);
  });

  // Only some ASCII characters: isValidKey in src/storage/limits.ts of supabase/storage.
  test.each(['é🎉.png', '日本語.png', 'שלום.png', 'a#b.png', 'a%b.png', 'a[1].png'])(
    'refuses the name %j',
    async (name) => {
      const response = await raw(`/storage/v1/object/files/${encodeURIComponent(name)}`, {
        method: 'POST',
        token: ann.token,
        headers: { 'content-type': 'image/png' },
        body: png,
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: 'InvalidKey', message: `Invalid key: ${name}` });
    },
  );

  test('refuses a zero byte in a name', async () => {
    const init = { method: 'POST', token: ann.token, body: png };
    expect((await raw(`/storage/v1/object/files/a%00b.png`, init)).status).toBe(400);
  });

  test('refuses an invalid name from supabase-js', async () => {
    const { error } = await from('files').upload(`${ann.id}/é🎉.png`, png);
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining('Invalid key') });
  });
});
