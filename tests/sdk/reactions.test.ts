import { beforeEach, describe, expect, test } from 'vitest';
import type { Post } from '../../sdk/src/index.ts';
import { load, photo, publishedBytes } from '../kit/files.ts';
import { dataOf } from '../kit/results.ts';
import { newSdkPerson, nowhere, recordingFetch, reopen, type SdkPerson } from './sdk-people.ts';

let ann: SdkPerson;
let ben: SdkPerson;
let post: Post;
beforeEach(async () => {
  [ann, ben] = await Promise.all([newSdkPerson(), newSdkPerson()]);
  post = dataOf(await ben.noctra.posts.create({ caption: 'Sunset' }));
});

describe('posts.like', () => {
  test('counts each person once, and so does posts.unlike', async () => {
    expect(post).toMatchObject({ like_count: 0, liked: false });
    const { posts } = ann.noctra;
    for (const _ of ['once', 'and again']) {
      expect(dataOf(await posts.like(post.id))).toEqual({ liked: true, like_count: 1 });
    }
    expect(dataOf(await ben.noctra.posts.like(post.id))).toEqual({ liked: true, like_count: 2 });
    expect(dataOf(await posts.get(post.id))).toMatchObject({ like_count: 2, liked: true });
    const likes = dataOf(await posts.likes(post.id));
    expect(likes.map(({ username }) => username)).toEqual([ben.username, ann.username]);
    for (const _ of ['once', 'and again']) {
      expect(dataOf(await posts.unlike(post.id))).toEqual({ liked: false, like_count: 1 });
    }
    expect(dataOf(await posts.list({ owner: ben.id }))).toMatchObject([{ like_count: 1, liked: false }]);
  });

  test('answers post_not_found for a post that is gone, hidden or no UUID', async () => {
    dataOf(await ben.noctra.posts.update(post.id, { is_public: false }));
    for (const id of [post.id, nowhere, 'no id']) {
      for (const call of [
        ann.noctra.posts.like(id),
        ann.noctra.posts.likes(id),
        ann.noctra.posts.reposts(id),
      ]) {
        expect((await call).error, id).toMatchObject({ code: 'post_not_found', status: 404 });
      }
    }
  });
});

describe('posts.save', () => {
  test('keeps posts for the user, last saved first, with their files', async () => {
    const picture = dataOf(await ben.noctra.posts.create({ caption: 'Picture', media: [photo()] }));
    const { requests, fetch } = recordingFetch();
    const { posts } = await reopen(ann, { global: { fetch } });
    for (const { id } of [picture, post, picture])
      expect(dataOf(await posts.save(id))).toEqual({ saved: true });
    requests.length = 0;
    const saved = dataOf(await posts.saved());
    expect(requests).toEqual([
      'GET /rest/v1/rpc/list_saved_posts',
      'POST /storage/v1/object/sign/post-media',
    ]);
    expect(saved.map(({ id, saved }) => [id, saved])).toEqual([
      [post.id, true],
      [picture.id, true],
    ]);
    expect(await load(saved[1]?.media[0]?.url)).toEqual(publishedBytes('photo.jpg'));
    expect(dataOf(await ben.noctra.posts.get(post.id)).saved).toBe(false);

    const walked: string[] = [];
    for await (const { id } of posts.saved({ limit: 1 })) walked.push(id);
    expect(walked).toEqual([post.id, picture.id]);

    for (const _ of ['once', 'and again']) {
      expect(dataOf(await posts.unsave(post.id))).toEqual({ saved: false });
    }
    expect(dataOf(await posts.saved()).map(({ id }) => id)).toEqual([picture.id]);
    expect((await posts.save('no id')).error).toMatchObject({ code: 'post_not_found', status: 404 });
  });
});

describe('posts.reposts', () => {
  test('lists the posts that repost a post, newest first', async () => {
    const captions = ['Look', 'Look again'];
    for (const caption of captions) {
      dataOf(await ann.noctra.posts.create({ caption, original_post: post.id }));
    }
    const reposts = dataOf(await ben.noctra.posts.reposts(post.id));
    expect(reposts.map(({ caption }) => caption)).toEqual([...captions].reverse());
    expect(dataOf(await ann.noctra.posts.get(post.id))).toMatchObject({ repost_count: 2, reposted: true });
    expect(dataOf(await ben.noctra.posts.get(post.id)).reposted).toBe(false);
  });
});
