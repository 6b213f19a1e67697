import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { block, call, callAs, follow, nextPage, publish, readIds, readList } from '../kit/api.ts';
import { newPeople, newPerson, type Person } from '../kit/people.ts';

/** A new user with a private profile. */
async function recluse(): Promise<Person> {
  const person = await newPerson();
  await callAs(person, 'PATCH', '/userprofiles/me/', { publicProfile: false });
  return person;
}

const profile = async (reader: Person, { id }: Person) =>
  (await callAs(reader, 'GET', `/userprofiles/${id}/`)).json;

describe('following', () => {
  test('a follow of a public profile is accepted at once, and may be repeated', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    for (const user of [kai.id, kai.username, `${kai.username.toUpperCase()}`]) {
      expect(await callAs(ann, 'PUT', `/userprofiles/${user}/follow/`)).toMatchObject({
        status: 200,
        json: { state: 'accepted' },
      });
    }
    expect(await profile(ann, kai)).toMatchObject({
      following: true,
      requested: false,
      followed_by: false,
      follower_count: 1,
      following_count: 0,
    });
    expect(await profile(kai, ann)).toMatchObject({
      following: false,
      followed_by: true,
      follower_count: 0,
      following_count: 1,
    });
  });

  test('an unfollow may be repeated, also where nobody was followed', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    await follow(ann, kai);
    for (let time = 0; time < 2; time++) {
      expect(await callAs(ann, 'DELETE', `/userprofiles/${kai.id}/follow/`)).toMatchObject({
        status: 204,
        json: '',
      });
    }
    expect(await profile(ann, kai)).toMatchObject({ following: false, follower_count: 0 });
  });

  test('a follow of a private profile is a request, which an unfollow withdraws', async () => {
    const [ann, mia] = await Promise.all([newPerson(), recluse()]);
    expect((await follow(ann, mia)).json).toEqual({ state: 'requested' });
    expect((await follow(ann, mia)).json).toEqual({ state: 'requested' });
    expect(await profile(ann, mia)).toMatchObject({ following: false, requested: true, follower_count: 0 });
    expect(await readIds(mia, '/follow-requests/')).toEqual([ann.id]);
    expect(await readIds(ann, '/follow-requests/')).toEqual([]);
    expect((await callAs(ann, 'DELETE', `/userprofiles/${mia.id}/follow/`)).status).toBe(204);
    expect(await readIds(mia, '/follow-requests/')).toEqual([]);
  });

  test('a request is accepted or declined by the user whom it asks, each more than once', async () => {
    const [ann, kai, mia] = await Promise.all([newPerson(), newPerson(), recluse()]);
    await follow(ann, mia);
    await follow(kai, mia);
    for (let time = 0; time < 2; time++) {
      expect(await callAs(mia, 'PUT', `/follow-requests/${ann.username}/`)).toMatchObject({
        status: 200,
        json: { state: 'accepted' },
      });
      expect((await callAs(mia, 'DELETE', `/follow-requests/${kai.id}/`)).status).toBe(204);
    }
    expect((await follow(ann, mia)).json).toEqual({ state: 'accepted' });
    expect(await readIds(mia, '/userprofiles/me/followers/')).toEqual([ann.id]);
    expect(await readIds(mia, '/follow-requests/')).toEqual([]);
  });

  test('nobody accepts a request that does not exist, or their own', async () => {
    const [ann, mia] = await Promise.all([newPerson(), recluse()]);
    await follow(ann, mia);
    for (const [person, user] of [
      [ann, mia],
      [mia, await newPerson()],
    ] as const) {
      expect(await callAs(person, 'PUT', `/follow-requests/${user.id}/`)).toMatchObject({
        status: 404,
        json: { code: 'follow_request_not_found' },
      });
    }
    expect(await profile(ann, mia)).toMatchObject({ following: false, requested: true });
  });

  test('accepted followers see the posts of a private profile, and no longer once they are removed', async () => {
    const [ann, mia] = await Promise.all([newPerson(), recluse()]);
    const post = await publish(mia);
    const hidden = await publish(mia, { is_public: false });
    await follow(ann, mia);
    expect((await callAs(ann, 'GET', `/posts/${post.id}/`)).status).toBe(404);
    await callAs(mia, 'PUT', `/follow-requests/${ann.id}/`);
    expect((await callAs(ann, 'GET', `/posts/${post.id}/`)).status).toBe(200);
    expect((await callAs(ann, 'GET', `/posts/${hidden.id}/`)).status).toBe(404);
    expect(await readIds(ann, `/posts/user/${mia.id}/`)).toEqual([post.id]);
    for (let time = 0; time < 2; time++)
      expect((await callAs(mia, 'DELETE', `/userprofiles/me/followers/${ann.id}/`)).status).toBe(204);
    expect((await callAs(ann, 'GET', `/posts/${post.id}/`)).status).toBe(404);
    expect(await profile(ann, mia)).toMatchObject({ following: false, requested: false });
  });
});

