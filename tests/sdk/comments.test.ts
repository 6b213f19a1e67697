import { beforeEach, describe, expect, test } from 'vitest';
import { type Comment, limits, type Post } from '../../sdk/src/index.ts';
import { dataOf } from '../kit/results.ts';
import { settings } from '../kit/settings.ts';
import { newSdkPerson, nowhere, type SdkPerson } from './sdk-people.ts';

let ann: SdkPerson;
let ben: SdkPerson;
let post: Post;
beforeEach(async () => {
  [ann, ben] = await Promise.all([newSdkPerson(), newSdkPerson()]);
  post = dataOf(await ben.noctra.posts.create({ caption: 'Sunset' }));
});

/** Comments on the post. */
const comment = async ({ noctra }: SdkPerson, text: string, parent?: Comment) =>
  dataOf(await noctra.comments.create(post.id, { text, parent: parent?.id }));

const texts = (comments: Comment[]) => comments.map(({ text }) => text);

describe('comments.create', () => {
  test('comments on a post, with mentions, as other people read it', async () => {
    const made = await comment(ann, `Lovely, @${ben.username}!`);
    expect(made).toEqual({
      id: expect.any(String),
      post: post.id,
      parent: null,
      owner: {
        id: ann.id,
        username: ann.username,
        profile_pic_url: `${settings.url}/functions/v1/api/assets/default-avatar.svg`,
        is_vip: false,
      },
      text: `Lovely, @${ben.username}!`,
      mentions: [{ id: ben.id, username: ben.username }],
      like_count: 0,
      reply_count: 0,
      liked: false,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      is_deleted: false,
      hidden_at: null,
    });
    expect(dataOf(await ben.noctra.comments.get(made.id))).toEqual(made);
    expect(dataOf(await ben.noctra.comments.list(post.id))).toEqual([made]);
    expect(dataOf(await ben.noctra.posts.get(post.id)).comment_count).toBe(1);
  });

  test('answers a comment', async () => {
    const { id } = await comment(ann, 'First');
    const reply = dataOf(await ben.noctra.comments.create(post.id, { text: 'A reply', parent: id }));
    expect(reply.parent).toBe(id);
    expect(dataOf(await ann.noctra.comments.replies(id))).toEqual([reply]);
  });

  test('answers the first comment to a repeated call with the same key', async () => {
    const input = { text: 'Once', idempotency_key: crypto.randomUUID() };
    const first = dataOf(await ann.noctra.comments.create(post.id, input));
    expect(dataOf(await ann.noctra.comments.create(post.id, input)).id).toBe(first.id);
    const { error } = await ann.noctra.comments.create(post.id, { ...input, text: 'Twice' });
    expect(error).toMatchObject({ code: 'idempotency_key_reused', status: 422 });
    expect(texts(dataOf(await ann.noctra.comments.list(post.id)))).toEqual(['Once']);
  });

  test('is refused without a text, with one that is too long, and for what is not there', async () => {
    const { comments } = ann.noctra;
    for (const text of ['', ' \n ', 'x'.repeat(limits.comment_length + 1)]) {
      const { error } = await comments.create(post.id, { text });
      expect(error).toMatchObject({ code: 'comment_invalid', status: 422, field: 'text' });
    }
    for (const id of [nowhere, 'no id']) {
      const onNothing = await comments.create(id, { text: 'Hello?' });
      expect(onNothing.error).toMatchObject({ code: 'post_not_found', status: 404 });
      const toNothing = await comments.create(post.id, { text: 'Hello?', parent: id });
      expect(toNothing.error).toMatchObject({ code: 'parent_not_found', status: 422, field: 'parent' });
    }
    const unknown = { text: 'Hello', reply_to: nowhere };
    expect((await comments.create(post.id, unknown)).error).toMatchObject({
      code: 'field_unknown',
      status: 422,
    });
    expect(dataOf(await comments.list(post.id))).toEqual([]);
  });
});

