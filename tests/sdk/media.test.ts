import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../sdk/src/index.ts';
import { fixture, load, photo, publishedBytes, samples } from '../kit/files.ts';
import { objectsOf, postCountOf } from '../kit/owned.ts';
import { dataOf } from '../kit/results.ts';
import { exifSegment, holdsLocation, jpegWith } from '../kit/samples.ts';
import { filesOf, newSdkPerson, type SdkPerson } from './sdk-people.ts';

let ann: SdkPerson;
let ben: SdkPerson;
beforeAll(async () => {
  ann = await newSdkPerson();
  ben = await newSdkPerson();
});

describe('posts.create accepts', () => {
  test.each(samples)('$name, and other users load it without its metadata', async ({ name, ...facts }) => {
    const file = fixture(name, facts.mime_type);
    const bytes = publishedBytes(name);
    const alt_text = `What ${name} shows`;
    const post = dataOf(await ann.noctra.posts.create({ caption: name, media: [{ file, alt_text }] }));
    const read = dataOf(await ben.noctra.posts.get(post.id));
    for (const { media } of [post, read]) {
      expect(media).toMatchObject([{ ...facts, size: bytes.length, alt_text }]);
    }
    expect(await load(read.media[0]?.url)).toEqual(bytes);
  });

  test.each([
    ['clip.avi', '', 'video/x-msvideo'],
    ['tone.wav', 'audio/x-wav', 'audio/wav'],
    ['photo.jpg', 'application/octet-stream', 'image/jpeg'],
  ])('%s by its bytes, where the system calls it "%s"', async (name, type, mime_type) => {
    const file = fixture(name, type);
    const post = dataOf(await ann.noctra.posts.create({ caption: 'By bytes', media: [file] }));
    expect(post.media).toMatchObject([{ mime_type, size: publishedBytes(name).length }]);
  });

  test('a photo, and removes its location', async () => {
    const bytes = jpegWith(exifSegment());
    const file = new File([new Uint8Array(bytes)], 'camera.jpg', { type: 'image/jpeg' });
    const post = dataOf(await ann.noctra.posts.create({ caption: 'There', media: [file] }));
    const read = dataOf(await ben.noctra.posts.get(post.id));
    const loaded = await load(read.media[0]?.url);
    expect(holdsLocation(bytes)).toBe(true);
    expect(holdsLocation(loaded)).toBe(false);
  });
});

test.each([
  ['of another type', 'media_type_mismatch', fixture('picture.png', 'image/jpeg')],
  ['of no accepted type', 'media_type_unsupported', new File(['words'], 'x.jpg', { type: 'image/jpeg' })],
])('posts.create refuses a file with bytes %s, and nothing stays', async (_, code, file) => {
  const dora = await newSdkPerson();
  const { data, error } = await dora.noctra.posts.create({
    caption: 'Hm',
    media: [photo(), file],
  });
  expect(data).toBeNull();
  expect(error).toMatchObject({ code, status: 415, field: 'media' });
  expect(await postCountOf(dora)).toBe(0);
  await expect.poll(() => filesOf(dora)).toEqual([]);
});

test('posts.create refuses an alternative text that is too long, and nothing stays', async () => {
  const dora = await newSdkPerson();
  const media = [{ file: photo(), alt_text: 'x'.repeat(limits.alt_text_length + 1) }];
  const { error } = await dora.noctra.posts.create({ caption: 'Hm', media });
  expect(error).toMatchObject({ code: 'alt_text_invalid', status: 422 });
  expect(await filesOf(dora)).toEqual([]);
});

describe('media.upload', () => {
  test('stores a file before its post, which publishes it', async () => {
    const { path } = dataOf(await ann.noctra.media.upload(photo()));
    const media = [photo('second.jpg'), { file: path, alt_text: 'The sea' }];
    const post = dataOf(await ann.noctra.posts.create({ caption: 'Both', media }));
    expect(post.media.map(({ alt_text }) => alt_text)).toEqual(['', 'The sea']);
    expect(await load(post.media[1]?.url)).toEqual(publishedBytes('photo.jpg'));
    await expect.poll(() => objectsOf(ann, 'uploads')).not.toContain(path);
  });

  test('answers a path that only one post can take', async () => {
    const { path } = dataOf(await ann.noctra.media.upload(photo()));
    dataOf(await ann.noctra.posts.create({ caption: 'First', media: [path] }));
    await expect.poll(() => objectsOf(ann, 'uploads')).not.toContain(path);
    const { error } = await ann.noctra.posts.create({ caption: 'Second', media: [path] });
    expect(error).toMatchObject({ code: 'media_not_found', status: 422 });
  });

  test('answers a path that other users cannot take', async () => {
    const { path } = dataOf(await ann.noctra.media.upload(photo()));
    const { error } = await ben.noctra.posts.create({ caption: 'Mine', media: [path] });
    expect(error).toMatchObject({ code: 'media_not_found', status: 422 });
    expect(await objectsOf(ann, 'uploads')).toContain(path);
  });
});

describe('media.sign', () => {
  test('answers URLs in the order of the paths, and null for a file that the user may not see', async () => {
    const create = async (is_public: boolean) =>
      dataOf(await ann.noctra.posts.create({ caption: 'Signed', media: [photo()], is_public }));
    const [open, hidden] = [await create(true), await create(false)];
    const paths = [hidden, open].map(({ media }) => media[0]?.file ?? '');
    const own = dataOf(await ann.noctra.media.sign(paths));
    for (const url of own) expect(await load(url)).toEqual(publishedBytes('photo.jpg'));
    const [none, url] = dataOf(await ben.noctra.media.sign(paths));
    expect(none).toBeNull();
    expect(await load(url)).toEqual(publishedBytes('photo.jpg'));
  });

  test('answers URLs that load for the given time', async () => {
    const post = dataOf(await ann.noctra.posts.create({ caption: 'Brief', media: [photo()] }));
    const statusAfterSigning = async (expires_in: number) => {
      const [url] = dataOf(await ann.noctra.media.sign([post.media[0]?.file ?? ''], { expires_in }));
      return async () => (await fetch(url ?? '')).status;
    };
    // On a busy machine, a second may pass before the first request.
    expect(await (await statusAfterSigning(60))()).toBe(200);
    await expect.poll(await statusAfterSigning(1)).toBe(400);
  });
});
