import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NoctraOptions } from '../../sdk/src/index.ts';
import { photo } from '../kit/files.ts';
import { dataOf } from '../kit/results.ts';
import { everyCall } from './every-call.ts';
import { newSdkPerson, nowhere, reopen, type SdkPerson } from './sdk-people.ts';
import { type Interfere, openProxy, type UnreliableProxy } from './unreliable-proxy.ts';

// Two proxies before the Noctra under test stand for a primary and its replica.
let onPrimary: Interfere;
let onReplica: Interfere;
let primary: UnreliableProxy;
let replica: UnreliableProxy;
beforeEach(async () => {
  onPrimary = () => undefined;
  onReplica = () => undefined;
  primary = await openProxy((name, request) => onPrimary(name, request));
  replica = await openProxy((name, request) => onReplica(name, request));
});
afterEach(() => Promise.all([primary.close(), replica.close()]));

/** Opens Noctra with both, for a user who has written nothing through it. */
async function openBoth(person: SdkPerson, options: NoctraOptions = {}) {
  const noctra = await reopen(person, { read_url: replica.url, ...options }, primary.url);
  primary.requests.length = 0;
  replica.requests.length = 0;
  return noctra;
}

const pageRequest = 'GET /rest/v1/rpc/list_posts';
const postRequest = 'GET /rest/v1/rpc/get_post';
const profileRequest = 'GET /rest/v1/rpc/get_profile';

/** How often a request was made. */
const count = ({ requests }: UnreliableProxy, name: string) =>
  requests.filter((seen) => seen === name).length;

describe('the README', () => {
  test('lists the calls that ask a replica', async () => {
    const person = await newSdkPerson();
    const noctra = await openBoth(person, { primary_after_write: 0 });
    const post = dataOf(await noctra.posts.create({ caption: 'Here', media: [photo()] }));
    const comment = dataOf(await noctra.comments.create(post.id, { text: 'Here' }));
    const calls = everyCall(noctra, {
      post: post.id,
      comment: comment.id,
      file: post.media[0]?.file ?? '',
      somebody: (await newSdkPerson()).username,
      me: person,
    });
    const toReplica: string[] = [];
    for (const [name, call] of Object.entries(calls)) {
      replica.requests.length = 0;
      await call();
      if (replica.requests.length > 0) toReplica.push(name);
    }
    const readme = await readFile(new URL('../../sdk/README.md', import.meta.url), 'utf8');
    const [, cells = ''] = /^\| a replica \| (.*) \|$/m.exec(readme) ?? [];
    const listed = [...cells.matchAll(/`([\w.]+)`/g)].map(([, name]) => name ?? '');
    expect(toReplica.sort()).toEqual(listed.sort());
  });
});

