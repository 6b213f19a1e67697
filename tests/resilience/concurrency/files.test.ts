import { expect, test } from 'vitest';
import { sweep } from '../../kit/api.ts';
import { openDatabase } from '../../kit/database.ts';
import { newPeople, type Person, secretClient } from '../../kit/people.ts';
import { createPost, publishFile } from '../../kit/posts.ts';
import { eventually } from '../../kit/waiting.ts';
import { atOnce, retried, shuffled } from './at-once.ts';

const sql = openDatabase({ max: 2 });

/** Whether Storage still has the object. */
async function exists(path: string): Promise<boolean> {
  const { data } = await secretClient().storage.from('post-media').download(path);
  return data !== null;
}

test('one of 20 posts that claim one file at once gets it, and the others answer 409', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const path = await publishFile(author);
  const answers = await atOnce(20, (place) =>
    author.client.rpc('create_post', { caption: `Claim ${place}`, media: [path] }),
  );
  expect(answers.filter(({ error }) => !error)).toHaveLength(1);
  for (const { status, error } of answers.filter(({ error }) => error))
    expect({ status, hint: error?.hint }).toEqual({ status: 409, hint: 'media_already_used' });
  expect(await sql`select id from public.posts where owner_id = ${author.id}`).toHaveLength(1);
});

test('posts that claim the same files in different orders at once get all of their files or none', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const paths = await atOnce(6, () => publishFile(author));
  const answers = await atOnce(20, () =>
    retried(() => author.client.rpc('create_post', { caption: 'Claim', media: shuffled(paths).slice(0, 3) })),
  );
  for (const { data, status, error } of answers) {
    if (error) expect({ status, hint: error.hint }).toEqual({ status: 409, hint: 'media_already_used' });
    else expect(await sql`select id from public.post_media where post_id = ${data.id}`).toHaveLength(3);
  }
});

test('a file that falls due while a post claims it is either shown and kept, or refused and removed', async () => {
  const people = await newPeople(4);
  const files = await atOnce(32, async (place) => {
    const author = people[place % people.length] as Person;
    return { author, path: await publishFile(author) };
  });
  const due = atOnce(8, async (part) => {
    const names = files.slice(part * 4, part * 4 + 2).map(({ path }) => path);
    await sql`update private.unused_files set remove_at = now() where name = any (${names})`;
  });
  const sweeps = atOnce(6, () => sweep());
  const claims = await atOnce(files.length, async (place) => {
    const { author, path } = files[place] as (typeof files)[number];
    const { status, error } = await author.client.rpc('create_post', { caption: 'Claim', media: [path] });
    if (error) expect({ status, hint: error.hint }).toEqual({ status: 422, hint: 'media_not_found' });
    return { path, claimed: !error };
  });
  await due;
  for (const { status } of await sweeps) expect(status).toBe(200);
  await sweep();
  // Other tests sweep as well, and may be removing what this one looks for.
  for (const { path, claimed } of claims)
    await eventually(async () =>
      expect({ path, exists: await exists(path) }).toEqual({ path, exists: claimed }),
    );
});

test('an edit that removes a file while another post claims it leaves the file with one of them or with none', async () => {
  const [author] = (await newPeople(1)) as [Person];
  for (let round = 0; round < 8; round++) {
    const path = await publishFile(author);
    const { id } = await createPost(author, { media: [path] });
    const [removal, claim] = await Promise.all([
      author.client.rpc('update_post', { post_id: id, remove_media: [path] }),
      author.client.rpc('create_post', { caption: 'Claim', media: [path] }),
    ]);
    expect(removal.error).toBeNull();
    // A file that a post has shown can never be claimed again.
    expect(['media_already_used', 'media_not_found']).toContain(claim.error?.hint);
  }
});