describe('lists of followers', () => {
  test('a list of users has the caller’s relation to each, the latest first, in pages', async () => {
    const [kai, ...followers] = (await newPeople(4)) as [Person, Person, Person, Person];
    for (const follower of followers) await follow(follower, kai);
    await follow(kai, followers[1] as Person);
    const path = `/userprofiles/${kai.username}/followers/`;
    const ids = followers.map(({ id }) => id).toReversed();
    expect(await readIds(kai, path)).toEqual(ids);
    expect((await readList(kai, path))[1]).toEqual({
      id: followers[1]?.id,
      username: followers[1]?.username,
      profile_pic_url: expect.stringMatching(/^\//),
      is_vip: false,
      following: true,
      requested: false,
      followed_by: true,
    });
    const first = await callAs(kai, 'GET', `${path}?limit=2`);
    const second = await callAs(kai, 'GET', nextPage(first) ?? '');
    expect([...first.json, ...second.json].map(({ id }) => id)).toEqual(ids);
    expect(nextPage(second)).toBeNull();
    expect(await readIds(followers[0] as Person, `/userprofiles/${kai.id}/following/`)).toEqual([ids[1]]);
  });

  test('the lists of a private profile are for its owner and accepted followers', async () => {
    const [ann, kai, mia] = await Promise.all([newPerson(), newPerson(), recluse()]);
    await follow(ann, mia);
    await follow(kai, mia);
    await callAs(mia, 'PUT', `/follow-requests/${ann.id}/`);
    await follow(mia, ann);
    for (const [list, expected] of [
      ['followers', [ann.id]],
      ['following', [ann.id]],
    ] as const) {
      const path = `/userprofiles/${mia.id}/${list}/`;
      expect(await readIds(mia, path)).toEqual(expected);
      expect(await readIds(ann, path)).toEqual(expected);
      // A request is not a follow.
      expect(await callAs(kai, 'GET', path)).toMatchObject({
        status: 403,
        json: { code: 'profile_private' },
      });
    }
  });
});

describe('blocking', () => {
  test('a block ends follows in both directions, and may be repeated', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    await follow(ann, kai);
    await follow(kai, ann);
    for (let time = 0; time < 2; time++)
      expect(await block(ann, kai)).toMatchObject({ status: 200, json: { blocking: true } });
    expect(await profile(ann, kai)).toMatchObject({
      blocking: true,
      following: false,
      followed_by: false,
      follower_count: 0,
      following_count: 0,
    });
    // The blocked user is not told who blocks whom.
    expect(await profile(kai, ann)).toMatchObject({ blocking: false });
    expect(await readIds(ann, '/blocks/')).toEqual([kai.id]);
    expect(await readIds(kai, '/blocks/')).toEqual([]);
  });

  test('neither of two users reaches the other across a block', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const posts = { [ann.id]: await publish(ann), [kai.id]: await publish(kai) };
    await block(ann, kai);
    for (const [reader, other] of [
      [ann, kai],
      [kai, ann],
    ] as const) {
      for (const [method, path] of [
        ['PUT', `/userprofiles/${other.id}/follow/`],
        ['GET', `/userprofiles/${other.id}/followers/`],
        ['GET', `/userprofiles/${other.id}/following/`],
      ] as const)
        expect(await callAs(reader, method, path)).toMatchObject({ status: 403, json: { code: 'blocked' } });
      expect((await callAs(reader, 'GET', `/posts/${posts[other.id].id}/`)).status).toBe(404);
      expect(await readIds(reader, `/posts/user/${other.username}/`)).toEqual([]);
      expect((await callAs(reader, 'GET', `/userprofiles/${other.id}/`)).status).toBe(200);
    }
  });

  test('lists of others leave blocked users out', async () => {
    const [ann, kai, zoe] = (await newPeople(3)) as [Person, Person, Person];
    await follow(ann, zoe);
    await follow(kai, zoe);
    await block(ann, kai);
    const path = `/userprofiles/${zoe.id}/followers/`;
    expect(await readIds(ann, path)).toEqual([ann.id]);
    expect(await readIds(kai, path)).toEqual([kai.id]);
    expect(await readIds(zoe, path)).toEqual([kai.id, ann.id]);
  });

  test('an unblock may be repeated, and restores no follow', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const post = await publish(kai);
    await follow(ann, kai);
    await block(ann, kai);
    for (let time = 0; time < 2; time++)
      expect((await callAs(ann, 'DELETE', `/userprofiles/${kai.id}/block/`)).status).toBe(204);
    expect((await callAs(ann, 'GET', `/posts/${post.id}/`)).status).toBe(200);
    expect(await profile(ann, kai)).toMatchObject({ blocking: false, following: false });
  });

  test('the blocked user cannot take the block away', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    await block(ann, kai);
    await callAs(kai, 'DELETE', `/userprofiles/${ann.id}/block/`);
    expect(await readIds(ann, '/blocks/')).toEqual([kai.id]);
  });
});

