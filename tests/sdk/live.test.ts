import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type CommentEvent,
  limits,
  type Noctra,
  type NotificationEvent,
  type Post,
  type Subscription,
} from '../../sdk/src/index.ts';
import { type CuttableLine, openLine } from '../kit/cuttable.ts';
import { secretClient } from '../kit/people.ts';
import { dataOf } from '../kit/results.ts';
import { eventually } from '../kit/waiting.ts';
import { newSdkPerson, nowhere, openNoctra, reopen, type SdkPerson } from './sdk-people.ts';

let ann: SdkPerson;
let ben: SdkPerson;
let post: Post;
const open: Subscription[] = [];
const clients: Noctra[] = [];
const lines: CuttableLine[] = [];

beforeEach(async () => {
  [ann, ben] = await Promise.all([newSdkPerson(), newSdkPerson()]);
  clients.push(ann.noctra, ben.noctra);
  post = dataOf(await ben.noctra.posts.create({ caption: 'Sunset' }));
});

afterEach(async () => {
  for (const subscription of open.splice(0)) subscription.unsubscribe();
  for (const { supabase } of clients.splice(0)) await supabase.realtime.disconnect();
  for (const line of lines.splice(0)) await line.close();
});

/** Does something to an answer before the client gets it. */
type Meddle = (path: string, answer: Response) => Promise<Response | undefined>;

/** Ben on another device, over a line that can be cut. */
async function overLine(meddle?: Meddle): Promise<{ noctra: Noctra; line: CuttableLine }> {
  const line = await openLine();
  const meddledFetch: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    return (await meddle?.(new URL(String(input)).pathname, answer)) ?? answer;
  };
  const noctra = await reopen(ben, { global: { fetch: meddledFetch } }, line.url);
  lines.push(line);
  clients.push(noctra);
  return { noctra, line };
}

/** Waits for one thing after the other, and then for nothing else. */
async function settle(events: unknown[], count: number): Promise<void> {
  await eventually(async () => expect(events).toHaveLength(count));
  await delay(300);
  expect(events).toHaveLength(count);
}

function listen<Event>(subscribe: (handler: (event: Event) => void) => Subscription) {
  const events: Event[] = [];
  const subscription = subscribe((event) => events.push(event));
  open.push(subscription);
  return { events, subscription };
}

async function listenToNotifications(noctra: Noctra, since?: string) {
  const { events, subscription } = listen<NotificationEvent>((handler) =>
    noctra.notifications.subscribe(handler, { since }),
  );
  expect(await subscription.ready).toEqual({ data: null, error: null });
  return { events, subscription };
}

/** What happens to comments; the counts are apart. */
async function listenToComments(noctra: Noctra, of = post.id) {
  const events: CommentEvent[] = [];
  const counts: CommentEvent[] = [];
  const subscription = noctra.comments.subscribe(of, (event) =>
    (event.type === 'counts' ? counts : events).push(event),
  );
  open.push(subscription);
  expect(await subscription.ready).toEqual({ data: null, error: null });
  return { events, counts, subscription };
}

const kinds = (events: NotificationEvent[]) =>
  events.map((event) => (event.type === 'added' ? event.notification.kind : event.type));
const texts = (events: CommentEvent[]) =>
  events.map((event) => ('comment' in event ? `${event.type} ${event.comment.text}` : event.type));

