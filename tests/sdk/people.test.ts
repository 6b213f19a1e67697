import { beforeEach, describe, expect, test } from 'vitest';
import type { List, Person } from '../../sdk/src/index.ts';
import { dataOf } from '../kit/results.ts';
import { settings } from '../kit/settings.ts';
import { newSdkPerson, type SdkPerson } from './sdk-people.ts';

let ann: SdkPerson;
let ben: SdkPerson;
beforeEach(async () => {
  [ann, ben] = await Promise.all([newSdkPerson(), newSdkPerson()]);
});

const namesOf = async (list: List<Person>) => dataOf(await list).map(({ username }) => username);

/** Makes a profile private. */
const close = async ({ noctra }: SdkPerson) => dataOf(await noctra.profiles.update({ publicProfile: false }));

describe('people.follow', () => {
  test('follows a person with a public profile at once, by name or id, once', async () => {
    for (const person of [ben.username, ben.id, `@${ben.username.toUpperCase()}`]) {
      expect(dataOf(await ann.noctra.people.follow(person))).toEqual({ state: 'accepted' });
    }
    const followers = dataOf(await ben.noctra.people.followers());
    expect(followers).toEqual([
      {
        id: ann.id,
        username: ann.username,
        profile_pic_url: `${settings.url}/functions/v1/api/assets/default-avatar.svg`,
        is_vip: false,
        following: false,
        requested: false,
        followed_by: true,
      },
    ]);
    expect(await namesOf(ann.noctra.people.following())).toEqual([ben.username]);
    expect(dataOf(await ann.noctra.profiles.get(ben.id))).toMatchObject({
      follower_count: 1,
      following_count: 0,
      following: true,
      requested: false,
      followed_by: false,
      blocking: false,
      muting: false,
    });
  });

  test('asks a person with a private profile, who accepts or declines', async () => {
    await close(ben);
    const cleo = await newSdkPerson();
    for (const { noctra } of [ann, cleo]) {
      expect(dataOf(await noctra.people.follow(ben.username))).toEqual({ state: 'requested' });
    }
    expect(await namesOf(ben.noctra.people.requests())).toEqual([cleo.username, ann.username]);
    expect(dataOf(await ann.noctra.profiles.get(ben.id))).toMatchObject({
      requested: true,
      following: false,
    });
    for (const _ of ['once', 'and again']) {
      expect(dataOf(await ben.noctra.people.acceptRequest(ann.username))).toEqual({ state: 'accepted' });
      expect(dataOf(await ben.noctra.people.declineRequest(cleo.id))).toEqual({ state: null });
    }
    expect(await namesOf(ben.noctra.people.requests())).toEqual([]);
    expect(await namesOf(ben.noctra.people.followers())).toEqual([ann.username]);
    const { error } = await ben.noctra.people.acceptRequest(cleo.username);
    expect(error).toMatchObject({ code: 'follow_request_not_found', status: 404 });
  });

  test('shows the posts of a private profile to accepted followers', async () => {
    const post = dataOf(await ben.noctra.posts.create({ caption: 'For followers' }));
    await close(ben);
    dataOf(await ann.noctra.people.follow(ben.username));
    expect((await ann.noctra.posts.get(post.id)).error?.code).toBe('post_not_found');
    dataOf(await ben.noctra.people.acceptRequest(ann.username));
    expect(dataOf(await ann.noctra.posts.get(post.id)).caption).toBe('For followers');
  });

  test('is refused for unknown people and for oneself', async () => {
    const unknown = await ann.noctra.people.follow('nobody_at_all');
    expect(unknown.error).toMatchObject({ code: 'profile_not_found', status: 404 });
    expect((await ann.noctra.people.follow('me')).error?.status).toBe(422);
  });
});

describe('a follow ends', () => {
  test.each(['the follower', 'the person who is followed'])('by %s, also twice', async (who) => {
    dataOf(await ann.noctra.people.follow(ben.id));
    for (const _ of ['once', 'and again']) {
      const ended =
        who === 'the follower'
          ? await ann.noctra.people.unfollow(ben.username)
          : await ben.noctra.people.removeFollower(ann.username);
      expect(ended).toEqual({ data: { state: null }, error: null });
    }
    expect(await namesOf(ben.noctra.people.followers())).toEqual([]);
  });

  test('before it begins, where the request is withdrawn', async () => {
    await close(ben);
    dataOf(await ann.noctra.people.follow(ben.id));
    expect((await ann.noctra.people.unfollow(ben.id)).error).toBeNull();
    expect(await namesOf(ben.noctra.people.requests())).toEqual([]);
  });
});

