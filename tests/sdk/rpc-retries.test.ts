import { afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../kit/database.ts';
import { dataOf } from '../kit/results.ts';
import { newSdkPerson, reopen, type SdkPerson } from './sdk-people.ts';
import { type Fault, openProxy, type UnreliableProxy } from './unreliable-proxy.ts';

const sql = openDatabase();

let proxy: UnreliableProxy | undefined;
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});

/** A user whose first calls of an RPC meet a fault. */
async function withFault(name: string, fault: Fault, times = 1) {
  const person = await newSdkPerson();
  let left = times;
  proxy = await openProxy((seen) => (seen.endsWith(`/rpc/${name}`) && left-- > 0 ? fault : undefined));
  const noctra = await reopen(person, {}, proxy.url);
  const tries = () => proxy?.requests.filter((seen) => seen === `POST /rest/v1/rpc/${name}`).length;
  return { person, noctra, tries };
}

/** A post of another user. */
const newPost = async () => dataOf(await (await newSdkPerson()).noctra.posts.create({ caption: 'Here' }));

describe('a write through the Data API is repeated', () => {
  test.each<Fault>(['answer lost', { status: 502 }, { status: 503 }, { status: 504 }])(
    'after %o, at most twice',
    async (fault) => {
      const { noctra, tries } = await withFault('like_post', fault, 5);
      const post = await newPost();
      const { error } = await noctra.posts.like(post.id);
      expect(error?.status).toBe(fault === 'answer lost' ? 0 : fault.status);
      expect(tries()).toBe(3);
      expect(dataOf(await noctra.posts.like(post.id))).toEqual({ liked: true, like_count: 1 });
      expect(tries()).toBe(6);
    },
  );

  test('and makes one comment, also when the app calls again with its own key', async () => {
    const { noctra, tries } = await withFault('create_comment', 'answer lost', 5);
    const post = await newPost();
    const comment = { text: 'Once', idempotency_key: crypto.randomUUID() };
    expect((await noctra.comments.create(post.id, comment)).error?.code).toBe('network_error');
    expect(dataOf(await noctra.comments.create(post.id, comment)).text).toBe('Once');
    expect(tries()).toBe(6);
    expect(dataOf(await noctra.comments.list(post.id))).toHaveLength(1);
  });

  test('with a key of its own for each new comment', async () => {
    const { noctra } = await withFault('create_comment', 'answer lost');
    const post = await newPost();
    for (const _ of ['once', 'and again'])
      dataOf(await noctra.comments.create(post.id, { text: 'The same' }));
    expect(dataOf(await noctra.comments.list(post.id))).toHaveLength(2);
  });

  test('and a removal succeeds when the second try finds nothing', async () => {
    const { noctra, tries } = await withFault('delete_comment', 'answer lost');
    const { id } = dataOf(await noctra.comments.create((await newPost()).id, { text: 'Soon gone' }));
    expect(await noctra.comments.remove(id)).toEqual({ data: { id }, error: null });
    expect(tries()).toBe(2);
    expect((await noctra.comments.remove(id)).error).toMatchObject({ code: 'comment_not_found' });
  });

  test('after a deadlock', async () => {
    let deadlocks = 1;
    const person = await newSdkPerson();
    const noctra = await reopen(person, {
      global: {
        fetch: async (input, init) =>
          String(input).includes('follow_user') && deadlocks-- > 0
            ? Response.json({ code: '40P01', message: 'deadlock detected' }, { status: 500 })
            : fetch(input, init),
      },
    });
    const other = await newSdkPerson();
    expect(dataOf(await noctra.people.follow(other.id))).toEqual({ state: 'accepted' });
    deadlocks = 3;
    expect((await noctra.people.follow(other.id)).error).toMatchObject({
      code: 'service_unavailable',
      status: 503,
    });
  });

  test('until it is aborted', async () => {
    const { noctra, tries } = await withFault('like_post', { status: 503 }, 3);
    const post = await newPost();
    const signal = AbortSignal.timeout(100);
    const { error } = await noctra.posts.like(post.id, { signal });
    expect(error).toMatchObject({ code: 'aborted', status: 0 });
    expect(tries()).toBeLessThan(3);
  });
});

describe('a write that is refused for the number of requests', () => {
  /** Lets a user have reacted too often until some seconds from now. */
  const exhaust = ({ id }: SdkPerson, seconds: number) => sql`
    insert into private.rate_counters (action, subject, started_at, count)
    select action, ${id}, now() + make_interval(secs => ${seconds} - per_seconds), max_count
    from public.rate_limits
    where action = 'react'`;

  test('is repeated after the time that the server names', async () => {
    const { person, noctra, tries } = await withFault('like_post', { status: 502 }, 0);
    const post = await newPost();
    await exhaust(person, 2);
    expect(dataOf(await noctra.posts.like(post.id))).toMatchObject({ like_count: 1 });
    expect(tries()).toBe(2);
  });

  test('is not repeated after a long time, and the error has the time', async () => {
    const { person, noctra, tries } = await withFault('like_post', { status: 502 }, 0);
    const post = await newPost();
    await exhaust(person, 300);
    const { error } = await noctra.posts.like(post.id);
    expect(error).toMatchObject({ code: 'rate_limited', status: 429 });
    expect(error?.retry_after).toBeGreaterThan(200);
    expect(tries()).toBe(1);
  });
});
