import { afterEach, describe, expect, test } from 'vitest';
import { fixtureBytes, load, photo } from '../kit/files.ts';
import { objectsOf, postCountOf } from '../kit/owned.ts';
import { dataOf } from '../kit/results.ts';
import { type BadWay, type Interfere, openBadWay } from './bad-way.ts';
import { newSdkPerson, openNoctra, reopen, type SdkPerson } from './noctra.ts';

let way: BadWay | undefined;
afterEach(async () => {
  await way?.close();
  way = undefined;
});

/** Somebody whose requests from now on take a way on which things go wrong. */
async function onBadWay(interfere: Interfere) {
  const person = await newSdkPerson();
  let isBad = false;
  way = await openBadWay((name, request) => (isBad ? interfere(name, request) : undefined));
  const noctra = await reopen(person, {}, way.url);
  isBad = true;
  way.requests.length = 0;
  return { person, noctra, requests: way.requests };
}

/** Something that goes wrong the first time only. */
function once(name: string, mishap: Awaited<ReturnType<Interfere>>): Interfere {
  let isDone = false;
  return (seen) => {
    if (isDone || !seen.startsWith(name)) return undefined;
    isDone = true;
    return mishap;
  };
}

/** How often a request was made. */
const count = (requests: readonly string[], name: string) =>
  requests.filter((seen) => seen.startsWith(name)).length;

const createRequest = 'POST /functions/v1/api/posts/';
const uploadRequest = 'POST /storage/v1/object/post-media/';

async function expectOnePost(person: SdkPerson, caption: string): Promise<void> {
  const { posts } = dataOf(await person.noctra.posts.page({ owner: 'me' }));
  expect(posts.map((post) => post.caption)).toEqual([caption]);
  expect(await objectsOf(person)).toEqual(posts[0]?.media.map(({ file }) => file));
  expect(await load(posts[0]?.media[0]?.url)).toEqual(fixtureBytes('photo.jpg'));
}

describe('posts.create makes one post', () => {
  test('when the answer is lost', async () => {
    const { person, noctra, requests } = await onBadWay(once(createRequest, 'answer lost'));
    const { error } = await noctra.posts.create({ caption: 'Once', media: [photo()] });
    expect(error).toBeNull();
    expect(count(requests, createRequest)).toBe(2);
    expect(count(requests, uploadRequest)).toBe(1);
    await expectOnePost(person, 'Once');
  });

  test('when the answer to an upload is lost', async () => {
    const { person, noctra, requests } = await onBadWay(once(uploadRequest, 'answer lost'));
    const { error } = await noctra.posts.create({ caption: 'Once', media: [photo()] });
    expect(error).toBeNull();
    expect(count(requests, uploadRequest)).toBe(2);
    await expectOnePost(person, 'Once');
  });

  test('when the server is unavailable for a moment', async () => {
    const { person, noctra, requests } = await onBadWay(once(createRequest, { status: 503 }));
    const { error } = await noctra.posts.create({ caption: 'Once', media: [photo()] });
    expect(error).toBeNull();
    expect(count(requests, createRequest)).toBe(2);
    await expectOnePost(person, 'Once');
  });

  test('when the app tries again with its own key, after the SDK has given up', async () => {
    let isOffline = true;
    const { person, noctra, requests } = await onBadWay((name) =>
      isOffline && name === createRequest ? 'answer lost' : undefined,
    );
    const post = { caption: 'Once', media: [photo()], idempotency_key: crypto.randomUUID() };
    expect((await noctra.posts.create(post)).error).toMatchObject({ code: 'network_error', status: 0 });
    expect(count(requests, createRequest)).toBe(3);
    isOffline = false;
    expect((await noctra.posts.create(post)).error).toBeNull();
    await expectOnePost(person, 'Once');
  });
});

test('a refused call leaves the files of an earlier one with its key, whose post may be in the making', async () => {
  const { person, noctra } = await onBadWay((name) => (name === createRequest ? { status: 502 } : undefined));
  const post = { caption: 'Once', media: [photo()], idempotency_key: crypto.randomUUID() };
  expect((await noctra.posts.create(post)).error).toMatchObject({ code: 'service_unavailable', status: 502 });
  const objects = await objectsOf(person);
  expect(objects).toHaveLength(1);
  const refused = await person.noctra.posts.create({ ...post, mentions: ['nobody_at_all'] });
  expect(refused.error?.code).toBe('mention_unknown');
  expect(await objectsOf(person)).toEqual(objects);
  expect((await person.noctra.posts.create(post)).error).toBeNull();
  await expectOnePost(person, 'Once');
});

