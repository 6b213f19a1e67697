import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { codeBlocks, runExample } from '../kit/documents.ts';
import { load, publishedBytes } from '../kit/files.ts';
import { objectsOf } from '../kit/owned.ts';
import { newPerson } from '../kit/people.ts';
import { settings } from '../kit/settings.ts';
import { newSdkPerson } from './sdk-people.ts';

// biome-ignore lint/suspicious/noExplicitAny: the page uses an untyped client.
type Values = Record<string, any>;

describe('docs/supabase-js.md', () => {
  const unique = randomBytes(4).toString('hex');
  let values: Values;
  beforeAll(async () => {
    await Promise.all(['user1', 'user2'].map((name) => newPerson({ username: `${name}_${unique}` })));
    values = await runPage(unique);
  });

  test('signs up, and signs in by user name', () => {
    expect(values.refused).toBeNull();
    expect(values.tokens).toMatchObject({ user_id: values.me, username: `ann_${unique}` });
  });

  test('publishes a file and makes a post of it', () => {
    expect(values.published).toMatchObject({ mime_type: 'image/jpeg', width: 640, height: 480 });
    expect(values.error).toBeNull();
    expect(values.post).toMatchObject({
      owner: { id: values.me },
      tags: [{ name: 'amazing' }, { name: 'sea' }],
      mentions: [{ username: `user1_${unique}` }, { username: `user2_${unique}` }],
      media: [{ file: values.published.path, alt_text: 'The sun over the sea' }],
    });
  });

  test('removes an upload', async () => {
    expect(values.leftover).toBeNull();
    expect(await objectsOf({ id: values.me }, 'uploads')).not.toContain(values.unwanted);
  });

  test('reads posts as pages, alone and from the tables', () => {
    expect(values.page).toEqual([values.same]);
    expect(values.next).toEqual([]);
    expect(values.same).toMatchObject({
      id: values.post.id,
      tags: [{ name: 'amazing' }, { name: 'sunset' }],
    });
    expect(values.rows).toMatchObject([
      {
        id: values.post.id,
        owner: { username: `ann_${unique}` },
        tags: expect.arrayContaining([{ tag: 'amazing' }, { tag: 'sunset' }]),
        media: [{ path: values.published.path, alt_text: 'The sun over the sea' }],
      },
    ]);
    expect(values.rows[0].mentions).toHaveLength(2);
  });

  test('signs the files of a page', async () => {
    expect(values.links).toHaveLength(1);
    expect(new Uint8Array(await values.picture.arrayBuffer())).toEqual(publishedBytes('photo.jpg'));
  });

  test('reads and changes the profile', async () => {
    expect(values.profile).toMatchObject({ username: `ann_${unique}`, date_of_birth: '1990-02-28' });
    expect(values.myself).toMatchObject({ bio: 'By the sea', date_of_birth: '1990-03-01' });
    expect(await load(settings.url + values.myself.profile_pic)).toEqual(publishedBytes('photo.jpg'));
  });

  test('follows and mutes people', () => {
    expect(values.state).toBe('accepted');
    expect(values.people).toMatchObject([
      { username: `user1_${unique}`, following: true, followed_by: false },
    ]);
    expect(values.muted).toMatchObject([{ muted: { username: `user2_${unique}` } }]);
    expect(values.feed.map(({ id }: Values) => id)).toEqual([values.post.id]);
  });

  test('likes and saves the post', () => {
    expect(values.likes).toBe(1);
    expect(values.likers).toMatchObject([{ username: `ann_${unique}` }]);
    expect(values.saved).toMatchObject([{ post: { id: values.post.id, liked: true, saved: true } }]);
    expect([values.earlier, values.reposts]).toEqual([[], []]);
  });

  test('comments and replies', () => {
    expect(values.silent).toBeNull();
    expect(values.comments).toMatchObject([
      { id: values.comment.id, mentions: [{ username: `user1_${unique}` }], reply_count: 1 },
    ]);
    expect(values.replies).toMatchObject([{ id: values.reply.id, parent: values.comment.id }]);
    expect(values.others).toEqual([]);
    expect(values.texts).toMatchObject([{ parent_id: null }, { text: 'And good night.' }]);
    expect(values.edited).toMatchObject({ text: 'Good night, all.', like_count: 1, liked: true });
  });

  test('reads notifications, and switches a kind off', () => {
    expect([values.unread, values.notifications]).toEqual([0, []]);
    expect(values.kinds).toMatchObject({ like: false, comment: true });
  });

  test('hears of a comment, and of what was missed', () => {
    expect(values.liveText).toBe('Live!');
    expect(values.missed.at(-1)).toEqual({ event: 'comment_added', id: expect.any(String), parent: null });
  });

  test('reports a person', () => {
    expect(values.report).toMatchObject({
      reason: 'spam',
      person: expect.any(String),
      text: 'Buy, buy, buy',
    });
  });

  test('deletes the post', () => {
    expect(values.kept).toBeNull();
  });

  test('reads the code of an error', () => {
    expect(values.problem).toMatchObject({ status: 422, code: 'media_not_found' });
  });
});

test('the error of an RPC has the code of the rule', async () => {
  const { noctra } = await newSdkPerson();
  const { data, error, status } = await noctra.supabase.rpc('create_post', { caption: '   ' });
  expect(data).toBeNull();
  expect(status).toBe(422);
  expect(error).toMatchObject({ code: 'PT422', hint: 'caption_invalid', details: 'caption' });
});

/** Runs the examples of the page as one module, and gives its constants. */
async function runPage(unique: string): Promise<Values> {
  const page = await readFile(new URL('../../docs/supabase-js.md', import.meta.url), 'utf8');
  const code = codeBlocks(page, 'ts')
    .join('\n')
    .replaceAll('http://127.0.0.1:54321', settings.url)
    .replaceAll(/\b(ann|user1|user2)\b/g, `$1_${unique}`);
  const names = [...code.matchAll(/^const (?:\{ (.*?) \}|(\w+)) =/gm)].flatMap(([, fields, name = '']) =>
    fields ? fields.split(', ').map((field) => field.split(': ').at(-1) ?? '') : name,
  );
  return runExample(code, names);
}