describe('comments.list', () => {
  test('has pages, oldest or newest first', async () => {
    const all = ['one', 'two', 'three', 'four', 'five'];
    for (const text of all) await comment(ann, text);
    for (const [order, expected] of [
      ['oldest', all],
      ['newest', [...all].reverse()],
      [undefined, all],
    ] as const) {
      const walked: Comment[] = [];
      for await (const one of ben.noctra.comments.list(post.id, { order, limit: 2 })) walked.push(one);
      expect(texts(walked)).toEqual(expected);
    }
    const { next } = await ben.noctra.comments.list(post.id, { limit: 4 });
    expect(texts(dataOf(await ben.noctra.comments.list(post.id, { cursor: next })))).toEqual(['five']);
  });

  test('of replies has pages, oldest first', async () => {
    const top = await comment(ann, 'top');
    for (const text of ['one', 'two', 'three']) await comment(ben, text, top);
    const walked: Comment[] = [];
    for await (const reply of ann.noctra.comments.replies(top.id, { limit: 1 })) walked.push(reply);
    expect(texts(walked)).toEqual(['one', 'two', 'three']);
  });

  test('tells a post or comment that is not there from a malformed cursor', async () => {
    const { comments } = ann.noctra;
    for (const id of [nowhere, 'no id']) {
      expect((await comments.list(id)).error).toMatchObject({ code: 'post_not_found', status: 404 });
      expect((await comments.replies(id)).error).toMatchObject({ code: 'comment_not_found', status: 404 });
    }
    const { error } = await comments.list(post.id, { cursor: 'no cursor' });
    expect(error).toMatchObject({ code: 'invalid_cursor', status: 400, field: 'cursor' });
  });
});

describe('comments.update', () => {
  test('changes the text and mentions of a comment', async () => {
    const { id } = await comment(ann, `With @${ben.username}`);
    const changed = dataOf(await ann.noctra.comments.update(id, { text: 'Alone' }));
    expect(changed).toMatchObject({ id, text: 'Alone', mentions: [], owner: { username: ann.username } });
    expect((await ben.noctra.comments.update(id, { text: 'Mine' })).error?.status).toBe(403);
    expect((await ann.noctra.comments.update(id, { text: '' })).error).toMatchObject({
      code: 'comment_invalid',
      status: 422,
    });
    expect((await ann.noctra.comments.update('no id', { text: 'x' })).error?.code).toBe('comment_not_found');
  });
});

describe('comments.remove', () => {
  test('removes a comment', async () => {
    const { id } = await comment(ann, 'Mine');
    expect((await (await newSdkPerson()).noctra.comments.remove(id)).error?.status).toBe(403);
    expect(await ann.noctra.comments.remove(id)).toEqual({ data: { id }, error: null });
    const { error } = await ann.noctra.comments.get(id);
    expect(error).toMatchObject({ code: 'comment_not_found', status: 404 });
  });

  test('leaves a comment without text and owner where it has replies', async () => {
    const top = await comment(ann, 'Top');
    await comment(ben, 'Reply', top);
    dataOf(await ann.noctra.comments.remove(top.id));
    expect(dataOf(await ben.noctra.comments.list(post.id))).toMatchObject([
      { id: top.id, text: null, owner: null, is_deleted: true, reply_count: 1 },
    ]);
  });
});

describe('comments.like', () => {
  test('counts each person once, and so does comments.unlike', async () => {
    const { id } = await comment(ann, 'Like me');
    for (const _ of ['once', 'and again']) {
      expect(dataOf(await ben.noctra.comments.like(id))).toEqual({ liked: true, like_count: 1 });
    }
    expect(dataOf(await ben.noctra.comments.get(id))).toMatchObject({ liked: true, like_count: 1 });
    const likes = dataOf(await ann.noctra.comments.likes(id));
    expect(likes.map(({ username }) => username)).toEqual([ben.username]);
    for (const _ of ['once', 'and again']) {
      expect(dataOf(await ben.noctra.comments.unlike(id))).toEqual({ liked: false, like_count: 0 });
    }
    for (const call of [ben.noctra.comments.like('no id'), ben.noctra.comments.likes('no id')]) {
      expect((await call).error).toMatchObject({ code: 'comment_not_found', status: 404 });
    }
  });
});