describe('notifications.subscribe', () => {
  test('tells of a notification as the list has it, with the number of those unread', async () => {
    dataOf(await ann.noctra.people.follow(ben.id));
    const { events } = await listenToNotifications(ben.noctra);
    dataOf(await ann.noctra.posts.like(post.id));
    await settle(events, 1);
    const [newest] = dataOf(await ben.noctra.notifications.list());
    expect(events).toEqual([{ type: 'added', notification: newest, unread_count: 2 }]);
    expect(newest?.actors[0]?.profile_pic_url).toMatch(/^http/);
  });

  test('tells each notification of many at once exactly once', async () => {
    const posts = await Promise.all(
      Array.from({ length: 20 }, async () => dataOf(await ben.noctra.posts.create({ caption: 'Again' }))),
    );
    const { events } = await listenToNotifications(ben.noctra);
    await Promise.all(posts.map(({ id }) => ann.noctra.posts.like(id)));
    await settle(events, 20);
    const liked = events.map((event) => (event.type === 'added' ? event.notification.post : null));
    expect(liked.sort()).toEqual(posts.map(({ id }) => id).sort());
    expect(events.at(-1)).toMatchObject({ unread_count: 20 });
  });

  test('tells another device what was read', async () => {
    dataOf(await ann.noctra.people.follow(ben.id));
    const { events } = await listenToNotifications(await reopenedBen());
    const [newest] = dataOf(await ben.noctra.notifications.list());
    dataOf(await ben.noctra.notifications.markRead(newest?.id ?? ''));
    await settle(events, 1);
    expect(events).toEqual([{ type: 'unread', unread_count: 0 }]);
  });

  test('tells what is newer than the last that the app knows', async () => {
    dataOf(await ann.noctra.people.follow(ben.id));
    const [known] = dataOf(await ben.noctra.notifications.list());
    dataOf(await ann.noctra.posts.like(post.id));
    dataOf(await ann.noctra.comments.create(post.id, { text: 'Lovely' }));
    const { events } = await listenToNotifications(ben.noctra, known?.id);
    await settle(events, 2);
    expect(kinds(events)).toEqual(['like', 'comment']);
  });

  test('misses nothing and repeats nothing when the connection is lost', async () => {
    const { noctra, line } = await overLine();
    const { events } = await listenToNotifications(noctra);
    dataOf(await ann.noctra.people.follow(ben.id));
    await settle(events, 1);
    line.cut();
    dataOf(await ann.noctra.posts.like(post.id));
    dataOf(await ann.noctra.comments.create(post.id, { text: 'Lovely' }));
    await delay(500);
    expect(events).toHaveLength(1);
    line.mend();
    await settle(events, 3);
    expect(kinds(events)).toEqual(['follow', 'like', 'comment']);
    dataOf(await ann.noctra.comments.create(post.id, { text: 'And calm' }));
    await settle(events, 4);
  });

  test('stops when it is told to, by its signal too', async () => {
    const controller = new AbortController();
    const { events, subscription } = await listenToNotifications(ben.noctra);
    const { events: others } = await listenToNotifications(ben.noctra);
    const aborted = ben.noctra.notifications.subscribe((event) => events.push(event), {
      signal: controller.signal,
    });
    expect(await aborted.ready).toMatchObject({ error: null });
    subscription.unsubscribe();
    controller.abort();
    dataOf(await ann.noctra.posts.like(post.id));
    await settle(others, 1);
    expect(events).toEqual([]);
    for (const { ended } of [subscription, aborted])
      expect(await ended).toMatchObject({ data: null, error: { code: 'aborted' } });
    const late = ben.noctra.notifications.subscribe(() => {}, { signal: controller.signal });
    expect(await late.ready).toMatchObject({ data: null, error: { code: 'aborted' } });
  });

  test('can be ended and begun again at once', async () => {
    for (const _ of Array(3)) ben.noctra.notifications.subscribe(() => {}).unsubscribe();
    const { subscription } = await listenToNotifications(ben.noctra);
    subscription.unsubscribe();
    const { events } = await listenToNotifications(ben.noctra);
    dataOf(await ann.noctra.posts.like(post.id));
    await settle(events, 1);
  });

  test('ends when another user signs in', async () => {
    const noctra = await reopenedBen();
    const { events, subscription } = await listenToNotifications(noctra);
    const { data } = await ann.noctra.supabase.auth.getSession();
    await noctra.supabase.auth.setSession(data.session ?? { access_token: '', refresh_token: '' });
    expect(await subscription.ended).toMatchObject({ error: { code: 'not_signed_in', status: 401 } });
    dataOf(await ben.noctra.people.follow(ann.id));
    await delay(300);
    expect(events).toEqual([]);
  });

  test('tells the app when a read is refused, at first and after a lost connection', async () => {
    let isRefused = true;
    const { noctra, line } = await overLine(async (path) =>
      isRefused && path.endsWith('count_unread_notifications')
        ? Response.json({ code: '42501', message: 'permission denied' }, { status: 403 })
        : undefined,
    );
    const first = noctra.notifications.subscribe(() => {});
    expect(await first.ready).toMatchObject({ data: null, error: { code: 'forbidden', status: 403 } });
    isRefused = false;
    const { subscription } = await listenToNotifications(noctra);
    isRefused = true;
    line.cut();
    line.mend();
    expect(await subscription.ended).toMatchObject({ data: null, error: { code: 'forbidden', status: 403 } });
    expect(noctra.supabase.getChannels()).toEqual([]);
  });

  test('needs a session', async () => {
    const { ready } = openNoctra().notifications.subscribe(() => {});
    expect(await ready).toMatchObject({ data: null, error: { code: 'not_signed_in', status: 401 } });
  });
});

