import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { UploadProgress } from '../../sdk/src/index.ts';
import { photo } from '../kit/files.ts';
import { objectsOf, postCountOf } from '../kit/owned.ts';
import { dataOf } from '../kit/results.ts';
import { eventually } from '../kit/waiting.ts';
import { newSdkPerson, reopen } from './sdk-people.ts';
import { openProxy, type UnreliableProxy } from './unreliable-proxy.ts';

let proxy: UnreliableProxy | undefined;
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});

const isUpload = (name: string) => name.startsWith('POST /storage/v1/object/uploads/');

/** Larger than the buffers of the sockets on the way. */
const large = () => new File([new Uint8Array(24 * 1024 * 1024)], 'large.mp4', { type: 'video/mp4' });

function expectGrowing(events: readonly UploadProgress[]): void {
  const loaded = events.map((event) => event.loaded);
  expect(loaded).toEqual([...new Set(loaded)].sort((a, b) => a - b));
  expect(loaded.at(-1)).toBe(events.at(-1)?.total);
}

describe('on_progress', () => {
  test('reports every file of a post, and their sum', async () => {
    const { noctra } = await newSdkPerson();
    const events: UploadProgress[] = [];
    const media = [photo(), { file: photo(), alt_text: 'The sea' }];
    const on_progress = (event: UploadProgress) => void events.push(event);
    dataOf(await noctra.posts.create({ caption: 'Two', media, on_progress }));
    const { size } = photo();
    expectGrowing(events);
    expect(events[0]?.total).toBe(2 * size);
    for (const index of [0, 1]) {
      const own = events.filter(({ file }) => file.index === index).map(({ file }) => file);
      expect(own.at(-1)).toEqual({ index, loaded: size, total: size });
    }
  });

  test('counts bytes that have left, and stands still while the server takes none', async () => {
    const person = await newSdkPerson();
    let take: (() => void) | undefined;
    proxy = await openProxy(async (name) => {
      // Until then nothing is read: the buffers of the sockets are soon full.
      if (isUpload(name)) await new Promise<void>((resolve) => (take = resolve));
      return undefined;
    });
    const noctra = await reopen(person, {}, proxy.url);
    const events: UploadProgress[] = [];
    const upload = noctra.media.upload(large(), { on_progress: (event) => void events.push(event) });
    const loaded = () => events.at(-1)?.loaded ?? 0;
    let held: number;
    do {
      held = loaded();
      await delay(500);
    } while (held === 0 || loaded() !== held);
    expect(held).toBeLessThan(large().size / 2);

    take?.();
    dataOf(await upload);
    expectGrowing(events);
    expect(events.length).toBeGreaterThan(50);
  });

  test('never decreases when a file is sent again', async () => {
    const person = await newSdkPerson();
    let uploads = 0;
    proxy = await openProxy(async (name, request) => {
      if (!isUpload(name) || ++uploads > 1) return undefined;
      for await (const _ of request);
      return { status: 503 };
    });
    const noctra = await reopen(person, {}, proxy.url);
    const events: UploadProgress[] = [];
    dataOf(await noctra.media.upload(large(), { on_progress: (event) => void events.push(event) }));
    expect(uploads).toBe(2);
    expectGrowing(events);
  });
});

describe('an abort', () => {
  test.each([true, false])('during an upload leaves no object (with progress: %s)', async (hasListener) => {
    const person = await newSdkPerson();
    const controller = new AbortController();
    let received = 0;
    let abortedAt = 0;
    proxy = await openProxy((name, request) => {
      if (!isUpload(name)) return undefined;
      request.on('data', ({ length }: Buffer) => {
        received += length;
        if (received <= 2 * 1024 * 1024 || abortedAt) return;
        abortedAt = performance.now();
        controller.abort();
      });
      return undefined;
    });
    const noctra = await reopen(person, {}, proxy.url);
    const { error } = await noctra.posts.create({
      caption: 'Never mind',
      media: [photo(), large()],
      signal: controller.signal,
      ...(hasListener && { on_progress: () => {} }),
    });
    expect(error).toMatchObject({ code: 'aborted', status: 0 });
    expect(performance.now() - abortedAt).toBeLessThan(5000);
    expect(received).toBeLessThan(large().size);
    await delay(500);
    await eventually(async () => expect(await objectsOf(person, 'uploads')).toEqual([]));
    expect(await objectsOf(person)).toEqual([]);
    expect(await postCountOf(person)).toBe(0);
  });

  test('stops a page while its files are signed', async () => {
    const person = await newSdkPerson();
    dataOf(await person.noctra.posts.create({ caption: 'Here', media: [photo()] }));
    const controller = new AbortController();
    let abortedAt = 0;
    proxy = await openProxy(async (name) => {
      if (!name.includes('/object/sign/')) return undefined;
      abortedAt = performance.now();
      controller.abort();
      await delay(10_000, undefined, { ref: false });
      return { status: 500 };
    });
    const noctra = await reopen(person, {}, proxy.url);
    const { error } = await noctra.posts.list({ owner: 'me', signal: controller.signal });
    expect(error).toMatchObject({ code: 'aborted', status: 0 });
    expect(performance.now() - abortedAt).toBeLessThan(5000);
  });

  test('while the post is made leaves a post with its files, or neither', async () => {
    const person = await newSdkPerson();
    const controller = new AbortController();
    proxy = await openProxy((name) => {
      if (name === 'POST /functions/v1/api/posts/') setTimeout(() => controller.abort(), 5);
      return undefined;
    });
    const noctra = await reopen(person, {}, proxy.url);
    const { error } = await noctra.posts.create({
      caption: 'Now or never',
      media: [photo()],
      signal: controller.signal,
    });
    expect(error?.code ?? 'aborted').toBe('aborted');
    await delay(1000);
    // The function may still be at work when the SDK has removed the upload.
    await eventually(async () => {
      expect(await objectsOf(person, 'uploads')).toEqual([]);
      expect(await objectsOf(person)).toHaveLength(await postCountOf(person));
    });
  });
});
