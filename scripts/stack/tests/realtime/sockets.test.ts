import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Client, connect, type Serving, serveRealtime } from './serving.ts';

let serving: Serving;
const clients: Client[] = [];

beforeAll(async () => {
  serving = await serveRealtime();
});

afterEach(() => {
  for (const { ws } of clients.splice(0)) ws.terminate();
  Object.assign(serving.may, { read: () => true, write: () => true });
});

afterAll(() => serving.stop());

async function newClient(...args: [key?: string, version?: string]): Promise<Client> {
  const client = await connect(serving, ...args);
  clients.push(client);
  return client;
}

/** What a client has heard by now: the answer to a heartbeat comes after all that was sent before. */
async function settled(client: Client): Promise<string[]> {
  client.say('phoenix', 'heartbeat', {}, 'beat');
  while (!client.heard.some(([, ref]) => ref === 'beat'))
    await new Promise((resolve) => setTimeout(resolve, 5));
  return client.heard
    .splice(0)
    .map(([, , , event]) => event)
    .slice(0, -1);
}

describe('the protocol', () => {
  it('answers a heartbeat, a join, a leave, and a message to a topic that was not joined', async () => {
    const client = await newClient();
    client.say('phoenix', 'heartbeat', {}, '1');
    expect(await client.hear('phx_reply')).toEqual([
      null,
      '1',
      'phoenix',
      'phx_reply',
      { status: 'ok', response: {} },
    ]);
    expect(await client.join('realtime:room')).toEqual({ status: 'ok', response: { postgres_changes: [] } });
    client.say('realtime:room', 'phx_leave', {}, '3');
    expect((await client.hear('phx_reply'))[4]).toEqual({ status: 'ok', response: {} });
    expect(await client.hear('phx_close')).toEqual(['1', '1', 'realtime:room', 'phx_close', {}]);
    client.say('realtime:room', 'broadcast', {}, '4');
    expect((await client.hear('phx_reply'))[4].response).toEqual({ reason: 'unmatched topic' });
  });

  it('closes the channel before, when a topic is joined again', async () => {
    const client = await newClient();
    await client.join('realtime:room');
    client.say('realtime:room', 'phx_join', {}, '2');
    expect((await settled(client)).slice(0, 2)).toEqual(['phx_close', 'phx_reply']);
  });

  it('takes settings of a join that make no sense for their defaults', async () => {
    const client = await newClient();
    const config = { private: 'yes', broadcast: 5, presence: [], postgres_changes: 'x' };
    expect(await client.join('realtime:room', config)).toMatchObject({ status: 'ok' });
    client.say('realtime:room', 'phx_join', 'x', '2');
    expect((await client.hear('phx_reply'))[4].status).toBe('error');
  });

  it('refuses a handshake of another version, or with a header that is too long', async () => {
    await expect(connect(serving, undefined, '3.0.0')).rejects.toThrow('403');
    const long = { cookie: 'x'.repeat(4_097) };
    await expect(connect(serving, undefined, undefined, long)).rejects.toThrow('431');
    const client = await connect(serving, undefined, undefined, { cookie: 'x'.repeat(4_096) });
    clients.push(client);
  });

  it('speaks version 1 in objects, to which a binary broadcast is passed as JSON', async () => {
    const old = await newClient(undefined, '1.0.0');
    const said = () =>
      new Promise((resolve) => old.ws.once('message', (data) => resolve(JSON.parse(String(data)))));
    old.ws.send(
      JSON.stringify({ topic: 'realtime:room', event: 'phx_join', payload: { config: {} }, ref: '7' }),
    );
    expect(await said()).toEqual({
      topic: 'realtime:room',
      event: 'phx_reply',
      payload: { status: 'ok', response: { postgres_changes: [] } },
      ref: '7',
    });
    const client = await newClient();
    await client.join('realtime:room', { broadcast: { ack: true } });
    const parts = ['1', '2', 'realtime:room', 'moved', ''];
    const head = [3, ...parts.map(({ length }) => length), 1];
    client.ws.send(Buffer.concat([Buffer.from(head), Buffer.from(parts.join('')), Buffer.from('{"x":1}')]));
    expect(await said()).toMatchObject({
      event: 'broadcast',
      payload: { event: 'moved', payload: { x: 1 }, type: 'broadcast' },
    });
    expect((await client.hear('phx_reply'))[4].status).toBe('ok');
  });
});