async function reopenedBen(): Promise<Noctra> {
  const noctra = await reopen(ben);
  clients.push(noctra);
  return noctra;
}

describe('comments.subscribe', () => {
  test('tells of comments and replies, edits and deletions, as the list has them', async () => {
    const { comments } = ann.noctra;
    const { events } = await listenToComments(ben.noctra);
    const first = dataOf(await comments.create(post.id, { text: 'Lovely' }));
    await settle(events, 1);
    expect(events).toEqual([{ type: 'added', comment: dataOf(await ben.noctra.comments.get(first.id)) }]);
    const reply = dataOf(await comments.create(post.id, { text: 'Calm', parent: first.id }));
    await settle(events, 2);
    dataOf(await comments.update(reply.id, { text: 'Calm!' }));
    await settle(events, 3);
    dataOf(await comments.remove(first.id));
    await settle(events, 4);
    dataOf(await comments.remove(reply.id));
    await settle(events, 6);
    expect(texts(events.slice(1, 4))).toEqual(['added Calm', 'changed Calm!', 'changed null']);
    const removed = (id: string, parent: string | null) => ({ type: 'removed', id, parent });
    expect(events.slice(4)).toEqual(
      expect.arrayContaining([removed(first.id, null), removed(reply.id, first.id)]),
    );
  });

  test('tells the counts, and of many changes at once the last', async () => {
    const { counts } = await listenToComments(ben.noctra);
    const likers = await Promise.all(Array.from({ length: 5 }, () => newSdkPerson()));
    await Promise.all(likers.map(({ noctra }) => noctra.posts.like(post.id)));
    dataOf(await ann.noctra.posts.like(post.id));
    dataOf(await ann.noctra.comments.create(post.id, { text: 'Lovely' }));
    dataOf(await ann.noctra.posts.create({ caption: 'Look', original_post: post.id }));
    await eventually(async () =>
      expect(counts.at(-1)).toEqual({ type: 'counts', like_count: 6, comment_count: 1, repost_count: 1 }),
    );
  });

  test('tells nothing of the comments that the user does not see', async () => {
    const cleo = await newSdkPerson();
    clients.push(cleo.noctra);
    dataOf(await cleo.noctra.people.block(ann.id));
    const { events } = await listenToComments(cleo.noctra);
    const unseen = dataOf(await ann.noctra.comments.create(post.id, { text: 'Unseen' }));
    dataOf(await ann.noctra.comments.update(unseen.id, { text: 'Still' }));
    dataOf(await ben.noctra.comments.create(post.id, { text: 'Seen' }));
    await settle(events, 1);
    expect(texts(events)).toEqual(['added Seen']);
  });

  test('misses nothing and repeats nothing when the connection is lost', async () => {
    const { noctra, line } = await overLine();
    const { comments } = ann.noctra;
    const [old, gone] = await Promise.all(
      ['Old', 'Gone'].map(async (text) => dataOf(await comments.create(post.id, { text }))),
    );
    const { events, counts } = await listenToComments(noctra);
    const first = dataOf(await comments.create(post.id, { text: 'First' }));
    await eventually(async () => expect(texts(events)).toContain('added First'));
    events.length = 0;
    line.cut();
    dataOf(await comments.create(post.id, { text: 'Second' }));
    dataOf(await comments.create(post.id, { text: 'Reply', parent: first.id }));
    dataOf(await comments.update(old?.id ?? '', { text: 'New' }));
    dataOf(await comments.remove(gone?.id ?? ''));
    // The app may have listed it meanwhile.
    const brief = dataOf(await comments.create(post.id, { text: 'Brief' }));
    dataOf(await comments.remove(brief.id));
    dataOf(await ann.noctra.posts.like(post.id));
    line.mend();
    await settle(events, 5);
    expect(texts(events).sort()).toEqual([
      'added Reply',
      'added Second',
      'changed New',
      'removed',
      'removed',
    ]);
    await eventually(async () => expect(counts.at(-1)).toMatchObject({ like_count: 1, comment_count: 4 }));
    dataOf(await comments.create(post.id, { text: 'Third' }));
    await settle(events, 6);
  });

  test('misses nothing when the connection is lost again while it catches up', async () => {
    let isMeddled = false;
    const { noctra, line } = await overLine(async (path) => {
      if (!isMeddled || !path.endsWith('list_comment_events')) return;
      isMeddled = false;
      line.cut();
      dataOf(await ann.noctra.comments.create(post.id, { text: 'Between' }));
      line.mend();
      await eventually(async () =>
        expect(noctra.supabase.getChannels().map(({ state }) => state)).toEqual(['joined']),
      );
      return undefined;
    });
    const { events } = await listenToComments(noctra);
    isMeddled = true;
    line.cut();
    line.mend();
    await settle(events, 1);
    expect(texts(events)).toEqual(['added Between']);
  });

  test('tells a comment that is edited before it was read as a new one', async () => {
    let edit: (() => Promise<unknown>) | undefined;
    const { noctra } = await overLine(async (path) => {
      if (path.endsWith('get_comments')) await edit?.();
      return undefined;
    });
    const { events } = await listenToComments(noctra);
    let second = '';
    edit = async () => {
      edit = undefined;
      second = dataOf(await ann.noctra.comments.create(post.id, { text: 'Second' })).id;
      dataOf(await ann.noctra.comments.update(second, { text: 'Second!' }));
      await delay(200);
    };
    dataOf(await ann.noctra.comments.create(post.id, { text: 'First' }));
    await settle(events, 2);
    expect(texts(events)).toEqual(['added First', 'added Second!']);
  });

  test('calls no handler any more when it is unsubscribed while it reads', async () => {
    let onRead: (() => void) | undefined;
    const { noctra } = await overLine(async (path) => {
      if (path.endsWith('get_comments')) onRead?.();
      return undefined;
    });
    const { events, subscription } = await listenToComments(noctra);
    const read = new Promise<void>((resolve) => {
      onRead = resolve;
    });
    dataOf(await ann.noctra.comments.create(post.id, { text: 'Late' }));
    await read;
    subscription.unsubscribe();
    await delay(300);
    expect(events).toEqual([]);
  });

  test('says so when too many comments change at once, also while the connection was lost', async () => {
    const { noctra, line } = await overLine();
    const { events } = await listenToComments(noctra);
    const addMany = () => {
      const row = { post_id: post.id, owner_id: ann.id, text: 'Again' };
      return secretClient()
        .from('comments')
        .insert(Array(limits.page_size_max + 1).fill(row))
        .select('id');
    };
    const many = dataOf(await addMany());
    await settle(events, 1);
    line.cut();
    dataOf(await addMany());
    line.mend();
    await settle(events, 2);
    expect(texts(events)).toEqual(['outdated', 'outdated']);
    dataOf(await ann.noctra.comments.remove(many[0]?.id ?? ''));
    await settle(events, 3);
    expect(events[2]).toEqual({ type: 'removed', id: many[0]?.id, parent: null });
  });

  test('tells a comment again that was hidden with many others', async () => {
    const { events } = await listenToComments(ben.noctra);
    const first = dataOf(await ann.noctra.comments.create(post.id, { text: 'First' }));
    await settle(events, 1);
    const row = { post_id: post.id, owner_id: ann.id, text: 'Again' };
    const rows = () => secretClient().from('comments');
    dataOf(await rows().insert(Array(limits.page_size_max).fill(row)).select('id'));
    await settle(events, 1 + limits.page_size_max);
    // Those that came just now are read once more.
    await delay(2_500);
    const hide = (hidden_at: string | null) => rows().update({ hidden_at }).eq('post_id', post.id);
    dataOf(await hide(new Date().toISOString()).select('id'));
    await settle(events, 2 + limits.page_size_max);
    dataOf(await hide(null).eq('id', first.id).select('id'));
    await settle(events, 3 + limits.page_size_max);
    expect(texts(events.slice(-2))).toEqual(['outdated', 'added First']);
  });

  test('begins with what happens after the call', async () => {
    dataOf(await ann.noctra.comments.create(post.id, { text: 'Before' }));
    await delay(2_100);
    const { events, subscription } = listen<CommentEvent>((handler) =>
      ben.noctra.comments.subscribe(post.id, handler),
    );
    dataOf(await ann.noctra.comments.create(post.id, { text: 'After' }));
    await subscription.ready;
    await eventually(async () =>
      expect(texts(events.filter(({ type }) => type !== 'counts'))).toEqual(['added After']),
    );
  });

  test('says so after an absence that is too long to catch up with', async () => {
    const { noctra, line } = await overLine();
    const { events } = await listenToComments(noctra);
    const now = Date.now;
    try {
      Date.now = () => now() + 2 * 3_600_000;
      line.cut();
      await delay(100);
      line.mend();
      await eventually(async () => expect(events).toEqual([{ type: 'outdated' }]));
    } finally {
      Date.now = now;
    }
  });

  test('is not long absent on a post on which nothing happens for hours', async () => {
    const { noctra, line } = await overLine();
    const beats: (() => void)[] = [];
    const setInterval = globalThis.setInterval;
    const now = Date.now;
    let passed = 0;
    try {
      globalThis.setInterval = ((work: () => void, ms: number) => {
        if (ms === 30_000) beats.push(work);
        return setInterval(work, ms);
      }) as typeof setInterval;
      const { events } = await listenToComments(noctra);
      Date.now = () => now() + passed;
      for (let beat = 0; beat < 240; beat++) {
        passed += 30_000;
        for (const work of beats) work();
      }
      line.cut();
      dataOf(await ann.noctra.comments.create(post.id, { text: 'At last' }));
      line.mend();
      await settle(events, 1);
      expect(texts(events)).toEqual(['added At last']);
    } finally {
      globalThis.setInterval = setInterval;
      Date.now = now;
    }
  });

  test('refuses a post that the user does not see, and one that does not exist', async () => {
    const hidden = dataOf(await ann.noctra.posts.create({ caption: 'Mine', is_public: false }));
    for (const id of [hidden.id, nowhere, 'no id']) {
      const { ready } = ben.noctra.comments.subscribe(id, () => {});
      expect(await ready).toMatchObject({ data: null, error: { code: 'post_not_found', status: 404 } });
    }
  });

  test('ends with the next token after a block', async () => {
    const { events, subscription } = await listenToComments(ann.noctra);
    dataOf(await ben.noctra.people.block(ann.id));
    dataOf(await ann.noctra.supabase.auth.refreshSession());
    expect(await subscription.ended).toMatchObject({ error: { code: 'post_not_found', status: 404 } });
    await eventually(async () => expect(ann.noctra.supabase.getChannels()).toEqual([]));
    dataOf(await ben.noctra.comments.create(post.id, { text: 'Alone' }));
    await delay(300);
    expect(events).toEqual([]);
  });

  test('keeps several subscriptions of one post apart', async () => {
    const one = await listenToComments(ben.noctra);
    const other = await listenToComments(ben.noctra);
    dataOf(await ann.noctra.comments.create(post.id, { text: 'Both' }));
    await Promise.all([settle(one.events, 1), settle(other.events, 1)]);
    one.subscription.unsubscribe();
    dataOf(await ann.noctra.comments.create(post.id, { text: 'One' }));
    await settle(other.events, 2);
    expect(one.events).toHaveLength(1);
  });

  test('tells of a comment that a moderator hides as if it were deleted', async () => {
    const { events } = await listenToComments(ben.noctra);
    const bad = dataOf(await ann.noctra.comments.create(post.id, { text: 'Bad' }));
    await settle(events, 1);
    dataOf(
      await secretClient()
        .from('comments')
        .update({ hidden_at: new Date().toISOString() })
        .eq('id', bad.id)
        .select(),
    );
    await settle(events, 2);
    expect(events[1]).toEqual({ type: 'removed', id: bad.id, parent: null });
  });
});
