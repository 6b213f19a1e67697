import { beforeEach, describe, expect, test } from 'vitest';
import type { List, Person } from '../../sdk/src/index.ts';
import { dataOf } from '../kit/results.ts';
import { settings } from '../kit/settings.ts';
import { newSdkPerson, type SdkPerson } from './sdk-people.ts';

// What follows, blocks and mutes do to others is tested in tests/api.

let ann: SdkPerson;
let ben: SdkPerson;
beforeEach(async () => {
  [ann, ben] = await Promise.all([newSdkPerson(), newSdkPerson()]);
});

const namesOf = async (list: List<Person>) => dataOf(await list).map(({ username }) => username);

/** Makes a profile private. */
const close = async ({ noctra }: SdkPerson) => dataOf(await noctra.profiles.update({ publicProfile: false }));

describe('people.follow', () => {
  test('follows a person with a public profile at once, by name or id', async () => {
    for (const person of [ben.username, ben.id, `@${ben.username.toUpperCase()}`]) {
      expect(dataOf(await ann.noctra.people.follow(person))).toEqual({ state: 'accepted' });
    }
    expect(dataOf(await ben.noctra.people.followers())).toEqual([
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
      following: true,
      follower_count: 1,
    });
  });

  test('asks a person with a private profile, who accepts or declines', async () => {
    await close(ben);
    const cleo = await newSdkPerson();
    for (const { noctra } of [ann, cleo]) {
      expect(dataOf(await noctra.people.follow(ben.username))).toEqual({ state: 'requested' });
    }
    expect(await namesOf(ben.noctra.people.requests())).toEqual([cleo.username, ann.username]);
    expect(dataOf(await ben.noctra.people.acceptRequest(ann.username))).toEqual({ state: 'accepted' });
    expect(dataOf(await ben.noctra.people.declineRequest(cleo.id))).toEqual({ state: null });
    expect(await namesOf(ben.noctra.people.requests())).toEqual([]);
    expect(await namesOf(ben.noctra.people.followers())).toEqual([ann.username]);
    const { error } = await ben.noctra.people.acceptRequest(cleo.username);
    expect(error).toMatchObject({ code: 'follow_request_not_found', status: 404 });
  });

  test('is refused for unknown people, and for the user themselves', async () => {
    const unknown = await ann.noctra.people.follow('nobody_at_all');
    expect(unknown.error).toMatchObject({ code: 'profile_not_found', status: 404 });
    expect((await ann.noctra.people.follow('me')).error).toMatchObject({
      code: 'not_yourself',
      status: 422,
    });
  });
});

test('people.unfollow and people.removeFollower end a follow', async () => {
  dataOf(await ann.noctra.people.follow(ben.id));
  expect(dataOf(await ann.noctra.people.unfollow(ben.username))).toEqual({ state: null });
  expect(await namesOf(ben.noctra.people.followers())).toEqual([]);
  dataOf(await ann.noctra.people.follow(ben.id));
  expect(dataOf(await ben.noctra.people.removeFollower(ann.username))).toEqual({ state: null });
  expect(await namesOf(ben.noctra.people.followers())).toEqual([]);
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
    for await (const { username } of ann.noctra.people.followers({ of: ben.id, limit: 2 })) {
      walked.push(username);
    }
    expect(walked).toEqual(expected);
  });

  test('of a private profile are refused, and a malformed cursor is', async () => {
    await close(ben);
    const { followers, following, blocks } = ann.noctra.people;
    for (const list of [followers({ of: ben.id }), following({ of: ben.id })]) {
      expect((await list).error).toMatchObject({ code: 'profile_private', status: 403 });
    }
    const { error } = await blocks({ cursor: 'no cursor' });
    expect(error).toMatchObject({ code: 'invalid_cursor', status: 400, field: 'cursor' });
  });
});

test('people.block and people.unblock answer whether the person is blocked, as lists and profiles do', async () => {
  const { people, profiles } = ann.noctra;
  expect(dataOf(await people.block(ben.username))).toEqual({ blocking: true });
  expect(await namesOf(people.blocks())).toEqual([ben.username]);
  expect(dataOf(await profiles.get(ben.id)).blocking).toBe(true);
  expect((await ben.noctra.people.follow(ann.id)).error).toMatchObject({ code: 'blocked', status: 403 });
  expect(dataOf(await people.unblock(ben.username))).toEqual({ blocking: false });
  expect(await namesOf(people.blocks())).toEqual([]);
});

test('people.mute and people.unmute answer whether the person is muted, as lists and profiles do', async () => {
  const { people, profiles } = ann.noctra;
  expect(dataOf(await people.mute(ben.username))).toEqual({ muting: true });
  expect(await namesOf(people.mutes())).toEqual([ben.username]);
  expect(dataOf(await profiles.get(ben.id)).muting).toBe(true);
  expect(dataOf(await people.unmute(ben.username))).toEqual({ muting: false });
  expect(await namesOf(people.mutes())).toEqual([]);
});

test('feed.list has the posts of the reader and of those followed, newest first, in pages', async () => {
  for (const [{ noctra }, caption] of [
    [ben, 'first'],
    [ann, 'second'],
    [ben, 'third'],
  ] as const) {
    dataOf(await noctra.posts.create({ caption }));
  }
  dataOf(await ann.noctra.people.follow(ben.id));
  const walked: string[] = [];
  for await (const { caption } of ann.noctra.feed.list({ limit: 1 })) walked.push(caption);
  expect(walked).toEqual(['third', 'second', 'first']);
});

test('the own profile has no relation to itself', async () => {
  for (const profile of [await ann.noctra.profiles.me(), await ann.noctra.profiles.get(ann.id)]) {
    const none = { following: false, requested: false, followed_by: false, blocking: false, muting: false };
    expect(dataOf(profile)).toMatchObject(none);
  }
});
