import { afterEach, describe, expect, test } from 'vitest';
import { load, photo, publishedBytes } from '../kit/files.ts';
import { objectsOf, postCountOf } from '../kit/owned.ts';
import { dataOf } from '../kit/results.ts';
import { newSdkPerson, openNoctra, reopen, type SdkPerson } from './sdk-people.ts';
import { type Fault, type Interfere, openProxy, type UnreliableProxy } from './unreliable-proxy.ts';

let proxy: UnreliableProxy | undefined;
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});

/** A user whose requests, from now on, meet faults. */
async function withFaults(interfere: Interfere) {
  const person = await newSdkPerson();
  let isBegun = false;
  proxy = await openProxy((name, request) => (isBegun ? interfere(name, request) : undefined));
  const noctra = await reopen(person, {}, proxy.url);
  isBegun = true;
  proxy.requests.length = 0;
  return { person, noctra, requests: proxy.requests };
}

/** A fault of the first requests of this name. */
function first(name: string, fault: Fault, times = 1): Interfere {
  let left = times;
  return (seen) => (seen.startsWith(name) && left-- > 0 ? fault : undefined);
}

/** How often a request was made. */
const count = (requests: readonly string[], name: string) =>
  requests.filter((seen) => seen.startsWith(name)).length;

const createRequest = 'POST /functions/v1/api/posts/';
const uploadRequest = 'POST /storage/v1/object/uploads/';
const pageRequest = 'GET /rest/v1/rpc/list_posts';
const signRequest = 'POST /storage/v1/object/sign/';

async function expectOnePost(person: SdkPerson, caption: string): Promise<void> {
  const posts = dataOf(await person.noctra.posts.list({ owner: 'me' }));
  expect(posts.map((post) => post.caption)).toEqual([caption]);
  expect(await objectsOf(person)).toEqual(posts[0]?.media.map(({ file }) => file));
  expect(await load(posts[0]?.media[0]?.url)).toEqual(publishedBytes('photo.jpg'));
}

describe('posts.create makes one post', () => {
  test('when the answer is lost', async () => {
    const { person, noctra, requests } = await withFaults(first(createRequest, 'answer lost'));
    const { error } = await noctra.posts.create({ caption: 'Once', media: [photo()] });
    expect(error).toBeNull();
    expect(count(requests, createRequest)).toBe(2);
    expect(count(requests, uploadRequest)).toBe(1);
    await expectOnePost(person, 'Once');
  });

  test('when the answer to an upload is lost', async () => {
    const { person, noctra, requests } = await withFaults(first(uploadRequest, 'answer lost'));
    const { error } = await noctra.posts.create({ caption: 'Once', media: [photo()] });
    expect(error).toBeNull();
    expect(count(requests, uploadRequest)).toBe(2);
    await expectOnePost(person, 'Once');
  });

  test('when the server is unavailable for a moment', async () => {
    const { person, noctra, requests } = await withFaults(first(createRequest, { status: 503 }));
    const { error } = await noctra.posts.create({ caption: 'Once', media: [photo()] });
    expect(error).toBeNull();
    expect(count(requests, createRequest)).toBe(2);
    await expectOnePost(person, 'Once');
  });

  test('when the app calls again with its own key, after the SDK has given up', async () => {
    const { person, noctra, requests } = await withFaults(first(createRequest, 'answer lost', 3));
    const post = { caption: 'Once', media: [photo()], idempotency_key: crypto.randomUUID() };
    expect((await noctra.posts.create(post)).error).toMatchObject({ code: 'network_error', status: 0 });
    expect(count(requests, createRequest)).toBe(3);
    expect((await noctra.posts.create(post)).error).toBeNull();
    await expectOnePost(person, 'Once');
  });

  test('when a refused call with its key comes in between', async () => {
    const { person, noctra } = await withFaults(first(createRequest, { status: 502 }, 3));
    const post = { caption: 'Once', media: [photo()], idempotency_key: crypto.randomUUID() };
    const { error } = await noctra.posts.create(post);
    expect(error).toMatchObject({ code: 'service_unavailable', status: 502 });
    const refused = await person.noctra.posts.create({ ...post, mentions: ['nobody_at_all'] });
    expect(refused.error?.code).toBe('mention_unknown');
    expect((await person.noctra.posts.create(post)).error).toBeNull();
    await expectOnePost(person, 'Once');
  });
});

