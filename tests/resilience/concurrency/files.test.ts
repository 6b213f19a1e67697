import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { call } from '../../kit/api.ts';
import { openDatabase } from '../../kit/database.ts';
import { fixtureBytes } from '../../kit/files.ts';
import { newPeople, type Person, secretClient } from '../../kit/people.ts';
import { dataOf } from '../../kit/results.ts';
import { settings } from '../../kit/settings.ts';
import { eventually } from '../../kit/waiting.ts';
import { atOnce, shuffled } from './at-once.ts';

const sql = openDatabase({ max: 2 });

const picture = fixtureBytes('picture.png');

/** Uploads a picture, which waits for a post to claim it. */
async function upload({ id, client }: Person): Promise<string> {
  const path = `${id}/${randomUUID()}.png`;
  dataOf(await client.storage.from('post-media').upload(path, picture, { contentType: 'image/png' }));
  return path;
}

const sweep = () => call('/sweep/', { method: 'POST', headers: { apikey: settings.secretKey } });

/** Whether Storage still has the object. */
async function isThere(path: string): Promise<boolean> {
  const { data } = await secretClient().storage.from('post-media').download(path);
  return data !== null;
}

test('of 20 posts at once that claim one upload, one gets it and the others a 409', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const path = await upload(author);
  const answers = await atOnce(20, (place) =>
    author.client.rpc('create_post', { caption: `Claim ${place}`, media: [path] }),
  );
  expect(answers.filter(({ error }) => !error)).toHaveLength(1);
  for (const { status, error } of answers.filter(({ error }) => error))
    expect({ status, hint: error?.hint }).toEqual({ status: 409, hint: 'media_already_used' });
  expect(await sql`select id from public.posts where owner_id = ${author.id}`).toHaveLength(1);
});

test('posts at once that claim the same uploads in other orders all end, each with all of its files or refused', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const paths = await atOnce(6, () => upload(author));
  const answers = await atOnce(20, () =>
    author.client.rpc('create_post', { caption: 'Claim', media: shuffled(paths).slice(0, 3) }),
  );
  for (const { data, status, error } of answers) {
    if (error) expect({ status, hint: error.hint }).toEqual({ status: 409, hint: 'media_already_used' });
    else expect(await sql`select id from public.post_media where post_id = ${data.id}`).toHaveLength(3);
  }
});

test('an upload that falls due while it is claimed is either the post’s, and stays, or refused, and goes', async () => {
  const people = await newPeople(4);
  const uploads = await atOnce(32, async (place) => {
    const author = people[place % people.length] as Person;
    return { author, path: await upload(author) };
  });
  const due = atOnce(8, async (part) => {
    const names = uploads.slice(part * 4, part * 4 + 2).map(({ path }) => path);
    await sql`update private.storage_removals set due_at = now() where bucket_id = 'post-media' and name = any (${names})`;
  });
  const sweeps = atOnce(6, sweep);
  const claims = await atOnce(uploads.length, async (place) => {
    const { author, path } = uploads[place] as (typeof uploads)[number];
    const { status, error } = await author.client.rpc('create_post', { caption: 'Claim', media: [path] });
    if (error) expect({ status, hint: error.hint }).toEqual({ status: 422, hint: 'media_not_found' });
    return { path, claimed: !error };
  });
  await due;
  for (const { status } of await sweeps) expect(status).toBe(200);
  await sweep();
  // Other tests sweep, too, and may be at work on what this one looks for.
  for (const { path, claimed } of claims)
    await eventually(async () =>
      expect({ path, there: await isThere(path) }).toEqual({ path, there: claimed }),
    );
});

test('an upload that its owner deletes while he claims it is either kept or gone, never shown without bytes', async () => {
  const [author] = (await newPeople(1)) as [Person];
  const paths = await atOnce(16, () => upload(author));
  const [claims] = await Promise.all([
    atOnce(paths.length, async (place) => {
      const media = [paths[place] as string];
      const { status, error } = await author.client.rpc('create_post', { caption: 'Claim', media });
      if (error) expect({ status, hint: error.hint }).toEqual({ status: 422, hint: 'media_not_found' });
      return !error;
    }),
    atOnce(paths.length, (place) =>
      author.client.storage.from('post-media').remove([paths[place] as string]),
    ),
  ]);
  for (const [place, path] of paths.entries()) if (claims[place]) expect(await isThere(path)).toBe(true);
});
