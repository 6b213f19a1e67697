import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { UploadProgress } from '../../sdk/src/index.ts';
import { photo } from '../kit/files.ts';
import { objectsOf, postCountOf } from '../kit/owned.ts';
import { dataOf } from '../kit/results.ts';
import { type BadWay, openBadWay } from './bad-way.ts';
import { newSdkPerson, reopen } from './noctra.ts';

let way: BadWay | undefined;
afterEach(async () => {
  await way?.close();
  way = undefined;
});

const isUpload = (name: string) => name.startsWith('POST /storage/v1/object/post-media/');

/** More than the sockets on the way hold. */
const large = () => new File([new Uint8Array(24 * 1024 * 1024)], 'large.mp4', { type: 'video/mp4' });

function expectGrowing(events: readonly UploadProgress[]): void {
  const loaded = events.map((event) => event.loaded);
  expect(loaded).toEqual([...new Set(loaded)].sort((a, b) => a - b));
  expect(loaded.at(-1)).toBe(events.at(-1)?.total);
}

describe('on_progress', () => {
  test('tells of every file of a post, and of all together', async () => {
    const { noctra } = await newSdkPerson();
    const events: UploadProgress[] = [];
    const media = [photo(), { file: photo(), alt_text: 'The sea' }];
    const on_progress = (event: UploadProgress) => void events.push(event);
    const post = dataOf(await noctra.posts.create({ caption: 'Two', media, on_progress }));
    const [first, second] = post.media.map(({ size }) => size);
    expectGrowing(events);
    expect(events[0]?.total).toBe((first ?? 0) + (second ?? 0));
    for (const [index, size] of [first, second].entries()) {
      const own = events.filter(({ file }) => file.index === index).map(({ file }) => file);
      expect(own.at(-1)).toEqual({ index, loaded: size, total: size });
    }
  });

  test('counts what has left, and stands still while nothing is taken', async () => {
    const person = await newSdkPerson();
    let take: (() => void) | undefined;
    way = await openBadWay(async (name) => {
      // Not read from until then: what is sent stays in the sockets, and they are soon full.
      if (isUpload(name)) await new Promise<void>((resolve) => (take = resolve));
      return undefined;
    });
    const noctra = await reopen(person, {}, way.url);
    const events: UploadProgress[] = [];
    const upload = noctra.media.upload(large(), { on_progress: (event) => void events.push(event) });
    await delay(1500);
    const held = events.at(-1)?.loaded ?? 0;
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(large().size / 2);
    await delay(500);
    expect(events.at(-1)?.loaded).toBe(held);

    take?.();
    dataOf(await upload);
    expectGrowing(events);
    expect(events.length).toBeGreaterThan(50);
  });

  test('does not go back when a file is sent again', async () => {
    const person = await newSdkPerson();
    let uploads = 0;
    way = await openBadWay(async (name, request) => {
      if (!isUpload(name) || ++uploads > 1) return undefined;
      for await (const _ of request);
      return { status: 503 };
    });
    const noctra = await reopen(person, {}, way.url);
    const events: UploadProgress[] = [];
    dataOf(await noctra.media.upload(large(), { on_progress: (event) => void events.push(event) }));
    expect(uploads).toBe(2);
    expectGrowing(events);
  });
});

describe('an abort', () => {
  test.each([true, false])(
    'in the middle of an upload leaves no object (with progress: %s)',
    async (isWatched) => {
      const person = await newSdkPerson();
      const controller = new AbortController();
      let received = 0;
      way = await openBadWay((name, request) => {
        if (!isUpload(name)) return undefined;
        request.on('data', ({ length }: Buffer) => {
          received += length;
          if (received > 2 * 1024 * 1024) controller.abort();
        });
        return undefined;
      });
      const noctra = await reopen(person, {}, way.url);
      const began = performance.now();
      const { error } = await noctra.posts.create({
        caption: 'Never mind',
        media: [photo(), large()],
        signal: controller.signal,
        ...(isWatched && { on_progress: () => {} }),
      });
      expect(error).toMatchObject({ code: 'aborted', status: 0 });
      expect(performance.now() - began).toBeLessThan(5000);
      expect(received).toBeLessThan(large().size);
      await delay(500);
      expect(await objectsOf(person)).toEqual([]);
      expect(await postCountOf(person)).toBe(0);
    },
  );

  test('while the post is made leaves post and files, or neither', async () => {
    const person = await newSdkPerson();
    const controller = new AbortController();
    way = await openBadWay((name) => {
      if (name === 'POST /functions/v1/api/posts/') setTimeout(() => controller.abort(), 5);
      return undefined;
    });
    const noctra = await reopen(person, {}, way.url);
    const { error } = await noctra.posts.create({
      caption: 'Now or never',
      media: [photo()],
      signal: controller.signal,
    });
    expect(error?.code ?? 'aborted').toBe('aborted');
    await delay(1000);
    expect(await objectsOf(person)).toHaveLength(await postCountOf(person));
  });
});
