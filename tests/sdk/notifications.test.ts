import { beforeEach, describe, expect, test } from 'vitest';
import type { Notification, Post } from '../../sdk/src/index.ts';
import { dataOf } from '../kit/results.ts';
import { settings } from '../kit/settings.ts';
import { newSdkPerson, type SdkPerson } from './sdk-people.ts';

let ann: SdkPerson;
let ben: SdkPerson;
let post: Post;
beforeEach(async () => {
  [ann, ben] = await Promise.all([newSdkPerson(), newSdkPerson()]);
  post = dataOf(await ben.noctra.posts.create({ caption: 'Sunset by the sea' }));
});

const kinds = (notifications: Notification[]) => notifications.map(({ kind }) => kind);

describe('notifications.list', () => {
  test('tells what others did, newest first, in pages', async () => {
    dataOf(await ann.noctra.people.follow(ben.id));
    dataOf(await ann.noctra.posts.like(post.id));
    const { id } = dataOf(await ann.noctra.comments.create(post.id, { text: 'Lovely!' }));
    dataOf(await ann.noctra.posts.create({ caption: `Hi @${ben.username}` }));

    const list = dataOf(await ben.noctra.notifications.list());
    expect(kinds(list)).toEqual(['mention', 'comment', 'like', 'follow']);
    expect(list[1]).toEqual({
      id: expect.any(String),
      kind: 'comment',
      actors: [
        {
          id: ann.id,
          username: ann.username,
          profile_pic_url: `${settings.url}/functions/v1/api/assets/default-avatar.svg`,
          is_vip: false,
        },
      ],
      actor_count: 1,
      post: post.id,
      comment: id,
      preview: 'Lovely!',
      created_at: expect.any(String),
      is_read: false,
      key: expect.stringMatching(/^comment\./),
    });
    expect(list[2]).toMatchObject({ post: post.id, comment: null, preview: 'Sunset by the sea' });
    expect(list[3]).toMatchObject({ post: null, comment: null });

    const walked: Notification[] = [];
    for await (const one of ben.noctra.notifications.list({ limit: 1 })) walked.push(one);
    expect(walked).toEqual(list);
    expect(dataOf(await ann.noctra.notifications.list())).toEqual([]);
  });
});

describe('notifications.markRead', () => {
  test('reads a notification and all that are older, and counts the rest', async () => {
    const { notifications } = ben.noctra;
    dataOf(await ann.noctra.people.follow(ben.id));
    dataOf(await ann.noctra.posts.like(post.id));
    dataOf(await ann.noctra.comments.create(post.id, { text: 'Lovely!' }));
    expect(dataOf(await notifications.unreadCount())).toEqual({ count: 3 });
    const [, like] = dataOf(await notifications.list());
    for (const _ of ['once', 'and again']) {
      expect(dataOf(await notifications.markRead(like?.id ?? ''))).toEqual({ count: 1 });
    }
    expect(dataOf(await notifications.unreadCount())).toEqual({ count: 1 });
    expect(kinds(dataOf(await notifications.list({ unread: true })))).toEqual(['comment']);
    expect(dataOf(await notifications.list()).map(({ is_read }) => is_read)).toEqual([false, true, true]);
  });

  test('refuses a malformed id', async () => {
    const { error } = await ben.noctra.notifications.markRead('no id');
    expect(error).toMatchObject({ code: 'up_to_invalid', status: 422, field: 'up_to' });
  });
});

describe('notifications.updateSettings', () => {
  test('switches kinds off and on', async () => {
    const { notifications } = ben.noctra;
    const all = dataOf(await notifications.settings());
    expect(Object.values(all)).toEqual(Array(8).fill(true));
    expect(dataOf(await notifications.updateSettings({ like: false }))).toEqual({ ...all, like: false });
    expect(dataOf(await notifications.settings())).toEqual({ ...all, like: false });
    expect(dataOf(await notifications.updateSettings({ like: true }))).toEqual(all);
  });

  test('refuses an unknown kind', async () => {
    const unknown: object = { wave: false };
    const { error } = await ben.noctra.notifications.updateSettings(unknown);
    expect(error).toMatchObject({ code: 'notification_setting_invalid', status: 422 });
  });
});
