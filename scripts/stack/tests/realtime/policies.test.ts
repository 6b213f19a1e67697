import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createClient, type RealtimeChannel, type SupabaseClient } from '@supabase/supabase-js';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressesOf, copyProject, removeProjects, run, statusOf, until } from '../running.ts';

const migration = `
  create policy hear_own on realtime.messages for select to authenticated
    using (realtime.topic() = 'person:' || (select auth.uid()));
  create policy say_own on realtime.messages for insert to authenticated
    with check (realtime.topic() = 'person:' || (select auth.uid()) and extension = 'broadcast');
  create policy broken on realtime.messages for select to authenticated
    using (realtime.topic() like 'broken:%' and (split_part(realtime.topic(), ':', 2))::uuid is not null);
`;

describe('private channels', () => {
  let project: string;
  let status: ReturnType<typeof addressesOf>;
  const clients: SupabaseClient[] = [];

  beforeAll(async () => {
    project = copyProject();
    fs.writeFileSync(path.join(project, 'supabase/migrations/20260301000000_live.sql'), migration);
    await run(project, 'start', '--port', '0').ready;
    status = addressesOf(project);
  });

  afterAll(async () => {
    for (const client of clients) await client.removeAllChannels();
    await removeProjects([project]);
  });

  function newClient(key = status.publishableKey): SupabaseClient {
    const client = createClient(status.url, key, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    clients.push(client);
    return client;
  }

  /** A client that is signed in, and who that is. */
  async function signUp(): Promise<{ client: SupabaseClient; id: string }> {
    const client = newClient();
    const { data } = await client.auth.signUp({
      email: `${randomUUID()}@example.com`,
      password: 'a long password',
    });
    return { client, id: data.user?.id ?? '' };
  }

  /** The state of a channel after its join, and the reason of an error. */
  function subscribe(channel: RealtimeChannel): Promise<string> {
    return new Promise((resolve) =>
      channel.subscribe((state, error) => resolve(error ? `${state} ${error.message}` : state)),
    );
  }

  it('let a user into a topic that the policies show, and into no topic of others', async () => {
    const [ann, bob] = [await signUp(), await signUp()];
    const config = { private: true, broadcast: { ack: true, self: true } };
    const own = ann.client.channel(`person:${ann.id}`, { config });
    const heard: unknown[] = [];
    own.on('broadcast', { event: '*' }, ({ event }) => heard.push(event));
    expect(await subscribe(own)).toBe('SUBSCRIBED');
    expect(await own.send({ type: 'broadcast', event: 'hello', payload: {} })).toBe('ok');
    await expect.poll(() => heard).toEqual(['hello']);
    const foreign = [
      `person:${ann.id}`,
      'person:',
      `person:${ann.id}\u0000`,
      `PERSON:${bob.id}`,
      'x'.repeat(10_000),
      'broken:x',
    ];
    for (const topic of foreign) {
      const said = await subscribe(bob.client.channel(topic, { config }));
      expect(said, topic.slice(0, 50)).toMatch(/^CHANNEL_ERROR Unauthorized: You do not have permissions/);
    }
    expect(await subscribe(newClient().channel(`person:${ann.id}`, { config }))).toMatch(/Unauthorized/);
    expect(await subscribe(newClient(status.secretKey).channel(`person:${ann.id}`, { config }))).toBe(
      'SUBSCRIBED',
    );
    const forged = bob.client.channel(`person:${ann.id}`, { config });
    await expect(forged.httpSend('forged', {})).rejects.toThrow('Unauthorized');
    await own.send({ type: 'broadcast', event: 'last', payload: {} });
    await expect.poll(() => heard).toEqual(['hello', 'last']);
  });

  it('leave no message behind of what the policies were asked', async () => {
    const { client, id } = await signUp();
    const channel = client.channel(`person:${id}`, { config: { private: true, broadcast: { ack: true } } });
    await subscribe(channel);
    await channel.send({ type: 'broadcast', event: 'hello', payload: {} });
    const sql = postgres(status.databaseUrl, { max: 1 });
    expect(await sql`select * from realtime.messages where topic = ${`person:${id}`}`).toEqual([]);
    await sql.end();
  });

  it('cannot be joined while the database is away, and can be afterwards; sockets stay open', async () => {
    const { client, id } = await signUp();
    const open = client.channel('lobby', { config: { broadcast: { ack: true } } });
    await subscribe(open);
    const [pid] = fs.readFileSync(path.join(project, '.stack/postgres/postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGKILL');
    const channel = client.channel(`person:${id}`, { config: { private: true } });
    const states: string[] = [];
    // realtime-js tries again by itself.
    channel.subscribe((state, error) => states.push(error ? error.message : state));
    await until(() => states.includes('SUBSCRIBED'), `it is joined: ${states}`);
    // Connections of the database may outlive its first process for a moment.
    for (const state of states.slice(0, -1)) expect(state).toMatch(/^UnableToConnectToProject: /);
    expect(await open.send({ type: 'broadcast', event: 'still here', payload: {} })).toBe('ok');
  });
});

describe('a project without Realtime', () => {
  it('has no sockets, and its status does not speak of them', async () => {
    const project = copyProject();
    try {
      fs.appendFileSync(path.join(project, 'supabase/config.toml'), '\n[realtime]\nenabled = false\n');
      await run(project, 'start', '--port', '0').ready;
      const { url, publishableKey } = addressesOf(project);
      const answer = await fetch(`${url}/realtime/v1/websocket?apikey=${publishableKey}`);
      expect(answer.status).toBe(404);
      expect(Object.keys((await statusOf(project)).health)).not.toContain('realtime');
    } finally {
      await removeProjects([project]);
    }
  });
});
