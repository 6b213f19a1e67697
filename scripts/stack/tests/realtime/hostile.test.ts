import { randomBytes } from 'node:crypto';
import v8 from 'node:v8';
import vm from 'node:vm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { connect, type Serving, serveRealtime } from './serving.ts';

let serving: Serving;

beforeAll(async () => {
  // The sweep for silent sockets and the limits of a second are in the hands of their tests.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] });
  serving = await serveRealtime();
});

afterAll(async () => {
  vi.useRealTimers();
  await serving.stop();
});

it('passes over ten thousand malformed messages and goes on', async () => {
  const { ws, say, hear, join } = await connect(serving);
  await join('realtime:x', { broadcast: { self: true } });
  const deep = `["1","1","realtime:x","broadcast",{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}]`;
  const texts = ['', '{', '[]', 'null', '[1,2,3,4]', '[null,null,5,6,7]', '{"topic":1}', '"\\ud800"', deep];
  for (let i = 0; i < 10_000; i++) {
    if (i % 2 === 0) ws.send(randomBytes(1 + (i % 60)), { binary: i % 4 === 0 });
    else ws.send(texts[i % texts.length] ?? '');
  }
  say('phoenix', 'heartbeat', {}, 'last');
  while ((await hear('phx_reply'))[1] !== 'last');
  ws.terminate();
});

it('closes a connection that breaks the protocol of WebSockets, or sends more than a frame may hold', async () => {
  const broken = await connect(serving);
  // A server's frame is not masked, a client's must be.
  (broken.ws as unknown as { _socket: NodeJS.WritableStream })._socket.write(Buffer.from([0x81, 0x01, 0x41]));
  expect(await broken.closed).toBe(1002);
  const large = await connect(serving);
  large.ws.send('x'.repeat(5_000_001));
  expect(await large.closed).toBe(1009);
});

it('reads no more from a client that does not read its own messages', async () => {
  const client = await connect(serving);
  await client.join('realtime:echo', { broadcast: { self: true } });
  const message = JSON.stringify([
    '1',
    null,
    'realtime:echo',
    'broadcast',
    { payload: 'x'.repeat(1_000_000) },
  ]);
  client.ws.pause();
  for (let i = 0; i < 60; i++) client.ws.send(message);
  await new Promise((resolve) => setTimeout(resolve, 500));
  client.ws.resume();
  for (let i = 0; i < 60; i++) await client.hear('broadcast');
  client.ws.terminate();
});

it('answers no more pings than a client reads', async () => {
  const client = await connect(serving);
  const pongs = { count: 0 };
  client.ws.on('pong', () => pongs.count++);
  client.ws.pause();
  for (let i = 0; i < 400_000; i++) client.ws.ping('x'.repeat(125));
  await new Promise((resolve) => setTimeout(resolve, 500));
  // What the client has not sent yet, the server has not read.
  expect(client.ws.bufferedAmount).toBeGreaterThan(10_000_000);
  client.ws.resume();
  await expect.poll(() => pongs.count).toBe(400_000);
  client.ws.terminate();
});

it('cuts a client that does not read what others send, and no other', async () => {
  const [slow, sender, reader] = [await connect(serving), await connect(serving), await connect(serving)];
  for (const client of [slow, sender, reader]) await client.join('realtime:busy');
  slow.ws.pause();
  for (let i = 0; i < 40; i++) {
    sender.say('realtime:busy', 'broadcast', { payload: 'x'.repeat(1_000_000) });
    await reader.hear('broadcast');
  }
  slow.ws.resume();
  expect(await slow.closed).toBe(1006);
  expect(reader.ws.readyState).toBe(reader.ws.OPEN);
  for (const { ws } of [sender, reader]) ws.terminate();
});

it('cuts a slow client sooner while much memory waits for clients', async () => {
  for (const held of [0, 300]) {
    const memory = Buffer.alloc(held * 1024 * 1024);
    const [slow, sender, reader] = [await connect(serving), await connect(serving), await connect(serving)];
    for (const client of [slow, sender, reader]) await client.join('realtime:tight');
    slow.ws.pause();
    vi.advanceTimersByTime(200);
    for (let i = 0; i < 12; i++) {
      sender.say('realtime:tight', 'broadcast', { payload: 'x'.repeat(1_000_000) });
      await reader.hear('broadcast');
    }
    slow.ws.resume();
    if (held > 0) expect(await slow.closed).toBe(1006);
    else for (let i = 0; i < 12; i++) await slow.hear('broadcast');
    for (const { ws } of [slow, sender, reader]) ws.terminate();
    expect(memory.length).toBe(held * 1024 * 1024);
  }
});

it('refuses a join that would be much to keep', async () => {
  const client = await connect(serving);
  expect(await client.join(`realtime:${'x'.repeat(300_000)}`)).toMatchObject({ status: 'error' });
  client.ws.terminate();
});

it('lets a socket into a hundred channels, however many it asks for', async () => {
  const client = await connect(serving);
  for (let i = 0; i < 1_000; i++) client.say(`realtime:flood-${i}`, 'phx_join', { config: {} }, `${i}`);
  const answers: unknown[] = [];
  while (answers.length < 1_000) answers.push((await client.hear('phx_reply'))[4].response);
  const refused = { reason: 'ChannelRateLimitReached: Too many channels' };
  expect(answers.filter((answer) => JSON.stringify(answer) === JSON.stringify(refused))).toHaveLength(900);
  client.ws.terminate();
});

it('closes a socket that is silent for a minute', async () => {
  const [silent, awake] = [await connect(serving), await connect(serving)];
  await silent.join('realtime:room');
  vi.advanceTimersByTime(40_000);
  awake.say('phoenix', 'heartbeat');
  await awake.hear('phx_reply');
  vi.advanceTimersByTime(30_000);
  expect(await silent.closed).toBe(1000);
  expect(awake.ws.readyState).toBe(awake.ws.OPEN);
  awake.ws.terminate();
});

it('keeps nothing of sockets that are gone', async () => {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  const wave = async () => {
    for (let i = 0; i < 20; i++) {
      await Promise.all(
        Array.from({ length: 25 }, async (_, n) => {
          const client = await connect(serving);
          const presence = { enabled: true };
          await client.join(`realtime:crowd-${i % 3}`, { private: n % 2 === 0, presence });
          client.say(`realtime:crowd-${i % 3}`, 'presence', {
            event: 'track',
            payload: { bytes: 'x'.repeat(10_000) },
          });
          await client.hear('presence_diff');
          client.ws.terminate();
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    collect();
    return process.memoryUsage().heapUsed;
  };
  await wave();
  const before = await wave();
  // 500 sockets with 10 kB each would be 5 MB.
  expect((await wave()) - before).toBeLessThan(2_000_000);
});

it('ends the channels of a project that sends too many messages a second', async () => {
  const busy = await serveRealtime();
  const client = await connect(busy);
  await client.join('realtime:loud', { broadcast: { self: true } });
  for (let i = 0; i < 7_000; i++) client.say('realtime:loud', 'broadcast', { event: 'x' });
  for (let i = 0; i < 7_000; i++) await client.hear('broadcast');
  // Each came in and went out: 2,800 a second, which shows when the tick of five seconds is over.
  vi.advanceTimersByTime(5_000);
  client.say('realtime:loud', 'broadcast', { event: 'x' });
  expect((await client.hear('system'))[4].message).toBe('Too many messages per second');
  await client.hear('phx_close');
  client.ws.terminate();
  await busy.stop();
});