describe('lists of people', () => {
  test('come in pages, newest first, and as loops', async () => {
    const fans = await Promise.all(Array.from({ length: 5 }, () => newSdkPerson()));
    for (const { noctra } of fans) dataOf(await noctra.people.follow(ben.id));
    const expected = fans.map(({ username }) => username).reverse();

    const { data: first, next } = await ann.noctra.people.followers({ of: ben.username, limit: 3 });
    const last = await ann.noctra.people.followers({ of: ben.username, limit: 3, cursor: next });
    expect([...(first ?? []), ...(last.data ?? [])].map(({ username }) => username)).toEqual(expected);
    expect(last.next).toBeNull();
    expect(next).toMatch(/^[0-9a-f-]{36}$/);

    const walked: string[] = [];
    for await (const { username } of ann.noctra.people.followers({ of: ben.id, limit: 2 }))
      walked.push(username);
    expect(walked).toEqual(expected);
  });

  test('of a private profile are for its owner and followers', async () => {
    await close(ben);
    for (const list of [
      ann.noctra.people.followers({ of: ben.id }),
      ann.noctra.people.following({ of: ben.id }),
    ]) {
      expect((await list).error).toMatchObject({ code: 'profile_private', status: 403 });
    }
    expect((await ben.noctra.people.followers()).error).toBeNull();
  });

  test('refuse a cursor that is none', async () => {
    const { error } = await ann.noctra.people.blocks({ cursor: 'no cursor' });
    expect(error).toMatchObject({ code: 'invalid_cursor', status: 400, field: 'cursor' });
  });
});

describe('people.block', () => {
  test('hides two people from each other, and ends their follows for good', async () => {
    dataOf(await ann.noctra.people.follow(ben.id));
    dataOf(await ben.noctra.people.follow(ann.id));
    const post = dataOf(await ben.noctra.posts.create({ caption: 'Hello' }));
    expect(dataOf(await ann.noctra.people.block(ben.username))).toEqual({ blocking: true });
    expect(dataOf(await ann.noctra.people.block(ben.username))).toEqual({ blocking: true });

    expect(await namesOf(ann.noctra.people.blocks())).toEqual([ben.username]);
    expect(dataOf(await ann.noctra.profiles.get(ben.id))).toMatchObject({ blocking: true, following: false });
    expect((await ann.noctra.posts.get(post.id)).error?.code).toBe('post_not_found');
    expect((await ben.noctra.people.follow(ann.id)).error).toMatchObject({ code: 'blocked', status: 403 });

    for (const _ of ['once', 'and again']) {
      expect(dataOf(await ann.noctra.people.unblock(ben.username))).toEqual({ blocking: false });
    }
    expect(await namesOf(ann.noctra.people.blocks())).toEqual([]);
    expect(await namesOf(ann.noctra.people.followers())).toEqual([]);
    expect(await namesOf(ann.noctra.people.following())).toEqual([]);
    expect(dataOf(await ann.noctra.posts.get(post.id)).id).toBe(post.id);
  });
});

describe('feed.list', () => {
  const captions = async ({ noctra }: SdkPerson) =>
    dataOf(await noctra.feed.list()).map(({ caption }) => caption);

  test('has the posts of the reader and of those followed, newest first, in pages', async () => {
    const cleo = await newSdkPerson();
    const made = [
      [ben, 'before the follow'],
      [cleo, 'of a stranger'],
      [ann, 'my own'],
      [ben, 'the newest'],
    ] as const;
    for (const [{ noctra }, caption] of made) dataOf(await noctra.posts.create({ caption }));
    dataOf(await ann.noctra.people.follow(ben.id));
    expect(await captions(ann)).toEqual(['the newest', 'my own', 'before the follow']);

    const walked: string[] = [];
    for await (const { caption } of ann.noctra.feed.list({ limit: 1 })) walked.push(caption);
    expect(walked).toEqual(['the newest', 'my own', 'before the follow']);

    dataOf(await ann.noctra.people.unfollow(ben.id));
    expect(await captions(ann)).toEqual(['my own']);
  });

  test('leaves out muted people, who see no difference', async () => {
    dataOf(await ben.noctra.posts.create({ caption: 'Noise' }));
    dataOf(await ann.noctra.people.follow(ben.id));
    expect(dataOf(await ann.noctra.people.mute(ben.username))).toEqual({ muting: true });
    expect(await captions(ann)).toEqual([]);
    expect(await namesOf(ann.noctra.people.mutes())).toEqual([ben.username]);
    expect(dataOf(await ann.noctra.profiles.get(ben.id))).toMatchObject({ muting: true, following: true });
    expect(dataOf(await ben.noctra.profiles.get(ann.id))).toMatchObject({
      muting: false,
      followed_by: true,
    });
    expect(await namesOf(ben.noctra.people.followers())).toEqual([ann.username]);

    expect(dataOf(await ann.noctra.people.unmute(ben.username))).toEqual({ muting: false });
    expect(await captions(ann)).toEqual(['Noise']);
  });
});
