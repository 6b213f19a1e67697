import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Subscriber, Subscription } from '../../src/realtime/database.ts';
import { type Client, connect, type Serving, serveRealtime } from './serving.ts';

let serving: Serving;
let client: Client;

beforeAll(async () => {
  serving = await serveRealtime();
  client = await connect(serving);
});

afterAll(async () => {
  client.ws.terminate();
  await serving.stop();
});

const token = (sub: string) =>
  serving.sign({ role: 'authenticated', sub, exp: Math.floor(Date.now() / 1000) + 60 });

const away = () => Object.assign(new Error('The database is away'), { code: 'ECONNREFUSED' });

it.each([
  ['comes', 1],
  ['comes and the database is away', 2],
])('subscribes to each wish once, by the newest token, when one %s meanwhile', async (_, attempts) => {
  const live = new Map<number, string>();
  const slow = Promise.withResolvers<void>();
  let waiting = 0;
  let lastId = 0;
  serving.database.subscribe = async ({ table }, { claims }: Subscriber): Promise<Subscription> => {
    const { sub } = claims as { sub: string };
    if (table === 'b') {
      waiting++;
      await slow.promise;
    }
    const id = ++lastId;
    live.set(id, `${table} by ${sub}`);
    return {
      id,
      unsubscribe: () => live.delete(id),
      async update() {
        if (attempts > 1) throw away();
        live.set(id, `${table} by bob`);
      },
    };
  };
  const wishes = ['a', 'b', 'c'].map((table) => ({ event: '*', schema: 'public', table }));
  await client.join('realtime:room', { postgres_changes: wishes }, { access_token: await token('ann') });
  await expect.poll(() => waiting).toBe(1);
  expect([...live.values()]).toEqual(['a by ann']);
  client.say('realtime:room', 'access_token', { access_token: await token('bob') });
  client.say('phoenix', 'heartbeat');
  await client.hear('phx_reply');
  await expect.poll(() => waiting).toBe(attempts);
  slow.resolve();
  expect((await client.hear('system'))[4].status).toBe('ok');
  expect([...live.values()]).toEqual(['a by bob', 'b by bob', 'c by bob']);
});
