import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { call, callAs, comment, follow, like, nextPage, publish, readIds, readList } from '../kit/api.ts';
import { newPeople, newPerson, type Person } from '../kit/people.ts';

const kinds = [
  'follow',
  'follow_request',
  'follow_accepted',
  'mention',
  'like',
  'comment',
  'reply',
  'repost',
];

const listOf = (person: Person, query = '') => readList(person, `/notifications/${query}`);
const kindsOf = async (person: Person) =>
  (await listOf(person)).map(({ kind }: { kind: string }) => kind).toReversed();
const unread = async (person: Person) => (await callAs(person, 'GET', '/notifications/unread/')).json.count;
const markRead = (person: Person, up_to: unknown) =>
  callAs(person, 'POST', '/notifications/read/', { up_to });

describe('what notifies', () => {
  test('each kind of event notifies the user whom it concerns', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const post = await publish(kai, { caption: 'By the sea' });
    await follow(ann, kai);
    await like(ann, post.id);
    const first = await comment(ann, post.id, { text: 'Where is it?' });
    const answer = await comment(kai, post.id, { text: 'In Italy', parent: first.id });
    await callAs(kai, 'PUT', `/comments/${first.id}/like/`);
    await publish(ann, { caption: 'Look', original_post: post.id });
    await publish(ann, { caption: `With @${kai.username}` });
    expect(await kindsOf(kai)).toEqual(['follow', 'like', 'comment', 'repost', 'mention']);
    expect(await kindsOf(ann)).toEqual(['reply', 'like']);
    const actor = {
      id: ann.id,
      username: ann.username,
      profile_pic_url: expect.stringMatching(/^\//),
      is_vip: false,
    };
    const [, , commented, liked, followed] = await listOf(kai);
    expect(followed).toEqual({
      id: expect.any(String),
      kind: 'follow',
      actors: [actor],
      actor_count: 1,
      post: null,
      comment: null,
      preview: null,
      created_at: expect.any(String),
      is_read: false,
      key: expect.stringMatching(/^follow\./),
    });
    expect(liked).toMatchObject({ kind: 'like', post: post.id, comment: null, preview: 'By the sea' });
    expect(commented).toMatchObject({
      kind: 'comment',
      post: post.id,
      comment: first.id,
      preview: 'Where is it?',
    });
    expect((await listOf(ann))[1]).toMatchObject({ kind: 'reply', comment: answer.id, preview: 'In Italy' });
  });

  test('a request notifies the owner of a private profile, and its acceptance the follower', async () => {
    const [ann, mia] = (await newPeople(2)) as [Person, Person];
    await callAs(mia, 'PATCH', '/userprofiles/me/', { publicProfile: false });
    await follow(ann, mia);
    expect(await kindsOf(mia)).toEqual(['follow_request']);
    await callAs(mia, 'PUT', `/follow-requests/${ann.id}/`);
    expect(await kindsOf(ann)).toEqual(['follow_accepted']);
    expect(await kindsOf(mia)).toEqual([]);
  });

  test('likes of one post are one notification, with the newest three users', async () => {
    const [kai, ...fans] = (await newPeople(5)) as [Person, Person, Person, Person, Person];
    const { id } = await publish(kai);
    for (const fan of fans) await like(fan, id);
    const list = await listOf(kai);
    expect(list).toMatchObject([{ kind: 'like', post: id, actor_count: 4 }]);
    expect(list[0].actors.map((actor: { id: string }) => actor.id)).toEqual(
      fans
        .map((fan) => fan.id)
        .toReversed()
        .slice(0, 3),
    );
    expect(await unread(kai)).toBe(1);
  });

  test('nobody is notified of what they did themselves, or of what was taken back', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const { id } = await publish(kai, { caption: `Me: @${kai.username}` });
    await like(kai, id);
    await comment(kai, id, { text: 'First' });
    await like(ann, id);
    const { id: taken } = await comment(ann, id, { text: 'Taken back' });
    await follow(ann, kai);
    expect(await unread(kai)).toBe(3);
    await callAs(ann, 'DELETE', `/posts/${id}/like/`);
    await callAs(ann, 'DELETE', `/comments/${taken}/`);
    await callAs(ann, 'DELETE', `/userprofiles/${kai.id}/follow/`);
    expect(await listOf(kai)).toEqual([]);
    expect(await unread(kai)).toBe(0);
  });

  test.each(['block', 'mute'])('a %s drops the notifications from the user, old and new', async (what) => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const [first, second] = [await publish(kai), await publish(kai)];
    await like(ann, first.id);
    await callAs(kai, 'PUT', `/userprofiles/${ann.id}/${what}/`);
    expect(await listOf(kai)).toEqual([]);
    await like(ann, second.id);
    expect(await listOf(kai)).toEqual([]);
  });

  test('nobody is notified of a post that they cannot see', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    await publish(ann, { caption: `@${kai.username}`, is_public: false });
    const { id } = await publish(ann, { caption: `@${kai.username}` });
    expect(await kindsOf(kai)).toEqual(['mention']);
    await callAs(ann, 'PATCH', `/posts/${id}/`, { is_public: false });
    expect(await listOf(kai)).toEqual([]);
    expect(await unread(kai)).toBe(0);
  });

  test('notifications are for their recipient alone', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    await like(ann, (await publish(kai)).id);
    const [{ id }] = await listOf(kai);
    expect(await listOf(ann)).toEqual([]);
    // The id of another user's notification is a point in time like any other.
    expect((await markRead(ann, id)).status).toBe(200);
    expect(await unread(kai)).toBe(1);
  });
});

