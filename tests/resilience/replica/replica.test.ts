import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Noctra } from '../../../sdk/src/index.ts';
import { photo } from '../../kit/files.ts';
import { dataOf } from '../../kit/results.ts';
import { join, type Pair, startPair } from './pair.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
}, 120_000);
afterAll(() => pair?.stop());

/** The captions of the newest page. */
const captions = async (noctra: Noctra) => dataOf(await noctra.posts.list()).map(({ caption }) => caption);

/** A client whose reads always go to the replica. */
const newReader = () => join(pair, { primary_after_write: 0 });

describe('a replica', () => {
  test('serves posts, pages and profiles under the same policies', async () => {
    const ann = await join(pair);
    const reader = await newReader();
    const open = dataOf(await ann.posts.create({ caption: 'Open #replica', media: [photo()] }));
    const hidden = dataOf(await ann.posts.create({ caption: 'Hidden', is_public: false }));
    await pair.caughtUp();
    const { replica } = pair;
    replica.requests.length = 0;

    expect(dataOf(await reader.posts.get(open.id)).media[0]?.url).toEqual(expect.any(String));
    expect(dataOf(await reader.profiles.get(open.owner.username)).id).toBe(open.owner.id);
    const posts = dataOf(await reader.posts.list({ owner: open.owner.username, tag: 'replica' }));
    expect(posts.map(({ id }) => id)).toEqual([open.id]);
    expect(replica.requests).toEqual([
      'GET /rest/v1/rpc/get_post',
      'GET /rest/v1/rpc/get_profile',
      'GET /rest/v1/rpc/list_posts',
    ]);
    expect((await reader.posts.get(hidden.id)).error).toMatchObject({ code: 'post_not_found', status: 404 });
  });

  test('receives only calls of read-only functions', async () => {
    const asked = new Set<string>();
    const reader = await join(pair, {
      primary_after_write: 0,
      global: {
        fetch: (input, init) => {
          asked.add(new URL(String(input)).origin);
          return fetch(input, init);
        },
      },
    });
    const { comments, feed, notifications, people, posts } = reader;
    const { id } = dataOf(await posts.create({ caption: 'Mine' }));
    const comment = dataOf(await comments.create(id, { text: 'Mine' }));
    await pair.caughtUp();
    pair.replica.requests.length = 0;
    asked.clear();
    for (const read of [
      posts.list({ owner: 'me', mentions: 'me', tag: 'replica' }),
      posts.get(id),
      posts.likes(id),
      posts.reposts(id),
      posts.saved(),
      feed.list(),
      comments.list(id),
      comments.get(comment.id),
      comments.replies(comment.id),
      comments.likes(comment.id),
      people.followers(),
      people.following(),
      people.requests(),
      people.blocks(),
      people.mutes(),
      notifications.list(),
      notifications.unreadCount(),
      notifications.settings(),
    ]) {
      expect((await read).error).toBeNull();
    }
    // The primary is asked where the replica refuses.
    expect([...asked]).toEqual([pair.replica.url]);
    const names = pair.replica.requests.flatMap((request) => /\/rpc\/(\w+)$/.exec(request)?.[1] ?? []);
    expect(names).toHaveLength(18);
    const rows = await pair.sql<{ proname: string; provolatile: string }[]>`
      select proname, provolatile from pg_proc
      where pronamespace = 'public'::regnamespace and proname in ${pair.sql(names)}`;
    expect(rows.map(({ proname }) => proname).sort()).toEqual(names.sort());
    for (const { proname, provolatile } of rows) expect('is', proname).toContain(provolatile);
  });

  test('refuses writes with the code that PostgREST uses', async () => {
    const ann = await join(pair);
    const { data } = await ann.supabase.auth.getSession();
    const response = await fetch(`${pair.replica.url}/rest/v1/profiles?id=eq.${data.session?.user.id}`, {
      method: 'PATCH',
      headers: {
        apikey: pair.stack.keys.publishableKey,
        authorization: `Bearer ${data.session?.access_token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ bio: 'Here?' }),
    });
    expect(response.status).toBe(405);
    expect(await response.json()).toMatchObject({ code: '25006' });
  });

  test('serves a table that was created on the primary after the start', async () => {
    const ann = await join(pair);
    const { data } = await ann.supabase.auth.getSession();
    const ask = () =>
      fetch(`${pair.replica.url}/rest/v1/made_later`, {
        headers: {
          apikey: pair.stack.keys.publishableKey,
          authorization: `Bearer ${data.session?.access_token}`,
        },
      });
    expect((await ask()).status).toBe(404);
    await pair.sql`create table public.made_later as select 1 as id`;
    await pair.sql`grant select on public.made_later to authenticated`;
    await pair.caughtUp();
    const response = await ask();
    await pair.sql`drop table public.made_later`;
    expect(await response.json()).toEqual([{ id: 1 }]);
  });
});

describe('while the replica lags', () => {
  test('a user reads their own write at once, others a little later', async () => {
    const [ann, reader] = [await join(pair), await newReader()];
    await pair.caughtUp();
    await pair.replica.sql`select pg_wal_replay_pause()`;
    try {
      const caption = `Written ${crypto.randomUUID()}`;
      const { id } = dataOf(await ann.posts.create({ caption }));
      expect(await captions(ann)).toContain(caption);
      expect(await captions(reader)).not.toContain(caption);
      // A reader who knows its id, for example from a link, gets the post.
      expect(dataOf(await reader.posts.get(id)).caption).toBe(caption);
      await pair.replica.sql`select pg_wal_replay_resume()`;
      await expect.poll(() => captions(reader)).toContain(caption);
    } finally {
      await pair.replica.sql`select pg_wal_replay_resume()`;
    }
  });

  test('a new user can read their own profile', async () => {
    await pair.replica.sql`select pg_wal_replay_pause()`;
    try {
      const ann = await join(pair);
      const { data } = await ann.supabase.auth.getSession();
      const id = data.session?.user.id ?? '';
      expect(dataOf(await ann.profiles.get(id)).id).toBe(id);
    } finally {
      await pair.replica.sql`select pg_wal_replay_resume()`;
    }
  });

  test('reads return to the replica after the time that primary_after_write names', async () => {
    const ann = await join(pair, { primary_after_write: 0.2 });
    dataOf(await ann.posts.create({ caption: 'Soon everywhere' }));
    pair.replica.requests.length = 0;
    await expect
      .poll(async () => {
        await captions(ann);
        return pair.replica.requests;
      })
      .toContain('GET /rest/v1/rpc/list_posts');
  });
});