describe('a request that was turned away for its number', () => {
  test('is made again after the time that the server names', async () => {
    const { noctra, requests } = await onBadWay(
      once(createRequest, { status: 429, headers: { 'retry-after': '1' } }),
    );
    const began = performance.now();
    expect((await noctra.posts.create({ caption: 'Patience' })).error).toBeNull();
    expect(performance.now() - began).toBeGreaterThan(1000);
    expect(count(requests, createRequest)).toBe(2);
  });

  test('is not made again when nobody would wait for that long, and the error says how long it is', async () => {
    const { noctra, requests } = await onBadWay(() => ({ status: 429, headers: { 'retry-after': '600' } }));
    const { error } = await noctra.posts.create({ caption: 'Too much' });
    expect(error).toMatchObject({ code: 'rate_limited', status: 429, retry_after: 600 });
    expect(count(requests, createRequest)).toBe(1);
  });

  test('is made again even if it is none to repeat: nothing was done', async () => {
    const { noctra, requests } = await onBadWay(
      once('PATCH', { status: 429, headers: { 'retry-after': '0' } }),
    );
    const post = dataOf(await noctra.posts.create({ caption: 'Before' }));
    const changed = dataOf(await noctra.posts.update(post.id, { add_media: [photo()] }));
    expect(changed.media).toHaveLength(1);
    expect(count(requests, 'PATCH')).toBe(2);
  });
});

describe('reading is tried again', () => {
  test.each([
    ['a page', 'GET /rest/v1/rpc/list_posts'],
    ['the addresses of its files', 'POST /storage/v1/object/sign/'],
  ])('twice at most: %s', async (_, name) => {
    let failures = 2;
    const { noctra, requests } = await onBadWay((seen) =>
      seen.startsWith(name) && failures-- > 0 ? 'answer lost' : undefined,
    );
    dataOf(await noctra.posts.create({ caption: 'Here', media: [photo()] }));
    requests.length = 0;
    const page = dataOf(await noctra.posts.page({ owner: 'me' }));
    expect(page.posts[0]?.media[0]?.url).toEqual(expect.any(String));
    expect(count(requests, name)).toBe(3);

    failures = 3;
    expect((await noctra.posts.page({ owner: 'me' })).error?.code).toBe('network_error');
    expect(count(requests, name)).toBe(6);
  });
});

describe('what might be done twice is tried once', () => {
  test('an update that brings or takes files', async () => {
    const { noctra, requests } = await onBadWay((name) =>
      name.startsWith('PATCH') ? 'answer lost' : undefined,
    );
    const post = dataOf(await noctra.posts.create({ caption: 'Before', media: [photo()] }));
    for (const changes of [{ add_media: [photo()] }, { remove_media: [post.media[0]?.id ?? ''] }]) {
      requests.length = 0;
      expect((await noctra.posts.update(post.id, changes)).error?.code).toBe('network_error');
      expect(count(requests, 'PATCH')).toBe(1);
    }
  });

  test.each([{ status: 503 }, { status: 429, headers: { 'retry-after': '0' } }])(
    'an attempt to sign in, whatever the answer: %o',
    async (mishap) => {
      way = await openBadWay(() => mishap);
      const noctra = openNoctra({}, way.url);
      const { error } = await noctra.auth.signIn({ username: 'somebody', password: 'some password' });
      expect(error?.status).toBe(mishap.status);
      expect(way.requests).toHaveLength(1);
    },
  );
});

describe('what is the same when it is done twice is tried again', () => {
  test('an update of texts', async () => {
    const { noctra, requests } = await onBadWay(once('PATCH', 'answer lost'));
    const post = dataOf(await noctra.posts.create({ caption: 'Before' }));
    expect(dataOf(await noctra.posts.update(post.id, { caption: 'After' })).caption).toBe('After');
    expect(count(requests, 'PATCH')).toBe(2);
  });

  test('a removal, which has succeeded when the second try finds nothing', async () => {
    const { person, noctra, requests } = await onBadWay(once('DELETE', 'answer lost'));
    const { id } = dataOf(await noctra.posts.create({ caption: 'Soon gone' }));
    expect(await noctra.posts.remove(id)).toEqual({ data: { id }, error: null });
    expect(count(requests, 'DELETE')).toBe(2);
    expect(await postCountOf(person)).toBe(0);
  });
});

test('an abort ends the waiting for another try at once', async () => {
  const { noctra, requests } = await onBadWay(() => ({ status: 503, headers: { 'retry-after': '20' } }));
  const began = performance.now();
  const { error } = await noctra.posts.create({ caption: 'Hello', signal: AbortSignal.timeout(500) });
  expect(error).toMatchObject({ code: 'aborted', status: 0 });
  expect(performance.now() - began).toBeLessThan(5000);
  expect(requests).toHaveLength(1);
});