describe('a call that is refused for the number of requests', () => {
  test('is repeated after the time that the server names', async () => {
    const { noctra, requests } = await withFaults(
      first(createRequest, { status: 429, headers: { 'retry-after': '1' } }),
    );
    const start = performance.now();
    expect((await noctra.posts.create({ caption: 'Patience' })).error).toBeNull();
    expect(performance.now() - start).toBeGreaterThan(1000);
    expect(count(requests, createRequest)).toBe(2);
  });

  test('is not repeated after a long time, and the error has the time', async () => {
    const { noctra, requests } = await withFaults(() => ({ status: 429, headers: { 'retry-after': '600' } }));
    const { error } = await noctra.posts.create({ caption: 'Too much' });
    expect(error).toMatchObject({ code: 'rate_limited', status: 429, retry_after: 600 });
    expect(count(requests, createRequest)).toBe(1);
  });

  test('is repeated even if it brings files: nothing was done', async () => {
    const { noctra, requests } = await withFaults(
      first('PATCH', { status: 429, headers: { 'retry-after': '0' } }),
    );
    const post = dataOf(await noctra.posts.create({ caption: 'Before' }));
    const changed = dataOf(await noctra.posts.update(post.id, { add_media: [photo()] }));
    expect(changed.media).toHaveLength(1);
    expect(count(requests, 'PATCH')).toBe(2);
  });
});

describe('reading', () => {
  test.each([
    ['without an answer', 'answer lost', 2],
    ['after 502', { status: 502 }, 1],
    ['after 503', { status: 503, headers: { 'retry-after': '0' } }, 3],
    ['after 504', { status: 504 }, 1],
  ] as const)('is repeated %s', async (_, fault, times) => {
    const { noctra, requests } = await withFaults(first(pageRequest, fault, times));
    expect((await noctra.posts.list({ owner: 'me' })).error).toBeNull();
    expect(count(requests, pageRequest)).toBe(times + 1);
  });

  test('ends after three repetitions', async () => {
    const { noctra, requests } = await withFaults(
      first(pageRequest, { status: 503, headers: { 'retry-after': '0' } }, 9),
    );
    const { error } = await noctra.posts.list({ owner: 'me' });
    expect(error).toMatchObject({ code: 'service_unavailable', status: 503 });
    expect(count(requests, pageRequest)).toBe(4);
  });

  test('repeats the signing of files twice', async () => {
    const { noctra, requests } = await withFaults(first(signRequest, 'answer lost', 5));
    const person = dataOf(await noctra.posts.create({ caption: 'Here', media: [photo()] })).owner.id;
    requests.length = 0;
    const { error } = await noctra.posts.list({ owner: person });
    expect(error).toMatchObject({ code: 'network_error', status: 0 });
    expect(count(requests, signRequest)).toBe(3);
    const posts = dataOf(await noctra.posts.list({ owner: person }));
    expect(posts[0]?.media[0]?.url).toEqual(expect.any(String));
    expect(count(requests, signRequest)).toBe(6);
  });
});

describe('a call that might have its effect twice is made once', () => {
  test('an update that brings or removes files', async () => {
    const { noctra, requests } = await withFaults(first('PATCH', 'answer lost', 9));
    const post = dataOf(await noctra.posts.create({ caption: 'Before', media: [photo()] }));
    for (const changes of [{ add_media: [photo()] }, { remove_media: [post.media[0]?.id ?? ''] }]) {
      requests.length = 0;
      expect((await noctra.posts.update(post.id, changes)).error?.code).toBe('network_error');
      expect(count(requests, 'PATCH')).toBe(1);
    }
  });

  test.each([{ status: 503 }, { status: 429, headers: { 'retry-after': '0' } }])(
    'an attempt to sign in, after %o',
    async (fault) => {
      proxy = await openProxy(() => fault);
      const noctra = openNoctra({}, proxy.url);
      const { error } = await noctra.auth.signIn({ username: 'somebody', password: 'some password' });
      expect(error?.status).toBe(fault.status);
      expect(proxy.requests).toHaveLength(1);
    },
  );
});

describe('a call that has the same effect twice is repeated', () => {
  test('an update of texts', async () => {
    const { noctra, requests } = await withFaults(first('PATCH', 'answer lost'));
    const post = dataOf(await noctra.posts.create({ caption: 'Before' }));
    expect(dataOf(await noctra.posts.update(post.id, { caption: 'After' })).caption).toBe('After');
    expect(count(requests, 'PATCH')).toBe(2);
  });

  test('a removal, which succeeds when the second try finds nothing', async () => {
    const { person, noctra, requests } = await withFaults(first('DELETE', 'answer lost'));
    const { id } = dataOf(await noctra.posts.create({ caption: 'Soon gone' }));
    expect(await noctra.posts.remove(id)).toEqual({ data: { id }, error: null });
    expect(count(requests, 'DELETE')).toBe(2);
    expect(await postCountOf(person)).toBe(0);
  });
});

describe('an abort ends the wait for another try', () => {
  const fault = { status: 503, headers: { 'retry-after': '20' } };
  test.each(['a write', 'a read'])('of %s', async (kind) => {
    const { noctra, requests } = await withFaults(() => fault);
    const start = performance.now();
    const signal = AbortSignal.timeout(500);
    const { error } =
      kind === 'a read'
        ? await noctra.posts.list({ signal })
        : await noctra.posts.create({ caption: 'Hello', signal });
    expect(error).toMatchObject({ code: 'aborted', status: 0 });
    expect(performance.now() - start).toBeLessThan(5000);
    expect(requests).toHaveLength(1);
  });
});