describe('reads', () => {
  test('go to the replica alone', async () => {
    const noctra = await openBoth(await newSdkPerson());
    dataOf(await noctra.posts.list({ owner: 'me' }));
    expect(replica.requests).toEqual([pageRequest]);
    expect(primary.requests).toEqual([]);
  });

  test('go to the replica where the URLs end in a slash', async () => {
    const person = await newSdkPerson();
    const noctra = await reopen(person, { read_url: `${replica.url}/` }, `${primary.url}/`);
    dataOf(await noctra.posts.list({ owner: 'me' }));
    expect(replica.requests).toEqual([pageRequest]);
  });

  test('go to the primary for a while after a write, then to the replica again', async () => {
    const noctra = await openBoth(await newSdkPerson(), { primary_after_write: 0.5 });
    dataOf(await noctra.profiles.update({ bio: 'New' }));
    dataOf(await noctra.posts.list({ owner: 'me' }));
    expect([count(primary, pageRequest), count(replica, pageRequest)]).toEqual([1, 0]);
    await expect
      .poll(async () => {
        dataOf(await noctra.posts.list({ owner: 'me' }));
        return count(replica, pageRequest);
      })
      .toBeGreaterThan(0);
  });

  test('go to the primary after a write by the Data API', async () => {
    const noctra = await openBoth(await newSdkPerson());
    dataOf(await noctra.people.follow((await newSdkPerson()).id));
    dataOf(await noctra.people.following());
    expect(primary.requests).toEqual(['POST /rest/v1/rpc/follow_user', 'GET /rest/v1/rpc/list_following']);
    expect(replica.requests).toEqual([]);
  });

  test('go to the primary after a write whose answer is lost', async () => {
    const noctra = await openBoth(await newSdkPerson());
    onPrimary = (name) => (name.startsWith('DELETE') ? 'answer lost' : undefined);
    await noctra.posts.remove(nowhere);
    dataOf(await noctra.posts.list({ owner: 'me' }));
    expect(count(replica, pageRequest)).toBe(0);
  });

  test('go to the replica after an upload, which changes no post', async () => {
    const noctra = await openBoth(await newSdkPerson());
    dataOf(await noctra.media.upload(photo()));
    dataOf(await noctra.posts.list({ owner: 'me' }));
    expect(count(replica, pageRequest)).toBe(1);
  });

  test('of the supabase-js client go to the primary', async () => {
    const noctra = await openBoth(await newSdkPerson());
    const { error } = await noctra.supabase.from('post_tags').select('tag').limit(1);
    expect(error).toBeNull();
    expect(primary.requests).toEqual(['GET /rest/v1/post_tags']);
    expect(replica.requests).toEqual([]);
  });

  test('that find nothing on the replica ask the primary', async () => {
    const noctra = await openBoth(await newSdkPerson());
    const { error } = await noctra.posts.get(nowhere);
    expect(error?.code).toBe('post_not_found');
    expect([replica.requests, primary.requests]).toEqual([[postRequest], [postRequest]]);
  });

  test('that are aborted ask no primary, and the next ones ask the replica', async () => {
    const noctra = await openBoth(await newSdkPerson());
    const controller = new AbortController();
    onReplica = async () => {
      controller.abort();
      return undefined;
    };
    const { error } = await noctra.posts.list({ owner: 'me', signal: controller.signal });
    expect(error?.code).toBe('aborted');
    onReplica = () => undefined;
    dataOf(await noctra.posts.list({ owner: 'me' }));
    expect(count(primary, pageRequest)).toBe(0);
    expect(count(replica, pageRequest)).toBe(2);
  });
});

describe.each([['answer lost' as const], [{ status: 503 }]])(
  'a replica that does not answer (%o)',
  (fault) => {
    test('is not asked for a while; the primary answers instead', async () => {
      const noctra = await openBoth(await newSdkPerson());
      onReplica = () => fault;
      for (const _ of [1, 2, 3]) dataOf(await noctra.posts.list({ owner: 'me' }));
      expect([count(replica, pageRequest), count(primary, pageRequest)]).toEqual([1, 3]);
    });
  },
);

describe.each([['answer lost' as const], [{ status: 503 }]])(
  'a primary that does not answer (%o)',
  (fault) => {
    test('stops no reads, neither after a write nor for the URLs of files', async () => {
      const person = await newSdkPerson();
      const post = dataOf(await person.noctra.posts.create({ caption: 'Here', media: [photo()] }));
      const noctra = await openBoth(person);
      onPrimary = () => fault;
      expect((await noctra.profiles.update({ profile_pic: photo() })).error?.status).toBe(
        fault === 'answer lost' ? 0 : 503,
      );
      const posts = dataOf(await noctra.posts.list({ owner: 'me' }));
      expect(posts).toMatchObject([{ id: post.id, media: [{ file: post.media[0]?.file, url: null }] }]);
      expect(dataOf(await noctra.profiles.get(person.username)).id).toBe(person.id);
      // It failed once and is asked second from then on.
      expect(count(primary, pageRequest)).toBe(1);
      expect(count(primary, profileRequest)).toBe(0);
    });
  },
);

test('without a replica, a page whose files cannot be signed is an error', async () => {
  const person = await newSdkPerson();
  dataOf(await person.noctra.posts.create({ caption: 'Here', media: [photo()] }));
  const noctra = await reopen(person, {}, primary.url);
  onPrimary = (name) => (name.includes('/object/sign/') ? { status: 503 } : undefined);
  expect((await noctra.posts.list({ owner: 'me' })).error?.status).toBe(503);
});
