import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Noctra as Client, createNoctra, type Post } from '../../../sdk/src/index.ts';
import { newPerson } from '../../kit/people.ts';
import { dataOf } from '../../kit/results.ts';
import { eventually } from '../../kit/waiting.ts';
import { type Noctra, postmaster, processOf, startNoctra } from './fault-stack.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let noctra: Noctra;
let ann: Client;
let ben: Client;
let post: Post;
beforeAll(async () => {
  noctra = await startNoctra();
  [ann, ben] = (await Promise.all([signIn(), signIn()])) as [Client, Client];
  post = dataOf(await ben.posts.create({ caption: 'Sunset' }));
});
afterAll(async () => {
  await ben?.supabase.realtime.disconnect();
  await noctra?.remove();
});

async function signIn(): Promise<Client> {
  const { token, refreshToken } = await newPerson({}, noctra);
  const client = createNoctra(noctra.url, noctra.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  await client.supabase.auth.setSession({ access_token: token, refresh_token: refreshToken });
  return client;
}

/** Comments before, during and after a fault, and waits until as many were heard as were written. */
async function through(fault: () => unknown): Promise<void> {
  const comments: string[] = [];
  const notifications: (string | null)[] = [];
  const written: string[] = [];
  // What happened just before may come as well.
  await delay(2_100);
  const ofPost = ben.comments.subscribe(post.id, (event) => {
    if (event.type === 'added') comments.push(event.comment.id);
  });
  const ofBen = ben.notifications.subscribe((event) => {
    if (event.type === 'added') notifications.push(event.notification.comment);
  });
  try {
    expect([await ofPost.ready, await ofBen.ready]).toMatchObject([{ error: null }, { error: null }]);
    let isOver = false;
    const writing = (async () => {
      for (let afterwards = 0; afterwards < 10; ) {
        const { data } = await ann.comments.create(post.id, { text: 'Lovely' });
        if (data) written.push(data.id);
        if (data && isOver) afterwards++;
      }
    })();
    await expect.poll(() => comments.length).toBeGreaterThan(3);
    await fault();
    isOver = true;
    await writing;
    // A comment whose answer was lost is there as well.
    const there = await eventually(
      () => noctra.sql<{ id: string }[]>`select id from public.comments where post_id = ${post.id}`,
    );
    const all = there.map(({ id }) => id).filter((id) => id >= (written[0] ?? ''));
    expect(all).toEqual(expect.arrayContaining(written));
    await expect
      .poll(() => [comments.length, notifications.length], { timeout: 40_000 })
      .toEqual([all.length, all.length]);
    expect(comments.sort()).toEqual(all.sort());
    expect(notifications.sort()).toEqual(all);
  } finally {
    ofPost.unsubscribe();
    ofBen.unsubscribe();
  }
}

describe('a subscription misses nothing and repeats nothing', () => {
  it('when the database is killed', async () => {
    await through(() => process.kill(processOf(noctra, postmaster), 'SIGKILL'));
  });

  it('when Noctra is stopped and started again', async () => {
    await through(async () => {
      await noctra.stop();
      await noctra.start();
    });
  });
});