describe('a broadcast', () => {
  it('reaches the others of its topic, and its sender only on request', async () => {
    const [one, two, other] = [await newClient(), await newClient(), await newClient()];
    await one.join('realtime:room');
    await two.join('realtime:room', { broadcast: { self: true } });
    await other.join('realtime:room', { private: true });
    one.say('realtime:room', 'broadcast', { type: 'broadcast', event: 'a', payload: { n: 1 } });
    two.say('realtime:room', 'broadcast', { type: 'broadcast', event: 'b', payload: { n: 2 } });
    expect((await two.hear('broadcast'))[4]).toEqual({ type: 'broadcast', event: 'a', payload: { n: 1 } });
    expect((await two.hear('broadcast'))[4]).toMatchObject({ event: 'b' });
    expect((await one.hear('broadcast'))[4]).toMatchObject({ event: 'b' });
    expect(await settled(one)).toEqual([]);
    // A private channel of the same name is another.
    expect(await settled(other)).toEqual([]);
  });

  it('of the database comes with its id, and once where it was replayed', async () => {
    const client = await newClient();
    const message = { id: 'm1', topic: 'room', event: 'hi', private: true, payload: '{"n":1}' };
    serving.database.replay = async () => [message];
    await client.join('realtime:room', { private: true, broadcast: { replay: { since: 1 } } });
    expect((await client.hear('broadcast'))[4]).toEqual({
      event: 'hi',
      payload: { n: 1 },
      type: 'broadcast',
      meta: { replayed: true, id: 'm1' },
    });
    serving.database.send(message);
    serving.database.send({ ...message, id: 'm2' });
    await settled(client);
    expect(client.frames.map(String)).toEqual([expect.stringContaining('{"id":"m2"}{"n":1}')]);
  });

  it('is not sent where the policies do not let its sender write, or its receiver read', async () => {
    serving.may.write = ({ claims }) => claims.role === 'service_role';
    serving.may.read = ({ claims }, extension) => claims.role === 'service_role' || extension === 'presence';
    const config = { private: true, broadcast: { self: true, ack: true }, presence: { enabled: true } };
    const admin = await newClient(serving.keys.secretKey);
    const client = await newClient();
    await admin.join('realtime:room', config);
    await client.join('realtime:room', config);
    client.say('realtime:room', 'broadcast', { event: 'no' }, '2');
    admin.say('realtime:room', 'broadcast', { event: 'yes' }, '2');
    expect((await admin.hear('broadcast'))[4]).toEqual({ event: 'yes' });
    expect(await settled(client)).not.toContain('broadcast');
  });

  it('of too many bytes is refused', async () => {
    const client = await newClient();
    await client.join('realtime:room', { broadcast: { ack: true } });
    client.say('realtime:room', 'broadcast', { payload: 'x'.repeat(3_100_000) }, '2');
    expect((await client.hear('phx_reply'))[4]).toEqual({
      status: 'error',
      response: 'payload_size_exceeded',
    });
  });
});

describe('presence', () => {
  it('shows who comes, changes and goes', async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.join('realtime:hall', { presence: { enabled: true, key: 'one' } });
    expect((await one.hear('presence_state'))[4]).toEqual({});
    one.say(
      'realtime:hall',
      'presence',
      { type: 'presence', event: 'track', payload: { mood: 'good' } },
      '2',
    );
    expect((await one.hear('presence_diff'))[4]).toEqual({
      joins: { one: { metas: [{ mood: 'good', phx_ref: expect.any(String) }] } },
      leaves: {},
    });
    await two.join('realtime:hall', { presence: { enabled: true, key: 'two' } });
    expect((await two.hear('presence_state'))[4]).toMatchObject({ one: { metas: [{ mood: 'good' }] } });
    one.ws.terminate();
    expect((await two.hear('presence_diff'))[4]).toMatchObject({
      joins: {},
      leaves: { one: { metas: [{ mood: 'good' }] } },
    });
  });

  it('ends the channel of a client that changes it too often', async () => {
    const client = await newClient();
    await client.join('realtime:hall', { presence: { enabled: true } });
    for (let n = 0; n < 6; n++)
      client.say('realtime:hall', 'presence', { event: 'track', payload: { n } }, `${n}`);
    expect((await client.hear('system'))[4].message).toBe('Client presence rate limit exceeded');
    await client.hear('phx_close');
  });
});

describe('changes of tables', () => {
  it('come with the numbers of the answer to the join, under the rights of the newest token', async () => {
    const updates: unknown[] = [];
    serving.database.subscribe = async () => ({
      id: 77,
      unsubscribe() {},
      update: async (caller) => void updates.push(caller.claims),
    });
    const client = await newClient();
    const wanted = { event: '*', schema: 'public', table: 'notes' };
    const { response } = await client.join('realtime:notes', { postgres_changes: [wanted] });
    const [{ id } = { id: 0 }] = (response as { postgres_changes: { id: number }[] }).postgres_changes;
    expect((await client.hear('system'))[4]).toMatchObject({
      status: 'ok',
      message: 'Subscribed to PostgreSQL',
    });
    serving.database.change({ ids: [77, 78], type: 'INSERT', data: '{"type":"INSERT"}' });
    expect((await client.hear('postgres_changes'))[4]).toEqual({ ids: [id], data: { type: 'INSERT' } });
    const token = await serving.sign({ role: 'authenticated', sub: 'ann', exp: 9e9 });
    client.say('realtime:notes', 'access_token', { access_token: token });
    await client.hear('system');
    expect(updates).toEqual([{ role: 'authenticated', sub: 'ann', exp: 9e9 }]);
  });
});

it('asks clients to come again when the server stops, and takes none of them before', async () => {
  const stopping = await serveRealtime();
  const client = await connect(stopping);
  const stopped = stopping.stop();
  expect(await client.closed).toBe(1012);
  await expect(connect(stopping)).rejects.toThrow(/503|ECONNREFUSED/);
  await stopped;
});