describe('reading', () => {
  test('notifications come newest first, in pages', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    for (let count = 0; count < 3; count++) await like(ann, (await publish(kai)).id);
    const ids = await readIds(kai, '/notifications/');
    const first = await callAs(kai, 'GET', '/notifications/?limit=2');
    const second = await callAs(kai, 'GET', nextPage(first) ?? '');
    expect([...first.json, ...second.json].map(({ id }) => id)).toEqual(ids);
    expect(nextPage(second)).toBeNull();
  });

  test('those up to one are marked as read, and the mark only moves forward', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    for (let count = 0; count < 3; count++) await like(ann, (await publish(kai)).id);
    const [newest, middle, oldest] = await readIds(kai, '/notifications/');
    expect(await markRead(kai, middle)).toMatchObject({ status: 200, json: { count: 1 } });
    expect(await listOf(kai)).toMatchObject([{ is_read: false }, { is_read: true }, { is_read: true }]);
    expect(await readIds(kai, '/notifications/?unread=true')).toEqual([newest]);
    expect(await readIds(kai, '/notifications/?unread=false')).toEqual([newest, middle, oldest]);
    expect((await markRead(kai, oldest)).json).toEqual({ count: 1 });
    expect(
      (
        await call('/notifications/read/', {
          token: kai.token,
          body: new URLSearchParams({ up_to: newest ?? '' }),
        })
      ).json,
    ).toEqual({ count: 0 });
    expect(await unread(kai)).toBe(0);
    await like(await newPerson(), (await publish(kai)).id);
    expect(await unread(kai)).toBe(1);
  });

  test.each([['x'], [''], [5], [null], [['x']], [`${randomUUID()}0`]])(
    'the mark %j is a 422',
    async (up_to) => {
      expect(await markRead(await newPerson(), up_to)).toMatchObject({
        status: 422,
        json: { code: 'up_to_invalid' },
      });
    },
  );

  test('a list refuses what it does not know', async () => {
    const ann = await newPerson();
    for (const [query, code] of [
      ['unread=maybe', 'unread_invalid'],
      ['kind=like', 'field_unknown'],
      ['limit=0', 'limit_invalid'],
    ] as const)
      expect(await callAs(ann, 'GET', `/notifications/?${query}`)).toMatchObject({
        status: 422,
        json: { code },
      });
  });
});

describe('settings', () => {
  test('every kind is on at first, and each can be switched off and on', async () => {
    const [ann, kai] = (await newPeople(2)) as [Person, Person];
    const path = '/notifications/settings/';
    const allOn = Object.fromEntries(kinds.map((kind) => [kind, true]));
    expect(await callAs(kai, 'GET', path)).toMatchObject({ status: 200, json: allOn });
    const off = { ...allOn, like: false, repost: false };
    expect((await callAs(kai, 'PATCH', path, { like: false, repost: false, follow: null })).json).toEqual(
      off,
    );
    expect((await callAs(kai, 'GET', path)).json).toEqual(off);
    expect((await callAs(ann, 'GET', path)).json).toEqual(allOn);
    const { id } = await publish(kai);
    await like(ann, id);
    await comment(ann, id, { text: 'Nice' });
    expect(await kindsOf(kai)).toEqual(['comment']);
    const body = new URLSearchParams({ like: 'on', repost: '' });
    expect((await call(path, { method: 'PATCH', token: kai.token, body })).json).toEqual({
      ...allOn,
      repost: false,
    });
  });

  test.each<[what: string, changes: object, code: string]>([
    ['an unknown kind', { likes: false }, 'field_unknown'],
    ['a text', { like: 'no' }, 'notification_setting_invalid'],
    ['a number', { comment: 0 }, 'notification_setting_invalid'],
    ['a list', { follow: [] }, 'notification_setting_invalid'],
  ])('%s as a setting is a 422', async (_, changes, code) => {
    const kai = await newPerson();
    expect(await callAs(kai, 'PATCH', '/notifications/settings/', changes)).toMatchObject({
      status: 422,
      json: { code, errors: { [Object.keys(changes)[0] as string]: [expect.any(String)] } },
    });
  });
});
