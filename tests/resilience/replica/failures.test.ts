import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { photo } from '../../kit/files.ts';
import { dataOf } from '../../kit/results.ts';
import { join, type Pair, startPair } from './pair.ts';

// Each test breaks its pair permanently, so each starts its own.
let pair: Pair;
beforeEach(async () => {
  pair = await startPair();
}, 120_000);
afterEach(() => pair?.stop(), 60_000);

test('reads go to the primary when the replica loses its database or stops', async () => {
  const reader = await join(pair, { primary_after_write: 0 });
  const { id } = dataOf(await reader.posts.create({ caption: 'Still here' }));
  pair.replica.killDatabase();
  expect(dataOf(await reader.posts.get(id)).caption).toBe('Still here');
  expect(dataOf(await reader.posts.list()).map((post) => post.id)).toContain(id);
  expect(pair.replica.requests).toContain('GET /rest/v1/rpc/get_post');

  await pair.replica.hangUp();
  expect(dataOf(await reader.posts.get(id)).caption).toBe('Still here');
});

test('reads go to the replica and writes fail with a network error when the primary stops', async () => {
  const [ann, reader] = [await join(pair), await join(pair, { primary_after_write: 0 })];
  const post = dataOf(await ann.posts.create({ caption: 'Still here', media: [photo()] }));
  await pair.caughtUp();

  const expectReads = async (noctra: typeof ann) => {
    const posts = dataOf(await noctra.posts.list());
    expect(posts.map(({ id }) => id)).toContain(post.id);
    const read = dataOf(await noctra.posts.get(post.id));
    expect(read).toMatchObject({ caption: 'Still here', media: [{ id: post.media[0]?.id }] });
    expect(dataOf(await noctra.profiles.get(post.owner.username)).id).toBe(post.owner.id);
    return read.media[0]?.url;
  };
  // Kill it for each reader, because the stack restarts its database.
  for (const noctra of [reader, ann]) {
    await vi.waitFor(() => pair.killDatabase(), { timeout: 20_000 });
    // Includes a user whose reads prefer the primary, because they have just written.
    await expectReads(noctra);
  }

  await pair.stack.stop();
  expect(await expectReads(reader)).toBeNull();
  expect((await ann.posts.create({ caption: 'Not now' })).error).toMatchObject({
    code: 'network_error',
    status: 0,
  });
}, 120_000);
