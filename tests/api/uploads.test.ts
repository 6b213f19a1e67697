import { beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../supabase/functions/api/http/context.ts';
import { postMedia } from '../../supabase/functions/api/media/inspect.ts';
import { type RequestFile, withFiles } from '../../supabase/functions/api/media/publish.ts';
import { call, config, uploadByUrl } from '../kit/api.ts';
import { fixture, fixtureBytes } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson, type Person } from '../kit/people.ts';
import { eventually } from '../kit/waiting.ts';

let kai: Person;
beforeAll(async () => {
  kai = await newPerson();
});

describe('POST /uploads/', () => {
  const ask = (json: unknown) => call('/uploads/', { token: kai.token, json });

  test('says where and how to upload', async () => {
    const { status, json } = await ask({ filename: 'a.mp4', content_type: 'video/mp4', size: 1000 });
    expect({ status, json }).toEqual({
      status: 201,
      json: {
        path: expect.stringMatching(new RegExp(`^${kai.id}/[0-9a-f-]{36}$`)),
        url: expect.stringMatching(/^http/),
        token: expect.any(String),
        method: 'PUT',
        headers: { 'content-type': 'video/mp4' },
        expires_in: 7200,
      },
    });
  });

  test.each(['application/octet-stream', 'application/zip', 'video/mov', 'image/jpg; charset=binary'])(
    'takes a file that is called %s: its bytes decide',
    async (content_type) => {
      const answer = await ask({ filename: 'a', content_type, size: 1 });
      expect(answer).toMatchObject({ status: 201, json: { headers: { 'content-type': content_type } } });
    },
  );

  test.each([
    ['one byte too many', { size: 50 * 1024 * 1024 + 1 }, 413, 'media_too_large', 'size'],
    ['no bytes', { size: 0 }, 422, 'size_invalid', 'size'],
    ['half a byte', { size: 0.5 }, 422, 'size_invalid', 'size'],
    ['a size in words', { size: '1 MB' }, 422, 'size_invalid', 'size'],
    ['no name', { filename: '' }, 422, 'filename_invalid', 'filename'],
    ['a type that is no text', { content_type: 5 }, 422, 'content_type_invalid', 'content_type'],
  ])('gives no URL for %s', async (_, fields, status, code, field) => {
    const answer = await ask({ filename: 'a.png', content_type: 'image/png', size: 10, ...fields });
    expect(answer).toMatchObject({ status, json: { code, errors: { [field]: [expect.any(String)] } } });
  });
});

describe('when one of several files cannot be written', () => {
  const brokenDown = { problem: { status: 503, code: 'service_unavailable' } };
  const file = (filename: string): RequestFile => ({
    source: { name: 'media', filename, contentType: '', bytes: fixtureBytes(filename) },
    rules: postMedia,
  });
  const files = () =>
    ['photo.jpg', 'picture.png', 'animation.gif', 'clip.mp4', 'tone.mp3', 'tone.wav'].map(file);
  const callerOf = (person: Person): Caller => ({
    id: person.id,
    token: person.token,
    client: person.client,
  });

  /** Breaks the connection to Storage whenever a video is written. */
  const withBrokenStorage = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const { fetch } = globalThis;
    globalThis.fetch = async (input, init) => {
      const isUpload = String(input).includes('/object/post-media/') && init?.method === 'POST';
      if (isUpload && String(input).endsWith('.mp4')) throw new TypeError('connection reset');
      return fetch(input, init);
    };
    return work().finally(() => {
      globalThis.fetch = fetch;
    });
  };

  test('the others are discarded', async () => {
    const person = await newPerson();
    await withBrokenStorage(async () => {
      const published = withFiles(config, callerOf(person), files(), null, async (paths) => paths);
      await expect(published).rejects.toMatchObject(brokenDown);
    });
    await eventually(async () => expect(await objectsOf(person)).toEqual([]));
  });

  test('under an idempotency key the others wait for the next try, which names them the same', async () => {
    const person = await newPerson();
    const caller = callerOf(person);
    const waiting = await withBrokenStorage(async () => {
      const published = withFiles(config, caller, files(), 'a key', async (paths) => paths);
      await expect(published).rejects.toMatchObject(brokenDown);
      return objectsOf(person);
    });
    expect(waiting.length).toBeGreaterThan(0);
    const paths = await withFiles(config, caller, files(), 'a key', async (names) => names);
    expect(paths.filter((path) => waiting.includes(path)).sort()).toEqual(waiting.sort());
  });
});

describe('DELETE /uploads/', () => {
  const upload = () => uploadByUrl(kai, fixture('photo.jpg', 'image/jpeg'));
  const remove = (json: unknown) => call('/uploads/', { method: 'DELETE', token: kai.token, json });

  test('removes uploads that are not published, and no others', async () => {
    const [first, second, kept] = [await upload(), await upload(), await upload()];
    expect((await remove({ paths: [first, second] })).status).toBe(204);
    const left = await objectsOf(kai, 'uploads');
    expect(left).toContain(kept);
    for (const path of [first, second]) expect(left).not.toContain(path);
    const answer = await call('/media/', { token: kai.token, json: { path: first } });
    expect(answer).toMatchObject({ status: 422, json: { code: 'media_not_found' } });
  });

  test('is repeatable: an upload that is not there is removed', async () => {
    const path = await upload();
    const paths = [path, path, `${kai.id}/${crypto.randomUUID()}`];
    expect((await remove({ paths })).status).toBe(204);
    expect((await remove({ paths })).status).toBe(204);
  });

  test('takes a form', async () => {
    const path = await upload();
    const answer = await call('/uploads/', {
      method: 'DELETE',
      token: kai.token,
      body: new URLSearchParams({ paths: path }),
    });
    expect(answer.status).toBe(204);
    expect(await objectsOf(kai, 'uploads')).not.toContain(path);
  });

  test('leaves a published file alone', async () => {
    const { json } = await call('/media/', { token: kai.token, json: { path: await upload() } });
    expect(await remove({ paths: [json.path] })).toMatchObject({
      status: 422,
      json: { code: 'media_not_found', errors: { paths: [expect.any(String)] } },
    });
    expect(await objectsOf(kai)).toContain(json.path);
  });

  test.each([
    ['no list', {}, 'media_invalid', 'paths'],
    ['a path alone', { paths: 'x' }, 'media_invalid', 'paths'],
    ['no path', { paths: [] }, 'media_invalid', 'paths'],
    ['a number', { paths: [5] }, 'media_invalid', 'paths'],
    ['eleven paths', { paths: Array.from({ length: 11 }, () => 'x') }, 'media_too_many', 'paths'],
    ['another field', { paths: ['x'], path: 'x' }, 'field_unknown', 'path'],
  ])('refuses %s', async (_, json, code, field) => {
    expect(await remove(json)).toMatchObject({
      status: 422,
      json: { code, errors: { [field]: [expect.any(String)] } },
    });
  });

  test('needs a token', async () => {
    const answer = await call('/uploads/', { method: 'DELETE', json: { paths: [await upload()] } });
    expect(answer).toMatchObject({ status: 401, json: { code: 'not_signed_in' } });
  });
});