describe('muting', () => {
  test('a mute may be repeated and taken back, and only its user sees it', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const path = `/userprofiles/${kai.id}/mute/`;
    for (let time = 0; time < 2; time++)
      expect(await callAs(ann, 'PUT', path)).toMatchObject({ status: 200, json: { muting: true } });
    expect(await profile(ann, kai)).toMatchObject({ muting: true, blocking: false });
    expect(await profile(kai, ann)).toMatchObject({ muting: false });
    expect(await readIds(ann, '/mutes/')).toEqual([kai.id]);
    expect(await readIds(kai, '/mutes/')).toEqual([]);
    for (let time = 0; time < 2; time++) expect((await callAs(ann, 'DELETE', path)).status).toBe(204);
    expect(await readIds(ann, '/mutes/')).toEqual([]);
  });
});

test('the own profile has counts, and false for each relation', async () => {
  const ann = await newPerson();
  await publish(ann);
  await publish(ann, { is_public: false });
  expect((await callAs(ann, 'GET', '/userprofiles/me/')).json).toMatchObject({
    post_count: 1,
    follower_count: 0,
    following_count: 0,
    following: false,
    requested: false,
    followed_by: false,
    blocking: false,
    muting: false,
  });
});

describe('a user in a path', () => {
  const actions = [
    ['PUT', (user: string) => `/userprofiles/${user}/follow/`],
    ['PUT', (user: string) => `/userprofiles/${user}/block/`],
    ['PUT', (user: string) => `/userprofiles/${user}/mute/`],
  ] as const;

  test.each(actions)('%s: nobody follows, blocks or mutes themselves', async (method, path) => {
    const ann = await newPerson();
    for (const user of ['me', ann.id, ann.username])
      expect(await callAs(ann, method, path(user))).toMatchObject({
        status: 422,
        json: { code: 'not_yourself' },
      });
  });

  test.each([randomUUID(), 'no_such_user_here', 'a', 'not a name', '%00', '%ff', 'a%2Fb', '%27or%271%27'])(
    'the unknown user %s is a 404 on every path',
    async (user) => {
      const ann = await newPerson();
      for (const [method, path] of [
        ...actions,
        ['DELETE', (user: string) => `/userprofiles/${user}/follow/`],
        ['DELETE', (user: string) => `/userprofiles/${user}/block/`],
        ['DELETE', (user: string) => `/userprofiles/${user}/mute/`],
        ['DELETE', (user: string) => `/userprofiles/me/followers/${user}/`],
        ['PUT', (user: string) => `/follow-requests/${user}/`],
        ['DELETE', (user: string) => `/follow-requests/${user}/`],
        ['GET', (user: string) => `/userprofiles/${user}/followers/`],
        ['GET', (user: string) => `/userprofiles/${user}/following/`],
      ] as const)
        expect(await callAs(ann, method, path(user)), path(user)).toMatchObject({
          status: 404,
          json: { code: 'profile_not_found' },
        });
    },
  );

  test('lists of users refuse what every list refuses', async () => {
    const ann = await newPerson();
    for (const path of ['/userprofiles/me/followers/', '/follow-requests/', '/blocks/', '/mutes/']) {
      expect(await callAs(ann, 'GET', `${path}?page=2`)).toMatchObject({
        status: 422,
        json: { code: 'field_unknown' },
      });
      expect(await callAs(ann, 'GET', `${path}?limit=0`)).toMatchObject({ json: { code: 'limit_invalid' } });
      expect(await callAs(ann, 'GET', `${path}?cursor=${ann.id}`)).toMatchObject({ status: 400 });
    }
  });

  test('the other methods of a switch are a 405', async () => {
    const { token } = await newPerson();
    for (const method of ['GET', 'POST', 'PATCH']) {
      const answer = await call('/userprofiles/me/follow/', { method, token });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('PUT, DELETE');
    }
  });
});
