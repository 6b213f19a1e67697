import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Client, newPerson, nobody, type Person, secretClient } from '../kit/people.ts';
import { dataOf } from '../kit/results.ts';
import { eventually } from '../kit/waiting.ts';

let ann: Person;
let ben: Person;
let eve: Person;
let post: string;
let privatePost: string;
const clients = new Set<Client>();

beforeAll(async () => {
  [ann, ben, eve] = await Promise.all([newPerson(), newPerson(), newPerson()]);
  const posts = await Promise.all(
    [true, false].map(async (is_public) =>
      dataOf(await ann.client.rpc('create_post', { caption: 'Sunset', is_public })),
    ),
  );
  [post, privatePost] = posts.map(({ id }) => id ?? '') as [string, string];
});

afterEach(async () => {
  for (const client of clients) {
    await client.removeAllChannels();
    client.realtime.disconnect();
  }
  clients.clear();
});

/** Joins a topic, and gives what is heard there and how the join was answered. */
async function join(client: Client, topic: string, isPrivate = true) {
  clients.add(client);
  await client.realtime.setAuth();
  const heard: string[] = [];
  const channel = client.channel(topic, { config: { private: isPrivate } });
  channel.on('broadcast', { event: '*' }, ({ event }) => heard.push(event));
  const answer = await new Promise<string>((resolve) => channel.subscribe((status) => resolve(status)));
  return { answer, heard, channel };
}

describe('a live event', () => {
  it.each([
    ['another user in the channel of a user', () => eve.client, () => `person:${ann.id}`, true],
    ['somebody without a session', () => nobody(), () => `person:${ann.id}`, true],
    ['somebody without a session, of a post', () => nobody(), () => `post:${post}`, true],
    ['another user in the channel of a private post', () => eve.client, () => `post:${privatePost}`, true],
    ['a public channel of the same name', () => eve.client, () => `person:${ann.id}`, false],
    ['a public channel of a post', () => nobody(), () => `post:${post}`, false],
  ])('is not heard by others: %s', async (_, client, topic, isPrivate) => {
    const own = await join(ann.client, `person:${ann.id}`);
    expect(own.answer).toBe('SUBSCRIBED');
    const { answer, heard } = await join(client(), topic(), isPrivate);
    expect(answer).toBe(isPrivate ? 'CHANNEL_ERROR' : 'SUBSCRIBED');
    dataOf(await ben.client.rpc('create_comment', { post_id: post, text: 'Lovely' }));
    await eventually(async () => expect(own.heard).toEqual(['notification']));
    await delay(200);
    expect(heard).toEqual([]);
  });

  it.each([
    [
      'over the socket',
      async (client: Client, topic: string) => {
        const { channel } = await join(client, topic);
        await channel.send({ type: 'broadcast', event: 'notification', payload: { id: 'forged' } });
      },
    ],
    [
      'over the socket of a public channel',
      async (client: Client, topic: string) => {
        const { channel } = await join(client, topic, false);
        await channel.send({ type: 'broadcast', event: 'notification', payload: { id: 'forged' } });
      },
    ],
    [
      'over HTTP',
      async (client: Client, topic: string) => {
        const channel = client.channel(topic, { config: { private: true } });
        await channel.httpSend('notification', { id: 'forged' }).catch(() => {});
      },
    ],
    [
      'over HTTP, publicly',
      async (client: Client, topic: string) => {
        await client
          .channel(topic)
          .httpSend('notification', { id: 'forged' })
          .catch(() => {});
      },
    ],
  ])('is not sent by a client: %s', async (_, send) => {
    const own = await join(ann.client, `person:${ann.id}`);
    const ofPost = await join(ben.client, `post:${post}`);
    for (const topic of [`person:${ann.id}`, `post:${post}`]) {
      await send(eve.client, topic);
      await eve.client.removeAllChannels();
      await send(nobody(), topic);
    }
    await delay(300);
    expect([own.heard, ofPost.heard]).toEqual([[], []]);
  });

  it('of a popular post tells a user whom the author blocks no more than an id', async () => {
    const cleo = await newPerson();
    dataOf(await cleo.client.rpc('block_user', { person: eve.username }));
    const { heard } = await join(eve.client, `post:${post}`);
    const { id } = dataOf(await cleo.client.rpc('create_comment', { post_id: post, text: 'Not for Eve' }));
    await eventually(async () => expect(heard).toContain('comment_added'));
    expect(dataOf(await eve.client.rpc('get_comments', { comment_ids: [id ?? ''] }))).toEqual([]);
    const messages = await secretClient().rpc('list_comment_events', { post_id: post, seconds: 60 });
    expect(messages.error).not.toBeNull();
  });
});
